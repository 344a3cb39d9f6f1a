"""A record and its streams at stations: scores, and how near they are to those against truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.config.load import Settings
from mcca_ml.metrics.scores import Scores, scores_of_pairs
from mcca_ml.read.products.configured import products_of
from mcca_ml.report.scores.compared import FUSED, Held
from mcca_ml.report.scores.sheet import Sheet, number, signed, with_ends
from mcca_ml.validate.pair_product import Compared
from mcca_ml.validate.run import NOT_COMMON, Validation, validate
from mcca_ml.validate.stations import DENSE, Unit
from mcca_ml.validate.tables import Value

RECORD, READINGS = "record", "readings of the stations"
_STREAM = "stream "


@dataclass(frozen=True)
class Readings:
    """What stations say, a value a day."""

    days: Datetime64
    """UTC days, (day,)."""
    values: Float64
    """[m3 m-3], (day,)."""
    label: str


@dataclass(frozen=True)
class AtStations:
    """What was found at stations, or why nothing was."""

    validation: Validation | None
    why_not: str = ""


def at_stations(settings: Settings, base: Path, stations: Path | None) -> AtStations:
    """Score the published record and its streams, and what the configuration puts beside them.

    Args:
        settings: the whole configuration.
        base: directory that its paths are seen from.
        stations: folder as the International Soil Moisture Network delivers it; None: none given.

    Raises:
        GranuleError: stations or a product cannot be read, or have nothing in common.
    """
    if stations is None:
        return AtStations(None, "No stations were given; --stations DIR names a folder of them.")
    if find_spec("ismn") is None:
        return AtStations(None, "Stations were not read: the package ismn is not installed.")
    products = products_of(settings, base)
    if not products:
        return AtStations(None, "Stations were not compared: the record has no published cube.")
    return AtStations(validate(products, stations, settings.validation))


def readings_of(validation: Validation, place: int) -> Readings:
    """What the stations of a unit say on the days of the record [m3 m-3].

    Args:
        validation: of which the first product is the record.
        place: of the unit in it.
    """
    pairs, unit = validation.compared[0].pairs[place], validation.units[place]
    label = f"mean of {unit.stations} stations" if unit.kind == DENSE else "station"
    return Readings(pairs.day, pairs.reference, label)


def shown_units(validation: Validation, cells: Sequence[int], most: int) -> list[int]:
    """Places of the units to draw: dense networks first, those with most days of the record.

    Args:
        validation: of which the first product is the record.
        cells: those of the record.
        most: how many at most.
    """
    pairs = validation.compared[0].pairs
    known = set(cells)
    places = [
        i for i, unit in enumerate(validation.units) if unit.cell in known and pairs[i].day.size
    ]
    places.sort(key=lambda i: (validation.units[i].kind != DENSE, -pairs[i].day.size))
    return places[:most]


def product_of_report(name: str) -> str:
    """What a product of a validation is called in a report; empty: neither record nor stream.

    >>> product_of_report("record"), product_of_report("stream AMSR2"), product_of_report("ERA5")
    ('fused', 'AMSR2', '')
    """
    if name == RECORD:
        return FUSED
    return name.removeprefix(_STREAM) if name.startswith(_STREAM) else ""


def truth_at(found: Held, one: Compared, place: int, unit: Unit) -> Scores | None:
    """Scores against truth in the cell of a unit, on the days of its pairs; None where unknown.

    Args:
        found: what is compared.
        one: a product at all units.
        place: of the unit.
        unit: it.
    """
    name = product_of_report(one.product.name)
    cells = found.record["cell"].to_numpy()
    at = int(np.searchsorted(cells, unit.cell))
    if name not in found.known or at >= cells.size or cells[at] != unit.cell:
        return None
    days = found.record["time"].to_numpy().astype("M8[D]")
    is_day = np.isin(days, one.pairs[place].day)
    sm, known = found.products[name].sm[at], found.known[name][at]
    return scores_of_pairs(sm[is_day], known[is_day])


_HEAD = (
    "",
    "product",
    "stations",
    "pairs",
    "R",
    "R, truth",
    "ubRMSD",
    "ubRMSD, truth",
    "bias",
    "bias, truth",
    "anomaly R",
)
_OF_TRUTH = (5, 7, 9)
_OF_SCORE = ("r", "anomaly_r", "ubrmsd", "bias", "cell_r", "cell_ubrmsd", "cell_bias")


def _row(named: dict[str, Value], true: Scores | None) -> tuple[tuple[str, ...], tuple[Value, ...]]:
    """A row as it is shown, and as the file has it."""

    def value(name: str) -> float:
        return float(named.get(name, float("nan")))

    def ends(name: str, digits: int) -> str:
        show = signed if name.endswith("bias") else number
        low, high = (show(value(f"{name}_{end}"), digits) for end in ("low", "high"))
        return with_ends(show(value(name), digits), low, high)

    true_r, true_ubrmsd, true_bias = (
        (float("nan"),) * 3
        if true is None
        else (float(true.r), float(true.ubrmsd), float(true.bias))
    )
    shown = (
        f"{named['unit']}",
        str(named["product"]),
        str(named["stations"]),
        f"{value('n'):,.0f}",
        ends("r", 2),
        number(true_r, 2),
        ends("ubrmsd", 3),
        number(true_ubrmsd, 3),
        ends("bias", 3),
        signed(true_bias, 3),
        ends("anomaly_r", 2),
    )
    numbers = [value(f"{name}{end}") for name in _OF_SCORE for end in ("", "_low", "_high")]
    head = (named["unit"], named["kind"], named["product"], named["stations"], int(value("n")))
    return shown, (*head, *numbers, true_r, true_ubrmsd, true_bias)


def share_held(columns: Sequence[str], data: Sequence[Sequence[Value]]) -> str:
    """How many intervals of scores against the cell, at networks, hold those against truth.

    Args:
        columns: of the table of scores at stations.
        data: its rows.
    """
    said = []
    for name, of_truth, words in (
        ("cell_r", "true_r", "R"),
        ("cell_ubrmsd", "true_ubrmsd", "ubRMSD"),
        ("cell_bias", "true_bias", "bias"),
    ):
        at = [columns.index(one) for one in (f"{name}_low", of_truth, f"{name}_high")]
        ends = np.array([[float(row[i]) for i in at] for row in data if row[1] == DENSE])
        known = ends[np.isfinite(ends).all(axis=1)] if ends.size else ends.reshape(0, 3)
        held = ((known[:, 0] <= known[:, 1]) & (known[:, 1] <= known[:, 2])).sum()
        said.append(f"{words} {held} of {len(known)}")
    return ", ".join(said)


def network_sheet(found: Held | None, validation: Validation) -> Sheet:
    """Scores of all products at all units, beside those against truth where it is known.

    Args:
        found: what is compared of a record; None: the products are not of a record.
        validation: of the record, its streams and others.
    """
    table = validation.table("scores")
    named = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    of_product = {one.product.name: one for one in validation.compared}
    places = {unit.name: i for i, unit in enumerate(validation.units)}
    rows, data = [], []
    for one in named:
        if one["days"] != "own":
            continue
        place = places[str(one["unit"])]
        compared, unit = of_product[str(one["product"])], validation.units[place]
        one["cell_bias"] = one["bias"]  # stations are not biased, only less certain of the level
        true = None if found is None else truth_at(found, compared, place, unit)
        shown, values = _row(one, true)
        rows.append(shown)
        data.append(values)
    is_known = found is not None and bool(found.known)
    keep = [i for i in range(len(_HEAD)) if is_known or i not in _OF_TRUTH]
    columns = tuple(f"{name}{end}" for name in _OF_SCORE for end in ("", "_low", "_high"))
    lead = ("unit", "kind", "product", "stations", "pairs")
    names = (*lead, *columns, "true_r", "true_ubrmsd", "true_bias")
    beside = (
        " Beside them, where truth is known, the scores against it in the same cell on the same "
        "days: they differ from those against stations by what stations do not know of their cell. "
        "Intervals of scores against the cell, which allow for what stations do not know of it "
        f"(in the file), hold those against truth at networks: {share_held(names, data)}."
        if is_known
        else ""
    )
    return Sheet(
        "Scores at stations",
        tuple(_HEAD[i] for i in keep),
        tuple(tuple(row[i] for i in keep) for row in rows),
        "Against the mean of the stations of a network in a cell, or a station alone; below each "
        "number its 95 % interval. Each product on days of its own; ubRMSD and bias in m3 m-3."
        + beside,
        names,
        tuple(data),
    )


def excluded_sheet(validation: Validation, products: Sequence[str]) -> Sheet:
    """What was not used of products and of the readings, counted by reason.

    Args:
        validation: of some products.
        products: names of those that are shown; the file has all.
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
        "All stations together; the file tells them apart.",
        table.columns,
        table.rows,
    )
