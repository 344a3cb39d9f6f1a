"""Position of a sensor's satellite at any time of its mission, by SGP4.

Without drag, SGP4 changes its mean elements linearly in time, and for a mean eccentricity of zero
all other terms are periodic in the argument of latitude. So SGP4 is run for one revolution of each
orbit; all other revolutions are rotations of it with the node. A position depends only on time, not
on the period requested, and differs from SGP4's own by less than 0.05 km over 20 years.

Sun-synchronous orbits have the inclination (within 0.1 degrees of the table) for which the node of
SGP4 rotates once per tropical year, as with station keeping; their local time is then constant. The
orbit of TMI and GMI precesses by SGP4's J2. At a change of orbit (a boost), node and phase are
continuous. The phase on the first day is arbitrary: real passes are at other minutes.

Earth-fixed means SGP4's true equator, mean equinox (TEME) frame rotated by the mean sidereal time
of 1982. Polar motion (0.02 km) and UT1 - UTC (below 0.9 s, 0.4 km at the equator) are neglected, as
are leap seconds: times are UTC on numpy's uniform scale.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from sgp4.api import WGS72, Satrec

from mcca_ml.arrays import Datetime64, Float64, Int64
from mcca_ml.errors import ConfigError
from mcca_ml.grid.ease2 import FLATTENING, SEMI_MAJOR_AXIS
from mcca_ml.sensors import Orbit, Sensor

EQUATOR_KM = SEMI_MAJOR_AXIS / 1000
POLE_KM = EQUATOR_KM * (1 - FLATTENING)
DAY = 86_400.0
"""[s]."""
TURN = 2 * np.pi
TROPICAL_YEAR = 365.242_19
"""Length of the tropical year [day]; Astronomical Almanac."""
EARTH_RATE = 1.002_737_909_35 * TURN / DAY
"""Rate of mean sidereal time [rad s-1]; Aoki et al. (1982), Astron. Astrophys. 105, 359-361."""

_ORIGIN = np.datetime64("2000-01-01T12:00:00", "us")
_MICROSECOND = np.timedelta64(1, "us")
_KNOTS = 360
"""Knots of the revolution, interpolated by cubic Hermite polynomials (error 0.001 km)."""


@dataclass(frozen=True)
class Arc:
    """One orbit of a mission, from its start to the start of the next one."""

    start: float
    """Start of the orbit [s] since 2000-01-01T12."""
    phase: float
    """Orbit angle at the start, from the southernmost point of the first revolution [rad]."""
    phase_rate: float
    """[rad s-1]."""
    node: float
    """Right ascension of the ascending node at the start [rad]."""
    node_rate: float
    """[rad s-1]."""
    inclination: float
    """[rad]."""
    position: Float64
    """Position in the revolution, (knot, 3): x toward the node, z toward the north [km]."""
    slope: Float64
    """Derivative of the position by the orbit angle [km rad-1], (knot, 3)."""

    def angle(self, seconds: npt.ArrayLike) -> Float64:
        """Orbit angle from the southernmost point of the first revolution [rad]."""
        return np.asarray(self.phase + self.phase_rate * (np.asarray(seconds) - self.start))

    def moment(self, angle: npt.ArrayLike) -> Float64:
        """Time of an orbit angle [s]; the inverse of `angle`."""
        return np.asarray(self.start + (np.asarray(angle) - self.phase) / self.phase_rate)

    def node_longitude(self, seconds: npt.ArrayLike) -> Float64:
        """Longitude of the ascending node, not reduced to one turn [rad]."""
        precession = self.node_rate * (np.asarray(seconds) - self.start)
        return np.asarray(self.node + precession - sidereal_time(seconds))


def seconds_since_2000(times: Datetime64 | np.datetime64) -> Float64:
    """Seconds from 2000-01-01T12 to UTC times, without leap seconds."""
    return np.asarray((np.asarray(times, "M8[us]") - _ORIGIN) / np.timedelta64(1, "s"), np.float64)


def utc_times(seconds: npt.ArrayLike) -> Datetime64:
    """UTC times from seconds since 2000-01-01T12, to the microsecond."""
    return np.asarray(_ORIGIN + np.rint(np.asarray(seconds) * 1e6).astype(np.int64) * _MICROSECOND)


def sidereal_time(seconds: npt.ArrayLike) -> Float64:
    """Greenwich mean sidereal time, not reduced to one turn [rad].

    Args:
        seconds: seconds since 2000-01-01T12 UT1, approximated by UTC.

    Source: the expression of 1982, Aoki et al. (1982), Astron. Astrophys. 105, 359-361.
    Checked: against `gstime` of the package sgp4, in the tests.
    """
    seconds = np.asarray(seconds, np.float64)
    t = seconds / (36_525 * DAY)
    angle = 67_310.548_41 + 8_640_184.812_866 * t + 0.093_104 * t**2 - 6.2e-6 * t**3
    return np.asarray((angle + seconds % DAY) * TURN / DAY)


def record(altitude_km: float, inclination: float) -> Satrec:
    """SGP4 record of a circular orbit without drag that starts at its southernmost point.

    Args:
        altitude_km: mean (Brouwer) semi-major axis minus the equatorial radius [km].
        inclination: inclination [rad].

    The node is at right ascension 0, the epoch is 1950-01-01.
    """
    axis = EQUATOR_KM + altitude_km
    orbit = Satrec()
    motion = 60 * float(np.sqrt(398_600.8 / axis**3))  # [rad min-1], WGS 72; a first guess
    for _ in range(4):  # iterate Kozai's mean motion, SGP4's input, to the Brouwer axis
        orbit.sgp4init(
            WGS72, "i", 1, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, inclination, -np.pi / 2, motion, 0.0
        )
        motion *= float((orbit.a * orbit.radiusearthkm / axis) ** 1.5)
    return orbit


def _sun_synchronous(altitude_km: float, inclination: float) -> float:
    """Inclination near the given one whose node follows the mean sun [rad]."""
    sun_rate = TURN / TROPICAL_YEAR / 1440  # [rad min-1]
    for _ in range(3):  # the rate is proportional to the cosine: converges to 8 digits
        rate = record(altitude_km, inclination).nodedot
        inclination = float(np.arccos(np.cos(inclination) * sun_rate / rate))
    return inclination


def _revolution(orbit: Satrec, phase_rate: float, node_rate: float) -> tuple[Float64, Float64]:
    """Position [km] and its derivative by the angle [km rad-1] at the knots of a revolution."""
    angle = np.arange(_KNOTS) * TURN / _KNOTS
    seconds = angle / phase_rate
    whole = np.full(_KNOTS, orbit.jdsatepoch)
    _, place, _ = orbit.sgp4_array(whole, orbit.jdsatepochF + seconds / DAY)
    turned = np.stack(_turn(place[:, 0], place[:, 1], -node_rate * seconds) + [place[:, 2]], -1)
    waves = np.fft.rfftfreq(_KNOTS, 1 / _KNOTS)[:, None] * 1j
    slope = np.fft.irfft(np.fft.rfft(turned, axis=0) * waves, _KNOTS, axis=0)
    return turned, slope


def _turn(x: Float64, y: Float64, angle: Float64) -> list[Float64]:
    """Rotate a vector about the z axis by an angle [rad]."""
    c, s = np.cos(angle), np.sin(angle)
    return [c * x - s * y, s * x + c * y]


def _arc(orbit: Orbit, before: Arc | None) -> Arc:
    """Arc of an orbit; node and phase continue those of the arc before."""
    start = float(seconds_since_2000(np.datetime64(orbit.since, "us")))
    inclination = float(np.deg2rad(orbit.inclination_deg))
    node = 0.0
    if orbit.ascending_node_h is not None:
        inclination = _sun_synchronous(orbit.altitude_km, inclination)
        hours_after_sun = orbit.ascending_node_h - 12.0
        midnight = start % DAY - DAY / 2  # noon of UT is second 0
        sun = float(sidereal_time(start)) - TURN * midnight / DAY + np.pi
        node = sun + TURN * hours_after_sun / 24
    elif before is not None:
        node = before.node + before.node_rate * (start - before.start)
    satrec = record(orbit.altitude_km, inclination)
    phase_rate, node_rate = (satrec.mdot + satrec.argpdot) / 60, satrec.nodedot / 60
    phase = 0.0 if before is None else float(before.angle(start))
    place, slope = _revolution(satrec, phase_rate, node_rate)
    return Arc(start, phase, phase_rate, node, node_rate, inclination, place, slope)


@cache
def arcs(sensor: Sensor) -> tuple[Arc, ...]:
    """All arcs of a sensor's satellite, in order of time."""
    mission: list[Arc] = []
    for orbit in sensor.orbits:
        mission.append(_arc(orbit, mission[-1] if mission else None))
    return tuple(mission)


