"""Series of cells -> weights of each cell, and weights -> soil moisture."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Float32, Int32, Int64
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import SchemaError
from mcca_ml.learn import backend, fine_tune_jax, sequences
from mcca_ml.learn.fine_tune_jax import Trained
from mcca_ml.learn.pooled_start import (
    Progress,
    Start,
    Weights,
    at_start,
    inputs,
    lessons,
    pooled_start,
    select_cells,
)
from mcca_ml.learn.sequences import Series


@dataclass(frozen=True)
class TrainingReport:
    """How the training went."""

    targets: Int64
    """Training days with a target, (cell,)."""
    is_guessed: Booleans
    """Mean and spread of the cell come from its statics: it has too few targets, (cell,)."""
    epoch: Int32
    """Best epoch of each cell; 0: it stays at its start, (cell,)."""
    stop_rmse_start: Float32
    """On the stop days, with the start [m3 m-3]; NaN without stop days, (cell,)."""
    stop_rmse: Float32
    """On the stop days, with the weights kept [m3 m-3]; NaN without stop days, (cell,)."""
    pooled_errors: tuple[float, ...]
    """Error of the pooled network on the stop days after each epoch [1]; empty if it was given."""
    status: Int32
    """Codes of `kernel.status.Status`: 0 where nothing went wrong, (cell,)."""


def _blocks(cells: int, size: int) -> list[tuple[Int64, int]]:
    """Places of the cells of each block, all of one size, and how many of them count.

    The last block is filled up with the last cell, so that one compiled program serves all and a
    cell meets the same program wherever it stands.
    """
    firsts = range(0, cells, size)
    return [
        (np.minimum(np.arange(first, first + size), cells - 1), min(size, cells - first))
        for first in firsts
    ]


def _report(begun: Weights, series: Series, found: Trained) -> TrainingReport:
    """How the training of all cells went."""
    has_stop = np.isfinite(series.stop).any(axis=1)
    # From units of the residual sd of the linear path to m3 m-3.
    rmse = np.sqrt(np.stack([found.error_at_start, found.error])) * begun.line.left
    rmse = np.where(has_stop, rmse, np.float32(np.nan)).astype(np.float32)
    return TrainingReport(
        np.isfinite(series.train).sum(axis=1),
        ~begun.level.is_own,
        found.epoch,
        rmse[0],
        rmse[1],
        (),
        found.status,
    )


def _lessons(begun: Weights, series: Series, place: Int64) -> fine_tune_jax.Lesson:
    """What the cells of one block learn from."""
    some, mine = sequences.select_cells(series, place), select_cells(begun, place)
    of_days = lessons(begun.start, some, mine.line, mine.level)
    read, target, train, stop = map(jnp.asarray, of_days)
    # A cell whose mean is a guess would learn the error of the guess: it stays at its start.
    train = train * mine.level.is_own[:, None]
    key = jax.random.fold_in(jax.random.key(begun.start.settings.seed), 1)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.asarray(some.cells, jnp.uint32))
    network = jax.tree.map(jnp.asarray, mine.network)
    return fine_tune_jax.Lesson(read, target, train, stop, network, keys)


def fine_tune(
    start: Start, series: Series, progress: Progress | None = None
) -> tuple[Weights, TrainingReport]:
    """Weights of each cell, trained on its own days from the start.

    Any split of the cells into calls gives the same weights: random numbers are drawn by the number
    of the cell, and every block has `block` cells.

    Args:
        start: of all cells, with the settings of the training.
        series: of the cells.
        progress: told each block in one line.
    """
    settings = start.settings
    begun = at_start(start, series)
    parts = []
    for place, count in _blocks(len(series.cells), settings.block):
        parts.append(backend.train_cells(_lessons(begun, series, place), settings, count))
        if progress:
            progress(f"cells: {place[count - 1] + 1} of {len(series.cells)}")
    whole: Trained = jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts)
    weights = replace(begun, network=whole.best, backend=backend.chosen(settings))
    return weights, _report(begun, series, whole)


def fit(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    roles: npt.ArrayLike,
    cells: npt.ArrayLike,
    static: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    settings: TrainSettings | None = None,
    progress: Progress | None = None,
) -> tuple[Weights, TrainingReport]:
    """Weights of each cell, from a pooled start trained on the same cells.

    The target of calibration and test days, and the inputs after the last day of training or
    stopping, are not looked at. For more cells than memory holds, call `pooled_start` once and
    `fine_tune` on blocks of cells.

    Args:
        x: inputs, any units, NaN where a day has none, (cell, time, feature).
        y: soil moisture [m3 m-3], NaN where there is none, (cell, time).
        roles: codes of `Role`: 0 train, 1 stop, 2 calibrate, 3 test; (time,) or (cell, time).
        cells: number of each cell, by which its random numbers are drawn, (cell,).
        static: features that do not change, any units, NaN where unknown, (cell, static).
        groups: number of the look that brings each feature, (feature,): each look has an age of
            its own; None: one look.
        settings: of the training; None: the defaults.
        progress: told what has been done, a line at a time.

    Raises:
        SchemaError: shapes that do not fit, an unknown role, too few days or targets.
    """
    checked = sequences.series(x, y, roles=roles, cells=cells, static=static, groups=groups)
    start, errors = pooled_start(checked, settings or TrainSettings(), progress)
    weights, report = fine_tune(start, checked, progress)
    return weights, replace(report, pooled_errors=errors)


def predict(weights: Weights, x: npt.ArrayLike) -> Float32:
    """Soil moisture of each cell and day [m3 m-3], (cell, time); NaN before the first input.

    Each day uses itself and the past. The statics are part of the weights.

    Args:
        weights: of the cells, in their order.
        x: inputs as in `fit`, from any first day on, (cell, time, feature).

    Raises:
        SchemaError: another number of cells or features than the weights have.
    """
    found = np.asarray(x, np.float32)
    wanted = (len(weights.cells), len(weights.start.groups))
    if found.ndim != 3 or (found.shape[0], found.shape[2]) != wanted:
        raise SchemaError(
            f"learn: x of shape {found.shape}, expected ({wanted[0]}, time, {wanted[1]}) after the"
            " weights; give the cells and features of the training"
        )
    parts = []
    for place, count in _blocks(len(found), weights.start.settings.block):
        some = select_cells(weights, place)
        read, by_line = inputs(some.start, found[place], some.line, some.level)
        told = backend.predict_cells(some.network, read, weights.start.settings, count)
        # Linear estimate plus what the network adds, in units of the residual sd.
        parts.append(by_line[:count] + some.line.left[:count, None] * told)
    answer = np.concatenate(parts)
    # From the first day on which any feature has a value.
    was_seen = np.maximum.accumulate(np.isfinite(found).any(axis=2), axis=1)
    return np.where(was_seen, answer, np.float32(np.nan)).astype(np.float32)
