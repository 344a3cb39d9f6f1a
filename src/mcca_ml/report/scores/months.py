"""Means over days by month of the year, and what departs from them."""

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, Int64

MONTHS = 12


def month_of(days: Datetime64) -> Int64:
    """Months since January 1970; modulo 12 the month of the year, 0 being January."""
    return days.astype("M8[M]").astype(np.int64)


def means_by_month(values: Float32, months: Int64) -> tuple[Float64, Float64]:
    """Mean and number of values of each cell in each month of the year, (cell, 12); 0 where none.

    Args:
        values: NaN where there is none, (cell, time).
        months: of `month_of`, (time,).
    """
    total, count = np.zeros((2, len(values), MONTHS))
    for number in range(MONTHS):
        part = values[:, months % MONTHS == number]
        seen = np.isfinite(part)
        count[:, number] = seen.sum(axis=1)
        total[:, number] = np.where(seen, part, 0).sum(axis=1, dtype=np.float64)
    return total / np.maximum(count, 1), count


def mean_departure(values: Float32, months: Int64, place: Int64) -> Float64:
    """Mean over cells and days of departures from the cell's usual month, (place,); NaN if none.

    Args:
        values: NaN where there is none, (cell, time).
        months: of `month_of`, (time,).
        place: of each day in what is returned, (time,).
    """
    usual, _ = means_by_month(values, months)
    departure = values - usual[:, months % MONTHS]
    seen = np.isfinite(departure)
    total = np.bincount(place, np.where(seen, departure, 0).sum(axis=0, dtype=np.float64))
    count = np.bincount(place, seen.sum(axis=0))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
