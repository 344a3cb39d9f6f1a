"""Baselines of the networks: climatology and ridge per cell, from training days only."""

import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.learn import ridge_path
from mcca_ml.learn.sequences import TrainingSeries, latest, values_at
from mcca_ml.learn.target_scaling import TargetScaling

DAYS_IN_YEAR = 365.2425


def climatology(series: TrainingSeries, level: TargetScaling, first_day: float = 0.0) -> Float32:
    """Fit annual mean and one harmonic of each cell [m3 m-3], (cell, time).

    Args:
        series: inputs and targets of the cells.
        level: target mean of each cell, the estimate for cells with too few targets.
        first_day: day of the year of the first day; shifts only the origin of the phase.
    """
    days = series.x.shape[1]
    phase = 2 * np.pi * (first_day + np.arange(days)) / DAYS_IN_YEAR
    waves = np.stack([np.ones(days), np.cos(phase), np.sin(phase)], axis=1)
    out = np.repeat(level.mean[:, None], days, axis=1)
    for cell in np.flatnonzero(level.is_own):
        is_known = np.isfinite(series.train[cell])
        slope, *_ = np.linalg.lstsq(waves[is_known], series.train[cell][is_known], rcond=None)
        out[cell] = waves @ slope
    return out.astype(np.float32)


def ridge(series: TrainingSeries, level: TargetScaling, form: ridge_path.Form) -> Float32:
    """Estimate linearly from inputs and their exponential averages [m3 m-3], (cell, time).

    This is the linear path of the network alone. Missing days repeat the last value; cells with
    too few targets get their mean.

    Args:
        series: inputs and targets of the cells.
        level: target mean of each cell.
        form: form of the regression.
    """
    line = ridge_path.fit(series, level, form)
    values = values_at(series.x, latest(series.x))
    return ridge_path.estimate(line, ridge_path.scaled_values(values, line))
