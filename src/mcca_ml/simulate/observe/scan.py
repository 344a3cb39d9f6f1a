"""Satellite positions -> where the pixels of a conical scan look, and from which direction.

A scanner turns evenly; its scans lie on one lattice of time for the whole mission, so that a scan
is the same whatever span of time is asked for. A scan has one time, that of the middle of its arc:
the motion of the satellite during it (1.7 km at its edges for AMSR, 2.4 km for TMI) is left out.

The cone stands around the geodetic nadir, its arc around the inertial direction of flight: no yaw
steering, and none of the half turns about the vertical by which TRMM and GPM flew backward at
times. The ground is the WGS 84 ellipsoid, without relief.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64
from mcca_ml.sensors import Scan, Sensor
from mcca_ml.simulate.observe.orbit import EQUATOR_KM, POLE_KM, TURN, seconds_since_2000

EARTH_RADIUS_KM = 6371.0
"""Mean radius, by which angles between verticals are distances [km]."""

SCAN_EPOCH = np.datetime64("1997-01-01T00:00:00", "us")
"""Time of scan 0 of every sensor."""


@dataclass(frozen=True)
class ScanGeometry:
    """Where pixels look; arrays (scan, pixel). NaN where a line of sight misses the Earth."""

    lat: Float32
    """Geodetic latitude [degree]."""
    lon: Float32
    """[degree], -180 to 180."""
    incidence: Float32
    """Between the line of sight and the vertical, at the ground [rad]."""
    azimuth: Float32
    """Of the line of sight from the satellite to the ground, clockwise from north [rad]."""


@dataclass(frozen=True)
class Ground:
    """Points of the ellipsoid that lines of sight meet; arrays (3, scan, pixel)."""

    place: Float64
    """Earth-fixed [km]."""
    vertical: Float64
    """Unit vector, upward."""
    sight: Float64
    """Unit vector, from the satellite to the ground."""


def scan_period(scan: Scan) -> float:
    """Time from one scan to the next [s]."""
    return 60.0 / scan.turns_per_minute


def scan_times(sensor: Sensor, first: np.datetime64, last: np.datetime64) -> Datetime64:
    """UTC times of the scans of a sensor from one time on until before another, (scan).

    A scan has its number on the lattice; times are to the microsecond.
    """
    period = scan_period(sensor.scan)
    epoch = seconds_since_2000(SCAN_EPOCH)
    low = int(np.ceil((seconds_since_2000(first) - epoch) / period - 1e-6))
    high = int(np.ceil((seconds_since_2000(last) - epoch) / period - 1e-6))
    micro = np.rint(np.arange(low, high) * (period * 1e6)).astype(np.int64)
    return np.asarray(SCAN_EPOCH + micro * np.timedelta64(1, "us"))


def pixel_azimuth(scan: Scan) -> Float64:
    """Azimuth of the pixels from the direction of flight, to the right [rad], (pixel)."""
    half = np.deg2rad(scan.half_arc_deg)
    is_circle = scan.half_arc_deg >= 180.0  # its two ends are one place
    return np.linspace(-half, half, scan.pixels, endpoint=not is_circle)


def sight_basis(place: Float64, velocity: Float64) -> Float64:
    """Unit vectors down, ahead and to the right of satellites, (3 directions, 3, n).

    Args:
        place: Earth-fixed position [km], (n, 3).
        velocity: whose part across the vertical is ahead, (n, 3).
    """
    x, y, z = place.T
    # The vertical below, by one step from the geocentric one: the rest is below 1e-5 degrees.
    rho = np.hypot(x, y)
    e2 = 1 - (POLE_KM / EQUATOR_KM) ** 2
    beta = np.arctan2(z * EQUATOR_KM, rho * POLE_KM)
    up_z = z + e2 / (1 - e2) * POLE_KM * np.sin(beta) ** 3
    up_rho = rho - e2 * EQUATOR_KM * np.cos(beta) ** 3
    size = np.hypot(up_z, up_rho)
    flat = up_rho / (size * rho)
    down = np.stack([-x * flat, -y * flat, -up_z / size])
    ahead = velocity.T - (velocity.T * down).sum(axis=0) * down
    ahead /= np.sqrt((ahead**2).sum(axis=0))
    return np.stack([down, ahead, np.cross(down, ahead, axis=0)])


def ground(place: Float64, basis: Float64, off_nadir: float, azimuth: Float64) -> Ground:
    """Where the lines of sight of scans meet the ground.

    Args:
        place: of the satellite [km], (scan, 3).
        basis: down, ahead, right, (3, 3, scan).
        off_nadir: half angle of the cone [rad].
        azimuth: of the pixels from the direction of flight [rad], (pixel).
    """
    sine = np.sin(off_nadir)
    turn = np.stack(
        [
            np.full(azimuth.size, np.cos(off_nadir)),
            sine * np.cos(azimuth),
            sine * np.sin(azimuth),
        ]
    )
    sight = basis.transpose(1, 2, 0) @ turn
    # In units in which the ellipsoid is a sphere of radius 1.
    axes = np.array([EQUATOR_KM, EQUATOR_KM, POLE_KM])
    s = sight / axes[:, None, None]
    p = (place / axes).T[:, :, None]
    a = s[0] ** 2 + s[1] ** 2 + s[2] ** 2
    b = s[0] * p[0] + s[1] * p[1] + s[2] * p[2]
    c = p[0] ** 2 + p[1] ** 2 + p[2] ** 2 - 1
    root = b * b - a * c
    far = (-b - np.sqrt(np.where(root >= 0, root, np.nan))) / a
    unit = p + far * s
    vertical = unit / axes[:, None, None]
    vertical /= np.sqrt(vertical[0] ** 2 + vertical[1] ** 2 + vertical[2] ** 2)
    return Ground(unit * axes[:, None, None], vertical, sight)


def looks(found: Ground) -> ScanGeometry:
    """Coordinates and angles of points of the ground."""
    up = found.vertical.astype(np.float32)
    s = found.sight.astype(np.float32)
    x, y = up[0], up[1]
    rho = np.sqrt(x * x + y * y)
    slant = -(up[0] * s[0] + up[1] * s[1] + up[2] * s[2])
    # East and north parts of the sight, both times the cosine of latitude.
    east, north = x * s[1] - y * s[0], s[2] + up[2] * slant
    degree = np.float32(360 / TURN)
    return ScanGeometry(
        lat=np.arctan2(up[2], rho) * degree,
        lon=np.arctan2(y, x) * degree,
        incidence=np.arccos(slant),
        azimuth=np.mod(np.arctan2(east, north), np.float32(TURN)),
    )
