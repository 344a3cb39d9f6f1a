"""Scores of the streams, the record and the baselines, against target and truth, on test days."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32, Int8
from mcca_ml.learn import weights_file
from mcca_ml.learn.splits import Role
from mcca_ml.pipeline.fuse import load_streams
from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.pipeline.train import TrainTask, training_series, weight_files
from mcca_ml.report.scores.learner import estimates
from mcca_ml.report.scores.reference import TruthSeries, read_truth, whole_target
from mcca_ml.report.scores.tables import (
    ComparedProduct,
    ScoreTable,
    compared,
    each_alone,
    mean_of_days,
    recommended_product,
)
from mcca_ml.store.read_blocks import open_store

FUSED = "fused"
BASELINES = ("climatology", "ridge", "pooled")
DENSE_VOD = 0.6
"""Mean VOD of the target from which a cell counts as dense vegetation [1]."""


@dataclass(frozen=True)
class Comparison:
    """Products and references of a record, (cell, time) over the days available to training."""

    roles: Int8
    record: xr.Dataset
    streams: Mapping[str, xr.Dataset]
    products: Mapping[str, ComparedProduct]
    """The streams by sensor, and the record, `FUSED`."""
    target: Float32
    vod: Float32
    """Mean VOD of the target over all days [1], NaN without data, (cell,)."""
    baselines: Mapping[str, Mapping[str, Float32]]
    """Soil moisture of each baseline, by sensor of the network, then by name."""
    truth: TruthSeries | None
    """Truth of a simulated world; None for a real one."""
    truths: Mapping[str, Float32]
    """Truth at the times of each product [m3 m-3]; empty for a real record."""

    @property
    def is_test(self) -> Booleans:
        """True on test days, (time,)."""
        return np.asarray(self.roles == Role.TEST)


def _baselines(source: SeriesSource, sensor: str, roles: Int8) -> dict[str, Float32]:
    """Compute climatology, ridge and the pooled network of all cells, (cell, time)."""
    parts: list[Mapping[str, Float32]] = []
    for path, cells in weight_files(source.plan, sensor):
        task = TrainTask(source, sensor, cells, roles, path, "")
        parts.append(estimates(weights_file.load(path), training_series(task)))
    return {name: np.concatenate([part[name] for part in parts]) for name in BASELINES}


def read_comparison(source: SeriesSource, roles: Int8, truth: Path | None = None) -> Comparison:
    """Read record, streams, baselines and references, each store once.

    Args:
        source: stores of the series.
        roles: splits of the days available to training, (time,).
        truth: truth store of a simulated world; None: compare with the target only.

    Raises:
        GranuleError: the truth belongs to another world.
    """
    plan, days = source.plan, source.learned
    target = whole_target(source, roles)
    record = open_store(plan.record_store, first_day=days[0], last_day=days[-1])
    streams = load_streams(source, slice(None), days)
    products = {name: recommended_product(ds) for name, ds in streams.items()}
    truth_series = None if truth is None else read_truth(truth, plan.cells)
    truths = {}
    if truth_series is not None:
        truths = {
            name: truth_series.at(ds["obs_time"].to_numpy().T) for name, ds in streams.items()
        }
        truths[FUSED] = truth_series.at(record["t0"].to_numpy().T)
    return Comparison(
        roles,
        record,
        streams,
        {**products, FUSED: recommended_product(record, "sm")},
        target.sm,
        mean_of_days(target.vod),
        {name: _baselines(source, name, roles) for name in plan.networks()},
        truth_series,
        truths,
    )


def stream_tables(comparison: Comparison) -> list[ScoreTable]:
    """Score each network, its baselines and the target itself on test days."""
    tables = []
    for sensor, baselines in comparison.baselines.items():
        products = {f"LSTM {sensor}": comparison.products[sensor]}
        products |= {name: ComparedProduct(sm) for name, sm in baselines.items()}
        mask = np.broadcast_to(comparison.is_test, comparison.target.shape)
        title = f"{sensor} against the target"
        tables.append(compared(title, products, comparison.target, mask))
        if sensor in comparison.truths:
            both = {**products, "target itself": ComparedProduct(comparison.target)}
            title = f"{sensor} against truth"
            tables.append(compared(title, both, comparison.truths[sensor], mask))
    return tables


def record_tables(comparison: Comparison) -> list[ScoreTable]:
    """Score the fused record and its streams on common days, and each on all its own days."""
    mask = np.broadcast_to(comparison.is_test, comparison.target.shape)
    products = {name: comparison.products[name] for name in (FUSED, *comparison.baselines)}
    references = {"the target": comparison.target}
    if FUSED in comparison.truths:
        references["truth"] = comparison.truths[FUSED]
    tables = []
    for name, reference in references.items():
        given = (reference, mask)
        tables.append(compared(f"Common days, against {name}", products, *given))
        tables.append(each_alone(f"All days of each, against {name}", products, *given))
        for sensor in comparison.baselines:
            pair = {product: products[product] for product in (FUSED, sensor)}
            tables.append(compared(f"All days of {sensor}, against {name}", pair, *given))
        if name == "truth":
            tables.append(_by_vegetation(comparison, products[FUSED], reference, mask))
    return tables


def _by_vegetation(
    comparison: Comparison, fused: ComparedProduct, truth: Float32, mask: Booleans
) -> ScoreTable:
    """Score the record in light and in dense vegetation."""
    classes = {
        f"fused, VOD below {DENSE_VOD}": comparison.vod < DENSE_VOD,
        f"fused, VOD from {DENSE_VOD}": comparison.vod >= DENSE_VOD,
    }
    nothing = np.float32(np.nan)
    truths = {name: np.where(cells[:, None], truth, nothing) for name, cells in classes.items()}
    title = "By vegetation, against truth"
    table = each_alone(title, dict.fromkeys(classes, fused), truths, mask)
    absent = int(np.isnan(comparison.vod).sum())
    return replace(table, note=f"classes by the mean VOD of the target; {absent} cells have none")


def spans(comparison: Comparison) -> dict[str, Booleans]:
    """Return masks of days before the first target, of training and of the test, (time,)."""
    has_target = np.isfinite(comparison.target).any(axis=0)
    first = int(np.argmax(has_target)) if has_target.any() else has_target.size
    before = np.arange(has_target.size) < first
    return {
        "before any target": before,
        "training days": np.asarray(comparison.roles == Role.TRAIN) & ~before,
        "test days": comparison.is_test,
    }


def beyond_tables(comparison: Comparison) -> list[ScoreTable]:
    """Score streams against truth before any target, on training days and on test days."""
    products: dict[str, ComparedProduct] = {}
    references: dict[str, Float32] = {}
    nothing = np.float32(np.nan)
    for name in comparison.streams:
        for title, days in spans(comparison).items():
            key = f"{name}, {title}"
            products[key] = comparison.products[name]
            references[key] = np.where(days, comparison.truths[name], nothing)
    mask = np.ones(comparison.target.shape, np.bool_)
    title = "Streams where no target was ever seen, against truth"
    table = each_alone(title, products, references, mask)
    rows = tuple(row for row in table.rows if row.cells)
    note = f"{table.note}; networks are trained on the training days"
    return [replace(table, rows=rows, note=note)]
