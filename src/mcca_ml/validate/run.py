"""Products and stations -> tables of scores: what `mcca-ml validate` does."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Booleans
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.read.products.open import MoistureProduct
from mcca_ml.validate import pairwise, score_rows, strata
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


def _columns(one: Compared, found: Held) -> score_rows.Columns:
    """Scores of some days of a product at all units."""
    scores = score_units(found)
    cell = cell_scores(scores, found, one.pairs)
    return score_rows.columns_of(scores, cell, is_volumetric=one.extract.conversion.is_volumetric)


def _by_days(
    head: tuple[str, str], one: Compared, found: Held, units: Sequence[Unit], fewest: int
) -> list[tuple[Value, ...]]:
    """Rows of the summary by season and by period of sensors."""
    out: list[tuple[Value, ...]] = []
    for kind in (strata.seasons(found.days), strata.sensor_periods(found.days)):
        for number, name in enumerate(kind.classes):
            part = found.only(np.broadcast_to(kind.labels == number, found.seen.shape))
            if part.seen.any():
                of_class = {kind.name: [name] * len(units)}
                out += score_rows.summary_rows(head, units, _columns(one, part), fewest, of_class)
    return out


Rows = dict[str, list[tuple[Value, ...]]]


def _add_product(
    rows: Rows,
    one: Compared,
    found: Held,
    common: Booleans | None,
    units: Sequence[Unit],
    classes: Mapping[str, Sequence[str]],
    fewest: int,
) -> score_rows.Columns:
    """Add the rows of one product to each table; returns the columns of its scores."""
    name = one.product.name
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
    columns: score_rows.Columns = {}
    for kind, pairs in kinds.items():
        head, columns = (name, kind), _columns(one, pairs)
        rows["scores"] += score_rows.unit_rows(head, units, columns, one.pairs)
        rows["summary"] += score_rows.summary_rows(head, units, columns, fewest, classes)
        rows["summary"] += _by_days(head, one, pairs, units, fewest)
    rows["excluded"] += score_rows.excluded_rows(name, reasons)
    rows["coverage"] += score_rows.years_rows((name, "own"), units, found)
    if one.extract.conversion.is_volumetric:
        rows["stability"] += stability_rows(name, units, found)
    return columns


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
    rows: Rows = defaultdict(list)
    numbers: score_rows.Columns = {}
    vod = [_vod_of(compared, number) for number in range(len(units))]
    classes, fewest = strata.of_units(units, vod), settings.fewest_pairs
    for one in compared:
        found = pairs[one.product.name]
        numbers = _add_product(rows, one, found, common, units, classes, fewest)
    left_out = {unit.name: _readings_left_out(unit) for unit in units}
    rows["excluded"] += score_rows.excluded_rows("readings of the stations", left_out)
    shares = {one.product.name: one.product.shares for one in compared}
    saturations = frozenset(
        one.product.name for one in compared if not one.extract.conversion.is_volumetric
    )
    two = pairwise.pairwise_rows(units, pairs, saturations, fewest)
    return (
        score_rows.unit_table(rows["scores"], numbers),
        Table("summary", score_rows.SUMMARY, tuple(rows["summary"])),
        Table("excluded", score_rows.EXCLUDED, tuple(rows["excluded"])),
        Table("coverage", score_rows.COVERAGE, tuple(rows["coverage"])),
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
            one.extract.conversion.description,
            one.extract.passed_over,
            " ".join(sorted(one.product.shares)),
        )
        for one in compared
    )
    columns = ("product", "variable", "units", "files_without_soil_moisture", "shares")
    return Table("products", columns, rows)


def validate(
    products: Sequence[MoistureProduct],
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
