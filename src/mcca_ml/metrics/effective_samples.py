"""How long a series depends on itself, from its lag-1 autocorrelation and sums over blocks of days.

A lag-1 autocorrelation says too little of a series that is made of noise and of something slow, as
those of satellites and stations are: noise hides how long the slow part lasts. Sums over blocks of
a month average the noise away, and their slow modes tell the rest.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.metrics.lag1_autocorrelation import SHARE_OF_MEAN
from mcca_ml.metrics.moments import Moments

BLOCK_DAYS = 30
"""Length of a block [day]; blocks are counted from 1970-01-01, so that parts of one merge."""
FEWEST_BLOCKS = 10
"""Blocks with a value below which they say nothing of a memory."""
MOST_MODES = 24
"""Slowest modes that are used."""
_LEFT_OUT = 5  # the fastest modes, of which blocks see as much of what is faster than they are
_ITERATIONS = 3
_LONGEST = 0.98  # lag-1 autocorrelation of what lasts: a memory of 50 samples


@dataclass(frozen=True)
class Memory:
    """Autocorrelations of series (cell,), as of noise and one first-order autoregression."""

    lag_one: Float64
    """Lag-1 autocorrelation [1]."""
    lasting: Float64
    """Of the autoregression alone [1]; that of the series where there is no noise."""
    factor: Float64
    """Sum of the autocorrelations over all lags [1]: variance of a mean over that of as many
    independent samples."""
    squares: Float64
    """Sum of the squared autocorrelations over all lags [1]: the same of a variance."""
    steepness: Float64
    """Change of log `squares` with log `factor` [1]."""
    power: Float64
    """`factor` as the modes of the blocks have it, without what their shape adds [1]."""
    freedom: Float64
    """Degrees of freedom of `factor`: modes of the blocks less two, for noise and memory are
    fitted; 0 where autocorrelations of lag 1 alone told it."""

    def of_mean(self, n: Float64) -> Float64:
        """Share of the variance that the mean of n samples takes [1]."""
        return np.minimum(self.factor / n, SHARE_OF_MEAN)


@dataclass(frozen=True)
class Modes:
    """Slowest modes of k series, from their sums over blocks of days."""

    amplitude: Float64
    """Of the departures from the mean (k, cell, mode); 0 where a cell has fewer modes."""
    number: Float64
    """Blocks that have a value (cell,)."""
    n: Float64
    """Samples (cell,)."""

    @property
    def used(self) -> Booleans:
        """Modes that tell a memory (cell, mode); none of cells with fewer than ten blocks."""
        order = np.arange(1, MOST_MODES + 1)
        enough = (self.number >= FEWEST_BLOCKS)[:, None]
        return enough & (order <= self.number[:, None] - _LEFT_OUT)

    def power(self, weights: Float64, variance: Float64) -> Float64:
        """Power of a weighted sum of the series over that of independent days (cell, mode) [1].

        Args:
            weights: (k, cell).
            variance: of a sample of the sum (cell,).
        """
        return np.asarray(self._of_sum(over_sd(weights, variance)) ** 2 / self.n[:, None])

    def product(self, one: Float64, other: Float64) -> Float64:
        """Product of two weighted sums of the series, over the samples (cell, mode).

        Args:
            one: weights of one of the sums (k, cell).
            other: weights of the other (k, cell).
        """
        return np.asarray(self._of_sum(one) * self._of_sum(other) / self.n[:, None])

    def _of_sum(self, weights: Float64) -> Float64:
        """Amplitude of a weighted sum of the series (cell, mode)."""
        return np.asarray((weights[..., None] * self.amplitude).sum(axis=0))


def over_sd(weights: Float64 | float, variance: Float64) -> Float64:
    """Weights over the standard deviation; NaN where nothing varies."""
    return np.asarray(weights / np.sqrt(np.where(variance > 0, variance, np.nan)))


def modes_of(blocks: Moments) -> Modes:
    """Modes of series, a block without a value passed over: the next one is its neighbour.

    Args:
        blocks: moments of k series (cell, block), in order of time.

    Formula:
        amplitude of mode j of B blocks: sum over blocks b of sqrt(2) cos(pi j (b + 1/2) / B) times
        the sum of the departures
    """
    n = blocks.n.sum(axis=-1)
    mean = (blocks.n * blocks.mean).sum(axis=-1) / np.maximum(n, 1)
    has = blocks.n > 0
    sums = blocks.n * np.where(has, blocks.mean - mean[..., None], 0.0)
    number = has.sum(axis=-1)
    if not has.all():
        # Blocks with a value move to the front in their order: the gaps are passed over.
        order = np.broadcast_to(np.argsort(~has, axis=-1, kind="stable"), sums.shape)
        sums = np.take_along_axis(sums, order, axis=-1)
    amplitude = np.zeros((*sums.shape[:2], MOST_MODES))
    # Cells with as many blocks share the cosines, so one product of matrices serves all.
    for count in np.unique(number[number >= FEWEST_BLOCKS]):
        at = np.flatnonzero(number == count)
        order = np.arange(1, min(count - _LEFT_OUT, MOST_MODES) + 1)
        wave = np.cos(np.pi * order * (np.arange(count)[:, None] + 0.5) / count)
        amplitude[:, at, : order.size] = np.sqrt(2) * (sums[:, at, :count] @ wave)
    return Modes(amplitude, number.astype(np.float64), n)


def memory_of(
    rho: Float64,
    factor: Float64,
    longest: Float64,
    modes: Modes | None = None,
    power: Float64 | None = None,
) -> Memory:
    """Memory of a series.

    Args:
        rho: lag-1 autocorrelation, 0 to below 1 (cell,).
        factor: sum of all autocorrelations as those of lag 1 have it (cell,).
        longest: the most that `lasting` can be by the same (cell,).
        modes: of the blocks of days; they tell the memory where ten or more have a value.
        power: of the series in these modes (cell, mode).

    Formula:
        autocorrelation rho lasting^(lag - 1); `factor` = 1 + 2 rho / (1 - lasting) is the mean over
        the modes of the power, each over what a series of that memory has in it at its frequency;
        `lasting` follows from `factor`, and so on again.

    Source: modes of cosines and their number of degrees of freedom after the equal-weighted cosine
    estimator, Lazarus et al. (2018), J. Bus. Econ. Stat. 36, 541-559 (abstract read). The division
    by the expected shape is this project's; a test measures how often intervals hold the truth.
    """
    factor, lasting = factor.copy(), _lasting(rho, factor, longest)
    freedom, plain = np.zeros(rho.shape), factor.copy()
    if modes is not None and power is not None:
        at = np.flatnonzero((modes.number >= FEWEST_BLOCKS) & np.isfinite(rho * power[:, 0]))
        number, used = modes.number[at], modes.used[at]
        lasting[at], factor[at] = _fitted(power[at], used, rho[at], modes.n[at] / number, number)
        freedom[at], plain[at] = used.sum(axis=1) - 2, _mean(power[at], used)
    # Sum over all lags of (rho lasting^(lag - 1))^2, the lag 0 being 1.
    squares = 1 + 2 * rho**2 / (1 - lasting**2)
    # d log(squares) / d log(factor), by `lasting` at a given rho.
    steepness = factor * 2 * rho * lasting / (1 + lasting) ** 2 / squares
    return Memory(rho, lasting, factor, squares, steepness, plain, freedom)


def over_modes(power: Float64, modes: Modes, otherwise: Float64) -> Float64:
    """Mean over the modes that tell a memory, and `otherwise` where none does (cell,)."""
    used = modes.used
    return np.where(used[:, 0], _mean(power, used), otherwise)


def _mean(power: Float64, used: Booleans) -> Float64:
    """Mean over the modes that are used (cell,)."""
    return np.asarray((power * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1))


def _lasting(rho: Float64, factor: Float64, longest: Float64 | float) -> Float64:
    """What lasts, for a sum of all autocorrelations [1]; `rho` to `longest`."""
    found = 1 - 2 * rho / np.maximum(factor - 1, 1e-6)
    return np.where(rho > 0, np.clip(found, rho, np.maximum(longest, rho)), rho)


def _fitted(
    power: Float64, used: Booleans, rho: Float64, size: Float64, number: Float64
) -> tuple[Float64, Float64]:
    """`lasting` and `factor` from the power of modes (cell, mode), blocks of `size` samples."""
    phase = np.pi * np.arange(1, power.shape[1] + 1) / number[:, None]
    lasting, factor = rho, rho
    for _ in range(_ITERATIONS + 1):
        share = np.where(lasting > 0, rho / np.where(lasting > 0, lasting, 1.0), 0.0)
        slow = share * (1 + lasting) / (1 - lasting)
        flat, slow = (part / (1 - share + slow) for part in (1 - share, slow))
        # No shape is told beyond the longest memory: of so few blocks it would be all rounding.
        shape = _shape(phase, np.minimum(lasting, _LONGEST)[:, None], size[:, None])
        factor = _mean(power / (flat[:, None] + slow[:, None] * shape), used)
        lasting = _lasting(rho, factor, _LONGEST)
    return lasting, factor


def _shape(phase: Float64, rho: Float64, size: Float64) -> Float64:
    """Spectrum of sums of `size` samples of an AR(1), over that of its slowest modes [1].

    Args:
        phase: from one block to the next [rad], up to pi.
        rho: lag-1 autocorrelation of the samples.
        size: samples of a block.

    Formula:
        autocovariance of the sums at lag 0: c0 = size (1 + rho) / (1 - rho)
        - 2 rho (1 - k) / (1 - rho)^2, k = rho^size; at lag j from 1 on: c1 k^(j - 1),
        c1 = rho (1 - k)^2 / (1 - rho)^2. Their spectrum over size (1 + rho) / (1 - rho) is
        1 - 2 rho / (1 + rho) (1 - k^2) / (size (1 - rho)) w / ((1 - k)^2 + 2 k w),
        w = 1 - cos(phase); without the differences of large terms that c0 is.
    """
    wave = 2 * np.sin(phase / 2) ** 2
    log_kept = size * np.log(np.maximum(rho, np.finfo(float).tiny))
    kept, lost = np.exp(log_kept), -np.expm1(log_kept)
    ratio = 2 * rho / (1 + rho) * (1 + kept) * lost / (size * (1 - rho))
    return np.asarray(1 - ratio * wave / (lost**2 + 2 * kept * wave))
