"""Sums by cell and slot of time -> the passes over each cell, and the one that a bin holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml import flags
from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64, UInt16, UInt32
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.grid import footprint_bins
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.grid.footprint_bins import SLOT_MS, Part
from mcca_ml.sensors import Sensor

GAP_MS = SLOT_MS / 2
"""Sums of neighbouring slots whose mean times are nearer than this [ms] are of one pass."""

Key = tuple[tuple[str, ...], int, bool]
"""Channels of a swath, slot, and whether its footprints are suspect."""


@dataclass(frozen=True)
class Passes:
    """Passes over cells; all arrays have as many entries, sorted by cell and time."""

    cell: Int64
    """Number of the cell in the list of cells."""
    time: Datetime64
    """Weighted mean time of the footprints [UTC], to the millisecond."""
    incidence: Float32
    """Weighted mean [rad]; NaN is unknown."""
    nobs: UInt16
    """Footprints, of the swath with the fewest."""
    flag: UInt32
    tb: Float32
    """(pass, channel) [K]; NaN is none."""


@dataclass(frozen=True)
class _Groups:
    """To which pass the sums of a cell and slot belong."""

    row: Int64
    """Cell and slot as one number, rising."""
    group: Int64
    """Number of the pass of each row."""
    cell: Int64
    """Cell of each pass."""
    slot: Int64
    """First slot of each pass."""
    first_slot: int
    slots: int

    def of(self, part: Part, slot: int) -> Int64:
        """Pass of each entry of a part of that slot."""
        row = part.cell.astype(np.int64) * self.slots + (slot - self.first_slot)
        return np.asarray(self.group[np.searchsorted(self.row, row)])


def passes_of(found: Mapping[Key, Sequence[Part]], channels: Sequence[str]) -> Passes:
    """The passes over each cell, what each has of every channel.

    Footprints that are suspect count in a swath only where the good ones have less than half of
    the weight of all; then they bring the flag TB_SUSPECT.

    Args:
        found: sums, by swath, slot and quality.
        channels: of the outcome.
    """
    sums = {key: footprint_bins.merged(parts) for key, parts in sorted(found.items()) if parts}
    groups = _groups(sums)
    count = groups.cell.size
    tb = np.full((count, len(channels)), np.nan, np.float32)
    flag = np.zeros(count, FLAG_DTYPE)
    nobs = np.full(count, np.iinfo(np.uint16).max, np.uint16)
    mean = np.zeros((footprint_bins.FIRST_FREQUENCY, count))
    for swath in dict.fromkeys(key[0] for key in sums):
        used, is_doubtful = _used(sums, swath, groups)
        seen = used[footprint_bins.COUNT] > 0
        nobs[seen] = np.minimum(nobs, used[footprint_bins.COUNT])[seen]
        flag |= flags.where(is_doubtful, Flag.TB_SUSPECT)
        mean += used[: footprint_bins.FIRST_FREQUENCY]
        for number, values in _brightness(used, swath):
            if swath[number] in channels:
                tb[:, channels.index(swath[number])] = values
    flag |= flags.where(np.isnan(tb).any(axis=1), Flag.TB_INVALID)
    time = groups.slot * SLOT_MS + np.rint(
        _ratio(mean[footprint_bins.TIME], mean[footprint_bins.WEIGHT])
    )
    angle = (
        _ratio(mean[footprint_bins.INCIDENCE], mean[footprint_bins.INCIDENCE_WEIGHT])
        * footprint_bins.INCIDENCE_STEP
    )
    return Passes(
        groups.cell,
        time.astype(np.int64).astype("M8[ms]"),
        angle.astype(np.float32),
        nobs,
        flag,
        tb,
    )


def _ratio(above: Float64, below: Float64) -> Float64:
    """Quotient; NaN where there is nothing below."""
    return np.asarray(
        np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0), np.float64
    )


def _groups(sums: Mapping[Key, Part]) -> _Groups:
    """Slots of a cell joined to passes by their mean times."""
    slots = [key[1] for key in sums] or [0]
    first, width = min(slots), max(slots) - min(slots) + 1
    rows = [p.cell.astype(np.int64) * width + (key[1] - first) for key, p in sums.items()]
    row, place = np.unique(np.concatenate([np.empty(0, np.int64), *rows]), return_inverse=True)

    def total(number: int) -> Float64:
        values = [part.sums[number] for part in sums.values()]
        added = np.bincount(place, np.concatenate([np.empty(0), *values]), row.size)
        return np.asarray(added, np.float64)

    cell, slot = np.divmod(row, width)
    mean = (slot + first) * SLOT_MS + total(footprint_bins.TIME) / total(footprint_bins.WEIGHT)
    is_new = np.ones(row.size, np.bool_)
    is_new[1:] = (cell[1:] != cell[:-1]) | (np.diff(mean) >= GAP_MS)
    return _Groups(row, np.cumsum(is_new) - 1, cell[is_new], slot[is_new] + first, first, width)


def _used(
    sums: Mapping[Key, Part], swath: tuple[str, ...], groups: _Groups
) -> tuple[Float64, Booleans]:
    """Sums of one swath by pass over the footprints that count; where these may be doubtful."""
    rows = footprint_bins.FIRST_FREQUENCY + len(footprint_bins.frequencies(swath)) + len(swath)
    total = {True: np.zeros((rows, groups.cell.size)), False: np.zeros((rows, groups.cell.size))}
    for (channels, slot, is_suspect), part in sums.items():
        if channels == swath:
            to = groups.of(part, slot)
            later = (slot - groups.slot[to]) * SLOT_MS
            into = total[is_suspect]
            into[:, to] += part.sums
            into[footprint_bins.TIME, to] += part.sums[footprint_bins.WEIGHT] * later
    good, every = total[False], total[False] + total[True]
    is_doubtful = 2 * good[footprint_bins.WEIGHT] < every[footprint_bins.WEIGHT]
    return np.where(is_doubtful, every, good), is_doubtful


def _brightness(used: Float64, swath: tuple[str, ...]) -> Iterable[tuple[int, Float32]]:
    """Number of each channel of a swath and its weighted mean [K]."""
    groups = footprint_bins.frequencies(swath)
    for place, group in enumerate(groups):
        weight = used[footprint_bins.FIRST_FREQUENCY + place]
        for channel in group:
            total = used[footprint_bins.FIRST_FREQUENCY + len(groups) + channel]
            yield channel, (_ratio(total, weight) * footprint_bins.TB_STEP).astype(np.float32)


def local_time(time: Datetime64, lon: Float64) -> Float32:
    """Local mean solar time [h], 0 to 24 (24 excluded).

    Args:
        time: UTC.
        lon: longitude [degree].
    """
    since = (time - time.astype("M8[D]")) / np.timedelta64(1, "h")
    hours = np.mod(since + lon / 15.0, 24.0).astype(np.float32)
    return np.where(hours >= 24, np.float32(0), hours)


def is_evening(sensor: Sensor, hours: Float32) -> Booleans:
    """Whether an observation belongs to the look pm.

    A sun-synchronous orbit stands still in the frame that turns with the mean sun, so that its
    northward half lies wholly within six hours of local time of its ascending node, at every
    latitude: it is a plane through the Earth's centre, and so is the meridian 90 degrees from the
    node, which holds the orbit's two turning points. A place belongs to the half of the orbit on
    its side. So the node of each footprint is told without its neighbours, and no noon is crossed.
    The orbits that precess (TMI, GMI) take the clock: 0 to 12 h am, 12 to 24 h pm.

    Args:
        sensor: whose.
        hours: local mean solar time [h].
    """
    node = sensor.orbits[0].ascending_node_h
    if node is None:  # it precesses
        return np.asarray(hours >= 12)
    is_ascending = np.abs(np.mod(hours - node + 12, 24) - 12) < 6
    return np.asarray(is_ascending == (node >= 12))


def chosen(
    found: Passes, hours: Float32, is_pm: Booleans, days: int, first_day: np.datetime64
) -> tuple[Int64, tuple[Int64, Int64, Int64]]:
    """The pass that each bin holds: the nearest to 06:00 or 18:00 local time, else the earlier.

    Args:
        found: passes.
        hours: local time of each [h].
        is_pm: look of each.
        days: how many.
        first_day: first of them.

    Returns:
        Numbers of the passes, and day, look and cell of the bin of each.
    """
    day = (found.time.astype("M8[D]") - first_day.astype("M8[D]")).astype(np.int64)
    look = is_pm.astype(np.int64)
    target = np.array(list(TARGET_HOUR.values()), np.float32)[look]
    off = np.abs(np.mod(hours - target + 12, 24) - 12)
    inside = np.flatnonzero((day >= 0) & (day < days))
    order = inside[
        np.lexsort((found.time[inside], off[inside], found.cell[inside], look[inside], day[inside]))
    ]
    place = (day[order], look[order], found.cell[order])
    is_first = np.ones(order.size, np.bool_)
    is_first[1:] = np.any([np.diff(values) != 0 for values in place], axis=0)
    return order[is_first], (place[0][is_first], place[1][is_first], place[2][is_first])
