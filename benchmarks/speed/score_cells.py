"""How does one product score against another in all cells, in blocks and by any workers?"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import fields
from functools import partial
from typing import Any, Protocol

import numpy as np

from mcca_ml.arrays import Datetime64, Float32
from mcca_ml.metrics.mergeable import MergeSpan, PairScores, in_parts, pair_scores
from mcca_ml.parallel import perform

CELLS = 100
"""Cells of a block: what is made of them stays near the processor."""
DAYS = 1826
"""Days of a part."""


class PairSource(Protocol):
    """Where the values come from; small, for it is sent to other processes."""

    def read(self, cells: slice) -> tuple[Float32, Float32]:
        """Estimate and reference [m3 m-3], NaN where there is none, (cell, day)."""
        ...


def _scored(pairs: PairSource, days: Datetime64, length: int, cells: slice) -> PairScores:
    """Scores of some cells."""
    span = MergeSpan(days[0], days[-1])
    return pair_scores(in_parts(pairs.read(cells), days, span, length))


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
) -> PairScores:
    """Scores with intervals in all cells (cell,); the same for any cutting and any workers.

    Args:
        pairs: where the values come from.
        days: UTC days without a gap (day,).
        cells: how many there are.
        executor: where it is done; None: here.
        size: cells of a block.
        length: days of a part.
    """
    blocks = [slice(begin, min(begin + size, cells)) for begin in range(0, cells, size)]
    score = partial(_scored, pairs, days, length)
    whole: PairScores = joined(perform(score, blocks, executor, lambda _: None))
    return whole
