"""The map of one look of a day, as PNG: soil moisture large, VOD and uncertainty beside it.

EASE-Grid 2.0 is an equal-area cylinder by itself, so the grid is the map.
"""

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from mcca_ml import __version__
from mcca_ml.arrays import AnyArray, Booleans, Float32, Float64, Int64
from mcca_ml.flags import is_recommended
from mcca_ml.grid import ease2
from mcca_ml.grid.land import land_mask
from mcca_ml.plot.colours import write_png
from mcca_ml.schema import is_simulated

DRY_TO_WET = LinearSegmentedColormap.from_list(
    "dry to wet",
    [
        "#7a4a16",
        "#b8843f",
        "#dfc27d",
        "#f1e8c6",
        "#c3e3d5",
        "#72b9c4",
        "#3182bd",
        "#14539a",
        "#08306b",
    ],
)
"""Brown, sand, green, blue: what a reader expects of soil moisture."""

SOUTH_LIMIT = -58.0
"""Latitude [degree] below which a map without data is cut: Antarctica has no soil to measure."""

_LAND = "#dddddd"
_COAST = "#4d4d4d"
_PALE = 0.35
_CROP_BELOW = 0.5
"""Share of the map's width or height below which the picture is cut to the data."""
_MARGIN = 0.15
"""Of the data's width or height, on either side."""
_MIN_MARGIN_M = 1.5e5
_FEW = 0.01
"""So small a share of the values does not move a limit: an islet does not bring Antarctica back."""
_DPI = 150
_WIDE = 1.5
"""Width over height from which the small panels stand below the large one, not beside it."""


@dataclass(frozen=True)
class Panel:
    """One field on the map."""

    name: str
    title: str
    label: str
    top: float
    colours: Colormap
    pale: float = 1.0
    """Opacity of values that are not recommended."""


@dataclass(frozen=True)
class Window:
    """Part of the map to show [m]."""

    west: float
    east: float
    south: float
    north: float

    @property
    def aspect(self) -> float:
        """Width over height [1]."""
        return (self.east - self.west) / (self.north - self.south)


def _panels() -> tuple[Panel, Panel, Panel]:
    return (
        Panel("soil_moisture", "Soil moisture", "soil moisture [m³ m⁻³]", 0.5, DRY_TO_WET, _PALE),
        Panel(
            "vod_v",
            "Vegetation optical depth, V",
            "VOD at nadir [1]",
            1.2,
            matplotlib.colormaps["YlGn"],
        ),
        Panel(
            "sm_uncertainty",
            "Uncertainty of soil moisture, 1 σ",
            "[m³ m⁻³]",
            0.12,
            matplotlib.colormaps["magma_r"],
        ),
    )


def _whole(values: AnyArray, cell: Int64, grid: ease2.Grid) -> Float32:
    whole = np.full(grid.size, np.nan, np.float32)
    whole[cell] = values
    return whole.reshape(grid.shape)


def _span(centres: Float64, used: Booleans, cell_m: float) -> tuple[float, float]:
    """Lowest and highest coordinate to show along one axis [m]: all of it, or near the data."""
    all_of_it = (float(centres.min()) - cell_m / 2, float(centres.max()) + cell_m / 2)
    if not used.any():
        return all_of_it
    found = centres[used]
    low, high = float(found.min()), float(found.max())
    margin = max(_MARGIN * (high - low), _MIN_MARGIN_M)
    low, high = low - margin, high + margin
    if high - low > _CROP_BELOW * (all_of_it[1] - all_of_it[0]):
        return all_of_it
    return max(low, all_of_it[0]), min(high, all_of_it[1])


def _window(values: Float32, grid: ease2.Grid) -> Window:
    """The part of the map that holds data, with a margin; the whole map where data are wide."""
    known: Booleans = np.isfinite(values)
    west, east = _span(ease2.x(grid), np.asarray(known.any(axis=0)), grid.cell_m)
    south, north = _span(ease2.y(grid), np.asarray(known.any(axis=1)), grid.cell_m)
    limit = float(ease2.map_y(SOUTH_LIMIT))
    if known[ease2.y(grid) < limit].sum() <= _FEW * known.sum():
        south = max(south, limit)
    return Window(west, east, south, north)


def _step(span_deg: float) -> int:
    """Distance of the lines of latitude or longitude [degree] that gives about five of them."""
    return next((step for step in (2, 5, 10, 20, 30) if span_deg / step <= 6), 60)


def _degrees(low: float, high: float) -> Float64:
    step = _step(high - low)
    return np.arange(np.ceil(low / step) * step, high + 1e-9, step)


def _words(degree: float, positive: str, negative: str) -> str:
    letter = positive if degree > 0 else negative if degree < 0 else ""
    return f"{abs(degree):.0f}°{letter}"


def _graticule(axes: Axes, window: Window) -> None:
    """Label the axes in degrees; thin lines below the data."""
    lon = _degrees(*(float(ease2.map_longitude(x)) for x in (window.west, window.east)))
    lat = _degrees(*(float(ease2.map_latitude(y)) for y in (window.south, window.north)))
    axes.set_xticks(ease2.map_x(lon), [_words(value, "E", "W") for value in lon])
    axes.set_yticks(ease2.map_y(lat), [_words(value, "N", "S") for value in lat])
    axes.tick_params(labelsize=7, length=2, colors="#555555")
    axes.grid(color="#cccccc", linewidth=0.4, zorder=0)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color("#999999")
        spine.set_linewidth(0.6)


