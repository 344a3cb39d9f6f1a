"""Products and stations -> tables of scores: what `mcca-ml validate` does."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Booleans
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.read.products.open import Product
from mcca_ml.validate import pairwise, strata
from mcca_ml.validate import score_rows as made_rows
from mcca_ml.validate.pair_product import OUTSIDE, Compared, compare
from mcca_ml.validate.score_units import Held, cell_scores, days_of, held, score_units
from mcca_ml.validate.stability import TREND, stability_rows
from mcca_ml.validate.stations import Probe, Unit, read_probes, units_of
from mcca_ml.validate.tables import Table, Value
from mcca_ml.validate.triplets import COLUMNS, triplet_rows

NOT_COMMON = "a day that another product lacks"
UNPAIRED = "no day with a pair"


@dataclass(frozen=True)
class Validation:
    """Everything that was found."""

    units: tuple[Unit, ...]
    compared: tuple[Compared, ...]
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The table of a name."""
        return next(one for one in self.tables if one.name == name)


def _readings_left_out(unit: Unit) -> dict[str, int]:
    """Readings of a unit's probes that do not count, by reason."""
    return sum((Counter(probe.excluded) for probe in unit.probes), Counter[str]())


def _vod_of(compared: Sequence[Compared], number: int) -> float:
    """Mean vegetation optical depth at a unit [1], of the first product that tells it."""
    series = (one.extract.series[number] for one in compared)
    return next((s.vod for s in series if s is not None and np.isfinite(s.vod)), float("nan"))


@dataclass(frozen=True)
class _Asked:
    """What is the same for all products."""

    units: tuple[Unit, ...]
    classes: Mapping[str, Sequence[str]]
    """Class of each unit, by the kind of class."""
    fewest: int
    """Pairs without which a unit has no part in a median."""


def _scored(
    head: tuple[str, str], one: Compared, found: Held, asked: _Asked
) -> tuple[list[tuple[Value, ...]], list[tuple[Value, ...]], made_rows.Columns]:
    """Rows of units and of the summary for some days of a product."""
    scores = score_units(found)
    numbers = made_rows.columns_of(
        scores,
        cell_scores(scores, found, one.pairs),
        is_volumetric=one.extract.conversion.is_volumetric,
    )
    return (
        made_rows.unit_rows(head, asked.units, numbers, one.pairs),
        made_rows.summary_rows(head, asked.units, numbers, asked.fewest, asked.classes),
        numbers,
    )


def _by_days(
    head: tuple[str, str], one: Compared, found: Held, asked: _Asked
) -> list[tuple[Value, ...]]:
    """Rows of the summary by season and by period of sensors."""
    out: list[tuple[Value, ...]] = []
    for kind in (strata.seasons(found.days), strata.sensor_periods(found.days)):
        for number, name in enumerate(kind.classes):
            part = found.only(np.broadcast_to(kind.labels == number, found.seen.shape))
            if part.seen.any():
                of_class = _scored(head, one, part, asked)[1]
                whole = [row for row in of_class if row[3] == "all"]
                out += [(*row[:3], kind.name, name, *row[5:]) for row in whole]
    return out


Rows = dict[str, list[tuple[Value, ...]]]


def _of_product(
    one: Compared, found: Held, common: Booleans | None, asked: _Asked
) -> tuple[Rows, made_rows.Columns]:
    """The rows of one product in each table, and the columns of its scores."""
    name, units = one.product.name, asked.units
    rows: Rows = {"scores": [], "summary": []}
    kinds = {"own": found}
    reasons = {unit: dict(counted) for unit, counted in one.reasons.items()}
    if common is not None:
        kinds["common"] = found.only(common)
        lost = (found.seen & ~common).sum(axis=1)
        for unit, number in zip(units, lost.tolist(), strict=True):
            reasons[unit.name] |= {NOT_COMMON: int(number)} if number else {}
    for unit, pair in zip(units, one.pairs, strict=True):
        if not pair.day.size and OUTSIDE not in reasons[unit.name]:
            reasons[unit.name][UNPAIRED] = 1
    numbers: made_rows.Columns = {}
    for kind, pairs in kinds.items():
        of_unit, of_all, numbers = _scored((name, kind), one, pairs, asked)
        rows["scores"] += of_unit
        rows["summary"] += [*of_all, *_by_days((name, kind), one, pairs, asked)]
    rows["excluded"] = made_rows.excluded_rows(name, reasons)
    rows["coverage"] = made_rows.years_rows((name, "own"), units, found)
    is_volumetric = one.extract.conversion.is_volumetric
    rows["stability"] = stability_rows(name, units, found) if is_volumetric else []
    return rows, numbers


