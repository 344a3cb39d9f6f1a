"""A sensor and a place on Earth -> its passes over it, and the footprints of each."""

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
"""Spacing of the footprints that are looked at first."""
_GROUND_SPEED = 7.0
"""At most, of the point below a satellite [km s-1]."""
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Target:
    """A disc on the ground; distances are angles between verticals times the mean radius."""

    lat: float
    """Geodetic latitude of its centre [degree]."""
    lon: float
    """[degree]."""
    radius_km: float


@dataclass(frozen=True)
class Pass:
    """One passage of a satellite over a target; of one revolution there are seldom two."""

    orbit: int
    """Number of the revolution, 1 is that of the first day of the orbit."""
    start: np.datetime64
    """UTC at the southernmost point at which the revolution begins, where PPS cuts granules."""
    stop: np.datetime64
    """UTC at the next one."""
    is_ascending: bool
    """Whether the satellite flies north in the middle of the scans."""
    scan_time: Datetime64
    """UTC of the scans that may see the target, (scan); some at the ends may not."""


@dataclass(frozen=True)
class PassFootprints(ScanGeometry):
    """The smallest rectangle of scans and pixels that holds all footprints inside a target."""

    is_inside: Booleans
    """Whether the centre of the footprint lies inside the target."""
    first_pixel: int
    """Index of the first pixel in the whole scan."""
    scan_time: Datetime64
    """UTC, (scan)."""
    satellite_lat: Float32
    """Geodetic latitude below the satellite [degree], (scan)."""
    satellite_lon: Float32
    """[degree]."""
    satellite_altitude_km: Float32


def days_flown(
    sensor: Sensor, first_day: np.datetime64, last_day: np.datetime64
) -> tuple[np.datetime64, np.datetime64]:
    """First and last of some UTC days in which a sensor flies; the last is before if in none."""
    first = max(first_day, np.datetime64(sensor.first_day))
    last = last_day if sensor.last_day is None else min(last_day, np.datetime64(sensor.last_day))
    return first.astype("M8[D]"), last.astype("M8[D]")


def life(
    sensor: Sensor, first_day: np.datetime64, last_day: np.datetime64
) -> tuple[np.datetime64, np.datetime64]:
    """Beginning and end [UTC] of some days, both included, as far as the sensor flies in them."""
    first, last = days_flown(sensor, first_day, last_day)
    return first.astype("M8[us]"), (last + ONE_DAY).astype("M8[us]")


def revolution_ends(sensor: Sensor, revolutions: Sequence[int]) -> tuple[Datetime64, Datetime64]:
    """UTC of the southernmost points between which revolutions lie.

    Args:
        sensor: which.
        revolutions: counted from 0.
    """
    flown = arcs(sensor)
    number = np.asarray(revolutions)
    angle = np.stack([number, number + 1]) * TURN
    which = np.searchsorted([arc.phase for arc in flown], angle, "right") - 1
    moment = np.empty(angle.shape)
    for index in np.unique(which):
        moment[which == index] = flown[index].moment(angle[which == index])
    start, stop = utc_times(moment)
    return start, stop


def _joined(found: Sequence[VisibilityWindow]) -> list[VisibilityWindow]:
    """Windows on both sides of a change of orbit as one."""
    out: list[VisibilityWindow] = []
    for window in found:
        if out and out[-1].revolution == window.revolution and out[-1].last == window.first:
            out[-1] = VisibilityWindow(window.revolution, out[-1].first, window.last)
        else:
            out.append(window)
    return out


