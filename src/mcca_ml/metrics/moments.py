"""Mergeable moments of series: counts, means and co-moments.

All `scores` and triple collocation are functions of moments. Sums are about the mean of their own
subset, in float64, which avoids cancellation when subsets are merged (Chan et al.); results do not
depend on the subsets, except for rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Floating, Int64


@dataclass(frozen=True)
class Moments:
    """Moments of k series over common samples; `...` is cells, or cells and groups of days."""

    n: Float64
    """Number of samples (...), as float."""
    mean: Float64
    """Means (k, ...) [unit of the series]; 0 without samples."""
    co: Float64
    """Sum of products of departures from the means (k, k, ...) [unit squared]."""

    @property
    def series(self) -> int:
        """Number of series."""
        return int(self.mean.shape[0])

    def pick(self, *series: int) -> "Moments":
        """Select series by index, in the order given."""
        index = list(series)
        return Moments(self.n, self.mean[index], self.co[np.ix_(index, index)])

    def select_cell(self, cell: int) -> "Moments":
        """Select one cell."""
        return Moments(self.n[cell], self.mean[:, cell], self.co[:, :, cell])

    def shifted(self, by: Floating) -> "Moments":
        """Subtract `by` (k, ...) [unit of the series] from each series."""
        return Moments(self.n, np.where(self.n > 0, self.mean - by, 0.0), self.co)


def mask(series: Sequence[Floating]) -> Booleans:
    """True where all series have a value."""
    valid = np.isfinite(series[0])
    for values in series[1:]:
        valid &= np.isfinite(values)
    return np.asarray(valid)


def _starts(labels: Int64) -> Int64:
    """Where each run of equal labels begins."""
    return np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]]).astype(np.int64)


def compute_moments(
    series: Sequence[Floating], labels: Int64 | None = None, groups: int = 1
) -> Moments:
    """Moments of k series over time, for each row and group of days.

    Args:
        series: k arrays (cell, time), NaN where missing.
        labels: group of each day (time,), 0 to groups - 1; days with a negative label are ignored.
            None: one group of all days, and no group axis in the result.
        groups: number of groups.

    Returns:
        Moments (cell,) or (cell, group).
    """
    if labels is None:
        moments = _grouped(series, np.zeros(series[0].shape[1], np.int64), 1)
        return Moments(moments.n[:, 0], moments.mean[..., 0], moments.co[..., 0])
    # Days of one group side by side, those in a group still in order of time.
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    if not (np.diff(order) == 1).all():  # a copy of everything, where the order is another
        series = [x[:, order] for x in series]
    elif order.size:
        series = [x[:, order[0] : order[-1] + 1] for x in series]
    return _grouped(series, labels[order], groups)


def _grouped(series: Sequence[Floating], labels: Int64, groups: int) -> Moments:
    """Moments by runs of equal labels, which ascend."""
    if labels.size == 0:
        return empty(len(series), (series[0].shape[0], groups))
    starts = _starts(labels)
    present = labels[starts]
    sizes = np.diff(np.r_[starts, labels.size])
    valid = mask(series)
    n = np.add.reduceat(valid, starts, axis=1, dtype=np.float64)
    safe = np.maximum(n, 1)
    means, departures = [], []
    for x in series:
        values = np.zeros(valid.shape)
        np.copyto(values, x, where=valid)
        mean = np.add.reduceat(values, starts, axis=1) / safe
        values -= np.repeat(mean, sizes, axis=1) if starts.size > 1 else mean
        values *= valid
        # Subtract the residue from rounding of the mean (corrected two-pass algorithm).
        rest = np.add.reduceat(values, starts, axis=1) / safe
        means.append(mean + rest)
        departures.append((values, rest))
    moments = empty(len(series), (series[0].shape[0], groups))
    moments.n[:, present] = n
    for i, (a, rest_a) in enumerate(departures):
        moments.mean[i][:, present] = means[i]
        for j, (b, rest_b) in enumerate(departures[: i + 1]):
            product = _products(a, b, starts) - n * rest_a * rest_b
            moments.co[i, j][:, present] = product
            moments.co[j, i][:, present] = product
    return moments


def _products(a: Float64, b: Float64, starts: Int64) -> Float64:
    """Sums of products over each run."""
    if starts.size == 1:
        return np.asarray(np.einsum("ij,ij->i", a, b)[:, None])
    return np.asarray(np.add.reduceat(a * b, starts, axis=1))


def empty(series: int, shape: tuple[int, ...]) -> Moments:
    """Moments without samples, to which others are merged."""
    return Moments(np.zeros(shape), np.zeros((series, *shape)), np.zeros((series, series, *shape)))


def merge(a: Moments, b: Moments) -> Moments:
    """Merge the moments of two sets of samples.

    Source: Chan, Golub and LeVeque (1983), Am. Stat. 37, 242-247; the pairwise formula from
    memory, tested against the sums over all samples.
    """
    n = a.n + b.n
    safe = np.maximum(n, 1)
    step = b.mean - a.mean
    weight = a.n * b.n / safe
    co = a.co + b.co + step[:, None] * step[None, :] * weight
    # By weights, not by a.mean + step * share: merging with nothing then changes no bit.
    mean = (a.n * a.mean + b.n * b.mean) / safe
    mean = np.where(b.n == 0, a.mean, np.where(a.n == 0, b.mean, mean))
    return Moments(n, mean, co)


def total(parts: Moments, groups: Sequence[int] | slice = slice(None)) -> Moments:
    """Merge groups, the last axis of moments.

    Args:
        parts: moments (..., group).
        groups: groups to merge; all if not given.
    """
    n, mean, co = parts.n[..., groups], parts.mean[..., groups], parts.co[..., groups]
    whole = n.sum(axis=-1)
    safe = np.maximum(whole, 1)
    middle = (n * mean).sum(axis=-1) / safe
    # Corrected for its rounding residue, so that groups of equal constants have no variance.
    middle = middle + (n * np.where(n > 0, mean - middle[..., None], 0.0)).sum(axis=-1) / safe
    step = np.where(n > 0, mean - middle[..., None], 0.0)
    between = (n * step[:, None] * step[None, :]).sum(axis=-1)
    return Moments(whole, middle, co.sum(axis=-1) + between)
