"""Autocorrelation time of a series, from its lag-1 autocorrelation and sums over blocks of days.

Satellite and station series are the sum of noise and a slow signal; noise reduces the lag-1
autocorrelation, which then underestimates the autocorrelation time of the signal. Sums over blocks
of a month average the noise, and their slow modes give the autocorrelation time.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.metrics.lag1_autocorrelation import SHARE_OF_MEAN
from mcca_ml.metrics.moments import Moments

BLOCK_DAYS = 30
"""Length of a block [day]; blocks are counted from 1970-01-01, so that parts of one merge."""
FEWEST_BLOCKS = 10
"""Smallest number of blocks with a value for an estimate."""
MOST_MODES = 24
"""Largest number of modes used, the slowest."""
_LEFT_OUT = 5  # fastest modes, excluded because of aliasing
_ITERATIONS = 3
_LONGEST = 0.98  # largest lag-1 autocorrelation of the slow signal: 50 samples


@dataclass(frozen=True)
class Memory:
    """Autocorrelation of series as noise plus a first-order autoregression, (cell,)."""

    lag_one: Float64
    """Lag-1 autocorrelation of the series [1]."""
    lasting: Float64
    """Lag-1 autocorrelation of the autoregression [1]; that of the series without noise."""
    factor: Float64
    """Sum of the autocorrelations over all lags [1]: variance of the mean over that of independent
    samples."""
    squares: Float64
    """Sum of the squared autocorrelations over all lags [1]: the same for a variance."""
    steepness: Float64
    """Derivative of log `squares` by log `factor` [1]."""
    power: Float64
    """Mean power of the modes of the blocks, without correction for their spectrum [1]."""
    freedom: Float64
    """Degrees of freedom of `factor`: number of modes less two, as noise and autocorrelation are
    fitted; 0 if estimated from lag 1 only."""

    def mean_fraction(self, n: Float64) -> Float64:
        """Variance of the mean of n samples over that of a sample [1]."""
        return np.minimum(self.factor / n, SHARE_OF_MEAN)


@dataclass(frozen=True)
class Modes:
    """Slowest modes of k series, from their sums over blocks of days."""

    amplitude: Float64
    """Amplitude of departures from the mean, (k, cell, mode); 0 where a cell has fewer modes."""
    number: Float64
    """Number of blocks with a value, (cell,)."""
    n: Float64
    """Number of samples, (cell,)."""

    @property
    def used(self) -> Booleans:
        """True for modes used, (cell, mode); none in cells with fewer than ten blocks."""
        order = np.arange(1, MOST_MODES + 1)
        enough = (self.number >= FEWEST_BLOCKS)[:, None]
        return enough & (order <= self.number[:, None] - _LEFT_OUT)

    def power(self, weights: Float64, variance: Float64) -> Float64:
        """Power of a weighted sum of the series over that of independent days [1], (cell, mode).

        Args:
            weights: weights of the series, (k, cell).
            variance: variance of the weighted sum, (cell,).
        """
        return np.asarray(self._sum_amplitude(over_sd(weights, variance)) ** 2 / self.n[:, None])

    def product(self, first: Float64, second: Float64) -> Float64:
        """Product of two weighted sums of the series per sample, (cell, mode).

        Args:
            first: weights of the first sum, (k, cell).
            second: weights of the second sum, (k, cell).
        """
        amplitudes = self._sum_amplitude(first) * self._sum_amplitude(second)
        return np.asarray(amplitudes / self.n[:, None])

    def _sum_amplitude(self, weights: Float64) -> Float64:
        """Amplitude of a weighted sum of the series (cell, mode)."""
        return np.asarray((weights[..., None] * self.amplitude).sum(axis=0))


def over_sd(weights: Float64 | float, variance: Float64) -> Float64:
    """Weights divided by the standard deviation; NaN where it is 0."""
    return np.asarray(weights / np.sqrt(np.where(variance > 0, variance, np.nan)))


def compute_modes(blocks: Moments) -> Modes:
    """Compute the slowest modes of series; blocks without a value are skipped.

    Args:
        blocks: moments of k series (cell, block), in order of time.

    Formula:
        amplitude of mode j of B blocks: sum over blocks b of sqrt(2) cos(pi j (b + 1/2) / B) times
        the sum of the departures
    """
    n = blocks.n.sum(axis=-1)
    mean = (blocks.n * blocks.mean).sum(axis=-1) / np.maximum(n, 1)
    filled = blocks.n > 0
    sums = blocks.n * np.where(filled, blocks.mean - mean[..., None], 0.0)
    number = filled.sum(axis=-1)
    if not filled.all():
        # Blocks with a value first, in order.
        order = np.broadcast_to(np.argsort(~filled, axis=-1, kind="stable"), sums.shape)
        sums = np.take_along_axis(sums, order, axis=-1)
    amplitude = np.zeros((*sums.shape[:2], MOST_MODES))
    # Cells with the same number of blocks share the cosines: one matrix product for all.
    for count in np.unique(number[number >= FEWEST_BLOCKS]):
        at = np.flatnonzero(number == count)
        order = np.arange(1, min(count - _LEFT_OUT, MOST_MODES) + 1)
        wave = np.cos(np.pi * order * (np.arange(count)[:, None] + 0.5) / count)
        amplitude[:, at, : order.size] = np.sqrt(2) * (sums[:, at, :count] @ wave)
    return Modes(amplitude, number.astype(np.float64), n)


def estimate_memory(
    rho: Float64,
    factor: Float64,
    longest: Float64,
    modes: Modes | None = None,
    power: Float64 | None = None,
) -> Memory:
    """Estimate the autocorrelation of a series.

    Args:
        rho: lag-1 autocorrelation, 0 to below 1 (cell,).
        factor: sum of all autocorrelations from those of lag 1 (cell,).
        longest: upper limit of `lasting` from lag 1 (cell,).
        modes: modes of the blocks of days, used with ten or more blocks.
        power: power of the series in these modes (cell, mode).

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
        lasting[at], factor[at] = _fit_memory(
            power[at], used, rho[at], modes.n[at] / number, number
        )
        freedom[at], plain[at] = used.sum(axis=1) - 2, _mean(power[at], used)
    # Sum over all lags of (rho lasting^(lag - 1))^2, the lag 0 being 1.
    squares = 1 + 2 * rho**2 / (1 - lasting**2)
    # d log(squares) / d log(factor), by `lasting` at a given rho.
    steepness = factor * 2 * rho * lasting / (1 + lasting) ** 2 / squares
    return Memory(rho, lasting, factor, squares, steepness, plain, freedom)


