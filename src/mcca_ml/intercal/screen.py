"""Which brightness temperatures may serve a calibration, told from the channels themselves.

Level 1C has no flag of rain or snow. What changes between two passes or with the angle of view is
left out: snow, rain, interference. Frozen ground stays: it is there for both sensors.
"""

from collections.abc import Sequence

import numpy as np

from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.flags import FLAG_DTYPE, NO_VALUE, Flag

BANDS = {"19.35V": "18.7V", "19.35H": "18.7H", "21.3V": "23.8V", "37V": "36.5V", "37H": "36.5H"}
"""Channels of TMI by the name of the channel of the other sensors that is nearest."""

_EXCLUDED = NO_VALUE | Flag.TB_SUSPECT


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


def median_over_looks(values: Float32) -> Float32:
    """Median of (time, look, cell) over time and look, without NaN; NaN where there is nothing."""
    rows = np.sort(values.reshape(-1, values.shape[-1]), axis=0)  # NaN comes last
    count = np.isfinite(rows).sum(axis=0)
    cell = np.arange(rows.shape[1])
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    middle = 0.5 * (rows[low, cell] + rows[np.minimum(high, len(rows) - 1), cell])
    return np.where(count > 0, middle, np.nan).astype(np.float32)


def _channel(tb: Float32, names: Sequence[str], band: str) -> Float32:
    """One channel by its band; NaN, which no test exceeds, where the sensor has none."""
    index = [i for i, name in enumerate(names) if band_of(name) == band]
    return tb[..., index[0]] if index else np.full(tb.shape[:-1], np.nan, np.float32)


def usable(
    tb: Float32, flag: UInt32, names: Sequence[str], settings: CalibrateSettings
) -> Booleans:
    """Whether each brightness temperature may be paired, shape of `tb`.

    Args:
        tb: brightness temperature [K], (time, look, cell, channel), all days at hand.
        flag: bits of `flags.Flag`, (time, look, cell).
        names: of the channels.
        settings: the thresholds.

    *Snow*: 18.7 less 36.5 GHz at V above `snow_difference` and 36.5 GHz below `snow_below`.
    *Rain*: the same difference above the median of its cell by `rain_difference`; dry sand
    scatters all year, and a fixed threshold would leave no desert. Light rain and cloud pass it:
    the weights of the line deal with them. *Interference*: 10.65 less 18.7 GHz above
    `rfi_difference` takes that polarisation of 10.65 GHz out.
    """
    scattering = _channel(tb, names, "18.7V") - _channel(tb, names, "36.5V")
    is_snow = (scattering > settings.snow_difference) & (
        _channel(tb, names, "36.5V") < settings.snow_below
    )
    is_rain = scattering - median_over_looks(scattering) > settings.rain_difference
    is_excluded = (flag & FLAG_DTYPE(int(_EXCLUDED))) != 0
    good = np.isfinite(tb) & ~(is_snow | is_rain | is_excluded)[..., None]
    for polarisation in "VH":
        low, high = f"10.65{polarisation}", f"18.7{polarisation}"
        excess = _channel(tb, names, low) - _channel(tb, names, high)
        for i in (i for i, name in enumerate(names) if band_of(name) == low):
            good[..., i] &= ~(excess > settings.rfi_difference)
    return np.asarray(good, np.bool_)
