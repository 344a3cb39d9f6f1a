"""Training and prediction of many cells at once, each as `tune` and `lstm` define it for one.

What differs from them is the order of sums and the activations, whose absolute error stays below
3e-7. Any number of threads and any split of the cells into calls give the same bits on one
instruction set; another one differs in the last bits.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Float32, Int32
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import SchemaError
from mcca_ml.learn.fine_tune_jax import Trained
from mcca_ml.learn.kernel import _native
from mcca_ml.learn.lstm import Network

Progress = Callable[[int], object]
"""Told from time to time how many cells are done; what it raises ends the work."""
BEST = "best"
"""The fastest instructions that this processor has."""


class Days(NamedTuple):
    """What cells learn from, as in `tune.Lesson`, scaled [1]."""

    x: Float32
    """(cell, time, feature)."""
    target: Float32
    train: Float32
    """1 on training days with a target, 0 elsewhere."""
    stop: Float32
    """1 on stop days with a target, 0 elsewhere; these three (cell, time)."""


def instructions() -> tuple[str, ...]:
    """Sets of instructions that this build has and this processor can run, the fastest first."""
    return tuple(_native.instructions())


def processors() -> int:
    """Processors that this process may use."""
    # Not every system tells of a part of its processors.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ready(array: npt.ArrayLike) -> Float32:
    """Single precision, one number after the other."""
    return np.ascontiguousarray(array, np.float32)


def _series(days: Days, length: int) -> Days:
    """Series as the kernel reads them.

    Raises:
        SchemaError: fewer days than a sequence has.
    """
    if np.shape(days.x)[1] < length:
        raise SchemaError(
            f"kernel: series of {np.shape(days.x)[1]} days, expected at least the {length} of a"
            " sequence; give longer series or shorten [train] sequence"
        )
    return Days(*(_ready(array) for array in days))


def fine_tune(
    days: Days,
    first: Int32,
    start: Network,
    settings: TrainSettings,
    *,
    threads: int | None = None,
    instructions: str = BEST,
    progress: Progress | None = None,
) -> Trained:
    """Cells trained from their start, all epochs of a cell in one go.

    Args:
        days: what they learn from.
        first: first days of all sequences, `tune.all_first_days`, (cell, epochs * steps * batch).
        start: weights of each cell.
        settings: of the training.
        threads: that share the cells; None: one for each processor.
        instructions: "best" or one of `instructions()`.
        progress: told how many cells are done.

    Raises:
        SchemaError: fewer days than a sequence has.
        ValueError: arrays that do not fit each other, or unknown instructions.
        KeyboardInterrupt: within a second after an interrupt; all threads have ended.
    """
    series = _series(days, settings.sequence)
    begun: Network = jax.tree.map(_ready, start)
    best: Network = jax.tree.map(np.empty_like, begun)
    cells = len(series.x)
    # The kernel writes its results into these arrays.
    errors = np.empty((cells, 2), np.float32)
    counts = np.empty((cells, 3), np.int32)
    numbers = (settings.epochs, settings.steps, settings.batch, settings.sequence)
    rest = (settings.warm_up, settings.patience, settings.rate, settings.penalty)
    _native.fine_tune(
        instructions,
        series,
        np.ascontiguousarray(first, np.int32),
        begun,
        (*numbers, *rest),
        threads or processors(),
        progress,
        best,
        errors,
        counts,
    )
    # Columns: error of the start and of the best; best epoch, epochs done, status.
    return Trained(best, errors[:, 0], errors[:, 1], *counts.T)


def predict(
    network: Network,
    x: Float32,
    *,
    threads: int | None = None,
    instructions: str = BEST,
    progress: Progress | None = None,
) -> Float32:
    """Scaled soil moisture of each cell and day [1], (cell, time), as `lstm.predict` has it.

    Args:
        network: weights of each cell.
        x: scaled inputs [1], (cell, time, feature).
        threads: that share the cells; None: one for each processor.
        instructions: "best" or one of `instructions()`.
        progress: told how many cells are done.

    Raises:
        ValueError: arrays that do not fit each other, or unknown instructions.
        KeyboardInterrupt: within a second after an interrupt; all threads have ended.
    """
    read, weights = _ready(x), jax.tree.map(_ready, network)
    answer = np.empty(read.shape[:2], np.float32)
    _native.predict(instructions, read, weights, threads or processors(), progress, answer)
    return answer
