"""Scores of products on the same days and cells: medians over cells, and exclusions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.flags import FLAG_DTYPE, NOT_RECOMMENDED, Flag, is_recommended
from mcca_ml.metrics.scores import FEWEST_PAIRS, Scores, median, score_days
from mcca_ml.report.scores.sheet import percent

_MOST_FLAGS = 3


@dataclass(frozen=True)
class ComparedProduct:
    """Soil moisture of a product, (cell, time)."""

    sm: Float32
    """[m3 m-3]; NaN without a recommended value."""
    flag: UInt32 | None = None
    """Bits of `flags.Flag`; None: a product without flags."""
    is_observed: Booleans | None = None
    """True where the satellite observed the cell."""


@dataclass(frozen=True)
class ScoreRow:
    """Scores of one product, medians over cells."""

    name: str
    days: int
    """Number of pairs in all scored cells."""
    cells: int
    """Number of scored cells."""
    r: float
    anomaly_r: float
    ubrmsd: float
    bias: float
    left_out: str = ""
    """Share of looks excluded by the recommended mask, and the most common flags."""


@dataclass(frozen=True)
class ScoreTable:
    """Scores of products on the same days and cells."""

    title: str
    rows: tuple[ScoreRow, ...]
    note: str
    """Days compared, and exclusions by reason."""


def recommended_product(ds: xr.Dataset, name: str = "soil_moisture") -> ComparedProduct:
    """Read the recommended values of a STREAM or a RECORD.

    Args:
        ds: after schema.STREAM or schema.RECORD.
        name: name of the soil moisture variable.
    """
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE).T
    sm = np.where(is_recommended(flag), ds[name].to_numpy().T, np.float32(np.nan))
    return ComparedProduct(sm, flag, ds["nobs"].to_numpy().T > 0)


def mean_of_days(values: Float32) -> Float32:
    """Return the mean over days with a value, NaN without any, (cell,)."""
    is_known = np.isfinite(values)
    total = np.where(is_known, values, 0).sum(axis=1)
    return np.where(
        is_known.any(axis=1), total / np.maximum(is_known.sum(axis=1), 1), np.float32(np.nan)
    )


def score_row(name: str, scores: Scores, anomaly: Scores, left_out: str = "") -> ScoreRow:
    """Return medians over cells of scores and of scores of anomalies."""
    is_scored = np.isfinite(scores.ubrmsd)
    return ScoreRow(
        name,
        int(scores.n[is_scored].sum()),
        int(is_scored.sum()),
        median(scores.r),
        median(anomaly.r),
        median(scores.ubrmsd),
        median(scores.bias),
        left_out,
    )


def left_out(product: ComparedProduct, among: Booleans) -> str:
    """Return the share of looks excluded by the recommended mask, with the most common flags.

    Args:
        product: with or without flags.
        among: days and cells compared, (cell, time).
    """
    if product.flag is None:
        return ""
    looks = among if product.is_observed is None else among & product.is_observed
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
    products: Mapping[str, ComparedProduct],
    reference: Float32,
    mask: Booleans,
) -> ScoreTable:
    """Score products against one reference on the days on which all have a value.

    Args:
        title: title of the table.
        products: products by name.
        reference: [m3 m-3], (cell, time).
        mask: days and cells allowed, (cell, time).
    """
    has_reference = mask & np.isfinite(reference)
    everywhere = has_reference & np.all(
        [np.isfinite(product.sm) for product in products.values()], axis=0
    )
    wanted = np.where(everywhere, reference, np.float32(np.nan))
    rows = [
        score_row(
            name,
            *score_days(product.sm, wanted, fewest=FEWEST_PAIRS),
            left_out(product, has_reference),
        )
        for name, product in products.items()
    ]
    days = everywhere.sum(axis=1)
    few = (days > 0) & (days < FEWEST_PAIRS)
    lost = 1 - everywhere.sum() / max(int(has_reference.sum()), 1)
    parts = [
        f"{int(has_reference.sum()):,} values of the reference, {percent(float(lost))} of them "
        "without a recommended value of every product"
    ]
    if few.any():
        parts.append(
            f"cells with fewer than {FEWEST_PAIRS} pairs, without a score: {int(few.sum())}"
        )
    return ScoreTable(title, tuple(rows), "; ".join(parts))


def each_alone(
    title: str,
    products: Mapping[str, ComparedProduct],
    reference: Mapping[str, Float32] | Float32,
    mask: Booleans,
) -> ScoreTable:
    """Score products against a reference, each on all its own days.

    Args:
        title: title of the table.
        products: products by name.
        reference: [m3 m-3], (cell, time); common, or by product.
        mask: as in `compared`.
    """
    rows: list[ScoreRow] = []
    for name, product in products.items():
        against = reference[name] if isinstance(reference, Mapping) else reference
        rows += compared("", {name: product}, against, mask).rows
    return ScoreTable(title, tuple(rows), "each on all its own days")


def rows_by_name(tables: Sequence[ScoreTable], title: str) -> Mapping[str, ScoreRow]:
    """Return the rows of a table by name; empty without a table of that title."""
    for table in tables:
        if table.title == title:
            return {row.name: row for row in table.rows}
    return {}
