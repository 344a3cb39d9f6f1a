"""The sensors and their channels, as a frozen table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Polarisation = Literal["V", "H"]


@dataclass(frozen=True)
class Channel:
    """One channel of a radiometer."""

    frequency_ghz: float
    polarisation: Polarisation
    nedt: float
    """Noise-equivalent temperature difference of one observation [K]."""

    @property
    def name(self) -> str:
        """Label used in datasets, `1.41V` for instance."""
        return f"{self.frequency_ghz:g}{self.polarisation}"


@dataclass(frozen=True)
class Sensor:
    """One radiometer on one satellite."""

    name: str
    platform: str
    channels: tuple[Channel, ...]
    incidence_deg: float
    """Nominal Earth incidence angle [degree]."""
    cci_bit: int
    """Bit of this sensor in the `sensor` variable of ESA CCI soil moisture."""


SMAP = Sensor(
    name="SMAP",
    platform="SMAP",
    # 1.3 K for a gridded 36 km value: the mission's error budget as commonly quoted, not verified.
    channels=(Channel(1.41, "V", 1.3), Channel(1.41, "H", 1.3)),
    incidence_deg=40.0,
    cci_bit=1024,
)

AMSR2 = Sensor(
    name="AMSR2",
    platform="GCOM-W1",
    # NEDT maxima: WMO OSCAR, AMSR2.
    channels=(
        Channel(10.65, "V", 0.70),
        Channel(10.65, "H", 0.70),
        Channel(18.7, "V", 0.70),
        Channel(18.7, "H", 0.70),
        Channel(36.5, "V", 0.70),
        Channel(36.5, "H", 0.70),
    ),
    incidence_deg=55.0,
    cci_bit=32,
)

SENSORS: Mapping[str, Sensor] = {sensor.name: sensor for sensor in (SMAP, AMSR2)}
