"""The stage `train`: inputs and targets -> a network of each cell, and its error model."""

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Int8, Int64, UInt8
from mcca_ml.errors import GranuleError
from mcca_ml.flags import is_recommended
from mcca_ml.learn import backend, sequences, uncertainty, weights_file
from mcca_ml.learn.fit import fine_tune, predict
from mcca_ml.learn.pooled import sample_cells
from mcca_ml.learn.pooled_start import Start, initial_weights, pooled_start
from mcca_ml.learn.sequences import TrainingSeries
from mcca_ml.learn.splits import Role, assign_roles
from mcca_ml.learn.static_features import compute_statics
from mcca_ml.parallel import perform
from mcca_ml.pipeline import checkpoints
from mcca_ml.pipeline.calibrate import calibration_inputs
from mcca_ml.pipeline.load_series import (
    SeriesSource,
    inputs_for,
    target_days,
    target_for,
    visible_target,
)
from mcca_ml.pipeline.plan import Plan
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.sensors import networks
from mcca_ml.store.layout import digest
from mcca_ml.store.write_blocks import blocks_of_cells

GROUP_CELLS = 256
"""Cells of one file of weights, and of one task."""
LEARNING = (Role.TRAIN, Role.STOP)


@dataclass(frozen=True)
class TrainTask:
    """The networks of some cells."""

    source: SeriesSource
    sensor: str
    cells: slice
    roles: Int8
    """Of each day that may be known, (time,)."""
    path: Path
    inputs: str


def weight_files(plan: Plan, sensor: str) -> list[tuple[Path, slice]]:
    """Files of weights of the networks trained on a sensor, with their cells."""
    folder = plan.network(sensor)
    return [
        (folder / f"{number:04d}.npz", cells)
        for number, cells in enumerate(blocks_of_cells(plan.cells.size, GROUP_CELLS))
    ]


def roles(source: SeriesSource) -> Int8:
    """Role of each day that may be known, (time,)."""
    return assign_roles(source.learned, source.plan.settings.roles, target_days(source))


def training_series(task: TrainTask) -> TrainingSeries:
    """Series of the cells of a task, with the target of training and stop days only."""
    source, days = task.source, task.source.learned
    inputs = inputs_for(source, task.sensor, task.cells, days)
    target = target_for(source, task.cells, days, task.roles, LEARNING)
    ds = visible_target(source, task.cells, days, task.roles)
    static, _names = compute_statics(ds, inputs, np.isin(task.roles, LEARNING))
    return sequences.series(
        inputs.x,
        target.sm,
        roles=task.roles,
        cells=source.plan.cells[task.cells],
        static=static,
        groups=inputs.groups,
    )


def count_targets(task: TrainTask) -> Int64:
    """Training days with a target of each cell, (cell,)."""
    target = target_for(task.source, task.cells, task.source.learned, task.roles, (Role.TRAIN,))
    return np.asarray(np.isfinite(target.sm).sum(axis=1), np.int64)


def _sample(task: TrainTask, chosen: Int64) -> TrainingSeries:
    """Series of those cells of a task whose places are among `chosen`."""
    inside = chosen[(chosen >= task.cells.start) & (chosen < task.cells.stop)]
    return sequences.select_cells(training_series(task), inside - task.cells.start)


def learn_start(tasks: list[TrainTask], executor: Executor | None) -> tuple[Start, TrainingSeries]:
    """The start of all cells, and the sample of them that it was learned from."""
    source = tasks[0].source
    settings = source.plan.settings.train
    enough = np.concatenate(perform(count_targets, tasks, executor)) >= settings.fewest_targets
    some = np.flatnonzero(enough)
    chosen = np.sort(
        some[sample_cells(source.plan.cells[some], settings.seed, settings.pooled_cells)]
    )
    holding = [
        task for task in tasks if np.any((chosen >= task.cells.start) & (chosen < task.cells.stop))
    ]
    whole = sequences.concatenate_cells([_sample(task, chosen) for task in holding or tasks[:1]])
    return pooled_start(whole, settings)[0], whole


def train_group(task: TrainTask, start: Start) -> int:
    """Train the networks of a task and write them; returns the number of cells."""
    series = training_series(task)
    weights, _report = fine_tune(start, series)
    save = partial(weights_file.save, weights=weights)
    checkpoints.make_file(task.path, task.inputs, save)
    return len(series.cells)


class CalibrationSeries(NamedTuple):
    """Predictions and targets of some cells on calibration days, (cell, time)."""

    estimate: Float32
    sm: Float32
    sd: Float32
    vod: Float32
    nobs: UInt8
    low: Float32
    high: Float32
    """Range of each input on training days, (cell, feature)."""
    months: Int64
    """Days with a target to learn from in each month of the year, (cell, 12)."""


