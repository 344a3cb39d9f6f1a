"""Which part of the Earth a map shows: around the data, one frame for each far-apart region."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64, Int64

_GAP_DEG = 3.0
"""Width of a strip without data that separates two regions."""
_MOST_FRAMES = 6
_MOST_FILLED = 0.4
"""Regions get frames of their own where these cover less than this share of a single frame."""
_MARGIN = 0.06
"""Share of the data's extent that is shown around it."""
_LEAST_DEG = 2.0
"""Least width and height of a frame: it has two lines of a graticule of 1 degree."""
_GLOBE_DEG = 200.0
"""Width from which the whole globe is shown."""
_SOUTH_DEG = -60.0
"""South end of a map of the globe, unless there are data beyond it."""
_NORTH_DEG = 85.0


@dataclass(frozen=True)
class MapFrame:
    """Part of the Earth in degrees; east may exceed 180 where it crosses the date line."""

    west: float
    east: float
    south: float
    north: float

    @property
    def stretch(self) -> float:
        """Length of a degree of latitude over one of longitude at the middle [1]."""
        return 1.0 / max(float(np.cos(np.deg2rad((self.south + self.north) / 2))), 0.1)

    @property
    def aspect(self) -> float:
        """Height over width as drawn [1]."""
        return (self.north - self.south) * self.stretch / (self.east - self.west)

    @property
    def area(self) -> float:
        """Width times height [degree2]."""
        return (self.east - self.west) * (self.north - self.south)

    def meets(self, line: Float64) -> bool:
        """Return True where the box around a line, (point, 2) [degree], overlaps the frame."""
        (west, south), (east, north) = line.min(axis=0), line.max(axis=0)
        is_beside = west > self.east or east < self.west
        return not (is_beside or south > self.north or north < self.south)


def unwrapped(lon: Float64) -> Float64:
    """Longitudes [degree] moved by whole turns so that they span the least range.

    The widest gap between longitudes is outside of the range, which begins in -180 to 180.

    >>> unwrapped(np.array([179.0, -179.0, -178.0])).tolist()
    [179.0, 181.0, 182.0]
    """
    turned = np.mod(lon + 180.0, 360.0) - 180.0
    ordered = np.unique(turned)
    gaps = np.diff(ordered, append=ordered[0] + 360.0)
    begins = ordered[(int(gaps.argmax()) + 1) % ordered.size]
    return np.where(turned < begins, turned + 360.0, turned)


def _runs(values: Float64) -> list[Int64]:
    """Numbers of the values of each run that no gap interrupts."""
    order = np.argsort(values, kind="stable")
    cuts = np.flatnonzero(np.diff(values[order]) > _GAP_DEG) + 1
    return list(np.split(order, cuts))


def _span(values: Float64, cell_deg: float, most: float) -> tuple[float, float]:
    low, high = float(values.min()) - cell_deg / 2, float(values.max()) + cell_deg / 2
    margin = max(_MARGIN * (high - low), cell_deg / 2, (_LEAST_DEG - (high - low)) / 2)
    return max(low - margin, -most), min(high + margin, most)


def _around(lat: Float64, lon: Float64, cell_deg: tuple[float, float]) -> MapFrame:
    """One frame around all places."""
    south, north = _span(lat, cell_deg[0], 90.0)
    west, east = _span(unwrapped(lon), cell_deg[1], 540.0)
    if east - west > _GLOBE_DEG:
        south = max(min(float(lat.min()) - 2.0, _SOUTH_DEG), -90.0)
        return MapFrame(-180.0, 180.0, south, max(north, _NORTH_DEG))
    return MapFrame(west, east, south, north)


def frames_around(
    lat: Float64, lon: Float64, cell_deg: tuple[float, float] = (0.25, 0.25)
) -> list[MapFrame]:
    """Frames of the maps of some places, from north to south and west to east.

    Args:
        lat: latitude of each place [degree], (place,).
        lon: longitude [degree], (place,); any turn.
        cell_deg: height and width of the cell around each place [degree].

    Returns:
        One frame for each far-apart region, at most 6; else one of all places. The globe where
        there is no place.
    """
    if not lat.size:
        return [MapFrame(-180.0, 180.0, _SOUTH_DEG, _NORTH_DEG)]
    east = unwrapped(lon)
    regions = [np.arange(lat.size)]
    for axis in (lat, east, lat):
        regions = [region[run] for region in regions for run in _runs(axis[region])]
    whole = _around(lat, lon, cell_deg)
    frames = [_around(lat[region], lon[region], cell_deg) for region in regions]
    if len(frames) > _MOST_FRAMES or sum(f.area for f in frames) > _MOST_FILLED * whole.area:
        return [whole]
    return sorted(frames, key=lambda frame: (-frame.north, frame.west))


def graticule(low: float, high: float, most: int) -> Float64:
    """Round degrees within a range: multiples of 1, 2, 5, 10, 20, 30 or 60.

    Args:
        low: begin of the range [degree].
        high: its end [degree].
        most: number of them that is not exceeded, as far as steps of 60 degrees allow.

    >>> graticule(-9.7, 3.4, 4).tolist()
    [-5.0, 0.0]
    """
    for step in (1, 2, 5, 10, 20, 30, 60):
        degrees = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * float(step)
        if degrees.size <= most:
            break
    return degrees
