"""What trains and applies the networks of cells: the kernel in C++ where it is built, or JAX."""

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
"""Imported where it is called, since a package installed without a compiler has none."""


def is_built() -> bool:
    """Whether the kernel was compiled when the package was installed."""
    try:
        importlib.import_module(NATIVE)
    except ImportError:
        return False
    return True


def chosen(settings: TrainSettings) -> Backend:
    """What trains with these settings on this machine: never something else in silence.

    Args:
        settings: of the training.

    Raises:
        ConfigError: the kernel is asked for and was not compiled.
    """
    if settings.backend == "jax":
        return "jax"
    if is_built():
        return "native"
    if settings.backend == "native":
        raise ConfigError(
            '[train] backend: found "native", but the kernel was not compiled when mcca-ml was'
            ' installed; install again with a C++ compiler, or take "auto" or "jax"'
        )
    return "jax"


def note(settings: TrainSettings) -> str | None:
    """One line where JAX does the work of a kernel that is not there; else None."""
    if settings.backend != "auto" or is_built():
        return None
    return (
        "JAX trained the cells, since the kernel was not compiled; an installation with a C++"
        " compiler is many times faster"
    )


def _threads() -> int | None:
    """One in a worker, since there is a worker for each processor; else all."""
    return None if multiprocessing.parent_process() is None else 1


def _by_kernel(lessons: fine_tune_jax.Lesson, settings: TrainSettings, count: int) -> Trained:
    """All epochs of the first cells by the kernel."""
    native = importlib.import_module(NATIVE)
    first = np.asarray(fine_tune_jax.all_first_days(lessons, settings))
    arrays = lessons.x, lessons.target, lessons.train, lessons.stop, first, lessons.start
    # The rest fills a block up for JAX, which compiles a program for each size.
    *days, first, start = jax.tree.map(lambda leaf: np.asarray(leaf)[:count], arrays)
    found: Trained = native.fine_tune(
        native.Days(*days), first, start, settings, threads=_threads()
    )
    return found


def _by_jax(lessons: fine_tune_jax.Lesson, settings: TrainSettings, count: int) -> Trained:
    """All epochs of the cells by JAX; the first of them."""
    states = fine_tune_jax.begin_cells(lessons)
    at_first = np.asarray(states.error)
    for _ in range(settings.epochs):
        states = fine_tune_jax.epoch(states, lessons, settings)
        # Cells that have stopped no longer change; the block ends with its last one.
        if not bool(jnp.any(fine_tune_jax.is_training(states, settings.patience))):
            break
    status = np.where(np.isfinite(at_first), Status.LEARNED, Status.BAD_INPUT).astype(np.int32)
    whole = states.best, at_first, states.error, states.epoch, states.done, status
    return Trained(*jax.tree.map(lambda leaf: np.asarray(leaf)[:count], whole))


def train_cells(lessons: fine_tune_jax.Lesson, settings: TrainSettings, count: int) -> Trained:
    """Cells trained from their start, as `tune` defines it.

    Args:
        lessons: of the cells, arrays with a leading axis of cells.
        settings: of the training.
        count: cells that are wanted, the first; the rest fill the block up.

    Raises:
        ConfigError: the kernel is asked for and was not compiled.
    """
    by = _by_kernel if chosen(settings) == "native" else _by_jax
    return by(lessons, settings, count)


def predict_cells(network: Network, x: Float32, settings: TrainSettings, count: int) -> Float32:
    """Scaled soil moisture of each cell and day [1], (cell, time), as `lstm` defines it.

    Args:
        network: weights of the cells.
        x: scaled inputs [1], (cell, time, feature).
        settings: of the training.
        count: cells that are wanted, the first; the rest fill the block up.

    Raises:
        ConfigError: the kernel is asked for and was not compiled.
    """
    if chosen(settings) == "native":
        some = jax.tree.map(lambda leaf: leaf[:count], network)
        native = importlib.import_module(NATIVE)
        found: Float32 = native.predict(some, x[:count], threads=_threads())
        return found
    whole = fine_tune_jax.predict_cells(jax.tree.map(jnp.asarray, network), jnp.asarray(x))
    return np.asarray(whole)[:count]
