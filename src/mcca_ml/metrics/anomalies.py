"""Anomalies: departures from a moving mean of 35 days, and from the climatology of all years.

Both are taken over the days that all series have, so that all are freed of the same days. A part of
a record gives the same numbers as the whole if it knows `HALO_DAYS` more days on each side (moving
mean); the climatology comes from moments by day of the year, which are merged over parts.
"""

from collections.abc import Sequence

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Floating, Int64
from mcca_ml.metrics.moments import Moments, mask, moments_of, total

WINDOW_DAYS = 35
"""Length of the moving window [day], the value in use since Albergel et al. (2009)."""
HALO_DAYS = WINDOW_DAYS // 2
"""Days that a part of a record must know beyond each end [day]."""
FEWEST_IN_WINDOW = 5
"""Values in a window without which there is no mean."""
FEWEST_YEARS = 3
"""Different years in the window of a climatology below which it is no climatology."""
DAYS_OF_YEAR = 366
_LAST_OF_FEBRUARY = 59  # number of the day that 29 February takes, from 0


def _window_sums(values: Float64, half: int) -> Float64:
    """Sum over `half` steps on each side along the last axis; beyond the ends there is nothing."""
    size = values.shape[-1]
    # Running sums from a leading 0: the sum over any window is the difference of two of them.
    summed = np.zeros((*values.shape[:-1], size + 1))
    np.cumsum(values, axis=-1, out=summed[..., 1:])
    at = np.arange(size)
    last, first = np.minimum(at + half + 1, size), np.maximum(at - half, 0)
    return np.asarray(summed[..., last] - summed[..., first])


def moving_anomalies(
    series: Sequence[Floating], *, steps_per_day: int = 1, fewest: int = FEWEST_IN_WINDOW
) -> list[Float64]:
    """Each series less its mean over the window about each day.

    Args:
        series: k arrays (cell, time) at even steps, NaN where there is no value.
        steps_per_day: 1 for daily values, 2 for values of half days.
        fewest: values in a window without which there is no anomaly.

    Returns:
        k arrays (cell, time), NaN where any series has no value or the window has too few. The
        first and last `HALO_DAYS` know only a part of their window.
    """
    half = HALO_DAYS * steps_per_day + (steps_per_day - 1)
    seen = mask(series)
    number = _window_sums(seen.astype(np.float64), half)
    # A day without a value has no anomaly, however well known the mean about it is.
    usable = seen & (number >= fewest)
    safe = np.maximum(number, 1)
    found = []
    for one in series:
        # About the row's own mean, so that the running sums stay small and lose no digits.
        values = np.where(seen, one, 0.0).astype(np.float64)
        middle = values.sum(axis=-1) / np.maximum(seen.sum(axis=-1), 1)
        values = np.where(seen, values - middle[:, None], 0.0)
        departure = values - _window_sums(values, half) / safe
        found.append(np.where(usable, departure, np.nan))
    return found


def day_of_year(days: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Int64:
    """Number of each day in a leap year, 0 to 365, so that a date has the same in every year.

    >>> day_of_year(np.array(["2015-03-01", "2016-03-01", "2016-02-29"], "M8[D]")).tolist()
    [60, 60, 59]
    """
    day = days.astype("M8[D]")
    year = day.astype("M8[Y]")
    number = (day - year.astype("M8[D]")).astype(np.int64)
    years = year.astype(np.int64) + 1970
    # Gregorian calendar: centuries are leap years only where 400 divides them.
    is_leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    return np.asarray(np.where(~is_leap & (number >= _LAST_OF_FEBRUARY), number + 1, number))


def moments_by_date(
    series: Sequence[Floating], days: np.ndarray[tuple[int], np.dtype[np.datetime64]]
) -> Moments:
    """Moments by date of the year (cell, 366), which parts of a record add up by `merge`."""
    return moments_of(series, day_of_year(days), DAYS_OF_YEAR)


def climatology(by_date: Moments, *, half: int = HALO_DAYS) -> Float64:
    """Mean of each series over the dates about each date, of all years (k, ..., 366).

    Args:
        by_date: moments by date of the year (..., 366).
        half: dates on each side; the year is a circle.
    """
    # The year is a circle: the window about 1 January reaches into December.
    turned = [np.roll(by_date.n, shift, axis=-1) for shift in range(-half, half + 1)]
    number = np.sum(turned, axis=0)
    sums = np.zeros(by_date.mean.shape)
    for shift in range(-half, half + 1):
        # Sums, not means, are added up: a date with more years counts for more.
        sums += np.roll(by_date.n * by_date.mean, shift, axis=-1)
    return np.asarray(sums / np.maximum(number, 1))


def climatology_anomaly_moments(by_date: Moments) -> Moments:
    """Moments of all series less their own climatology (...): no second pass over the days.

    Args:
        by_date: moments by date of the year (..., 366).
    """
    return total(by_date.shifted(climatology(by_date)))


def years_of(days: np.ndarray[tuple[int], np.dtype[np.datetime64]], seen: Booleans) -> Int64:
    """How many different years have a value, for each row (cell,).

    A climatology of one or two years is those years, and anomalies from it are too small.
    """
    years = days.astype("M8[Y]").astype(np.int64)
    parts = [seen[:, years == year].any(axis=1) for year in np.unique(years)]
    return np.sum(parts, axis=0).astype(np.int64) if parts else np.zeros(len(seen), np.int64)
