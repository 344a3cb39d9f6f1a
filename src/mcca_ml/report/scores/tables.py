"""Products compared on the same days and cells: medians over cells, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.flags import FLAG_DTYPE, NOT_RECOMMENDED, Flag, is_recommended
from mcca_ml.metrics.scores import FEWEST_PAIRS, Scores, median, scores_of_days
from mcca_ml.report.scores.sheet import percent

_MOST_FLAGS = 3


@dataclass(frozen=True)
class Product:
    """A soil moisture that is compared, (cell, time)."""

    sm: Float32
    """[m3 m-3]; NaN where it has none, or none that is recommended."""
    flag: UInt32 | None = None
    """Bits of `flags.Flag`; None: it has none, and nothing is left out by it."""
    is_seen: Booleans | None = None
    """Where the satellite looked."""


@dataclass(frozen=True)
class Row:
    """Scores of one product, medians over cells."""

    name: str
    days: int
    """Pairs of all cells that have a score."""
    cells: int
    """With a score."""
    r: float
    anomaly_r: float
    ubrmsd: float
    bias: float
    left_out: str = ""
    """Share of its looks that the recommended mask leaves out, and for what."""


@dataclass(frozen=True)
class Table:
    """Products compared on the same days and cells."""

    title: str
    rows: tuple[Row, ...]
    note: str
    """Which days these are, and what was left out for which reason."""


def product_of(ds: xr.Dataset, name: str = "soil_moisture") -> Product:
    """A variable of a STREAM or a RECORD where it was observed and is recommended.

    Args:
        ds: after schema.STREAM or schema.RECORD.
        name: of its soil moisture.
    """
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE).T
    sm = np.where(is_recommended(flag), ds[name].to_numpy().T, np.float32(np.nan))
    return Product(sm, flag, ds["nobs"].to_numpy().T > 0)


def mean_of_days(values: Float32) -> Float32:
    """Mean over days without NaN, NaN where there is no day, (cell,)."""
    seen = np.isfinite(values)
    total = np.where(seen, values, 0).sum(axis=1)
    return np.where(seen.any(axis=1), total / np.maximum(seen.sum(axis=1), 1), np.float32(np.nan))


def row_of(name: str, scores: Scores, anomaly: Scores, left_out: str = "") -> Row:
    """Medians over cells of the scores of each cell, and of its anomalies."""
    has = np.isfinite(scores.ubrmsd)
    return Row(
        name,
        int(scores.n[has].sum()),
        int(has.sum()),
        median(scores.r),
        median(anomaly.r),
        median(scores.ubrmsd),
        median(scores.bias),
        left_out,
    )


def left_out(product: Product, among: Booleans) -> str:
    """Share of the looks of a product that the recommended mask leaves out, and for what.

    Args:
        product: with or without flags.
        among: days and cells that are compared, (cell, time).
    """
    if product.flag is None:
        return ""
    looks = among if product.is_seen is None else among & product.is_seen
    total = max(int(looks.sum()), 1)
    lost = looks & ~is_recommended(product.flag)
    counts = {
        str(bit.name).lower(): int((lost & ((product.flag & FLAG_DTYPE(int(bit))) != 0)).sum())
        for bit in Flag
        if bit & NOT_RECOMMENDED
    }
    common = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    words = ", ".join(f"{name} {100 * counts[name] / total:.0f}" for name in common[:_MOST_FLAGS])
    share = percent(float(lost.sum() / total))
    return f"{share} ({words})" if words else share


def compared(
    title: str,
    products: Mapping[str, Product],
    reference: Float32,
    mask: Booleans,
) -> Table:
    """Scores of products against one reference, all on the days on which each has a value.

    Args:
        title: of the table.
        products: by name.
        reference: [m3 m-3], (cell, time).
        mask: days and cells that may be used, (cell, time).
    """
    seen = mask & np.isfinite(reference)
    everywhere = seen & np.all([np.isfinite(one.sm) for one in products.values()], axis=0)
    wanted = np.where(everywhere, reference, np.float32(np.nan))
    rows = [
        row_of(name, *scores_of_days(one.sm, wanted, fewest=FEWEST_PAIRS), left_out(one, seen))
        for name, one in products.items()
    ]
    days = everywhere.sum(axis=1)
    few = (days > 0) & (days < FEWEST_PAIRS)
    lost = 1 - everywhere.sum() / max(int(seen.sum()), 1)
    parts = [
        f"{int(seen.sum()):,} values of the reference, {percent(float(lost))} of them left "
        "out: not every product has a recommended value there"
    ]
    if few.any():
        parts.append(
            f"cells with fewer than {FEWEST_PAIRS} pairs, without a score: {int(few.sum())}"
        )
    return Table(title, tuple(rows), "; ".join(parts))


def each_alone(
    title: str,
    products: Mapping[str, Product],
    reference: Mapping[str, Float32] | Float32,
    mask: Booleans,
) -> Table:
    """Scores of products against a reference, each on all its own days.

    Args:
        title: of the table.
        products: by name.
        reference: [m3 m-3], (cell, time); one for all, or one for each.
        mask: as in `compared`.
    """
    rows: list[Row] = []
    for name, one in products.items():
        against = reference[name] if isinstance(reference, Mapping) else reference
        rows += compared("", {name: one}, against, mask).rows
    return Table(title, tuple(rows), "each on all its own days")


def rows_by_name(tables: Sequence[Table], title: str) -> Mapping[str, Row]:
    """Rows of the first table of a title, by their names; empty where there is none."""
    for table in tables:
        if table.title == title:
            return {row.name: row for row in table.rows}
    return {}
