"""Times of SMAP's passes over grid cells, southward in the morning, northward in the evening.

SMAP's products are gridded and its antenna scans a full circle, so that a cell is observed fore and
aft, a minute before and after the closest approach. Here it is observed once, at the closest
approach.
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
"""Largest distance of observed cells from the ground track [km]."""

_STEP = TURN / 720
"""Spacing of points of the track [rad]; the closest approach is interpolated by a parabola."""


@dataclass(frozen=True)
class SmapPass:
    """Half a revolution of SMAP over some cells."""

    orbit: int
    """Number of the revolution, 1 at the start of the first day of the orbit."""
    is_ascending: bool
    """True if the satellite flies north: in the evening, at 18:00."""
    obs_time: Datetime64
    """UTC of the closest approach, (cell); NaT where a cell is not observed."""


def _closest(angle: Float64, cells: Float64) -> tuple[Float64, Booleans]:
    """Orbit angle at the closest approach to cells [rad], and True for cells in the swath.

    Args:
        angle: orbit angle at points of the track around the cells [rad], equidistant, ascending.
        cells: unit vectors of the cells, (cell, 3).
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
    """Start of the half revolutions between two angles [rad], and True if they go north."""
    half = TURN / 2
    for number in range(int(first // half), int(last // half) + 1):
        yield number * half, number % 2 == 0


def smap_looks(
    first_day: np.datetime64,
    last_day: np.datetime64,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
) -> list[SmapPass]:
    """Passes of SMAP that observe given cells, in order of time.

    Args:
        first_day: first UTC day.
        last_day: last UTC day, included.
        lat: geodetic latitude of the cells [degree], (cell).
        lon: longitude of the cells [degree], (cell).

    Returns:
        Passes that observe at least one cell in these days, complete if they cross midnight.
    """
    begin, end = life(SMAP, first_day, last_day)
    cells = verticals(*(np.deg2rad(np.asarray(c, np.float64)) for c in (lat, lon)))
    middle = cells.mean(axis=0)
    middle /= np.linalg.norm(middle)
    radius = float(np.arccos(np.clip((cells @ middle).min(), -1, 1))) * EARTH_RADIUS_KM
    place = float(np.arcsin(middle[2])), float(np.arctan2(middle[1], middle[0]))
    span = float(seconds_since_2000(begin)), float(seconds_since_2000(end))
    arc = arcs(SMAP)[0]
    passes: dict[tuple[int, bool], SmapPass] = {}
    for window in windows(SMAP, span, place, HALF_SWATH_KM + radius, sketch_track):
        low, high = (float(arc.angle(t)) for t in (window.first, window.last))
        for start, is_ascending in _halves(low, high):
            begin_angle, end_angle = max(low, start), min(high, start + TURN / 2)
            # Two more steps at the ends: the closest point needs neighbours.
            count = int(np.ceil((end_angle - begin_angle) / _STEP)) + 5
            angle = begin_angle + _STEP * np.arange(-2.0, count - 2)
            at, is_seen = _closest(angle, cells)
            is_seen &= (at >= start) & (at < start + TURN / 2)
            times = np.where(is_seen, utc_times(arc.moment(at)), np.datetime64("NaT", "us"))
            if np.any((times >= begin) & (times < end)):
                key = window.revolution + 1, is_ascending
                passes[key] = SmapPass(*key, times)
    return list(passes.values())
