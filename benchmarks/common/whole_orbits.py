"""Whole revolutions of a simulated satellite: their numbers, and all footprints of one."""

import numpy as np

from mcca_ml.arrays import Datetime64
from mcca_ml.errors import ConfigError
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.observe.orbit import TURN, arc_numbers, arcs, positions, seconds_since_2000
from mcca_ml.simulate.observe.overpasses import PassFootprints, footprints_at, revolution_ends
from mcca_ml.simulate.observe.scan import Ground, ground, pixel_azimuth, scan_times, sight_basis


def scan_ground(sensor: Sensor, times: Datetime64, pixels: slice) -> Ground:
    """Where some pixels of some scans look.

    Args:
        sensor: which.
        times: UTC of the scans, (scan).
        pixels: which of each.
    """
    place, velocity = positions(sensor, seconds_since_2000(times))
    basis = sight_basis(place, velocity)
    azimuth = pixel_azimuth(sensor.scan)[pixels]
    return ground(place, basis, float(np.deg2rad(sensor.scan.off_nadir_deg)), azimuth)


def orbit_number(sensor: Sensor, when: np.datetime64) -> int:
    """Number of the revolution that a satellite is on at a time [UTC], 1 is the first.

    Raises:
        ConfigError: the time is before the first day of the orbit.
    """
    second = np.atleast_1d(seconds_since_2000(when))
    arc = arcs(sensor)[int(arc_numbers(sensor, second)[0])]
    return int(arc.angle(second)[0] // TURN) + 1


def orbit_footprints(sensor: Sensor, orbit: int) -> PassFootprints:
    """All footprints of one revolution, from southernmost point to southernmost point.

    Args:
        sensor: which.
        orbit: number, 1 is the first.

    Raises:
        ConfigError: there is no such revolution.
    """
    if orbit < 1:
        raise ConfigError(
            f"orbit of {sensor.name}: found number {orbit}, expected 1 or more; "
            "`orbit_number` gives that of a time"
        )
    start, stop = revolution_ends(sensor, [orbit - 1])
    times = scan_times(sensor, start[0], stop[0])
    found = scan_ground(sensor, times, slice(None))
    place, _ = positions(sensor, seconds_since_2000(times))
    inside = np.ones(found.place.shape[1:], np.bool_)
    return footprints_at(found, inside, 0, times, place)
