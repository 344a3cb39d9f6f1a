"""Training of a cell from its start; written for ONE cell and lifted to a block of cells."""

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
    """What one cell learns from, scaled [1]; with a leading axis, what many learn from."""

    x: Float[Array, "*cell time feature"]
    target: Float[Array, "*cell time"]
    train: Float[Array, "*cell time"]
    """1 on training days with a target, 0 elsewhere."""
    stop: Float[Array, "*cell time"]
    """1 on stop days with a target, 0 elsewhere."""
    start: Network
    key: Key[Array, "*cell"]


class TrainingState(NamedTuple):
    """One cell in training; with a leading axis, many."""

    network: Network
    moments: adam.GradientMoments
    best: Network
    """Of the epoch that was best on the stop days."""
    error: Float[Array, "*cell"]
    """Mean squared error of `best` on the stop days [1]."""
    epoch: Int[Array, "*cell"]
    """Of `best`; 0 is the start itself."""
    done: Int[Array, "*cell"]
    """Epochs that ran."""


class Trained(NamedTuple):
    """Cells after their training, all with a leading axis of cells."""

    best: Network
    """Weights of the epoch that was best on the stop days; arrays of NumPy."""
    error_at_start: Float32
    """Mean squared error of the start on the stop days [1]; NaN after bad input."""
    error: Float32
    """Of `best` [1]."""
    epoch: Int32
    """Of `best`; 0 is the start."""
    done: Int32
    """Epochs that ran."""
    status: Int32
    """Codes of `kernel.status.Status`."""


def is_training(state: TrainingState, patience: int) -> Bool[Array, "*cell"]:
    """Whether a cell goes on: its best epoch is not too long ago."""
    return state.done - state.epoch < patience


def _stop_error(network: Network, lesson: Lesson) -> Float[Array, ""]:
    """Mean squared error on the stop days [1]."""
    return loss(predict(network, lesson.x), lesson.target, lesson.stop)


def begin(lesson: Lesson) -> TrainingState:
    """A cell before its first epoch."""
    error = _stop_error(lesson.start, lesson)
    zero = jnp.int32(0)
    return TrainingState(lesson.start, adam.at_rest(lesson.start), lesson.start, error, zero, zero)


def first_days(
    lesson: Lesson, step: Int[Array, ""], settings: TrainSettings
) -> Int[Array, " batch"]:
    """First days of the sequences of one step, drawn by the key of the cell.

    Args:
        lesson: of the cell.
        step: its number, counted over all epochs.
        settings: of the training.
    """
    # By cell and step: draws do not depend on the split of cells into blocks.
    return starts(
        jax.random.fold_in(lesson.key, step),
        lesson.train,
        settings.batch,
        length=settings.sequence,
        warm_up=settings.warm_up,
    )


def _epoch_of_one(state: TrainingState, lesson: Lesson, settings: TrainSettings) -> TrainingState:
    """One cell after one more epoch; as it was where it has stopped."""
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
        # The warm-up fills the state of the network and carries no loss.
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
    # Without stop days nothing tells when to stop: the last epoch is taken.
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
    # All cells of a block step together; one that has stopped keeps its state.
    goes_on = is_training(state, settings.patience) & (jnp.sum(lesson.train) > 0)
    chosen: TrainingState = jax.tree.map(partial(jnp.where, goes_on), new, state)
    return chosen


@partial(jax.jit, static_argnames="settings")
def epoch(states: TrainingState, lessons: Lesson, settings: TrainSettings) -> TrainingState:
    """Cells after one more epoch, arrays with a leading axis of cells."""
    one = partial(_epoch_of_one, settings=settings)
    found: TrainingState = jax.vmap(one)(states, lessons)
    return found


@partial(jax.jit, static_argnames="settings")
def all_first_days(lessons: Lesson, settings: TrainSettings) -> Int[Array, "cell draw"]:
    """First days of the sequences of all steps of all epochs, cell by cell.

    What `epoch` draws by itself, for a kernel that has no random numbers of its own.

    Args:
        lessons: of cells, arrays with a leading axis of cells.
        settings: of the training.
    """
    numbers = jnp.arange(settings.epochs * settings.steps)

    def of_cell(lesson: Lesson) -> Int[Array, " draw"]:
        one = partial(first_days, settings=settings)
        return jax.vmap(one, (None, 0))(lesson, numbers).reshape(-1)

    return jax.vmap(of_cell)(lessons)


begin_cells = jax.jit(jax.vmap(begin))
predict_cells = jax.jit(jax.vmap(predict))
