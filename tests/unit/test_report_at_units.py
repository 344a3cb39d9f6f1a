"""Tables of a validation as a reader sees them."""

from dataclasses import dataclass

import pytest

from mcca_ml.report.figures.taylor import product_colours
from mcca_ml.report.scores import station_tables
from mcca_ml.validate.run import Validation
from mcca_ml.validate.score_rows import SUMMARY
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import ScoreTable
from mcca_ml.validate.triplets import COLUMNS

NAN = float("nan")


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class OfProduct:
    product: Named


def validation(*tables: ScoreTable, products: tuple[str, ...] = ("a", "b")) -> Validation:
    """What was found of some products, their tables alone."""
    return Validation((), tuple(OfProduct(Named(one)) for one in products), tables)


def summary(*heads: tuple[str, str, str, str, int]) -> ScoreTable:
    """R of 0.5 with quartiles 0.4 and 0.7 for each product, days, group, class and units."""
    rows = tuple(
        (product, days, "network", group, name, units, "r", 0.5, 0.4, 0.7)
        for product, days, group, name, units in heads
    )
    return ScoreTable("summary", SUMMARY, rows)


@pytest.mark.parametrize(
    ("common", "days"), [((4, 4), "common"), ((2, 2), "common"), ((1, 4), "own"), ((0, 0), "own")]
)
def test_products_are_compared_on_common_days_if_most_units_have_them(common, days):
    heads = [(one, "own", "all", "all", 4) for one in "ab"]
    heads += [(one, "common", "all", "all", n) for one, n in zip("ab", common, strict=True) if n]
    assert station_tables.days_compared(validation(summary(*heads))) == days


def test_one_product_has_own_days():
    result = validation(summary(("a", "own", "all", "all", 4)), products=("a",))
    assert station_tables.days_compared(result) == "own"


def test_medians_have_quartiles_where_there_is_more_than_one_unit():
    result = validation(summary(("a", "own", "all", "all", 3), ("b", "own", "all", "all", 1)))
    sheet = station_tables.medians_sheet(result)
    assert [row[4] for row in sheet.rows] == ["0.50\n0.40 to 0.70", "0.50"]
    assert sheet.data[0][sheet.columns.index("r_q75")] == 0.7


def test_a_way_to_tell_units_apart_is_left_out_where_all_are_of_one_class():
    heads = [("a", "own", "all", "all", 3), ("a", "own", "VOD", "unknown", 3)]
    heads += [("a", "own", "climate", name, 2) for name in ("arid", "cold")]
    heads += [("a", "own", "network", name, 1) for name in ("N", "M")]
    sheets = list(station_tables.strata_sheets(validation(summary(*heads), products=("a",))))
    assert [one.title for one in sheets] == ["At stations by climate"]
    assert [row[0] for row in sheets[0].rows] == ["arid", "cold"]


def test_both_kinds_of_units_count_for_the_days():
    """Of five networks and forty stations only the networks have common days: too few."""
    rows = []
    for product in "ab":
        for days, kind, units in (
            ("own", "station", 40),
            ("common", "network", 5),
            ("own", "network", 5),
        ):
            rows.append((product, days, kind, "all", "all", units, "r", 0.5, 0.4, 0.7))
    assert (
        station_tables.days_compared(validation(ScoreTable("summary", SUMMARY, tuple(rows))))
        == "own"
    )


def triple(*rows: tuple[object, ...], kinds: tuple[str, ...] = ("network",) * 3) -> Validation:
    units = tuple(Unit(kind, f"u{i}", "N", 0, 0.0, 0.0, ()) for i, kind in enumerate(kinds))
    return Validation(units, (), (ScoreTable("triple", COLUMNS, rows),))


def test_errors_by_triple_collocation_are_medians_over_units():
    errors = (0.02, 0.03, 0.06)
    rows = [
        (f"u{i}", "a / b / stations", "a", 200.0, one, one / 2, one * 2, 0.8, 3.0, 1.0, "")
        for i, one in enumerate(errors)
    ]
    (row,) = station_tables.triple_sheet(triple(*rows)).rows
    assert row[:5] == ("a / b / stations", "a", "dense networks", "3", "200")
    assert row[5] == "0.030\n0.015 to 0.060"
    assert station_tables.refused_sheet(triple(*rows)) is None


def test_errors_at_networks_and_at_stations_are_not_pooled():
    rows = [
        (f"u{i}", "a / b / stations", "a", 200.0, one, one, one, 0.8, 3.0, 1.0, "")
        for i, one in enumerate((0.02, 0.03, 0.06))
    ]
    result = triple(*rows, kinds=("network", "station", "station"))
    shown = [(row[2], row[3], row[5][:5]) for row in station_tables.triple_sheet(result).rows]
    assert shown == [("dense networks", "1", "0.020"), ("single stations", "2", "0.045")]


def test_refused_triplets_are_counted_by_reason():
    head, reason = ("",), "a and b share SMAP, so their errors are not independent"
    rows = [(*head, f"a / b / {one}", "", 0, *(NAN,) * 6, reason) for one in ("stations", "c")]
    sheet = station_tables.refused_sheet(triple(*rows))
    assert sheet.rows == ((reason, "2", "a / b / stations"),)
    assert len(sheet.data) == 2
    assert station_tables.triple_sheet(triple(*rows)) is None


def test_products_have_different_colours():
    names = ["record", "stream TMI", "stream GMI", "ERA5", "ESA CCI", "AMSR2 LPRM", "LPRM GMI"]
    assert len(set(product_colours(names).values())) == len(names)
