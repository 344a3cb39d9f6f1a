"""Maps of what is told of each cell: one for each region, or one of the globe.

EASE-Grid 2.0 is an equal-area cylinder by itself, so the grid is the map.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mcca_ml.grid import ease2

Doubles = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]

_GAP_CELLS = 12
"""Rows or columns without a cell that part two regions."""
_MOST_REGIONS = 6
"""Beyond these all are shown on one map."""
_MARGIN_CELLS = 1
_WIDTH = 9.0
"""Of a figure [inch]."""


@dataclass(frozen=True)
class Panel:
    """One number of each cell."""

    title: str
    """With its units."""
    values: Doubles
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


def _runs(values: Indices) -> list[Indices]:
    """Places of values that lie together, by gaps."""
    order = np.argsort(values, kind="stable")
    cuts = np.flatnonzero(np.diff(values[order]) > _GAP_CELLS) + 1
    return list(np.split(order, cuts))


def regions(cells: Indices) -> list[Window]:
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
    ends = [ease2.longitude_of(np.array([left, right])), ease2.latitude_of(np.array([bottom, top]))]
    for axis, (low, high), of, origin, letters in (
        (axes.xaxis, ends[0], ease2.x_of, x[0], "EW"),
        (axes.yaxis, ends[1], ease2.y_of, y[0], "NS"),
    ):
        values = MaxNLocator(4, steps=[1, 2, 3, 5, 10]).tick_values(low, high)
        values = values[(values >= low) & (values <= high)]
        axis.set_ticks(
            np.abs(of(values) - origin) / ease2.M25.cell_m,
            [f"{abs(v):g}°{letters[int(v < 0)] if v else ''}" for v in values],
        )


def _draw(axes: Axes, window: Window, cells: Indices, panel: Panel) -> ScalarMappable:
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


def draw_maps(cells: Indices, panels: Sequence[Panel]) -> Figure:
    """Maps of all panels in all regions; a region a column, a panel a row, or the other way round.

    Args:
        cells: flat cells of EASE2_M25, (cell,).
        panels: one at least.
    """
    windows = regions(cells)
    across = min(len(panels), 2 if len(windows) == 1 and windows[0].aspect < 1 else 4)
    down = -(-len(panels) // across)
    side = _WIDTH / across
    heights = [min(max(one.aspect, 0.35), 1.3) * (side - 0.9) + 0.75 for one in windows]
    figure = Figure(figsize=(_WIDTH, down * sum(heights) + 0.35), layout="constrained")
    grid = figure.subplots(down * len(windows), across, squeeze=False, height_ratios=heights * down)
    for number in range(down * across):
        block, place = divmod(number, across)
        for i, window in enumerate(windows):
            axes = grid[block * len(windows) + i, place]
            if number >= len(panels):
                axes.set_axis_off()
                continue
            shown = _draw(axes, window, cells, panels[number])
            if not i:
                axes.set_title(panels[number].title, loc="left", fontsize=10)
            axes.tick_params(labelsize=8)
            bar = figure.colorbar(shown, ax=axes, shrink=0.9, pad=0.02, extend="both")
            bar.ax.tick_params(labelsize=8)
    return figure
