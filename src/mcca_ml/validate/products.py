"""Any soil-moisture product -> its values at some places, with the time that each stands for.

Nothing here knows a product by its name: layouts, units, times and flags are read from the files.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.errors import GranuleError
from mcca_ml.validate import when
from mcca_ml.validate.extract import Values, extract, together
from mcca_ml.validate.layout import layout_of, places_of
from mcca_ml.validate.moments import Doubles, Indices
from mcca_ml.validate.opening import Product, files_of, opened
from mcca_ml.validate.variables import Conversion, check_range, conversion, find

QUALITY = "not recommended by the product's flag"
OUT_OF_RANGE = "outside 0 to 1 m3 m-3"
TWICE = "the same place and time again"
NO_TIME = "without a time"
MISSING = "no value"


@dataclass(frozen=True)
class Series:
    """Values of a product at a place, in order of time."""

    begin: when.Times
    """Of what each value stands for [UTC] (value,)."""
    end: when.Times
    """The same as `begin` for an observation at an instant."""
    value: Doubles
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
class _File:
    """One file, and where the places lie in it."""

    path: Path
    index: tuple[Indices, ...]
    distance: tuple[float, ...]


@dataclass(frozen=True)
class _Survey:
    """What the files of a product have in common, and where the places lie."""

    variable: str
    conversion: Conversion
    files: tuple[_File, ...]
    passed_over: int
    attrs: Mapping[str, str]


def _bare(variable: str) -> str:
    """A variable without its group."""
    return variable.rpartition("/")[2]


def _survey(product: Product, places: Sequence[tuple[float, float]]) -> _Survey:
    """Look into all files.

    Raises:
        GranuleError: none has soil moisture; units that are not known.
    """
    found: list[_File] = []
    first: tuple[str, Conversion, dict[str, str]] | None = None
    known: tuple[Doubles, Doubles, tuple[Indices, ...], tuple[float, ...]] | None = None
    why, lost = "", 0
    for path in files_of(product.path):
        with opened(path, product.variable) as ds:
            if first is not None and first[0] not in ds.data_vars:
                lost += 1  # a file of places alone, or of nothing
                continue
            try:
                name = first[0] if first else find(ds, path.name, _bare(product.variable))
            except GranuleError as error:
                why, lost = why or str(error), lost + 1
                continue
            layout = layout_of(ds, name, path.name)
            if first is None:
                told = conversion(name, ds[name].attrs, path.name)
                first = name, told, {str(k): str(v) for k, v in ds.attrs.items()}
            same = known is not None and all(
                np.array_equal(a, b)
                for a, b in zip(known[:2], (layout.lat, layout.lon), strict=True)
            )
            if known is None or not same:
                at = [places_of(layout, lat, lon) for lat, lon in places]
                index, far = tuple(one for one, _ in at), tuple(one for _, one in at)
                known = layout.lat, layout.lon, index, far
            found.append(_File(path, known[2], known[3]))
    if first is None:
        raise GranuleError(why)
    return _Survey(first[0], first[1], tuple(found), lost, first[2])


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
    survey = _survey(product, places)
    nearest = [min(file.distance[number] for file in survey.files) for number in range(len(places))]
    parts: list[list[Values]] = [[] for _ in places]
    for file in survey.files:
        # A place belongs to the file, or files, whose cell is the nearest to it.
        wanted = [
            number
            for number, far in enumerate(file.distance)
            if np.isfinite(far) and far <= nearest[number] + 1e-3
        ]
        if wanted:
            with opened(file.path, product.variable) as ds:
                layout = layout_of(ds, survey.variable, file.path.name)
                index = [file.index[number] for number in wanted]
                held = extract(ds, survey.variable, layout, index, file.path)
            for number, values in zip(wanted, held, strict=True):
                parts[number].append(values)
        progress(1)
    _check(parts, survey, product)
    series = tuple(
        _ordered(together(part), survey.conversion, far, is_strict=is_strict) if part else None
        for part, far in zip(parts, nearest, strict=True)
    )
    return Extract(
        product, survey.variable, survey.conversion, series, survey.passed_over, survey.attrs
    )


def _check(parts: Sequence[Sequence[Values]], survey: _Survey, product: Product) -> None:
    """Refuse values that cannot be soil moisture in the units told.

    Raises:
        GranuleError: most lie outside 0 to 1 m3 m-3.
    """
    told = survey.conversion
    pieces = [one.value[np.isfinite(one.value)] for part in parts for one in part]
    values = np.concatenate(pieces) if pieces else np.zeros(0)
    if values.size:
        low, middle, high = np.percentile(values * told.factor, [5, 50, 95])
        check_range((low, middle, high), told, f"{product.path.name}: {survey.variable}")
