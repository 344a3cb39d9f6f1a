"""Means over days by month of the year, and what departs from them."""

import numpy as np
import numpy.typing as npt

from mcca_ml.report.scores.tables import Floats

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MONTHS = 12


def month_of(days: npt.NDArray[np.datetime64]) -> Indices:
    """Months since January 1970; modulo 12 the month of the year, 0 being January."""
    return days.astype("M8[M]").astype(np.int64)


def means_by_month(values: Floats, months: Indices) -> tuple[Doubles, Doubles]:
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


def mean_departure(values: Floats, months: Indices, place: Indices) -> Doubles:
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
