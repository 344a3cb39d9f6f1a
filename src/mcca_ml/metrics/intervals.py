"""95 % confidence intervals of scores, with the samples that count where days depend on the next.

Each interval is that of the score of Gaussian series that are noise and a first-order
autoregression, with a memory from the lag-1 autocorrelation and from sums over blocks of days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainccinv, gammaincinv, ndtr, stdtrit

from mcca_ml.arrays import Float64
from mcca_ml.metrics.effective_samples import (
    Memory,
    Modes,
    memory_of,
    modes_of,
    over_modes,
    over_sd,
)
from mcca_ml.metrics.lag1_autocorrelation import Lagged, lagged_of, mean_factor, of_sum
from mcca_ml.metrics.lagged_moments import Chain
from mcca_ml.metrics.moments import Moments
from mcca_ml.metrics.scores import scores_of

CONFIDENCE = 0.95
_FEWEST = 2.0
"""Effective samples below which an interval is not told: of R its own, of bias and ubRMSD the
degrees of freedom of ubRMSD. A higher bound would tell mostly those of too small an estimated
memory, and so too narrow ones."""
_FISHER = 3.0  # samples that Fisher's z takes off


@dataclass(frozen=True)
class Interval:
    """Ends of a confidence interval (...); NaN where there are too few samples."""

    low: Float64
    high: Float64


@dataclass(frozen=True)
class Intervals:
    """Intervals of the scores of a pair, and the effective samples that they rest on."""

    bias: Interval
    """[m3 m-3]."""
    ubrmsd: Interval
    """[m3 m-3]."""
    r: Interval
    """[1]."""
    effective: Float64
    """Effective number of samples of r [1]."""
    lag_one: Float64
    """Lag-1 autocorrelation of the difference [1], without its bias for few samples."""


def _alone(where: Float64, low: Float64, high: Float64) -> Interval:
    """An interval where there are enough effective samples."""
    told = where >= _FEWEST
    return Interval(np.where(told, low, np.nan), np.where(told, high, np.nan))


def intervals_of(
    chain: Chain, blocks: Moments | None = None, *, confidence: float = CONFIDENCE
) -> Intervals:
    """Confidence intervals of bias, ubRMSD and R of the first series against the second.

    Args:
        chain: moments of two series (cell,).
        blocks: the same by blocks of days (cell, block).
        confidence: of the intervals [1].

    Formula:
        With `factor`, `squares` and `freedom` of the `Memory` of the difference, and of the sum (+)
        and the difference (-) of the series over their standard deviations:
        bias: Student's t, variance s_d^2 factor / n, `freedom`, without blocks that of the long-run
        variance of an AR(1);
        ubRMSD: chi-squared with n / squares less what the mean takes, tails as of Student's t;
        R: Fisher's z = log(s_+ / s_-), variance (1 + (1 - c) (squares_+ + squares_- - 2) / 2) /
        (n - 3) with c as of `_in_common` and `squares` as of `_flattened`, less the bias that slow
        series have in few samples; degrees of freedom by Satterthwaite.

    Source: Gruber et al. (2020), as `scores`; variances of a Gaussian process after Bartlett
    (1946). Neither text was at hand: a test measures the coverage.
    """
    n = np.maximum(chain.pairs.n, 1)
    found = scores_of(chain.pairs)
    tail = (1 - confidence) / 2
    pair = lagged_of(chain)
    modes = None if blocks is None else modes_of(blocks)
    own = _memory(pair, modes, np.array([np.ones(n.shape), -np.ones(n.shape)]))
    # The mean is drawn along by the same slow departures, so the variance about it is too small.
    spread = found.ubrmsd**2 / np.maximum(1 - mean_factor(n, own.lag_one) / n, 1e-3)
    half = -stdtrit(_freedom_of_mean(n, own), tail) * np.sqrt(spread * own.factor / n)
    # n / squares less the share of the mean, at least one degree of freedom.
    freedom = np.maximum(n / own.squares - n * own.of_mean(n) * (1 - own.lasting), 1.0)
    told = np.where(np.isfinite(own.lag_one), freedom, 0.0)
    r, effective = _of_r(pair, modes, found.r, tail)
    return Intervals(
        bias=_alone(told, found.bias - half, found.bias + half),
        ubrmsd=_alone(told, *_of_spread(spread, freedom, tail)),
        r=r,
        effective=effective,
        lag_one=own.lag_one,
    )


def _of_spread(spread: Float64, freedom: Float64, tail: float) -> tuple[Float64, Float64]:
    """Ends of an interval of a standard deviation, from its square."""
    share = ndtr(stdtrit(freedom, tail))
    ends = (2 * of_tail(freedom / 2, share) for of_tail in (gammainccinv, gammaincinv))
    low, high = (np.sqrt(freedom * spread / end) for end in ends)
    return low, high


def _memory(pair: Lagged, modes: Modes | None, weights: Float64) -> Memory:
    """Memory of a weighted sum of the series, weights (2, cell)."""
    rho, factor, longest, variance = of_sum(pair, weights)
    power = None if modes is None else modes.power(weights, variance)
    return memory_of(rho, factor, longest, modes, power)


def _slower(pair: Lagged, modes: Modes | None, one: Float64) -> Float64:
    """What the first of two series of variance 1 has more of `Memory.power` than the second.

    Args:
        pair: of the two series.
        modes: of their blocks.
        one: what makes their variances 1 (2, cell).
    """
    first, second = (of_sum(pair, one * np.array(own)) for own in ([[1], [0]], [[0], [1]]))
    alone = np.asarray(first[1] - second[1])
    if modes is None:
        return alone
    # As sum times difference: of the difference of two squares little but rounding may be left.
    scaled = over_sd(one, np.stack([first[3], second[3]]))
    return over_modes(modes.product(scaled, scaled * np.array([[1], [-1]])), modes, alone)


def _freedom_of_mean(n: Float64, memory: Memory) -> Float64:
    """Degrees of freedom of the variance of a mean [1].

    Formula:
        without blocks 2 / var(log v) of v = s^2 / (1 - rho)^2, innovation variance and rho being
        estimated: n (1 - rho) / (3 + rho)
    """
    alone = n * (1 - memory.lag_one) / (3 + memory.lag_one)
    return np.maximum(np.where(memory.freedom > 0, memory.freedom, alone), 1.0)


def _of_r(pair: Lagged, modes: Modes | None, r: Float64, tail: float) -> tuple[Interval, Float64]:
    """Interval of a correlation by Fisher's z, and its effective samples."""
    moments = pair.chain.pairs
    n = np.maximum(moments.n, 1)
    one = over_sd(1.0, np.stack([moments.co[0, 0], moments.co[1, 1]]) / n)
    plus, less = (_memory(pair, modes, one * np.array([[1.0], [sign]])) for sign in (1, -1))
    chance = (
        plus.power * less.power / np.minimum(_freedom_of_mean(n, plus), _freedom_of_mean(n, less))
    )
    apart = 1 - _in_common(plus, less, _slower(pair, modes, one) ** 2 / 4, chance, r)
    squares = 1 + apart * ((_flattened(plus, n) + _flattened(less, n)) / 2 - 1)
    exact = np.abs(r) > 1 - 1e-12  # of the difference, or of the sum, nothing but rounding is left
    squares = np.where(exact, np.where(r > 0, plus.squares, less.squares), squares)
    # Satterthwaite: relative variances of `squares`, by how steeply they follow `factor`.
    noise = (plus.squares * plus.steepness) ** 2 + (less.squares * less.steepness) ** 2
    noise = np.maximum(apart**2 * noise / 4, 1e-6 * squares**2)
    by_blocks = (plus.freedom > 0) & ~exact
    freedom = np.where(by_blocks, plus.freedom * squares**2 / noise, 1e6)
    effective = n / squares
    error = 1 / np.sqrt(effective * np.maximum(1 - _FISHER / n, 0.25))
    # Short series miss slow departures, and more those of the slower of the two; a bias of more
    # than half the error is not known well enough to be taken off.
    missed = plus.of_mean(n) - less.of_mean(n) + (plus.squares - less.squares) / n
    lift = np.where(by_blocks, np.clip(missed / 2, -0.5 * error, 0.5 * error), 0.0)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) + lift
    half = -stdtrit(freedom, tail) * error
    told = np.where(np.isfinite(r) & (n > _FISHER), effective, 0.0)
    return _alone(told, np.tanh(z - half), np.tanh(z + half)), effective


def _flattened(memory: Memory, n: Float64) -> Float64:
    """`squares` without what they are too large by on average, where lag 1 alone tells them.

    Formula:
        half the second derivative by rho of (1 + rho^2) / (1 - rho^2) times the variance of rho,
        (1 - rho^2) / n, over the value itself: 2 (1 + 3 rho^2) / ((1 - rho^4) n)
    """
    over = 2 * (1 + 3 * memory.lasting**2) / ((1 - memory.lasting**4) * n)
    return np.maximum(memory.squares / np.where(memory.freedom > 0, 1.0, 1 + over), 1.0)


def _in_common(plus: Memory, less: Memory, cross: Float64, chance: Float64, r: Float64) -> Float64:
    """Share of the variances of sum and difference that they have in common, 0 to 1 [1].

    Where one of the series is slow and the other is not, sum and difference have the slow one in
    common, and what they say of the correlation is not independent.

    Args:
        plus: of the sum.
        less: of the difference.
        cross: squared power of one times the other, for two series of variance 1.
        chance: what it would be of independent ones.
        r: correlation of the two series.
    """
    power = cross / np.maximum(1 - r**2, 1e-6) - chance
    return np.asarray(np.clip(2 * power / (plus.power**2 + less.power**2), 0, 1))
