"""Scores of the streams, the record and the baselines, against target and truth, on test days."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml.grid.store import open_store
from mcca_ml.learn import store
from mcca_ml.learn.compare import estimates
from mcca_ml.learn.roles import Role
from mcca_ml.record.loading import Source, groups
from mcca_ml.record.training import GROUP_CELLS, Roles, TrainTask, series_of
from mcca_ml.report.reference import truth_at, whole_target
from mcca_ml.report.tables import (
    Bools,
    Floats,
    Product,
    Row,
    Table,
    compared,
    each_alone,
    product_of,
)

BASELINES = ("climatology", "ridge", "pooled")
DENSE_VOD = 0.6
"""Mean VOD of the target from which a cell counts as densely grown [1]; of the issue's claim."""


@dataclass(frozen=True)
class Held:
    """Everything that is compared, (cell, time) over the days that what is learned may know."""

    roles: Roles
    record: xr.Dataset
    streams: Mapping[str, xr.Dataset]
    target: Floats
    target_time: npt.NDArray[np.datetime64]
    vod: Floats
    """Mean VOD of the target over all days [1], NaN where there is none, (cell,)."""
    baselines: Mapping[str, Mapping[str, Floats]]
    """By sensor of the network, then by name."""

    @property
    def is_test(self) -> Bools:
        """Whether each day is of the test, (time,)."""
        return np.asarray(self.roles == Role.TEST)

    @property
    def usual(self) -> Floats:
        """Climatology of the training days [m3 m-3], (cell, time)."""
        return next(iter(self.baselines.values()))["climatology"]


def _baselines(source: Source, sensor: str, roles: Roles) -> dict[str, Floats]:
    """Climatology, ridge and the pooled network of all cells, (cell, time)."""
    parts: list[Mapping[str, Floats]] = []
    for number, cells in enumerate(groups(source.plan.cells.size, GROUP_CELLS)):
        path = source.plan.network(sensor) / f"{number:04d}.npz"
        task = TrainTask(source, sensor, cells, roles, path, "")
        parts.append(estimates(store.load(path), series_of(task)))
    return {name: np.concatenate([part[name] for part in parts]) for name in BASELINES}


def _mean_of_days(values: Floats) -> Floats:
    """Mean over days without NaN, NaN where there is no day, (cell,)."""
    seen = np.isfinite(values)
    total = np.where(seen, values, 0).sum(axis=1)
    return np.where(seen.any(axis=1), total / np.maximum(seen.sum(axis=1), 1), np.float32(np.nan))


def held(source: Source, roles: Roles) -> Held:
    """Read what is compared.

    Args:
        source: of the series.
        roles: of the days that may be known, (time,).
    """
    plan, days = source.plan, source.learned
    span = {"first_day": days[0], "last_day": days[-1]}
    target = whole_target(source, roles)
    return Held(
        roles,
        open_store(plan.record_store, **span),
        {name: open_store(plan.stream_store(name), **span) for name in plan.streams},
        target.sm,
        target.obs_time,
        _mean_of_days(target.vod),
        {name: _baselines(source, name, roles) for name in plan.networks()},
    )


def stream_tables(found: Held, truth: Path | None, cells: npt.NDArray[np.int64]) -> list[Table]:
    """Each network on its test days, beside its baselines and the target itself.

    Args:
        found: what is compared.
        truth: of a simulated world; None: against the target only.
        cells: flat cells of EASE2_M25.
    """
    tables = []
    for sensor, baselines in found.baselines.items():
        stream = found.streams[sensor]
        products = {f"LSTM {sensor}": product_of(stream)}
        products |= {name: Product(sm) for name, sm in baselines.items()}
        usual = baselines["climatology"]
        mask = np.broadcast_to(found.is_test, usual.shape)
        title = f"{sensor} against the target"
        tables.append(compared(title, products, found.target, usual, mask))
        if truth is not None:
            known = truth_at(truth, cells, stream["obs_time"].to_numpy().T)
            both = {**products, "target itself": Product(found.target)}
            tables.append(compared(f"{sensor} against truth", both, known, usual, mask))
    return tables


def record_tables(found: Held, truth: Path | None, cells: npt.NDArray[np.int64]) -> list[Table]:
    """The fused record beside its streams: on common days, and each on all its own days.

    Args:
        found: what is compared.
        truth: of a simulated world; None: against the target only.
        cells: flat cells of EASE2_M25.
    """
    mask = np.broadcast_to(found.is_test, found.usual.shape)
    products = {"fused": product_of(found.record, "sm")}
    products |= {name: product_of(found.streams[name]) for name in found.baselines}
    references = {"the target": found.target}
    if truth is not None:
        references["truth"] = truth_at(truth, cells, found.record["t0"].to_numpy().T)
    tables = []
    for name, reference in references.items():
        given = (reference, found.usual, mask)
        tables.append(compared(f"Common days, against {name}", products, *given))
        tables.append(each_alone(f"All days of each, against {name}", products, *given))
        for sensor in found.baselines:
            pair = {one: products[one] for one in ("fused", sensor)}
            tables.append(compared(f"All days of {sensor}, against {name}", pair, *given))
        if name == "truth":
            tables.append(_by_vegetation(found, products["fused"], reference, mask))
    return tables


def _by_vegetation(found: Held, fused: Product, truth: Floats, mask: Bools) -> Table:
    """The record in light and in dense vegetation."""
    rows: list[Row] = []
    classes = {
        f"fused, VOD below {DENSE_VOD}": found.vod < DENSE_VOD,
        f"fused, VOD from {DENSE_VOD}": found.vod >= DENSE_VOD,
    }
    for name, of_class in classes.items():
        of_cells = mask & of_class[:, None]
        rows += compared("", {name: fused}, truth, found.usual, of_cells).rows
    return Table(
        "By vegetation, against truth",
        tuple(rows),
        f"classes by the mean VOD of the target; {int(np.isnan(found.vod).sum())} cells have none",
    )


def spans(found: Held) -> dict[str, Bools]:
    """Days before the first target of any cell, of training, and of the test, (time,)."""
    has = np.isfinite(found.target).any(axis=0)
    first = int(np.argmax(has)) if has.any() else has.size
    before = np.arange(has.size) < first
    return {
        "before any target": before,
        "training days": np.asarray(found.roles == Role.TRAIN) & ~before,
        "test days": found.is_test,
    }


def beyond_tables(found: Held, truth: Path, cells: npt.NDArray[np.int64]) -> list[Table]:
    """Streams on days without any target, against truth, beside the days that they have one.

    Args:
        found: what is compared.
        truth: of a simulated world.
        cells: flat cells of EASE2_M25.
    """
    products: dict[str, Product] = {}
    references: dict[str, Floats] = {}
    nothing = np.float32(np.nan)
    for name, ds in found.streams.items():
        known = truth_at(truth, cells, ds["obs_time"].to_numpy().T)
        whole = product_of(ds)
        for title, days in spans(found).items():
            key = f"{name}, {title}"
            products[key] = whole
            references[key] = np.where(days, known, nothing)
    mask = np.ones(found.usual.shape, np.bool_)
    title = "Streams where no target was ever seen, against truth"
    table = each_alone(title, products, references, found.usual, mask)
    rows = tuple(row for row in table.rows if row.cells)
    return [Table(title, rows, f"{table.note}; networks learned from the training days")]
