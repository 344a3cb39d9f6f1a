"""How fast do the networks of the learner train and predict? Ready to be timed.

By the C++ kernel where this build has it, and by JAX.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.speed.peers_torch import RATE, Shape, Step
from mcca_ml.config.train import TrainSettings
from mcca_ml.learn import adam, fine_tune_jax
from mcca_ml.learn.lstm import Network, initialise, predict

try:
    from mcca_ml.learn import native_backend as native
except ImportError:
    native = None

JAX, NATIVE = "JAX vmap(scan)", "C++ kernel"
NOT_BUILT = "this build has no C++ kernel"
STEPS = 8
"""Steps of training in one call of the kernel."""


def networks(shape: Shape) -> Network:
    """Weights of all cells."""
    make = partial(initialise, features=shape.features, hidden=shape.hidden)
    return jax.jit(jax.vmap(make))(jax.random.split(jax.random.key(0), shape.cells))


def _cost(network: Network, x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean squared error of one cell over its sequences."""
    return jnp.mean((jax.vmap(predict, in_axes=(None, 0))(network, x) - y) ** 2)


def step_by_jax(shape: Shape) -> Step:
    """A step of the learner's own network and optimiser by JAX."""
    x, y = map(jnp.asarray, shape.arrays())
    start = networks(shape)

    def one(
        network: Network, moments: adam.GradientMoments, start: Network, x: jax.Array, y: jax.Array
    ) -> tuple[Network, adam.GradientMoments]:
        gradient = jax.grad(_cost)(network, x, y)
        return adam.step(network, gradient, moments, rate=RATE, start=start, penalty=0.0)

    many = jax.jit(jax.vmap(one))
    state = [(start, jax.vmap(adam.zero_moments)(start))]

    def step() -> Network:
        state[0] = jax.block_until_ready(many(*state[0], start, x, y))
        return state[0][0]

    return step


def steps_by_kernel(shape: Shape, threads: int | None = None, steps: int = STEPS) -> Step:
    """Some steps of all cells by the kernel, on the same numbers as the other ways.

    Args:
        shape: of the work; its sequences follow each other in one series of each cell.
        threads: that share the cells; None: all.
        steps: in one call.
    """
    x, y = shape.arrays()
    days = shape.sequences * shape.days
    settings = TrainSettings(
        hidden=shape.hidden,
        sequence=shape.days,
        warm_up=0,
        epochs=1,
        steps=steps,
        batch=shape.sequences,
        rate=RATE,
        penalty=0.0,
    )
    one, none = np.ones((shape.cells, days), np.float32), np.zeros((shape.cells, days), np.float32)
    lessons = native.Days(
        x.reshape(shape.cells, days, shape.features), y.reshape(shape.cells, days), one, none
    )
    first = np.tile(np.arange(0, days, shape.days, dtype=np.int32), (shape.cells, steps))
    start = jax.tree.map(np.asarray, networks(shape))
    return partial(native.fine_tune, lessons, first, start, settings, threads=threads)


def told_by_jax(network: Network, x: np.ndarray, block: int) -> np.ndarray:
    """Scaled soil moisture of cells and days by JAX, a block of cells at a time.

    Args:
        network: weights of each cell.
        x: scaled inputs [1], (cell, time, feature).
        block: cells at a time; what all cells need at once would not fit the memory.
    """
    parts = []
    for n in range(0, len(x), block):
        some = jax.tree.map(lambda leaf, n=n: leaf[n : n + block], network)
        parts.append(np.asarray(fine_tune_jax.predict_cells(some, jnp.asarray(x[n : n + block]))))
    return np.concatenate(parts)
