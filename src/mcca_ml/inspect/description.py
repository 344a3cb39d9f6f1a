"""Data classes for the output of `mcca-ml inspect`, and the rows of its tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Booleans, UInt32
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, MEANING, is_recommended
from mcca_ml.grid.place_text import latitude_text, longitude_text

SIMULATED = "SIMULATED, not an observation"
_HIDDEN = re.compile("flag|flag_cci|sensor|crs|time_bnds|land_cover(_main|_fraction)?")
"""Variables without a meaningful minimum and median."""
_MOISTURE = "sm", "soil_moisture"
"""Names of soil moisture."""


@dataclass(frozen=True)
class VariableRow:
    """Statistics of one variable."""

    name: str
    units: str
    low: str
    median: str
    high: str
    share: float
    """Share of the observed cells with a value [1]."""


@dataclass(frozen=True)
class FlagRow:
    """One flag that occurs."""

    name: str
    meaning: str
    count: int
    is_recommended: bool
    """True if values with this flag are recommended."""


@dataclass(frozen=True)
class Description:
    """Content of a file or folder."""

    heading: Mapping[str, str]
    rows: tuple[VariableRow, ...]
    flags: tuple[FlagRow, ...] = ()
    values: int = 0
    """Number of soil moisture values; 0 in a granule."""
    recommended: int = 0


def _number(value: float) -> str:
    return f"{value:.4g}"


def variable_row(name: str, units: str, values: AnyArray) -> VariableRow:
    """Return the statistics of a variable; NaN is missing."""
    known = values[np.isfinite(values)].astype(np.float64)
    share = known.size / max(values.size, 1)
    if known.size == 0:
        return VariableRow(name, units, "-", "-", "-", share)
    low, median, high = known.min(), float(np.median(known)), known.max()
    return VariableRow(name, units, _number(low), _number(median), _number(high), share)


def select_values(ds: xr.Dataset, at: Booleans) -> xr.Dataset:
    """Select values of each variable, over one dimension `value`, and channel.

    Args:
        ds: dataset with a variable `flag`, whose dimensions come first in other variables.
        at: True for values to select, shape of `flag`.
    """
    dims = ds["flag"].dims
    selected = {
        name: (("value", *variable.dims[len(dims) :]), variable.to_numpy()[at], variable.attrs)
        for name, variable in ds.data_vars.items()
        if variable.dims[: len(dims)] == dims
    }
    coords = {"channel": ds["channel"].to_numpy()} if "channel" in ds.coords else {}
    return xr.Dataset(selected, coords)


def variable_rows(ds: xr.Dataset) -> list[VariableRow]:
    """Return a row for each numeric variable, and for each channel of brightness temperature."""
    rows = []
    for name, variable in ds.data_vars.items():
        values = variable.to_numpy()
        if _HIDDEN.fullmatch(str(name)) or values.dtype.kind == "M":
            continue
        units = str(variable.attrs.get("units", ""))
        if "channel" not in variable.dims:
            rows.append(variable_row(str(name), units, values))
            continue
        for number, channel in enumerate(ds["channel"].to_numpy()):
            rows.append(variable_row(f"{name} {channel}", units, values[..., number]))
    return rows


def describe_values(
    heading: Mapping[str, str],
    ds: xr.Dataset,
    rows: Sequence[VariableRow],
    most_flags: int | None = None,
) -> Description:
    """Describe flags and soil moisture of selected values.

    Args:
        heading: heading of the description.
        ds: dataset from `select_values`.
        rows: rows of its variables.
        most_flags: largest number of flags listed; None for all that occur.
    """
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE)
    moisture = next((name for name in _MOISTURE if name in ds), None)
    values = np.isfinite(ds[moisture].to_numpy()) if moisture else np.zeros(flag.shape, np.bool_)
    return Description(
        heading=heading,
        rows=tuple(rows),
        flags=flag_rows(flag)[:most_flags],
        values=int(values.sum()),
        recommended=int((values & is_recommended(flag)).sum()),
    )


def unreadable(path: Path | str, error: Exception, expected: str) -> GranuleError:
    """Return the error for an unreadable file, with the first line of its reason.

    Args:
        path: path, of which the message contains the name, or text used unchanged.
        error: exception of the reader.
        expected: expected content, and what to do.
    """
    reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
    name = path.name if isinstance(path, Path) else path
    return GranuleError(f"{name}: cannot be read ({reason}), expected {expected}")


def flag_rows(flag: UInt32) -> tuple[FlagRow, ...]:
    """Return the flags that occur, most frequent first."""
    rows = [
        FlagRow(
            (bit.name or "").lower(),
            meaning,
            int(((flag & np.uint32(int(bit))) != 0).sum()),
            bool(is_recommended(np.array([int(bit)], np.uint32))[0]),
        )
        for bit, meaning in MEANING.items()
    ]
    return tuple(sorted((row for row in rows if row.count), key=lambda row: -row.count))


def period(times: AnyArray) -> str:
    """Return the first and last known time."""
    known = times[~np.isnat(times)].astype("datetime64[s]")
    return f"{known.min()} to {known.max()} UTC" if known.size else "times unknown"


def extent(lat: AnyArray, lon: AnyArray) -> str:
    """Return the range of latitude and longitude [degree]; for a grid, of its rows and columns."""
    lat, lon = lat[np.isfinite(lat)], lon[np.isfinite(lon)]
    if not (lat.size and lon.size):
        return "places unknown"
    rows = " to ".join(latitude_text(end, 1) for end in (lat.min(), lat.max()))
    columns = " to ".join(longitude_text(end, 1) for end in (lon.min(), lon.max()))
    return f"{rows}, {columns}"
