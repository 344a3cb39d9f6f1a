"""Scores of one series against another, as functions of their moments.

They follow the practice that Gruber et al. (2020), Remote Sens. Environ. 244, 111806, recommend;
the paper's text was not at hand, the formulas are tested against pytesmo.
"""

from dataclasses import dataclass
from math import erf, pi, sqrt

import numpy as np

from mcca_ml.arrays import Float64, Floating
from mcca_ml.metrics.anomalies import moving_anomalies
from mcca_ml.metrics.moments import Moments, moments_of

FEWEST_PAIRS = 20
"""Pairs below which a cell has no score in a report."""


@dataclass(frozen=True)
class Scores:
    """Scores of an estimate against a reference (...); NaN where they are not defined."""

    n: Float64
    """Pairs."""
    bias: Float64
    """Mean of estimate less reference [m3 m-3]."""
    rmsd: Float64
    """Root of the mean squared difference [m3 m-3]."""
    ubrmsd: Float64
    """The same without the bias, sqrt(RMSD^2 - bias^2) [m3 m-3]."""
    r: Float64
    """Pearson's correlation [1]."""
    slope: Float64
    """Of the estimate on the reference, ordinary least squares [1]."""


def _ratio(above: Float64, below: Float64) -> Float64:
    """Their quotient; NaN where the divisor is not above 0."""
    fit = below > 0
    return np.where(fit, above / np.where(fit, below, 1.0), np.nan)


def scores_of(pair: Moments) -> Scores:
    """Scores of the first series, the estimate, against the second, the reference.

    Args:
        pair: moments of two series (...), at least one pair for bias and RMSD, two for the rest.

    Formula:
        sums of squares are divided by n, as RMSD^2 = bias^2 + ubRMSD^2 needs.
    """
    n = pair.n
    power = pair.co[0, 0] + pair.co[1, 1] - 2 * pair.co[0, 1]
    one, two = n >= 1, n >= 2
    bias = np.where(one, pair.mean[0] - pair.mean[1], np.nan)
    # ubRMSD^2 = var(x) + var(y) - 2 cov(x, y); rounding may leave -1e-20 of equal series.
    spread = _ratio(np.maximum(power, 0.0), n)
    spread = np.where(one, spread, np.nan)
    r = _ratio(pair.co[0, 1], np.sqrt(pair.co[0, 0] * pair.co[1, 1]))
    return Scores(
        n,
        bias,
        np.sqrt(spread + bias**2),
        np.where(two, np.sqrt(spread), np.nan),
        np.where(two, np.clip(r, -1.0, 1.0), np.nan),
        np.where(two, _ratio(pair.co[0, 1], pair.co[1, 1]), np.nan),
    )


@dataclass(frozen=True)
class CellScores:
    """Scores of each cell (cell,); NaN where it has less than `FEWEST_PAIRS`."""

    n: Float64
    """Pairs."""
    bias: Float64
    """Mean of estimate less reference [m3 m-3]."""
    rmsd: Float64
    """[m3 m-3]."""
    ubrmsd: Float64
    """Without the bias [m3 m-3]."""
    r: Float64
    """Pearson's correlation [1]."""
    anomaly_r: Float64
    """That of the anomalies from a mean of 35 days [1], see `anomalies.moving_anomalies`."""


def cell_scores(estimate: Floating, reference: Floating) -> CellScores:
    """Scores of each cell over the days on which both series have a value.

    Args:
        estimate: [m3 m-3], NaN where there is none, (cell, time) at consecutive days.
        reference: [m3 m-3], same shape.
    """
    both = [estimate, reference]
    absolute = scores_of(moments_of(both))
    anomaly = scores_of(moments_of(moving_anomalies(both)))
    has = absolute.n >= FEWEST_PAIRS
    columns = (absolute.bias, absolute.rmsd, absolute.ubrmsd, absolute.r, anomaly.r)
    return CellScores(absolute.n, *(np.where(has, one, np.nan) for one in columns))


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
