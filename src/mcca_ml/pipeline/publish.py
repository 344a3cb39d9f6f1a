"""The stage `publish`: RECORD -> daily NetCDF files, a Zarr cube, a manifest with checksums."""

import os
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.config.record import PublishSettings
from mcca_ml.parallel import perform
from mcca_ml.pipeline import checkpoints
from mcca_ml.pipeline.granules import InputGranule
from mcca_ml.pipeline.plan import Plan
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.publish.grid_window import Window, smallest_window
from mcca_ml.publish.quarter_degree import make_remap, remapped
from mcca_ml.publish.record_attributes import RecordMade, record_made
from mcca_ml.publish.record_cube import (
    BLOCK_DAYS,
    CHECKPOINTS,
    create_cube,
    extend_cube,
    is_cube_complete,
    write_cube_block,
)
from mcca_ml.publish.record_day import write_record_day
from mcca_ml.publish.record_manifest import manifest_stands, write_manifest
from mcca_ml.schema import LAYERS, is_simulated
from mcca_ml.store.integrity import block_checkpoints, missing_blocks
from mcca_ml.store.layout import digest
from mcca_ml.store.read_blocks import open_store

CUBE = "record.zarr"
SOURCES = "sources.txt"
QUARTER_DEGREE = "0.25deg"
"""Directory of the daily files on that grid."""


@dataclass(frozen=True)
class PublishTask:
    """32 days of the product."""

    plan: Plan
    """Without its granules."""
    number: int
    """Of the block, counted from the first day of the record."""
    days: Datetime64
    made: tuple[RecordMade, ...]
    """Of each day."""
    window: Window
    layers: tuple[str, ...]
    inputs: str

    @property
    def checkpoint(self) -> Path:
        """Checkpoint of the daily files."""
        return self.plan.work / "published" / f"{self.number:04d}"


def _provenance_by_day(plan: Plan, *, is_simulated: bool) -> dict[np.datetime64, RecordMade]:
    """Provenance of each day: inputs of the learning, and later granules up to that day."""
    # Settings that the values depend on: a record that grows keeps what it says of a day.
    nothing: dict[str, object] = {"period": None, "work": None, "output": None, "input": {}}
    settings = plan.settings.model_copy(update=nothing)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    by_day: dict[np.datetime64, list[InputGranule]] = {}
    for sensor in sorted(plan.granules):
        for granule in plan.granules[sensor]:
            by_day.setdefault(granule.start.astype("M8[D]"), []).append(granule)
    so_far = plan.learned_from()
    made = record_made(settings, so_far, is_simulated, epoch)
    provenance = {}
    for day in plan.days():
        if day > plan.learned_last:
            so_far = digest(so_far, *(granule.identity for granule in by_day.get(day, ())))
            made = record_made(settings, so_far, is_simulated, epoch)
        provenance[day] = made
    return provenance


def _write_days(task: PublishTask, ds: xr.Dataset) -> None:
    """Write the daily files of a task, then their checkpoint."""
    checkpoints.begin(task.checkpoint)
    settings, output = task.plan.settings.publish, task.plan.output
    remap = make_remap(ds["cell"].to_numpy()) if settings.quarter_degree else None
    paths = []
    for number, made in enumerate(task.made):
        day = ds.isel(time=[number])
        if settings.daily:
            paths.append(write_record_day(day, output, made, task.window, layers=task.layers))
        if remap is not None:
            folder, day = output / QUARTER_DEGREE, remapped(day, remap)
            paths.append(write_record_day(day, folder, made, remap.window, layers=task.layers))
    checkpoints.finish(task.checkpoint, task.inputs, paths, output)


def _has_days(settings: PublishSettings) -> bool:
    """Return True if daily files are wanted, on either grid."""
    return settings.daily or settings.quarter_degree


def _lacks_days(task: PublishTask) -> bool:
    """Return True if daily files of a task are wanted and missing."""
    is_done = checkpoints.is_done(task.checkpoint, task.inputs, task.plan.output)
    return _has_days(task.plan.settings.publish) and not is_done


def publish_block(task: PublishTask) -> int:
    """Write what is missing of a block; returns the number of days."""
    plan, days = task.plan, task.days
    ds = open_store(plan.record_store, first_day=days[0], last_day=days[-1])
    if _lacks_days(task):
        _write_days(task, ds)
    cube = plan.output / CUBE
    if plan.settings.publish.cube and missing_blocks(cube, {task.number: task.inputs}, CHECKPOINTS):
        write_cube_block(cube, ds, task.inputs)
    return days.size


