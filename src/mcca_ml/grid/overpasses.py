"""Sums by cell and time slot -> the overpasses of each cell -> one overpass for each bin."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml import flags
from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64, UInt16, UInt32
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.grid import footprint_bins
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.grid.footprint_bins import SLOT_MS, CellSums
from mcca_ml.sensors import Sensor

GAP_MS = SLOT_MS / 2
"""Sums of adjacent slots belong to one overpass if their mean times differ by less [ms]."""

Key = tuple[tuple[str, ...], int, bool]
"""Channels of a swath, time slot, and True for suspect footprints."""


@dataclass(frozen=True)
class Passes:
    """Overpasses of cells; all arrays have the same length, sorted by cell and time."""

    cell: Int64
    """Position of the cell in the list of cells."""
    time: Datetime64
    """Weighted mean time of the footprints [UTC], to the millisecond."""
    incidence: Float32
    """Weighted mean [rad]; NaN where unknown."""
    nobs: UInt16
    """Number of footprints in the swath with the fewest."""
    flag: UInt32
    tb: Float32
    """(pass, channel) [K]; NaN where missing."""


@dataclass(frozen=True)
class _Groups:
    """Overpass to which the sums of a cell and time slot belong."""

    row: Int64
    """Cell and slot combined into one number, increasing."""
    group: Int64
    """Pass number of each row."""
    cell: Int64
    """Cell of each pass."""
    slot: Int64
    """First slot of each pass."""
    first_slot: int
    slots: int

    def pass_numbers(self, part: CellSums, slot: int) -> Int64:
        """Return the pass number of each entry of the sums of a time slot."""
        row = part.cell.astype(np.int64) * self.slots + (slot - self.first_slot)
        return np.asarray(self.group[np.searchsorted(self.row, row)])


def find_passes(sums_by_key: Mapping[Key, Sequence[CellSums]], channels: Sequence[str]) -> Passes:
    """Return the overpasses of each cell, with the mean of every channel.

    Suspect footprints of a swath are used only where the good ones have less than half of the total
    weight; the overpass then gets the flag TB_SUSPECT.

    Args:
        sums_by_key: sums by swath, time slot and quality.
        channels: channels of the result, in its order.
    """
    sums = {k: footprint_bins.merge_sums(p) for k, p in sorted(sums_by_key.items()) if p}
    groups = _groups(sums)
    count = groups.cell.size
    tb = np.full((count, len(channels)), np.nan, np.float32)
    flag = np.zeros(count, FLAG_DTYPE)
    nobs = np.full(count, np.iinfo(np.uint16).max, np.uint16)
    mean = np.zeros((footprint_bins.FIRST_FREQUENCY, count))
    for swath in dict.fromkeys(key[0] for key in sums):
        used, is_doubtful = _used(sums, swath, groups)
        is_covered = used[footprint_bins.COUNT] > 0
        nobs[is_covered] = np.minimum(nobs, used[footprint_bins.COUNT])[is_covered]
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
    """Return the quotient; NaN where the divisor is 0."""
    return np.asarray(
        np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0), np.float64
    )


def _groups(sums: Mapping[Key, CellSums]) -> _Groups:
    """Join the time slots of each cell to overpasses by their mean times."""
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
    sums: Mapping[Key, CellSums], swath: tuple[str, ...], groups: _Groups
) -> tuple[Float64, Booleans]:
    """Return the sums of one swath by overpass, and True where suspect footprints are used."""
    rows = footprint_bins.FIRST_FREQUENCY + len(footprint_bins.frequencies(swath)) + len(swath)
    total = {True: np.zeros((rows, groups.cell.size)), False: np.zeros((rows, groups.cell.size))}
    for (channels, slot, is_suspect), part in sums.items():
        if channels == swath:
            number = groups.pass_numbers(part, slot)
            delay = (slot - groups.slot[number]) * SLOT_MS
            target = total[is_suspect]
            target[:, number] += part.sums
            target[footprint_bins.TIME, number] += part.sums[footprint_bins.WEIGHT] * delay
    good, combined = total[False], total[False] + total[True]
    is_doubtful = 2 * good[footprint_bins.WEIGHT] < combined[footprint_bins.WEIGHT]
    return np.where(is_doubtful, combined, good), is_doubtful


def _brightness(used: Float64, swath: tuple[str, ...]) -> Iterable[tuple[int, Float32]]:
    """Yield the number of each channel of a swath and its weighted mean [K]."""
    groups = footprint_bins.frequencies(swath)
    for place, group in enumerate(groups):
        weight = used[footprint_bins.FIRST_FREQUENCY + place]
        for channel in group:
            total = used[footprint_bins.FIRST_FREQUENCY + len(groups) + channel]
            yield channel, (_ratio(total, weight) * footprint_bins.TB_STEP).astype(np.float32)


def local_time(time: Datetime64, lon: Float64) -> Float32:
    """Return the local mean solar time [h], 0 to 24 (24 excluded).

    Args:
        time: UTC.
        lon: longitude [degree].
    """
    day_hours = (time - time.astype("M8[D]")) / np.timedelta64(1, "h")
    hours = np.mod(day_hours + lon / 15.0, 24.0).astype(np.float32)
    return np.where(hours >= 24, np.float32(0), hours)


def is_evening(sensor: Sensor, hours: Float32) -> Booleans:
    """Return True for observations of the look pm.

    A sun-synchronous orbit is fixed in the frame that rotates with the mean sun. At every latitude
    its ascending half is within six hours of local time of the ascending node: the orbital plane
    and the meridian plane 90 degrees from the node both contain the Earth's centre, and that
    meridian contains the two turning points of the orbit. Local time therefore gives the node of
    each footprint without its neighbours. For precessing orbits (TMI, GMI) the local time decides:
    0 to 12 h is am, 12 to 24 h is pm.

    Args:
        sensor: sensor of the observations.
        hours: local mean solar time [h].
    """
    node = sensor.orbits[0].ascending_node_h
    if node is None:  # a precessing orbit
        return np.asarray(hours >= 12)
    is_ascending = np.abs(np.mod(hours - node + 12, 24) - 12) < 6
    return np.asarray(is_ascending == (node >= 12))


def choose_passes(
    passes: Passes, hours: Float32, is_pm: Booleans, days: int, first_day: np.datetime64
) -> tuple[Int64, tuple[Int64, Int64, Int64]]:
    """Choose one overpass for each bin: nearest to 06:00 or 18:00 local time, then the earlier.

    Args:
        passes: overpasses.
        hours: local time of each overpass [h].
        is_pm: True for the look pm, by overpass.
        days: number of days.
        first_day: first UTC day.

    Returns:
        Numbers of the chosen overpasses, and the day, look and cell of the bin of each.
    """
    day = (passes.time.astype("M8[D]") - first_day.astype("M8[D]")).astype(np.int64)
    look = is_pm.astype(np.int64)
    target = np.array(list(TARGET_HOUR.values()), np.float32)[look]
    off = np.abs(np.mod(hours - target + 12, 24) - 12)
    inside = np.flatnonzero((day >= 0) & (day < days))
    order = inside[
        np.lexsort(
            (passes.time[inside], off[inside], passes.cell[inside], look[inside], day[inside])
        )
    ]
    place = (day[order], look[order], passes.cell[order])
    is_first = np.ones(order.size, np.bool_)
    is_first[1:] = np.any([np.diff(values) != 0 for values in place], axis=0)
    return order[is_first], (place[0][is_first], place[1][is_first], place[2][is_first])
