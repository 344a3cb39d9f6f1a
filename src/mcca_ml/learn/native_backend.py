"""Train and predict many cells with the C++ kernel, as defined in `fine_tune_jax` and `lstm`.

It differs from them in the order of sums and in the activations, with an absolute error below 3e-7.
Results on one instruction set do not depend on the number of threads or the split of the cells into
calls; those on different instruction sets differ in the last bits.
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
"""Called repeatedly with the number of finished cells; an exception it raises ends the work."""
BEST = "best"
"""The fastest instruction set of this processor."""


class Days(NamedTuple):
    """Scaled training data of cells [1], as in `fine_tune_jax.Lesson`."""

    x: Float32
    """Inputs, (cell, time, feature)."""
    target: Float32
    """Target, (cell, time)."""
    train: Float32
    """1 on training days with a target, 0 elsewhere, (cell, time)."""
    stop: Float32
    """1 on stop days with a target, 0 elsewhere, (cell, time)."""


def instructions() -> tuple[str, ...]:
    """Instruction sets of this build that this processor supports, the fastest first."""
    return tuple(_native.instructions())


def processors() -> int:
    """Number of processors that this process may use."""
    # sched_getaffinity does not exist on all systems.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ready(array: npt.ArrayLike) -> Float32:
    """Contiguous float32 array."""
    return np.ascontiguousarray(array, np.float32)


def _series(days: Days, length: int) -> Days:
    """Contiguous float32 series for the kernel.

    Raises:
        SchemaError: the series are shorter than a sequence.
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
    """Train cells from their initial weights, all epochs.

    Args:
        days: training data.
        first: first days of all sequences from `fine_tune_jax.all_first_days`,
            (cell, epochs * steps * batch).
        start: initial weights of each cell.
        settings: training settings.
        threads: number of threads; None: one per processor.
        instructions: "best" or one of `instructions()`.
        progress: called with the number of finished cells.

    Raises:
        SchemaError: the series are shorter than a sequence.
        ValueError: shapes do not match, or unknown instructions.
        KeyboardInterrupt: within a second of an interrupt, after all threads have ended.
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
    """Scaled soil moisture of each cell and day [1], (cell, time), as defined in `lstm.predict`.

    Args:
        network: weights of each cell.
        x: scaled inputs [1], (cell, time, feature).
        threads: number of threads; None: one per processor.
        instructions: "best" or one of `instructions()`.
        progress: called with the number of finished cells.

    Raises:
        ValueError: shapes do not match, or unknown instructions.
        KeyboardInterrupt: within a second of an interrupt, after all threads have ended.
    """
    read, weights = _ready(x), jax.tree.map(_ready, network)
    answer = np.empty(read.shape[:2], np.float32)
    _native.predict(instructions, read, weights, threads or processors(), progress, answer)
    return answer
