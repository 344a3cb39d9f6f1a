"""Maps of one number per cell of EASE2_M25, as the report shows them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mcca_ml.arrays import Floating, Int64
from mcca_ml.grid import ease2
from mcca_ml.plot.day_map import unfold
from mcca_ml.plot.maps import ColourScale, MapLayer, Raster, draw_maps

_SHARE = 95.0
_LIMITS = (0.02, 0.05, 0.1, 0.2)


def draw_cell_maps(cells: Int64, numbers: Sequence[tuple[str, Floating, ColourScale]]) -> Figure:
    """Maps of numbers of cells; cells without a number are grey.

    Args:
        cells: flat cells of EASE2_M25, (cell,).
        numbers: title with units, values (cell,) and colours of each map; one at least.
    """
    grid = ease2.M25
    layers = [
        MapLayer(title, unfold(values, cells, grid), scale) for title, values, scale in numbers
    ]
    has_cell = unfold(np.ones(cells.size, np.bool_), cells, grid, background=False)
    return draw_maps(Raster(ease2.latitude(grid), ease2.longitude(grid), has_cell), layers)


def limit_of(values: Floating) -> float:
    """End of a scale about 0 that covers 95 % of the values: 0.02, 0.05, 0.1 or 0.2 [m3 m-3]."""
    known = np.abs(values[np.isfinite(values)])
    most = float(np.percentile(known, _SHARE)) if known.size else 0.0
    return next((limit for limit in _LIMITS if limit >= most), _LIMITS[-1])
