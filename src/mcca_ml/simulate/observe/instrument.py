"""What a radiometer makes of the radiation: calibration errors, noise, interference.

Every error is drawn from the seed of the world and the name of what it belongs to, never from the
order of the work; those of calibration stand in the truth store.
"""

import zlib
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings
from mcca_ml.sensors import Sensor

MIDDLE_TB, SPAN_TB = 250.0, 50.0
"""Brightness temperature at which slope and scene dependence are zero, and their unit [K]."""

SCALE = {"GMI": 0.2, "SMAP": 0.0}
"""Size of calibration errors over the settings [1], 1 for sensors that are not named: GMI is the
reference of the archive (its bias over sea is 0.25 K, Draper 2016), and SMAP is the target."""

LEAST_INSIDE = 0.98
"""Share of a footprint that has to lie on the patch; of what lies beyond nothing is known."""

_YEAR = np.timedelta64(31_556_952, "s")
"""A mean Gregorian year."""


@dataclass(frozen=True)
class CalibrationError:
    """How far a sensor's brightness temperature is off; arrays (channel)."""

    offset: Float32
    """[K]."""
    slope: Float32
    """[1]."""
    curvature: Float32
    """At 50 K from 250 K [K]."""
    drift: Float32
    """[K per year], from the first day of the sensor."""
    step: Float32
    """Before the boost of the satellite [K]."""
    first_day: np.datetime64
    boost: np.datetime64
    """Day from which the step is gone; NaT where the satellite was never boosted."""

    def apply(self, tb: Float32, when: np.datetime64) -> Float32:
        """Brightness temperatures (..., channel) as the sensor gives them at a time (UTC) [K]."""
        z = (tb - MIDDLE_TB) / SPAN_TB
        years = float((when - self.first_day) / _YEAR)
        before = bool(when < self.boost)  # never, if NaT
        off = self.offset + self.drift * years + self.step * before
        return np.asarray(tb + off + self.slope * (tb - MIDDLE_TB) + self.curvature * z**2, "f4")

    def as_text(self) -> dict[str, object]:
        """All values in plain types, for the attributes of the truth store."""
        return {
            key: value.tolist() if isinstance(value, np.ndarray) else str(value)
            for key, value in asdict(self).items()
        }


def named_generator(seed: int, *names: str | int) -> np.random.Generator:
    """A source of randomness that belongs to the names, wherever and whenever it is asked for.

    >>> bool(named_generator(1, "TMI", 7).random() == named_generator(1, "TMI", 7).random())
    True
    """
    parts = [n if isinstance(n, int) else zlib.crc32(n.encode()) for n in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *parts]))


def calibration_error(sensor: Sensor, settings: InstrumentSettings, seed: int) -> CalibrationError:
    """The calibration errors of a sensor in the world of that seed."""
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
        """The calibration errors that the seed gives the sensor."""
        return calibration_error(self.sensor, self.settings, self.seed)


def transmitters(has_rfi: Booleans, rng: np.random.Generator) -> Float32:
    """Strength of the transmitters during one pass, 0 to 1; each is on in half of the passes [1].

    Args:
        has_rfi: cells with a transmitter, (cell); 0 comes out elsewhere.
        rng: of the pass.
    """
    strength = rng.random(has_rfi.size) * (rng.random(has_rfi.size) < 0.5) * has_rfi
    return np.asarray(strength, np.float32)


def interference(strength: Float32, sensor: Sensor, settings: InstrumentSettings) -> Float32:
    """Warming of cells by transmitters, (cell, channel) [K].

    Args:
        strength: of the transmitters, 0 to 1 [1].
        sensor: at 10.65 and 1.41 GHz it is warmed by up to the sizes of the settings, above 15 GHz
            not at all.
        settings: sizes.
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
    """Noise of observations (..., channel) [K]; the last axis is that of the sensor's channels."""
    nedt = np.array([channel.nedt for channel in sensor.channels], np.float32)
    return rng.standard_normal(shape, np.float32) * nedt * np.float32(settings.noise)
