"""Random cells for tests of the kernel; everything scaled, nothing of it measured."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from mcca_ml.config.train import TrainSettings
from mcca_ml.learn import fine_tune_jax
from mcca_ml.learn.lstm import Network


@dataclass(frozen=True)
class Cells:
    """Arrays of NumPy with a leading axis of cells."""

    x: np.ndarray
    target: np.ndarray
    train: np.ndarray
    stop: np.ndarray
    network: Network
    first: np.ndarray
    """First days of all sequences, (cell, draw)."""
    settings: TrainSettings


def networks(rng: np.random.Generator, cells: int, features: int, hidden: int) -> Network:
    gates = 4 * hidden
    shapes = (features, gates), (hidden, gates), (gates,), (hidden,), ()
    sizes = 1 / np.sqrt(features), 1 / np.sqrt(hidden), 1.0, 1 / np.sqrt(hidden), 1.0
    drawn = (rng.normal(0, size, (cells, *s)) for s, size in zip(shapes, sizes, strict=True))
    return Network(*(np.asarray(leaf, np.float32) for leaf in drawn))


def made_cells(
    seed: int, *, cells: int = 3, days: int = 120, features: int = 5, **chosen: float
) -> Cells:
    """Cells with targets on half of the days, a third of them for stopping."""
    rng = np.random.default_rng(seed)
    wanted = {"hidden": 12, "sequence": 30, "warm_up": 8, "batch": 5, "epochs": 6, "steps": 2}
    settings = TrainSettings(**{**wanted, "rate": 3e-3, **chosen})
    x = rng.normal(size=(cells, days, features)).astype(np.float32)
    # What can be learned: a memory of the first feature, with noise.
    target = np.cumsum(0.2 * x[:, :, 0], axis=1) + rng.normal(0, 0.1, (cells, days))
    role = rng.random((cells, days))
    train, stop = ((low <= role) & (role < high) for low, high in ((0, 0.35), (0.35, 0.5)))
    network = networks(rng, cells, features, settings.hidden)
    starts = days - settings.sequence + 1
    draws = settings.epochs * settings.steps * settings.batch
    first = rng.integers(0, starts, (cells, draws)).astype(np.int32)
    of_days = (part.astype(np.float32) for part in (target, train, stop))
    return Cells(x, *of_days, network, first, settings)


def gradient(days, first, network: Network, settings: TrainSettings, instructions: str = "best"):
    """Gradient by the kernel of the loss of some sequences of each cell, and the loss [1]."""
    from mcca_ml.learn.kernel import _native

    found, loss = jax.tree.map(np.empty_like, network), np.empty(len(days.x), np.float32)
    sizes = settings.sequence, settings.warm_up, 1
    _native.gradient(instructions, days, first, network, *sizes, found, loss)
    return found, loss


def activations(x: np.ndarray, instructions: str) -> tuple[np.ndarray, np.ndarray]:
    """Sigmoid and hyperbolic tangent as the kernel computes them [1]."""
    from mcca_ml.learn.kernel import _native

    sigmoid, tanh = np.empty_like(x), np.empty_like(x)
    _native.activations(instructions, x, sigmoid, tanh)
    return sigmoid, tanh


def lesson_of(made: Cells, seed: int = 0) -> fine_tune_jax.Lesson:
    """The same cells as JAX trains them."""
    keys = jax.random.split(jax.random.key(seed), len(made.x))
    arrays = map(jnp.asarray, (made.x, made.target, made.train, made.stop))
    return fine_tune_jax.Lesson(*arrays, jax.tree.map(jnp.asarray, made.network), keys)
