"""What a learner has to beat: climatology and ridge per cell, from training days only."""

import numpy as np
import numpy.typing as npt

from mcca_ml.learn.level import Levels
from mcca_ml.learn.roles import Floats
from mcca_ml.learn.samples import Series, carried, spread

DAYS_IN_YEAR = 365.2425
MEMORIES = (2.0, 5.0, 15.0)
"""Days over which each input is remembered."""
PENALTY = 3.0
"""Of the squared coefficients, inputs of standard deviation 1 [1]."""


def climatology(series: Series, level: Levels, first_day: float = 0.0) -> Floats:
    """Annual mean and one harmonic of each cell [m3 m-3], (cell, time).

    Args:
        series: of the cells.
        level: mean of each cell, which a cell with too few targets gets.
        first_day: day of the year of the first day, of no effect but on where the phase counts.
    """
    days = series.x.shape[1]
    phase = 2 * np.pi * (first_day + np.arange(days)) / DAYS_IN_YEAR
    waves = np.stack([np.ones(days), np.cos(phase), np.sin(phase)], axis=1)
    out = np.repeat(level.mean[:, None], days, axis=1)
    for cell in np.flatnonzero(level.is_own):
        seen = np.isfinite(series.train[cell])
        slope, *_ = np.linalg.lstsq(waves[seen], series.train[cell][seen], rcond=None)
        out[cell] = waves @ slope
    return out.astype(np.float32)


def _remembered(x: Floats, days: float) -> Floats:
    """Mean of the past with weights that fall off as exp(-t / days), (cell, time, feature)."""
    out, keep = np.zeros_like(x), np.float32(np.exp(-1 / days))
    for day in range(1, x.shape[1]):
        out[:, day] = keep * out[:, day - 1] + (1 - keep) * x[:, day]
    return out


def _ridge(z: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Estimate of one cell on all days [m3 m-3]; z (time, input), y NaN where unknown."""
    seen = np.isfinite(y)
    centre, mean = z[seen].mean(axis=0), y[seen].mean()
    a = z[seen] - centre
    slope = np.linalg.solve(a.T @ a + PENALTY * np.eye(z.shape[1]), a.T @ (y[seen] - mean))
    answer: npt.NDArray[np.float64] = (z - centre) @ slope + mean
    return answer


def ridge(series: Series, level: Levels, age_max: int) -> Floats:
    """Linear estimate from the inputs and their exponential memories [m3 m-3], (cell, time).

    Missing days hold the last value. A cell with too few targets gets its mean.

    Args:
        series: of the cells.
        level: mean of each cell.
        age_max: cap of ages, which are not used here [day].
    """
    values, _ = carried(series.x, series.groups, age_max)
    seen = np.where(series.is_train[:, :, None], values, np.float32(np.nan))
    mean, scale = spread(seen, (1,))
    z = (values - mean[:, None]) / scale[:, None]
    z = np.where(np.isfinite(z), z, np.float32(0))
    z = np.concatenate([z, *(_remembered(z, days) for days in MEMORIES)], axis=2)
    out = np.repeat(level.mean[:, None], z.shape[1], axis=1)
    for cell in np.flatnonzero(level.is_own):
        out[cell] = _ridge(z[cell].astype(np.float64), series.train[cell].astype(np.float64))
    return out.astype(np.float32)