def _content(span: tuple[Path, Datetime64]) -> str:
    """Digest of the values of the record, a store, on some days."""
    store, days = span
    ds = open_store(store, first_day=days[0], last_day=days[-1])
    content = sha256()
    for name in sorted(map(str, ds.data_vars)):
        content.update(np.ascontiguousarray(ds[name].to_numpy()).tobytes())
    return content.hexdigest()


def _tasks(
    plan: Plan, window: Window, layers: tuple[str, ...], executor: Executor | None
) -> list[PublishTask]:
    """All blocks of the product."""
    blocks = block_checkpoints(plan.record_store)
    simulated = any(is_simulated(block["attributes"]) for block in blocks.values())
    made = _provenance_by_day(plan, is_simulated=simulated)
    days, lean, tasks = plan.days(), plan.lean(), []
    spans = [days[first : first + BLOCK_DAYS] for first in range(0, days.size, BLOCK_DAYS)]
    contents = perform(_content, [(plan.record_store, some) for some in spans], executor)
    for number, (some, content) in enumerate(zip(spans, contents, strict=True)):
        of_days = tuple(made[day] for day in some)
        content_of_days = (str(some[0]), str(some[-1]), content, *layers)
        inputs = digest(*content_of_days, *map(repr, of_days))
        tasks.append(PublishTask(lean, number, some, of_days, window, layers, inputs))
    return tasks


def _missing(plan: Plan, tasks: list[PublishTask]) -> list[PublishTask]:
    """Return the incomplete blocks."""
    absent: list[int] = []
    if plan.settings.publish.cube:
        wanted = {task.number: task.inputs for task in tasks}
        absent = missing_blocks(plan.output / CUBE, wanted, CHECKPOINTS)
    return [task for task in tasks if _lacks_days(task) or task.number in absent]


def _ready_cube(
    plan: Plan, window: Window, layers: tuple[str, ...], first: RecordMade, last: RecordMade
) -> None:
    """Create the cube, replace one of another record, or extend it to the last day.

    Args:
        plan: plan of the record.
        window: part of the grid with the cells of the record.
        layers: published layers.
        first: provenance of the first day; if it changes, the cube is replaced.
        last: provenance of the last day, which includes all granules; for the attributes.
    """
    path = plan.output / CUBE
    checkpoint = plan.work / "published" / "cube"
    inputs = digest(str(plan.first_day), repr(window), *layers, repr(first))
    if checkpoints.is_done(checkpoint, inputs) and is_cube_complete(path):
        extend_cube(path, plan.last_day, last)
        return
    checkpoints.begin(checkpoint)
    create_cube(path, window, plan.first_day, plan.last_day, layers, last)
    checkpoints.finish(checkpoint, inputs, [])


def _manifest(plan: Plan, tasks: list[PublishTask]) -> None:
    """Checksums of all files, and the names and hashes of all granules."""
    known: dict[str, str] = {}
    for block in block_checkpoints(plan.output / CUBE, CHECKPOINTS).values():
        known |= {f"{CUBE}/{key}": sha for key, sha in block["shards"].items()}
    for task in tasks:
        if _has_days(plan.settings.publish):
            known |= checkpoints.done_files(task.checkpoint)
    lines = [
        f"{granule.sha256}  {granule.path.name}"
        for some in plan.granules.values()
        for granule in some
    ]
    with replacing(plan.output / SOURCES) as beside:
        beside.write_text("\n".join(sorted(lines)) + "\n")
    write_manifest(plan.output, tasks[-1].made[-1], known=known, sources=SOURCES)


def publish(plan: Plan, executor: Executor | None, progress: Progress) -> Tally:
    """Write the product; complete and unchanged files are kept.

    Raises:
        OutputError: it cannot be written.
    """
    make_directory(plan.work / "published")
    window = smallest_window(plan.cells)
    layers = tuple(LAYERS[name] for name in plan.streams)
    tasks = _tasks(plan, window, layers, executor)
    if plan.settings.publish.cube:
        _ready_cube(plan, window, layers, tasks[0].made[0], tasks[-1].made[-1])
    missing = _missing(plan, tasks)
    is_listed = manifest_stands(plan.output)
    bar = progress(Stage.PUBLISH, len(missing) or int(not is_listed))
    if not missing and is_listed:
        return Tally(Stage.PUBLISH, 0, "0 days")
    days = perform(publish_block, missing, executor, bar)
    _manifest(plan, tasks)
    return Tally(Stage.PUBLISH, max(len(missing), 1), f"{sum(days):,} days in {plan.output}")
