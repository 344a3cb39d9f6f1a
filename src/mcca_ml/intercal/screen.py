"""Detect snow, rain, frost and radio-frequency interference from brightness temperatures.

Level 1C has no flags for them. The calibration excludes what changes between two overpasses or
with the viewing angle (snow, rain, interference) and keeps frozen ground, which affects both
sensors; the learner flags all four. Both use these rules:

*Snow*: dry snow scatters at 36.5 GHz more than at 18.7 GHz, so that 18.7 less 36.5 GHz at V is
above `snow_difference`; 36.5 GHz below `snow_below` separates it from dry sand.
*Rain*: ice above rain scatters in the same way, so the same difference exceeds the median of its
cell by `rain_difference`. The median is of the cell because dry sand scatters all year: a fixed
threshold would leave no desert. Light rain and cloud pass; the robust regression gives them less
weight. Where the ground is recognised as snow the difference is explained, and is not counted as
rain a second time: one difference cannot identify rain above snow.
*Frost*: the temperature of the ground from 36.5 GHz at V is below the freezing point.
*Interference*: the emission of soil does not fall with frequency, so 10.65 less 18.7 GHz above
`rfi_difference` indicates a transmitter at that polarisation of 10.65 GHz.
"""

from collections.abc import Sequence
from typing import TypeVar

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from mcca_ml import flags
from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.flags import NO_VALUE, Flag
from mcca_ml.physics.temperature import land_surface_temperature_holmes09
from mcca_ml.sensors import band_of

Real = TypeVar("Real", np.float32, np.float64)

_EXCLUDED = NO_VALUE | Flag.TB_SUSPECT


def nan_median(values: npt.NDArray[Real], otherwise: npt.ArrayLike = np.nan) -> npt.NDArray[Real]:
    """Median over the first axis ignoring NaN; `otherwise` where all are NaN.

    For an even number it is the mean of the middle two: the lower of the two would be biased low,
    and rain detected more often the fewer looks a cell has.

    >>> nan_median(np.array([[0.0, np.nan], [10.0, np.nan]])).tolist()
    [5.0, nan]
    """
    some = np.isfinite(values).any(axis=0)
    # Zeros avoid NumPy's warning about columns without values.
    median = np.nanmedian(np.where(some, values, 0), axis=0)
    return np.where(some, median, np.asarray(otherwise, values.dtype))


def _channel(tb: Float32, names: Sequence[str], band: str) -> Float32:
    """Channel of a band; NaN, which exceeds no threshold, if the sensor lacks it."""
    index = [i for i, name in enumerate(names) if band_of(name) == band]
    return tb[..., index[0]] if index else np.full(tb.shape[:-1], np.nan, np.float32)


def _snow_and_rain(
    tb: Float32, names: Sequence[str], settings: CalibrateSettings, usual_days: Booleans | slice
) -> tuple[Booleans, Booleans]:
    """Snow and rain of each look, (time, look, cell)."""
    high = _channel(tb, names, "36.5V")
    scattering = _channel(tb, names, "18.7V") - high
    usual = nan_median(scattering[usual_days].reshape(-1, tb.shape[2]))
    # Deserts scatter too, but are warm at 36.5 GHz.
    is_snow = (scattering > settings.snow_difference) & (high < settings.snow_below)
    is_rain = (scattering - usual > settings.rain_difference) & ~is_snow
    return is_snow, is_rain


def _interference(tb: Float32, names: Sequence[str], settings: CalibrateSettings) -> Booleans:
    """True for channels of 10.65 GHz with interference, shape of `tb`."""
    out = np.zeros(tb.shape, np.bool_)
    for polarisation in "VH":
        low, high = f"10.65{polarisation}", f"18.7{polarisation}"
        excess = _channel(tb, names, low) - _channel(tb, names, high)
        is_low = np.array([band_of(name) == low for name in names], np.bool_)
        out |= (excess > settings.rfi_difference)[..., None] & is_low
    return out


def conditions(
    tb: Float32, names: Sequence[str], settings: CalibrateSettings, *, usual_days: Booleans
) -> UInt32:
    """Snow, rain, frost and interference of each look as bits of `Flag`, (time, look, cell).

    Args:
        tb: brightness temperature [K], (time, look, cell, channel); NaN sets no bit.
        names: channel names.
        settings: the `[calibrate]` table, for its thresholds.
        usual_days: days of the median, (time,), fixed so that it does not change as a record grows.
    """
    is_snow, is_rain = _snow_and_rain(tb, names, settings, usual_days)
    ground = land_surface_temperature_holmes09(jnp.asarray(_channel(tb, names, "36.5V")))
    return (
        flags.where(is_snow, Flag.SNOW)
        | flags.where(is_rain, Flag.PRECIPITATION)
        | flags.where(np.asarray(ground) < WATER_FREEZING_POINT, Flag.FROZEN)
        | flags.where(_interference(tb, names, settings).any(axis=-1), Flag.TB_SUSPECT)
    )


def usable(
    tb: Float32, flag: UInt32, names: Sequence[str], settings: CalibrateSettings
) -> Booleans:
    """Return True where a brightness temperature may be paired, shape of `tb`.

    Interference excludes only its channel, because lines are fitted per channel.

    Args:
        tb: brightness temperature [K], (time, look, cell, channel), of all days of the median.
        flag: bits of `Flag`, (time, look, cell).
        names: channel names.
        settings: the `[calibrate]` table, for its thresholds.
    """
    is_snow, is_rain = _snow_and_rain(tb, names, settings, slice(None))
    # Frozen ground is kept: it affects both sensors.
    is_lost = is_snow | is_rain | flags.has(flag, _EXCLUDED)
    is_good = np.isfinite(tb) & ~is_lost[..., None]
    return np.asarray(is_good & ~_interference(tb, names, settings))
