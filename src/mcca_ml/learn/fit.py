"""Train a network for each cell, and predict soil moisture with it."""

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
    initial_weights,
    inputs,
    lessons,
    pooled_start,
    select_cells,
)
from mcca_ml.learn.sequences import TrainingSeries


@dataclass(frozen=True)
class TrainingReport:
    """Outcome of the training of each cell."""

    targets: Int64
    """Number of training days with a target, (cell,)."""
    is_guessed: Booleans
    """True where target mean and sd are guessed from static features, with too few targets,
    (cell,)."""
    epoch: Int32
    """Best epoch of each cell; 0: the initial weights, (cell,)."""
    stop_rmse_start: Float32
    """RMSE on the stop days with the initial weights [m3 m-3]; NaN without stop days, (cell,)."""
    stop_rmse: Float32
    """RMSE on the stop days with the final weights [m3 m-3]; NaN without stop days, (cell,)."""
    pooled_errors: tuple[float, ...]
    """Error of the pooled network on the stop days after each epoch [1]; empty if it was given."""
    status: Int32
    """Codes of `kernel.status.Status`: 0 where the training succeeded, (cell,)."""


def _blocks(cells: int, size: int) -> list[tuple[Int64, int]]:
    """Positions of the cells of each block, all of equal size, and the number of valid ones.

    The last block is padded with the last cell, so that one compiled program is used for all cells
    and the result of a cell does not depend on its block.
    """
    firsts = range(0, cells, size)
    return [
        (np.minimum(np.arange(first, first + size), cells - 1), min(size, cells - first))
        for first in firsts
    ]


def _report(begun: Weights, series: TrainingSeries, trained: Trained) -> TrainingReport:
    """Report of the training of all cells."""
    has_stop = np.isfinite(series.stop).any(axis=1)
    # From units of the residual sd of the ridge regression to m3 m-3.
    rmse = np.sqrt(np.stack([trained.error_at_start, trained.error])) * begun.ridge.left
    rmse = np.where(has_stop, rmse, np.float32(np.nan)).astype(np.float32)
    return TrainingReport(
        np.isfinite(series.train).sum(axis=1),
        ~begun.scaling.is_own,
        trained.epoch,
        rmse[0],
        rmse[1],
        (),
        trained.status,
    )


def _lessons(begun: Weights, series: TrainingSeries, place: Int64) -> fine_tune_jax.Lesson:
    """Training data of the cells of one block."""
    some, weights = sequences.select_cells(series, place), select_cells(begun, place)
    arrays = lessons(begun.start, some, weights.ridge, weights.scaling)
    read, target, train, stop = map(jnp.asarray, arrays)
    # A cell with a guessed mean would fit the error of the guess: it keeps its initial weights.
    train = train * weights.scaling.is_own[:, None]
    key = jax.random.fold_in(jax.random.key(begun.start.settings.seed), 1)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.asarray(some.cells, jnp.uint32))
    network = jax.tree.map(jnp.asarray, weights.network)
    return fine_tune_jax.Lesson(read, target, train, stop, network, keys)


def fine_tune(
    start: Start, series: TrainingSeries, progress: Progress | None = None
) -> tuple[Weights, TrainingReport]:
    """Train each cell on its own days, from the pooled network.

    The weights do not depend on the split of the cells into calls: random numbers are drawn by cell
    number, and every block has `block` cells.

    Args:
        start: pooled network and scaling, with the training settings.
        series: series of the cells.
        progress: called with one line of text per block.
    """
    settings = start.settings
    begun = initial_weights(start, series)
    parts = []
    for place, count in _blocks(len(series.cells), settings.block):
        parts.append(backend.train_cells(_lessons(begun, series, place), settings, count))
        if progress:
            progress(f"cells: {place[count - 1] + 1} of {len(series.cells)}")
    whole: Trained = jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts)
    weights = replace(begun, network=whole.best, backend=backend.choose_backend(settings))
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
    """Train a network for each cell, starting from a pooled network trained on the same cells.

    The target on calibration and test days, and the inputs after the last training or stop day, are
    not used. For more cells than fit in memory, call `pooled_start` once and `fine_tune` on blocks
    of cells.

    Args:
        x: inputs, any units, NaN where missing, (cell, time, feature).
        y: soil moisture [m3 m-3], NaN where missing, (cell, time).
        roles: codes of `Role`: 0 train, 1 stop, 2 calibrate, 3 test; (time,) or (cell, time).
        cells: cell numbers, which seed the random numbers of each cell, (cell,).
        static: features constant in time, any units, NaN where unknown, (cell, static).
        groups: number of the look of each feature, (feature,): the age is counted per look; None:
            one look.
        settings: training settings; None: the defaults.
        progress: called with one line of text per epoch or block.

    Returns:
        Weights of the cells, and the report of the training.

    Raises:
        SchemaError: shapes do not match, a role is unknown, or days or targets are too few.
    """
    checked = sequences.series(x, y, roles=roles, cells=cells, static=static, groups=groups)
    start, errors = pooled_start(checked, settings or TrainSettings(), progress)
    weights, report = fine_tune(start, checked, progress)
    return weights, replace(report, pooled_errors=errors)


def predict(weights: Weights, x: npt.ArrayLike) -> Float32:
    """Soil moisture of each cell and day [m3 m-3], (cell, time); NaN before the first input.

    The estimate of a day uses this day and the days before it.

    Args:
        weights: weights of the cells, in the order of `x`; they include the static features.
        x: inputs as in `fit`, from any first day, (cell, time, feature).

    Raises:
        SchemaError: the number of cells or features differs from that of the weights.
    """
    values = np.asarray(x, np.float32)
    wanted = (len(weights.cells), len(weights.start.groups))
    if values.ndim != 3 or (values.shape[0], values.shape[2]) != wanted:
        raise SchemaError(
            f"learn: x of shape {values.shape}, expected ({wanted[0]}, time, {wanted[1]}) after the"
            " weights; give the cells and features of the training"
        )
    parts = []
    for place, count in _blocks(len(values), weights.start.settings.block):
        some = select_cells(weights, place)
        read, linear = inputs(some.start, values[place], some.ridge, some.scaling)
        output = backend.predict_cells(some.network, read, weights.start.settings, count)
        # Ridge estimate plus the network output in units of the residual sd.
        parts.append(linear[:count] + some.ridge.left[:count, None] * output)
    soil_moisture = np.concatenate(parts)
    # From the first day on which any feature has a value.
    has_input = np.maximum.accumulate(np.isfinite(values).any(axis=2), axis=1)
    return np.where(has_input, soil_moisture, np.float32(np.nan)).astype(np.float32)
