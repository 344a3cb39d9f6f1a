"""The table of sensors: channels, scan, orbit and lifetime of each, and its place in the record.

What the stages need of a sensor stands here only: its granules, its network, the ways of its
calibration, its layer and bit. A further sensor is one row, and a reader where its file is new.

Sources, by letter at the line: [O] WMO OSCAR; [M] NOAA STAR MiRS instrument pages; [G] GES DISC
pages of TRMM; [J] JAXA GCOM-W1 status; [N] NOAA OSPO messages of November 2023; [K] commonly
quoted, not verified by a primary source. Scan cones reproduce the published swaths within 4 %.
"""

from collections.abc import Mapping, Sequence
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
    footprint_km: tuple[float, float] = (0.0, 0.0)
    """Half-power footprint along the line of sight and across it [km]; 0 where not needed."""

    @property
    def name(self) -> str:
        """Label used in datasets, `1.41V` for instance."""
        return f"{self.frequency_ghz:g}{self.polarisation}"


@dataclass(frozen=True)
class Scan:
    """Conical scan: a cone around nadir, sampled over an arc ahead of the satellite."""

    turns_per_minute: float
    off_nadir_deg: float
    """Half angle of the cone at the satellite [degree]."""
    half_arc_deg: float
    """Azimuth from straight ahead to the edge of the arc [degree]; 180 is the whole circle."""
    pixels: int
    """Samples of the low-frequency channels on the arc."""


@dataclass(frozen=True)
class Orbit:
    """A circular orbit, from a day on until the next one of the sensor."""

    since: str
    """First UTC day."""
    altitude_km: float
    """Mean height above the equatorial radius [km]."""
    inclination_deg: float
    ascending_node_h: float | None
    """Local mean solar time of the northward crossing of the equator [h]; None: it precesses."""


@dataclass(frozen=True)
class Sensor:
    """One radiometer on one satellite."""

    name: str
    platform: str
    channels: tuple[Channel, ...]
    incidence_deg: float
    """Nominal Earth incidence angle [degree]."""
    cci_bit: int
    """Bit of this sensor in the `sensor` variable of ESA CCI soil moisture, and of the record."""
    scan: Scan
    orbits: tuple[Orbit, ...]
    first_day: str
    """First UTC day of usable data."""
    last_day: str | None
    """Last UTC day of usable data; None: it still flies."""
    products: tuple[str, ...]
    """Granules of this sensor, the `<product>` of `[input.<product>]`."""
    network: str = ""
    """Sensor whose network is applied to this one, itself if it has its own; "": the target."""
    ways: tuple[tuple[str, ...], ...] = ()
    """Ways of its calibration: sensors from the next one to the reference, whose network it uses.

    Of several ways the estimates are combined, weighted by their inverse covariance; the first
    names the pairs that are missing where none can be gone. Empty: a reference, or the target."""
    drift_against: str = ""
    """Stable reference against which a drift of this reference is estimated; "": none."""
    step_against: str = ""
    """Reference against which a step at its first boost is tested, or the sensor itself."""

    @property
    def is_precessing(self) -> bool:
        """True where the orbit precesses through all local times; else it is sun-synchronous."""
        return self.orbits[0].ascending_node_h is None

    @property
    def layer(self) -> str:
        """Variable of the record with the soil moisture of this sensor alone."""
        return f"sm_{self.name.lower()}"

    @property
    def boost(self) -> str | None:
        """First UTC day of the orbit after the first boost; None without one."""
        return self.orbits[1].since if len(self.orbits) > 1 else None


SMAP = Sensor(
    name="SMAP",
    platform="SMAP",
    # 1.3 K for a gridded 36 km value: the mission's error budget as commonly quoted, not verified.
    channels=(
        Channel(1.41, "V", 1.3, (47.0, 39.0)),  # [K]
        Channel(1.41, "H", 1.3, (47.0, 39.0)),
    ),
    incidence_deg=40.0,
    cci_bit=1024,
    scan=Scan(14.6, 35.5, 180.0, 241),  # [K]
    # [O] 685 km is the height above ground; the ground track repeats after 8 days (JPL's pages of
    # SMAP), 117 revolutions, and that fixes the height meant here.
    orbits=(Orbit("2015-03-31", 679.4, 98.1, 18.0),),
    first_day="2015-03-31",
    last_day=None,
    products=("SPL3SMP", "SPL3SMP_E", "SPL1CTB", "SPL1CTB_E"),
)

