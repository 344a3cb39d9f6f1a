"""Validate products against stations and tabulate the scores, as `mcca-ml validate` does."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Booleans
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.read.products.open import MoistureProduct, parse_product
from mcca_ml.validate import pairwise, score_rows, strata
from mcca_ml.validate.pair_product import OUTSIDE, Compared, compare
from mcca_ml.validate.score_units import (
    PairedSeries,
    align_pairs,
    cell_scores,
    day_axis,
    score_units,
)
from mcca_ml.validate.stability import TREND, stability_rows
from mcca_ml.validate.stations import Probe, Unit, group_probes, read_probes
from mcca_ml.validate.tables import ScoreTable, Value
from mcca_ml.validate.triplets import COLUMNS, triplet_rows

NOT_COMMON = "a day on which another product has no value"
UNPAIRED = "no day with a pair"


@dataclass(frozen=True)
class Validation:
    """Sites, pairs and score tables of a validation."""

    units: tuple[Unit, ...]
    compared: tuple[Compared, ...]
    tables: tuple[ScoreTable, ...]

    def table(self, name: str) -> ScoreTable:
        """Table by its name, for example `scores` or `summary`."""
        return next(table for table in self.tables if table.name == name)


def _rejected_readings(unit: Unit) -> dict[str, int]:
    """Number of rejected readings of a site's probes, by reason."""
    return sum((Counter(probe.excluded) for probe in unit.probes), Counter[str]())


def _mean_vod(compared: Sequence[Compared], number: int) -> float:
    """Mean vegetation optical depth at a site [1], of the first product that contains it."""
    series = (product.extract.series[number] for product in compared)
    return next((s.vod for s in series if s is not None and np.isfinite(s.vod)), float("nan"))


def _columns(product: Compared, pairs: PairedSeries) -> score_rows.Columns:
    """Scores of a product at all sites from a subset of its pairs."""
    scores = score_units(pairs)
    cell = cell_scores(scores, pairs, product.pairs)
    is_volumetric = product.extract.conversion.is_volumetric
    return score_rows.score_columns(scores, cell, is_volumetric=is_volumetric)


def _by_days(
    head: tuple[str, str],
    product: Compared,
    pairs: PairedSeries,
    units: Sequence[Unit],
    fewest: int,
) -> list[tuple[Value, ...]]:
    """Rows of the summary by season and by sensor period."""
    rows: list[tuple[Value, ...]] = []
    for kind in (strata.seasons(pairs.days), strata.sensor_periods(pairs.days)):
        for number, name in enumerate(kind.classes):
            subset = pairs.only(np.broadcast_to(kind.labels == number, pairs.is_paired.shape))
            if subset.is_paired.any():
                classes, columns = {kind.name: [name] * len(units)}, _columns(product, subset)
                rows += score_rows.summary_rows(head, units, columns, fewest, classes)
    return rows


Rows = dict[str, list[tuple[Value, ...]]]


def _add_product(
    rows: Rows,
    product: Compared,
    own: PairedSeries,
    common: Booleans | None,
    units: Sequence[Unit],
    classes: Mapping[str, Sequence[str]],
    fewest: int,
) -> score_rows.Columns:
    """Append the rows of one product to each table; return the columns of its scores."""
    name = product.product.name
    kinds = {"own": own}
    reasons = {unit: dict(counted) for unit, counted in product.reasons.items()}
    if common is not None:
        kinds["common"] = own.only(common)
        lost = (own.is_paired & ~common).sum(axis=1)
        for unit, number in zip(units, lost.tolist(), strict=True):
            reasons[unit.name] |= {NOT_COMMON: int(number)} if number else {}
    for unit, pair in zip(units, product.pairs, strict=True):
        if not pair.day.size and OUTSIDE not in reasons[unit.name]:
            reasons[unit.name][UNPAIRED] = 1
    columns: score_rows.Columns = {}
    for kind, pairs in kinds.items():
        head, columns = (name, kind), _columns(product, pairs)
        rows["scores"] += score_rows.unit_rows(head, units, columns, product.pairs)
        rows["summary"] += score_rows.summary_rows(head, units, columns, fewest, classes)
        rows["summary"] += _by_days(head, product, pairs, units, fewest)
    rows["excluded"] += score_rows.excluded_rows(name, reasons)
    rows["coverage"] += score_rows.years_rows((name, "own"), units, own)
    if product.extract.conversion.is_volumetric:
        rows["stability"] += stability_rows(name, units, own)
    return columns


