"""Initial weights of all cells: the pooled network, and the scaling of inputs and target."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from mcca_ml.arrays import Float32, Int64
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import SchemaError
from mcca_ml.learn import pooled, ridge_path, sequences, target_scaling
from mcca_ml.learn.lstm import Network, Pooled, at_cell, initialise
from mcca_ml.learn.sequences import TrainingSeries

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Start:
    """Pooled network and scaling, common to all cells."""

    pooled: Pooled
    """Pooled network, arrays of NumPy."""
    static_mean: Float32
    """Mean of the static features of the sample, (static,)."""
    static_scale: Float32
    """Standard deviation of the static features of the sample, (static,)."""
    guess: Float32
    """Coefficients of `target_scaling.guess`."""
    groups: Int64
    """Look of each input, (feature,)."""
    settings: TrainSettings
    form: ridge_path.Form
    """Memories and penalty of the ridge regression, common to all cells."""


@dataclass(frozen=True)
class Weights:
    """Networks of cells, with the scaling needed to apply them."""

    start: Start
    cells: Int64
    """Cell numbers, (cell,)."""
    network: Network
    """Weights, arrays of NumPy with a leading axis of cells."""
    scaling: target_scaling.TargetScaling
    ridge: ridge_path.RidgeModel
    backend: str = "none"
    """Backend of the training per cell: "native" or "jax"; "none": not trained per cell."""


def select_cells(weights: Weights, places: Int64) -> Weights:
    """Select the weights of some cells by their positions."""
    by_cell = weights.cells, weights.network, weights.scaling, weights.ridge
    cells, network, scaling, ridge = jax.tree.map(lambda leaf: leaf[places], by_cell)
    return replace(weights, cells=cells, network=network, scaling=scaling, ridge=ridge)


def inputs(
    start: Start, x: Float32, line: ridge_path.RidgeModel, levels: target_scaling.TargetScaling
) -> tuple[Float32, Float32]:
    """Network inputs [1], (cell, time, feature), and ridge estimate [m3 m-3], (cell, time).

    The inputs are the last values scaled per cell, the age of each look, and the ridge estimate.

    Args:
        start: pooled network and scaling.
        x: inputs, NaN where missing, (cell, time, feature).
        line: ridge regression of the cells.
        levels: target scaling of the cells.
    """
    age_max = start.settings.age_max
    values, ages = sequences.carry_forward(x, start.groups, age_max)
    z = ridge_path.scaled_values(values, line)
    estimated = ridge_path.estimate(line, z)
    # The ridge estimate, normalised with the target mean and sd of the cell.
    scaled = (estimated - levels.mean[:, None]) / levels.sd[:, None]
    read = np.concatenate([z, sequences.scale_ages(ages, age_max), scaled[:, :, None]], axis=2)
    return read, estimated


def scaled_target(
    target: Float32, estimated: Float32, line: ridge_path.RidgeModel
) -> tuple[Float32, Float32]:
    """Scaled residual of the ridge regression [1], 0 without a target, and 1 with a target."""
    # In units of the residual standard deviation.
    z = (target - estimated) / line.left[:, None]
    some = np.isfinite(z)
    return np.where(some, z, 0).astype(np.float32), some.astype(np.float32)


def lessons(
    start: Start,
    series: TrainingSeries,
    line: ridge_path.RidgeModel,
    levels: target_scaling.TargetScaling,
) -> tuple[Float32, Float32, Float32, Float32]:
    """Scaled inputs and targets [1] up to the last training or stop day.

    Args:
        start: pooled network and scaling.
        series: series of the cells.
        line: ridge regression of the cells.
        levels: target scaling of the cells.

    Returns:
        Inputs (cell, time, feature); scaled target, 0 where missing; 1 on training days with a
        target, 0 elsewhere; 1 on stop days with a target, 0 elsewhere; all three (cell, time).
    """
    last = series.last
    read, estimated = inputs(start, series.x[:, :last], line, levels)
    train, train_weight = scaled_target(series.train[:, :last], estimated, line)
    stop, stop_weight = scaled_target(series.stop[:, :last], estimated, line)
    # Each is 0 on the other's days, so the sum has both targets.
    return read, train + stop, train_weight, stop_weight


def pooled_start(
    series: TrainingSeries, settings: TrainSettings, progress: Progress | None = None
) -> tuple[Start, tuple[float, ...]]:
    """Train the pooled network on a sample of the cells with enough targets.

    Args:
        series: series of all cells, or of any cells that include the sample.
        settings: training settings.
        progress: called with one line of text per epoch.

    Returns:
        The start, and the error of the network on the stop days after each epoch [1].

    Raises:
        SchemaError: no cell has enough targets, or fewer days than a sequence.
    """
    enough = np.isfinite(series.train).sum(axis=1) >= settings.fewest_targets
    if not enough.any() or series.last < settings.sequence:
        raise SchemaError(
            f"learn: {int(enough.sum())} cells with {settings.fewest_targets} targets or more in"
            f" {series.last} days, expected at least one cell and {settings.sequence} days; give"
            " more training days, or lower [train] fewest_targets or sequence"
        )
    some = np.flatnonzero(enough)
    # By cell number, so that the sample does not depend on the split of cells.
    some = some[pooled.sample_cells(series.cells[some], settings.seed, settings.pooled_cells)]
    chosen = sequences.select_cells(series, some)
    static_mean, static_scale = sequences.mean_and_scale(chosen.static, (0,))
    static = target_scaling.scaled_static(chosen.static, static_mean, static_scale)
    guess = target_scaling.guess(chosen, static, settings.fewest_targets)
    features = len(series.groups) + len(np.unique(series.groups)) + 1
    empty = pooled.first_pooled(
        jax.random.key(settings.seed), features, static.shape[1], settings.hidden
    )
    levels = target_scaling.levels(chosen, static, guess, settings.fewest_targets)
    form = ridge_path.choose_form(chosen, levels) if settings.linear else ridge_path.FIRST_FORM
    # NumPy arrays, for storage and other processes.
    empty = jax.tree.map(np.asarray, empty)
    start = Start(empty, static_mean, static_scale, guess, series.groups, settings, form)
    if settings.start == "random":
        return start, ()
    line = ridge_path.fit(chosen, levels, form, is_used=settings.linear)
    x, *targets = map(jnp.asarray, lessons(start, chosen, line, levels))
    sample = pooled.Sample(x, jnp.asarray(static), *targets)
    network, errors = pooled.train(sample, settings, progress)
    return replace(start, pooled=jax.tree.map(np.asarray, network)), tuple(errors)


def initial_weights(start: Start, series: TrainingSeries) -> Weights:
    """Weights of cells before their own training: ridge regression and pooled network.

    Args:
        start: pooled network and scaling.
        series: series of the cells; cells without targets get a mean guessed from static features.
    """
    settings = start.settings
    static = target_scaling.scaled_static(series.static, start.static_mean, start.static_scale)
    levels = target_scaling.levels(series, static, start.guess, settings.fewest_targets)
    if settings.start == "random":
        key = jax.random.key(settings.seed)
        features = start.pooled.network.input.shape[0]

        def random_network(cell: jax.Array) -> Network:
            return initialise(jax.random.fold_in(key, cell), features, settings.hidden)

        networks = jax.vmap(random_network)(jnp.asarray(series.cells, jnp.uint32))
    else:
        networks = jax.vmap(at_cell, in_axes=(None, 0))(start.pooled, jnp.asarray(static))
    network: Network = jax.tree.map(np.asarray, networks)
    line = ridge_path.fit(series, levels, start.form, is_used=settings.linear)
    return Weights(start, series.cells, network, levels, line)
