"""Memory of two series from their covariances of lag 1, for short records.

What one series says of the next value of the other tells of what is slow in one and hidden by noise
in the other: their difference is taken as that of a first-order vector autoregression.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.lagged_moments import Chain, lag_one

SHARE_OF_MEAN = 1 / 3
"""Most of a variance that a mean can take; more would be a drift."""
_SUM_AND_DIFFERENCE = np.array([[1.0, 1.0], [1.0, -1.0]])
_MOST = 0.995  # beyond it a series is one slow drift, and no number of samples says anything


@dataclass(frozen=True)
class Lagged:
    """Covariances of two series, told of their sum and their difference.

    A slow departure that both share leaves their difference small. What the matrices say of it
    would be lost in the rounding of what is shared, if they were told of the series.
    """

    chain: Chain
    power: Float64
    """Covariances of sum and difference (2, 2, cell)."""
    long_run: Float64
    """The same over all lags, added up (2, 2, cell); of any sign where it is not told."""
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


def unbiased_lag_one(found: Float64, n: Float64) -> Float64:
    """Lag-1 autocorrelation without most of its bias of few samples [1], 0 to 0.995.

    The estimate about the mean of the sample is too low by (1 + 4 rho) / n. Negative ones are taken
    as 0: soil moisture has none, and an interval must not become narrower than of independent days.

    Source: Marriott and Pope (1954), Biometrika 41, 390-402, from memory; a test measures the bias.
    """
    safe = np.maximum(n, 5.0)
    return np.clip((found + 1 / safe) / (1 - 4 / safe), 0.0, _MOST)


def lagged_of(chain: Chain) -> Lagged:
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


def of_sum(found: Lagged, weights: Float64) -> tuple[Float64, Float64, Float64, Float64]:
    """Of a weighted sum of both: lag-1 autocorrelation, sum of all, the longest, variance (cell,).

    The sum of all autocorrelations is at least that of a first-order autoregression, and at most
    that of what lasts as long as the slower of the two series.

    Args:
        found: of two series.
        weights: (2, cell).
    """
    n = np.maximum(found.chain.pairs.n, 1)
    rho = unbiased_lag_one(lag_one(found.chain, weights), n)
    turned = np.tensordot(_SUM_AND_DIFFERENCE / 2, weights, axes=1)
    power, whole = (
        np.einsum("i...,ij...,j...->...", turned, one, turned)
        for one in (found.power, found.long_run)
    )
    longest = np.maximum(found.longest, rho)
    least = mean_factor(n, rho)
    ratio = whole / np.where(power > 0, power, np.nan)
    # At least a first-order autoregression, at most what lasts as the slower series does.
    factor = np.where(ratio > least, np.minimum(ratio, 1 + 2 * rho / (1 - longest)), least)
    return rho, factor, longest, power / (1 - np.minimum(least / n, SHARE_OF_MEAN))
