"""Coast lines and borders of the maps, from Natural Earth (1:50 million, public domain).

The file beside this module is made by `scripts/make_coast_lines.py` from the npm package
world-atlas 2.0.2 (licence ISC). It is for drawing only: which cells are land is decided by
`grid.land`.
"""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from mcca_ml.arrays import Float64
from mcca_ml.plot.frames import MapFrame

LINES_FILE = "coast_lines.npy"
"""Longitude and latitude by turns, int16 (point, 2), in steps of `STEP_DEG`."""
STEP_DEG = 0.01
BREAK = -32768
"""First number of a row that begins a line; the second is `LAND` or `BORDER`."""
LAND, BORDER = 0, 1

LAND_COLOUR = "#dddddd"
COAST_COLOUR = "#303030"
BORDER_COLOUR = "#6e6e6e"
_LEAST_SHARE = 1 / 700
"""Size of an island over the width of the frame below which it would be a dot of ink."""
_POLE_DEG = -89.9
"""Latitude of the points that close the ring of Antarctica and are no coast."""


def read_lines(kind: int) -> list[Float64]:
    """Longitude and latitude [degree] of each line, (point, 2).

    Args:
        kind: `LAND`, closed rings, holes in the opposite sense; or `BORDER`, open lines.

    >>> len(read_lines(LAND)) > 1000, len(read_lines(BORDER)) > 200
    (True, True)
    """
    with files("mcca_ml.plot").joinpath(LINES_FILE).open("rb") as stream:
        rows = np.load(stream)
    starts = np.flatnonzero(rows[:, 0] == BREAK)
    lines = np.split(rows, starts[1:])
    return [line[1:] * STEP_DEG for line in lines if line[0, 1] == kind]


@dataclass(frozen=True)
class Outlines:
    """What a frame shows of the land; lines of longitude and latitude [degree], (point, 2)."""

    land: tuple[Float64, ...]
    """Rings."""
    coasts: tuple[Float64, ...]
    borders: tuple[Float64, ...]


def _in_frame(lines: list[Float64], frame: MapFrame) -> tuple[Float64, ...]:
    """Lines that reach into a frame, moved by a whole turn where it crosses the date line."""
    moved = (line + [turn, 0.0] for line in lines for turn in (-360.0, 0.0, 360.0))
    return tuple(line for line in moved if frame.meets(line))


def outlines_in(frame: MapFrame) -> Outlines:
    """Land, coast lines and borders that reach into a frame."""
    least = (frame.east - frame.west) * _LEAST_SHARE
    land = _in_frame(
        [ring for ring in read_lines(LAND) if np.ptp(ring, axis=0).max() > least], frame
    )
    coasts = tuple(ring[ring[:, 1] > _POLE_DEG] for ring in land)
    return Outlines(land, coasts, _in_frame(read_lines(BORDER), frame))


def draw_outlines(axes: Axes, outlines: Outlines) -> None:
    """Fill the land below the data, and draw coast lines and borders above them.

    Args:
        axes: x is longitude, y latitude [degree].
        outlines: from `outlines_in` for the frame that is shown.
    """
    if outlines.land:
        # Of a closed path the last vertex is a mark only.
        rings = (Path(np.r_[ring, ring[:1]], closed=True) for ring in outlines.land)
        shape = Path.make_compound_path(*rings)
        # Not add_patch, which spends most of its time on limits that are known.
        axes.add_artist(PathPatch(shape, facecolor=LAND_COLOUR, lw=0, zorder=1))
    for lines, colour, width in (
        (outlines.borders, BORDER_COLOUR, 0.4),
        (outlines.coasts, COAST_COLOUR, 0.4),
    ):
        axes.add_artist(LineCollection(lines, colors=colour, linewidths=width, zorder=4))
