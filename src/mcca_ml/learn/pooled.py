"""The start of all cells: one network trained on a sample of them, with their statics."""

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
    """Random shared weights; statics count for nothing at first."""
    network = initialise(key, features, hidden)
    return Pooled(network, jnp.zeros((statics, GATES * hidden)))


def sampled(cells: Int64, seed: int, number: int) -> Int64:
    """Places of a random sample of cells that depends on their numbers, not on their order.

    Args:
        cells: numbers of the cells, (cell,).
        seed: of the choice.
        number: size of the sample.
    """
    key = jax.random.key(seed)

    def draw(cell: UInt32[Array, ""]) -> UInt32[Array, ""]:
        return jax.random.bits(jax.random.fold_in(key, cell))

    # Cells with the smallest random numbers; each number is of seed and cell alone.
    drawn = np.asarray(jax.vmap(draw)(jnp.asarray(cells, jnp.uint32)))
    order = np.lexsort((cells, drawn))
    return order[:number].astype(np.int64)


def _answers(
    pooled: Pooled, x: Float[Array, "row time feature"], static: Float[Array, "row static"]
) -> Float[Array, "row time"]:
    """Scaled soil moisture of rows that each have their statics [1]."""

    def one(x: Float[Array, "time feature"], s: Float[Array, " static"]) -> Float[Array, " time"]:
        return predict(at_cell(pooled, s), x)

    found: Float[Array, "row time"] = jax.vmap(one)(x, static)
    return found


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
    # Log-odds: every possible first day alike, no other.
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
        which, when = jax.random.split(jax.random.fold_in(key, i))
        # A cell is drawn only if it has a first day to draw.
        has_any = jnp.where(possible.any(axis=1), 0.0, -jnp.inf)
        cell = jax.random.categorical(which, has_any, shape=(rows,))
        first = jax.random.categorical(when, odds[cell], axis=1)
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
    """Shared weights of the best epoch, and the error on the stop days after each epoch.

    Args:
        sample: scaled series of the sample; at least one cell with a target.
        settings: of the training.
        progress: told each epoch in one line.

    Returns:
        Weights, and root mean squared errors [1], before the first epoch first. Without stop days
        the last epoch is taken.
    """
    key = jax.random.key(settings.seed)
    features, statics = sample.x.shape[2], sample.static.shape[1]
    pooled = first_pooled(jax.random.fold_in(key, 0), features, statics, settings.hidden)
    moments = adam.at_rest(pooled)
    # An epoch reads about as many days as the sample has.
    steps = max(1, round(sample.train.size / (settings.pooled_batch * settings.sequence)))
    has_stop = bool(sample.stop.sum() > 0)
    best, errors = pooled, [float(_error(pooled, sample))]
    for number in range(settings.pooled_epochs):
        epoch_key = jax.random.fold_in(key, number + 1)
        pooled, moments = _epoch((pooled, moments), sample, epoch_key, settings, steps)
        error = float(_error(pooled, sample))
        # Without stop days no epoch is known to be better than the last.
        if error < min(errors) or not has_stop:
            best = pooled
        errors.append(error)
        # Index 0 is the error before the first epoch.
        if has_stop and number + 1 - int(np.argmin(errors)) >= settings.pooled_patience:
            break
        if progress:
            progress(f"pooled start: epoch {number + 1} of {settings.pooled_epochs}, {error:.4f}")
    return best, [float(np.sqrt(e)) for e in errors]
