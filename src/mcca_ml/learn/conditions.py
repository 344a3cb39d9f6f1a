"""Weather and ground told from the brightness temperatures themselves: level 1C has no such flags.

Thresholds are those of the cross-calibration, stated once in its settings.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.physics.temperature import land_surface_temperature_holmes09


def _band(tb: Float32, names: Sequence[str], band: str) -> Float32:
    """One channel; NaN, which no test exceeds, where there is none."""
    if band in names:
        return tb[..., names.index(band)]
    return np.full(tb.shape[:-1], np.nan, np.float32)


def median_of(values: Float32) -> Float32:
    """Median of (time, look, cell) over time and look, without NaN; NaN where nothing is."""
    rows = np.sort(values.reshape(-1, values.shape[-1]), axis=0)  # NaN comes last
    count = np.isfinite(rows).sum(axis=0)
    cell = np.arange(rows.shape[1])
    middle = rows[np.maximum(count - 1, 0) // 2, cell]
    return np.where(count > 0, middle, np.float32(np.nan))


def conditions(
    tb: Float32,
    names: Sequence[str],
    settings: CalibrateSettings,
    *,
    usual_days: Booleans,
) -> UInt32:
    """Conditions of each look as bits of `flags.Flag`, (time, look, cell).

    *Snow*: 18.7 less 36.5 GHz at V above `snow_difference` and 36.5 GHz below `snow_below`.
    *Precipitation*: that difference above its median in the cell by `rain_difference`, no snow.
    *Frozen*: the temperature that 36.5 GHz at V tells is below the freezing point.
    *Suspect*: 10.65 less 18.7 GHz above `rfi_difference` at one polarization, interference.

    Args:
        tb: brightness temperature [K], (time, look, cell, channel); NaN tells nothing.
        names: of the channels, as the reference sensors name them.
        settings: the `[calibrate]` table.
        usual_days: days over which the median is taken, (time,), so that it does not move as a
            record grows.
    """
    low, high = _band(tb, names, "18.7V"), _band(tb, names, "36.5V")
    scattering = low - high
    usual = median_of(scattering[usual_days])
    is_snow = (scattering > settings.snow_difference) & (high < settings.snow_below)
    is_rain = (scattering - usual > settings.rain_difference) & ~is_snow
    is_frozen = (
        np.asarray(land_surface_temperature_holmes09(jnp.asarray(high))) < WATER_FREEZING_POINT
    )
    is_suspect = np.zeros(is_snow.shape, np.bool_)
    for polarization in "VH":
        excess = _band(tb, names, f"10.65{polarization}") - _band(tb, names, f"18.7{polarization}")
        is_suspect |= excess > settings.rfi_difference
    flag = np.zeros(is_snow.shape, FLAG_DTYPE)
    for where, bit in (
        (is_snow, Flag.SNOW),
        (is_rain, Flag.PRECIPITATION),
        (is_frozen, Flag.FROZEN),
        (is_suspect, Flag.TB_SUSPECT),
    ):
        flag |= np.where(where, FLAG_DTYPE(int(bit)), FLAG_DTYPE(0))
    return flag
