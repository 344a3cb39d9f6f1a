"""95 % confidence intervals of scores of autocorrelated series.

Each interval is that for Gaussian series of noise plus a first-order autoregression, with an
autocorrelation estimated from lag 1 and from sums over blocks of days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainccinv, gammaincinv, ndtr, stdtrit

from mcca_ml.arrays import Float64
from mcca_ml.metrics.effective_samples import (
    Memory,
    Modes,
    compute_modes,
    estimate_memory,
    over_modes,
    over_sd,
)
from mcca_ml.metrics.lag1_autocorrelation import Lagged, compute_lagged, mean_factor, sum_memory
from mcca_ml.metrics.lagged_moments import LaggedMoments
from mcca_ml.metrics.moments import Moments
from mcca_ml.metrics.scores import compute_scores

CONFIDENCE = 0.95
_FEWEST = 2.0
"""Smallest effective number of samples for an interval: for R its own, for bias and ubRMSD the
degrees of freedom of ubRMSD. A larger limit would mostly select cases with underestimated
autocorrelation, and so too narrow intervals."""
_FISHER = 3.0  # samples subtracted in the variance of Fisher's z


@dataclass(frozen=True)
class Interval:
    """Ends of a confidence interval (...); NaN with too few samples."""

    low: Float64
    high: Float64


@dataclass(frozen=True)
class Intervals:
    """Intervals of the scores of a pair, and the effective number of samples."""

    bias: Interval
    """Interval of the bias [m3 m-3]."""
    ubrmsd: Interval
    """Interval of the ubRMSD [m3 m-3]."""
    r: Interval
    """Interval of the correlation [1]."""
    effective: Float64
    """Effective number of samples of r [1]."""
    lag_one: Float64
    """Lag-1 autocorrelation of the difference [1], corrected for small-sample bias."""


def _where_enough(effective: Float64, low: Float64, high: Float64) -> Interval:
    """Interval where there are enough effective samples, else NaN."""
    enough = effective >= _FEWEST
    return Interval(np.where(enough, low, np.nan), np.where(enough, high, np.nan))


def confidence_intervals(
    chain: LaggedMoments, blocks: Moments | None = None, *, confidence: float = CONFIDENCE
) -> Intervals:
    """Confidence intervals of bias, ubRMSD and R of the first series against the second.

    Args:
        chain: lagged moments of two series (cell,).
        blocks: their moments by blocks of days (cell, block).
        confidence: confidence level [1].

    Formula:
        With `factor`, `squares` and `freedom` of the `Memory` of the difference, and of the sum (+)
        and the difference (-) of the series over their standard deviations:
        bias: Student's t, variance s_d^2 factor / n, `freedom`, without blocks that of the long-run
        variance of an AR(1);
        ubRMSD: chi-squared with n / squares less the part of the mean, tails as of Student's t;
        R: Fisher's z = log(s_+ / s_-), variance (1 + (1 - c) (squares_+ + squares_- - 2) / 2) /
        (n - 3) with c from `_shared_fraction` and `squares` from `_unbiased_squares`, corrected for
        the small-sample bias of slow series; degrees of freedom by Satterthwaite.

    Source: Gruber et al. (2020), as `scores`; variances of a Gaussian process after Bartlett
    (1946). Neither text was at hand: a test measures the coverage.
    """
    n = np.maximum(chain.pairs.n, 1)
    scores = compute_scores(chain.pairs)
    tail = (1 - confidence) / 2
    pair = compute_lagged(chain)
    modes = None if blocks is None else compute_modes(blocks)
    own = _memory(pair, modes, np.array([np.ones(n.shape), -np.ones(n.shape)]))
    # The sample mean follows the same slow signal, so the variance about it is biased low.
    variance = scores.ubrmsd**2 / np.maximum(1 - mean_factor(n, own.lag_one) / n, 1e-3)
    half = -stdtrit(_freedom_of_mean(n, own), tail) * np.sqrt(variance * own.factor / n)
    # n / squares less the share of the mean, at least one degree of freedom.
    freedom = np.maximum(n / own.squares - n * own.mean_fraction(n) * (1 - own.lasting), 1.0)
    known = np.where(np.isfinite(own.lag_one), freedom, 0.0)
    r, effective = _correlation_interval(pair, modes, scores.r, tail)
    return Intervals(
        bias=_where_enough(known, scores.bias - half, scores.bias + half),
        ubrmsd=_where_enough(known, *_variance_interval(variance, freedom, tail)),
        r=r,
        effective=effective,
        lag_one=own.lag_one,
    )


def _variance_interval(variance: Float64, freedom: Float64, tail: float) -> tuple[Float64, Float64]:
    """Ends of an interval of a standard deviation, from the variance."""
    probability = ndtr(stdtrit(freedom, tail))
    ends = (2 * inverse(freedom / 2, probability) for inverse in (gammainccinv, gammaincinv))
    low, high = (np.sqrt(freedom * variance / end) for end in ends)
    return low, high


def _memory(pair: Lagged, modes: Modes | None, weights: Float64) -> Memory:
    """Autocorrelation of a weighted sum of the series, weights (2, cell)."""
    rho, factor, longest, variance = sum_memory(pair, weights)
    power = None if modes is None else modes.power(weights, variance)
    return estimate_memory(rho, factor, longest, modes, power)


def _slower(pair: Lagged, modes: Modes | None, scale: Float64) -> Float64:
    """Difference of `Memory.power` between two series scaled to variance 1, first less second.

    Args:
        pair: lagged covariances of the two series.
        modes: modes of their blocks.
        scale: factors that scale their variances to 1 (2, cell).
    """
    first, second = (sum_memory(pair, scale * np.array(own)) for own in ([[1], [0]], [[0], [1]]))
    from_lag_one = np.asarray(first[1] - second[1])
    if modes is None:
        return from_lag_one
    # Sum times difference, since the difference of two squares is prone to rounding.
    scaled = over_sd(scale, np.stack([first[3], second[3]]))
    return over_modes(modes.product(scaled, scaled * np.array([[1], [-1]])), modes, from_lag_one)


def _freedom_of_mean(n: Float64, memory: Memory) -> Float64:
    """Degrees of freedom of the variance of a mean [1].

    Formula:
        without blocks 2 / var(log v) of v = s^2 / (1 - rho)^2, innovation variance and rho being
        estimated: n (1 - rho) / (3 + rho)
    """
    alone = n * (1 - memory.lag_one) / (3 + memory.lag_one)
    return np.maximum(np.where(memory.freedom > 0, memory.freedom, alone), 1.0)


def _correlation_interval(
    pair: Lagged, modes: Modes | None, r: Float64, tail: float
) -> tuple[Interval, Float64]:
    """Interval of a correlation by Fisher's z, and its effective samples."""
    moments = pair.chain.pairs
    n = np.maximum(moments.n, 1)
    scale = over_sd(1.0, np.stack([moments.co[0, 0], moments.co[1, 1]]) / n)
    plus, less = (_memory(pair, modes, scale * np.array([[1.0], [sign]])) for sign in (1, -1))
    chance = (
        plus.power * less.power / np.minimum(_freedom_of_mean(n, plus), _freedom_of_mean(n, less))
    )
    apart = 1 - _shared_fraction(plus, less, _slower(pair, modes, scale) ** 2 / 4, chance, r)
    squares = 1 + apart * ((_unbiased_squares(plus, n) + _unbiased_squares(less, n)) / 2 - 1)
    exact = np.abs(r) > 1 - 1e-12  # the difference, or the sum, is rounding error
    squares = np.where(exact, np.where(r > 0, plus.squares, less.squares), squares)
    # Satterthwaite: relative variances of `squares`, from its derivative by `factor`.
    noise = (plus.squares * plus.steepness) ** 2 + (less.squares * less.steepness) ** 2
    noise = np.maximum(apart**2 * noise / 4, 1e-6 * squares**2)
    by_blocks = (plus.freedom > 0) & ~exact
    freedom = np.where(by_blocks, plus.freedom * squares**2 / noise, 1e6)
    effective = n / squares
    error = 1 / np.sqrt(effective * np.maximum(1 - _FISHER / n, 0.25))
    # Short series underestimate slow signals, which biases R; the correction is limited to half the
    # error.
    missed = plus.mean_fraction(n) - less.mean_fraction(n) + (plus.squares - less.squares) / n
    lift = np.where(by_blocks, np.clip(missed / 2, -0.5 * error, 0.5 * error), 0.0)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) + lift
    half = -stdtrit(freedom, tail) * error
    known = np.where(np.isfinite(r) & (n > _FISHER), effective, 0.0)
    return _where_enough(known, np.tanh(z - half), np.tanh(z + half)), effective


