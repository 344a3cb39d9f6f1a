"""Footprints as plain arrays -> weighted sums by EASE2_M25 cell and time slot.

All sums are sums of integers stored in float64 and therefore exact: the result is identical for any
division of the footprints into granules and for any order of the granules.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mcca_ml.arrays import Booleans, Float32, Float64, Int32, Int64, Integer
from mcca_ml.grid.ease2 import M25, map_x, map_y

SLOT_MS = 2_400_000
"""Length of a time slot [ms]: 40 minutes, less than half an orbit, so that a slot contains at most
one overpass of a cell; an overpass that spans two slots is joined in `overpasses`."""

COUNT, WEIGHT, TIME, INCIDENCE_WEIGHT, INCIDENCE = range(5)
"""First rows of the sums; the weights of the frequencies and the channels follow."""
FIRST_FREQUENCY = 5

TB_STEP, INCIDENCE_STEP, WEIGHT_STEP = 2.0**-13, 2.0**-16, 2.0**-10
"""Resolution of the summed brightness temperature [K], incidence [rad] and weights [1]. A sum is
exact (below 2^53) for up to two million footprints in one cell and slot."""

_BLOCK = 1 << 15  # footprints processed at once; intermediate arrays fit in the processor cache


@dataclass(frozen=True)
class Kernel:
    """Weight of a footprint in a cell, as a function of the distance between their centres.

    The weight is the product of one factor in x and one in y, exp(-d^2 / (2 spread^2)) where
    d < reach and 0 beyond.
    """

    reach: float
    """Distance in x and in y up to which a footprint is used [cell widths], 0 to 1; up to 0.5 it is
    used only in the cell that contains it."""
    spread: float = np.inf
    """Distance at which a factor is 0.61 [cell widths]; infinite: equal weights."""

    def weight(self, across: Float64, along: Float64) -> Float64:
        """Return the weights at distances in x and y [cell widths], as multiples of WEIGHT_STEP."""
        squared = across * across
        squared += along * along
        squared *= -0.5 / self.spread**2
        weight = np.exp(squared, out=squared)
        if self.reach != 0.5:  # no footprint is farther from the centre of its own cell
            weight[(across >= self.reach) | (along >= self.reach)] = 0
        weight *= 1 / WEIGHT_STEP
        return np.rint(weight, out=weight)


class FootprintArrays(NamedTuple):
    """Footprints of one swath; all arrays have the same length."""

    lat: Float32
    """[degree]."""
    lon: Float32
    """[degree], not limited to -180 to 180."""
    time: Int64
    """UTC since 1970 [ms]."""
    incidence: Float32
    """[rad]; NaN where unknown."""
    tb: Float32
    """(footprint, channel) [K]; NaN where missing."""
    is_suspect: Booleans
    """True for footprints used only where good ones have less than half of the weight."""


@dataclass(frozen=True)
class CellSums:
    """Sums over footprints of one time slot and quality."""

    cell: Int32
    """Position of the cell in the list of cells, increasing."""
    sums: Float64
    """(row, cell); rows as in COUNT ... FIRST_FREQUENCY."""


Key = tuple[int, bool]
"""Number of the time slot since 1970, and True for suspect footprints."""


def frequencies(channels: Sequence[str]) -> list[list[int]]:
    """Return the channel numbers of each frequency.

    >>> frequencies(["18.7V", "18.7H", "23.8V"])
    [[0, 1], [2]]
    """
    names = [channel[:-1] for channel in channels]
    return [[c for c, name in enumerate(names) if name == f] for f in dict.fromkeys(names)]


def bin_footprints(
    footprints: FootprintArrays, channels: Sequence[str], table: Int32, kernel: Kernel
) -> list[tuple[Key, CellSums]]:
    """Sum the footprints by time slot, quality and cell.

    A footprint is used at a frequency only if it has a value at every polarisation, so that V and H
    of a cell refer to the same ground.

    Args:
        footprints: footprints of one swath; those without position or any value are not used.
        channels: channel names, in the order of `footprints.tb`.
        table: position of each EASE2_M25 cell in the list of cells; -1 for cells not in the list.
        kernel: weights by distance.
    """
    groups = frequencies(channels)
    sums = []
    for start in range(0, footprints.lat.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        lat, lon = footprints.lat[block], footprints.lon[block]
        for place, weight, kept in _contributions(lat, lon, table, kernel):
            part = FootprintArrays._make(values[block] for values in footprints)
            if kept is not None:
                part = FootprintArrays._make(values[kept] for values in part)
            sums += _sum_by_key(part, place, weight, groups)
    return sums


def _contributions(
    lat: Float32, lon: Float32, table: Int32, kernel: Kernel
) -> Iterator[tuple[Int32, Float64, Int64 | None]]:
    """Yield cell positions, weights and footprint numbers (None: all), by neighbouring cell."""
    is_place = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90)
    if not is_place.all():
        lat, lon = np.where(is_place, lat, 0), np.where(is_place, lon, 0)
    right = M25.columns / 2 + map_x(lon) / M25.cell_m
    if right.size and not (right.min() >= 0 and right.max() < M25.columns):
        right = np.mod(right, M25.columns)
    down = M25.rows / 2 - map_y(lat) / M25.cell_m
    column, row = right.astype(np.int32), np.floor(down).astype(np.int32)
    across, along = right - (column + 0.5), down - (row + 0.5)
    both = (0, 1) if kernel.reach > 0.5 else (0,)
    for over, up in ((over, up) for over in both for up in both):
        cell_column = column if over == 0 else column + np.sign(across).astype(np.int32)
        if over:
            # The map ends 5 mm from the date line: the first column follows the last.
            cell_column %= M25.columns
        cell_row = row if up == 0 else row + np.sign(along).astype(np.int32)
        is_inside = is_place & (cell_row >= 0) & (cell_row < M25.rows)
        is_all = bool(is_inside.all())
        cell = cell_row * np.int32(M25.columns) + cell_column
        place = table[cell if is_all else np.where(is_inside, cell, 0)]
        weight = kernel.weight(np.abs(over - np.abs(across)), np.abs(up - np.abs(along)))
        kept = (place >= 0) & (weight > 0)
        kept &= is_inside
        if kept.all():
            yield place, weight, None
        elif kept.any():
            chosen = np.flatnonzero(kept)
            yield place[chosen], weight[chosen], chosen


def _sum_by_key(
    footprints: FootprintArrays, place: Int32, weight: Float64, groups: list[list[int]]
) -> list[tuple[Key, CellSums]]:
    """Sum footprints by time slot and quality."""
    is_known = np.isfinite(footprints.tb)
    is_complete = bool(is_known.all())
    is_used = (
        None if is_complete else np.stack([is_known[:, group].all(axis=1) for group in groups])
    )
    is_any = None if is_used is None else np.asarray(is_used.any(axis=0))
    sums = []
    for slot, is_suspect, selected in _keys(footprints, is_any):
        used = None if is_used is None else is_used[:, selected]
        columns = _columns(footprints, weight, groups, used, selected, slot)
        sums.append(((slot, is_suspect), _sum_by_cell(place[selected], columns)))
    return sums


def _keys(
    footprints: FootprintArrays, is_any: Booleans | None
) -> Iterator[tuple[int, bool, Int64 | slice]]:
    """Yield the time slots and qualities present, and the footprints of each."""
    first, last = (int(time) // SLOT_MS for time in (footprints.time.min(), footprints.time.max()))
    is_single = first == last and is_any is None
    if is_single and not footprints.is_suspect.any():
        yield first, False, slice(None)
        return
    slot = None if first == last else footprints.time // SLOT_MS
    slots = [first] if slot is None else np.unique(slot).tolist()
    for is_suspect in (False, True):
        usable = footprints.is_suspect if is_suspect else ~footprints.is_suspect
        if is_any is not None:
            usable = usable & is_any
        for number in slots:
            selected = np.flatnonzero(usable if slot is None else usable & (slot == number))
            if selected.size:
                yield number, is_suspect, selected


def _columns(
    footprints: FootprintArrays,
    weight: Float64,
    groups: list[list[int]],
    is_used: Booleans | None,
    selected: Int64 | slice,
    slot: int,
) -> list[Float64 | None]:
    """Return the integer columns to sum; None stands for a column of ones."""
    w = weight[selected]
    incidence = footprints.incidence[selected].astype(np.float64)
    has_angle = np.isfinite(incidence)
    angle = np.rint(np.where(has_angle, incidence, 0.0) / INCIDENCE_STEP)
    columns: list[Float64 | None] = [None, w, w * (footprints.time[selected] - slot * SLOT_MS)]
    columns += [w * has_angle, w * angle]
    frequency_weights = [w if is_used is None else w * is_used[n] for n in range(len(groups))]
    columns += frequency_weights
    for channel in range(footprints.tb.shape[1]):
        own = next(n for n, group in enumerate(groups) if channel in group)
        tb = footprints.tb[selected, channel].astype(np.float64)
        if is_used is not None:
            tb = np.where(is_used[own], tb, 0.0)
        columns.append(frequency_weights[own] * np.rint(tb / TB_STEP))
    return columns


def _sum_by_cell(place: Integer, columns: Iterable[Float64 | None]) -> CellSums:
    """Sum columns over the footprints of each cell; None stands for a column of ones."""
    lowest = int(place.min())
    here = place - lowest
    count = np.bincount(here)
    occupied = np.flatnonzero(count)
    sums = [(count if c is None else np.bincount(here, c))[occupied] for c in columns]
    return CellSums((occupied + lowest).astype(np.int32), np.stack(sums).astype(np.float64))


def merge_sums(parts: Sequence[CellSums]) -> CellSums:
    """Add several sums."""
    if len(parts) == 1:
        return parts[0]
    rows = zip(*(part.sums for part in parts), strict=True)
    cell = np.concatenate([part.cell for part in parts])
    # Integers in float64: exact in any order.
    return _sum_by_cell(cell, (np.concatenate(row) for row in rows))
