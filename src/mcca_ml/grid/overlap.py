"""Exact areas shared by the cells of two grids with parallel axes, and area-weighted statistics.

Arrays in, arrays out. On the equal-area map every cell is a rectangle in x and y, so the share of
a target cell that a source cell fills is the product of a share of its width and one of its
height: two small one-dimensional tables contain all shares, without approximation.

In every function the last axis of `values` is the source cell and that of the result the target
cell; the axes before it are kept. Missing values (NaN, or `valid` false) have no weight.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Float64, Floating, Int32, Integer, UInt32

MIN_SHARE = 0.5
"""Smallest share of a target cell that must be covered by valid source cells for it to get a value.

Chosen by this project: at 0.5 a value represents most of the cell; a smaller share would
extrapolate across coasts and swath edges, a much larger one would open gaps along both.
"""

FLAG_SHARE = 0.25
"""Smallest share of the covered area with a condition for the cell to be flagged.

Chosen by this project, after SMAP's urban flag (built-up land on more than 25 % of the cell): one
corner of a 36 km cell must not flag a 25 km cell, a quarter of it must.
"""


@dataclass(frozen=True)
class Cover:
    """Source cells of each target cell and their shares of its area; or intervals of one axis."""

    index: Int32
    """Position in the list of source cells [1], shape (target, n); 0 where the weight is 0.

    n is the largest number of source cells that overlap one target cell."""
    weight: Float64
    """Share of the target cell's area in that source cell [1]; 0 where there is none.

    Shape (target, n), or (..., target, n) where the axes of `values` before the cell, such as time
    and look, have different shares."""

    def select(self, targets: Booleans | Integer) -> "Cover":
        """Return the shares of some target cells, chosen by a mask or by their positions."""
        return Cover(self.index[targets], self.weight[..., targets, :])

    def columns(self) -> Iterator[tuple[Int32, Float64]]:
        """Yield the n-th source cell of every target cell and its share, for every n."""
        return zip(self.index.T, np.moveaxis(self.weight, -1, 0), strict=True)


def overlap(source_edges: npt.ArrayLike, target_edges: npt.ArrayLike) -> Cover:
    """Return the shares [1] of each target interval in the source intervals; exact.

    Args:
        source_edges: edges of the source intervals, all increasing or all decreasing; any unit.
        target_edges: edges of the target intervals, in the same sense and unit.

    >>> overlap([0, 2, 4], [0, 1, 4]).weight.round(3).tolist()
    [[1.0, 0.0], [0.333, 0.667]]
    """
    source, target = np.asarray(source_edges, np.float64), np.asarray(target_edges, np.float64)
    if source[0] > source[-1]:
        source, target = -source, -target
    low, high = target[:-1, None], target[1:, None]
    first = np.clip(np.searchsorted(source, target[:-1], "right") - 1, 0, source.size - 2)
    last = np.clip(np.searchsorted(source, target[1:], "left") - 1, 0, source.size - 2)
    number = first[:, None] + np.arange(int((last - first).max()) + 1)
    index = np.minimum(number, source.size - 2)
    length = np.minimum(source[index + 1], high) - np.maximum(source[index], low)
    weight = np.where(number <= last[:, None], np.maximum(length, 0.0), 0.0) / (high - low)
    return Cover(np.where(weight > 0, index, 0).astype(np.int32), weight)


def rectangles(down: Cover, across: Cover, position: Int32, columns: int) -> Cover:
    """Return the shares of target cells in the source cells of a grid; exact.

    Args:
        down: source rows that overlap each target cell.
        across: source columns that overlap each target cell.
        position: position of each cell of the source grid in the list of source cells; -1 for
            cells that are not in the list.
        columns: number of columns of the source grid.
    """
    shape = (len(down.index), down.index.shape[1] * across.index.shape[1])
    flat = down.index[:, :, None] * columns + across.index[:, None, :]
    weight = down.weight[:, :, None] * across.weight[:, None, :]
    index = position[flat.reshape(shape)]
    share = np.where(index >= 0, weight.reshape(shape), 0.0)
    return Cover(np.where(share > 0, index, 0).astype(np.int32), share)


def at_least(share: Float64, limit: float | Float64) -> Booleans:
    """Return True where `share` reaches `limit`, within the rounding error of a sum of shares."""
    return np.asarray(share >= np.asarray(limit) - 1e-9)


def covered_share(cover: Cover, valid: Booleans) -> Float64:
    """Return the share of each target cell that valid source cells fill [1].

    Args:
        cover: source cells of each target cell.
        valid: True for source cells that are used, shape (..., source).
    """
    share = np.zeros((*valid.shape[:-1], len(cover.index)))
    for index, weight in cover.columns():
        share += np.where(valid[..., index], weight, 0.0)
    return share


def weighted_mean(values: Floating, cover: Cover, min_share: float = MIN_SHARE) -> Floating:
    """Return the area-weighted mean of the valid source cells, in the unit and type of `values`.

    Args:
        values: field on the source cells, shape (..., source); NaN is missing.
        cover: source cells of each target cell.
        min_share: the result is NaN where valid cells fill less of the target cell [1], 0 to 1.

    Formula:
        mean = sum(w v) / sum(w) over the source cells whose v is a number

    Over complete cells the mean is conserved, a constant is kept, and the result is linear in
    `values`.
    """
    shape = (*values.shape[:-1], len(cover.index))
    total, share = np.zeros(shape), np.zeros(shape)
    for index, weight in cover.columns():
        overlapping = values[..., index]
        known = np.isfinite(overlapping)
        total += np.where(known, overlapping, 0.0) * weight
        share += known * weight
    enough = at_least(share, min_share) & (share > 0)
    mean = np.divide(total, share, out=np.full(shape, np.nan), where=enough)
    return mean.astype(values.dtype)


def dominant(cover: Cover, valid: Booleans) -> Int32:
    """Return the position of the valid source cell with the largest share [1]; -1 if none.

    Args:
        cover: source cells of each target cell.
        valid: True for source cells that are used, shape (..., source).

    Of equal shares the first is taken: the northernmost, then the westernmost cell.
    """
    shape = (*valid.shape[:-1], len(cover.index))
    best, chosen = np.zeros(shape), np.full(shape, -1, np.int32)
    for index, weight in cover.columns():
        # Equal shares may differ by rounding, which must not decide.
        better = valid[..., index] & (weight > best + 1e-9)
        best = np.where(better, weight, best)
        chosen = np.where(better, index, chosen)
    return chosen


def largest(values: Floating, cover: Cover) -> Floating:
    """Return the largest value among the source cells that overlap a target cell; NaN if none.

    Args:
        values: field on the source cells, shape (..., source); NaN is missing.
        cover: source cells of each target cell.
    """
    result = np.full((*values.shape[:-1], len(cover.index)), np.nan, values.dtype)
    for index, weight in cover.columns():
        result = np.fmax(result, np.where(weight > 0, values[..., index], np.nan))
    return result


def flags_by_share(
    flag: UInt32, valid: Booleans, cover: Cover, *, min_share: float = FLAG_SHARE
) -> UInt32:
    """Return the bits set on at least `min_share` of the area that valid source cells cover.

    Args:
        flag: bits of the source cells, shape (..., source).
        valid: True for source cells that are used, shape (..., source).
        cover: source cells of each target cell.
        min_share: smallest share of the covered area [1], 0 to 1.
    """
    area = covered_share(cover, valid)
    result = np.zeros(area.shape, np.uint32)
    present = int(np.bitwise_or.reduce(flag[valid], initial=np.uint32(0)))
    for bit in (1 << n for n in range(present.bit_length()) if present >> n & 1):
        flagged = covered_share(cover, valid & ((flag & np.uint32(bit)) != 0))
        is_flagged = (flagged > 0) & at_least(flagged, min_share * area)
        result |= np.where(is_flagged, np.uint32(bit), np.uint32(0))
    return result


def largest_classes(
    classes: Floating, fractions: Floating, cover: Cover, min_share: float = MIN_SHARE
) -> tuple[Floating, Floating]:
    """Return the classes with the largest shares of each target cell, and the shares [1].

    Args:
        classes: class numbers 0 to 255 of the source cells, shape (entry, ..., source), with as
            many entries as the result; NaN is missing.
        fractions: share of the source cell that each class fills [1], same shape.
        cover: source cells of each target cell.
        min_share: smallest share of the target cell that cells of known class must fill [1].

    Shares refer to the area covered by cells of known class; classes are sorted by decreasing
    share, then by number. Entries beyond the number of classes in the cell, and all entries of a
    cell whose known share is below `min_share`, are NaN, with share 0.
    """
    known = np.isfinite(classes) & np.isfinite(fractions) & (fractions > 0)
    code = np.where(known, classes, 0).astype(np.uint8)
    names = np.flatnonzero(np.bincount(code.ravel(), minlength=256))
    number = np.searchsorted(names, np.arange(256))[code]
    part = np.where(known, fractions, 0.0)
    entries, *lead, _ = classes.shape
    area = np.zeros((*lead, len(cover.index), max(names.size, entries)))
    index_grid = np.ogrid[tuple(slice(n) for n in area.shape[:-1])]
    for index, weight in cover.columns():
        for entry in range(entries):
            # Each target cell occurs once in this statement, so += does not lose a term.
            column = number[entry][..., index]
            area[(*index_grid, column)] += part[entry][..., index] * weight
    covered = covered_share(cover, np.asarray(known.any(axis=0)))[..., None]
    order = np.argsort(-area.round(9), axis=-1, kind="stable")[..., :entries]
    share = np.take_along_axis(area, order, axis=-1)
    counts = (share > 0) & at_least(covered, min_share)
    share = np.divide(share, covered, out=np.zeros_like(share), where=counts).clip(0, 1)
    padded = np.concatenate([names, np.full(max(0, entries - names.size), np.nan)])
    sorted_classes = np.where(counts, padded[order], np.nan)
    return (
        np.moveaxis(sorted_classes, -1, 0).astype(classes.dtype),
        np.moveaxis(share, -1, 0).astype(fractions.dtype),
    )