def _of_month(sm: Float32, days: Datetime64) -> Int64:
    """Days with a target in each month of the year, (cell, 12)."""
    month = days.astype("M8[M]").astype(np.int64) % 12
    has_target = np.isfinite(sm)
    return np.stack([has_target[:, month == k].sum(axis=1) for k in range(12)], axis=1).astype(
        np.int64
    )


def held_out(task: TrainTask) -> CalibrationSeries:
    """Estimates and targets of the cells of a task on calibration days."""
    source, days = task.source, task.source.learned
    inputs = inputs_for(source, task.sensor, task.cells, days)
    is_calibration = task.roles == Role.CALIBRATE
    target = target_for(source, task.cells, days, task.roles, (*LEARNING, Role.CALIBRATE))
    is_learned = np.isin(task.roles, LEARNING)
    predicted = predict(weights_file.load(task.path), inputs.x)
    low, high = uncertainty.input_range(inputs, is_learned)
    # Intervals are stated for recommended values and for days carried forward: estimate from these.
    counts = is_recommended(inputs.flag) | (inputs.nobs == 0)
    return CalibrationSeries(
        np.clip(predicted, 0, 1)[:, is_calibration],
        np.where(counts, target.sm, np.float32(np.nan))[:, is_calibration],
        uncertainty.random_share(target.vod, target.sd)[:, is_calibration],
        target.vod[:, is_calibration],
        inputs.nobs[:, is_calibration],
        low,
        high,
        _of_month(target.sm[:, is_learned], days[is_learned]),
    )


def _spread(tasks: list[TrainTask], executor: Executor | None) -> uncertainty.ErrorModel:
    """How far the estimates of all cells are from the target of the calibration days."""
    source, days = tasks[0].source, tasks[0].source.learned
    parts = perform(held_out, tasks, executor)
    whole = CalibrationSeries(*map(np.concatenate, zip(*parts, strict=True)))
    return uncertainty.fit_error_model(
        whole.estimate,
        whole.sm,
        whole.sd,
        nobs=whole.nobs,
        vod=whole.vod,
        days=days[tasks[0].roles == Role.CALIBRATE],
        cells=source.plan.cells,
        training=uncertainty.TrainingDays(whole.low, whole.high, whole.months),
    )


def network_inputs(plan: Plan, sensor: str) -> str:
    """Digest of all that the networks trained on a sensor depend on."""
    settings = plan.settings
    return digest(
        "train",
        str(weights_file.VERSION),
        sensor,
        settings.train.model_dump_json(),
        # The two agree within rounding, not in their bytes.
        backend.choose_backend(settings.train),
        settings.roles.model_dump_json(),
        calibration_inputs(plan),
    )


def _train_sensor(plan: Plan, sensor: str, executor: Executor | None, progress: Progress) -> int:
    """Train the missing networks of one sensor; returns the number of cells."""
    source = SeriesSource(plan.lean())
    inputs = network_inputs(plan, sensor)
    folder = plan.network(sensor)
    spread_path = folder / "spread.npz"
    of_spread = digest("spread", inputs, str(weights_file.UNCERTAINTY_VERSION))
    files = weight_files(plan, sensor)
    absent = {path for path, _ in files if not checkpoints.is_done(path, inputs)}
    if checkpoints.is_done(spread_path, of_spread) and not absent:
        return 0
    days = roles(source)
    tasks = [TrainTask(source, sensor, cells, days, path, inputs) for path, cells in files]
    missing = [task for task in tasks if task.path in absent]
    bar = progress(Stage.TRAIN, len(missing) + 1)
    if missing:
        start = _kept_start(tasks, folder / "start.npz", executor)
        perform(partial(train_group, start=start), missing, executor, bar)
    save = partial(weights_file.save_uncertainty, model=_spread(tasks, executor))
    checkpoints.make_file(spread_path, of_spread, save)
    bar(1)
    return plan.cells.size


def _kept_start(tasks: list[TrainTask], path: Path, executor: Executor | None) -> Start:
    """The start of all cells, from its file where it is done."""
    inputs = tasks[0].inputs
    if not checkpoints.is_done(path, inputs):
        start, series = learn_start(tasks, executor)
        save = partial(weights_file.save, weights=initial_weights(start, series))
        checkpoints.make_file(path, inputs, save)
    return weights_file.load(path).start


def train(plan: Plan, executor: Executor | None, progress: Progress) -> Tally:
    """Train the networks of a record; they are kept while it grows, unless retrained.

    Raises:
        GranuleError: there is no target, or no sensor that a network can be trained on.
        OutputError: they cannot be written.
    """
    if not plan.networks():
        raise GranuleError(
            f"train: found granules of {', '.join(plan.imagers) or 'no imager'}, expected some of "
            f"{' or '.join(networks())}, which fly beside SMAP; give [input.1C-AMSR2] or "
            "[input.1C-GMI]"
        )
    cells = sum(_train_sensor(plan, name, executor, progress) for name in plan.networks())
    note = backend.note(plan.settings.train)
    return Tally(Stage.TRAIN, int(cells > 0), f"{cells:,} networks", (note,) if note else ())
