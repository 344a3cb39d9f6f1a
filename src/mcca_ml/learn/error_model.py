"""Error size by cell, season and freshness of the look, shrunk by credibility.

The mean absolute error is a product of three factors: cell, season and freshness. Each factor is
the mean of all cells, moved toward the cell's own by credibility (Buhlmann and Straub 1970): n days
have the weight n / (n + k), where k follows from the variance between cells and the variance of the
mean of n autocorrelated days.

The mean error of a season of one year, its shift, is not part of that size: a drought or another
unusual season shifts all cells of a region together, and other regions in another year.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, Int64, UInt8
from mcca_ml.grid import ease2

SEASONS = 4
TWO_LOOKS, ONE_LOOK = 0, 1
AGES = (1, 2, 3, 5, 10)
"""Lower limits of the age classes of days without a look [day]."""
FRESHNESS = 2 + len(AGES)
"""Number of classes: two looks, one look, and ages of the last look."""
AGE_CAP = 255
"""Largest age; also the age before the first look [day]."""
BLOCK = 16
"""Length of blocks treated as independent [day]."""
PER_SD = float(np.sqrt(np.pi / 2))
"""Standard deviation over mean absolute error of a normal error [1]."""
ROUNDS = 4
"""Iterations, after which the third digit of the factors no longer changes."""
SMALLEST = 1e-4
"""Smallest mean absolute error [m3 m-3]."""
_FIRST_VARIANCE = 1.0
"""Initial variance of |error| / scale of one day [1]."""


def compute_age(days: Datetime64, nobs: UInt8) -> UInt8:
    """Days since the last look, at most `AGE_CAP`, which also means unknown, (cell, time).

    Args:
        days: UTC days, rising; after a gap the age is unknown until the next look.
        nobs: number of looks of each day, (cell, time).
    """
    number = days.astype("M8[D]").astype(np.int64)
    # Index of the first day after the last gap: looks before a gap are ignored.
    first = np.maximum.accumulate(
        np.where(np.diff(number, prepend=number[:1] - 2) > 1, np.arange(number.size), 0)
    )
    place = np.where(nobs > 0, np.arange(number.size, dtype=np.int32), np.int32(-1))
    latest = np.maximum.accumulate(place, axis=1)
    age = number - number[np.maximum(latest, 0)]
    return np.where(latest >= first, np.minimum(age, AGE_CAP), AGE_CAP).astype(np.uint8)


def classify_freshness(nobs: UInt8, age: UInt8) -> UInt8:
    """Freshness class of each day, from the number of looks or the age of the last one."""
    carried = ONE_LOOK + np.searchsorted(AGES, np.maximum(age, 1), side="right")
    return np.where(nobs >= 2, TWO_LOOKS, np.where(nobs == 1, ONE_LOOK, carried)).astype(np.uint8)


def find_season(days: Datetime64, cells: Int64) -> UInt8:
    """Local season: 0 winter, 1 spring, 2 summer, 3 autumn, (cell, time)."""
    month = days.astype("M8[M]").astype(np.int64) % 12  # 0: January
    # December to February is 0; half a year later in the south.
    north = (month + 1) % 12 // 3
    is_south = ease2.cell_latlon(ease2.M25, cells).lat < 0
    return ((north + 2 * is_south[:, None]) % SEASONS).astype(np.uint8)


@dataclass(frozen=True)
class Factors:
    """Error standard deviation as a product of three factors, each (cell, class)."""

    cell: Float64
    """Factor of the cell [m3 m-3], (cell, 1)."""
    season: Float64
    """Factor of the season [1], (cell, season)."""
    freshness: Float64
    """Factor of the freshness [1], (cell, freshness)."""

    def at(self, season: UInt8, fresh: UInt8) -> Float32:
        """Error standard deviation of each day [m3 m-3], (cell, time)."""
        by_season = np.take_along_axis(self.cell * self.season, season.astype(np.intp), axis=1)
        by_fresh = np.take_along_axis(self.freshness, fresh.astype(np.intp), axis=1)
        return (by_season * by_fresh).astype(np.float32)


def credible(mean: Float64, days: Float64, variance: float) -> tuple[Float64, Float64]:
    """Means shrunk toward 1 by credibility, and their remaining variance, same shape.

    Args:
        mean: mean of each group, relative to that of all groups [1].
        days: number of days of each group; groups without days get 1 and the variance between
            groups.
        variance: variance of one day; that of the mean of n days is 1 / n of it [1].
    """
    has_days = days > 0
    # Method of moments: the excess of the weighted squares over noise is between groups.
    noise = variance * has_days.sum(axis=0)
    excess = (days * np.where(has_days, mean - 1, 0) ** 2).sum(axis=0) - noise
    between = np.maximum(excess / np.maximum(days.sum(axis=0) + noise, 1), 0)
    own = days * between
    # Credibility n / (n + k) with k = variance (1 + between) / between.
    weight = own / np.maximum(own + variance * (1 + between), 1e-12)
    return 1 + weight * np.where(has_days, mean - 1, 0), between * (1 - weight)


def shifts(error: Float32, group: UInt8, groups: int, days: Datetime64) -> Float32:
    """Mean error of each cell and group, shrunk toward that of all cells by credibility.

    Args:
        error: error [m3 m-3], NaN on excluded days, (cell, time).
        group: group of each day, below `groups`, (cell, time).
        groups: number of groups.
        days: UTC days, rising.

    Returns:
        Mean error [m3 m-3], (cell, group); 0 in a group without any day.
    """
    row, time = np.nonzero(np.isfinite(error))
    place, value = row * groups + group[row, time], error[row, time].astype(np.float64)
    length = len(error) * groups
    count = np.bincount(place, minlength=length).astype(np.float64)
    mean = np.bincount(place, value, minlength=length) / np.maximum(count, 1)
    # Errors of neighbouring days are correlated: noise is estimated from sums over blocks.
    block = days.astype("M8[D]").astype(np.int64) // BLOCK
    block -= block[0]
    shape = (length, int(block[-1]) + 1)
    part = place * shape[1] + block[time]
    sums = np.bincount(part, value - mean[place], minlength=shape[0] * shape[1])
    in_block = np.bincount(part, minlength=sums.size).reshape(shape).astype(np.float64)
    # The sums of a group add up to 0, which reduces their variance: correct for it.
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


def sum_errors(size: Float32, season: UInt8, fresh: UInt8) -> tuple[Float64, Float64]:
    """Sums of absolute errors [m3 m-3] and number of days, (cell, season, freshness).

    Args:
        size: absolute error [m3 m-3], NaN on excluded days, (cell, time).
        season: result of `find_season`.
        fresh: result of `classify_freshness`.
    """
    shape = (len(size), SEASONS, FRESHNESS)
    row, time = np.nonzero(np.isfinite(size))
    # Flat index of cell, season and freshness.
    place = (row * SEASONS + season[row, time]) * FRESHNESS + fresh[row, time]
    length = int(np.prod(shape))
    total = np.bincount(place, size[row, time], minlength=length).astype(np.float64)
    count = np.bincount(place, minlength=length).astype(np.float64)
    return total.reshape(shape), count.reshape(shape)


_AXES = ((1, 2), (2,), (1,))
"""Axes summed for the factors of cell, season and freshness."""


def _factor(
    size: Float64, days: Float64, axes: tuple[int, ...], variance: float
) -> tuple[Float64, Float64]:
    """One factor given the other two, and its relative variance."""
    total, days = (part.sum(axis=axes).reshape(len(days), -1) for part in (size, days))
    count = days.sum(axis=0)
    all_days = np.maximum(total.sum(axis=0), SMALLEST) / np.maximum(count, 1)
    # A class without days takes the value of the nearest fresher class with days.
    known = np.flatnonzero(count)
    nearest = known[np.maximum(np.searchsorted(known, np.arange(count.size), side="right") - 1, 0)]
    pooled = all_days[nearest]
    # Relative to the mean of all cells, about 1.
    mean = total / np.maximum(days, 1) / pooled
    own, remaining = credible(mean, days, variance)
    return own * pooled, remaining


def factors(size: Float64, days: Float64, variance: float) -> Factors:
    """Fit the three factors in turn, a fixed number of iterations.

    Args:
        size: sums of absolute errors from `sum_errors`, with at least one day.
        days: numbers of days from `sum_errors`.
        variance: variance of |error| / scale of one day, including autocorrelation [1].
    """
    count = len(days)
    values = [np.ones((count, 1)), np.ones((count, SEASONS)), np.ones((count, FRESHNESS))]
    variances = [np.zeros_like(value) for value in values]
    shapes = ((count, 1, 1), (count, SEASONS, 1), (count, 1, FRESHNESS))
    # Each factor given the product of the other two, in turn.
    for _ in range(ROUNDS):
        # A cell with days in one season only must not attribute that season to itself.
        for i in (0, 2, 1):
            grids = [value.reshape(shape) for value, shape in zip(values, shapes, strict=True)]
            others = np.ones((count, SEASONS, FRESHNESS))
            for j in {0, 1, 2} - {i}:
                others = others * grids[j]
            values[i], variances[i] = _factor(size / others, days, _AXES[i], variance)
    # Errors do not decrease with age.
    fresh = values[2]
    fresh[:, ONE_LOOK + 1 :] = np.maximum.accumulate(fresh[:, ONE_LOOK + 1 :], axis=1)
    # The variance of a factor adds to its size.
    wide = [np.sqrt(value**2 * (1 + extra)) for value, extra in zip(values, variances, strict=True)]
    return Factors(wide[0] * PER_SD, wide[1], wide[2])


def day_variance(size: Float32, scale: Float32, days: Datetime64) -> float:
    """Variance of |error| / scale of one day [1], including autocorrelation.

    The variance of sums over blocks of days divided by the days of a block; independent days of a
    normal error give 0.57.

    Args:
        size: absolute error [m3 m-3], NaN on excluded days, (cell, time).
        scale: error standard deviation [m3 m-3], (cell, time).
        days: UTC days, rising.
    """
    # E|error| = sd / PER_SD: 0 on average where the scale is right.
    ratio = size / scale * np.float32(PER_SD) - 1
    some = np.isfinite(ratio)
    block = days.astype("M8[D]").astype(np.int64) // BLOCK
    starts = np.flatnonzero(np.diff(block, prepend=block[:1] - 1))
    sums = np.add.reduceat(np.where(some, ratio, 0).astype(np.float64), starts, axis=1)
    return float((sums**2).sum() / max(int(some.sum()), 1))


def fit_factors(
    size: Float32,
    season: UInt8,
    fresh: UInt8,
    days: Datetime64,
    variance: float | None = None,
) -> Factors:
    """Fit the error standard deviation by cell, season and freshness.

    Args:
        size: absolute error [m3 m-3], NaN on excluded days, (cell, time).
        season: result of `find_season`.
        fresh: result of `classify_freshness`.
        days: UTC days, rising.
        variance: result of `day_variance`; None: estimated here.
    """
    sums = sum_errors(size, season, fresh)
    if variance is None:
        # The variance needs a scale and the scale a variance: two passes.
        first = factors(*sums, _FIRST_VARIANCE)
        variance = day_variance(size, first.at(season, fresh), days)
    return factors(*sums, variance)
