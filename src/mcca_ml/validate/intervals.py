"""95 % confidence intervals of scores, with the samples that count where days depend on the next.

Each interval is that of the score of a process whose series are first-order autoregressions, from
the lag-1 autocorrelation of estimate, reference and their difference, and wider where sums over
blocks of days say that the days depend on each other for longer than that.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit

from mcca_ml.validate.block_variance import Variances, variances_of
from mcca_ml.validate.chain import Chain, lag_one
from mcca_ml.validate.moments import Doubles, Moments
from mcca_ml.validate.scores import scores_of

CONFIDENCE = 0.95
_MOST = 0.995  # beyond it a series is one slow drift, and no number of samples says anything
_FEWEST = 4.0
"""Effective samples below which an interval is not told; Fisher's z needs more than three. A higher
bound would tell mostly those whose memory is underestimated: at 10, intervals of a tenth of the
series are left out at 20 effective samples, and of those that are told fewer hold the truth."""


@dataclass(frozen=True)
class Interval:
    """Ends of a confidence interval (...); NaN where there are too few samples."""

    low: Doubles
    high: Doubles


@dataclass(frozen=True)
class Intervals:
    """Intervals of the scores of a pair, and the effective samples that they rest on."""

    bias: Interval
    """[m3 m-3]."""
    ubrmsd: Interval
    """[m3 m-3]."""
    r: Interval
    """[1]."""
    effective: Doubles
    """Effective number of samples of r [1]."""
    lag_one: Doubles
    """Lag-1 autocorrelation of the difference [1], without its bias for few samples."""


def unbiased_lag_one(found: Doubles, n: Doubles) -> Doubles:
    """Lag-1 autocorrelation without most of its bias of few samples [1], 0 to 0.995.

    The estimate about the mean of the sample is too low by (1 + 4 rho) / n. Negative ones are taken
    as 0: soil moisture has none, and an interval must not become narrower than of independent days.

    Source: Marriott and Pope (1954), Biometrika 41, 390-402, from memory; a test measures the bias.
    """
    safe = np.maximum(n, 5.0)
    return np.clip((found + 1 / safe) / (1 - 4 / safe), 0.0, _MOST)


def effective_number(n: Doubles, rho: Doubles) -> Doubles:
    """Independent samples that would tell as much: n (1 - rho) / (1 + rho) [1].

    Args:
        n: samples.
        rho: for a mean the lag-1 autocorrelation, for a variance its square, for a correlation
            that of one series times that of the other; 0 to below 1.
    """
    return n * (1 - rho) / (1 + rho)


def _mean_factor(n: Doubles, rho: Doubles) -> Doubles:
    """Variance of a mean of n samples over that of n independent ones [1]; exact for AR(1).

    Formula:
        (1 + rho) / (1 - rho) - 2 rho (1 - rho^n) / (n (1 - rho)^2)
    """
    apart = 1 - rho
    safe = np.maximum(n, 1.0)
    return (1 + rho) / apart - 2 * rho * (1 - rho**safe) / (safe * apart**2)


def _alone(where: Doubles, low: Doubles, high: Doubles) -> Interval:
    """An interval where there are enough effective samples."""
    told = where >= _FEWEST
    return Interval(np.where(told, low, np.nan), np.where(told, high, np.nan))


def intervals_of(
    chain: Chain, blocks: Moments | None = None, *, confidence: float = CONFIDENCE
) -> Intervals:
    """Confidence intervals of bias, ubRMSD and R of the first series against the second.

    Args:
        chain: moments of two series (cell,).
        blocks: the same by blocks of days (cell, block). Where they tell a larger variance than
            the lag-1 autocorrelation, theirs is taken.
        confidence: of the intervals [1].

    Formula:
        bias: Student's t, standard error from the variance of a mean of an AR(1); degrees of
        freedom those of the variance. ubRMSD: chi-squared with n (1 - rho^2) / (1 + rho^2) less
        what the mean takes. R: Fisher's z with n (1 - rho_x rho_y) / (1 + rho_x rho_y). What the
        blocks add divides the effective samples.

    Source: Gruber et al. (2020), as `scores`; effective samples after Bartlett (1946). Neither
    text was at hand: a test measures the coverage.
    """
    n = np.maximum(chain.pairs.n, 1)
    found = scores_of(chain.pairs)
    rho = [unbiased_lag_one(lag_one(chain, w), n) for w in ((1, -1), (1, 0), (0, 1))]
    wider = Variances(*(np.full(n.shape, np.nan),) * 4) if blocks is None else variances_of(blocks)
    factor = _mean_factor(n, rho[0])
    # The mean is drawn along by the same slow departures, so the variance about it is too small.
    freedom = np.maximum(effective_number(n, rho[0] ** 2) - factor * (1 - rho[0]), 1.0)
    spread = found.ubrmsd**2 / np.maximum(1 - factor / n, 1e-3)
    tail = (1 - confidence) / 2
    of_mean = spread * factor / n
    of_mean = of_mean * _at_least_one(wider.bias, of_mean)
    half = -stdtrit(freedom, tail) * np.sqrt(of_mean)
    freedom = np.maximum(freedom / _at_least_one(wider.spread, 2 * spread**2 / freedom), 1.0)
    for_r = effective_number(n, rho[1] * rho[2])
    for_r = for_r / _at_least_one(wider.r, (1 - found.r**2) ** 2 / for_r)
    low, high = (np.sqrt(freedom * spread / chdtri(freedom, share)) for share in (tail, 1 - tail))
    told = np.where(np.isfinite(rho[0]), freedom, 0.0)
    return Intervals(
        bias=_alone(told, found.bias - half, found.bias + half),
        ubrmsd=_alone(told, low, high),
        r=_of_r(found.r, for_r, tail),
        effective=for_r,
        lag_one=rho[0],
    )


def _at_least_one(found: Doubles, expected: Doubles) -> Doubles:
    """How many times larger a variance is than expected; 1 where it is not, or not known."""
    fit = np.isfinite(found) & (expected > 0)
    return np.maximum(np.where(fit, found / np.where(fit, expected, 1.0), 1.0), 1.0)


def _of_r(r: Doubles, effective: Doubles, tail: float) -> Interval:
    """Interval of a correlation by Fisher's z."""
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    half = -ndtri(tail) / np.sqrt(np.maximum(effective, _FEWEST) - 3)
    return _alone(np.where(np.isfinite(r), effective, 0.0), np.tanh(z - half), np.tanh(z + half))
