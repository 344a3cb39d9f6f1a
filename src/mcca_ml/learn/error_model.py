"""How large errors usually are: by cell, season and freshness, each as far as its days tell.

The mean absolute error of a cell, a season and a freshness is a product of three factors. Each is
the mean of all cells, moved towards the cell's own by credibility (Buhlmann and Straub 1970):
n days weigh n / (n + k), k following from how much cells differ and how much the mean of n days
scatters, days next to each other agreeing.

What an error is all through a season of one year, its shift, is no part of that size: a drought
or another odd season shifts all cells of a region alike, and does so elsewhere in another year.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, Int64, UInt8
from mcca_ml.grid import ease2

SEASONS = 4
TWO_LOOKS, ONE_LOOK = 0, 1
AGES = (1, 2, 3, 5, 10)
"""First ages of the classes of days without a look [day]."""
FRESHNESS = 2 + len(AGES)
"""Classes: two looks, one look, and the ages of the last look."""
AGE_CAP = 255
"""Oldest age that is told; also that of a cell not yet seen [day]."""
BLOCK = 16
"""Days within which errors depend on each other [day]."""
PER_SD = float(np.sqrt(np.pi / 2))
"""Standard deviation over mean absolute error of a normal error [1]."""
ROUNDS = 4
"""After which the three factors no longer change in the third digit."""
SMALLEST = 1e-4
"""Mean absolute error below which there is none worth telling [m3 m-3]."""
_FIRST_VARIANCE = 1.0
"""Variance of a day in the mean of |error| / scale before it is measured [1]."""


def age_of(days: Datetime64, nobs: UInt8) -> UInt8:
    """Days since the last look, `AGE_CAP` where that is more or unknown, (cell, time).

    Args:
        days: UTC days, rising; over a gap between them nothing is known.
        nobs: looks of each day, (cell, time).
    """
    number = days.astype("M8[D]").astype(np.int64)
    # Index of the first day after the last gap: looks before a gap do not count.
    first = np.maximum.accumulate(
        np.where(np.diff(number, prepend=number[:1] - 2) > 1, np.arange(number.size), 0)
    )
    place = np.where(nobs > 0, np.arange(number.size, dtype=np.int32), np.int32(-1))
    latest = np.maximum.accumulate(place, axis=1)
    age = number - number[np.maximum(latest, 0)]
    return np.where(latest >= first, np.minimum(age, AGE_CAP), AGE_CAP).astype(np.uint8)


def freshness_of(nobs: UInt8, age: UInt8) -> UInt8:
    """Class of each day by its looks, or by the age of the last one, below `FRESHNESS`."""
    carried = ONE_LOOK + np.searchsorted(AGES, np.maximum(age, 1), side="right")
    return np.where(nobs >= 2, TWO_LOOKS, np.where(nobs == 1, ONE_LOOK, carried)).astype(np.uint8)


def season_of(days: Datetime64, cells: Int64) -> UInt8:
    """Season where the cell is: 0 winter, 1 spring, 2 summer, 3 autumn, (cell, time)."""
    month = days.astype("M8[M]").astype(np.int64) % 12  # 0: January
    # December to February is 0; half a year later in the south.
    north = (month + 1) % 12 // 3
    is_south = ease2.cell_latlon(ease2.M25, cells).lat < 0
    return ((north + 2 * is_south[:, None]) % SEASONS).astype(np.uint8)


@dataclass(frozen=True)
class Factors:
    """Usual size of errors: the product of three, each (cell, class)."""

    cell: Float64
    """[m3 m-3], (cell, 1)."""
    season: Float64
    """[1], (cell, season)."""
    freshness: Float64
    """[1], (cell, freshness)."""

    def at(self, season: UInt8, fresh: UInt8) -> Float32:
        """Usual size of the error of each day, one standard deviation [m3 m-3], (cell, time)."""
        by_season = np.take_along_axis(self.cell * self.season, season.astype(np.intp), axis=1)
        by_fresh = np.take_along_axis(self.freshness, fresh.astype(np.intp), axis=1)
        return (by_season * by_fresh).astype(np.float32)


def credible(mean: Float64, days: Float64, variance: float) -> tuple[Float64, Float64]:
    """Means moved towards 1 by credibility, and the variance left in them, same shape.

    Args:
        mean: of the days of each group, relative to what all groups have in common [1].
        days: number of them; groups without any get 1 and the spread of the groups.
        variance: of the mean of one day; that of n days is an n-th of it [1].
    """
    has = days > 0
    # Method of moments: what the weighted squares exceed noise by is between groups.
    noise = variance * has.sum(axis=0)
    excess = (days * np.where(has, mean - 1, 0) ** 2).sum(axis=0) - noise
    between = np.maximum(excess / np.maximum(days.sum(axis=0) + noise, 1), 0)
    own = days * between
    # Credibility n / (n + k) with k = variance (1 + between) / between.
    weight = own / np.maximum(own + variance * (1 + between), 1e-12)
    return 1 + weight * np.where(has, mean - 1, 0), between * (1 - weight)


def shifts(error: Float32, group: UInt8, groups: int, days: Datetime64) -> Float32:
    """Mean error of each cell and group, moved towards that of all cells by credibility.

    Args:
        error: [m3 m-3], NaN on days that do not count, (cell, time).
        group: of each day, below `groups`, (cell, time).
        groups: number of them.
        days: UTC days, rising.

    Returns:
        [m3 m-3], (cell, group); 0 in a group without any day.
    """
    row, time = np.nonzero(np.isfinite(error))
    place, value = row * groups + group[row, time], error[row, time].astype(np.float64)
    length = len(error) * groups
    count = np.bincount(place, minlength=length).astype(np.float64)
    mean = np.bincount(place, value, minlength=length) / np.maximum(count, 1)
    # Errors of neighbouring days depend on each other: noise comes from sums over blocks.
    block = days.astype("M8[D]").astype(np.int64) // BLOCK
    block -= block[0]
    shape = (length, int(block[-1]) + 1)
    part = place * shape[1] + block[time]
    sums = np.bincount(part, value - mean[place], minlength=shape[0] * shape[1])
    in_block = np.bincount(part, minlength=sums.size).reshape(shape).astype(np.float64)
    # Those of a group cancel in sum: the larger its largest block, the more is missing from them.
    missing = float(((in_block**2).sum(axis=1) / np.maximum(count, 1)).sum())
    noise = float((sums**2).sum()) / max(place.size - missing, 1.0)
    by_group = (len(error), groups)
    count, mean = count.reshape(by_group), mean.reshape(by_group)
    centre = (count * mean).sum(axis=0) / np.maximum(count.sum(axis=0), 1)
    # Method of moments as in `credible`, with the noise of one day estimated above.
    excess = float((count * (mean - centre) ** 2).sum()) - noise * int((count > 0).sum())
    own = count * max(excess / max(place.size, 1), 0.0)
    weight = own / np.maximum(own + noise, 1e-12)
    return np.asarray(centre + weight * (mean - centre), np.float32)


def sums_of(size: Float32, season: UInt8, fresh: UInt8) -> tuple[Float64, Float64]:
    """Sums of absolute errors [m3 m-3] and number of days, (cell, season, freshness).

    Args:
        size: of the error [m3 m-3], NaN on days that do not count, (cell, time).
        season: of `season_of`.
        fresh: of `freshness_of`.
    """
    shape = (len(size), SEASONS, FRESHNESS)
    row, time = np.nonzero(np.isfinite(size))
    # One flat bin for each cell, season and freshness, so that one bincount sums all.
    place = (row * SEASONS + season[row, time]) * FRESHNESS + fresh[row, time]
    length = int(np.prod(shape))
    total = np.bincount(place, size[row, time], minlength=length).astype(np.float64)
    count = np.bincount(place, minlength=length).astype(np.float64)
    return total.reshape(shape), count.reshape(shape)


_AXES = ((1, 2), (2,), (1,))
"""Axes of sums over which the factor of cell, season and freshness is one number."""


def _factor(
    size: Float64, days: Float64, axes: tuple[int, ...], variance: float
) -> tuple[Float64, Float64]:
    """One factor from sums over the product of the others, and its variance over the pooled one."""
    total, days = (part.sum(axis=axes).reshape(len(days), -1) for part in (size, days))
    count = days.sum(axis=0)
    all_days = np.maximum(total.sum(axis=0), SMALLEST) / np.maximum(count, 1)
    # A class that no cell has ever seen is as the next one with fewer looks or a younger age.
    known = np.flatnonzero(count)
    nearest = known[np.maximum(np.searchsorted(known, np.arange(count.size), side="right") - 1, 0)]
    pooled = all_days[nearest]
    # Relative to the mean of all cells, about 1.
    mean = total / np.maximum(days, 1) / pooled
    own, left = credible(mean, days, variance)
    return own * pooled, left


def factors(size: Float64, days: Float64, variance: float) -> Factors:
    """The three factors, one after the other until they agree.

    Args:
        size: sums of absolute errors of at least one day, of `sums_of`.
        days: of these.
        variance: of one day in the mean of |error| / scale, with its neighbours' agreement [1].
    """
    count = len(days)
    found = [np.ones((count, 1)), np.ones((count, SEASONS)), np.ones((count, FRESHNESS))]
    left = [np.zeros_like(one) for one in found]
    shapes = ((count, 1, 1), (count, SEASONS, 1), (count, 1, FRESHNESS))
    # Each factor given the product of the other two, in turn.
    for _ in range(ROUNDS):
        # Freshness and season first: a cell seen in one season only must not take it for itself.
        for i in (0, 2, 1):
            grids = [one.reshape(shape) for one, shape in zip(found, shapes, strict=True)]
            others = np.ones((count, SEASONS, FRESHNESS))
            for j in {0, 1, 2} - {i}:
                others = others * grids[j]
            found[i], left[i] = _factor(size / others, days, _AXES[i], variance)
    # Older is never surer; and what is not known of a factor widens it.
    fresh = found[2]
    fresh[:, ONE_LOOK + 1 :] = np.maximum.accumulate(fresh[:, ONE_LOOK + 1 :], axis=1)
    wide = [np.sqrt(one**2 * (1 + extra)) for one, extra in zip(found, left, strict=True)]
    return Factors(wide[0] * PER_SD, wide[1], wide[2])


def variance_of_day(size: Float32, scale: Float32, days: Datetime64) -> float:
    """Variance of one day in the mean of |error| / scale [1], with its neighbours' agreement.

    The variance of the sums over blocks of days, a day of them; independent days of a normal error
    have 0.57.

    Args:
        size: of the error [m3 m-3], NaN on days that do not count, (cell, time).
        scale: its usual standard deviation [m3 m-3], (cell, time).
        days: UTC days, rising.
    """
    # E|error| = sd / PER_SD: 0 on average where the scale is right.
    ratio = size / scale * np.float32(PER_SD) - 1
    seen = np.isfinite(ratio)
    block = days.astype("M8[D]").astype(np.int64) // BLOCK
    starts = np.flatnonzero(np.diff(block, prepend=block[:1] - 1))
    sums = np.add.reduceat(np.where(seen, ratio, 0).astype(np.float64), starts, axis=1)
    return float((sums**2).sum() / max(int(seen.sum()), 1))


def fit_factors(
    size: Float32,
    season: UInt8,
    fresh: UInt8,
    days: Datetime64,
    variance: float | None = None,
) -> Factors:
    """The usual size of errors.

    Args:
        size: of the error [m3 m-3], NaN on days that do not count, (cell, time).
        season: of `season_of`.
        fresh: of `freshness_of`.
        days: UTC days, rising.
        variance: of `variance_of_day`; None: found here.
    """
    sums = sums_of(size, season, fresh)
    if variance is None:
        # The variance needs a scale and the scale a variance: two passes.
        first = factors(*sums, _FIRST_VARIANCE)
        variance = variance_of_day(size, first.at(season, fresh), days)
    return factors(*sums, variance)
