"""The nouns of `mcca-ml inspect`: what a file or folder holds, as rows for a screen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import AnyArray, UInt32
from mcca_ml.flags import MEANING, is_recommended
from mcca_ml.grid.place_text import latitude_text, longitude_text

SIMULATED = "SIMULATED, not an observation"


@dataclass(frozen=True)
class Row:
    """One variable."""

    name: str
    units: str
    low: str
    median: str
    high: str
    share: float
    """Of the observed cells, those with a value [1]."""


@dataclass(frozen=True)
class FlagRow:
    """One condition that occurs."""

    name: str
    meaning: str
    count: int
    is_recommended: bool
    """Whether values with it are recommended all the same."""


@dataclass(frozen=True)
class Description:
    """What a file holds."""

    heading: Mapping[str, str]
    rows: tuple[Row, ...]
    flags: tuple[FlagRow, ...] = ()
    values: int = 0
    """Values of soil moisture; 0 in a granule."""
    recommended: int = 0


def _number(value: float) -> str:
    return f"{value:.4g}"


def row_of(name: str, units: str, values: AnyArray) -> Row:
    """Statistics of a variable; NaN is no value."""
    known = values[np.isfinite(values)].astype(np.float64)
    share = known.size / max(values.size, 1)
    if known.size == 0:
        return Row(name, units, "-", "-", "-", share)
    low, median, high = known.min(), float(np.median(known)), known.max()
    return Row(name, units, _number(low), _number(median), _number(high), share)


def flag_rows(flag: UInt32) -> tuple[FlagRow, ...]:
    """The conditions that occur among some values, the commonest first."""
    found = [
        FlagRow(
            (bit.name or "").lower(),
            meaning,
            int(((flag & np.uint32(int(bit))) != 0).sum()),
            bool(is_recommended(np.array([int(bit)], np.uint32))[0]),
        )
        for bit, meaning in MEANING.items()
    ]
    return tuple(sorted((row for row in found if row.count), key=lambda row: -row.count))


def period(times: AnyArray) -> str:
    """First and last of the times that are known."""
    known = times[~np.isnat(times)].astype("datetime64[s]")
    return f"{known.min()} to {known.max()} UTC" if known.size else "times unknown"


def extent(lat: AnyArray, lon: AnyArray) -> str:
    """Where the places lie that are known [degree]; of a grid, those of its rows and columns."""
    lat, lon = lat[np.isfinite(lat)], lon[np.isfinite(lon)]
    if not (lat.size and lon.size):
        return "places unknown"
    rows = " to ".join(latitude_text(end, 1) for end in (lat.min(), lat.max()))
    columns = " to ".join(longitude_text(end, 1) for end in (lon.min(), lon.max()))
    return f"{rows}, {columns}"