def _unbiased_squares(memory: Memory, n: Float64) -> Float64:
    """`squares` corrected for its bias where it is estimated from lag 1 only.

    Formula:
        half the second derivative by rho of (1 + rho^2) / (1 - rho^2) times the variance of rho,
        (1 - rho^2) / n, over the value itself: 2 (1 + 3 rho^2) / ((1 - rho^4) n)
    """
    over = 2 * (1 + 3 * memory.lasting**2) / ((1 - memory.lasting**4) * n)
    return np.maximum(memory.squares / np.where(memory.freedom > 0, 1.0, 1 + over), 1.0)


def _shared_fraction(
    plus: Memory, less: Memory, cross: Float64, chance: Float64, r: Float64
) -> Float64:
    """Fraction of the variances of sum and difference that is common to both, 0 to 1 [1].

    If only one of the series is slow, its signal is in both sum and difference, which are then not
    independent.

    Args:
        plus: autocorrelation of the sum.
        less: autocorrelation of the difference.
        cross: squared cross-power of the two series of variance 1.
        chance: its expectation for independent series.
        r: correlation of the two series.
    """
    power = cross / np.maximum(1 - r**2, 1e-6) - chance
    return np.asarray(np.clip(2 * power / (plus.power**2 + less.power**2), 0, 1))
