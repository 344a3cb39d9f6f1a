"""Robust Deming regression between two noisy sensors, many cells at once.

Both sensors of a pair have different footprints, times and noise, so both axes have errors. Least
squares and Theil-Sen put all of them on one axis and attenuate the slope by
var(signal) / var(signal + noise): 2 K of noise on a signal of 8 K sd give 0.94. Deming regression,
the maximum-likelihood estimate for a known ratio of the two variances, does not.

Arrays in, arrays out; float64. Pairs are sorted by cell.
"""

from typing import Any, NamedTuple

import numpy as np

from mcca_ml.arrays import Float64, Floating, Int64
from mcca_ml.config.calibrate import CalibrateSettings

ITERATIONS = 8
"""Rounds of reweighting; slopes change by less than 1e-4 after the sixth."""
SMALLEST_NOISE = 1e-3
"""Smallest standard deviation of noise [K]; smaller residuals are rounding."""

FIRST_REJECT = 6.0
"""Initial rejection threshold in median absolute deviations [1]: 4 sd of normal noise."""


class Line(NamedTuple):
    """Regression line y = level + slope (x - centre); arrays of one shape, NaN without a line."""

    centre: Float64
    """Mean brightness temperature of the sensor [K]."""
    level: Float64
    """Value at the centre, on the scale of the reference [K]."""
    slope: Float64
    """Slope [1]."""
    level_var: Float64
    """Variance of the level [K2]."""
    slope_var: Float64
    """Variance of the slope [1]; infinite where the pairs do not constrain it."""
    covariance: Float64
    """Covariance of level and slope [K]."""

    def at(self, x: Float64) -> Float64:
        """Value of the line at `x` [K]."""
        return self.level + self.slope * (x - self.centre)

    def variance_at(self, x: Float64) -> Float64:
        """Variance of that value [K2]."""
        far = x - self.centre
        # Var(a + b d) = Var(a) + 2 d Cov(a, b) + d^2 Var(b)
        return self.level_var + 2 * self.covariance * far + self.slope_var * far**2

    def recentred(self, centre: Float64) -> "Line":
        """Return the same line about another centre [K]."""
        far = centre - self.centre
        return self._replace(
            centre=centre,
            level=self.at(centre),
            level_var=self.variance_at(centre),
            # Cov(a + b d, b) = Cov(a, b) + d Var(b)
            covariance=self.covariance + self.slope_var * far,
        )

    def take(self, index: Any) -> "Line":
        """Select lines; `index` indexes arrays (cell, channel)."""
        return Line(*(value[index] for value in self))


class Fit(NamedTuple):
    """Lines of segments with their noise and number of pairs, arrays (segment, channel)."""

    line: Line
    noise_var: Float64
    """Residual variance of y - slope x [K2]; NaN below three pairs."""
    pairs: Float64
    """Number of pairs with non-zero weight [1]."""
    spread_var: Float64
    """Variance of the signal in x, without its noise [K2]."""


def deming_slope(sxx: Float64, sxy: Float64, syy: Float64, noise_ratio: float) -> Float64:
    """Slope of the Deming regression [1]; 1 where x and y are not positively correlated.

    Args:
        sxx: centred second moment of x.
        sxy: centred second moment of x and y.
        syy: centred second moment of y.
        noise_ratio: noise variance of y over that of x [1].

    Source: Deming 1943; formula as in Fuller, Measurement Error Models, 1987 (not verified).

    >>> float(deming_slope(np.float64(2.0), np.float64(4.0), np.float64(8.0), 1.0))
    2.0
    """
    # slope = (h + sqrt(h^2 + r sxy^2)) / sxy, h = (syy - r sxx) / 2, r = noise_ratio
    half = 0.5 * (syy - noise_ratio * sxx)
    usable = sxy > 0
    safe = np.where(usable, sxy, 1.0)
    return np.where(usable, (half + np.sqrt(half**2 + noise_ratio * sxy**2)) / safe, 1.0)


