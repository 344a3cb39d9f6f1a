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


class Tuned(NamedTuple):
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
    """Codes of `Status`."""


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


def _network(network: Network) -> Network:
    """Weights as the kernel reads them."""
    found: Network = jax.tree.map(_ready, network)
    return found


def _empty(like: Network) -> Network:
    """Room for weights."""
    found: Network = jax.tree.map(np.empty_like, like)
    return found


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
) -> Tuned:
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
    series, begun = _series(days, settings.sequence), _network(start)
    cells = len(series.x)
    best, errors = _empty(begun), np.empty((cells, 2), np.float32)
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
    return Tuned(best, errors[:, 0], errors[:, 1], *counts.T)


def gradient(
    days: Days,
    first: Int32,
    network: Network,
    settings: TrainSettings,
    *,
    threads: int | None = None,
    instructions: str = BEST,
) -> tuple[Network, Float32]:
    """Gradient of the loss of some sequences of each cell by its weights, and the loss [1].

    Args:
        days: of the cells; `stop` is not looked at.
        first: first days of the sequences, (cell, number).
        network: weights of each cell.
        settings: of which `sequence` and `warm_up` are taken.
        threads: that share the cells; None: one for each processor.
        instructions: "best" or one of `instructions()`.

    Raises:
        SchemaError: fewer days than a sequence has.
        ValueError: arrays that do not fit each other, or unknown instructions.
    """
    series, at = _series(days, settings.sequence), _network(network)
    found, loss = _empty(at), np.empty(len(series.x), np.float32)
    _native.gradient(
        instructions,
        series,
        np.ascontiguousarray(first, np.int32),
        at,
        settings.sequence,
        settings.warm_up,
        threads or processors(),
        found,
        loss,
    )
    return found, loss


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
    read = _ready(x)
    answer = np.empty(read.shape[:2], np.float32)
    _native.predict(
        instructions, read, _network(network), threads or processors(), progress, answer
    )
    return answer


def activations(x: Float32, instructions: str = BEST) -> tuple[Float32, Float32]:
    """Sigmoid and hyperbolic tangent as the kernel computes them [1], for tests of their error.

    Args:
        x: any numbers, (number,).
        instructions: "best" or one of `instructions()`.
    """
    read = _ready(x)
    sigmoid, tanh = np.empty_like(read), np.empty_like(read)
    _native.activations(instructions, read, sigmoid, tanh)
    return sigmoid, tanh
