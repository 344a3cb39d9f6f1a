"""A product -> its pairs with all units, and what of it was not used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import GranuleError
from mcca_ml.read.products.extract import Extract, extract_product
from mcca_ml.read.products.open import MoistureProduct
from mcca_ml.read.products.provenance import find_shares
from mcca_ml.validate.collocate import Collocated, collocate
from mcca_ml.validate.stations import Unit

OUTSIDE = "outside the product"


@dataclass(frozen=True)
class Compared:
    """One product at all units."""

    product: MoistureProduct
    extract: Extract
    pairs: tuple[Collocated, ...]
    """Of each unit; without a day where the product does not reach it."""
    reasons: Mapping[str, Mapping[str, int]]
    """Values and readings that are not used, by unit and reason."""


def _none() -> Collocated:
    """No pair at all."""
    nothing, unknown = np.zeros(0), float("nan")
    days = np.zeros(0, "M8[D]")
    return Collocated(days, days.astype("M8[ns]"), nothing, nothing, 0, unknown, unknown, {})


def compare(
    product: MoistureProduct,
    units: Sequence[Unit],
    settings: ValidateSettings,
    progress: Callable[[int], None] = lambda _: None,
) -> Compared:
    """Pairs of a product with all units.

    Args:
        product: what to read.
        units: what to score against.
        settings: windows and numbers.
        progress: called with 1 after each file.

    Raises:
        GranuleError: it cannot be read, or has no pair with any unit.
    """
    places = [(unit.lat, unit.lon) for unit in units]
    is_strict = settings.quality == "recommended"
    found = extract_product(product, places, is_strict=is_strict, progress=progress)
    pairs, reasons = [], {}
    for unit, series in zip(units, found.series, strict=True):
        if series is None:
            pairs.append(_none())
            reasons[unit.name] = {OUTSIDE: 1}
            continue
        one = collocate(
            series,
            unit,
            window_hours=settings.window_hours,
            fewest=settings.fewest_stations,
            weights=settings.weights,
        )
        pairs.append(one)
        reasons[unit.name] = {**series.excluded, **one.excluded}
    if not any(one.day.size for one in pairs):
        raise GranuleError(_why_none(product, found, units))
    told = product.shares or find_shares(f"{product.name} {product.path.name}", found.attrs)
    return Compared(replace(product, shares=told), found, tuple(pairs), reasons)


def _why_none(product: MoistureProduct, found: Extract, units: Sequence[Unit]) -> str:
    """Why a product and stations have nothing in common."""
    inside = [one for one in found.series if one is not None]
    first = [probe.time[0] for unit in units for probe in unit.probes if probe.time.size]
    last = [probe.time[-1] for unit in units for probe in unit.probes if probe.time.size]
    stations = f"{str(min(first))[:10]} to {str(max(last))[:10]}"
    if not inside:
        what = f"none of {len(units)} stations or networks lies in it"
    elif not any(one.value.size for one in inside):
        left = sorted({reason for one in inside for reason in one.excluded})
        what = f"no value at the stations ({', '.join(left) or 'no time step'})"
    else:
        begin = min(one.begin[0] for one in inside if one.value.size)
        end = max(one.end[-1] for one in inside if one.value.size)
        what = f"values of {str(begin)[:10]} to {str(end)[:10]}, readings of {stations}"
    return (
        f"{product.path}: no pair with the stations: {what}; expected common places and days, give "
        "others, or another window_hours or quality"
    )
