"""How does one product score against another in all cells, in blocks and by any workers?"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mcca_ml.arrays import Datetime64, Float32
from mcca_ml.errors import SchemaError
from mcca_ml.metrics.mergeable import PairScores, Span, in_parts, pair_scores
from mcca_ml.parallel import perform
from mcca_ml.store.read_blocks import open_store

CELLS = 100
"""Cells of a block: what is made of them stays near the processor."""
DAYS = 1826
"""Days of a part."""


class PairSource(Protocol):
    """Where the values come from; small, for it is sent to other processes."""

    def read(self, cells: slice) -> tuple[Float32, Float32]:
        """Estimate and reference [m3 m-3], NaN where there is none, (cell, day)."""
        ...


@dataclass(frozen=True)
class StorePairs:
    """Two stores of this project over the same cells: streams, the record, the target."""

    estimate: Path
    estimate_variable: str
    reference: Path
    reference_variable: str
    first: np.datetime64
    last: np.datetime64

    def read(self, cells: slice) -> tuple[Float32, Float32]:
        """Estimate and reference of some cells; of two looks the first that has a value.

        Raises:
            SchemaError: the stores are of different cells.
        """
        found, numbers = [], []
        for path, name in (
            (self.estimate, self.estimate_variable),
            (self.reference, self.reference_variable),
        ):
            ds = open_store(path, first_day=self.first, last_day=self.last).isel(cell=cells)
            values = ds[name].transpose("cell", "time", ...).to_numpy()
            while values.ndim > 2:
                values = np.where(np.isfinite(values[..., 0]), values[..., 0], values[..., -1])
            found.append(values.astype(np.float32))
            numbers.append(ds["cell"].to_numpy())
        if not np.array_equal(numbers[0], numbers[1]):
            raise SchemaError(
                f"{self.estimate.name} and {self.reference.name}: found different cells, expected "
                "the same; give stores of one record"
            )
        return found[0], found[1]


@dataclass(frozen=True)
class _Task:
    """Some cells."""

    pairs: PairSource
    days: Datetime64
    cells: slice
    length: int


def _scored(task: _Task) -> PairScores:
    """Scores of the cells of a task."""
    series = task.pairs.read(task.cells)
    span = Span(task.days[0], task.days[-1])
    return pair_scores(in_parts(series, task.days, span, task.length))


def joined(parts: Sequence[Any]) -> Any:
    """Trees of dataclasses over cells behind each other: every array is concatenated."""
    first = parts[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(parts)
    columns = ([vars(part)[field.name] for part in parts] for field in fields(first))
    return type(first)(*(joined(column) for column in columns))


def score_cells(  # noqa: PLR0913 what, and how it is cut
    pairs: PairSource,
    days: Datetime64,
    cells: int,
    *,
    executor: Executor | None = None,
    size: int = CELLS,
    length: int = DAYS,
    done: Callable[[int], None] = lambda _: None,
) -> PairScores:
    """Scores with intervals in all cells (cell,); the same for any cutting and any workers.

    Args:
        pairs: where the values come from.
        days: UTC days without a gap (day,).
        cells: how many there are.
        executor: where it is done; None: here.
        size: cells of a block.
        length: days of a part.
        done: called with 1 after each block.
    """
    tasks = [
        _Task(pairs, days, slice(begin, min(begin + size, cells)), length)
        for begin in range(0, cells, size)
    ]
    whole: PairScores = joined(perform(_scored, tasks, executor, done))
    return whole
