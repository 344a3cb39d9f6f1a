"""Matched pairs of two sensors from their stores, some cells at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.intercal.fit_link import thinned
from mcca_ml.intercal.match import Pairs, match_pairs
from mcca_ml.store.integrity import block_checkpoints
from mcca_ml.store.layout import CELL_BLOCK, read_frame
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import blocks_of_cells

MOST_PAIRS = 100
"""Pairs of a cell that are kept, spread over time [1]: with 100 the level of a cell is known to
0.2 K (docs/calibration.md), and all land has its pairs in 2 GB."""

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Held:
    """A store and its days within the period."""

    sensor: str
    path: Path
    first: np.datetime64
    last: np.datetime64


def held_days(
    sensor: str, path: Path, first_day: np.datetime64, last_day: np.datetime64
) -> Held | None:
    """A store with its first and last UTC day within some days; None where it has none of them."""
    said = block_checkpoints(path).values()
    spans = [(np.datetime64(m["first_day"]), np.datetime64(m["last_day"])) for m in said]
    inside = [(a, b) for a, b in spans if a <= last_day and b >= first_day]
    if not inside:
        return None
    first = max(min(a for a, _ in inside), first_day.astype("M8[D]"))
    last = min(max(b for _, b in inside), last_day.astype("M8[D]"))
    return Held(sensor, path, first, last)


def overlap(one: Held, other: Held) -> tuple[np.datetime64, np.datetime64] | None:
    """First and last UTC day of both; None where they have no day in common."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    return (first, last) if first <= last else None


def _of_block(
    source: Held,
    reference: Held,
    days: tuple[np.datetime64, np.datetime64],
    settings: CalibrateSettings,
    cells: slice,
) -> Pairs:
    """Pairs of some cells."""
    wanted = ("tb", "obs_time", "flag")
    # A pair may lie on both sides of midnight.
    spans = days, (max(days[0] - _DAY, reference.first), min(days[1] + _DAY, reference.last))
    both = [
        open_store(one.path, cells=cells, first_day=first, last_day=last, variables=wanted)
        for one, (first, last) in zip((source, reference), spans, strict=True)
    ]
    # TB_INVALID says that some channel is missing, NaN which one: a channel that a sensor lacks for
    # years would take all the others with it.
    keep = ~FLAG_DTYPE(int(Flag.TB_INVALID))
    one, other = (ds.assign(flag=ds["flag"].astype(FLAG_DTYPE) & keep) for ds in both)
    return thinned(match_pairs(one, other, settings), MOST_PAIRS)


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Pairs of blocks of cells, which follow each other, as those of all of them."""
    # Places of cells count from the first cell of all blocks.
    starts = np.cumsum([0, *(len(part.cells) for part in parts[:-1])])
    moved = [replace(part, cell=part.cell + at) for part, at in zip(parts, starts, strict=True)]
    names = ("cells", "cell", "when", "x", "y")
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in moved]) for name in names
    }
    return replace(parts[0], **whole)


def pairs_of_stores(
    source: Held,
    reference: Held,
    days: tuple[np.datetime64, np.datetime64],
    settings: CalibrateSettings,
    *,
    block_cells: int = CELL_BLOCK,
) -> Pairs:
    """Matched pairs of two sensors in all cells, at most `MOST_PAIRS` of each.

    Args:
        source: the sensor to be calibrated.
        reference: whose scale is wanted; its store has the same cells.
        days: first and last UTC day of the sensor's looks.
        settings: the `[calibrate]` table.
        block_cells: cells in memory at a time; the outcome does not depend on it.

    Raises:
        SchemaError: the stores have other cells, or no channel in common.
    """
    blocks = blocks_of_cells(len(read_frame(source.path).cells), block_cells)
    return joined([_of_block(source, reference, days, settings, cells) for cells in blocks])
