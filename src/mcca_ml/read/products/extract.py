"""Any soil-moisture product -> its values at some places, with the time that each stands for.

Nothing here knows a product by its name: layouts, units, times and flags are read from the files.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float64, Int64
from mcca_ml.read.products.dimensions import Layout, layout_of, places_of
from mcca_ml.read.products.extract_file import Values, extract, together
from mcca_ml.read.products.moisture_files import Moisture, moisture_files
from mcca_ml.read.products.open import Product
from mcca_ml.read.products.soil_moisture_variable import Conversion, check_range

QUALITY = "not recommended by the product's flag"
OUT_OF_RANGE = "outside 0 to 1 m3 m-3"
TWICE = "the same place and time again"
NO_TIME = "without a time"
MISSING = "no value"
_SAME_KM = 1e-3  # places of two files that are nearer than that are one


@dataclass(frozen=True)
class Series:
    """Values of a product at a place, in order of time."""

    begin: Datetime64
    """Of what each value stands for [UTC] (value,)."""
    end: Datetime64
    """The same as `begin` for an observation at an instant."""
    value: Float64
    """[m3 m-3], or a fraction of saturation."""
    distance_km: float
    """From the place to the centre of the cell, or to the point."""
    excluded: Mapping[str, int]
    """Values that are not used, by reason."""
    vod: float = float("nan")
    """Mean vegetation optical depth beside the values [1]; NaN where the product has none."""


@dataclass(frozen=True)
class Extract:
    """What a product holds at some places."""

    product: Product
    variable: str
    conversion: Conversion
    series: tuple[Series | None, ...]
    """One a place; None where it lies outside the product."""
    passed_over: int
    """Files of the folder without soil moisture."""
    attrs: Mapping[str, str]
    """Global attributes of the first file."""


@dataclass(frozen=True)
class _Where:
    """Where the places lie in files of one layout."""

    layout: Layout
    index: tuple[Int64, ...]
    distance: tuple[float, ...]
    """From each place to the nearest of the file [km]; infinite outside."""


def _where(layout: Layout, places: Sequence[tuple[float, float]], known: _Where | None) -> _Where:
    """Where the places lie; what is known where the file has the layout of the one before."""
    if known is not None:
        pairs = ((known.layout.lat, layout.lat), (known.layout.lon, layout.lon))
        if all(np.array_equal(a, b) for a, b in pairs):
            return _Where(layout, known.index, known.distance)
    found = [places_of(layout, lat, lon) for lat, lon in places]
    return _Where(layout, tuple(one for one, _ in found), tuple(far for _, far in found))


@dataclass(frozen=True)
class _Read:
    """All files of a product."""

    first: Moisture
    parts: tuple[list[tuple[float, Values]], ...]
    """For each place its distance and values in each file that reaches it."""
    passed_over: int


def _read(
    product: Product, places: Sequence[tuple[float, float]], progress: Callable[[int], None]
) -> _Read:
    """Read all files, each once.

    Raises:
        GranuleError: not readable, none has soil moisture, other units or no times.
    """
    parts: tuple[list[tuple[float, Values]], ...] = tuple([] for _ in places)
    where: _Where | None = None
    count = Counter[str]()

    def counted(files: int) -> None:
        count["all"] += files
        progress(files)

    for path, ds, first in moisture_files(product, progress=counted):
        count["used"] += 1
        where = _where(layout_of(ds, first.variable, path.name), places, where)
        inside = [n for n, far in enumerate(where.distance) if np.isfinite(far)]
        index = [where.index[n] for n in inside]
        values = extract(ds, first.variable, where.layout, index, path) if inside else []
        for n, one in zip(inside, values, strict=True):
            parts[n].append((where.distance[n], one))
    return _Read(first, parts, count["all"] - count["used"])


def _of_place(
    parts: Sequence[tuple[float, Values]], told: Conversion, *, is_strict: bool
) -> Series | None:
    """The values of a place, from the file or files whose cell is the nearest to it."""
    if not parts:
        return None
    nearest = min(far for far, _ in parts)
    values = together([one for far, one in parts if far <= nearest + _SAME_KM])
    return _ordered(values, told, nearest, is_strict=is_strict)


def _ordered(values: Values, told: Conversion, far: float, *, is_strict: bool) -> Series:
    """Values in order of time and in m3 m-3, without those that do not count."""
    sm = values.value * told.factor
    reasons: list[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]] = [
        (MISSING, ~np.isfinite(sm)),
        (NO_TIME, np.isnat(values.begin)),
        (OUT_OF_RANGE, (sm < 0) | (sm > 1)),
    ]
    if is_strict:
        reasons.append((QUALITY, ~values.good))
    keep, count = np.ones(sm.size, np.bool_), Counter[str]()
    for reason, is_so in reasons:
        count[reason] += int((keep & is_so).sum())
        keep &= ~is_so
    vod = values.vod[keep & np.isfinite(values.vod)]
    begin, end, sm = values.begin[keep], values.end[keep], sm[keep]
    order = np.argsort(begin, kind="stable")
    begin, end, sm = begin[order], end[order], sm[order]
    again = np.r_[False, begin[1:] == begin[:-1]] if begin.size else np.zeros(0, np.bool_)
    count[TWICE] += int(again.sum())
    excluded = {reason: number for reason, number in count.items() if number}
    mean = float(vod.mean()) if vod.size else float("nan")
    return Series(begin[~again], end[~again], sm[~again], far, excluded, mean)


def extract_product(
    product: Product,
    places: Sequence[tuple[float, float]],
    *,
    is_strict: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Extract:
    """What a product holds at some places.

    Args:
        product: what to read.
        places: latitude and longitude of each [degree].
        is_strict: whether values that the product itself does not recommend are left out.
        progress: called with 1 after each file.

    Raises:
        GranuleError: not readable, no soil moisture, units not known, no times.
    """
    found = _read(product, places, progress)
    told = found.first.conversion
    _check(found, product)
    series = tuple(_of_place(part, told, is_strict=is_strict) for part in found.parts)
    first = found.first
    return Extract(product, first.variable, told, series, found.passed_over, first.attrs)


def _check(found: _Read, product: Product) -> None:
    """Refuse values that cannot be soil moisture in the units told.

    Raises:
        GranuleError: most lie outside 0 to 1 m3 m-3.
    """
    told = found.first.conversion
    pieces = [one.value[np.isfinite(one.value)] for part in found.parts for _, one in part]
    values = np.concatenate(pieces) if pieces else np.zeros(0)
    if values.size:
        low, middle, high = np.percentile(values * told.factor, [5, 50, 95])
        where = f"{product.path.name}: {found.first.variable}"
        check_range((low, middle, high), told, where)
