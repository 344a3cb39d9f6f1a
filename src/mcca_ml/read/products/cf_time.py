"""When the values of a file hold: times of CF, of each value, or of the name of the file."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Datetime64
from mcca_ml.errors import GranuleError

ONE_DAY = np.timedelta64(1, "D")
_SINCE = re.compile(
    r"^\s*(day|hour|hr|h|minute|min|second|sec|s|d)s?\s+since\s+(.+?)\s*$", re.IGNORECASE
)
_CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_STAMP = re.compile(r"(?<!\d)((?:19|20)\d{2})([01]\d)([0-3]\d)(?:T?\d{4,6})?(?!\d)")
_ZONE = re.compile(r"^(.*?)\s*(?:UTC|Z|GMT)?\s*(?:([+-])(\d{1,2}):?(\d{2}))?$", re.IGNORECASE)
_FARTHEST = 300 * 365.25 * 86400.0  # [s]; fill values that are no time lie farther from the epoch


def is_time(attrs: dict[str, object]) -> bool:
    """Whether units are those of a time: `seconds since 1993-01-01`."""
    return bool(_SINCE.match(str(attrs.get("units", ""))))


def _epoch(text: str, where: str) -> datetime:
    """The date of units, in UTC, with the time zone that it may tell.

    Raises:
        GranuleError: it is no date.
    """
    body, sign, hours, minutes = _ZONE.match(text.strip()).groups(default="0")  # type: ignore[union-attr]
    away = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        parts = [int(float(one)) for one in re.split(r"[-T:\s]+", body) if one]
        year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
        told = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise GranuleError(
            f"{where}: units of time since {text!r}, expected a date in UTC or with a zone in "
            "hours (+05:45); correct them"
        ) from error
    return told + away if sign == "-" else told - away


def decode(values: AnyArray, units: str, where: str) -> Datetime64:
    """Times [UTC] of numbers in units of CF; NaT for NaN, and for what is centuries away.

    Args:
        values: numbers, any shape.
        units: `days since 1970-01-01`, with a time zone or without (UTC).
        where: file, for the message.

    Raises:
        GranuleError: the date of the units is no date.
    """
    found = _SINCE.match(units)
    if not found:
        raise GranuleError(f"{where}: units of time {units!r}, expected `days since` a date")
    seconds = values.astype(np.float64) * _SECONDS[found[1][0].lower()]
    is_known = np.isfinite(seconds) & (np.abs(seconds) < _FARTHEST)
    epoch = np.datetime64(_epoch(found[2], where).replace(tzinfo=None), "ns")
    whole = np.where(is_known, seconds, 0.0)
    # Seconds and their fraction apart: a float of nanoseconds would lose microseconds.
    floor = np.floor(whole)
    away = floor.astype("m8[s]").astype("m8[ns]") + np.rint((whole - floor) * 1e9).astype("m8[ns]")
    return np.where(is_known, epoch + away, np.datetime64("NaT", "ns"))


def axis_of(ds: xr.Dataset) -> str | None:
    """Name of the one-dimensional variable of times; None where a file has none."""
    for name, variable in ds.variables.items():
        said = variable.attrs.get("standard_name") == "time" or str(name) in ("time", "valid_time")
        is_read = variable.dtype.kind == "M" or is_time(variable.attrs)
        if said and is_read and variable.ndim == 1:
            return str(name)
    return None


def check_calendar(attrs: Mapping[str, object], where: str) -> None:
    """Refuse times of a calendar in which days have no date here.

    Raises:
        GranuleError: one of a model (`noleap`, `360_day`), or `julian`.
    """
    calendar = str(attrs.get("calendar", "standard")).lower()
    if calendar not in _CALENDARS:
        raise GranuleError(
            f"{where}: times of the calendar {calendar!r}, expected one of "
            f"{', '.join(_CALENDARS)}; convert them"
        )


def times_of(variable: xr.DataArray | xr.Variable, where: str) -> Datetime64:
    """Times of a variable [UTC], decoded before or not.

    Raises:
        GranuleError: of another calendar, or since no date.
    """
    check_calendar(variable.attrs, where)
    if variable.dtype.kind == "M":
        return variable.to_numpy().astype("M8[ns]")
    return decode(variable.to_numpy(), str(variable.attrs["units"]), where)


def of_name(path: Path) -> tuple[np.datetime64, np.datetime64] | None:
    """Begin and end of what a file holds, by its name; None where the name has no date.

    One date is that day; two are the first and the last day of a window.

    >>> str(of_name(Path("SMAP_20180801_20180803.nc"))[1])
    '2018-08-04T00:00:00.000000000'
    """
    days = []
    for year, month, day in _STAMP.findall(path.stem):
        try:
            days.append(np.datetime64(f"{year}-{month}-{day}", "D"))
        except ValueError:  # 20150231
            continue
    if not days:
        return None
    last = days[1] if len(days) > 1 and days[0] <= days[1] <= days[0] + 400 * ONE_DAY else days[0]
    return days[0].astype("M8[ns]"), (last + ONE_DAY).astype("M8[ns]")


def spans(times: Datetime64) -> tuple[Datetime64, Datetime64]:
    """Begin and end of what stamps stand for.

    Stamps that are all at midnight, or all at noon, are UTC days. All others are instants, whose
    begin and end are the same.
    """
    days = times.astype("M8[D]").astype("M8[ns]")
    of_day = np.unique((times - days)[~np.isnat(times)])
    if of_day.size == 1 and of_day[0] in (np.timedelta64(0, "h"), np.timedelta64(12, "h")):
        return np.asarray(days), np.asarray(days + ONE_DAY)
    return times, times


def axis_spans(ds: xr.Dataset, axis: str, where: str) -> tuple[Datetime64, Datetime64]:
    """Begin and end of what each step of an axis stands for: its bounds, else by its stamps.

    Args:
        ds: a file.
        axis: its variable of times.
        where: the file, for the message.
    """
    bounds = ds.get(str(ds[axis].attrs.get("bounds", "")))
    if bounds is None or bounds.shape != (ds[axis].size, 2):
        return spans(times_of(ds[axis], where))
    units = bounds.attrs.get("units", ds[axis].attrs.get("units", ""))  # CF lets them leave it out
    ends = times_of(bounds.assign_attrs(units=units), where)
    return ends[:, 0], ends[:, 1]