def _extent(grid: ease2.Grid) -> tuple[float, float, float, float]:
    x, y = ease2.x_edges(grid), ease2.y_edges(grid)
    return float(x[0]), float(x[-1]), float(y[-1]), float(y[0])


def _land(axes: Axes) -> None:
    """Land in light grey with its coast, from the one mask that the project has."""
    land = land_mask(ease2.M25)
    grey = np.where(land, 1.0, np.nan)
    colours = LinearSegmentedColormap.from_list("land", [_LAND, _LAND])
    axes.imshow(grey, extent=_extent(ease2.M25), cmap=colours, interpolation="nearest", zorder=1)
    # The contour is drawn after the data, so that the coast stays visible.
    axes.contour(
        ease2.x(ease2.M25),
        ease2.y(ease2.M25),
        land.astype(np.float32),
        levels=[0.5],
        colors=_COAST,
        linewidths=0.35,
        zorder=4,
    )


def _draw(axes: Axes, panel: Panel, values: Float32, good: Booleans, grid: ease2.Grid) -> None:
    """One field: full colour where recommended, pale elsewhere, with its colour bar."""
    for shown, opacity in ((~good, panel.pale), (good, 1.0)):
        image = axes.imshow(
            np.where(shown, values, np.nan),
            extent=_extent(grid),
            cmap=panel.colours,
            vmin=0.0,
            vmax=panel.top,
            alpha=opacity,
            interpolation="nearest",
            zorder=2,
        )
    beyond = "max" if np.nanmax(values, initial=0.0) > panel.top else "neither"
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.03, pad=0.015, extend=beyond)
    bar.set_label(panel.label, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_linewidth(0.5)


def _axes(window: Window) -> tuple[Figure, list[Axes]]:
    """A figure with one large and two small panels, after the shape of the map."""
    if window.aspect >= _WIDE:
        width = 11.0
        large = (width - 1.6) / window.aspect
        small = (width / 2 - 1.4) / window.aspect
        figure = Figure(figsize=(width, large + small + 1.7), dpi=_DPI, layout="constrained")
        cells = GridSpec(2, 2, figure, height_ratios=[large, small])
        return figure, [
            figure.add_subplot(cells[at]) for at in (np.s_[0, :], np.s_[1, 0], np.s_[1, 1])
        ]
    height = 6.5
    large = min(height * window.aspect, 8.0)
    figure = Figure(figsize=(large * 1.45 + 2.2, height), dpi=_DPI, layout="constrained")
    cells = GridSpec(2, 2, figure, width_ratios=[2, 1])
    places = (cells[:, 0], cells[0, 1], cells[1, 1])
    return figure, [figure.add_subplot(place) for place in places]


def _heading(ds: xr.Dataset, look: str, grid: ease2.Grid) -> str:
    day = str(ds["time"].to_numpy()[0].astype("datetime64[D]"))
    words = f"{ds.attrs['sensor']}, {day}, {look} look, {grid.name} ({grid.cell_m / 1000:.0f} km)"
    return f"SIMULATED — {words}" if is_simulated(ds) else words


def _title(panel: Panel, ds: xr.Dataset) -> str:
    """Title of a panel; that of VOD with its frequency, since each sensor has another."""
    if not panel.name.startswith("vod_"):
        return panel.title
    return f"{panel.title}, {float(ds.attrs['vod_frequency_ghz']):g} GHz"


def write_map(ds: xr.Dataset, look: str, path: Path) -> Path:
    """Draw one look of a day into the PNG `path`; return it.

    Args:
        ds: after schema.RETRIEVAL, one UTC day.
        look: the look to draw, one of those in `ds`.
        path: file to make or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    grid = ease2.by_name(ds.attrs["grid"])
    cell = ds["cell"].to_numpy().astype(np.int64)
    one = ds.isel(time=0).sel(look=look)
    fields = [_whole(one[panel.name].to_numpy(), cell, grid) for panel in _panels()]
    good = _whole(is_recommended(one["flag"].to_numpy()), cell, grid) == 1
    window = _window(fields[0], grid)
    figure, all_axes = _axes(window)
    for axes, panel, values in zip(all_axes, _panels(), fields, strict=True):
        _land(axes)
        _draw(axes, panel, values, good, grid)
        _graticule(axes, window)
        axes.set(xlim=(window.west, window.east), ylim=(window.south, window.north))
        axes.set_aspect("equal")
        axes.set_title(_title(panel, ds), fontsize=10, loc="left")
    known = np.isfinite(fields[0])
    figure.suptitle(_heading(ds, look, grid), fontsize=13, fontweight="bold", x=0.01, ha="left")
    note = (
        f"{int(known.sum()):,} cells with a value, {int((known & good).sum()):,} recommended; "
        "pale soil moisture: not recommended; grey: land without value.   "
        f"MCCA-ML {__version__} (MCCA-type)"
    )
    figure.supxlabel(note, fontsize=8, color="#555555", x=0.01, ha="left")
    return write_png(figure, path)
