"""Optical depth of the vegetation of a patch: wood, and leaves that follow warmth and moisture."""

import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth import land_classes as classes
from mcca_ml.simulate.truth.heat import lagged
from mcca_ml.simulate.truth.rain import STEPS_OF_DAY
from mcca_ml.simulate.truth.types import Land

_GROWING_DAYS, _WARMTH_DAYS = 20.0, 10.0  # time constants of leaves and of their warmth [day]
_COLD, _WARM = 0.0, 11.0  # no leaves below, full leaves above [degree Celsius]
_DRY_LEAVES = 0.25  # fraction of the leaves in the driest root zone [1]
_FROZEN_LOSS = 0.3  # relative loss of VOD of frozen vegetation [1]


def vegetation_cover(land: Land) -> Float32:
    """Fraction of the ground shaded by vegetation [1], (cell)."""
    return _mean(land, classes.COVER)


def _mean(land: Land, table: tuple[float, ...]) -> Float32:
    """Area-weighted mean of a class table over the two surfaces of each cell."""
    first, second = (classes.class_values(table, s.land_cover) for s in (land.first, land.second))
    return np.asarray(second + land.first_share * (first - second), np.float32)


def daily_vod(land: Land, air: Float32, rooted: Float32, variation: Float32) -> Float32:
    """VOD at V, 1.41 GHz and nadir, at the end of each day [1], (day, cell).

    Args:
        land: land of the cells.
        air: daily mean air temperature [K], (day, cell).
        rooted: wetness of the root zone, residual (0) to field capacity (1) [1], (day, cell).
        variation: departure of a cell from its class, variance 1 [1], (cell).
    """
    warmth = lagged(air, _WARMTH_DAYS) - np.float32(WATER_FREEZING_POINT)
    warm = np.clip((warmth - _COLD) / (_WARM - _COLD), 0, 1)
    leaves = lagged(warm * (_DRY_LEAVES + (1 - _DRY_LEAVES) * rooted), _GROWING_DAYS)
    vod = _mean(land, classes.WOODY) + _mean(land, classes.LEAFY) * leaves
    frozen = np.clip(-warmth / 3, 0, 1)
    return np.asarray(vod * np.exp(0.15 * variation) * (1 - _FROZEN_LOSS * frozen), np.float32)


def between_ends(daily: Float32) -> Float32:
    """Interpolate values at the ends of days to the steps of all days, (step, cell).

    Args:
        daily: value at 24 UTC, (day, cell); constant in the first day.
    """
    before = np.concatenate([daily[:1], daily[:-1]])
    share = np.arange(STEPS_OF_DAY, dtype=np.float32)[:, None] / STEPS_OF_DAY
    steps = before[:, None] + share * (daily - before)[:, None]
    return np.asarray(steps.reshape(-1, daily.shape[1]))
