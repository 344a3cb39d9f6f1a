"""Table rows of scores: at each site, and medians with interquartile ranges over sites."""

from collections.abc import Mapping, Sequence

import numpy as np

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.metrics.intervals import Interval
from mcca_ml.validate.collocate import Collocated
from mcca_ml.validate.score_units import CellScores, PairedSeries, UnitScores
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import ScoreTable, Value

_PLACE = ("kind", "unit", "network", "stations", "cell", "lat", "lon")
_SCORES = ("n", "bias", "rmsd", "ubrmsd", "r", "slope", "anomaly_r", "climatology_r")
LEVEL = frozenset({"bias", "rmsd", "ubrmsd", "slope"})
"""Scores that are not defined for a product in degree of saturation."""

Columns = dict[str, Float64]


def _ends(name: str, interval: Interval) -> Columns:
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}


def score_columns(scores: UnitScores, cell: CellScores, *, is_volumetric: bool) -> Columns:
    """Scores and interval limits of a product by column name, arrays (site,).

    Args:
        scores: scores against the readings.
        cell: scores corrected for the sampling error of the station mean.
        is_volumetric: True if the product is in m3 m-3; otherwise `LEVEL` scores are NaN.
    """
    absolute, window, yearly = scores.absolute, scores.window, scores.climatology
    out: Columns = {
        "n": absolute.n,
        "bias": absolute.bias,
        **_ends("bias", scores.absolute_95.bias),
        "rmsd": absolute.rmsd,
        "ubrmsd": absolute.ubrmsd,
        **_ends("ubrmsd", scores.absolute_95.ubrmsd),
        **_ends("ubrmsd_bootstrap", scores.ubrmsd_bootstrap),
        "r": absolute.r,
        **_ends("r", scores.absolute_95.r),
        **_ends("r_bootstrap", scores.r_bootstrap),
        "slope": absolute.slope,
        "anomaly_n": window.n,
        "anomaly_r": window.r,
        **_ends("anomaly_r", scores.window_95.r),
        "climatology_r": yearly.r,
        **_ends("climatology_r", scores.climatology_95.r),
        "effective": scores.absolute_95.effective,
        "lag_one": scores.absolute_95.lag_one,
        **_ends("cell_bias", cell.bias),
        "cell_ubrmsd": cell.ubrmsd,
        **_ends("cell_ubrmsd", cell.ubrmsd_95),
        "cell_r": cell.r,
        **_ends("cell_r", cell.r_95),
    }
    if not is_volumetric:
        undefined = {name for name in out if name.removeprefix("cell_").split("_")[0] in LEVEL}
        out |= {name: np.full(absolute.n.shape, np.nan) for name in undefined}
    return out


def unit_rows(
    head: tuple[str, str], units: Sequence[Unit], numbers: Columns, pairs: Sequence[Collocated]
) -> list[tuple[Value, ...]]:
    """One row for each site with at least one pair.

    Args:
        head: product name, and scored days: `own` or `common`.
        units: sites, in the order of the columns.
        numbers: columns of `score_columns`, arrays (site,).
        pairs: pairs of each site.
    """
    rows: list[tuple[Value, ...]] = []
    for row, (unit, collocated) in enumerate(zip(units, pairs, strict=True)):
        if numbers["n"][row] > 0:
            place = (unit.kind, unit.name, unit.network, unit.stations, unit.cell)
            rest = [float(column[row]) for column in numbers.values()]
            errors = (collocated.lasting_sd, collocated.varying_sd)
            rows.append((*head, *place, unit.lat, unit.lon, *errors, *rest))
    return rows


def unit_table(rows: Sequence[tuple[Value, ...]], numbers: Columns) -> ScoreTable:
    """Table of scores by site, from the rows of `unit_rows`."""
    columns = ("product", "days", *_PLACE, "reference_lasting_sd", "reference_varying_sd")
    return ScoreTable("scores", (*columns, *numbers), tuple(rows))


SUMMARY = ("product", "days", "kind", "group", "class", "units", "score", "median", "q25", "q75")


def summary_rows(
    head: tuple[str, str],
    units: Sequence[Unit],
    numbers: Mapping[str, Float64],
    fewest: int,
    classes: Mapping[str, Sequence[str]],
) -> list[tuple[Value, ...]]:
    """Medians and interquartile ranges over sites; dense networks and single stations separate.

    Args:
        head: product name, and scored days: `own` or `common`.
        units: sites, in the order of the columns.
        numbers: columns of `score_columns`, arrays (site,).
        fewest: least number of pairs for a site to count.
        classes: class of each site, by kind of class.
    """
    enough = numbers["n"] >= fewest
    kinds = np.array([unit.kind for unit in units])
    rows: list[tuple[Value, ...]] = []
    for kind in dict.fromkeys(kinds.tolist()):
        for group, names in classes.items():
            for name in sorted(set(names)):
                members = enough & (kinds == kind) & (np.array(names) == name)
                rows += _medians((*head, kind, group, name), numbers, members)
    return rows


def _medians(
    head: tuple[Value, ...], numbers: Mapping[str, Float64], members: Booleans
) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for score in _SCORES:
        values = numbers[score][members]
        values = values[np.isfinite(values)]
        if values.size:
            low, middle, high = np.percentile(values, [25, 50, 75])
            rows.append((*head, values.size, score, float(middle), float(low), float(high)))
    return rows


EXCLUDED = ("product", "unit", "reason", "count")


def excluded_rows(
    product: str, reasons: Mapping[str, Mapping[str, int]]
) -> list[tuple[Value, ...]]:
    """One row for each site and reason: number of rejected values."""
    return [
        (product, unit, reason, number)
        for unit, counted in reasons.items()
        for reason, number in counted.items()
    ]


COVERAGE = ("product", "days", "unit", "year", "share")


def years_rows(
    head: tuple[str, str], units: Sequence[Unit], pairs: PairedSeries
) -> list[tuple[Value, ...]]:
    """Fraction of the days of each year with a pair, for each site."""
    years = pairs.days.astype("M8[Y]")
    rows: list[tuple[Value, ...]] = []
    for year in np.unique(years):
        share = pairs.is_paired[:, years == year].mean(axis=1)
        for unit, value in zip(units, share, strict=True):
            rows.append((*head, unit.name, str(year), float(value)))
    return rows
