"""Errors of a radiometer: calibration errors, noise, interference.

Every error is drawn from the seed of the world and the name of its sensor, box or pass, so that it
does not depend on the order of the work; calibration errors are stored with the truth.
"""

import zlib
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings
from mcca_ml.sensors import Sensor

MIDDLE_TB, SPAN_TB = 250.0, 50.0
"""Brightness temperature at which slope and curvature errors are zero, and their scale [K]."""

SCALE = {"GMI": 0.2, "SMAP": 0.0}
"""Factor of the calibration errors [1], 1 for sensors that are not listed: GMI is the reference of
the archive (its bias over sea is 0.25 K, Draper 2016), and SMAP is the target."""

LEAST_INSIDE = 0.98
"""Least fraction of a footprint on the patch, as there is no truth outside it [1]."""

_YEAR = np.timedelta64(31_556_952, "s")
"""A mean Gregorian year."""


@dataclass(frozen=True)
class CalibrationError:
    """Calibration error of a sensor's brightness temperature, arrays (channel)."""

    offset: Float32
    """Error at 250 K [K]."""
    slope: Float32
    """Error per kelvin of departure from 250 K [1]."""
    curvature: Float32
    """Quadratic error at 50 K from 250 K [K]."""
    drift: Float32
    """Drift since the first day of the sensor [K per year]."""
    step: Float32
    """Additional error before the orbit boost of the satellite [K]."""
    first_day: np.datetime64
    boost: np.datetime64
    """Day of the orbit boost; NaT if there was none."""

    def apply(self, tb: Float32, when: np.datetime64) -> Float32:
        """Brightness temperature (..., channel) with calibration errors at a UTC time [K]."""
        z = (tb - MIDDLE_TB) / SPAN_TB
        years = float((when - self.first_day) / _YEAR)
        before = bool(when < self.boost)  # never, if NaT
        off = self.offset + self.drift * years + self.step * before
        return np.asarray(tb + off + self.slope * (tb - MIDDLE_TB) + self.curvature * z**2, "f4")

    def as_text(self) -> dict[str, object]:
        """All values as JSON-serialisable types, for the attributes of the truth store."""
        return {
            key: value.tolist() if isinstance(value, np.ndarray) else str(value)
            for key, value in asdict(self).items()
        }


def named_generator(seed: int, *names: str | int) -> np.random.Generator:
    """Random generator determined by the seed and the names only.

    >>> bool(named_generator(1, "TMI", 7).random() == named_generator(1, "TMI", 7).random())
    True
    """
    numbers = [n if isinstance(n, int) else zlib.crc32(n.encode()) for n in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *numbers]))


def calibration_error(sensor: Sensor, settings: InstrumentSettings, seed: int) -> CalibrationError:
    """Draw the calibration errors of a sensor from the seed of the world."""
    rng = named_generator(seed, "calibration", sensor.name)
    count, scale = len(sensor.channels), SCALE.get(sensor.name, 1.0)

    def drawn(sd: float) -> Float32:
        return np.asarray(scale * sd * rng.standard_normal(count), np.float32)

    boosted = {"TMI": settings.tmi_boost_step, "GMI": settings.gmi_boost_step}.get(sensor.name, 0.0)
    boost = np.datetime64(sensor.orbits[1].since if boosted else "NaT", "us")
    return CalibrationError(
        offset=drawn(settings.offset_sd),
        slope=drawn(settings.slope_sd),
        curvature=drawn(settings.curvature_sd),
        drift=drawn(settings.drift_sd / 10),
        step=np.full(count, boosted, np.float32),
        first_day=np.datetime64(sensor.first_day, "us"),
        boost=boost,
    )


@dataclass(frozen=True)
class Instrument:
    """One sensor in one world."""

    sensor: Sensor
    settings: InstrumentSettings
    effects: EffectSettings
    seed: int
    least_inside: float = LEAST_INSIDE

    @cached_property
    def errors(self) -> CalibrationError:
        """Calibration errors of the sensor."""
        return calibration_error(self.sensor, self.settings, self.seed)


def transmitters(has_rfi: Booleans, rng: np.random.Generator) -> Float32:
    """Strength of the transmitters in one pass, 0 to 1 [1], (cell); half of them are on.

    Args:
        has_rfi: True for cells with a transmitter, (cell); the strength is 0 elsewhere.
        rng: random generator of the pass.
    """
    strength = rng.random(has_rfi.size) * (rng.random(has_rfi.size) < 0.5) * has_rfi
    return np.asarray(strength, np.float32)


def interference(strength: Float32, sensor: Sensor, settings: InstrumentSettings) -> Float32:
    """Warming of cells by transmitters, (cell, channel) [K].

    Args:
        strength: strength of the transmitters, 0 to 1 [1], (cell).
        sensor: sensor with its channels; channels above 15 GHz are not affected.
        settings: largest warming at 1.41 and at 10.65 GHz.
    """
    size = np.array([_rfi_size(c.frequency_ghz, settings) for c in sensor.channels], np.float32)
    return np.asarray(strength[:, None] * size, np.float32)


def _rfi_size(frequency_ghz: float, settings: InstrumentSettings) -> float:
    if frequency_ghz < 2:
        return settings.rfi_l_band
    return settings.rfi_x_band if frequency_ghz < 15 else 0.0


def noise(
    shape: tuple[int, ...],
    sensor: Sensor,
    settings: InstrumentSettings,
    rng: np.random.Generator,
) -> Float32:
    """Radiometric noise of observations [K], of the given shape (..., channel)."""
    nedt = np.array([channel.nedt for channel in sensor.channels], np.float32)
    return rng.standard_normal(shape, np.float32) * nedt * np.float32(settings.noise)
