"""Autocorrelation of two series from their lag-1 covariances, for short records.

Lag-1 cross-covariances have information on a slow signal that noise hides in one of the series: the
two are modelled as a first-order vector autoregression.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.lagged_moments import LaggedMoments, lag_one

SHARE_OF_MEAN = 1 / 3
"""Largest variance of the mean over that of a sample [1]; more would be a drift."""
_SUM_AND_DIFFERENCE = np.array([[1.0, 1.0], [1.0, -1.0]])
_MOST = 0.995  # largest lag-1 autocorrelation; beyond it a series is a drift


@dataclass(frozen=True)
class Lagged:
    """Covariances of the sum and the difference of two series.

    A slow signal common to both series makes their difference small; covariances of the series
    themselves would lose it by rounding.
    """

    chain: LaggedMoments
    power: Float64
    """Covariances of sum and difference (2, 2, cell)."""
    long_run: Float64
    """Sum of the covariances over all lags (2, 2, cell); of any sign where not constrained."""
    longest: Float64
    """The larger of the lag-1 autocorrelations of the two (cell,)."""


def mean_factor(n: Float64, rho: Float64) -> Float64:
    """Variance of a mean of n samples over that of n independent ones [1]; exact for AR(1).

    Formula:
        (1 + rho) / (1 - rho) - 2 rho (1 - rho^n) / (n (1 - rho)^2)
    """
    apart = 1 - rho
    safe = np.maximum(n, 1.0)
    return (1 + rho) / apart - 2 * rho * (1 - rho**safe) / (safe * apart**2)


def unbiased_lag_one(estimate: Float64, n: Float64) -> Float64:
    """Lag-1 autocorrelation corrected for most of its small-sample bias [1], 0 to 0.995.

    The estimate about the sample mean is biased by -(1 + 4 rho) / n. Negative values are set to 0:
    soil moisture has none, and intervals must not be narrower than for independent days.

    Source: Marriott and Pope (1954), Biometrika 41, 390-402, from memory; a test measures the bias.
    """
    safe = np.maximum(n, 5.0)
    return np.clip((estimate + 1 / safe) / (1 - 4 / safe), 0.0, _MOST)


def compute_lagged(chain: LaggedMoments) -> Lagged:
    """Covariances of two series, lag 1 and all lags.

    Formula:
        with C0 of lag 0 and C1 of lag 1 (without its bias, as `unbiased_lag_one`), x(t+1) = A x(t)
        + noise has A = C1 C0^-1 and all lags sum to L + L' - C0, L = (1 - A)^-1 C0
        = C0 (C0 - C1)^-1 C0
    """
    n = np.maximum(chain.pairs.n, 1)
    safe = np.maximum(n, 5.0)
    before, after = (part - chain.pairs.mean for part in np.split(chain.neighbours.mean, 2))
    c0 = chain.pairs.co / n
    c1 = chain.neighbours.co[:2, 2:] + chain.neighbours.n * before[:, None] * after
    # As `unbiased_lag_one`: (c1 / c0 + 1 / n) / (1 - 4 / n), for matrices.
    c1 = (np.swapaxes(c1, 0, 1) / n + c0 / safe) / (1 - 4 / safe)
    turn = _SUM_AND_DIFFERENCE
    c0, c1 = (np.einsum("ij,jk...,kl->il...", turn, one, turn) for one in (c0, c1))
    (a, b), (c, d) = c0 - c1
    det = a * d - b * c
    # (C0 - C1)^-1 by its adjugate over its determinant; NaN where it is singular.
    adjugate = np.array([[d, -b], [-c, a]]) / np.where(det != 0, det, np.nan)
    half = np.einsum("ij...,jk...,kl...->il...", c0, adjugate, c0)
    own = [unbiased_lag_one(lag_one(chain, weights), n) for weights in ((1, 0), (0, 1))]
    return Lagged(chain, c0, half + np.swapaxes(half, 0, 1) - c0, np.maximum(*own))


def sum_memory(pair: Lagged, weights: Float64) -> tuple[Float64, Float64, Float64, Float64]:
    """Autocorrelation of a weighted sum of two series, each (cell,).

    Args:
        pair: lagged covariances of the two series.
        weights: weights of the series, (2, cell).

    Returns:
        Lag-1 autocorrelation, sum of all autocorrelations, upper limit of the lag-1 autocorrelation
        of the slow signal, and variance. The sum is at least that of a first-order autoregression,
        and at most that for the slower of the two series.
    """
    n = np.maximum(pair.chain.pairs.n, 1)
    rho = unbiased_lag_one(lag_one(pair.chain, weights), n)
    turned = np.tensordot(_SUM_AND_DIFFERENCE / 2, weights, axes=1)
    power, whole = (
        np.einsum("i...,ij...,j...->...", turned, matrix, turned)
        for matrix in (pair.power, pair.long_run)
    )
    longest = np.maximum(pair.longest, rho)
    least = mean_factor(n, rho)
    ratio = whole / np.where(power > 0, power, np.nan)
    # At least a first-order autoregression, at most that of the slower series.
    factor = np.where(ratio > least, np.minimum(ratio, 1 + 2 * rho / (1 - longest)), least)
    return rho, factor, longest, power / (1 - np.minimum(least / n, SHARE_OF_MEAN))
