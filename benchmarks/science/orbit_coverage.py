"""Which cells of EASE2_M25 does each sensor see on a UTC day, by its orbit?

A cell is seen where the centre of a footprint falls into it, of a swath without gaps between its
scans; for SMAP, where the ground track passes within half a swath. All revolutions of an orbit are
one, seen from the longitude of their node: the cells of that one are marked once, finely, with the
time at which they are passed, and every other revolution is a shift of them along the rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float64, UInt16
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_mask
from mcca_ml.sensors import SMAP, Sensor
from mcca_ml.simulate.observe.orbit import (
    DAY,
    EARTH_RATE,
    TURN,
    Arc,
    arc_numbers,
    arcs,
    satellite,
    seconds_since_2000,
)
from mcca_ml.simulate.observe.scan import EARTH_RADIUS_KM, ground, pixel_azimuth, sight_basis
from mcca_ml.simulate.observe.smap_overpasses import HALF_SWATH_KM

BANDS = ((0, 20), (20, 40), (40, 60), (60, 80))
"""Bands of latitude, north and south together [degree]."""

GREENLAND = (
    (-44.0, 59.0),
    (-39.0, 64.5),
    (-27.0, 67.5),
    (-17.0, 71.0),
    (-9.0, 81.0),
    (-20.0, 84.3),
    (-45.0, 84.3),
    (-60.5, 82.3),
    (-67.5, 80.3),
    (-74.0, 78.6),
    (-74.0, 75.6),
    (-58.0, 73.0),
    (-57.0, 64.0),
    (-50.0, 60.0),
)
"""Longitude and latitude of corners around Greenland [degree], all of it, ice or not; drawn by
hand in the sea between it and Ellesmere Island, Iceland and Svalbard."""

ANTARCTIC = -60.0
"""Land south of this latitude [degree] is Antarctica."""

UNSEEN = np.uint16(65_535)

_SHIFTS = 4
"""Longitudes of the node that are told apart within the width of a cell: to 3 km."""
_FINE_KM = 5.0
"""Between samples along and across the track, at most; the quarter of a cell has 156 km2."""
_REACH_KM = 850.0
"""No pixel lies further from the point below the satellite."""


@dataclass(frozen=True)
class Print:
    """The cells that one revolution sees, if it starts with its node at longitude 0."""

    passed: tuple[tuple[UInt16, ...], ...]
    """Time since the southernmost point [s], UNSEEN where there is none, (row, column); for the
    half flown to the north and that to the south, for each shift within a cell."""


def _half_tracks(sensor: Sensor, arc: Arc) -> tuple[Float64, Float64, Float64]:
    """Verticals of what a revolution looks at, (3, sample), their angle and east shift [rad]."""
    count = round(TURN * EARTH_RADIUS_KM / _FINE_KM)
    angle = np.arange(count) * TURN / count
    place, velocity = satellite(arc, angle, np.zeros(count))
    basis = sight_basis(place, velocity)
    if sensor == SMAP:
        side = np.linspace(-1, 1, round(2 * HALF_SWATH_KM / _FINE_KM)) * HALF_SWATH_KM
        away = side / EARTH_RADIUS_KM
        up, right = -basis[0][:, :, None], basis[2][:, :, None]
        vertical = up * np.cos(away) + right * np.sin(away)
    else:
        scan = sensor.scan
        west, east = pixel_azimuth(scan)[[0, -1]].tolist()
        azimuth = np.linspace(west, east, round((east - west) * _REACH_KM / _FINE_KM))
        vertical = ground(place, basis, float(np.deg2rad(scan.off_nadir_deg)), azimuth).vertical
    drift = (arc.node_rate - EARTH_RATE) * angle / arc.phase_rate
    return vertical, angle, drift


def _marked(sensor: Sensor, arc: Arc) -> list[UInt16]:
    """Times of passage at (row, quarter of a column) of both halves of a revolution [s]."""
    vertical, angle, drift = _half_tracks(sensor, arc)
    columns = M25.columns * _SHIFTS
    halves = []
    for half in (slice(0, angle.size // 2), slice(angle.size // 2, angle.size)):
        x, y, z = vertical[:, half]
        row = np.floor(M25.rows / 2 - ease2.map_y(np.rad2deg(np.arcsin(z))) / M25.cell_m)
        east = (np.arctan2(y, x) + drift[half, None]) / TURN + 0.5
        column = np.floor(np.mod(east, 1.0) * columns).astype(np.int64)
        inside = (row >= 0) & (row < M25.rows)
        seconds = np.broadcast_to((angle[half] / arc.phase_rate)[:, None], row.shape)
        found = np.full(M25.rows * columns, UNSEEN)
        flat = row[inside].astype(np.int64) * columns + np.minimum(column[inside], columns - 1)
        found[flat] = seconds[inside].astype(np.uint16)
        halves.append(found.reshape(M25.rows, columns))
    return halves


@cache
def revolution_print(sensor: Sensor, number: int) -> Print:
    """What one revolution of an orbit sees; orbits by their number among those of the sensor."""
    passed = []
    for fine in _marked(sensor, arcs(sensor)[number]):
        shifted = []
        for shift in range(_SHIFTS):
            cells = np.roll(fine, shift, axis=1).reshape(M25.rows, M25.columns, _SHIFTS)
            shifted.append(cells.min(axis=2))
        passed.append(tuple(shifted))
    return Print(tuple(passed))


def _revolutions(
    sensor: Sensor, day: np.datetime64
) -> Iterator[tuple[float, int, tuple[tuple[UInt16, Booleans], ...]]]:
    """Revolutions that touch a UTC day, and what they see in it.

    Gives the start of each, from the beginning of the day [s]; the columns by which what it sees is
    to be shifted; and, for both halves, times since its start [s] and where they are of this day.
    """
    begin = float(seconds_since_2000(day))
    which = int(arc_numbers(sensor, np.array([begin]))[0])
    arc = arcs(sensor)[which]
    first, last = (int(arc.angle(t) // TURN) for t in (begin, begin + DAY))
    drawn = revolution_print(sensor, which)
    for number in range(first, last + 1):
        start = float(arc.moment(number * TURN))
        shift = round(float(arc.node_longitude(start)) / TURN * M25.columns * _SHIFTS)
        whole, part = divmod(shift % (M25.columns * _SHIFTS), _SHIFTS)
        low, high = begin - start, min(max(begin + DAY - start, 0.0), float(UNSEEN))
        halves = []
        for shifts in drawn.passed:
            passed = shifts[part]
            here = passed < high
            if low > 0:
                here &= passed >= low
            halves.append((passed, here))
        yield start - begin, whole, tuple(halves)


def seen_at(sensor: Sensor, day: np.datetime64) -> tuple[Datetime64, Datetime64]:
    """When a sensor last sees each cell on a UTC day flying north, and south [UTC]; NaT if never.

    Args:
        sensor: which.
        day: UTC day; nothing is seen outside of the life of the sensor.

    Returns:
        Arrays (row, column) of EASE2_M25, datetime64[s].
    """
    latest = np.full((2, *M25.shape), -1, np.int32)
    if flies(sensor, day):
        for start, whole, halves in _revolutions(sensor, day):
            for half, (passed, here) in enumerate(halves):
                when = np.where(here, np.int32(np.floor(start)) + passed, -1)
                np.maximum(latest[half], np.roll(when, whole, axis=1), out=latest[half])
    seconds = latest.astype("m8[s]")
    times = np.where(latest >= 0, day.astype("M8[s]") + seconds, np.datetime64("NaT", "s"))
    return times[0], times[1]


def seen_cells(sensor: Sensor, day: np.datetime64) -> tuple[Booleans, Booleans]:
    """Cells that a sensor sees on a UTC day flying north, and south; (row, column) of EASE2_M25.

    Args:
        sensor: which.
        day: UTC day; nothing is seen outside of the life of the sensor.
    """
    north, south = seen_at(sensor, day)
    return ~np.isnat(north), ~np.isnat(south)


def flies(sensor: Sensor, day: np.datetime64) -> bool:
    """Whether a sensor gave data on a UTC day."""
    if day < np.datetime64(sensor.first_day):
        return False
    return sensor.last_day is None or bool(day <= np.datetime64(sensor.last_day))


def _in_polygon(lat: Float64, lon: Float64, corners: tuple[tuple[float, float], ...]) -> Booleans:
    """Whether places lie inside a polygon of longitudes and latitudes [degree]."""
    inside = np.zeros(np.broadcast_shapes(lat.shape, lon.shape), np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y0 != y1:
            crosses = (lat >= min(y0, y1)) & (lat < max(y0, y1))
            inside ^= crosses & (lon < x0 + (lat - y0) / (y1 - y0) * (x1 - x0))
    return inside


def soil() -> Booleans:
    """Land without Antarctica and Greenland, (row, column) of EASE2_M25."""
    lat, lon = ease2.latitude(M25)[:, None], ease2.longitude(M25)[None, :]
    return land_mask(M25) & (lat >= ANTARCTIC) & ~_in_polygon(lat, lon, GREENLAND)


def fraction_by_band(seen: Booleans, cells: Booleans) -> Mapping[str, float]:
    """Share of some cells that is seen [1], by band of latitude and in total ("all").

    Args:
        seen: cells that are seen, (row, column) of EASE2_M25.
        cells: those that count, soil for instance.

    All cells have the same area. NaN where a band has no cell that counts.
    """
    lat = np.abs(ease2.latitude(M25))
    rows = {f"{low}-{high}": (lat >= low) & (lat < high) for low, high in BANDS}
    rows["all"] = np.ones(M25.rows, np.bool_)
    out = {}
    for name, which in rows.items():
        count = int(cells[which].sum())
        out[name] = float((seen & cells)[which].sum() / count) if count else float("nan")
    return out
