"""Passes of a sensor over a target on Earth, and the footprints of each pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.observe.orbit import (
    TURN,
    arcs,
    geodetic,
    positions,
    seconds_since_2000,
    utc_times,
    verticals,
)
from mcca_ml.simulate.observe.scan import (
    EARTH_RADIUS_KM,
    Ground,
    ScanGeometry,
    ground,
    looks,
    pixel_azimuth,
    scan_period,
    scan_times,
    sight_basis,
)
from mcca_ml.simulate.observe.visibility import VisibilityWindow, sketch_looks, windows

COARSE_KM = 40.0
"""Spacing of the footprints in the first, coarse search [km]."""
_GROUND_SPEED = 7.0
"""Largest ground speed of a subsatellite point [km s-1]."""
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Target:
    """A disc on the ground; distances are angles between verticals times the mean Earth radius."""

    lat: float
    """Geodetic latitude of its centre [degree]."""
    lon: float
    """[degree]."""
    radius_km: float


@dataclass(frozen=True)
class Pass:
    """One pass of a satellite over a target; one revolution seldom has two."""

    orbit: int
    """Number of the revolution, 1 at the start of the first day of the orbit."""
    start: np.datetime64
    """UTC of the southernmost point, where the revolution and the granule of PPS begin."""
    stop: np.datetime64
    """UTC of the next southernmost point."""
    is_ascending: bool
    """True if the satellite flies north in the middle of the scans."""
    scan_time: Datetime64
    """UTC of the scans that may observe the target, (scan); a few at the ends may not."""


@dataclass(frozen=True)
class PassFootprints(ScanGeometry):
    """The smallest rectangle of scans and pixels with all footprints inside a target."""

    is_inside: Booleans
    """True if the centre of the footprint is inside the target, (scan, pixel)."""
    first_pixel: int
    """Index of the first pixel in the whole scan."""
    scan_time: Datetime64
    """UTC, (scan)."""
    satellite_lat: Float32
    """Geodetic latitude of the subsatellite point [degree], (scan)."""
    satellite_lon: Float32
    """Longitude of the subsatellite point [degree], (scan)."""
    satellite_altitude_km: Float32
    """Height above the ellipsoid [km], (scan)."""


def days_flown(
    sensor: Sensor, first_day: np.datetime64, last_day: np.datetime64
) -> tuple[np.datetime64, np.datetime64]:
    """First and last UTC day on which a sensor flies in a period; last < first if on none."""
    first = max(first_day, np.datetime64(sensor.first_day))
    last = last_day if sensor.last_day is None else min(last_day, np.datetime64(sensor.last_day))
    return first.astype("M8[D]"), last.astype("M8[D]")


def life(
    sensor: Sensor, first_day: np.datetime64, last_day: np.datetime64
) -> tuple[np.datetime64, np.datetime64]:
    """Start and end [UTC] of the flight of a sensor in a period of days, both included."""
    first, last = days_flown(sensor, first_day, last_day)
    return first.astype("M8[us]"), (last + ONE_DAY).astype("M8[us]")


def revolution_ends(sensor: Sensor, revolutions: Sequence[int]) -> tuple[Datetime64, Datetime64]:
    """UTC of the southernmost points at the start and the end of revolutions.

    Args:
        sensor: sensor with its orbits.
        revolutions: numbers of the revolutions, from 0.
    """
    flown = arcs(sensor)
    number = np.asarray(revolutions)
    angle = np.stack([number, number + 1]) * TURN
    arc_number = np.searchsorted([arc.phase for arc in flown], angle, "right") - 1
    moment = np.empty(angle.shape)
    for index in np.unique(arc_number):
        in_arc = arc_number == index
        moment[in_arc] = flown[index].moment(angle[in_arc])
    start, stop = utc_times(moment)
    return start, stop


def _joined(parts: Sequence[VisibilityWindow]) -> list[VisibilityWindow]:
    """Join windows on both sides of a change of orbit."""
    out: list[VisibilityWindow] = []
    for window in parts:
        if out and out[-1].revolution == window.revolution and out[-1].last == window.first:
            out[-1] = VisibilityWindow(window.revolution, out[-1].first, window.last)
        else:
            out.append(window)
    return out


def passes_over(
    sensor: Sensor, first_day: np.datetime64, last_day: np.datetime64, target: Target
) -> list[Pass]:
    """Passes of a sensor that may observe a target in a period, in order of time.

    Args:
        sensor: sensor with its orbits.
        first_day: first UTC day.
        last_day: last UTC day, included; only days with data of the sensor are used.
        target: disc on the ground.

    A pass that crosses midnight is complete, on both days.
    """
    begin, end = life(sensor, first_day, last_day)
    span = float(seconds_since_2000(begin)), float(seconds_since_2000(end))
    place = float(np.deg2rad(target.lat)), float(np.deg2rad(target.lon))
    visible = _joined(windows(sensor, span, place, target.radius_km, sketch_looks))
    starts, stops = revolution_ends(sensor, [window.revolution for window in visible])
    firsts = np.maximum(utc_times([window.first for window in visible]), starts)
    lasts = np.minimum(utc_times([window.last for window in visible]), stops)
    out = []
    rows = zip(visible, starts, stops, firsts, lasts, strict=True)
    for window, start, stop, first, last in rows:
        times = scan_times(sensor, first, last)
        if times.size:
            is_ascending = bool(times[times.size // 2] - start < (stop - start) / 2)
            out.append(Pass(window.revolution + 1, start, stop, is_ascending, times))
    return out


def _slab(
    sensor: Sensor, place: Float64, basis: Float64, target: Target
) -> tuple[slice, slice] | None:
    """Scans and pixels that may observe a target, from a coarse search."""
    azimuth, off_nadir = pixel_azimuth(sensor.scan), np.deg2rad(sensor.scan.off_nadir_deg)
    along = _GROUND_SPEED * scan_period(sensor.scan)
    # Spacing of pixels on flat ground, times 1.2 for the curvature of the Earth.
    across = (azimuth[1] - azimuth[0]) * sensor.orbits[0].altitude_km * np.tan(off_nadir) * 1.2
    steps = [max(int(COARSE_KM / spacing), 1) for spacing in (along, across)]
    coarse = ground(
        place[:: steps[0]], basis[..., :: steps[0]], float(off_nadir), azimuth[:: steps[1]]
    )
    near = _cosine(coarse, target) >= np.cos((target.radius_km + COARSE_KM) / EARTH_RADIUS_KM)
    if not near.any():
        return None
    hit = (near.any(axis=1 - axis).nonzero()[0] for axis in (0, 1))
    rows, columns = (
        slice(max(int(index[0] - 1) * step, 0), int(index[-1] + 1) * step + 1)
        for index, step in zip(hit, steps, strict=True)
    )
    return rows, columns


def _cosine(points: Ground, target: Target) -> Float64:
    """Cosine of the angle between the verticals at points and at the centre of a target."""
    up, centre = points.vertical, verticals(np.deg2rad(target.lat), np.deg2rad(target.lon))
    return np.asarray(up[0] * centre[0] + up[1] * centre[1] + up[2] * centre[2])


def _cut(hit: Booleans, multiple: int) -> slice:
    """Slice from the first to the last hit, of a length that is a multiple if there is room."""
    first, last = (int(index) for index in hit.nonzero()[0][[0, -1]])
    length = -(-(last + 1 - first) // multiple) * multiple
    stop = min(first + length, hit.size)
    return slice(max(stop - length, 0), stop)


def footprints(
    sensor: Sensor, flown: Pass, target: Target, *, multiple: int = 1
) -> PassFootprints | None:
    """Footprints of a pass inside a target; None if the swath misses it.

    Args:
        sensor: sensor with its scan.
        flown: a pass of this sensor over this target.
        target: disc on the ground.
        multiple: numbers of scans and pixels are multiples of it, as far as the scan allows; 1
            gives the smallest rectangle with all footprints inside.
    """
    seconds = seconds_since_2000(flown.scan_time)
    place, velocity = positions(sensor, seconds)
    basis = sight_basis(place, velocity)
    slab = _slab(sensor, place, basis, target)
    if slab is None:
        return None
    scans, pixels = slab
    azimuth = pixel_azimuth(sensor.scan)[pixels]
    off_nadir = float(np.deg2rad(sensor.scan.off_nadir_deg))
    points = ground(place[scans], basis[..., scans], off_nadir, azimuth)
    inside = _cosine(points, target) >= np.cos(target.radius_km / EARTH_RADIUS_KM)
    if not inside.any():
        return None
    cut = _cut(inside.any(axis=1), multiple), _cut(inside.any(axis=0), multiple)
    arrays = (points.place, points.vertical, points.sight)
    kept = Ground(*(array[:, cut[0], cut[1]] for array in arrays))
    return footprints_at(
        kept,
        inside[cut],
        pixels.start + cut[1].start,
        flown.scan_time[scans][cut[0]],
        place[scans][cut[0]],
    )


def footprints_at(
    points: Ground, inside: Booleans, first_pixel: int, times: Datetime64, place: Float64
) -> PassFootprints:
    """Coordinates and angles of the footprints at points of the ground.

    Args:
        points: footprints on the ellipsoid, (3, scan, pixel).
        inside: True for footprints inside the target, (scan, pixel).
        first_pixel: index of the first pixel in the whole scan.
        times: UTC of the scans, (scan).
        place: Earth-fixed position of the satellite [km], (scan, 3).
    """
    lat, lon, height = geodetic(place)
    return PassFootprints(
        **vars(looks(points)),
        is_inside=inside,
        first_pixel=first_pixel,
        scan_time=times,
        satellite_lat=np.rad2deg(lat).astype(np.float32),
        satellite_lon=np.rad2deg(lon).astype(np.float32),
        satellite_altitude_km=height.astype(np.float32),
    )
