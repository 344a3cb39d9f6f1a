"""Cells of a simulated world: each box with its rim is a rectangle of EASE2_M25."""

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Int64
from mcca_ml.config.simulate import BoxSettings, SimulateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_mask
from mcca_ml.simulate.truth.types import Cells, Patch

_Range = tuple[int, int]


def make_cells(settings: SimulateSettings) -> Cells:
    """Cells of all boxes, patch by patch; a box contains the cells with their centre in it.

    Args:
        settings: settings of the world, for its boxes and the width of their rim.

    Raises:
        ConfigError: a box contains no cell or no land, its rim crosses the edge of the grid, or it
            shares its name or a cell with another box.
    """
    if not settings.box:
        raise ConfigError(
            "simulate.box: found no box, expected one or more; give a [[simulate.box]]"
        )
    patches: list[Patch] = []
    flat, core = [], []
    start = 0
    for box in settings.box:
        patch, inside = _patch(box, settings.rim, start)
        rows = patch.first_row + np.arange(patch.shape[0])
        columns = patch.first_column + np.arange(patch.shape[1])
        flat.append((rows[:, None] * M25.columns + columns).ravel())
        core.append(inside.ravel())
        patches.append(patch)
        start += flat[-1].size
    _refuse_twins(patches, flat)
    cell = np.concatenate(flat).astype(np.int64)
    is_land = land_mask(M25).ravel()[cell]
    is_core = np.concatenate(core) & is_land
    for patch in patches:
        if not is_core[patch.cells].any():
            raise ConfigError(
                f"simulate.box {patch.name!r}: found no land in it, expected some; move it"
            )
    place = ease2.cell_latlon(M25, cell)
    return Cells(tuple(patches), cell, place.lat, place.lon, is_land, is_core)


def _patch(box: BoxSettings, rim: int, start: int) -> tuple[Patch, Booleans]:
    """Rectangle of a box and its rim, and True for the cells in the box."""
    where = f"simulate.box {box.name!r}"
    rows = _within(ease2.latitude(M25), box.south, box.north, f"{where}: south to north")
    columns = _within(ease2.longitude(M25), box.west, box.east, f"{where}: west to east")
    first_row, first_column = rows[0] - rim, columns[0] - rim
    shape = (rows[1] - rows[0] + 2 * rim, columns[1] - columns[0] + 2 * rim)
    outside = (
        min(first_row, first_column) < 0
        or first_row + shape[0] > M25.rows
        or first_column + shape[1] > M25.columns
    )
    if outside:
        raise ConfigError(
            f"{where}: found an edge of the grid within {rim} cells, expected the whole rim on the "
            "grid; move the box"
        )
    inside = np.zeros(shape, np.bool_)
    inside[rim:-rim, rim:-rim] = True
    return Patch(box.name, first_row, first_column, shape, start), inside


def _within(centres: Float64, low: float, high: float, where: str) -> _Range:
    """Range of indices (first, last + 1) of the centres between two bounds."""
    inside = np.flatnonzero((centres >= low) & (centres <= high))
    if inside.size == 0:
        raise ConfigError(
            f"{where}: found no cell's centre in {low:g} to {high:g}, expected one or more; "
            "widen the box"
        )
    return int(inside[0]), int(inside[-1]) + 1


def _refuse_twins(patches: list[Patch], flat: list[Int64]) -> None:
    """Raise if two boxes share a name or a cell."""
    for index, patch in enumerate(patches):
        for other, cells in zip(patches[:index], flat, strict=False):
            where = f"simulate.box {patch.name!r}"
            if patch.name == other.name:
                raise ConfigError(f"{where}: found the name twice, expected once; rename one")
            shared = np.intersect1d(flat[index], cells).size
            if shared:
                raise ConfigError(
                    f"{where}: found {shared} cells of {other.name!r} in it or its rim, expected "
                    "none; move one of them apart"
                )
