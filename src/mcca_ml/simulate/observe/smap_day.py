"""Looks of single passes of SMAP -> those of a UTC day, as SPL3SMP composes them."""

from collections.abc import Mapping, Sequence

import jax
import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.formats import smap
from mcca_ml.grid import ease2
from mcca_ml.simulate.files.smap_products import Look
from mcca_ml.simulate.observe.smap_cells import GRID

TARGET_HOUR: Mapping[smap.Look, float] = {"am": 6.0, "pm": 18.0}
"""Local solar time to which the pass that is kept is the nearest [h]."""


def _hours_off(look: Look, lon: Float64, target_hour: float) -> Float64:
    """Distance of each observation from its hour of local solar time [h]; infinite where none."""
    of_day = (look.obs_time - look.obs_time.astype("M8[D]")) / np.timedelta64(1, "h")
    off = np.abs((of_day + lon / 15 - target_hour + 12) % 24 - 12)
    return np.where(np.isnan(off), np.inf, off)


def compose_day(looks: Sequence[Look], day: np.datetime64, look_name: smap.Look) -> Look | None:
    """One look of one UTC day: of the passes that saw a cell, the one nearest to 6 or 18 h.

    Args:
        looks: passes of that look over the same cells, those of other days among them.
        day: UTC.
        look_name: am or pm.

    Returns:
        The cells that were seen; None where none was.
    """
    # Of the month's passes only those of the day: the others are most of them.
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
    """Looks of several patches as one; a cell that two of them have is that of the first."""
    joined: Look = jax.tree.map(lambda *patches: np.concatenate(patches), *looks)
    first = np.unique(ease2.flat_cell(GRID, joined.row, joined.column), return_index=True)[1]
    unique: Look = jax.tree.map(lambda values: values[first], joined)
    return unique


def compose_patches(
    passes: Sequence[Mapping[smap.Look, Sequence[Look]]], day: np.datetime64, look_name: smap.Look
) -> Look | None:
    """One look of one UTC day over several patches; None where none was seen.

    Args:
        passes: of each patch the looks of its passes.
        day: UTC.
        look_name: am or pm.
    """
    found = [compose_day(looks[look_name], day, look_name) for looks in passes]
    is_observed = [look for look in found if look is not None]
    return merge_patches(is_observed) if is_observed else None
