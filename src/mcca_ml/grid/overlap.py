"""Exact areas shared by the cells of two grids whose axes are parallel, and what to do with them.

Arrays in, arrays out. On the equal-area map every cell is a rectangle in x and y, so the share of
a target cell that a source cell fills is the product of a share of its width and one of its
height: two small one-dimensional tables hold all of it, with no approximation.

In every function the last axis of `values` is the source cell and that of the result the target
cell; the axes before it are carried along. Missing values (NaN, or `valid` false) have no weight.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Float64, Floating, Int32, Integer, UInt32

MIN_SHARE = 0.5
"""Least share of a target cell that must be covered by valid source cells for it to get a value.

The project's choice: at 0.5 a value rests on what fills most of the cell; less would
extrapolate across coasts and swath edges, much more would open gaps along both.
"""

FLAG_SHARE = 0.25
"""Least share of the covered area on which a condition must hold for the cell to be flagged.

The project's choice, after SMAP's urban flag (built-up land on more than 25 % of the cell): one
corner of a 36 km cell does not spoil a 25 km cell, a quarter of it does.
"""


@dataclass(frozen=True)
class Cover:
    """Which source cells fill each target cell, and how much of it; or intervals of one axis."""

    index: Int32
    """Position in the list of source cells [1], shape (target, most cells met); 0 if no weight."""
    weight: Float64
    """Share of the target cell's area that lies in that source cell [1]; 0 where there is none.

    Shape (target, most cells met), or (..., target, most cells met) where the axes of `values`
    just before the cell, time and look for instance, each have shares of their own."""

    def of(self, targets: Booleans | Integer) -> "Cover":
        """Return the same for some of the target cells, by a mask or by their positions."""
        return Cover(self.index[targets], self.weight[..., targets, :])

    def columns(self) -> Iterator[tuple[Int32, Float64]]:
        """The n-th source cell of every target cell and its share, for every n."""
        return zip(self.index.T, np.moveaxis(self.weight, -1, 0), strict=True)


def overlap(source_edges: npt.ArrayLike, target_edges: npt.ArrayLike) -> Cover:
    """Return the shares [1] of each target interval in the source intervals; exact.

    Args:
        source_edges: edges of the source intervals, all rising or all falling; any unit.
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
    met = first[:, None] + np.arange(int((last - first).max()) + 1)
    index = np.minimum(met, source.size - 2)
    length = np.minimum(source[index + 1], high) - np.maximum(source[index], low)
    weight = np.where(met <= last[:, None], np.maximum(length, 0.0), 0.0) / (high - low)
    return Cover(np.where(weight > 0, index, 0).astype(np.int32), weight)


def rectangles(down: Cover, across: Cover, position: Int32, columns: int) -> Cover:
    """Return the shares of target cells in the source cells of a grid; exact.

    Args:
        down: source rows that each target cell meets.
        across: source columns that each target cell meets.
        position: of each cell of the source grid in the list of source cells; -1 if not in it.
        columns: of the source grid.
    """
    shape = (len(down.index), down.index.shape[1] * across.index.shape[1])
    flat = down.index[:, :, None] * columns + across.index[:, None, :]
    weight = down.weight[:, :, None] * across.weight[:, None, :]
    index = position[flat.reshape(shape)]
    share = np.where(index >= 0, weight.reshape(shape), 0.0)
    return Cover(np.where(share > 0, index, 0).astype(np.int32), share)


def at_least(share: Float64, limit: float | Float64) -> Booleans:
    """Whether `share` reaches `limit`, forgiving the rounding of a sum of a few shares."""
    reached: Booleans = share >= np.asarray(limit) - 1e-9
    return reached


def covered_share(cover: Cover, valid: Booleans) -> Float64:
    """Share of each target cell that valid source cells fill [1].

    Args:
        cover: source cells of each target cell.
        valid: whether a source cell counts, shape (..., source).
    """
    share = np.zeros((*valid.shape[:-1], len(cover.index)))
    for index, weight in cover.columns():
        share += np.where(valid[..., index], weight, 0.0)
    return share