def _huber_variance(bound: float) -> float:
    """E[psi^2] of Huber's psi for a unit normal: makes the noise variance unbiased."""
    # Sum over a fine grid: beyond 8 sd the density is below 1e-14.
    z = np.linspace(-8.0, 8.0, 4001)
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return float((np.clip(z, -bound, bound) ** 2 * density).sum() * (z[1] - z[0]))


class _Segments:
    """Sums over segments, and values of segments repeated for their pairs."""

    def __init__(self, starts: Int64, count: int) -> None:
        self.starts = starts
        self.lengths = np.diff(np.append(starts, count))

    def sum(self, values: Float64) -> Float64:
        return np.add.reduceat(values, self.starts, axis=0)

    def spread(self, values: Float64) -> Float64:
        return np.repeat(values, self.lengths, axis=0)


def _median(values: Float64, parts: _Segments) -> Float64:
    """Median of each segment and channel, ignoring NaN; NaN for an empty segment."""
    segment = np.repeat(np.arange(len(parts.starts)), parts.lengths)
    out = np.full((len(parts.starts), values.shape[1]), np.nan)
    count = parts.sum(np.isfinite(values).astype(np.float64)).astype(np.int64)
    for channel, column in enumerate(values.T):
        ordered = column[np.lexsort((column, segment))]  # NaN last in its segment
        some = count[:, channel] > 0
        out[some, channel] = ordered[(parts.starts + (count[:, channel] - 1) // 2)[some]]
    return out


def _first_weight(x: Float64, y: Float64, parts: _Segments) -> Float64:
    """Initial weights: 0 far from the median difference, to exclude rain from the scale."""
    off = y - x
    off -= parts.spread(_median(off, parts))
    size = np.abs(off)
    deviation = np.maximum(parts.spread(_median(size, parts)), SMALLEST_NOISE)
    return (size < FIRST_REJECT * deviation).astype(np.float64)


class _State(NamedTuple):
    """One round of the reweighting."""

    mean_x: Float64
    mean_y: Float64
    slope: Float64
    dx: Float64
    departure: Float64
    noise_var: Float64


def _reweight(
    x: Float64, y: Float64, weight: Float64, parts: _Segments, noise_ratio: float, share: float
) -> _State:
    total = np.maximum(parts.sum(weight), 1e-12)
    mean_x, mean_y = parts.sum(weight * x) / total, parts.sum(weight * y) / total
    dx, dy = x - parts.spread(mean_x), y - parts.spread(mean_y)
    wx = weight * dx
    slope = deming_slope(
        parts.sum(wx * dx), parts.sum(wx * dy), parts.sum(weight * dy**2), noise_ratio
    )
    departure = dy - parts.spread(slope) * dx
    # Level and slope take two degrees of freedom.
    freedom = np.maximum(parts.sum((weight > 0).astype(float)) - 2, 1)
    # Huber's psi is the weighted departure; E[psi^2] is only `share` of the variance.
    noise_var = parts.sum((weight * departure) ** 2) / freedom / share
    noise_var = np.maximum(noise_var, SMALLEST_NOISE**2)
    return _State(mean_x, mean_y, slope, dx, departure, noise_var)


def _variances(
    state: _State, weight: Float64, parts: _Segments, *, ratio: float, bound: float, cluster: Int64
) -> tuple[Float64, Float64, Float64, Float64]:
    """Variance of level and slope, their covariance, and variance of the signal in x.

    M-estimation with the scores psi and psi times xi, where xi is the best estimate of the true x,
    independent of the residual; the noise in xi is subtracted from the information on the slope.
    """
    psi = weight * state.departure
    is_kept = weight > 0
    limit = bound * np.sqrt(parts.spread(state.noise_var))
    information = parts.sum((is_kept & (np.abs(state.departure) < limit)).astype(float))
    kept = np.maximum(parts.sum(is_kept.astype(float)), 1)
    # Var(departure) = (ratio + slope^2) Var(noise of x)
    own = ratio + state.slope**2
    # xi = dx - Cov(noise of x, departure) / Var(departure) * departure
    xi = (state.dx + parts.spread(state.slope / own) * state.departure) * is_kept
    # Noise of x that remains in xi: n Var(noise of x) ratio / (ratio + slope^2).
    noise = parts.sum(psi * state.departure) * ratio / own**2
    xi_square = parts.sum(xi**2)
    on_slope = information / kept * xi_square - noise
    inner = _Segments(cluster, len(psi))
    # Index of the first cluster of each segment.
    outer = _Segments(np.searchsorted(cluster, parts.starts), len(cluster))
    level_score, slope_score = inner.sum(psi), inner.sum(psi * xi)
    if len(cluster) == len(psi):
        # Independent pairs of equal variance in a cell: less noisy than products of few pairs.
        psi_square = parts.sum(psi**2)
        raw = psi_square, psi_square * xi_square / kept, np.zeros_like(psi_square)
    else:
        raw = (
            outer.sum(level_score**2),
            outer.sum(slope_score**2),
            outer.sum(level_score * slope_score),
        )
    # Small samples: n / (n - 2), for the two parameters.
    small = kept / np.maximum(kept - 2, 1)
    information, has_slope = np.maximum(information, 1), on_slope > 0
    below = np.where(has_slope, on_slope, 1.0)
    slope_var = np.where(has_slope, small * raw[1] / below**2, np.inf)
    covariance = np.where(has_slope, small * raw[2] / (information * below), 0.0)
    spread_var = np.maximum(xi_square - noise, 0) / kept
    return small * raw[0] / information**2, slope_var, covariance, spread_var


def fit_lines(
    x: Floating,
    y: Floating,
    starts: Int64,
    settings: CalibrateSettings,
    cluster: Int64 | None = None,
) -> Fit:
    """Fit a robust errors-in-variables line to every segment and channel.

    Args:
        x: brightness temperature of the sensor [K], (pair, channel); NaN where missing.
        y: brightness temperature of the reference [K], (pair, channel).
        starts: index of the first pair of each segment, rising from 0; none is empty.
        settings: the `[calibrate]` table: noise ratio, and the residuals in sd from which the
            weight of a pair decreases, and is zero.
        cluster: index of the first pair of each group of dependent pairs, including every start of
            a segment; independent pairs if not given.

    Returns:
        Lines about the weighted mean of x. For the right noise ratio residuals are independent of
        the position along the line, so that weights based on residuals do not bias the slope.
    """
    parts = _Segments(starts, len(x))
    is_pair = np.isfinite(x) & np.isfinite(y)
    x64 = np.where(is_pair, x, 0.0).astype(np.float64)
    y64 = np.where(is_pair, y, 0.0).astype(np.float64)
    noise_ratio, huber = settings.noise_ratio, settings.huber
    share = _huber_variance(huber)
    weight = _first_weight(np.where(is_pair, x64, np.nan), y64, parts)
    state = _reweight(x64, y64, weight, parts, noise_ratio, 1.0)
    for _ in range(ITERATIONS):
        sd = parts.spread(np.sqrt(state.noise_var))
        size = np.maximum(np.abs(state.departure), SMALLEST_NOISE * 1e-3)
        # Huber's weight psi(d) / d; 0 from `reject` sd.
        weight = np.minimum(1.0, huber * sd / size) * (is_pair & (size < settings.reject * sd))
        state = _reweight(x64, y64, weight, parts, noise_ratio, share)
    single = np.arange(len(x)) if cluster is None else cluster
    level_var, slope_var, covariance, spread_var = _variances(
        state, weight, parts, ratio=noise_ratio, bound=huber, cluster=single
    )
    pairs = parts.sum((weight > 0).astype(np.float64))
    values = state.mean_x, state.mean_y, state.slope, level_var, slope_var, covariance
    line = Line(*(np.where(pairs > 0, value, np.nan) for value in values))
    return Fit(line, np.where(pairs > 2, state.noise_var, np.nan), pairs, spread_var)
