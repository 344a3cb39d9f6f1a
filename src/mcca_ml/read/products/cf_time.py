"""Times of the values of a file: CF time axes, times of each value, or dates in the file name."""

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
_FARTHEST = 300 * 365.25 * 86400.0  # [s]; fill values are farther from the epoch


def is_time(attrs: dict[str, object]) -> bool:
    """Return True for units of time such as `seconds since 1993-01-01`."""
    return bool(_SINCE.match(str(attrs.get("units", ""))))


def _epoch(text: str, where: str) -> datetime:
    """Parse the date of CF time units, with an optional time zone, to UTC.

    Raises:
        GranuleError: the text is not a date.
    """
    body, sign, hours, minutes = _ZONE.match(text.strip()).groups(default="0")  # type: ignore[union-attr]
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        parts = [int(float(number)) for number in re.split(r"[-T:\s]+", body) if number]
        year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise GranuleError(
            f"{where}: units of time since {text!r}, expected a date in UTC or with a zone in "
            "hours (+05:45); correct them"
        ) from error
    return local + offset if sign == "-" else local - offset


def decode(values: AnyArray, units: str, where: str) -> Datetime64:
    """Convert numbers in CF time units to times [UTC]; NaT for NaN and beyond 300 years.

    Args:
        values: numbers, any shape.
        units: units such as `days since 1970-01-01`; UTC unless they contain a time zone.
        where: name of the file, for error messages.

    Raises:
        GranuleError: the units contain no date.
    """
    match = _SINCE.match(units)
    if not match:
        raise GranuleError(f"{where}: units of time {units!r}, expected `days since` a date")
    seconds = values.astype(np.float64) * _SECONDS[match[1][0].lower()]
    is_known = np.isfinite(seconds) & (np.abs(seconds) < _FARTHEST)
    epoch = np.datetime64(_epoch(match[2], where).replace(tzinfo=None), "ns")
    whole = np.where(is_known, seconds, 0.0)
    # Seconds and fraction separately: a float of nanoseconds would lose microseconds.
    floor = np.floor(whole)
    away = floor.astype("m8[s]").astype("m8[ns]") + np.rint((whole - floor) * 1e9).astype("m8[ns]")
    return np.where(is_known, epoch + away, np.datetime64("NaT", "ns"))


def find_time_axis(ds: xr.Dataset) -> str | None:
    """Return the name of the one-dimensional time variable; None if there is none."""
    for name, variable in ds.variables.items():
        is_named = variable.attrs.get("standard_name") == "time" or name in ("time", "valid_time")
        is_decodable = variable.dtype.kind == "M" or is_time(variable.attrs)
        if is_named and is_decodable and variable.ndim == 1:
            return str(name)
    return None


def check_calendar(attrs: Mapping[str, object], where: str) -> None:
    """Refuse times in a calendar other than the standard one.

    Raises:
        GranuleError: a model calendar (`noleap`, `360_day`), or `julian`.
    """
    calendar = str(attrs.get("calendar", "standard")).lower()
    if calendar not in _CALENDARS:
        raise GranuleError(
            f"{where}: times of the calendar {calendar!r}, expected one of "
            f"{', '.join(_CALENDARS)}; convert them"
        )


def decode_times(variable: xr.DataArray | xr.Variable, where: str) -> Datetime64:
    """Return the times of a variable [UTC], already decoded or not.

    Raises:
        GranuleError: another calendar, or units without a date.
    """
    check_calendar(variable.attrs, where)
    if variable.dtype.kind == "M":
        return variable.to_numpy().astype("M8[ns]")
    return decode(variable.to_numpy(), str(variable.attrs["units"]), where)


def dates_in_name(path: Path) -> tuple[np.datetime64, np.datetime64] | None:
    """Return begin and end of the period in a file name; None if the name has no date.

    One date means that day; two dates are the first and the last day.

    >>> str(dates_in_name(Path("SMAP_20180801_20180803.nc"))[1])
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
    """Return begin and end of the periods given by time stamps.

    Stamps that are all at midnight, or all at noon, are UTC days. All others are instants, with
    equal begin and end.
    """
    days = times.astype("M8[D]").astype("M8[ns]")
    day_time = np.unique((times - days)[~np.isnat(times)])
    if day_time.size == 1 and day_time[0] in (np.timedelta64(0, "h"), np.timedelta64(12, "h")):
        return np.asarray(days), np.asarray(days + ONE_DAY)
    return times, times


def axis_spans(ds: xr.Dataset, axis: str, where: str) -> tuple[Datetime64, Datetime64]:
    """Return begin and end of each step of a time axis: from its bounds, else from its stamps.

    Args:
        ds: dataset of a file.
        axis: name of the time variable.
        where: name of the file, for error messages.
    """
    bounds = ds.get(str(ds[axis].attrs.get("bounds", "")))
    if bounds is None or bounds.shape != (ds[axis].size, 2):
        return spans(decode_times(ds[axis], where))
    # CF: bounds may omit their units.
    units = bounds.attrs.get("units", ds[axis].attrs.get("units", ""))
    ends = decode_times(bounds.assign_attrs(units=units), where)
    return ends[:, 0], ends[:, 1]