def satellite(arc: Arc, angle: Float64, node_longitude: Float64) -> tuple[Float64, Float64]:
    """Earth-fixed position [km] and inertial velocity [km s-1] in one arc, both (n, 3).

    Args:
        arc: orbit.
        angle: orbit angle from a southernmost point [rad], (n).
        node_longitude: longitude of the ascending node at that time [rad], (n).
    """
    step = TURN / _KNOTS
    at = np.mod(angle, TURN) / step
    left = np.minimum(at.astype(np.int64), _KNOTS - 1)
    f = (at - left)[:, None]
    right = (left + 1) % _KNOTS
    p0, p1 = arc.position[left], arc.position[right]
    m0, m1 = arc.slope[left] * step, arc.slope[right] * step
    rise = p1 - p0
    b, c = 3 * rise - 2 * m0 - m1, m0 + m1 - 2 * rise
    place = p0 + f * (m0 + f * (b + f * c))
    speed = (m0 + f * (2 * b + f * 3 * c)) * (arc.phase_rate / step)
    speed[:, 0] -= arc.node_rate * place[:, 1]
    speed[:, 1] += arc.node_rate * place[:, 0]
    for vector in (place, speed):
        vector[:, 0], vector[:, 1] = _turn(vector[:, 0], vector[:, 1], node_longitude)
    return place, speed


