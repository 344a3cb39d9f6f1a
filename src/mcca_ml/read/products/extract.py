"""Any soil-moisture product -> its values at some places, with the time of each value.

Products are not identified by name: layouts, units, times and flags are read from the files.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.read.products.dimensions import NearestPlaces, find_layout
from mcca_ml.read.products.extract_file import Values, concatenate, extract
from mcca_ml.read.products.moisture_files import moisture_files
from mcca_ml.read.products.open import MoistureProduct, list_files
from mcca_ml.read.products.soil_moisture_variable import Conversion, check_range

_SAME_KM = 1e-3  # places of two files within this distance are identical


@dataclass(frozen=True)
class PlaceSeries:
    """Values of a product at a place, in order of time."""

    begin: Datetime64
    """Begin of the period of each value [UTC] (value,)."""
    end: Datetime64
    """End of the period [UTC] (value,); equal to `begin` for an instantaneous observation."""
    value: Float64
    """[m3 m-3], or a fraction of saturation."""
    distance_km: float
    """Distance from the place to the centre of the cell, or to the point."""
    excluded: Mapping[str, int]
    """Number of rejected values by reason."""
    vod: float = float("nan")
    """Mean vegetation optical depth at the place [1]; NaN if the product has none."""


@dataclass(frozen=True)
class Extract:
    """Series of a product at some places."""

    product: MoistureProduct
    variable: str
    conversion: Conversion
    series: tuple[PlaceSeries | None, ...]
    """Series of each place; None outside the product."""
    passed_over: int
    """Number of files of the folder without soil moisture."""
    attrs: Mapping[str, str]
    """Global attributes of the first file."""


def _place_series(
    parts: Sequence[tuple[float, Values]], conversion: Conversion, *, is_strict: bool
) -> PlaceSeries | None:
    """Return the values of a place, from the files with the nearest cell."""
    if not parts:
        return None
    nearest = min(distance for distance, _ in parts)
    values = concatenate([v for distance, v in parts if distance <= nearest + _SAME_KM])
    return _ordered(values, conversion, nearest, is_strict=is_strict)


def _ordered(
    values: Values, conversion: Conversion, distance_km: float, *, is_strict: bool
) -> PlaceSeries:
    """Convert values to m3 m-3, sort them by time and reject invalid ones."""
    sm = values.value * conversion.factor
    reasons: list[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]] = [
        ("no value", ~np.isfinite(sm)),
        ("without a time", np.isnat(values.begin)),
        ("outside 0 to 1 m3 m-3", (sm < 0) | (sm > 1)),
    ]
    if is_strict:
        reasons.append(("not recommended by the product's flag", ~values.good))
    keep, count = np.ones(sm.size, np.bool_), Counter[str]()
    for reason, is_rejected in reasons:
        count[reason] += int((keep & is_rejected).sum())
        keep &= ~is_rejected
    vod = values.vod[keep & np.isfinite(values.vod)]
    begin, end, sm = values.begin[keep], values.end[keep], sm[keep]
    order = np.argsort(begin, kind="stable")
    begin, end, sm = begin[order], end[order], sm[order]
    is_new = np.r_[True, begin[1:] != begin[:-1]] if begin.size else np.zeros(0, np.bool_)
    count["the same place and time again"] += int((~is_new).sum())
    excluded = {reason: number for reason, number in count.items() if number}
    mean = float(vod.mean()) if vod.size else float("nan")
    return PlaceSeries(begin[is_new], end[is_new], sm[is_new], distance_km, excluded, mean)


def extract_product(
    product: MoistureProduct,
    places: Sequence[tuple[float, float]],
    *,
    is_strict: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Extract:
    """Return the series of a product at some places.

    Args:
        product: product to read.
        places: latitude and longitude of each place [degree].
        is_strict: True to reject values that the product does not recommend.
        progress: called with 1 after each file.

    Raises:
        GranuleError: unreadable, no soil moisture, unknown units, or no times.
    """
    paths = list_files(product.path)
    nearest, used = NearestPlaces(places), 0
    parts: list[list[tuple[float, Values]]] = [[] for _ in places]
    for path, ds, first in moisture_files(product, paths=paths, progress=progress):
        used += 1
        layout = find_layout(ds, first.variable, path.name)
        inside = [(n, *at) for n, at in enumerate(nearest.places(layout)) if at[0].size]
        index = [places for _, places, _ in inside]
        values = extract(ds, first.variable, layout, index, path) if inside else []
        for (n, _, distance), at_place in zip(inside, values, strict=True):
            parts[n].append((distance, at_place))
    conversion = first.conversion
    known = [v.value[np.isfinite(v.value)] for part in parts for _, v in part]
    if any(values.size for values in known):
        percentiles = np.percentile(np.concatenate(known) * conversion.factor, [5, 50, 95])
        check_range(percentiles.tolist(), conversion, f"{product.path.name}: {first.variable}")
    series = tuple(_place_series(part, conversion, is_strict=is_strict) for part in parts)
    return Extract(product, first.variable, conversion, series, len(paths) - used, first.attrs)
