"""Which cells of any grid are land, by the mask of the record?"""

from mcca_ml.arrays import Booleans
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25, Grid
from mcca_ml.grid.land import land_mask


def on_land(grid: Grid) -> Booleans:
    """Whether the centre of each cell lies in a 25 km cell of land, (row, column)."""
    lat, lon = ease2.latitude(grid)[:, None], ease2.longitude(grid)[None, :]
    row, column = ease2.find_cell(M25, lat, lon)
    return land_mask(M25)[row, column] & (row >= 0)  # some grids reach beyond that of 25 km