def verticals(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Float64:
    """Earth-fixed unit vectors of the vertical at geodetic coordinates [rad], (..., 3)."""
    flat = np.cos(lat)
    return np.stack([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)], axis=-1)


def arc_numbers(sensor: Sensor, seconds: Float64) -> Int64:
    """Index of the arc at each time [s].

    Raises:
        ConfigError: a time is before the first day of the orbit.
    """
    flown = arcs(sensor)
    number = np.searchsorted([arc.start for arc in flown], seconds, "right") - 1
    if np.size(number) and np.min(number) < 0:
        raise ConfigError(
            f"orbit of {sensor.name}: found time {utc_times(np.min(seconds))}, expected "
            f"{sensor.orbits[0].since} or later; ask for days of its mission"
        )
    return np.asarray(number, np.int64)


def positions(sensor: Sensor, seconds: Float64) -> tuple[Float64, Float64]:
    """Earth-fixed position [km] and inertial velocity [km s-1] at given times [s], both (n, 3)."""
    number = arc_numbers(sensor, seconds)
    place, speed = np.empty((seconds.size, 3)), np.empty((seconds.size, 3))
    for index in np.unique(number):
        arc, here = arcs(sensor)[index], number == index
        when = seconds[here]
        place[here], speed[here] = satellite(arc, arc.angle(when), arc.node_longitude(when))
    return place, speed


def geodetic(place: Float64) -> tuple[Float64, Float64, Float64]:
    """Geodetic latitude [rad], longitude [rad] and height [km] of Earth-fixed positions (n, 3).

    Source: Bowring (1976), Survey Review 23, 323-327; one step, below 1e-6 km at these heights
        (checked by the inverse in the tests).
    """
    x, y, z = place.T
    rho = np.hypot(x, y)
    e2 = FLATTENING * (2 - FLATTENING)
    beta = np.arctan2(z * EQUATOR_KM, rho * POLE_KM)
    far = e2 / (1 - e2) * POLE_KM
    lat = np.arctan2(z + far * np.sin(beta) ** 3, rho - e2 * EQUATOR_KM * np.cos(beta) ** 3)
    sine = np.sin(lat)
    height = rho * np.cos(lat) + z * sine - EQUATOR_KM * np.sqrt(1 - e2 * sine**2)
    return lat, np.arctan2(y, x), height
