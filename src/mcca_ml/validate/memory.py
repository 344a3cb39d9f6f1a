"""How long a series depends on itself, from its lag-1 autocorrelation and sums over blocks of days.

A lag-1 autocorrelation says too little of a series that is made of noise and of something slow, as
those of satellites and stations are: noise hides how long the slow part lasts. Sums over blocks of
a month average the noise away, and their slow modes tell the rest.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.validate.moments import Bools, Doubles, Moments

BLOCK_DAYS = 30
"""Length of a block [day]; blocks are counted from 1970-01-01, so that parts of one merge."""
FEWEST_BLOCKS = 10
"""Blocks with a value below which they say nothing of a memory."""
_MOST_MODES = 24
_LEFT_OUT = 5  # the fastest modes, of which blocks see as much of what is faster than they are
_ITERATIONS = 3
_LONGEST = 0.98  # lag-1 autocorrelation of what lasts: a memory of 50 samples
_SHARE_OF_MEAN = 1 / 3  # of a variance that a mean can take; more would be a drift


@dataclass(frozen=True)
class Memory:
    """Autocorrelations of series (cell,), as of noise and one first-order autoregression."""

    lag_one: Doubles
    """Lag-1 autocorrelation [1]."""
    lasting: Doubles
    """Of the autoregression alone [1]; that of the series where there is no noise."""
    factor: Doubles
    """Sum of the autocorrelations over all lags [1]: variance of a mean over that of as many
    independent samples."""
    squares: Doubles
    """Sum of the squared autocorrelations over all lags [1]: the same of a variance."""
    steepness: Doubles
    """Change of log `squares` with log `factor` [1]."""
    power: Doubles
    """`factor` as the modes of the blocks have it, without what their shape adds [1]."""
    freedom: Doubles
    """Degrees of freedom of `factor`: modes of the blocks less two, for noise and memory are
    fitted; 0 where autocorrelations of lag 1 alone told it."""

    def of_mean(self, n: Doubles) -> Doubles:
        """Share of the variance that the mean of n samples takes [1]."""
        return np.minimum(self.factor / n, _SHARE_OF_MEAN)


@dataclass(frozen=True)
class BlockSums:
    """Sums over blocks of days of the departures of a series from its mean."""

    sums: Doubles
    """(cell, block), in order of time."""
    has: Bools
    """Blocks that have a value (cell, block)."""
    n: Doubles
    """Samples of all blocks (cell,)."""
    variance: Doubles
    """Of a sample (cell,)."""


def block_sums(blocks: Moments, weights: Doubles, variance: Doubles) -> BlockSums:
    """Sums over blocks of a weighted sum of series.

    Args:
        blocks: moments of k series (cell, block).
        weights: of the series (k, cell).
        variance: of a sample of the weighted sum (cell,).
    """
    n = blocks.n.sum(axis=-1)
    mean = (blocks.n * blocks.mean).sum(axis=-1) / np.maximum(n, 1)
    has = blocks.n > 0
    step = np.where(has, blocks.mean - mean[..., None], 0.0)
    return BlockSums(blocks.n * (weights[..., None] * step).sum(axis=0), has, n, variance)


def memory_of(
    rho: Doubles, factor: Doubles, longest: Doubles, blocks: BlockSums | None = None
) -> Memory:
    """Memory of a series.

    Args:
        rho: lag-1 autocorrelation, 0 to below 1 (cell,).
        factor: sum of all autocorrelations as those of lag 1 have it (cell,).
        longest: the most that `lasting` can be by the same (cell,).
        blocks: of the series. Where ten or more have a value they tell the memory.

    Formula:
        autocorrelation rho lasting^(lag - 1); `factor` = 1 + 2 rho / (1 - lasting) is the mean over
        the slowest modes of (sum of the block sums times a cosine)^2, each over what a series of
        that memory has in it at its frequency; `lasting` follows from `factor`, and so on again.

    Source: modes of cosines and their number of degrees of freedom after the equal-weighted cosine
    estimator, Lazarus et al. (2018), J. Bus. Econ. Stat. 36, 541-559 (abstract read). The division
    by the expected shape is this project's; a test measures how often intervals hold the truth.
    """
    factor, lasting = factor.copy(), _lasting(rho, factor, longest)
    freedom, plain = np.zeros(rho.shape), factor.copy()
    if blocks is not None:
        sums, count = blocks.sums, blocks.has.sum(axis=-1)
        if not blocks.has.all():  # a neighbour is the next block that has a value, however far
            order = np.argsort(~blocks.has, axis=-1, kind="stable")
            sums = np.take_along_axis(sums, order, axis=-1)
        fit = (blocks.variance > 0) & np.isfinite(rho)
        for number in np.unique(count[count >= FEWEST_BLOCKS]):
            at = np.flatnonzero((count == number) & fit)
            power = _modes(sums[at, :number]) / (blocks.n * blocks.variance)[at, None]
            lasting[at], factor[at] = _fitted(power, rho[at], blocks.n[at] / number, int(number))
            freedom[at], plain[at] = power.shape[1] - 2, power.mean(axis=1)
    squares = 1 + 2 * rho**2 / (1 - lasting**2)
    steepness = factor * 2 * rho * lasting / (1 + lasting) ** 2 / squares
    return Memory(rho, lasting, factor, squares, steepness, plain, freedom)


def _lasting(rho: Doubles, factor: Doubles, longest: Doubles) -> Doubles:
    """What lasts, for a sum of all autocorrelations [1]; `rho` to `longest`."""
    found = 1 - 2 * rho / np.maximum(factor - 1, 1e-6)
    return np.clip(found, rho, np.maximum(longest, rho))


def _modes(sums: Doubles) -> Doubles:
    """Power of block sums in their slowest modes (cell, mode) [unit squared]."""
    number = sums.shape[1]
    order = np.arange(1, min(number - _LEFT_OUT, _MOST_MODES) + 1)
    angle = np.pi * order * (np.arange(number)[:, None] + 0.5) / number
    power: Doubles = 2 * (sums @ np.cos(angle)) ** 2
    return power


def _fitted(power: Doubles, rho: Doubles, size: Doubles, number: int) -> tuple[Doubles, Doubles]:
    """`lasting` and `factor` from the power of modes over n variances (cell, mode)."""
    angle = np.pi * np.arange(1, power.shape[1] + 1) / number
    lasting = rho
    factor = (1 + rho) / (1 - rho)
    for _ in range(_ITERATIONS + 1):
        safe = np.where(lasting > 0, lasting, 1.0)
        slow = np.where(lasting > 0, rho / safe, 0.0) * (1 + lasting) / (1 - lasting)
        noise = 1 - np.where(lasting > 0, rho / safe, 0.0)
        shape = _shape(angle, lasting[:, None], size[:, None])
        expected = (noise[:, None] + slow[:, None] * shape) / (noise + slow)[:, None]
        factor = (power / expected).mean(axis=1)
        lasting = _lasting(rho, factor, np.full(rho.shape, _LONGEST))
    return lasting, factor


def _shape(angle: Doubles, rho: Doubles, size: Doubles) -> Doubles:
    """Spectrum of sums of `size` samples of an AR(1), over that of its slowest modes [1].

    Formula:
        autocovariance of the sums at lag j: c0 for 0, c1 rho^(size (j - 1)) from 1 on
    """
    apart = 1 - rho
    kept = rho**size
    c0 = size * (1 + rho) / apart - 2 * rho * (1 - kept) / apart**2
    c1 = rho * ((1 - kept) / apart) ** 2
    wave = np.cos(angle)
    lagged = (wave - kept) / (1 - 2 * kept * wave + kept**2)
    return (c0 + 2 * c1 * lagged) * apart / (size * (1 + rho))
