"""Scores at units -> rows of tables: each unit, and medians with interquartile ranges."""

from collections.abc import Mapping, Sequence

import numpy as np

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.metrics.intervals import Interval
from mcca_ml.validate.collocate import Collocated
from mcca_ml.validate.score_units import CellScores, Held, UnitScores
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import Table, Value

_PLACE = ("kind", "unit", "network", "stations", "cell", "lat", "lon")
_SCORES = ("n", "bias", "rmsd", "ubrmsd", "r", "slope", "anomaly_r", "climatology_r")
LEVEL = frozenset({"bias", "rmsd", "ubrmsd", "slope"})
"""Scores that mean nothing for a product in degrees of saturation."""

Columns = dict[str, Float64]


def _ends(name: str, found: Interval) -> Columns:
    return {f"{name}_low": found.low, f"{name}_high": found.high}


def columns_of(found: UnitScores, cell: CellScores, *, is_volumetric: bool) -> Columns:
    """All numbers of a product at its units by the name of the column (unit,)."""
    absolute, window, yearly = found.absolute, found.window, found.climatology
    out: Columns = {
        "n": absolute.n,
        "bias": absolute.bias,
        **_ends("bias", found.absolute_95.bias),
        "rmsd": absolute.rmsd,
        "ubrmsd": absolute.ubrmsd,
        **_ends("ubrmsd", found.absolute_95.ubrmsd),
        **_ends("ubrmsd_bootstrap", found.ubrmsd_bootstrap),
        "r": absolute.r,
        **_ends("r", found.absolute_95.r),
        **_ends("r_bootstrap", found.r_bootstrap),
        "slope": absolute.slope,
        "anomaly_n": window.n,
        "anomaly_r": window.r,
        **_ends("anomaly_r", found.window_95.r),
        "climatology_r": yearly.r,
        **_ends("climatology_r", found.climatology_95.r),
        "effective": found.absolute_95.effective,
        "lag_one": found.absolute_95.lag_one,
        **_ends("cell_bias", cell.bias),
        "cell_ubrmsd": cell.ubrmsd,
        **_ends("cell_ubrmsd", cell.ubrmsd_95),
        "cell_r": cell.r,
        **_ends("cell_r", cell.r_95),
    }
    if not is_volumetric:
        level = {name for name in out if name.removeprefix("cell_").split("_")[0] in LEVEL}
        out |= {name: np.full(absolute.n.shape, np.nan) for name in level}
    return out


def unit_rows(
    head: tuple[str, str], units: Sequence[Unit], numbers: Columns, pairs: Sequence[Collocated]
) -> list[tuple[Value, ...]]:
    """A row for each unit with a pair.

    Args:
        head: product, and the days that are scored: `own` or `common`.
        units: what was scored against.
        numbers: of `columns_of`.
        pairs: of each unit.
    """
    rows: list[tuple[Value, ...]] = []
    for row, (unit, one) in enumerate(zip(units, pairs, strict=True)):
        if numbers["n"][row] > 0:
            place = (unit.kind, unit.name, unit.network, unit.stations, unit.cell)
            rest = [float(column[row]) for column in numbers.values()]
            errors = (one.lasting_sd, one.varying_sd)
            rows.append((*head, *place, unit.lat, unit.lon, *errors, *rest))
    return rows


def unit_table(rows: Sequence[tuple[Value, ...]], numbers: Columns) -> Table:
    """The table of `unit_rows`."""
    columns = ("product", "days", *_PLACE, "reference_lasting_sd", "reference_varying_sd")
    return Table("scores", (*columns, *numbers), tuple(rows))


SUMMARY = ("product", "days", "kind", "group", "class", "units", "score", "median", "q25", "q75")


def summary_rows(
    head: tuple[str, str],
    units: Sequence[Unit],
    numbers: Mapping[str, Float64],
    fewest: int,
    classes: Mapping[str, Sequence[str]],
) -> list[tuple[Value, ...]]:
    """Medians and interquartile ranges over units; dense networks and single stations apart.

    Args:
        head: product and days.
        units: what was scored against.
        numbers: of `columns_of`.
        fewest: pairs without which a unit does not count.
        classes: class of each unit by kind of class.
    """
    enough = numbers["n"] >= fewest
    kinds = np.array([unit.kind for unit in units])
    rows: list[tuple[Value, ...]] = []
    for kind in dict.fromkeys(kinds.tolist()):
        for group, names in classes.items():
            for name in sorted(set(names)):
                fit = enough & (kinds == kind) & (np.array(names) == name)
                rows += _medians((*head, kind, group, name), numbers, fit)
    return rows


def _medians(
    head: tuple[Value, ...], numbers: Mapping[str, Float64], fit: Booleans
) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for score in _SCORES:
        values = numbers[score][fit]
        values = values[np.isfinite(values)]
        if values.size:
            low, middle, high = np.percentile(values, [25, 50, 75])
            rows.append((*head, values.size, score, float(middle), float(low), float(high)))
    return rows


EXCLUDED = ("product", "unit", "reason", "count")


def excluded_rows(
    product: str, reasons: Mapping[str, Mapping[str, int]]
) -> list[tuple[Value, ...]]:
    """A row for each unit and reason."""
    return [
        (product, unit, reason, number)
        for unit, counted in reasons.items()
        for reason, number in counted.items()
    ]


COVERAGE = ("product", "days", "unit", "year", "share")


def years_rows(
    head: tuple[str, str], units: Sequence[Unit], pairs: Held
) -> list[tuple[Value, ...]]:
    """Share of the days of each year with a pair, for each unit."""
    years = pairs.days.astype("M8[Y]")
    rows: list[tuple[Value, ...]] = []
    for year in np.unique(years):
        share = pairs.seen[:, years == year].mean(axis=1)
        for unit, value in zip(units, share, strict=True):
            rows.append((*head, unit.name, str(year), float(value)))
    return rows
