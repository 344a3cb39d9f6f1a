"""Moments of neighbouring samples, for the lag-1 autocorrelation; mergeable in order of time.

Products have gaps: the neighbour of a sample is the next sample that all series have, at any
distance. If gaps are random and independent of the values, a first-order autoregression sampled
with gaps is again one by sample number, whose lag-1 correlation is estimated here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Floating
from mcca_ml.metrics.moments import Moments, compute_moments, empty, mask, merge


@dataclass(frozen=True)
class LaggedMoments:
    """Moments of k series, and of each sample with the next."""

    pairs: Moments
    """Moments of the samples (cell,)."""
    neighbours: Moments
    """Moments of 2k series: the k values of a sample, then those of the next (cell,)."""
    first: Float64
    """Values of the first sample (k, cell); NaN without any."""
    last: Float64
    """Values of the last sample (k, cell)."""


def _ends(series: Sequence[Floating], valid: Booleans) -> tuple[Float64, Float64]:
    """Values of the first and of the last sample (k, cell)."""
    rows = np.arange(valid.shape[0])
    first = np.argmax(valid, axis=1)
    last = valid.shape[1] - 1 - np.argmax(valid[:, ::-1], axis=1)
    has = valid.any(axis=1)

    def at(place: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Float64:
        return np.stack([np.where(has, one[rows, place], np.nan) for one in series]).astype(
            np.float64
        )

    return at(first), at(last)


def compute_lagged_moments(
    series: Sequence[Floating], pairs: Moments | None = None
) -> LaggedMoments:
    """Moments of k series over time, and of neighbouring samples.

    Args:
        series: k arrays (cell, time), NaN where missing, at least one, in order of time.
        pairs: moments of the samples, if known already (cell,).
    """
    valid = mask(series)
    own = compute_moments(series) if pairs is None else pairs
    first, last = _ends(series, valid)
    return LaggedMoments(
        own, _neighbours(_lagged(series, valid, own), own, first, last), first, last
    )


def _lagged(series: Sequence[Floating], valid: Booleans, pairs: Moments) -> Float64:
    """Sums of the departures of a sample times those of the next one (k, k, cell)."""
    steps = np.arange(valid.shape[1], dtype=np.int32)
    # Number of the last sample before each time, by carrying the largest so far.
    latest = np.maximum.accumulate(np.where(valid, steps, np.int32(-1)), axis=1)
    before = np.concatenate([np.full((valid.shape[0], 1), -1, np.int32), latest[:, :-1]], axis=1)
    at, has = np.maximum(before, 0), before >= 0
    current = []
    for one, mean in zip(series, pairs.mean, strict=True):
        departures = np.zeros(valid.shape)
        np.subtract(one, mean[:, None], out=departures, where=valid)
        current.append(departures)
    previous = [np.take_along_axis(one, at, axis=1) * has for one in current]
    return np.array([[np.einsum("ij,ij->i", a, b) for b in current] for a in previous])


def _neighbours(lagged: Float64, pairs: Moments, first: Float64, last: Float64) -> Moments:
    """Moments of each sample with the next: of all samples but the last, and all but the first.

    Formula:
        all departures d from the mean of all sum to 0, so those without the last have the mean
        -d_last / (n - 1), and products about that are less by d_last d_last' (1 + 1 / (n - 1))
    """
    n = np.maximum(pairs.n - 1, 0)
    safe, more = np.maximum(n, 1), n > 0
    ends = [np.where(more, one - pairs.mean, 0.0) for one in (last, first)]
    left = [pairs.co - d[:, None] * d[None, :] * (1 + 1 / safe) for d in ends]
    cross = lagged - ends[0][:, None] * ends[1][None, :] / safe
    co = np.block([[[left[0]], [cross]], [[np.swapaxes(cross, 0, 1)], [left[1]]]])
    mean = np.concatenate([pairs.mean - d / safe for d in ends])
    return Moments(n, np.where(more, mean, 0.0), np.where(more, co, 0.0))


def follow(a: LaggedMoments, b: LaggedMoments) -> LaggedMoments:
    """Merge the moments of a period and of the next one."""
    step = np.concatenate([a.last, b.first])
    met = np.isfinite(step).all(axis=0)
    seam = empty(step.shape[0], met.shape)
    seam = Moments(met.astype(np.float64), np.where(met, step, 0.0), seam.co)
    return LaggedMoments(
        merge(a.pairs, b.pairs),
        merge(merge(a.neighbours, seam), b.neighbours),
        np.where(np.isfinite(a.first), a.first, b.first),
        np.where(np.isfinite(b.last), b.last, a.last),
    )


def lag_one(chain: LaggedMoments, weights: Sequence[float] | Float64) -> Float64:
    """Lag-1 autocorrelation of a weighted sum of the series [1], (cell,).

    Args:
        chain: moments.
        weights: one for each series, (k,) or (k, cell): (1, 0) is the first, (1, -1) their
            difference.

    Formula:
        r1 = sum (x_t - m)(x_t+1 - m) / sum (x_t - m)^2, m the mean of all samples. NaN below three
        samples and where nothing varies.
    """
    w = np.asarray(weights, np.float64)
    k = len(w)
    w = w.reshape(k, *w.shape[1:] or (1,) * (chain.pairs.mean.ndim - 1))
    mean = (w * chain.pairs.mean).sum(axis=0)
    before, after = ((w * part).sum(axis=0) for part in np.split(chain.neighbours.mean, 2))
    lagged = np.einsum("i...,ij...,j...->...", w, chain.neighbours.co[:k, k:], w)
    lagged = lagged + chain.neighbours.n * (before - mean) * (after - mean)
    power = np.einsum("i...,ij...,j...->...", w, chain.pairs.co, w)
    fit = (chain.pairs.n >= 3) & (power > 0)
    return np.where(fit, lagged / np.where(fit, power, 1.0), np.nan)
