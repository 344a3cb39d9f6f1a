"""Composite of single passes of SMAP over a UTC day, as in SPL3SMP."""

from collections.abc import Mapping, Sequence

import jax
import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.formats import smap
from mcca_ml.grid import ease2
from mcca_ml.simulate.files.smap_products import Look
from mcca_ml.simulate.observe.smap_cells import GRID

TARGET_HOUR: Mapping[smap.Look, float] = {"am": 6.0, "pm": 18.0}
"""Local solar time of each look; the pass nearest to it is kept [h]."""


def _hours_off(look: Look, lon: Float64, target_hour: float) -> Float64:
    """Difference of each observation from the target local solar time [h]; inf where missing."""
    of_day = (look.obs_time - look.obs_time.astype("M8[D]")) / np.timedelta64(1, "h")
    off = np.abs((of_day + lon / 15 - target_hour + 12) % 24 - 12)
    return np.where(np.isnan(off), np.inf, off)


def compose_day(looks: Sequence[Look], day: np.datetime64, look_name: smap.Look) -> Look | None:
    """Compose one look of one UTC day from the passes nearest to 6 or 18 h local solar time.

    Args:
        looks: passes of that look over the same cells, of this and other days.
        day: UTC day.
        look_name: am or pm.

    Returns:
        Observed cells; None if there is none.
    """
    # Most passes of a month are on other days.
    looks = [look for look in looks if (look.obs_time.astype("M8[D]") == day).any()]
    if not looks:
        return None
    lon = ease2.longitude(GRID)[looks[0].column]
    off = np.stack([_hours_off(look, lon, TARGET_HOUR[look_name]) for look in looks])
    today = np.stack([look.obs_time.astype("M8[D]") == day for look in looks])
    off = np.where(today, off, np.inf)
    best, is_observed = off.argmin(axis=0), np.isfinite(off.min(axis=0))
    if not is_observed.any():
        return None

    number = np.arange(best.size)
    chosen: Look = jax.tree.map(lambda *passes: np.stack(passes)[best, number][is_observed], *looks)
    return chosen


def merge_patches(looks: Sequence[Look]) -> Look:
    """Concatenate looks of several patches; a cell in two patches is taken from the first."""
    joined: Look = jax.tree.map(lambda *patches: np.concatenate(patches), *looks)
    first = np.unique(ease2.flat_cell(GRID, joined.row, joined.column), return_index=True)[1]
    unique: Look = jax.tree.map(lambda values: values[first], joined)
    return unique


def compose_patches(
    passes: Sequence[Mapping[smap.Look, Sequence[Look]]], day: np.datetime64, look_name: smap.Look
) -> Look | None:
    """Compose one look of one UTC day over several patches; None if no cell is observed.

    Args:
        passes: looks of the passes over each patch, by look.
        day: UTC day.
        look_name: am or pm.
    """
    composites = [compose_day(looks[look_name], day, look_name) for looks in passes]
    observed = [look for look in composites if look is not None]
    return merge_patches(observed) if observed else None