def over_modes(power: Float64, modes: Modes, otherwise: Float64) -> Float64:
    """Mean over the modes used, `otherwise` without any, (cell,)."""
    used = modes.used
    return np.where(used[:, 0], _mean(power, used), otherwise)


def _mean(power: Float64, used: Booleans) -> Float64:
    """Mean over the modes used, (cell,)."""
    return np.asarray((power * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1))


def _lasting(rho: Float64, factor: Float64, longest: Float64 | float) -> Float64:
    """`lasting` for a given sum of all autocorrelations [1], from `rho` to `longest`."""
    lasting = 1 - 2 * rho / np.maximum(factor - 1, 1e-6)
    return np.where(rho > 0, np.clip(lasting, rho, np.maximum(longest, rho)), rho)


def _fit_memory(
    power: Float64, used: Booleans, rho: Float64, size: Float64, number: Float64
) -> tuple[Float64, Float64]:
    """`lasting` and `factor` from the power of modes (cell, mode), blocks of `size` samples."""
    phase = np.pi * np.arange(1, power.shape[1] + 1) / number[:, None]
    lasting, factor = rho, rho
    for _ in range(_ITERATIONS + 1):
        share = np.where(lasting > 0, rho / np.where(lasting > 0, lasting, 1.0), 0.0)
        slow = share * (1 + lasting) / (1 - lasting)
        flat, slow = (part / (1 - share + slow) for part in (1 - share, slow))
        # Limited to the longest autocorrelation time that blocks resolve.
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
