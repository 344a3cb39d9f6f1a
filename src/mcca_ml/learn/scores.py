"""Scores of a series against its target, cell by cell."""

from dataclasses import dataclass
from math import erf, pi, sqrt

import numpy as np

from mcca_ml.arrays import Booleans, Float32, Float64, Int64

FEWEST = 20
"""Days without which a cell has no score."""


@dataclass(frozen=True)
class Scores:
    """One number for each cell, NaN where there are too few days."""

    days: Int64
    """With estimate and target."""
    bias: Float64
    """Estimate less target [m3 m-3]."""
    rmse: Float64
    """[m3 m-3]."""
    ubrmse: Float64
    """Without the bias [m3 m-3]."""
    r: Float64
    """Correlation [1]; NaN where one of them does not vary."""
    anomaly_r: Float64
    """Correlation of both less the climatology of the training days [1]."""


def _mean(values: Float64, seen: Booleans) -> Float64:
    """Mean over the days seen; NaN where there are none."""
    count = seen.sum(axis=1)
    total = np.where(seen, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def correlation(a: Float64, b: Float64, seen: Booleans) -> Float64:
    """Pearson's correlation of each row over the days seen [1]; NaN where one does not vary."""
    a = np.where(seen, a - _mean(a, seen)[:, None], 0)
    b = np.where(seen, b - _mean(b, seen)[:, None], 0)
    power = (a**2).sum(axis=1) * (b**2).sum(axis=1)
    return np.where(power > 0, (a * b).sum(axis=1) / np.sqrt(np.where(power > 0, power, 1)), np.nan)


def score(estimate: Float32, target: Float32, climatology: Float32) -> Scores:
    """Scores of each cell over the days with both.

    Args:
        estimate: [m3 m-3], NaN where there is none, (cell, time).
        target: [m3 m-3], NaN where there is none, (cell, time).
        climatology: of the training days [m3 m-3], (cell, time); anomalies are departures from it.
    """
    guess, truth = estimate.astype(np.float64), target.astype(np.float64)
    seen = np.isfinite(guess) & np.isfinite(truth)
    days = seen.sum(axis=1)
    usual = climatology.astype(np.float64)
    error = guess - truth
    bias = _mean(error, seen)
    square = _mean(error**2, seen)
    found = (
        bias,
        np.sqrt(square),
        np.sqrt(np.maximum(square - bias**2, 0)),
        correlation(guess, truth, seen),
        correlation(guess - usual, truth - usual, seen),
    )
    return Scores(days, *(np.where(days >= FEWEST, value, np.nan) for value in found))


def crps_gneiting07(error: Float64, sd: Float64) -> Float64:
    """Continuous ranked probability score of a normal distribution [m3 m-3], any shape.

    It is the mean absolute error where sd goes to 0; less is better.

    Args:
        error: mean of the distribution less what was found [m3 m-3].
        sd: its standard deviation, above 0 [m3 m-3].

    Formula:
        sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), z = error / sd

    Source: Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359-378, eq. 21, from memory; a
    test integrates its definition (eq. 20) numerically.
    """
    z = error / sd
    # 2 Phi(z) - 1 = erf(z / sqrt 2)
    share = np.vectorize(erf, otypes=[np.float64])(z / sqrt(2))
    density = np.exp(-(z**2) / 2) / sqrt(2 * pi)
    found: Float64 = sd * (z * share + 2 * density - 1 / sqrt(pi))
    return found
