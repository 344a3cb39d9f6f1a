"""The one way in which this package draws a map: land, coast lines, borders, graticule, values.

Plate carree (x is longitude, y latitude), stretched by 1 / cos(latitude of the middle): shapes are
right in a region at any latitude, and the cells of EASE-Grid 2.0 and of regular grids are both
rectangles. EASE-Grid 2.0 itself would be equal in area, but flattens a region at 60 degrees north
to a third of its height.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import PcolorImage
from matplotlib.patches import Patch

from mcca_ml.arrays import Booleans, Float64, Floating, UInt8
from mcca_ml.grid.place_text import latitude_text, longitude_text
from mcca_ml.plot.coast_lines import Outlines, draw_outlines, outlines_in
from mcca_ml.plot.frames import MapFrame, frames_around, graticule
from mcca_ml.plot.map_layout import (
    CHARACTER,
    TEXT_LINE,
    MapPlace,
    legend_columns,
    place_maps,
    wrapped,
)

_EMPTY = "#bcbcbc"
"""Cell of the region without a value."""
_PALE = 0.65
"""Share of white in the colour of a value that is not recommended."""
_HEAD = 0.45
"""Height of the heading of a figure [inch]."""
_HEAD_CHARACTER = 0.125
"""Width of one of its characters [inch], with some to spare."""


@dataclass(frozen=True)
class ColourScale:
    """Colours of a quantity between two limits; values beyond them get the colour of the limit."""

    low: float
    high: float
    palette: str


@dataclass(frozen=True)
class MapClasses:
    """Names and colours of classes, by number."""

    names: tuple[str, ...]
    colours: tuple[str, ...]


@dataclass(frozen=True)
class MapLayer:
    """One quantity on a map."""

    title: str
    """With units."""
    values: Floating
    """(row, column); NaN where there is none. Numbers of classes where `scale` is `MapClasses`."""
    scale: ColourScale | MapClasses
    is_recommended: Booleans | None = None
    """(row, column); other values are pale, and the title has the counts. None: not applicable."""

    def heading(self) -> str:
        """Title with the number of recommended values and of others."""
        if self.is_recommended is None:
            return self.title
        known = np.isfinite(self.values)
        good = int((known & self.is_recommended).sum())
        others = int(known.sum()) - good
        return f"{self.title}\n{good:,} recommended, {others:,} other values (pale)"


@dataclass(frozen=True)
class Raster:
    """A grid whose cells are rectangles in latitude and longitude."""

    lat: Float64
    """Centres of the rows [degree], rising or falling."""
    lon: Float64
    """Centres of the columns [degree], rising; of any turn."""
    has_cell: Booleans | None = None
    """Cells of the region, (row, column), grey where without a value; None: unknown."""

    def frames(self, layers: Sequence[MapLayer]) -> list[MapFrame]:
        """Frames around the cells of the region, or around all values where it is unknown.

        Classes count only without a layer of numbers: flags of the sea would show the globe. The
        whole grid is shown where there is no value.
        """
        numbers = [one for one in layers if isinstance(one.scale, ColourScale)]
        shown = self.has_cell
        if shown is None:
            shown = np.any([np.isfinite(one.values) for one in numbers or layers], axis=0)
        row, column = np.nonzero(shown if shown.any() else np.ones_like(shown))
        size = (_step(self.lat), _step(self.lon))
        return frames_around(self.lat[row], self.lon[column], size)


def _step(centres: Float64) -> float:
    """Typical distance of neighbours [degree]; 0.25 where there is but one."""
    return float(np.median(np.abs(np.diff(centres)))) if centres.size > 1 else 0.25


def _edges(centres: Float64, most: float) -> Float64:
    """Edges between rising centres [degree], half-way, within -most to most."""
    half = np.diff(centres) / 2
    if not half.size:
        half = np.array([_step(centres) / 2])
    inner = centres[:-1] + half[: centres.size - 1]
    edges = np.concatenate([[centres[0] - half[0]], inner, [centres[-1] + half[-1]]])
    return np.asarray(np.clip(edges, -most, most))


def _bytes(colour: str) -> UInt8:
    return np.array([*np.rint(np.array(to_rgb(colour)) * 255), 255], np.uint8)


def _colours(layer: MapLayer) -> UInt8:
    """Red, green, blue, opacity of each cell, (row, column, 4); clear where there is no value."""
    known = np.isfinite(layer.values)
    values, good = np.where(known, layer.values, 0), layer.is_recommended
    if isinstance(layer.scale, MapClasses):
        table = np.array([_bytes(colour) for colour in (*layer.scale.colours, _EMPTY)])
        rgba: UInt8 = table[values.astype(np.int64)]
    else:
        norm = Normalize(layer.scale.low, layer.scale.high, clip=True)
        rgba = matplotlib.colormaps[layer.scale.palette](norm(values), bytes=True)
        if good is not None:
            rgba[~good, :3] = np.rint(255 - (1 - _PALE) * (255.0 - rgba[~good, :3]))
    rgba[~known] = 0
    return rgba


def _draw_cells(axes: Axes, frame: MapFrame, raster: Raster, rgba: UInt8, zorder: float) -> None:
    """Cells within a frame as rectangles; longitudes are moved by whole turns into the frame."""
    size = _step(raster.lon), _step(raster.lat)
    begin = frame.west - min(size[0], (360.0 - (frame.east - frame.west)) / 2)
    lon = begin + np.mod(raster.lon - begin, 360.0)
    columns = np.argsort(lon, kind="stable")
    columns = columns[lon[columns] < frame.east + size[0]]
    rows = np.argsort(raster.lat, kind="stable")
    inside = (raster.lat[rows] > frame.south - size[1]) & (raster.lat[rows] < frame.north + size[1])
    rows = rows[inside]
    # Cells on either side of a gap in the longitudes keep their width.
    for run in np.split(columns, np.flatnonzero(np.diff(lon[columns]) > 1.5 * size[0]) + 1):
        if run.size and rows.size:
            edges = _edges(lon[run], 540.0), _edges(raster.lat[rows], 90.0)
            cells = rgba[rows[:, None], run]
            image = PcolorImage(axes, *edges, cells, zorder=zorder)
            image.set_in_layout(False)  # it never reaches beyond the axes
            axes.add_image(image)


def _draw_map(
    axes: Axes, place: MapPlace, raster: Raster, layer: MapLayer, outlines: Outlines
) -> None:
    frame = place.frame
    axes.set(xlim=(frame.west, frame.east), ylim=(frame.south, frame.north))
    draw_outlines(axes, outlines)
    if raster.has_cell is not None:
        empty = np.zeros((*raster.has_cell.shape, 4), np.uint8)
        empty[raster.has_cell] = _bytes(_EMPTY)
        _draw_cells(axes, frame, raster, empty, 1.2)
    _draw_cells(axes, frame, raster, _colours(layer), 1.4)
    label_degrees(axes, frame, (int(place.width / 0.75), int(place.height / 0.4)))


def label_degrees(axes: Axes, frame: MapFrame, most: tuple[int, int]) -> None:
    """Draw the graticule at round degrees above the cells, and label it.

    Args:
        axes: x is longitude, y latitude [degree].
        frame: part of the Earth that is shown.
        most: meridians and parallels; at least two are allowed.
    """
    lon = graticule(frame.west, frame.east, max(most[0], 2))
    lat = graticule(frame.south, frame.north, max(most[1], 2))
    axes.set_xticks(lon, [longitude_text(value, 0) for value in lon])
    axes.set_yticks(lat, [latitude_text(value, 0) for value in lat])
    axes.tick_params(labelsize=8, length=2)
    axes.grid(color="#000000", alpha=0.2, linewidth=0.4)
    axes.set_axisbelow(False)


def _add_scale(figure: Figure, axes: Axes, layer: MapLayer, scale: ColourScale) -> None:
    """Colour scale to the right of a map; pointed at an end beyond which there are values."""
    known = layer.values[np.isfinite(layer.values)]
    ends = bool((known < scale.low).any()), bool((known > scale.high).any())
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[ends]
    box, wide = axes.get_position(), float(figure.get_figwidth())
    room = figure.add_axes((box.x1 + 0.08 / wide, box.y0, 0.14 / wide, box.height))
    mappable = ScalarMappable(Normalize(scale.low, scale.high), scale.palette)
    figure.colorbar(mappable, cax=room, extend=extend).ax.tick_params(labelsize=8)


def _add_legend(axes: Axes, classes: MapClasses, place: MapPlace) -> None:
    """Names of the classes below a map."""
    pairs = zip(classes.names, classes.colours, strict=True)
    axes.legend(
        handles=[Patch(facecolor=colour, label=name) for name, colour in pairs],
        loc="upper left", bbox_to_anchor=(0.0, -0.28 / place.height), borderaxespad=0,
        ncols=legend_columns(classes.names, place.width), borderpad=0, fontsize=8,
        frameon=False, handlelength=1.0, columnspacing=1.0, labelspacing=0.3,
    )  # fmt: skip


def draw_maps(
    raster: Raster,
    layers: Sequence[MapLayer],
    heading: str = "",
    note: str = "",
    width: float = 9.0,
) -> Figure:
    """Maps of all layers; far-apart regions have a map each, with a common colour scale.

    Args:
        raster: grid of the layers.
        layers: one at least.
        heading: first line of the figure.
        note: last lines of the figure.
        width: of the figure [inch]; less where its maps would become too high.
    """
    frames, titles = raster.frames(layers), [layer.heading() for layer in layers]
    scales = [layer.scale for layer in layers]
    classes = [scale.names if isinstance(scale, MapClasses) else () for scale in scales]
    places, bottom = place_maps(frames, titles, classes, width, _HEAD)
    width = max(len(heading) * _HEAD_CHARACTER, *(place.right for place in places))
    lines = wrapped(note, int(width / CHARACTER))
    height = bottom + TEXT_LINE * len(lines.splitlines()) + 0.1
    figure = Figure(figsize=(width, height), dpi=150)
    outlines = {frame: outlines_in(frame) for frame in frames}
    for place in places:
        layer, low = layers[place.layer], height - place.top - place.height
        box = place.left / width, low / height, place.width / width, place.height / height
        axes = figure.add_axes(box)
        _draw_map(axes, place, raster, layer, outlines[place.frame])
        if place.is_first:
            title = wrapped(titles[place.layer], place.characters)
            axes.set_title(title, loc="left", fontsize=9)
        if isinstance(layer.scale, MapClasses) and place.is_first:
            _add_legend(axes, layer.scale, place)
        elif isinstance(layer.scale, ColourScale) and place.is_last:
            _add_scale(figure, axes, layer, layer.scale)
    left = 0.1 / width
    figure.text(left, 1 - 0.1 / height, heading, fontsize=12, fontweight="bold", va="top")
    figure.text(left, 0.08 / height, lines, fontsize=8, color="#555555", va="bottom")
    return figure
