"""The stage `fuse`: streams -> RECORD in a store, by the covariance of their held-out errors."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64, Int8
from mcca_ml.fuse import error_covariance, fusion, models
from mcca_ml.learn.splits import Role
from mcca_ml.parallel import perform
from mcca_ml.pipeline import checkpoints
from mcca_ml.pipeline.load_series import SeriesSource, target_for
from mcca_ml.pipeline.plan import Plan
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.pipeline.train import LEARNING, network_inputs, roles
from mcca_ml.sensors import trained
from mcca_ml.store.integrity import block_checkpoints, missing_blocks
from mcca_ml.store.layout import EPOCH, TIME_SHARD, digest
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import blocks_of_cells, write_block


@dataclass(frozen=True)
class FuseTask:
    """A block of cells."""

    source: SeriesSource
    cells: slice
    roles: Int8
    pool: Path
    inputs: str


_SPAN_DAYS = 2 * TIME_SHARD
"""Days that are fused at once: of 26 years four streams of a block of cells take 4 GB."""
_OF_ERRORS = ("soil_moisture", "nobs", "flag")
"""Variables of a stream from which its errors are estimated."""


def load_streams(
    source: SeriesSource,
    cells: slice,
    days: Datetime64,
    *,
    names: Sequence[str] | None = None,
    variables: Sequence[str] | None = None,
) -> dict[str, xr.Dataset]:
    """STREAM of each sensor for some cells and days.

    Args:
        source: of the streams.
        cells: places in the list of cells.
        days: UTC days, each following the one before.
        names: of sensors; None: all that give a stream.
        variables: which; None: all.
    """
    return {
        name: open_store(
            source.plan.stream_store(name),
            cells=cells,
            first_day=days[0],
            last_day=days[-1],
            variables=variables,
        )
        for name in source.plan.streams
        if names is None or name in names
    }


def spans(days: Datetime64) -> list[Datetime64]:
    """Days that are fused at once, cut where the shards of the streams are.

    >>> [part.size for part in spans(np.arange("1997-12-31", "2010-01-01", dtype="M8[D]"))]
    [1684, 2048, 652]
    """
    number = (days - EPOCH).astype(int) // _SPAN_DAYS
    return np.split(days, np.flatnonzero(np.diff(number)) + 1)


def sum_error_moments(task: FuseTask) -> error_covariance.ErrorMoments:
    """Errors of the streams of a block of cells.

    Error correlations come from the calibration days, which no network has used; biases from all
    days with a target except the test days, since calibration days are about one year, wet or dry.
    """
    source, days = task.source, task.source.learned
    target = target_for(source, task.cells, days, task.roles, (*LEARNING, Role.CALIBRATE))
    is_calibration_day = task.roles == Role.CALIBRATE
    some = load_streams(source, task.cells, days, names=trained(), variables=_OF_ERRORS)
    return error_covariance.error_moments(some, target.sm, is_calibration_day)


def fuse_block(task: FuseTask) -> int:
    """Fuse the streams of a block of cells; returns the number of cells."""
    source = task.source
    settings = source.plan.settings.fuse
    model = error_covariance.estimate_stream_errors(
        sum_error_moments(task), models.load_pool(task.pool), settings
    )
    parts = [
        fusion.fuse(load_streams(source, task.cells, some), model, settings)
        for some in spans(source.plan.days())
    ]
    ds = xr.concat(parts, "time", coords="minimal", compat="override", combine_attrs="override")
    write_block(source.plan.record_store, ds, task.inputs)
    return int(ds.sizes["cell"])


def _pool_inputs(plan: Plan) -> str:
    """Digest of all that the errors of the streams over all cells depend on."""
    networks = [network_inputs(plan, name) for name in plan.networks()]
    return digest(
        "pool, bias of all learned days, errors side by side",
        plan.settings.fuse.model_dump_json(),
        *plan.streams,
        *networks,
    )


def _wanted(plan: Plan, count: int) -> dict[int, str]:
    """Digest of what each block of cells depends on."""
    known = {name: block_checkpoints(plan.stream_store(name)) for name in plan.streams}
    of_all = ("fuse", _pool_inputs(plan), str(plan.first_day), str(plan.last_day))
    return {
        number: digest(
            *of_all, *(f"{name} {entry[number]['shards']}" for name, entry in sorted(known.items()))
        )
        for number in range(count)
    }


def fuse(plan: Plan, executor: Executor | None, progress: Progress) -> Tally:
    """The fused record of all cells and days.

    Raises:
        OutputError: it cannot be written.
    """
    source = SeriesSource(plan.lean())
    blocks = blocks_of_cells(plan.cells.size)
    pool, pool_inputs = plan.work / "fusion" / "pool.npz", _pool_inputs(plan)
    has_pool = checkpoints.is_done(pool, pool_inputs)
    path = plan.record_store
    checkpoints.ready_store(path, plan.frame("RECORD", "RECORD", digest("record")))
    wanted = _wanted(plan, len(blocks))
    missing = missing_blocks(path, wanted)
    bar = progress(Stage.FUSE, len(missing) + (not has_pool))
    if has_pool and not missing:
        return Tally(Stage.FUSE, 0, "0 cells")
    of_days = roles(source)
    tasks = [FuseTask(source, cells, of_days, pool, "") for cells in blocks]
    if not has_pool:
        error_pool = error_covariance.pool_errors(perform(sum_error_moments, tasks, executor))
        checkpoints.make_file(pool, pool_inputs, partial(models.save_pool, pool=error_pool))
        bar(1)
    todo = [replace(tasks[number], inputs=wanted[number]) for number in missing]
    cells = perform(fuse_block, todo, executor, bar)
    return Tally(Stage.FUSE, len(todo), f"{sum(cells):,} cells")
