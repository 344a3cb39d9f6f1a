"""Position and velocity of a simulated satellite, with its height, for the laws of its orbit."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.observe.orbit import geodetic, positions, seconds_since_2000


@dataclass(frozen=True)
class Ephemeris:
    """Where a satellite is; arrays (n) or (n, 3)."""

    position_km: Float64
    """Earth-fixed, x to 0 E 0 N, z to the north."""
    velocity: Float64
    """Inertial velocity along the Earth-fixed axes [km s-1]."""
    lat: Float64
    """Geodetic latitude of the point below [degree]."""
    lon: Float64
    """[degree], -180 to 180."""
    altitude_km: Float64
    """Above the WGS 84 ellipsoid."""


def ephemeris(sensor: Sensor, times: Datetime64) -> Ephemeris:
    """Where the satellite of a sensor is.

    Args:
        sensor: which.
        times: UTC, (n).

    Raises:
        ConfigError: a time before the first day of the orbit.
    """
    place, speed = positions(sensor, seconds_since_2000(times))
    lat, lon, height = geodetic(place)
    return Ephemeris(place, speed, np.rad2deg(lat), np.rad2deg(lon), height)
