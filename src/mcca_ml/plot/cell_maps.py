"""Maps of what is told of each cell: one for each region, or one of the globe.

EASE-Grid 2.0 is an equal-area cylinder by itself, so the grid is the map.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mcca_ml.arrays import Floating, Int64
from mcca_ml.grid import ease2

_GAP_CELLS = 12
"""Rows or columns without a cell that part two regions."""
_MOST_REGIONS = 6
"""Beyond these all are shown on one map."""
_MARGIN_CELLS = 1
_MOST_ACROSS = 3
"""Panels beside each other."""
_WIDE = 0.6
"""Height over width below which a map has a row to itself."""
_SHARE = 95.0
_LIMITS = (0.02, 0.05, 0.1, 0.2)
_AROUND = 1.4
"""Width of words and scale beside a map [inch]."""
_MOST_SIDE = 2.4
"""Of a map that stands beside those of other regions [inch]."""
_WIDTH = 9.0
"""Of a figure [inch]."""


@dataclass(frozen=True)
class Panel:
    """One number of each cell."""

    title: str
    """With its units."""
    values: Floating
    """NaN where there is none, (cell,)."""
    low: float
    high: float
    colours: str | Colormap


@dataclass(frozen=True)
class Window:
    """Rows and columns of EASE2_M25 that a map shows; the last ones are not in it."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def aspect(self) -> float:
        """Height over width [1]."""
        return (self.bottom - self.top) / (self.right - self.left)


def _runs(values: Int64) -> list[Int64]:
    """Places of values that lie together, by gaps."""
    order = np.argsort(values, kind="stable")
    cuts = np.flatnonzero(np.diff(values[order]) > _GAP_CELLS) + 1
    return list(np.split(order, cuts))


def regions(cells: Int64) -> list[Window]:
    """Parts of the grid that hold some cells, north to south; one of all where there are many.

    Args:
        cells: flat cells of EASE2_M25, one at least.
    """
    row, column = np.divmod(cells, ease2.M25.columns)
    parts = [np.arange(cells.size)]
    for axis in (row, column, row):
        parts = [part[run] for part in parts for run in _runs(axis[part])]
    if len(parts) > _MOST_REGIONS:
        parts = [np.arange(cells.size)]
    found = [
        Window(
            int(row[part].min()) - _MARGIN_CELLS,
            int(row[part].max()) + 1 + _MARGIN_CELLS,
            int(column[part].min()) - _MARGIN_CELLS,
            int(column[part].max()) + 1 + _MARGIN_CELLS,
        )
        for part in parts
    ]
    return sorted(found, key=lambda one: (one.top, one.left))


def _ticks(axes: Axes, window: Window) -> None:
    """Name latitudes and longitudes, which are no even steps of the grid."""
    x, y = ease2.x_edges(ease2.M25), ease2.y_edges(ease2.M25)
    left, right = x[max(window.left, 0)], x[min(window.right, ease2.M25.columns)]
    top, bottom = y[max(window.top, 0)], y[min(window.bottom, ease2.M25.rows)]
    ends = [
        ease2.map_longitude(np.array([left, right])),
        ease2.map_latitude(np.array([bottom, top])),
    ]
    for axis, (low, high), of, origin, letters in (
        (axes.xaxis, ends[0], ease2.map_x, x[0], "EW"),
        (axes.yaxis, ends[1], ease2.map_y, y[0], "NS"),
    ):
        values = MaxNLocator(4, steps=[1, 2, 3, 5, 10]).tick_values(low, high)
        values = values[(values >= low) & (values <= high)]
        axis.set_ticks(
            np.abs(of(values) - origin) / ease2.M25.cell_m,
            [f"{abs(v):g}°{letters[int(v < 0)] if v else ''}" for v in values],
        )


def _draw(axes: Axes, window: Window, cells: Int64, panel: Panel) -> ScalarMappable:
    row, column = np.divmod(cells, ease2.M25.columns)
    inside = (
        (row >= window.top)
        & (row < window.bottom)
        & (column >= window.left)
        & (column < window.right)
    )
    shape = (window.bottom - window.top, window.right - window.left)
    is_cell, values = np.zeros(shape), np.full(shape, np.nan)
    at = (row[inside] - window.top, column[inside] - window.left)
    is_cell[at], values[at] = 1.0, panel.values[inside]
    extent = (window.left, window.right, window.bottom, window.top)
    absent = np.where(is_cell > 0, 1.0, np.nan)
    axes.imshow(absent, extent=extent, cmap="Greys", vmin=0, vmax=8, interpolation="nearest")
    shown = axes.imshow(
        values,
        extent=extent,
        cmap=panel.colours,
        vmin=panel.low,
        vmax=panel.high,
        interpolation="nearest",
    )
    _ticks(axes, window)
    return shown


def _shape(windows: Sequence[Window], panels: int) -> tuple[int, int]:
    """How many panels stand beside and below each other."""
    across = min(panels, _MOST_ACROSS)
    if len(windows) > 1:
        across = 1 if panels > _MOST_ACROSS else across
    elif windows[0].aspect < _WIDE:
        across = 1
    elif panels > _MOST_ACROSS and not panels % 2:
        across = 2
    return across, -(-panels // across)


def draw_maps(cells: Int64, panels: Sequence[Panel]) -> Figure:
    """Maps of all panels in all regions.

    Where the panels fit beside each other the regions stand below each other; else a row is a
    panel and the regions stand beside each other.

    Args:
        cells: flat cells of EASE2_M25, (cell,).
        panels: one at least.
    """
    windows = regions(cells)
    across, down = _shape(windows, len(panels))
    is_turned = across == 1 and len(windows) > 1
    places = [(panel, window) for panel in range(len(panels)) for window in range(len(windows))]
    if is_turned:
        columns, rows, at = len(windows), len(panels), dict(zip(places, places, strict=True))
    else:
        columns, rows = across, down * len(windows)
        at = {
            (panel, window): (panel // across * len(windows) + window, panel % across)
            for panel, window in places
        }
    side = min(_WIDTH / columns - _AROUND, _MOST_SIDE if is_turned else _WIDTH)
    tallest = [
        max(min(max(windows[w].aspect, 0.3), 1.3) for p, w in places if at[p, w][0] == row)
        for row in range(rows)
    ]
    heights = [one * side + 0.6 for one in tallest]
    width = columns * (side + _AROUND)
    figure = Figure(figsize=(width, sum(heights) + 0.4), layout="compressed")
    grid = figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
    for axes in grid.ravel():
        axes.set_axis_off()
    for (panel, window), place in at.items():
        axes = grid[place]
        axes.set_axis_on()
        shown = _draw(axes, windows[window], cells, panels[panel])
        if is_turned or not window:
            axes.set_title(panels[panel].title, loc="left", fontsize=11)
        axes.tick_params(labelsize=9)
        figure.colorbar(shown, ax=axes, pad=0.02, extend="both").ax.tick_params(labelsize=9)
    return figure


def limit_of(values: Floating) -> float:
    """End of a scale about 0 that holds nearly all values: 0.02, 0.05, 0.1 or 0.2 [m3 m-3]."""
    known = np.abs(values[np.isfinite(values)])
    most = float(np.percentile(known, _SHARE)) if known.size else 0.0
    return next((one for one in _LIMITS if one >= most), _LIMITS[-1])
