"""A piece of the truth, one patch over some days: what one worker needs, and its state in time."""

from dataclasses import dataclass, fields

import numpy as np

from mcca_ml.arrays import Datetime64, Float32
from mcca_ml.simulate.truth.types import Cells, Land, Patch, State, WorldTruth

INSTANT = ("rain_rate", "cloud_water")
"""Fields that are those of the nearest step; between the steps of the others lies a line."""


@dataclass(frozen=True)
class TruthSlice:
    """One patch of a world over some days."""

    patch: Patch
    cells: Cells
    """Of the patch only."""
    land: Land
    time: Datetime64
    """UTC of the steps."""
    state: State
    """(step, cell)."""


def slice_truth(
    truth: WorldTruth, patch: Patch, first: np.datetime64, last: np.datetime64
) -> TruthSlice:
    """The piece of a world that a patch and a span of time need.

    Args:
        truth: whole world.
        patch: one of its patches.
        first: beginning [UTC]; the last step before it belongs to the piece.
        last: end [UTC]; the first step after it belongs to the piece.
    """
    start = max(int(np.searchsorted(truth.time, first, "right")) - 1, 0)
    stop = int(np.searchsorted(truth.time, last, "left")) + 1
    steps, of = slice(start, stop), patch.cells
    return TruthSlice(
        patch=patch,
        cells=truth.cells.of(patch),
        land=truth.land.at(of),
        time=truth.time[steps],
        state=truth.state.at((steps, of)),
    )


def state_at(truth: TruthSlice, when: Datetime64) -> State:
    """State of all cells of a piece at some moments, arrays (moment, cell).

    Args:
        truth: whose steps enclose the moments; beyond them the first or last step holds.
        when: UTC, (moment).
    """
    step = truth.time[1] - truth.time[0]
    at = (when - truth.time[0]) / step
    before = np.clip(np.floor(at).astype(np.int64), 0, truth.time.size - 2)
    share = np.clip(at - before, 0.0, 1.0).astype(np.float32)[:, None]
    nearest = before + (share[:, 0] >= 0.5)

    def between(name: str) -> Float32:
        values: Float32 = getattr(truth.state, name)
        if name in INSTANT:
            return np.asarray(values[nearest], np.float32)
        return np.asarray(values[before] * (1 - share) + values[before + 1] * share, np.float32)

    return State(*(between(field.name) for field in fields(State)))