TMI = Sensor(
    name="TMI",
    platform="TRMM",
    # NEDT and footprints before the boost [M]; 15 % larger after it [K].
    channels=(
        Channel(10.65, "V", 0.63, (59.0, 36.0)),
        Channel(10.65, "H", 0.54, (59.0, 36.0)),
        Channel(19.35, "V", 0.50, (30.5, 18.0)),
        Channel(19.35, "H", 0.47, (30.5, 18.0)),
        Channel(21.3, "V", 0.71, (27.0, 16.5)),
        Channel(37.0, "V", 0.36, (16.0, 9.7)),
        Channel(37.0, "H", 0.31, (16.0, 9.7)),
    ),
    incidence_deg=52.8,
    cci_bit=4,
    scan=Scan(31.6, 49.0, 65.0, 104),  # [M]
    # [G] boost of 7 to 24 August 2001; fuel spent on 2014-07-08, then down to 350 km by 2015-02-12.
    orbits=(
        Orbit("1997-11-27", 350.0, 35.0, None),
        Orbit("2001-08-16", 402.5, 35.0, None),
        Orbit("2014-10-25", 376.0, 35.0, None),
        Orbit("2015-02-12", 345.0, 35.0, None),
    ),
    first_day="1997-12-07",
    last_day="2015-04-08",
    products=("1C-TMI",),
    network="GMI",
    ways=(("GMI",), ("AMSR2", "GMI")),  # directly, and as a double difference
    step_against="TMI",  # nothing of this record flew beside it at the boost of 2001
)

AMSRE = Sensor(
    name="AMSRE",
    platform="AQUA",
    channels=(  # [O]
        Channel(10.65, "V", 0.6, (51.0, 29.0)),
        Channel(10.65, "H", 0.6, (51.0, 29.0)),
        Channel(18.7, "V", 0.6, (27.0, 16.0)),
        Channel(18.7, "H", 0.6, (27.0, 16.0)),
        Channel(23.8, "V", 0.6, (32.0, 18.0)),
        Channel(36.5, "V", 0.6, (14.0, 8.0)),
        Channel(36.5, "H", 0.6, (14.0, 8.0)),
    ),
    incidence_deg=55.0,
    cci_bit=8,
    scan=Scan(40.0, 47.5, 61.0, 243),  # [O]
    # [O] 705 km is the height above ground; Aqua flew ahead of GCOM-W1 on one ground track, the
    # A-Train's, which repeats after 16 days and 233 revolutions.
    orbits=(Orbit("2002-05-04", 699.6, 98.2, 13.5),),
    first_day="2002-06-01",
    last_day="2011-10-04",
    products=("1C-AMSRE", "L1R-AMSRE", "L3-AMSRE"),
    network="AMSR2",
    ways=(("TMI", "AMSR2"),),  # ended nine months before AMSR2 began; TMI saw both
)

GMI = Sensor(
    name="GMI",
    platform="GPM",
    channels=(  # NEDT as required [M]; footprints [K]
        Channel(10.65, "V", 0.96, (32.0, 19.0)),
        Channel(10.65, "H", 0.96, (32.0, 19.0)),
        Channel(18.7, "V", 0.84, (18.0, 11.0)),
        Channel(18.7, "H", 0.84, (18.0, 11.0)),
        Channel(23.8, "V", 1.05, (16.0, 10.0)),
        Channel(36.5, "V", 0.65, (16.0, 9.0)),
        Channel(36.5, "H", 0.65, (16.0, 9.0)),
    ),
    incidence_deg=52.8,
    cci_bit=4096,
    scan=Scan(32.0, 48.5, 67.0, 221),  # [M]; the arc that gives the published swath
    orbits=(  # [N]
        Orbit("2014-02-27", 407.0, 65.0, None),
        Orbit("2023-11-08", 435.0, 65.0, None),
    ),
    first_day="2014-03-04",
    last_day=None,
    products=("1C-GMI",),
    network="GMI",
    step_against="AMSR2",
)

