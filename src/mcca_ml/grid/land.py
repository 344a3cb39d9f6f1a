"""The land cells of EASE2_M25: the fixed list that defines the dimension `cell`.

A cell is land if at least half of its area is land in GLOBE, the Global Land One-kilometer
Base Elevation model (30 arc seconds), whose ocean is marked by -500 m. Lakes are land here; the
water fraction of the granules removes them later. Antarctica and Greenland are included.

Source: GLOBE Task Team (1999), NOAA National Geophysical Data Center, doi:10.7289/V52R3PMS, files
of the "Globally Only Open-access Data" series, which its report (section 3.B) declares to be
neither copyright nor restricted; read from the package global-land-mask 1.0.0 (MIT licence).
The file next to this module is written by `scripts/make_land_mask.py` and never changes: cell
numbers in stores and products depend on it.
"""

from importlib.resources import files

import numpy as np

from mcca_ml.arrays import Booleans, Int32
from mcca_ml.errors import SchemaError
from mcca_ml.grid.ease2 import M25, Grid

MASK_FILE = "land_ease2_m25.npy"
"""Alternating run lengths of sea and land cells, sea first, row by row from the north-west."""


def land_mask(grid: Grid) -> Booleans:
    """Return True for land cells, shape (rows, columns).

    Args:
        grid: grid of the mask; only EASE2_M25 has one.

    Raises:
        SchemaError: `grid` is another grid.

    >>> int(land_mask(M25).sum())
    233516
    """
    if grid != M25:
        raise SchemaError(
            f"land mask: found grid {grid.name}, expected {M25.name}, the only grid "
            "with a land mask; regrid first"
        )
    with files("mcca_ml.grid").joinpath(MASK_FILE).open("rb") as stream:
        runs = np.load(stream)
    is_land = np.arange(runs.size) % 2 == 1
    return np.repeat(is_land, runs).reshape(grid.shape)


def land_cells(grid: Grid) -> Int32:
    """Return the flat indices `row * columns + column` of the land cells [1], increasing.

    They are the dimension `cell` of all data on EASE2_M25.

    Args:
        grid: grid of the mask; only EASE2_M25 has one.

    Raises:
        SchemaError: `grid` is another grid.
    """
    return np.flatnonzero(land_mask(grid)).astype(np.int32)
