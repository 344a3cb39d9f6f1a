"""How well does a ridge regression per cell do, the yardstick of the learner?

On the real CONUS series (`conus.py`) it scores RMSE 0.038; a simulated world on which it does much
better is easier than reality, one on which it does much worse is harder.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64

MEMORIES = (2.0, 5.0, 15.0)
"""Days over which rain is remembered."""
PENALTY = 3.0
"""Of the squared coefficients, inputs of standard deviation 1 [1]."""
FEWEST = 20
"""Targets without which a cell is left out, in training and in testing."""


@dataclass(frozen=True)
class RidgeScores:
    """Medians over cells."""

    cells: int
    rmse: float
    """[m3 m-3]."""
    ubrmse: float
    """[m3 m-3]."""
    r: float
    """[1]."""


def remembered(rain: Float64, days: float) -> Float64:
    """Mean of the rain of the past with weights that fall off as exp(-t / days), same shape.

    Args:
        rain: (cell, day).
        days: memory [day].
    """
    out, keep = np.zeros_like(rain), np.exp(-1 / days)
    for day in range(1, rain.shape[1]):
        out[:, day] = keep * out[:, day - 1] + (1 - keep) * rain[:, day]
    return out


def ridge_scores(weather: Float64, target: Float64, train_days: int) -> RidgeScores:
    """Scores of the ridge on the days after the training.

    Args:
        weather: (input, cell, day), rain first, no gaps.
        target: soil moisture [m3 m-3], (cell, day), NaN where there is none.
        train_days: first days, on which each cell's coefficients are fitted.
    """
    inputs = np.stack([*weather, *(remembered(weather[0], m) for m in MEMORIES)], axis=-1)
    scores = []
    for x, y in zip(inputs, target, strict=True):
        train, test = np.isfinite(y[:train_days]), np.isfinite(y[train_days:])
        if min(train.sum(), test.sum()) < FEWEST:
            continue
        z = (x - x[:train_days].mean(0)) / (x[:train_days].std(0) + 1e-9)
        a, b = z[:train_days][train], y[:train_days][train]
        centred = a - a.mean(0)
        normal = centred.T @ centred + PENALTY * np.eye(a.shape[1])
        slope = np.linalg.solve(normal, centred.T @ (b - b.mean()))
        seen = y[train_days:][test]
        error = (z[train_days:][test] - a.mean(0)) @ slope + b.mean() - seen
        guess = seen + error
        # A cell at the bound of the retrieval all year does not vary and has no correlation.
        varies = min(seen.std(), guess.std()) > 0
        r = np.corrcoef(guess, seen)[0, 1] if varies else np.nan
        scores.append((np.sqrt(np.mean(error**2)), error.std(), r))
    return RidgeScores(len(scores), *(float(v) for v in np.nanmedian(scores, axis=0)))
