"""Scores of a record and its streams at stations, and against truth in the same cells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.config.load import Settings
from mcca_ml.metrics.scores import Scores, score_pairs
from mcca_ml.read.products.configured import configured_products
from mcca_ml.report.scores.compared import FUSED, Comparison
from mcca_ml.report.scores.sheet import Column, Sheet, make_sheet
from mcca_ml.validate.pair_product import Compared
from mcca_ml.validate.run import NOT_COMMON, Validation, validate
from mcca_ml.validate.stations import DENSE, Unit
from mcca_ml.validate.tables import Value

RECORD, READINGS = "record", "readings of the stations"
_STREAM = "stream "


@dataclass(frozen=True)
class Readings:
    """Daily values of stations."""

    days: Datetime64
    """UTC days, (day,)."""
    values: Float64
    """[m3 m-3], (day,)."""
    label: str


@dataclass(frozen=True)
class AtStations:
    """Scores at stations, or the reason for none."""

    validation: Validation | None
    why_not: str = ""


def at_stations(settings: Settings, base: Path, stations: Path | None) -> AtStations:
    """Score the published record, its streams and the other configured products.

    Args:
        settings: the whole configuration.
        base: directory that its paths are relative to.
        stations: folder as the International Soil Moisture Network delivers it; None: none given.

    Raises:
        GranuleError: stations or a product cannot be read, or have nothing in common.
    """
    if stations is None:
        return AtStations(None, "No stations were given; name their folder with --stations DIR.")
    if find_spec("ismn") is None:
        return AtStations(None, "Stations were not read: the package ismn is not installed.")
    products = configured_products(settings, base)
    if not products:
        return AtStations(None, "Stations were not compared: the record has no published cube.")
    return AtStations(validate(products, stations, settings.validation))


def site_readings(validation: Validation, place: int) -> Readings:
    """Return the station values of a site on the days of the record [m3 m-3].

    Args:
        validation: scores at stations; the first product is the record.
        place: index of the unit.
    """
    pairs, unit = validation.compared[0].pairs[place], validation.units[place]
    label = f"mean of {unit.stations} stations" if unit.kind == DENSE else "station"
    return Readings(pairs.day, pairs.reference, label)


def shown_units(validation: Validation, cells: Sequence[int], most: int) -> list[int]:
    """Choose the sites to draw: dense networks first, then those with most days of the record.

    Args:
        validation: scores at stations; the first product is the record.
        cells: cells of the record.
        most: largest number of sites.
    """
    pairs = validation.compared[0].pairs
    known = set(cells)
    places = [
        i for i, unit in enumerate(validation.units) if unit.cell in known and pairs[i].day.size
    ]
    places.sort(key=lambda i: (validation.units[i].kind != DENSE, -pairs[i].day.size))
    return places[:most]


def product_of_report(name: str) -> str:
    """Return the name of a product in the report; empty for neither record nor stream.

    >>> product_of_report("record"), product_of_report("stream AMSR2"), product_of_report("ERA5")
    ('fused', 'AMSR2', '')
    """
    if name == RECORD:
        return FUSED
    return name.removeprefix(_STREAM) if name.startswith(_STREAM) else ""


def truth_at(comparison: Comparison, compared: Compared, place: int, unit: Unit) -> Scores | None:
    """Score against truth in the cell of a site, on the days of its pairs; None without truth.

    Args:
        comparison: products and references.
        compared: a product at all sites.
        place: index of the site.
        unit: the site.
    """
    name = product_of_report(compared.product.name)
    cells = comparison.record["cell"].to_numpy()
    at = int(np.searchsorted(cells, unit.cell))
    if name not in comparison.truths or at >= cells.size or cells[at] != unit.cell:
        return None
    days = comparison.record["time"].to_numpy().astype("M8[D]")
    is_day = np.isin(days, compared.pairs[place].day)
    sm, known = comparison.products[name].sm[at], comparison.truths[name][at]
    return score_pairs(sm[is_day], known[is_day])


_OF_SCORE = ("r", "anomaly_r", "ubrmsd", "bias", "cell_r", "cell_ubrmsd", "cell_bias")
_OF_TRUTH = ("true_r", "true_ubrmsd", "true_bias")


def _ends(name: str) -> tuple[str, str, str]:
    """Return the columns of a score and its 95 % interval."""
    return name, f"{name}_low", f"{name}_high"


_COLUMNS = ("unit", "kind", "product", "stations", "pairs") + tuple(
    column for name in _OF_SCORE for column in _ends(name)
)
_SHOWN: tuple[Column, ...] = (
    ("", "{}", "unit"),
    ("product", "{}", "product"),
    ("stations", "{}", "stations"),
    ("pairs", "{:,}", "pairs"),
    ("R", "{:.2f}\n{:.2f} to {:.2f}", *_ends("r")),
    ("R, truth", "{:.2f}", "true_r"),
    ("ubRMSD", "{:.3f}\n{:.3f} to {:.3f}", *_ends("ubrmsd")),
    ("ubRMSD, truth", "{:.3f}", "true_ubrmsd"),
    ("bias", "{:+z.3f}\n{:+z.3f} to {:+z.3f}", *_ends("bias")),
    ("bias, truth", "{:+z.3f}", "true_bias"),
    ("anomaly R", "{:.2f}\n{:.2f} to {:.2f}", *_ends("anomaly_r")),
)


def share_inside(columns: Sequence[str], data: Sequence[Sequence[Value]]) -> str:
    """Count the intervals of cell scores at networks that contain the score against truth.

    Args:
        columns: columns of the table of scores at stations.
        data: rows of that table.
    """
    shares = []
    for name, of_truth, words in (
        ("cell_r", "true_r", "R"),
        ("cell_ubrmsd", "true_ubrmsd", "ubRMSD"),
        ("cell_bias", "true_bias", "bias"),
    ):
        at = [columns.index(column) for column in (f"{name}_low", of_truth, f"{name}_high")]
        ends = np.array([[float(row[i]) for i in at] for row in data if row[1] == DENSE])
        known = ends[np.isfinite(ends).all(axis=1)] if ends.size else ends.reshape(0, 3)
        inside = ((known[:, 0] <= known[:, 1]) & (known[:, 1] <= known[:, 2])).sum()
        shares.append(f"{words} {inside} of {len(known)}")
    return ", ".join(shares)


def network_sheet(comparison: Comparison | None, validation: Validation) -> Sheet:
    """Format scores of all products at all sites, with those against truth where known.

    Args:
        comparison: references of a record; None: the products are not of a record.
        validation: scores of the record, its streams and others.
    """
    table, names = validation.table("scores"), (*_COLUMNS, *_OF_TRUTH)
    of_product = {product.product.name: product for product in validation.compared}
    places = {unit.name: i for i, unit in enumerate(validation.units)}
    data: list[tuple[Value, ...]] = []
    for row in table.rows:
        named = dict(zip(table.columns, row, strict=True))
        if named["days"] != "own":
            continue
        place = places[str(named["unit"])]
        compared, unit = of_product[str(named["product"])], validation.units[place]
        named["pairs"] = int(named["n"])
        named["cell_bias"] = named[
            "bias"
        ]  # stations have no bias, but a larger uncertainty of their mean
        true = None if comparison is None else truth_at(comparison, compared, place, unit)
        if true is not None:
            of_truth = (float(true.r), float(true.ubrmsd), float(true.bias))
            named |= dict(zip(_OF_TRUTH, of_truth, strict=True))
        data.append(tuple(named.get(name, float("nan")) for name in names))
    is_known = comparison is not None and bool(comparison.truths)
    beside = (
        " Columns with truth: scores against it in the same cell on the same days; they differ by "
        "the representativeness error of the stations. Intervals of scores against the cell mean "
        "(in the file), which allow for that error, contain the score against truth at networks "
        "for: "
        f"{share_inside(names, data)}."
        if is_known
        else ""
    )
    return make_sheet(
        "Scores at stations",
        [column for column in _SHOWN if is_known or not {*column} & {*_OF_TRUTH}],
        data,
        "Against the mean of the stations of a network in a cell, or a single station; below each "
        "number its 95 % interval. Each product on its own days; ubRMSD and bias in m3 m-3."
        + beside,
        names,
    )


def excluded_sheet(validation: Validation, products: Sequence[str]) -> Sheet:
    """Count the excluded values of products and readings by reason.

    Args:
        validation: scores of some products.
        products: names of the products shown; the file has all.
    """
    table = validation.table("excluded")
    count = Counter[tuple[str, str]]()
    for product, _, reason, number_of in table.rows:
        if product in (*products, READINGS) and reason != NOT_COMMON:
            count[str(product), str(reason)] += int(number_of)
    rows = tuple((product, reason, f"{of:,}") for (product, reason), of in count.items())
    return Sheet(
        "Not used at stations",
        ("", "reason", "count"),
        rows,
        "All stations together; the file has each station.",
        table.columns,
        table.rows,
    )
