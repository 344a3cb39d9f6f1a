"""What all cells begin with: the pooled network, and the scaling of everything."""

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
from mcca_ml.learn.sequences import Series

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Start:
    """What all cells begin with: the pooled network, and the scaling of everything."""

    pooled: Pooled
    """Arrays of NumPy."""
    static_mean: Float32
    static_scale: Float32
    """Of the statics of the sample, (static,)."""
    guess: Float32
    """Of mean and spread of a cell, `target_scaling.guess`."""
    groups: Int64
    """Look of each input, (feature,)."""
    settings: TrainSettings
    form: ridge_path.Form
    """Of the lines of all cells."""


@dataclass(frozen=True)
class Weights:
    """Networks of cells, with what is needed to apply them."""

    start: Start
    cells: Int64
    """Numbers of the cells, (cell,)."""
    network: Network
    """Arrays of NumPy with a leading axis of cells."""
    level: target_scaling.Levels
    line: ridge_path.Line
    backend: str = "none"
    """What trained them after the start: "native" or "jax"; "none": nothing did."""


def select_cells(weights: Weights, places: Int64) -> Weights:
    """The weights of some cells, by their places."""
    by_cell = weights.cells, weights.network, weights.level, weights.line
    cells, network, level, line = jax.tree.map(lambda leaf: leaf[places], by_cell)
    return replace(weights, cells=cells, network=network, level=level, line=line)


def inputs(
    start: Start, x: Float32, line: ridge_path.Line, levels: target_scaling.Levels
) -> tuple[Float32, Float32]:
    """What the network reads [1], (cell, time, feature), and the line's estimate [m3 m-3].

    Values carried and scaled by the cell, the age of each look, the line's estimate.

    Args:
        start: of all cells.
        x: inputs, NaN where missing, (cell, time, feature).
        line: of the cells.
        levels: of the cells.
    """
    age_max = start.settings.age_max
    values, ages = sequences.carried(x, start.groups, age_max)
    z = ridge_path.scaled_values(values, line)
    found = ridge_path.estimate(line, z)
    # The linear estimate in units of the cell's target, like the other inputs.
    told = (found - levels.mean[:, None]) / levels.sd[:, None]
    read = np.concatenate([z, sequences.aged(ages, age_max), told[:, :, None]], axis=2)
    return read, found


def scaled_target(
    target: Float32, estimated: Float32, line: ridge_path.Line
) -> tuple[Float32, Float32]:
    """What the line leaves, scaled [1], 0 where there is no target, and 1 where there is one."""
    # Residual of the linear path in units of its standard deviation.
    z = (target - estimated) / line.left[:, None]
    seen = np.isfinite(z)
    return np.where(seen, z, 0).astype(np.float32), seen.astype(np.float32)


def lessons(
    start: Start, series: Series, line: ridge_path.Line, levels: target_scaling.Levels
) -> tuple[Float32, Float32, Float32, Float32]:
    """What is read and what is to be told [1], up to the last day of training or stopping.

    Args:
        start: of all cells.
        series: of the cells.
        line: of the cells.
        levels: of the cells.

    Returns:
        Inputs (cell, time, feature); scaled target, 0 where there is none; 1 on training days with
        one, 0 elsewhere; 1 on stop days with one, 0 elsewhere; all three (cell, time).
    """
    last = series.last
    read, estimated = inputs(start, series.x[:, :last], line, levels)
    train, train_weight = scaled_target(series.train[:, :last], estimated, line)
    stop, stop_weight = scaled_target(series.stop[:, :last], estimated, line)
    # Each is 0 on the other's days, so the sum holds both targets.
    return read, train + stop, train_weight, stop_weight


def pooled_start(
    series: Series, settings: TrainSettings, progress: Progress | None = None
) -> tuple[Start, tuple[float, ...]]:
    """The start of all cells, trained on a sample of those with enough targets.

    Args:
        series: of all cells, or of any cells that hold the sample.
        settings: of the training.
        progress: told each epoch in one line.

    Returns:
        The start, and the error of the network on the stop days after each epoch [1].

    Raises:
        SchemaError: no cell has enough targets, or fewer days than a sequence.
    """
    enough = np.isfinite(series.train).sum(axis=1) >= settings.fewest_targets
    if not enough.any() or series.last < settings.sequence:
        raise SchemaError(
            f"learn: {int(enough.sum())} cells with {settings.fewest_targets} targets or more in"
            f" {series.last} days, expected one at least and {settings.sequence} days; give more"
            " days of training, or lower fewest_targets or sequence"
        )
    some = np.flatnonzero(enough)
    # By cell number, so that any split of cells gives the same sample.
    some = some[pooled.sampled(series.cells[some], settings.seed, settings.pooled_cells)]
    chosen = sequences.select_cells(series, some)
    static_mean, static_scale = sequences.spread(chosen.static, (0,))
    static = target_scaling.scaled_static(chosen.static, static_mean, static_scale)
    guess = target_scaling.guess(chosen, static, settings.fewest_targets)
    features = len(series.groups) + len(np.unique(series.groups)) + 1
    empty = pooled.first_pooled(
        jax.random.key(settings.seed), features, static.shape[1], settings.hidden
    )
    levels = target_scaling.levels(chosen, static, guess, settings.fewest_targets)
    form = ridge_path.form_of(chosen, levels) if settings.linear else ridge_path.FIRST_FORM
    # Arrays of NumPy can be stored and sent to other processes.
    empty = jax.tree.map(np.asarray, empty)
    start = Start(empty, static_mean, static_scale, guess, series.groups, settings, form)
    if settings.start == "random":
        return start, ()
    line = ridge_path.fit(chosen, levels, form, is_used=settings.linear)
    x, *of_days = map(jnp.asarray, lessons(start, chosen, line, levels))
    sample = pooled.Sample(x, jnp.asarray(static), *of_days)
    network, errors = pooled.train(sample, settings, progress)
    return replace(start, pooled=jax.tree.map(np.asarray, network)), tuple(errors)


def at_start(start: Start, series: Series) -> Weights:
    """Weights of cells that have not been trained by themselves: line and pooled network.

    Args:
        start: of all cells.
        series: of the cells; without any target their mean is guessed from the statics.
    """
    settings = start.settings
    static = target_scaling.scaled_static(series.static, start.static_mean, start.static_scale)
    levels = target_scaling.levels(series, static, start.guess, settings.fewest_targets)
    if settings.start == "random":
        key = jax.random.key(settings.seed)
        features = start.pooled.network.input.shape[0]

        def by_chance(cell: jax.Array) -> Network:
            return initialise(jax.random.fold_in(key, cell), features, settings.hidden)

        networks = jax.vmap(by_chance)(jnp.asarray(series.cells, jnp.uint32))
    else:
        networks = jax.vmap(at_cell, in_axes=(None, 0))(start.pooled, jnp.asarray(static))
    network: Network = jax.tree.map(np.asarray, networks)
    line = ridge_path.fit(series, levels, start.form, is_used=settings.linear)
    return Weights(start, series.cells, network, levels, line)
