"""Footprints as plain arrays -> weighted sums by cell of EASE2_M25 and slot of time.

All sums are of whole numbers held in float64, hence exact: how footprints are cut into granules,
and in which order these come, changes no bit of what is made of the sums.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mcca_ml.arrays import Booleans, Float32, Float64, Int32, Int64, Integer
from mcca_ml.grid.ease2 import M25, x_of, y_of

SLOT_MS = 2_400_000
"""Length of a slot [ms]: 40 minutes, less than half of an orbit, so that a cell is seen in one slot
by one pass at most; a pass that two slots share is joined later."""

COUNT, WEIGHT, TIME, INCIDENCE_WEIGHT, INCIDENCE = range(5)
"""First rows of the sums; the weights of the frequencies and the channels come after them."""
FIRST_FREQUENCY = 5

TB_STEP, INCIDENCE_STEP, WEIGHT_STEP = 2.0**-13, 2.0**-16, 2.0**-10
"""Quanta in which brightness temperature [K], incidence [rad] and weights [1] are summed. A sum
stays exact, below 2^53, for two million footprints in one cell and slot."""

_BLOCK = 1 << 15  # footprints at a time, so that what is made on the way stays in the cache


@dataclass(frozen=True)
class Kernel:
    """How much a footprint counts for a cell, by the distance of its centre from the cell's.

    The weight is the product of one factor in x and one in y, exp(-d^2 / (2 spread^2)) where
    d < reach and 0 beyond.
    """

    reach: float
    """Distance in x and in y within which a footprint counts [sides of a cell], 0 to 1; up to 0.5
    it counts for the cell that holds it and for no other."""
    spread: float = np.inf
    """Distance at which a factor is 0.61 [sides of a cell]; infinite: all count alike."""

    def weight(self, across: Float64, along: Float64) -> Float64:
        """Weights at distances in x and y [sides of a cell], in quanta, whole numbers."""
        squared = across * across
        squared += along * along
        squared *= -0.5 / self.spread**2
        weight = np.exp(squared, out=squared)
        if self.reach != 0.5:  # none in its own cell is farther than that
            weight[(across >= self.reach) | (along >= self.reach)] = 0
        weight *= 1 / WEIGHT_STEP
        return np.rint(weight, out=weight)


class Footprints(NamedTuple):
    """Footprints of one swath; all arrays have as many entries."""

    lat: Float32
    """[degree]."""
    lon: Float32
    """[degree], any turn."""
    time: Int64
    """UTC since 1970 [ms]."""
    incidence: Float32
    """[rad]; NaN is unknown."""
    tb: Float32
    """(footprint, channel) [K]; NaN is none."""
    is_suspect: Booleans
    """Whether the value is to be used only where there is no better one."""


@dataclass(frozen=True)
class Part:
    """Sums over some footprints of one slot and quality."""

    cell: Int32
    """Number of the cell in the list of cells, rising."""
    sums: Float64
    """(row, cell), rows as named above."""


Key = tuple[int, bool]
"""Slot since 1970, and whether the footprints are suspect."""


def frequencies(channels: Sequence[str]) -> list[list[int]]:
    """Channels of one frequency together, by number.

    >>> frequencies(["18.7V", "18.7H", "23.8V"])
    [[0, 1], [2]]
    """
    names = [channel[:-1] for channel in channels]
    return [[c for c, name in enumerate(names) if name == f] for f in dict.fromkeys(names)]


def binned(
    seen: Footprints, channels: Sequence[str], table: Int32, kernel: Kernel
) -> list[tuple[Key, Part]]:
    """Sums of footprints by slot, quality and cell, in one pass over them.

    A footprint counts at a frequency where it has a value at every polarisation of it, so that V
    and H of a cell are of the same ground.

    Args:
        seen: footprints; those without place, or without any value, count nowhere.
        channels: names, in the order of `seen.tb`.
        table: place of each cell of EASE2_M25 in a list; -1 where it is not wanted.
        kernel: weights.
    """
    groups = frequencies(channels)
    found = []
    for start in range(0, seen.lat.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        for place, weight, kept in _contributions(seen.lat[block], seen.lon[block], table, kernel):
            part = Footprints._make(values[block] for values in seen)
            if kept is not None:
                part = Footprints._make(values[kept] for values in part)
            found += _by_key(part, place, weight, groups)
    return found


def _contributions(
    lat: Float32, lon: Float32, table: Int32, kernel: Kernel
) -> Iterator[tuple[Int32, Float64, Int64 | None]]:
    """Places in the list, weights in quanta, and which footprints (None: all), by neighbour."""
    is_place = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90)
    if not is_place.all():
        lat, lon = np.where(is_place, lat, 0), np.where(is_place, lon, 0)
    right = M25.columns / 2 + x_of(lon) / M25.cell_m
    if right.size and not (right.min() >= 0 and right.max() < M25.columns):
        right = np.mod(right, M25.columns)
    down = M25.rows / 2 - y_of(lat) / M25.cell_m
    column, row = right.astype(np.int32), np.floor(down).astype(np.int32)
    across, along = right - (column + 0.5), down - (row + 0.5)
    both = (0, 1) if kernel.reach > 0.5 else (0,)
    for over, up in ((over, up) for over in both for up in both):
        beside = column if over == 0 else column + np.sign(across).astype(np.int32)
        if over:
            # The map ends 5 mm from the date line, so the first column follows the last.
            beside %= M25.columns
        line = row if up == 0 else row + np.sign(along).astype(np.int32)
        is_inside = is_place & (line >= 0) & (line < M25.rows)
        is_all = bool(is_inside.all())
        cell = line * np.int32(M25.columns) + beside
        place = table[cell if is_all else np.where(is_inside, cell, 0)]
        weight = kernel.weight(np.abs(over - np.abs(across)), np.abs(up - np.abs(along)))
        kept = (place >= 0) & (weight > 0)
        kept &= is_inside
        if kept.all():
            yield place, weight, None
        elif kept.any():
            chosen = np.flatnonzero(kept)
            yield place[chosen], weight[chosen], chosen


def _by_key(
    seen: Footprints, place: Int32, weight: Float64, groups: list[list[int]]
) -> list[tuple[Key, Part]]:
    """Sums of footprints that all count, by slot and quality."""
    is_known = np.isfinite(seen.tb)
    is_complete = bool(is_known.all())
    is_used = (
        None if is_complete else np.stack([is_known[:, group].all(axis=1) for group in groups])
    )
    is_any = None if is_used is None else np.asarray(is_used.any(axis=0))
    found = []
    for slot, is_suspect, of_it in _keys(seen, is_any):
        used = None if is_used is None else is_used[:, of_it]
        columns = _columns(seen, weight, groups, used, of_it, slot)
        found.append(((slot, is_suspect), _summed(place[of_it], columns)))
    return found


def _keys(seen: Footprints, is_any: Booleans | None) -> Iterator[tuple[int, bool, Int64 | slice]]:
    """Slots and qualities that occur, nearly always one or two, and the footprints of each."""
    first, last = (int(time) // SLOT_MS for time in (seen.time.min(), seen.time.max()))
    is_one = first == last and is_any is None
    if is_one and not seen.is_suspect.any():
        yield first, False, slice(None)
        return
    slot = None if first == last else seen.time // SLOT_MS
    slots = [first] if slot is None else np.unique(slot).tolist()
    for is_suspect in (False, True):
        is_like = seen.is_suspect if is_suspect else ~seen.is_suspect
        if is_any is not None:
            is_like = is_like & is_any
        for one in slots:
            of_it = np.flatnonzero(is_like if slot is None else is_like & (slot == one))
            if of_it.size:
                yield one, is_suspect, of_it


def _columns(
    seen: Footprints,
    weight: Float64,
    groups: list[list[int]],
    is_used: Booleans | None,
    of_it: Int64 | slice,
    slot: int,
) -> list[Float64 | None]:
    """What is summed, in whole numbers; None stands for ones."""
    w = weight[of_it]
    incidence = seen.incidence[of_it].astype(np.float64)
    has_angle = np.isfinite(incidence)
    angle = np.rint(np.where(has_angle, incidence, 0.0) / INCIDENCE_STEP)
    columns: list[Float64 | None] = [None, w, w * (seen.time[of_it] - slot * SLOT_MS)]
    columns += [w * has_angle, w * angle]
    of_frequency = [w if is_used is None else w * is_used[n] for n in range(len(groups))]
    columns += of_frequency
    for channel in range(seen.tb.shape[1]):
        own = next(n for n, group in enumerate(groups) if channel in group)
        tb = seen.tb[of_it, channel].astype(np.float64)
        if is_used is not None:
            tb = np.where(is_used[own], tb, 0.0)
        columns.append(of_frequency[own] * np.rint(tb / TB_STEP))
    return columns


def _summed(place: Integer, columns: Iterable[Float64 | None]) -> Part:
    """Sums of columns over the footprints of each place; None stands for ones."""
    lowest = int(place.min())
    here = place - lowest
    count = np.bincount(here)
    seen = np.flatnonzero(count)
    sums = [(count if one is None else np.bincount(here, one))[seen] for one in columns]
    return Part((seen + lowest).astype(np.int32), np.stack(sums).astype(np.float64))


def merged(parts: Sequence[Part]) -> Part:
    """The sums of several parts as one."""
    if len(parts) == 1:
        return parts[0]
    rows = zip(*(part.sums for part in parts), strict=True)
    cell = np.concatenate([part.cell for part in parts])
    # Whole numbers in float64: the order of the parts changes no bit.
    return _summed(cell, (np.concatenate(row) for row in rows))
