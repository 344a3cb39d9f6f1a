"""Coordinates and viewing angles of the pixels of a conical scan, from satellite positions.

The antenna rotates at a constant rate; scan times are multiples of the scan period from a fixed
epoch, so that a scan does not depend on the period requested. A scan has one time, that of the
middle of its arc: the motion of the satellite in a scan (1.7 km at its edges for AMSR, 2.4 km for
TMI) is neglected.

The cone is centred on the geodetic nadir, its arc on the inertial direction of flight: no yaw
steering, and no 180 degree yaw turns, by which TRMM and GPM flew backward at times. The ground is
the WGS 84 ellipsoid, without relief.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64
from mcca_ml.sensors import Scan, Sensor
from mcca_ml.simulate.observe.orbit import EQUATOR_KM, POLE_KM, TURN, seconds_since_2000

EARTH_RADIUS_KM = 6371.0
"""Mean Earth radius, which converts angles between verticals to distances [km]."""

SCAN_EPOCH = np.datetime64("1997-01-01T00:00:00", "us")
"""Time of scan 0 of every sensor."""


@dataclass(frozen=True)
class ScanGeometry:
    """Coordinates and viewing angles, arrays (scan, pixel); NaN beyond the Earth's limb."""

    lat: Float32
    """Geodetic latitude [degree]."""
    lon: Float32
    """[degree], -180 to 180."""
    incidence: Float32
    """Earth incidence angle [rad]."""
    azimuth: Float32
    """Azimuth of the line of sight from satellite to ground, clockwise from north [rad]."""


@dataclass(frozen=True)
class Ground:
    """Intersections of lines of sight with the ellipsoid, arrays (3, scan, pixel)."""

    place: Float64
    """Earth-fixed position [km]."""
    vertical: Float64
    """Unit vector of the upward vertical."""
    sight: Float64
    """Unit vector from the satellite to the ground."""


def scan_period(scan: Scan) -> float:
    """Time from one scan to the next [s]."""
    return 60.0 / scan.turns_per_minute


def scan_times(sensor: Sensor, first: np.datetime64, last: np.datetime64) -> Datetime64:
    """UTC of the scans of a sensor in the interval [first, last), to the microsecond, (scan)."""
    period = scan_period(sensor.scan)
    epoch = seconds_since_2000(SCAN_EPOCH)
    low = int(np.ceil((seconds_since_2000(first) - epoch) / period - 1e-6))
    high = int(np.ceil((seconds_since_2000(last) - epoch) / period - 1e-6))
    micro = np.rint(np.arange(low, high) * (period * 1e6)).astype(np.int64)
    return np.asarray(SCAN_EPOCH + micro * np.timedelta64(1, "us"))


def pixel_azimuth(scan: Scan) -> Float64:
    """Azimuth of the pixels, clockwise from the direction of flight [rad], (pixel)."""
    half = np.deg2rad(scan.half_arc_deg)
    is_circle = scan.half_arc_deg >= 180.0  # both ends coincide
    return np.linspace(-half, half, scan.pixels, endpoint=not is_circle)


def sight_basis(place: Float64, velocity: Float64) -> Float64:
    """Unit vectors down, ahead and to the right of satellites, (3 directions, 3, n).

    Args:
        place: Earth-fixed position [km], (n, 3).
        velocity: velocity [km s-1], (n, 3); its horizontal component is the direction ahead.
    """
    x, y, z = place.T
    # Geodetic vertical by one step of Bowring's method: the error is below 1e-5 degrees.
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
    """Intersect the lines of sight of scans with the ellipsoid.

    Args:
        place: Earth-fixed position of the satellite [km], (scan, 3).
        basis: unit vectors down, ahead and right, (3, 3, scan).
        off_nadir: half angle of the cone [rad].
        azimuth: azimuth of the pixels from the direction of flight [rad], (pixel).
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
    # Scale the axes so that the ellipsoid is a unit sphere.
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


def looks(points: Ground) -> ScanGeometry:
    """Coordinates and viewing angles of points of the ground."""
    up = points.vertical.astype(np.float32)
    s = points.sight.astype(np.float32)
    x, y = up[0], up[1]
    rho = np.sqrt(x * x + y * y)
    slant = -(up[0] * s[0] + up[1] * s[1] + up[2] * s[2])
    # East and north components of the line of sight, both times the cosine of latitude.
    east, north = x * s[1] - y * s[0], s[2] + up[2] * slant
    degree = np.float32(360 / TURN)
    return ScanGeometry(
        lat=np.arctan2(up[2], rho) * degree,
        lon=np.arctan2(y, x) * degree,
        incidence=np.arccos(slant),
        azimuth=np.mod(np.arctan2(east, north), np.float32(TURN)),
    )
