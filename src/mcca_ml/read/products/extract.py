"""Any soil-moisture product -> its values at some places, with the time that each stands for.

Nothing here knows a product by its name: layouts, units, times and flags are read from the files.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.read.products.dimensions import Nearest, layout_of
from mcca_ml.read.products.extract_file import Values, extract, together
from mcca_ml.read.products.moisture_files import moisture_files
from mcca_ml.read.products.open import Product, files_of
from mcca_ml.read.products.soil_moisture_variable import Conversion, check_range

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
        ("no value", ~np.isfinite(sm)),
        ("without a time", np.isnat(values.begin)),
        ("outside 0 to 1 m3 m-3", (sm < 0) | (sm > 1)),
    ]
    if is_strict:
        reasons.append(("not recommended by the product's flag", ~values.good))
    keep, count = np.ones(sm.size, np.bool_), Counter[str]()
    for reason, is_so in reasons:
        count[reason] += int((keep & is_so).sum())
        keep &= ~is_so
    vod = values.vod[keep & np.isfinite(values.vod)]
    begin, end, sm = values.begin[keep], values.end[keep], sm[keep]
    order = np.argsort(begin, kind="stable")
    begin, end, sm = begin[order], end[order], sm[order]
    again = np.r_[False, begin[1:] == begin[:-1]] if begin.size else np.zeros(0, np.bool_)
    count["the same place and time again"] += int(again.sum())
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
    paths = files_of(product.path)
    nearest, used = Nearest(places), 0
    parts: list[list[tuple[float, Values]]] = [[] for _ in places]
    for path, ds, first in moisture_files(product, paths=paths, progress=progress):
        used += 1
        layout = layout_of(ds, first.variable, path.name)
        inside = [(n, *at) for n, at in enumerate(nearest.places(layout)) if at[0].size]
        index = [places for _, places, _ in inside]
        values = extract(ds, first.variable, layout, index, path) if inside else []
        for (n, _, far), one in zip(inside, values, strict=True):
            parts[n].append((far, one))
    told = first.conversion
    known = [one.value[np.isfinite(one.value)] for part in parts for _, one in part]
    if any(values.size for values in known):
        percentiles = np.percentile(np.concatenate(known) * told.factor, [5, 50, 95])
        check_range(percentiles.tolist(), told, f"{product.path.name}: {first.variable}")
    series = tuple(_of_place(part, told, is_strict=is_strict) for part in parts)
    return Extract(product, first.variable, told, series, len(paths) - used, first.attrs)