def make_tables(
    units: Sequence[Unit], compared: Sequence[Compared], settings: ValidateSettings
) -> tuple[ScoreTable, ...]:
    """Tabulate scores, summaries, rejected values, coverage, trends and comparisons.

    Args:
        units: sites, in the order of the pairs of each product.
        compared: products paired with all sites.
        settings: the `[validate]` table.
    """
    days = day_axis([pair for product in compared for pair in product.pairs])
    pairs = {item.product.name: align_pairs(item.pairs, days) for item in compared}
    is_paired = [series.is_paired for series in pairs.values()]
    common = np.logical_and.reduce(is_paired) if len(compared) > 1 else None
    rows: Rows = defaultdict(list)
    numbers: score_rows.Columns = {}
    vod = [_mean_vod(compared, number) for number in range(len(units))]
    classes, fewest = strata.classify_units(units, vod), settings.fewest_pairs
    for item in compared:
        own = pairs[item.product.name]
        numbers = _add_product(rows, item, own, common, units, classes, fewest)
    rejected = {unit.name: _rejected_readings(unit) for unit in units}
    rows["excluded"] += score_rows.excluded_rows("readings of the stations", rejected)
    shares = {item.product.name: item.product.shares for item in compared}
    saturations = frozenset(
        item.product.name for item in compared if not item.extract.conversion.is_volumetric
    )
    by_two = pairwise.pairwise_rows(units, pairs, saturations, fewest)
    return (
        score_rows.unit_table(rows["scores"], numbers),
        ScoreTable("summary", score_rows.SUMMARY, tuple(rows["summary"])),
        ScoreTable("excluded", score_rows.EXCLUDED, tuple(rows["excluded"])),
        ScoreTable("coverage", score_rows.COVERAGE, tuple(rows["coverage"])),
        ScoreTable("stability", TREND, tuple(rows["stability"])),
        ScoreTable("triple", COLUMNS, tuple(triplet_rows(units, pairs, shares))),
        ScoreTable("pairwise", pairwise.COLUMNS, tuple(by_two)),
        _products(compared),
    )


def _products(compared: Sequence[Compared]) -> ScoreTable:
    """Variable, units, skipped files and source data of each product."""
    rows = tuple(
        (
            item.product.name,
            item.extract.variable,
            item.extract.conversion.description,
            item.extract.passed_over,
            " ".join(sorted(item.product.shares)),
        )
        for item in compared
    )
    columns = ("product", "variable", "units", "files_without_soil_moisture", "shares")
    return ScoreTable("products", columns, rows)


def validate(
    products: Sequence[MoistureProduct | str | Path],
    stations: str | Path,
    settings: ValidateSettings | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Validation:
    """Score products against in-situ stations.

    Args:
        products: at least one: a file, folder or cube of soil moisture, `PATH::VARIABLE` where
            there are several variables, or a `MoistureProduct`.
        stations: folder of station files as the ISMN delivers them.
        settings: the `[validate]` table; None: the defaults.
        progress: called with 1 after each file.

    Returns:
        Sites, pairs and score tables; soil moisture in m3 m-3.

    Raises:
        GranuleError: stations or a product cannot be read, or have no common places and days.
        ConfigError: two products have the same name, or the package ismn is not installed.
    """
    settings = settings or ValidateSettings()
    compared_products = [
        one if isinstance(one, MoistureProduct) else parse_product(str(one)) for one in products
    ]
    names = [product.name for product in compared_products]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"validate: found {names.count(twice[0])} products of the name {twice[0]}, expected "
            "unique names; leave one out, or set [[validate.product]] name"
        )
    probes: tuple[Probe, ...] = read_probes(
        Path(stations), max_depth=settings.max_depth, keeps_frozen=settings.keep_frozen
    )
    units = group_probes(probes, settings.fewest_stations)
    compared = tuple(compare(product, units, settings, progress) for product in compared_products)
    return Validation(units, compared, make_tables(units, compared, settings))
