"""A sensor's orbits -> where its satellite is, at any moment of its mission, by SGP4.

Without drag SGP4 moves its mean elements along straight lines, and for a mean eccentricity of zero
all else repeats with the argument of latitude. So SGP4 is asked for one revolution of each orbit;
every other one is that revolution, turned with the node. A position depends on the moment alone,
never on the span asked for, and differs from SGP4's own by less than 0.05 km over 20 years.

Sun-synchronous orbits get the inclination (within 0.1 degrees of the table) whose node SGP4 turns
once a tropical year, which is what station keeping does; their local time then holds for ever. The
orbit of TMI and GMI precesses by SGP4's J2. Where an orbit changes (a boost), node and phase go on.
The phase on the first day is arbitrary: real passes came at other minutes.

Earth-fixed means SGP4's true equator, mean equinox (TEME) turned by the mean sidereal time of 1982.
Polar motion (0.02 km) and UT1 - UTC (below 0.9 s, 0.4 km at the equator) are ignored, and so is
that a leap second is a second: times are UTC on numpy's even scale.
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
"""Days in which the mean sun goes round the sky; Astronomical Almanac."""
EARTH_RATE = 1.002_737_909_35 * TURN / DAY
"""Rate of mean sidereal time [rad s-1]; Aoki et al. (1982), Astron. Astrophys. 105, 359-361."""

_ORIGIN = np.datetime64("2000-01-01T12:00:00", "us")
_MICROSECOND = np.timedelta64(1, "us")
_KNOTS = 360
"""Points of the one revolution; between them lie cubic Hermite polynomials (0.001 km)."""


@dataclass(frozen=True)
class Arc:
    """One orbit of a mission, flown from a moment on until the next one of its sensor."""

    start: float
    """[s] since 2000-01-01T12."""
    phase: float
    """Angle gone at the start, from the southernmost point of the first revolution on [rad]."""
    phase_rate: float
    """[rad s-1]."""
    node: float
    """Right ascension of the ascending node at the start [rad]."""
    node_rate: float
    """[rad s-1]."""
    inclination: float
    """[rad]."""
    position: Float64
    """Of the revolution, (knot, 3): x to the node, z to the north [km]."""
    slope: Float64
    """Its derivative by the angle gone [km rad-1], (knot, 3)."""

    def angle(self, seconds: npt.ArrayLike) -> Float64:
        """Angle gone since the southernmost point of the first revolution [rad]."""
        return np.asarray(self.phase + self.phase_rate * (np.asarray(seconds) - self.start))

    def moment(self, angle: npt.ArrayLike) -> Float64:
        """When an angle is gone [s]; the inverse of `angle`."""
        return np.asarray(self.start + (np.asarray(angle) - self.phase) / self.phase_rate)

    def node_longitude(self, seconds: npt.ArrayLike) -> Float64:
        """Longitude of the ascending node, any turn [rad]."""
        gone = self.node_rate * (np.asarray(seconds) - self.start)
        return np.asarray(self.node + gone - sidereal_time(seconds))


def seconds_since_2000(times: Datetime64 | np.datetime64) -> Float64:
    """Seconds since 2000-01-01T12 of UTC times, leap seconds not counted."""
    return np.asarray((np.asarray(times, "M8[us]") - _ORIGIN) / np.timedelta64(1, "s"), np.float64)


def utc_times(seconds: npt.ArrayLike) -> Datetime64:
    """UTC times of seconds since 2000-01-01T12, to the microsecond."""
    return np.asarray(_ORIGIN + np.rint(np.asarray(seconds) * 1e6).astype(np.int64) * _MICROSECOND)


def sidereal_time(seconds: npt.ArrayLike) -> Float64:
    """Greenwich mean sidereal time, any turn [rad].

    Args:
        seconds: since 2000-01-01T12 UT1, for which UTC stands.

    Source: the expression of 1982, Aoki et al. (1982), Astron. Astrophys. 105, 359-361.
    Checked: against `gstime` of the package sgp4, in the tests.
    """
    seconds = np.asarray(seconds, np.float64)
    t = seconds / (36_525 * DAY)
    angle = 67_310.548_41 + 8_640_184.812_866 * t + 0.093_104 * t**2 - 6.2e-6 * t**3
    return np.asarray((angle + seconds % DAY) * TURN / DAY)


def record(altitude_km: float, inclination: float) -> Satrec:
    """SGP4's record of a circular orbit without drag that starts at its southernmost point.

    Args:
        altitude_km: mean (Brouwer) semi-major axis less the equatorial radius.
        inclination: [rad].

    The node is at right ascension 0, the epoch 1950-01-01.
    """
    wanted = EQUATOR_KM + altitude_km
    made = Satrec()
    motion = 60 * float(np.sqrt(398_600.8 / wanted**3))  # [rad min-1], WGS 72; a first guess
    for _ in range(4):  # SGP4 takes Kozai's mean motion; the axis that it means comes back
        made.sgp4init(
            WGS72, "i", 1, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, inclination, -np.pi / 2, motion, 0.0
        )
        motion *= float((made.a * made.radiusearthkm / wanted) ** 1.5)
    return made


def _sun_synchronous(altitude_km: float, inclination: float) -> float:
    """Inclination near the given one whose node follows the mean sun [rad]."""
    wanted = TURN / TROPICAL_YEAR / 1440  # [rad min-1]
    for _ in range(3):  # the rate goes with the cosine: the second step changes the 8th digit
        rate = record(altitude_km, inclination).nodedot
        inclination = float(np.arccos(np.cos(inclination) * wanted / rate))
    return inclination


def _revolution(made: Satrec, phase_rate: float, node_rate: float) -> tuple[Float64, Float64]:
    """Position [km] and its derivative by the angle [km rad-1] at the knots of a revolution."""
    angle = np.arange(_KNOTS) * TURN / _KNOTS
    seconds = angle / phase_rate
    whole = np.full(_KNOTS, made.jdsatepoch)
    _, place, _ = made.sgp4_array(whole, made.jdsatepochF + seconds / DAY)
    turned = np.stack(_turn(place[:, 0], place[:, 1], -node_rate * seconds) + [place[:, 2]], -1)
    waves = np.fft.rfftfreq(_KNOTS, 1 / _KNOTS)[:, None] * 1j
    slope = np.fft.irfft(np.fft.rfft(turned, axis=0) * waves, _KNOTS, axis=0)
    return turned, slope


def _turn(x: Float64, y: Float64, angle: Float64) -> list[Float64]:
    """A vector turned about the z axis [rad]."""
    c, s = np.cos(angle), np.sin(angle)
    return [c * x - s * y, s * x + c * y]


def _arc(orbit: Orbit, before: Arc | None) -> Arc:
    """The arc of an orbit; node and phase go on from the arc before."""
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
    made = record(orbit.altitude_km, inclination)
    phase_rate, node_rate = (made.mdot + made.argpdot) / 60, made.nodedot / 60
    phase = 0.0 if before is None else float(before.angle(start))
    place, slope = _revolution(made, phase_rate, node_rate)
    return Arc(start, phase, phase_rate, node, node_rate, inclination, place, slope)


@cache
def arcs(sensor: Sensor) -> tuple[Arc, ...]:
    """The orbits of a sensor's satellite, one after the other."""
    found: list[Arc] = []
    for orbit in sensor.orbits:
        found.append(_arc(orbit, found[-1] if found else None))
    return tuple(found)


def satellite(arc: Arc, angle: Float64, node_longitude: Float64) -> tuple[Float64, Float64]:
    """Earth-fixed position [km] and inertial velocity [km s-1] in one arc, both (n, 3).

    Args:
        arc: orbit.
        angle: gone since a southernmost point [rad].
        node_longitude: of the ascending node at that moment [rad].
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
    """Unit vectors upward, Earth-fixed, at geodetic places [rad], (..., 3)."""
    flat = np.cos(lat)
    return np.stack([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)], axis=-1)


def arc_numbers(sensor: Sensor, seconds: Float64) -> Int64:
    """Index of the arc flown at each moment.

    Raises:
        ConfigError: a moment before the first day of the orbit.
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
    """Earth-fixed position [km] and inertial velocity [km s-1] at some moments, both (n, 3)."""
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
        (checked by the way back in the tests).
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
