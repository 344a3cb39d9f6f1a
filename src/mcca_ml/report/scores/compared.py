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
from mcca_ml.report.scores.reference import Truth, read_truth, whole_target
from mcca_ml.report.scores.tables import (
    Product,
    Table,
    compared,
    each_alone,
    mean_of_days,
    product_of,
)
from mcca_ml.store.read_blocks import open_store

FUSED = "fused"
BASELINES = ("climatology", "ridge", "pooled")
DENSE_VOD = 0.6
"""Mean VOD of the target from which a cell counts as densely grown [1]; of the issue's claim."""


@dataclass(frozen=True)
class Held:
    """Everything that is compared, (cell, time) over the days that what is learned may know."""

    roles: Int8
    record: xr.Dataset
    streams: Mapping[str, xr.Dataset]
    products: Mapping[str, Product]
    """The streams by sensor, and the record, `FUSED`."""
    target: Float32
    vod: Float32
    """Mean VOD of the target over all days [1], NaN where there is none, (cell,)."""
    baselines: Mapping[str, Mapping[str, Float32]]
    """By sensor of the network, then by name."""
    truth: Truth | None
    """Of a simulated world."""
    known: Mapping[str, Float32]
    """The truth at the times of each of `products` [m3 m-3]; empty where there is none."""

    @property
    def is_test(self) -> Booleans:
        """Whether each day is of the test, (time,)."""
        return np.asarray(self.roles == Role.TEST)


def _baselines(source: SeriesSource, sensor: str, roles: Int8) -> dict[str, Float32]:
    """Climatology, ridge and the pooled network of all cells, (cell, time)."""
    parts: list[Mapping[str, Float32]] = []
    for path, cells in weight_files(source.plan, sensor):
        task = TrainTask(source, sensor, cells, roles, path, "")
        parts.append(estimates(weights_file.load(path), training_series(task)))
    return {name: np.concatenate([part[name] for part in parts]) for name in BASELINES}


def held(source: SeriesSource, roles: Int8, truth: Path | None = None) -> Held:
    """Read what is compared, each store once.

    Args:
        source: of the series.
        roles: of the days that may be known, (time,).
        truth: store of the truth of a simulated world; None: against the target only.

    Raises:
        GranuleError: the truth is of another world.
    """
    plan, days = source.plan, source.learned
    target = whole_target(source, roles)
    record = open_store(plan.record_store, first_day=days[0], last_day=days[-1])
    streams = load_streams(source, slice(None), days)
    products = {name: product_of(ds) for name, ds in streams.items()}
    found = None if truth is None else read_truth(truth, plan.cells)
    known = {}
    if found is not None:
        known = {name: found.at(ds["obs_time"].to_numpy().T) for name, ds in streams.items()}
        known[FUSED] = found.at(record["t0"].to_numpy().T)
    return Held(
        roles,
        record,
        streams,
        {**products, FUSED: product_of(record, "sm")},
        target.sm,
        mean_of_days(target.vod),
        {name: _baselines(source, name, roles) for name in plan.networks()},
        found,
        known,
    )


def stream_tables(found: Held) -> list[Table]:
    """Each network on its test days, beside its baselines and the target itself."""
    tables = []
    for sensor, baselines in found.baselines.items():
        products = {f"LSTM {sensor}": found.products[sensor]}
        products |= {name: Product(sm) for name, sm in baselines.items()}
        mask = np.broadcast_to(found.is_test, found.target.shape)
        title = f"{sensor} against the target"
        tables.append(compared(title, products, found.target, mask))
        if sensor in found.known:
            both = {**products, "target itself": Product(found.target)}
            title = f"{sensor} against truth"
            tables.append(compared(title, both, found.known[sensor], mask))
    return tables


def record_tables(found: Held) -> list[Table]:
    """The fused record beside its streams: on common days, and each on all its own days."""
    mask = np.broadcast_to(found.is_test, found.target.shape)
    products = {name: found.products[name] for name in (FUSED, *found.baselines)}
    references = {"the target": found.target}
    if FUSED in found.known:
        references["truth"] = found.known[FUSED]
    tables = []
    for name, reference in references.items():
        given = (reference, mask)
        tables.append(compared(f"Common days, against {name}", products, *given))
        tables.append(each_alone(f"All days of each, against {name}", products, *given))
        for sensor in found.baselines:
            pair = {one: products[one] for one in (FUSED, sensor)}
            tables.append(compared(f"All days of {sensor}, against {name}", pair, *given))
        if name == "truth":
            tables.append(_by_vegetation(found, products[FUSED], reference, mask))
    return tables


def _by_vegetation(found: Held, fused: Product, truth: Float32, mask: Booleans) -> Table:
    """The record in light and in dense vegetation."""
    classes = {
        f"fused, VOD below {DENSE_VOD}": found.vod < DENSE_VOD,
        f"fused, VOD from {DENSE_VOD}": found.vod >= DENSE_VOD,
    }
    nothing = np.float32(np.nan)
    truths = {name: np.where(cells[:, None], truth, nothing) for name, cells in classes.items()}
    title = "By vegetation, against truth"
    table = each_alone(title, dict.fromkeys(classes, fused), truths, mask)
    absent = int(np.isnan(found.vod).sum())
    return replace(table, note=f"classes by the mean VOD of the target; {absent} cells have none")


def spans(found: Held) -> dict[str, Booleans]:
    """Days before the first target of any cell, of training, and of the test, (time,)."""
    has = np.isfinite(found.target).any(axis=0)
    first = int(np.argmax(has)) if has.any() else has.size
    before = np.arange(has.size) < first
    return {
        "before any target": before,
        "training days": np.asarray(found.roles == Role.TRAIN) & ~before,
        "test days": found.is_test,
    }


def beyond_tables(found: Held) -> list[Table]:
    """Streams on days without any target, against truth, beside the days that they have one."""
    products: dict[str, Product] = {}
    references: dict[str, Float32] = {}
    nothing = np.float32(np.nan)
    for name in found.streams:
        for title, days in spans(found).items():
            key = f"{name}, {title}"
            products[key] = found.products[name]
            references[key] = np.where(days, found.known[name], nothing)
    mask = np.ones(found.target.shape, np.bool_)
    title = "Streams where no target was ever seen, against truth"
    table = each_alone(title, products, references, mask)
    rows = tuple(row for row in table.rows if row.cells)
    note = f"{table.note}; networks learned from the training days"
    return [replace(table, rows=rows, note=note)]