def weighted_mean(values: Floating, cover: Cover, min_share: float = MIN_SHARE) -> Floating:
    """Area-weighted mean of the valid source cells, in the unit and type of `values`.

    Args:
        values: field on the source cells, shape (..., source); NaN is missing.
        cover: source cells of each target cell.
        min_share: NaN results where valid cells fill less of the target cell than this [1], 0 to 1.

    Formula:
        mean = sum(w v) / sum(w) over the source cells whose v is a number

    Over whole cells it conserves the mean, keeps a constant, and is linear in `values`.
    """
    shape = (*values.shape[:-1], len(cover.index))
    total, share = np.zeros(shape), np.zeros(shape)
    for index, weight in cover.columns():
        met = values[..., index]
        known = np.isfinite(met)
        total += np.where(known, met, 0.0) * weight
        share += known * weight
    enough = at_least(share, min_share) & (share > 0)
    mean = np.divide(total, share, out=np.full(shape, np.nan), where=enough)
    return mean.astype(values.dtype)


def dominant(cover: Cover, valid: Booleans) -> Int32:
    """Position of the valid source cell that fills most of each target cell [1]; -1 if none.

    Args:
        cover: source cells of each target cell.
        valid: whether a source cell counts, shape (..., source).

    Of equal shares the first counts, which is the northernmost, then the westernmost.
    """
    shape = (*valid.shape[:-1], len(cover.index))
    best, chosen = np.zeros(shape), np.full(shape, -1, np.int32)
    for index, weight in cover.columns():
        # Equal shares may differ in their last digits; those digits must not choose.
        better = valid[..., index] & (weight > best + 1e-9)
        best = np.where(better, weight, best)
        chosen = np.where(better, index, chosen)
    return chosen


def largest(values: Floating, cover: Cover) -> Floating:
    """Largest value among the source cells that a target cell meets; NaN if none.

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
    """Bits that hold on at least `min_share` of the area that valid source cells cover.

    Args:
        flag: bits of the source cells, shape (..., source).
        valid: whether a source cell counts, shape (..., source).
        cover: source cells of each target cell.
        min_share: least share of the covered area [1], 0 to 1.
    """
    area = covered_share(cover, valid)
    result = np.zeros(area.shape, np.uint32)
    present = int(np.bitwise_or.reduce(flag[valid], initial=np.uint32(0)))
    for bit in (1 << n for n in range(present.bit_length()) if present >> n & 1):
        flagged = covered_share(cover, valid & ((flag & np.uint32(bit)) != 0))
        holds = (flagged > 0) & at_least(flagged, min_share * area)
        result |= np.where(holds, np.uint32(bit), np.uint32(0))
    return result


def largest_classes(
    classes: Floating, fractions: Floating, cover: Cover, min_share: float = MIN_SHARE
) -> tuple[Floating, Floating]:
    """The classes that fill most of each target cell, largest first, and their shares [1].

    Args:
        classes: class numbers 0 to 255 of the source cells, shape (entry, ..., source), as many
            entries as the result shall have; NaN is missing.
        fractions: share of the source cell that each class fills [1], same shape.
        cover: source cells of each target cell.
        min_share: least share of the target cell that cells of known class must fill [1].

    A share is that of the area covered by cells of known class. Of equal shares the lower class
    comes first. Entries beyond the number of classes in the cell, and all entries of a cell too
    little of which is known, are NaN, with share 0.
    """
    known = np.isfinite(classes) & np.isfinite(fractions) & (fractions > 0)
    code = np.where(known, classes, 0).astype(np.uint8)
    names = np.flatnonzero(np.bincount(code.ravel(), minlength=256))
    number = np.searchsorted(names, np.arange(256))[code]
    part = np.where(known, fractions, 0.0)
    entries, *lead, _ = classes.shape
    area = np.zeros((*lead, len(cover.index), max(names.size, entries)))
    spot = np.ogrid[tuple(slice(n) for n in area.shape[:-1])]
    for index, weight in cover.columns():
        for entry in range(entries):
            # Each target cell occurs once in this statement, so that += adds all of it.
            column = number[entry][..., index]
            area[(*spot, column)] += part[entry][..., index] * weight
    covered = covered_share(cover, np.asarray(known.any(axis=0)))[..., None]
    order = np.argsort(-area.round(9), axis=-1, kind="stable")[..., :entries]
    share = np.take_along_axis(area, order, axis=-1)
    counts = (share > 0) & at_least(covered, min_share)
    share = np.divide(share, covered, out=np.zeros_like(share), where=counts).clip(0, 1)
    padded = np.concatenate([names, np.full(max(0, entries - names.size), np.nan)])
    found = np.where(counts, padded[order], np.nan)
    return (
        np.moveaxis(found, -1, 0).astype(classes.dtype),
        np.moveaxis(share, -1, 0).astype(fractions.dtype),
    )
