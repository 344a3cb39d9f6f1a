"""Train and apply the networks of cells with the compiled C++ kernel or with JAX."""

import importlib
import multiprocessing
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import ConfigError
from mcca_ml.learn import fine_tune_jax
from mcca_ml.learn.fine_tune_jax import Trained
from mcca_ml.learn.kernel.status import Status
from mcca_ml.learn.lstm import Network

Backend = Literal["native", "jax"]
NATIVE = "mcca_ml.learn.native_backend"
"""Module imported when needed: a package installed without a compiler lacks it."""


def is_built() -> bool:
    """Return True if the C++ kernel was compiled when the package was installed."""
    try:
        importlib.import_module(NATIVE)
    except ImportError:
        return False
    return True


def choose_backend(settings: TrainSettings) -> Backend:
    """Backend for these settings on this machine; raises, never falls back silently.

    Args:
        settings: training settings.

    Raises:
        ConfigError: the kernel is requested and was not compiled.
    """
    if settings.backend == "jax":
        return "jax"
    if is_built():
        return "native"
    if settings.backend == "native":
        raise ConfigError(
            '[train] backend: found "native", but the kernel was not compiled when mcca-ml was'
            ' installed; install again with a C++ compiler, or set "auto" or "jax"'
        )
    return "jax"


def note(settings: TrainSettings) -> str | None:
    """Note that JAX replaces a kernel that was not compiled; else None."""
    if settings.backend != "auto" or is_built():
        return None
    return (
        "JAX trained the cells, since the kernel was not compiled; an installation with a C++"
        " compiler is many times faster"
    )


def _threads() -> int | None:
    """One thread in a worker process, since there is one per processor; else None (all)."""
    return None if multiprocessing.parent_process() is None else 1


def _train_native(lessons: fine_tune_jax.Lesson, settings: TrainSettings, count: int) -> Trained:
    """Train the first `count` cells with the kernel."""
    native = importlib.import_module(NATIVE)
    first = np.asarray(fine_tune_jax.all_first_days(lessons, settings))
    arrays = lessons.x, lessons.target, lessons.train, lessons.stop, first, lessons.start
    # Further cells only pad the block for JAX, which compiles one program per size.
    *days, first, start = jax.tree.map(lambda leaf: np.asarray(leaf)[:count], arrays)
    trained: Trained = native.fine_tune(
        native.Days(*days), first, start, settings, threads=_threads()
    )
    return trained


def _train_jax(lessons: fine_tune_jax.Lesson, settings: TrainSettings, count: int) -> Trained:
    """Train the cells with JAX; returns the first `count`."""
    states = fine_tune_jax.begin_cells(lessons)
    at_first = np.asarray(states.error)
    for _ in range(settings.epochs):
        states = fine_tune_jax.epoch(states, lessons, settings)
        # Stopped cells no longer change; the block ends with its last active cell.
        if not bool(jnp.any(fine_tune_jax.is_training(states, settings.patience))):
            break
    status = np.where(np.isfinite(at_first), Status.LEARNED, Status.BAD_INPUT).astype(np.int32)
    whole = states.best, at_first, states.error, states.epoch, states.done, status
    return Trained(*jax.tree.map(lambda leaf: np.asarray(leaf)[:count], whole))


def train_cells(lessons: fine_tune_jax.Lesson, settings: TrainSettings, count: int) -> Trained:
    """Train cells from their initial weights, as defined in `fine_tune_jax`.

    Args:
        lessons: training data, arrays with a leading axis of cells.
        settings: training settings.
        count: number of cells to return, the first; the others pad the block.

    Raises:
        ConfigError: the kernel is requested and was not compiled.
    """
    train = _train_native if choose_backend(settings) == "native" else _train_jax
    return train(lessons, settings, count)


def predict_cells(network: Network, x: Float32, settings: TrainSettings, count: int) -> Float32:
    """Scaled soil moisture of each cell and day [1], (cell, time), as defined in `lstm`.

    Args:
        network: weights of the cells.
        x: scaled inputs [1], (cell, time, feature).
        settings: training settings.
        count: number of cells to return, the first; the others pad the block.

    Raises:
        ConfigError: the kernel is requested and was not compiled.
    """
    if choose_backend(settings) == "native":
        some = jax.tree.map(lambda leaf: leaf[:count], network)
        native = importlib.import_module(NATIVE)
        output: Float32 = native.predict(some, x[:count], threads=_threads())
        return output
    whole = fine_tune_jax.predict_cells(jax.tree.map(jnp.asarray, network), jnp.asarray(x))
    return np.asarray(whole)[:count]
