"""Train the network of a cell from its initial weights; `jax.vmap` applies it to many cells."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from mcca_ml.arrays import Float32, Int32
from mcca_ml.config.train import TrainSettings
from mcca_ml.learn import adam
from mcca_ml.learn.lstm import Network, predict
from mcca_ml.learn.sequence_loss import cut, loss, starts

Carry = tuple[Network, adam.GradientMoments]


class Lesson(NamedTuple):
    """Scaled training data of one cell [1], or of many with a leading axis."""

    x: Float[Array, "*cell time feature"]
    target: Float[Array, "*cell time"]
    train: Float[Array, "*cell time"]
    """1 on training days with a target, 0 elsewhere."""
    stop: Float[Array, "*cell time"]
    """1 on stop days with a target, 0 elsewhere."""
    start: Network
    key: Key[Array, "*cell"]


class TrainingState(NamedTuple):
    """State of the training of one cell, or of many with a leading axis."""

    network: Network
    moments: adam.GradientMoments
    best: Network
    """Weights of the epoch with the smallest error on the stop days."""
    error: Float[Array, "*cell"]
    """Mean squared error of `best` on the stop days [1]."""
    epoch: Int[Array, "*cell"]
    """Epoch of `best`; 0 is the start."""
    done: Int[Array, "*cell"]
    """Number of completed epochs."""


class Trained(NamedTuple):
    """Trained cells, all arrays with a leading axis of cells."""

    best: Network
    """Weights of the epoch with the smallest error on the stop days; arrays of NumPy."""
    error_at_start: Float32
    """Mean squared error of the start on the stop days [1]; NaN for invalid input."""
    error: Float32
    """Mean squared error of `best` on the stop days [1]."""
    epoch: Int32
    """Epoch of `best`; 0 is the start."""
    done: Int32
    """Number of completed epochs."""
    status: Int32
    """Codes of `kernel.status.Status`."""


def is_training(state: TrainingState, patience: int) -> Bool[Array, "*cell"]:
    """Return True while the best epoch is fewer than `patience` epochs ago."""
    return state.done - state.epoch < patience


def _stop_error(network: Network, lesson: Lesson) -> Float[Array, ""]:
    """Mean squared error on the stop days [1]."""
    return loss(predict(network, lesson.x), lesson.target, lesson.stop)


def begin(lesson: Lesson) -> TrainingState:
    """Training state before the first epoch."""
    error = _stop_error(lesson.start, lesson)
    zero = jnp.int32(0)
    return TrainingState(
        lesson.start, adam.zero_moments(lesson.start), lesson.start, error, zero, zero
    )


def first_days(
    lesson: Lesson, step: Int[Array, ""], settings: TrainSettings
) -> Int[Array, " batch"]:
    """Draw the first days of the sequences of one step, with the key of the cell.

    Args:
        lesson: training data of the cell.
        step: step number, counted over all epochs.
        settings: training settings.
    """
    # By cell and step, independent of the split of cells into blocks.
    return starts(
        jax.random.fold_in(lesson.key, step),
        lesson.train,
        settings.batch,
        length=settings.sequence,
        warm_up=settings.warm_up,
    )


def _cell_epoch(state: TrainingState, lesson: Lesson, settings: TrainSettings) -> TrainingState:
    """Train one cell for one more epoch; a stopped cell is unchanged."""
    length, warm_up = settings.sequence, settings.warm_up

    def cost(
        network: Network,
        x: Float[Array, "number length feature"],
        target: Float[Array, "number length"],
        weight: Float[Array, "number length"],
    ) -> Float[Array, ""]:
        guess = jax.vmap(predict, in_axes=(None, 0))(network, x)
        return loss(guess, target, weight)

    def step(i: Int[Array, ""], carry: Carry) -> Carry:
        network, moments = carry
        first = first_days(lesson, state.done * settings.steps + i, settings)
        # The warm-up initialises the state of the network, without loss.
        weight = cut(lesson.train, first, length).at[:, :warm_up].set(0.0)
        gradient = jax.grad(cost)(
            network, cut(lesson.x, first, length), cut(lesson.target, first, length), weight
        )
        return adam.step(
            network,
            gradient,
            moments,
            rate=settings.rate,
            start=lesson.start,
            penalty=settings.penalty,
        )

    network, moments = jax.lax.fori_loop(0, settings.steps, step, (state.network, state.moments))
    error = _stop_error(network, lesson)
    # Without stop days the last epoch is used.
    better = (error < state.error) | (jnp.sum(lesson.stop) == 0)
    done = state.done + 1
    best = jax.tree.map(partial(jnp.where, better), network, state.best)
    new = TrainingState(
        network,
        moments,
        best,
        jnp.where(better, error, state.error),
        jnp.where(better, done, state.epoch),
        done,
    )
    # All cells of a block step together; a stopped cell keeps its state.
    goes_on = is_training(state, settings.patience) & (jnp.sum(lesson.train) > 0)
    chosen: TrainingState = jax.tree.map(partial(jnp.where, goes_on), new, state)
    return chosen


@partial(jax.jit, static_argnames="settings")
def epoch(states: TrainingState, lessons: Lesson, settings: TrainSettings) -> TrainingState:
    """Train cells for one more epoch, arrays with a leading axis of cells."""
    new: TrainingState = jax.vmap(partial(_cell_epoch, settings=settings))(states, lessons)
    return new


@partial(jax.jit, static_argnames="settings")
def all_first_days(lessons: Lesson, settings: TrainSettings) -> Int[Array, "cell draw"]:
    """First days of the sequences of all steps of all epochs, cell by cell.

    The same days as drawn by `epoch`, for the C++ kernel, which has no random numbers.

    Args:
        lessons: training data of cells, arrays with a leading axis of cells.
        settings: training settings.
    """
    numbers = jnp.arange(settings.epochs * settings.steps)

    def draw_cell(lesson: Lesson) -> Int[Array, " draw"]:
        draw_step = partial(first_days, settings=settings)
        return jax.vmap(draw_step, (None, 0))(lesson, numbers).reshape(-1)

    return jax.vmap(draw_cell)(lessons)


begin_cells = jax.jit(jax.vmap(begin))
predict_cells = jax.jit(jax.vmap(predict))
