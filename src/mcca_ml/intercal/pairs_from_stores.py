"""Match looks of two sensors from their stores, one block of cells at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.intercal.fit_link import thin_pairs
from mcca_ml.intercal.match import Pairs, match_pairs
from mcca_ml.store.integrity import block_checkpoints
from mcca_ml.store.layout import CELL_BLOCK, read_frame
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import blocks_of_cells

MOST_PAIRS = 100
"""Largest number of pairs of a cell, spread over time [1]: with 100 the standard error of a cell's
level is 0.2 K (docs/calibration.md), and the pairs of all land take 2 GB."""

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class StorePeriod:
    """A store of one sensor and the first and last UTC day used of it."""

    sensor: str
    path: Path
    first: np.datetime64
    last: np.datetime64


def find_store_period(
    sensor: str, path: Path, first_day: np.datetime64, last_day: np.datetime64
) -> StorePeriod | None:
    """First and last UTC day of a store within a period; None without any day in it."""
    blocks = block_checkpoints(path).values()
    spans = [(np.datetime64(m["first_day"]), np.datetime64(m["last_day"])) for m in blocks]
    inside = [(a, b) for a, b in spans if a <= last_day and b >= first_day]
    if not inside:
        return None
    first = max(min(a for a, _ in inside), first_day.astype("M8[D]"))
    last = min(max(b for _, b in inside), last_day.astype("M8[D]"))
    return StorePeriod(sensor, path, first, last)


def overlap(
    source: StorePeriod, reference: StorePeriod
) -> tuple[np.datetime64, np.datetime64] | None:
    """First and last UTC day in common; None without any."""
    first, last = max(source.first, reference.first), min(source.last, reference.last)
    return (first, last) if first <= last else None


def _match_block(
    source: StorePeriod,
    reference: StorePeriod,
    days: tuple[np.datetime64, np.datetime64],
    settings: CalibrateSettings,
    cells: slice,
) -> Pairs:
    """Pairs of one block of cells."""
    variables = ("tb", "obs_time", "flag")
    # The two looks of a pair may be on either side of midnight.
    spans = days, (max(days[0] - _DAY, reference.first), min(days[1] + _DAY, reference.last))
    datasets = [
        open_store(store.path, cells=cells, first_day=first, last_day=last, variables=variables)
        for store, (first, last) in zip((source, reference), spans, strict=True)
    ]
    # TB_INVALID marks looks with any missing channel; ignore it, or a channel that is missing for
    # years would exclude all others. Missing values are NaN.
    keep = ~FLAG_DTYPE(int(Flag.TB_INVALID))
    x, y = (ds.assign(flag=ds["flag"].astype(FLAG_DTYPE) & keep) for ds in datasets)
    return thin_pairs(match_pairs(x, y, settings), MOST_PAIRS)


def concatenate_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Concatenate the pairs of successive blocks of cells."""
    # Positions of cells count from the first cell of the first block.
    starts = np.cumsum([0, *(len(part.cells) for part in parts[:-1])])
    moved = [replace(part, cell=part.cell + at) for part, at in zip(parts, starts, strict=True)]
    names = ("cells", "cell", "when", "x", "y")
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in moved]) for name in names
    }
    return replace(parts[0], **whole)


def match_stores(
    source: StorePeriod,
    reference: StorePeriod,
    days: tuple[np.datetime64, np.datetime64],
    settings: CalibrateSettings,
    *,
    block_cells: int = CELL_BLOCK,
) -> Pairs:
    """Match looks of two sensors in all cells, at most `MOST_PAIRS` in each.

    Args:
        source: store of the sensor to be calibrated.
        reference: store of the reference, with the same cells.
        days: first and last UTC day of the sensor's looks.
        settings: the `[calibrate]` table.
        block_cells: cells in memory at a time; the result does not depend on it.

    Raises:
        SchemaError: the cells of the stores differ, or no channel is in common.
    """
    blocks = blocks_of_cells(len(read_frame(source.path).cells), block_cells)
    return concatenate_pairs(
        [_match_block(source, reference, days, settings, cells) for cells in blocks]
    )
