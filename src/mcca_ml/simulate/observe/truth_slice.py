"""Subset of the truth for one worker, one patch over some days, and its state at any time."""

from dataclasses import dataclass, fields

import numpy as np

from mcca_ml.arrays import Datetime64, Float32
from mcca_ml.simulate.truth.types import Cells, Land, Patch, State, WorldTruth

INSTANT = ("rain_rate", "cloud_water")
"""Fields taken from the nearest step; all others are interpolated linearly in time."""


@dataclass(frozen=True)
class TruthSlice:
    """One patch of a world over some days."""

    patch: Patch
    cells: Cells
    """Cells of the patch only."""
    land: Land
    time: Datetime64
    """UTC of the steps."""
    state: State
    """(step, cell)."""


def slice_truth(
    truth: WorldTruth, patch: Patch, first: np.datetime64, last: np.datetime64
) -> TruthSlice:
    """Select one patch and a time span of the truth.

    Args:
        truth: truth of the whole world.
        patch: one of its patches.
        first: beginning [UTC]; the last step before it is included.
        last: end [UTC]; the first step after it is included.
    """
    start = max(int(np.searchsorted(truth.time, first, "right")) - 1, 0)
    stop = int(np.searchsorted(truth.time, last, "left")) + 1
    steps, of = slice(start, stop), patch.cells
    return TruthSlice(
        patch=patch,
        cells=truth.cells.select(patch),
        land=truth.land.at(of),
        time=truth.time[steps],
        state=truth.state.at((steps, of)),
    )


def state_at(truth: TruthSlice, when: Datetime64) -> State:
    """State of all cells at given times, arrays (time, cell).

    Args:
        truth: subset of the truth; before its first and after its last step the state is constant.
        when: UTC, (time).
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
