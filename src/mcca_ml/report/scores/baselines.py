"""What a learner has to beat: climatology and ridge per cell, from training days only."""

import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.learn import ridge_path
from mcca_ml.learn.sequences import TrainingSeries, latest, values_at
from mcca_ml.learn.target_scaling import TargetScaling

DAYS_IN_YEAR = 365.2425


def climatology(series: TrainingSeries, level: TargetScaling, first_day: float = 0.0) -> Float32:
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


def ridge(series: TrainingSeries, level: TargetScaling, form: ridge_path.Form) -> Float32:
    """Linear estimate from the inputs and their exponential memories [m3 m-3], (cell, time).

    It is the linear path of the learner alone. Missing days hold the last value; a cell with too
    few targets gets its mean.

    Args:
        series: of the cells.
        level: mean of each cell.
        form: of the lines.
    """
    line = ridge_path.fit(series, level, form)
    values = values_at(series.x, latest(series.x))
    return ridge_path.estimate(line, ridge_path.scaled_values(values, line))