def tables_of(
    units: Sequence[Unit], compared: Sequence[Compared], settings: ValidateSettings
) -> tuple[Table, ...]:
    """All tables.

    Args:
        units: what was scored against.
        compared: the products, each with pairs with all units.
        settings: numbers.
    """
    days = days_of([pair for one in compared for pair in one.pairs])
    pairs = {one.product.name: held(one.pairs, days) for one in compared}
    seen = [one.seen for one in pairs.values()]
    common = np.logical_and.reduce(seen) if len(compared) > 1 else None
    rows: Rows = {name: [] for name in ("scores", "summary", "excluded", "coverage", "stability")}
    numbers: made_rows.Columns = {}
    vod = [_vod_of(compared, number) for number in range(len(units))]
    asked = _Asked(tuple(units), strata.of_units(units, vod), settings.fewest_pairs)
    for one in compared:
        made, numbers = _of_product(one, pairs[one.product.name], common, asked)
        for name, more in made.items():
            rows[name] += more
    left_out = {unit.name: _readings_left_out(unit) for unit in units}
    rows["excluded"] += made_rows.excluded_rows("readings of the stations", left_out)
    shares = {one.product.name: one.product.shares for one in compared}
    saturations = frozenset(
        one.product.name for one in compared if not one.extract.conversion.is_volumetric
    )
    two = pairwise.pairwise_rows(units, pairs, saturations, settings.fewest_pairs)
    return (
        made_rows.unit_table(rows["scores"], numbers),
        Table("summary", made_rows.SUMMARY, tuple(rows["summary"])),
        Table("excluded", made_rows.EXCLUDED, tuple(rows["excluded"])),
        Table("coverage", made_rows.COVERAGE, tuple(rows["coverage"])),
        Table("stability", TREND, tuple(rows["stability"])),
        Table("triple", COLUMNS, tuple(triplet_rows(units, pairs, shares))),
        Table("pairwise", pairwise.COLUMNS, tuple(two)),
        _products(compared),
    )


def _products(compared: Sequence[Compared]) -> Table:
    """What was read of each product."""
    rows = tuple(
        (
            one.product.name,
            one.extract.variable,
            one.extract.conversion.said,
            one.extract.passed_over,
            " ".join(sorted(one.product.shares)),
        )
        for one in compared
    )
    columns = ("product", "variable", "units", "files_without_soil_moisture", "shares")
    return Table("products", columns, rows)


def validate(
    products: Sequence[Product],
    stations: Path,
    settings: ValidateSettings,
    progress: Callable[[int], None] = lambda _: None,
) -> Validation:
    """Score products against stations.

    Args:
        products: at least one.
        stations: folder as ISMN delivers it.
        settings: the `[validate]` table.
        progress: called with 1 after each file that is read.

    Raises:
        GranuleError: stations or a product cannot be read, or have nothing in common.
        ConfigError: two products of one name, or the package ismn is not installed.
    """
    names = [one.name for one in products]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"validate: found {names.count(twice[0])} products of the name {twice[0]}, expected "
            "names apart; leave one out, or give them names ([[validate.product]] name)"
        )
    probes: tuple[Probe, ...] = read_probes(
        stations, max_depth=settings.max_depth, keeps_frozen=settings.keep_frozen
    )
    units = units_of(probes, settings.fewest_stations)
    compared = tuple(compare(one, units, settings, progress) for one in products)
    return Validation(units, compared, tables_of(units, compared, settings))
