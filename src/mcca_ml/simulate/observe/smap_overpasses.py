"""Cells of a grid -> when SMAP passes them, flying south in the morning, north in the evening.

SMAP's products are gridded and its antenna looks all around, so that a cell is seen fore and aft, a
minute before and after the satellite is closest to it. Here it is seen once, at that moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Datetime64, Float64
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.observe.orbit import (
    TURN,
    arcs,
    geodetic,
    satellite,
    seconds_since_2000,
    utc_times,
    verticals,
)
from mcca_ml.simulate.observe.overpasses import life
from mcca_ml.simulate.observe.scan import EARTH_RADIUS_KM
from mcca_ml.simulate.observe.visibility import sketch_track, windows

HALF_SWATH_KM = 500.0
"""Cells further from the ground track than this are not seen."""

_STEP = TURN / 720
"""Between points of the track that are compared; the closest one lies on a parabola."""


@dataclass(frozen=True)
class SmapPass:
    """Half a revolution of SMAP over some cells."""

    orbit: int
    """Number of the revolution, 1 is that of the first day of the orbit."""
    is_ascending: bool
    """Whether the satellite flies north: in the evening, at 18:00."""
    obs_time: Datetime64
    """UTC of the closest approach, (cell); NaT where a cell is not seen."""


def _closest(angle: Float64, cells: Float64) -> tuple[Float64, Booleans]:
    """Angle gone at the closest approach to cells [rad], and whether they are then in the swath.

    Args:
        angle: gone, at points of the track around the cells [rad], even and rising.
        cells: unit vectors, (cell, 3).
    """
    arc = arcs(SMAP)[0]
    place, _ = satellite(arc, angle, arc.node_longitude(arc.moment(angle)))
    lat, lon, _height = geodetic(place)
    cosine = cells @ verticals(lat, lon).T
    best = np.argmax(cosine, axis=1)
    is_closest = (best > 0) & (best < angle.size - 1)
    middle = np.clip(best, 1, angle.size - 2)
    row = np.arange(len(cells))
    before, at, after = (cosine[row, middle + shift] for shift in (-1, 0, 1))
    slope, bend = (after - before) / 2, 2 * at - before - after
    shift = np.where(is_closest, slope / bend, 0.0)
    nearest = at + slope * shift / 2
    is_seen = is_closest & (nearest >= np.cos(HALF_SWATH_KM / EARTH_RADIUS_KM))
    return angle[middle] + shift * _STEP, is_seen


def _halves(first: float, last: float) -> Iterator[tuple[float, bool]]:
    """Beginning of the half revolutions between two angles [rad], and whether they go north."""
    half = TURN / 2
    for number in range(int(first // half), int(last // half) + 1):
        yield number * half, number % 2 == 0


def smap_looks(
    first_day: np.datetime64,
    last_day: np.datetime64,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
) -> list[SmapPass]:
    """The passes of SMAP that see some cells, in order of time.

    Args:
        first_day: first UTC day.
        last_day: last UTC day, included.
        lat: geodetic latitude of the cells [degree], (cell).
        lon: longitude of the cells [degree], (cell).

    Returns:
        Each pass that sees at least one cell in these days; over midnight it is given whole.
    """
    begin, end = life(SMAP, first_day, last_day)
    cells = verticals(*(np.deg2rad(np.asarray(c, np.float64)) for c in (lat, lon)))
    middle = cells.mean(axis=0)
    middle /= np.linalg.norm(middle)
    spread = float(np.arccos(np.clip((cells @ middle).min(), -1, 1))) * EARTH_RADIUS_KM
    place = float(np.arcsin(middle[2])), float(np.arctan2(middle[1], middle[0]))
    span = float(seconds_since_2000(begin)), float(seconds_since_2000(end))
    arc = arcs(SMAP)[0]
    out: dict[tuple[int, bool], SmapPass] = {}
    for window in windows(SMAP, span, place, HALF_SWATH_KM + spread, sketch_track):
        low, high = (float(arc.angle(t)) for t in (window.first, window.last))
        for start, is_ascending in _halves(low, high):
            found = max(low, start), min(high, start + TURN / 2)
            # Two steps more, as the closest point of a track needs neighbours.
            count = int(np.ceil((found[1] - found[0]) / _STEP)) + 5
            angle = found[0] + _STEP * np.arange(-2.0, count - 2)
            at, is_seen = _closest(angle, cells)
            is_seen &= (at >= start) & (at < start + TURN / 2)
            times = np.where(is_seen, utc_times(arc.moment(at)), np.datetime64("NaT", "us"))
            if np.any((times >= begin) & (times < end)):
                key = window.revolution + 1, is_ascending
                out[key] = SmapPass(*key, times)
    return list(out.values())
