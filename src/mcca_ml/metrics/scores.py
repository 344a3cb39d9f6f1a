"""Scores of one series against another, as functions of their moments.

They follow the practice that Gruber et al. (2020), Remote Sens. Environ. 244, 111806, recommend;
the paper's text was not at hand, the formulas are tested against pytesmo.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.moments import Moments


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
    spread = _ratio(np.maximum(power, 0.0), n)  # rounding may leave -1e-20 of equal series
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
