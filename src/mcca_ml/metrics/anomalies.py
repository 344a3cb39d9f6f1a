"""Anomalies from a moving mean of 35 days, and from the climatology of all years.

Both use the days that all series have in common. A subset of the days gives the same results as the
whole record if it includes `HALO_DAYS` more days on each side (moving mean); the climatology comes
from moments by day of the year, which are merged over subsets.
"""

from collections.abc import Sequence

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Floating, Int64
from mcca_ml.metrics.moments import Moments, compute_moments, mask, total

WINDOW_DAYS = 35
"""Length of the moving window [day], the value in use since Albergel et al. (2009)."""
HALO_DAYS = WINDOW_DAYS // 2
"""Days needed beyond each end of a subset of a record [day]."""
FEWEST_IN_WINDOW = 5
"""Smallest number of values in a window for a mean."""
FEWEST_YEARS = 3
"""Smallest number of years for a climatology."""
DAYS_OF_YEAR = 366
_LAST_OF_FEBRUARY = 59  # index of 29 February, from 0


def _window_sums(values: Float64, half: int) -> Float64:
    """Sum over `half` steps on each side along the last axis, with zeros beyond the ends."""
    size = values.shape[-1]
    # Cumulative sums: the sum over any window is the difference of two of them.
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
        series: k arrays (cell, time) at regular steps, NaN where missing.
        steps_per_day: 1 for daily values, 2 for half-daily values.
        fewest: smallest number of values in a window.

    Returns:
        k arrays (cell, time), NaN where any series is missing or the window has too few values. The
        windows of the first and last `HALO_DAYS` are incomplete.
    """
    half = HALO_DAYS * steps_per_day + (steps_per_day - 1)
    valid = mask(series)
    number = _window_sums(valid.astype(np.float64), half)
    usable = valid & (number >= fewest)
    safe = np.maximum(number, 1)
    anomalies = []
    for values in series:
        # About the mean of the row, to limit rounding errors of the cumulative sums.
        filled = np.where(valid, values, 0.0).astype(np.float64)
        middle = filled.sum(axis=-1) / np.maximum(valid.sum(axis=-1), 1)
        filled = np.where(valid, filled - middle[:, None], 0.0)
        departure = filled - _window_sums(filled, half) / safe
        anomalies.append(np.where(usable, departure, np.nan))
    return anomalies


def day_of_year(days: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Int64:
    """Index of each date in a leap year, 0 to 365, the same in every year.

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
    """Moments by date of the year (cell, 366), which can be merged with `merge`."""
    return compute_moments(series, day_of_year(days), DAYS_OF_YEAR)


def climatology(by_date: Moments, *, half: int = HALO_DAYS) -> Float64:
    """Mean of each series over a window around each date, of all years (k, ..., 366).

    Args:
        by_date: moments by date of the year (..., 366).
        half: dates on each side; the window is periodic.
    """
    # Periodic: the window around 1 January includes December.
    turned = [np.roll(by_date.n, shift, axis=-1) for shift in range(-half, half + 1)]
    number = np.sum(turned, axis=0)
    sums = np.zeros(by_date.mean.shape)
    for shift in range(-half, half + 1):
        # Sums, not means: a date with more years has more weight.
        sums += np.roll(by_date.n * by_date.mean, shift, axis=-1)
    return np.asarray(sums / np.maximum(number, 1))


def climatology_anomaly_moments(by_date: Moments) -> Moments:
    """Moments of all series less their own climatology (...), without a second pass over the days.

    Args:
        by_date: moments by date of the year (..., 366).
    """
    return total(by_date.shifted(climatology(by_date)))


def count_years(days: np.ndarray[tuple[int], np.dtype[np.datetime64]], valid: Booleans) -> Int64:
    """Number of years with a value, (cell,); anomalies from one or two years are too small.

    Args:
        days: UTC days, (time,).
        valid: True where there is a value, (cell, time).
    """
    years = days.astype("M8[Y]").astype(np.int64)
    parts = [valid[:, years == year].any(axis=1) for year in np.unique(years)]
    return np.sum(parts, axis=0).astype(np.int64) if parts else np.zeros(len(valid), np.int64)
