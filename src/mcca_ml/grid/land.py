"""The land cells of EASE2_M25: the frozen list that gives the dimension `cell` its meaning.

A cell is land where at least half of its area is land in GLOBE, the Global Land One-kilometer
Base Elevation model (30 arc seconds), whose ocean is marked by -500 m. Lakes are land here; the
water fraction of the granules removes them later. Antarctica and Greenland belong to it.

Source: GLOBE Task Team (1999), NOAA National Geophysical Data Center, doi:10.7289/V52R3PMS, files
of the "Globally Only Open-access Data" series, which its report (section 3.B) declares to be
neither copyright nor restricted; read from the package global-land-mask 1.0.0 (MIT licence).
The file beside this module is made by `scripts/make_land_mask.py` and never changes: cell
numbers in stores and products rest on it.
"""

from importlib.resources import files

import numpy as np

from mcca_ml.arrays import Booleans, Int32
from mcca_ml.errors import SchemaError
from mcca_ml.grid.ease2 import M25, Grid

MASK_FILE = "land_ease2_m25.npy"
"""Lengths of the runs of sea and land cells by turns, sea first, row by row from the north-west."""


def land_mask(grid: Grid) -> Booleans:
    """Whether each cell is land (True), shape (rows, columns).

    Args:
        grid: the grid of the mask; there is one for EASE2_M25 only.

    Raises:
        SchemaError: `grid` is another one.

    >>> int(land_mask(M25).sum())
    233516
    """
    if grid != M25:
        raise SchemaError(
            f"land mask: found grid {grid.name}, expected {M25.name}: only it has a frozen mask"
        )
    with files("mcca_ml.grid").joinpath(MASK_FILE).open("rb") as stream:
        runs = np.load(stream)
    is_land = np.arange(runs.size) % 2 == 1
    return np.repeat(is_land, runs).reshape(grid.shape)


def land_cells(grid: Grid) -> Int32:
    """Flat indices `row * columns + column` of the land cells [1], rising.

    This is the dimension `cell` of everything on EASE2_M25.

    Args:
        grid: the grid of the mask; there is one for EASE2_M25 only.

    Raises:
        SchemaError: `grid` is another one.
    """
    return np.flatnonzero(land_mask(grid)).astype(np.int32)
