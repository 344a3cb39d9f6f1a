"""Pooled network, trained on a sample of cells with their static features."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from mcca_ml.arrays import Int64
from mcca_ml.config.train import TrainSettings
from mcca_ml.learn import adam
from mcca_ml.learn.lstm import GATES, Pooled, at_cell, initialise, predict
from mcca_ml.learn.sequence_loss import loss, weight_of_starts

Carry = tuple[Pooled, adam.GradientMoments]


class Sample(NamedTuple):
    """Scaled series of the sample [1]."""

    x: Float[Array, "cell time feature"]
    static: Float[Array, "cell static"]
    target: Float[Array, "cell time"]
    train: Float[Array, "cell time"]
    """1 on training days with a target, 0 elsewhere."""
    stop: Float[Array, "cell time"]
    """1 on stop days with a target, 0 elsewhere."""


def first_pooled(key: PRNGKeyArray, features: int, statics: int, hidden: int) -> Pooled:
    """Random shared weights; the weights of static features are 0."""
    network = initialise(key, features, hidden)
    return Pooled(network, jnp.zeros((statics, GATES * hidden)))


def sample_cells(cells: Int64, seed: int, number: int) -> Int64:
    """Positions of a random sample of cells, independent of their order.

    Args:
        cells: cell numbers, (cell,).
        seed: random seed; combined with the cell number.
        number: size of the sample.
    """
    key = jax.random.key(seed)

    def draw(cell: UInt32[Array, ""]) -> UInt32[Array, ""]:
        return jax.random.bits(jax.random.fold_in(key, cell))

    # The cells with the smallest random numbers.
    drawn = np.asarray(jax.vmap(draw)(jnp.asarray(cells, jnp.uint32)))
    order = np.lexsort((cells, drawn))
    return order[:number].astype(np.int64)


def _answers(
    pooled: Pooled, x: Float[Array, "row time feature"], static: Float[Array, "row static"]
) -> Float[Array, "row time"]:
    """Scaled soil moisture of rows with their static features [1]."""

    def predict_row(
        x: Float[Array, "time feature"], s: Float[Array, " static"]
    ) -> Float[Array, " time"]:
        return predict(at_cell(pooled, s), x)

    output: Float[Array, "row time"] = jax.vmap(predict_row)(x, static)
    return output


@partial(jax.jit, static_argnames=("settings", "steps"))
def _epoch(
    carry: Carry,
    sample: Sample,
    key: PRNGKeyArray,
    settings: TrainSettings,
    steps: int,
) -> Carry:
    """Shared weights after `steps` steps, each on random sequences of random cells."""
    length, warm_up, rows = settings.sequence, settings.warm_up, settings.pooled_batch
    weigh = jax.vmap(partial(weight_of_starts, length=length, warm_up=warm_up))
    possible = weigh(sample.train) > 0
    # Log-odds: uniform over possible first days.
    odds = jnp.where(possible, 0.0, -jnp.inf)
    days = jnp.arange(length)

    def cost(
        pooled: Pooled, cell: Int[Array, " row"], day: Int[Array, "row length"]
    ) -> Float[Array, ""]:
        guess = _answers(pooled, sample.x[cell[:, None], day], sample.static[cell])
        weight = sample.train[cell[:, None], day].at[:, :warm_up].set(0.0)
        return loss(guess, sample.target[cell[:, None], day], weight)

    def step(i: Int[Array, ""], carry: Carry) -> Carry:
        pooled, moments = carry
        cell_key, day_key = jax.random.split(jax.random.fold_in(key, i))
        # Only cells with a possible first day are drawn.
        cell_odds = jnp.where(possible.any(axis=1), 0.0, -jnp.inf)
        cell = jax.random.categorical(cell_key, cell_odds, shape=(rows,))
        first = jax.random.categorical(day_key, odds[cell], axis=1)
        gradient = jax.grad(cost)(pooled, cell, first[:, None] + days)
        return adam.step(
            pooled, gradient, moments, rate=settings.pooled_rate, start=pooled, penalty=0.0
        )

    ended: Carry = jax.lax.fori_loop(0, steps, step, carry)
    return ended


@jax.jit
def _error(pooled: Pooled, sample: Sample) -> Float[Array, ""]:
    """Mean squared error on the stop days of all cells of the sample [1]."""
    return loss(_answers(pooled, sample.x, sample.static), sample.target, sample.stop)


def train(
    sample: Sample, settings: TrainSettings, progress: Callable[[str], None] | None = None
) -> tuple[Pooled, list[float]]:
    """Train the pooled network.

    Args:
        sample: scaled series of the sample; at least one cell with a target.
        settings: training settings.
        progress: called with one line of text per epoch.

    Returns:
        Weights of the best epoch, of the last epoch without stop days; and the root mean squared
        errors on the stop days [1], first that before the first epoch.
    """
    key = jax.random.key(settings.seed)
    features, statics = sample.x.shape[2], sample.static.shape[1]
    pooled = first_pooled(jax.random.fold_in(key, 0), features, statics, settings.hidden)
    moments = adam.zero_moments(pooled)
    # An epoch uses about as many days as the sample has.
    steps = max(1, round(sample.train.size / (settings.pooled_batch * settings.sequence)))
    has_stop = bool(sample.stop.sum() > 0)
    best, errors = pooled, [float(_error(pooled, sample))]
    for number in range(settings.pooled_epochs):
        epoch_key = jax.random.fold_in(key, number + 1)
        pooled, moments = _epoch((pooled, moments), sample, epoch_key, settings, steps)
        error = float(_error(pooled, sample))
        # Without stop days the last epoch is used.
        if error < min(errors) or not has_stop:
            best = pooled
        errors.append(error)
        # Index 0 is the error before the first epoch.
        if has_stop and number + 1 - int(np.argmin(errors)) >= settings.pooled_patience:
            break
        if progress:
            progress(f"pooled start: epoch {number + 1} of {settings.pooled_epochs}, {error:.4f}")
    return best, [float(np.sqrt(e)) for e in errors]
