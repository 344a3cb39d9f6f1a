"""Where the maps of a figure are, in inches: rows are filled, and regions keep their shape."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcca_ml.plot.frames import MapFrame

_MOST_BESIDE = 3
_LABELS, _GAP, _KEY = 0.62, 0.18, 0.75
"""Width of the latitudes left of a map, the gap right of it, a colour scale [inch]."""
_TICKS = 0.35
"""Height of the longitudes below a map [inch]."""
_MOST_HEIGHT, _MOST_HEIGHT_OF_MANY = 6.5, 4.5
"""Height of the map of a single layer, and of one of several [inch]."""
TEXT_LINE = 0.18
"""Height of a line of 9 points [inch]."""
CHARACTER = 0.08
"""Width of a character of 9 points [inch], with some to spare."""


@dataclass(frozen=True)
class MapPlace:
    """One map in a figure; lengths in inches."""

    layer: int
    frame: MapFrame
    left: float
    top: float
    """Distance of the upper edge from the top of the figure."""
    width: float
    height: float
    is_first: bool
    """Has the title of its layer."""
    is_last: bool
    """Has the colour scale of its layer."""

    @property
    def right(self) -> float:
        """Distance of the end of its colour scale from the left of the figure [inch]."""
        return self.left + self.width + _GAP + _KEY

    @property
    def characters(self) -> int:
        """Number of characters of 9 points that fit above the map and its colour scale."""
        return max(int((self.width + _KEY) / CHARACTER), 12)


def wrapped(text: str, characters: int) -> str:
    """Text broken into lines of at most some characters; its own line breaks stay."""
    return "\n".join(
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, characters, break_on_hyphens=False) or [""]
    )


def _rows(frames: int, layers: int, is_wide: bool) -> list[list[tuple[int, int]]]:
    """Layer and frame of the maps in each row."""
    if frames > 1:
        begins = [(layer, at) for layer in range(layers) for at in range(0, frames, _MOST_BESIDE)]
        return [
            [(layer, n) for n in range(at, min(at + _MOST_BESIDE, frames))] for layer, at in begins
        ]
    columns = 1 if layers == 1 or (layers == 3 and is_wide) else 2
    every = [(layer, 0) for layer in range(layers)]
    return [every[at : at + columns] for at in range(0, layers, columns)]


def legend_columns(names: Sequence[str], width: float) -> int:
    """Columns of a legend that fit into a width [inch]."""
    longest = max((len(name) for name in names), default=1)
    return max(int(width / (longest * CHARACTER + 0.45)), 1)


def _legend_lines(names: Sequence[str], width: float) -> int:
    return -(-len(names) // legend_columns(names, width))


def place_maps(
    frames: Sequence[MapFrame],
    titles: Sequence[str],
    classes: Sequence[Sequence[str]],
    width: float,
    top: float,
) -> tuple[list[MapPlace], float]:
    """Place the maps of all layers; regions far apart are beside each other and have one height.

    Args:
        frames: regions, at least one.
        titles: title of each layer.
        classes: names in the legend below the maps of each layer; empty without a legend.
        width: of the figure [inch].
        top: height of what is above the maps [inch].

    Returns:
        The places, and the height down to the last one [inch].
    """
    places: list[MapPlace] = []
    most = _MOST_HEIGHT if len(titles) == 1 else _MOST_HEIGHT_OF_MANY
    for row in _rows(len(frames), len(titles), frames[0].aspect < 2 / 3):
        keys = len(row) if len(frames) == 1 else 1
        room = width - len(row) * (_LABELS + _GAP) - keys * _KEY
        height = min(room / sum(1 / frames[f].aspect for _, f in row), most)
        most = height  # a row that is not full does not have larger maps
        here, left = [], 0.0
        for layer, number in row:
            left += _LABELS
            size = height / frames[number].aspect
            ends = number == 0, number == len(frames) - 1
            here.append(MapPlace(layer, frames[number], left, top, size, height, *ends))
            left += size + _GAP + _KEY * (len(frames) == 1)
        lines = max(len(wrapped(titles[p.layer], p.characters).splitlines()) for p in here)
        places += [replace(place, top=top + lines * TEXT_LINE + 0.1) for place in here]
        top += lines * TEXT_LINE + 0.1 + height + _TICKS
        top += max(_legend_lines(classes[p.layer], p.width) for p in here) * TEXT_LINE + 0.1
    return places, top