def passes_over(
    sensor: Sensor, first_day: np.datetime64, last_day: np.datetime64, target: Target
) -> list[Pass]:
    """The passes of a sensor that may see a target in some days, in order of time.

    Args:
        sensor: which.
        first_day: first UTC day.
        last_day: last UTC day, included; only days on which the sensor gave data count.
        target: where.

    A pass over midnight is given whole, on both days.
    """
    begin, end = life(sensor, first_day, last_day)
    span = float(seconds_since_2000(begin)), float(seconds_since_2000(end))
    place = float(np.deg2rad(target.lat)), float(np.deg2rad(target.lon))
    found = _joined(windows(sensor, span, place, target.radius_km, sketch_looks))
    starts, stops = revolution_ends(sensor, [window.revolution for window in found])
    firsts = np.maximum(utc_times([window.first for window in found]), starts)
    lasts = np.minimum(utc_times([window.last for window in found]), stops)
    out = []
    every = zip(found, starts, stops, firsts, lasts, strict=True)
    for window, start, stop, first, last in every:
        times = scan_times(sensor, first, last)
        if times.size:
            is_ascending = bool(times[times.size // 2] - start < (stop - start) / 2)
            out.append(Pass(window.revolution + 1, start, stop, is_ascending, times))
    return out


def _slab(
    sensor: Sensor, place: Float64, basis: Float64, target: Target
) -> tuple[slice, slice] | None:
    """Scans and pixels that may see a target, from a coarse look at all of them."""
    azimuth, off_nadir = pixel_azimuth(sensor.scan), np.deg2rad(sensor.scan.off_nadir_deg)
    along = _GROUND_SPEED * scan_period(sensor.scan)
    # Distance of the pixels from the point below, 1.2 for the curvature of the ground.
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
        slice(max(int(found[0] - 1) * step, 0), int(found[-1] + 1) * step + 1)
        for found, step in zip(hit, steps, strict=True)
    )
    return rows, columns


def _cosine(found: Ground, target: Target) -> Float64:
    """Cosine of the angle between the verticals at points and at the centre of a target."""
    up, centre = found.vertical, verticals(np.deg2rad(target.lat), np.deg2rad(target.lon))
    return np.asarray(up[0] * centre[0] + up[1] * centre[1] + up[2] * centre[2])


def _cut(hit: Booleans, multiple: int) -> slice:
    """The stretch from the first to the last hit, a multiple long where there is room for it."""
    first, last = (int(index) for index in hit.nonzero()[0][[0, -1]])
    length = -(-(last + 1 - first) // multiple) * multiple
    stop = min(first + length, hit.size)
    return slice(max(stop - length, 0), stop)


def footprints(
    sensor: Sensor, flown: Pass, target: Target, *, multiple: int = 1
) -> PassFootprints | None:
    """The footprints of a pass inside a target; None where the swath misses it.

    Args:
        sensor: which.
        flown: a pass of this sensor over this target.
        target: where.
        multiple: of which scans and pixels are a whole number, where the scan allows; 1 gives the
            smallest rectangle that holds all footprints inside.
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
    found = ground(place[scans], basis[..., scans], off_nadir, azimuth)
    inside = _cosine(found, target) >= np.cos(target.radius_km / EARTH_RADIUS_KM)
    if not inside.any():
        return None
    cut = _cut(inside.any(axis=1), multiple), _cut(inside.any(axis=0), multiple)
    kept = Ground(*(part[:, cut[0], cut[1]] for part in (found.place, found.vertical, found.sight)))
    return footprints_at(
        kept,
        inside[cut],
        pixels.start + cut[1].start,
        flown.scan_time[scans][cut[0]],
        place[scans][cut[0]],
    )


def footprints_at(
    found: Ground, inside: Booleans, first_pixel: int, times: Datetime64, place: Float64
) -> PassFootprints:
    """Coordinates and angles of footprints."""
    lat, lon, height = geodetic(place)
    return PassFootprints(
        **vars(looks(found)),
        is_inside=inside,
        first_pixel=first_pixel,
        scan_time=times,
        satellite_lat=np.rad2deg(lat).astype(np.float32),
        satellite_lon=np.rad2deg(lon).astype(np.float32),
        satellite_altitude_km=height.astype(np.float32),
    )
