"""Pair a product with all sites, and count the rejected values by reason."""

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
    """One product paired with the readings at all sites."""

    product: MoistureProduct
    extract: Extract
    pairs: tuple[Collocated, ...]
    """Pairs of each site; empty where the site is outside the product."""
    reasons: Mapping[str, Mapping[str, int]]
    """Number of rejected values, by site and reason."""


def _no_pairs() -> Collocated:
    """Pairs of a site outside the product: none."""
    empty, unknown = np.zeros(0), float("nan")
    days = np.zeros(0, "M8[D]")
    return Collocated(days, days.astype("M8[ns]"), empty, empty, 0, unknown, unknown, {})


def compare(
    product: MoistureProduct,
    units: Sequence[Unit],
    settings: ValidateSettings,
    progress: Callable[[int], None] = lambda _: None,
) -> Compared:
    """Pair a product with the readings at all sites.

    Args:
        product: product to read.
        units: sites, dense networks and single probes.
        settings: the `[validate]` table.
        progress: called with 1 after each file.

    Raises:
        GranuleError: the product cannot be read, or has no pair with any site.
    """
    places = [(unit.lat, unit.lon) for unit in units]
    is_strict = settings.quality == "recommended"
    extract = extract_product(product, places, is_strict=is_strict, progress=progress)
    pairs, reasons = [], {}
    for unit, series in zip(units, extract.series, strict=True):
        if series is None:
            pairs.append(_no_pairs())
            reasons[unit.name] = {OUTSIDE: 1}
            continue
        collocated = collocate(
            series,
            unit,
            window_hours=settings.window_hours,
            fewest=settings.fewest_stations,
            weights=settings.weights,
        )
        pairs.append(collocated)
        reasons[unit.name] = {**series.excluded, **collocated.excluded}
    if not any(pair.day.size for pair in pairs):
        raise GranuleError(_no_pairs_message(product, extract, units))
    shares = product.shares or find_shares(f"{product.name} {product.path.name}", extract.attrs)
    return Compared(replace(product, shares=shares), extract, tuple(pairs), reasons)


def _no_pairs_message(product: MoistureProduct, extract: Extract, units: Sequence[Unit]) -> str:
    """Error message that states why a product has no pair with any station."""
    inside = [series for series in extract.series if series is not None]
    first = [probe.time[0] for unit in units for probe in unit.probes if probe.time.size]
    last = [probe.time[-1] for unit in units for probe in unit.probes if probe.time.size]
    stations = f"{str(min(first))[:10]} to {str(max(last))[:10]}"
    if not inside:
        cause = f"none of {len(units)} stations or networks is inside its area"
    elif not any(series.value.size for series in inside):
        reasons = sorted({reason for series in inside for reason in series.excluded})
        cause = f"no value at the stations ({', '.join(reasons) or 'no time step'})"
    else:
        begin = min(series.begin[0] for series in inside if series.value.size)
        end = max(series.end[-1] for series in inside if series.value.size)
        cause = f"values of {str(begin)[:10]} to {str(end)[:10]}, readings of {stations}"
    return (
        f"{product.path}: no pair with the stations: {cause}; expected common places and days; "
        "choose other stations, or change window_hours or quality"
    )
