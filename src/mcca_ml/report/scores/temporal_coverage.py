"""Share of cells with a value a day, by year and month."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Datetime64, Float64, Int64
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.report.scores.sheet import Column, Sheet, make_sheet

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def monthly(has_value: Booleans, days: Datetime64) -> tuple[Datetime64, Float64]:
    """Return months with data, ascending, and the mean daily share of cells in each, both (month,).

    Args:
        has_value: True where a cell has a value, (time, cell).
        days: UTC days, (time,).
    """
    months, place = np.unique(days.astype("M8[M]"), return_inverse=True)
    return months, np.asarray(np.bincount(place, has_value.mean(axis=1)) / np.bincount(place))


def by_month(has_value: Booleans, days: Datetime64) -> tuple[Int64, Float64]:
    """Return years and the mean daily share of cells by month, NaN without data, (year, 12).

    Args:
        has_value: True where a cell has a value, (time, cell).
        days: UTC days, (time,).
    """
    months, share = monthly(has_value, days)
    year, month = np.divmod(months.astype(np.int64), len(_MONTHS))
    years = np.unique(year)
    out = np.full((years.size, len(_MONTHS)), np.nan)
    out[np.searchsorted(years, year), month] = share
    return years + 1970, out


def coverage_sheets(ds: xr.Dataset) -> list[Sheet]:
    """Format coverage of all values and of recommended values, a table each.

    Args:
        ds: after schema.RECORD.
    """
    days = ds["time"].to_numpy().astype("M8[D]")
    has_value = np.isfinite(ds["sm"].to_numpy())
    good = has_value & is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE))
    shown: list[Column] = [
        ("", "{}", "year"),
        *((month, "{:.2f}", month.lower()) for month in _MONTHS),
        ("mean", "{:.2f}", "mean"),
    ]
    sheets = []
    for title, part in (("with a value", has_value), ("with a recommended value", good)):
        data = (
            (int(year), *map(float, share), float(np.nanmean(share)))
            for year, share in zip(*by_month(part, days), strict=True)
        )
        sheets.append(make_sheet(f"Share of cells {title} a day", shown, data))
    return sheets