AMSR2 = Sensor(
    name="AMSR2",
    platform="GCOM-W1",
    channels=(  # [O], NEDT maxima
        Channel(10.65, "V", 0.70, (42.0, 24.0)),
        Channel(10.65, "H", 0.70, (42.0, 24.0)),
        Channel(18.7, "V", 0.70, (22.0, 14.0)),
        Channel(18.7, "H", 0.70, (22.0, 14.0)),
        Channel(23.8, "V", 0.60, (26.0, 15.0)),
        Channel(36.5, "V", 0.70, (12.0, 7.0)),
        Channel(36.5, "H", 0.70, (12.0, 7.0)),
    ),
    incidence_deg=55.0,
    cci_bit=32,
    scan=Scan(40.0, 47.5, 61.0, 243),  # [O]
    orbits=(Orbit("2012-05-18", 699.6, 98.186, 13.5),),  # [J]
    first_day="2012-07-03",
    last_day=None,
    products=("1C-AMSR2", "L1R-AMSR2", "L3-AMSR2"),
    network="AMSR2",
    drift_against="GMI",  # the more stable of the two references: see intercal.drift
)

Table = Mapping[str, Sensor]
"""Sensors by name; the order is that of all arrays over streams."""

SENSORS: Table = {sensor.name: sensor for sensor in (TMI, AMSRE, GMI, AMSR2, SMAP)}
"""The sensors of the record. Stages take another table as an argument, `sensors`."""

BANDS = {"19.35V": "18.7V", "19.35H": "18.7H", "21.3V": "23.8V", "37V": "36.5V", "37H": "36.5H"}
"""Channels of TMI by the name of the channel of the other sensors that is nearest."""


def imagers(sensors: Table = SENSORS) -> tuple[str, ...]:
    """Sensors that a network is applied to: all but the target.

    >>> imagers()
    ('TMI', 'AMSRE', 'GMI', 'AMSR2')
    """
    return tuple(name for name, sensor in sensors.items() if sensor.network)


def trained(sensors: Table = SENSORS) -> tuple[str, ...]:
    """Sensors that a network is trained on: they fly beside the target.

    >>> trained()
    ('GMI', 'AMSR2')
    """
    return tuple(name for name, sensor in sensors.items() if sensor.network == name)


def networks(sensors: Table = SENSORS) -> dict[str, tuple[str, ...]]:
    """Sensors that each network is applied to, by the sensor that it is trained on, which is first.

    The last network of the table comes first: where several look, it has the greatest weight.

    >>> networks()
    {'AMSR2': ('AMSR2', 'AMSRE'), 'GMI': ('GMI', 'TMI')}
    """
    return {
        own: (own, *(name for name, one in sensors.items() if one.network == own != name))
        for own in reversed(trained(sensors))
    }


def layers(sensors: Table = SENSORS) -> dict[str, str]:
    """Layers of the record by sensor: the soil moisture of each alone."""
    return {name: sensors[name].layer for name in imagers(sensors)}


def products(sensors: Table = SENSORS) -> dict[str, str]:
    """Sensor by the name of a product of granules."""
    return {product: name for name, one in sensors.items() for product in one.products}


def band_of(channel: str) -> str:
    """Name that a channel shares with its like on other sensors.

    >>> band_of("37V"), band_of("10.65H")
    ('36.5V', '10.65H')
    """
    return BANDS.get(channel, channel)


def paired_channels(source: Sequence[str], reference: Sequence[str]) -> list[tuple[str, str]]:
    """Channels of two sensors that look at one band, in the order of the reference.

    >>> paired_channels(["10.65V", "37V", "21.3V"], ["23.8V", "10.65V", "6.925V"])
    [('21.3V', '23.8V'), ('10.65V', '10.65V')]
    """
    by_band = {band_of(name): name for name in source}
    return [(by_band[band_of(name)], name) for name in reference if band_of(name) in by_band]
