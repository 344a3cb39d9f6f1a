"""Scores of the streams, the record and the baselines, against target and truth, on test days."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml.flags import FLAG_DTYPE, NOT_RECOMMENDED, Flag, is_recommended
from mcca_ml.grid.store import open_store
from mcca_ml.learn import store
from mcca_ml.learn.compare import estimates
from mcca_ml.learn.roles import Role
from mcca_ml.learn.scores import Scores, score
from mcca_ml.record.loading import Source, groups
from mcca_ml.record.training import GROUP_CELLS, Roles, TrainTask, series_of
from mcca_ml.report.reference import truth_at, whole_target

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

BASELINES = ("climatology", "ridge", "pooled")
_MOST_FLAGS = 3


@dataclass(frozen=True)
class Row:
    """Scores of one product, medians over cells."""

    name: str
    days: int
    """Pairs of all cells."""
    cells: int
    """With a score."""
    r: float
    anomaly_r: float
    ubrmsd: float
    bias: float


@dataclass(frozen=True)
class Table:
    """Products compared on the same days and cells."""

    title: str
    rows: tuple[Row, ...]
    note: str
    """Which days these are, and what was left out by which condition."""


def row_of(name: str, found: Scores) -> Row:
    """Medians over cells of the scores of each cell."""
    has = np.isfinite(found.ubrmse)

    def median(values: npt.NDArray[np.float64]) -> float:
        known = values[np.isfinite(values)]
        return float(np.median(known)) if known.size else float("nan")

    return Row(
        name,
        int(found.days[has].sum()),
        int(has.sum()),
        median(found.r),
        median(found.anomaly_r),
        median(found.ubrmse),
        median(found.bias),
    )


def compared(
    title: str, products: Mapping[str, Floats], reference: Floats, climatology: Floats, mask: Bools
) -> Table:
    """Scores of products against one reference, all on the days on which each has a value.

    Args:
        title: of the table.
        products: soil moisture [m3 m-3], (cell, time).
        reference: [m3 m-3], (cell, time).
        climatology: of the training days, from which anomalies depart [m3 m-3], (cell, time).
        mask: days that may be used, (cell, time).
    """
    seen = mask & np.isfinite(reference) & np.isfinite(climatology)
    everywhere = seen & np.all([np.isfinite(one) for one in products.values()], axis=0)
    wanted = np.where(everywhere, reference, np.float32(np.nan))
    rows = [row_of(name, score(one, wanted, climatology)) for name, one in products.items()]
    share = 1 - everywhere.sum() / max(int(seen.sum()), 1)
    note = (
        f"{100 * share:.0f} % of {int(seen.sum()):,} pairs left out: a product has no value there"
    )
    return Table(title, tuple(rows), note)


def excluded_by(flag: npt.NDArray[np.uint32], among: Bools) -> str:
    """Share of values that the recommended mask leaves out, and the commonest conditions.

    Args:
        flag: bits of `flags.Flag`.
        among: values looked at, shape of `flag`.
    """
    total = max(int(among.sum()), 1)
    lost = among & ~is_recommended(flag)
    counts = {
        str(bit.name).lower(): int((lost & ((flag & FLAG_DTYPE(int(bit))) != 0)).sum())
        for bit in Flag
        if bit & NOT_RECOMMENDED
    }
    common = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    words = ", ".join(f"{name} {100 * counts[name] / total:.0f} %" for name in common[:_MOST_FLAGS])
    return f"{100 * lost.sum() / total:.0f} % left out by flag ({words or 'none'})"


@dataclass(frozen=True)
class Held:
    """Everything that is compared, (cell, time) over the days that what is learned may know."""

    roles: Roles
    record: xr.Dataset
    streams: Mapping[str, xr.Dataset]
    target: Floats
    target_time: npt.NDArray[np.datetime64]
    baselines: Mapping[str, Mapping[str, Floats]]
    """By sensor of the network, then by name."""

    @property
    def is_test(self) -> Bools:
        """Whether each day is of the test, (time,)."""
        return np.asarray(self.roles == Role.TEST)


def _baselines(source: Source, sensor: str, roles: Roles) -> dict[str, Floats]:
    """Climatology, ridge and the pooled network of all cells, (cell, time)."""
    parts: list[Mapping[str, Floats]] = []
    for number, cells in enumerate(groups(source.plan.cells.size, GROUP_CELLS)):
        path = source.plan.network(sensor) / f"{number:04d}.npz"
        task = TrainTask(source, sensor, cells, roles, path, "")
        parts.append(estimates(store.load(path), series_of(task)))
    return {name: np.concatenate([part[name] for part in parts]) for name in BASELINES}


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
        {name: _baselines(source, name, roles) for name in plan.networks()},
    )


def values(ds: xr.Dataset, name: str = "soil_moisture") -> Floats:
    """A variable where it was observed and is recommended, (cell, time)."""
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE)
    return np.where(is_recommended(flag), ds[name].to_numpy(), np.float32(np.nan)).T


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
        products = {f"LSTM {sensor}": values(stream), **baselines}
        usual = baselines["climatology"]
        mask = np.broadcast_to(found.is_test, usual.shape)
        flag = stream["flag"].to_numpy().astype(FLAG_DTYPE).T
        why = excluded_by(flag, mask & (stream["nobs"].to_numpy().T > 0))
        one = compared(f"{sensor} against the target", products, found.target, usual, mask)
        tables.append(_noted(one, why))
        if truth is not None:
            known = truth_at(truth, cells, stream["obs_time"].to_numpy().T)
            both = {**products, "target itself": found.target}
            one = compared(f"{sensor} against truth", both, known, usual, mask)
            tables.append(_noted(one, why))
    return tables


def record_tables(found: Held, truth: Path | None, cells: npt.NDArray[np.int64]) -> list[Table]:
    """The fused record beside its streams: on common days, and each on all its own days."""
    usual = next(iter(found.baselines.values()))["climatology"]
    mask = np.broadcast_to(found.is_test, usual.shape)
    products = {"fused": values(found.record, "sm")}
    products |= {name: values(ds) for name, ds in found.streams.items() if name in found.baselines}
    references = {"the target": found.target}
    if truth is not None:
        references["truth"] = truth_at(truth, cells, found.record["t0"].to_numpy().T)
    tables = []
    for name, reference in references.items():
        tables.append(compared(f"Common days, against {name}", products, reference, usual, mask))
        rows = [
            compared("", {one: sm}, reference, usual, mask).rows[0] for one, sm in products.items()
        ]
        tables.append(Table(f"All days of each, against {name}", tuple(rows), "test days"))
    return tables


def _noted(table: Table, why: str) -> Table:
    return Table(table.title, table.rows, f"{table.note}; {why}")


def beyond_tables(
    source: Source, found: Held, truth: Path, cells: npt.NDArray[np.int64]
) -> list[Table]:
    """Streams on the days without any target, against truth: no target was ever seen of them.

    Args:
        source: of the series.
        found: what is compared.
        truth: of a simulated world.
        cells: flat cells of EASE2_M25.
    """
    days = source.learned
    first = days[np.isfinite(found.target).any(axis=0)][0]
    usual = next(iter(found.baselines.values()))["climatology"]
    before = np.broadcast_to(days < first, usual.shape)
    rows: list[Row] = []
    for name, ds in found.streams.items():
        known = truth_at(truth, cells, ds["obs_time"].to_numpy().T)
        for title, mask in ((f"before {first}", before), ("test days", found.is_test[None, :])):
            table = compared("", {f"{name}, {title}": values(ds)}, known, usual, mask)
            rows += [row for row in table.rows if row.cells]
    return [Table("Streams where no target was ever seen, against truth", tuple(rows), "")]
