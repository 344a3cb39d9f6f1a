"""Revolutions of a satellite that may observe a place on Earth, and the time windows.

All revolutions of an orbit are identical relative to the longitude of their node. Coarse samples of
its pixels give the node longitudes at which a place is visible, and the node of every revolution is
known, so that no orbit is propagated. Windows may be slightly too long, never too short.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64, Int64
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.observe.orbit import EARTH_RATE, TURN, Arc, arcs, geodetic, satellite
from mcca_ml.simulate.observe.scan import EARTH_RADIUS_KM, ground, looks, pixel_azimuth, sight_basis

STEPS = 720
"""Samples per revolution, 56 km apart on the ground track."""
SPACING_KM = 100.0
"""Largest spacing of samples across the track [km]."""
LONGEST_GAP = 900.0
"""Longest gap within one window [s]; longer gaps separate two passes."""
_REVOLUTIONS = 2048
"""Revolutions per chunk."""


@dataclass(frozen=True)
class Sketch:
    """Samples of the pixels of one revolution, relative to the node longitude at its start."""

    lat: Float64
    """Geodetic latitude [rad], (step, sample)."""
    lon: Float64
    """Longitude east of the node [rad], (step, sample)."""
    margin: float
    """Largest angle from any observed point to the nearest sample [rad]."""


@dataclass(frozen=True)
class VisibilityWindow:
    """Time window in which a revolution may observe a place."""

    revolution: int
    """Number of the revolution, from 0."""
    first: float
    """Start [s] since 2000-01-01T12."""
    last: float
    """End [s] since 2000-01-01T12."""


def _one_revolution(arc: Arc) -> tuple[Float64, Float64]:
    """Position [km] and velocity [km s-1] of one revolution with its node at longitude 0."""
    angle = np.arange(STEPS) * TURN / STEPS
    drift = (arc.node_rate - EARTH_RATE) * angle / arc.phase_rate
    return satellite(arc, angle, drift)


def sketch_looks(sensor: Sensor, arc: Arc) -> Sketch:
    """Sample the pixels of a sensor in one revolution."""
    place, velocity = _one_revolution(arc)
    basis = sight_basis(place, velocity)
    off_nadir = float(np.deg2rad(sensor.scan.off_nadir_deg))
    centre = ground(place[:1], basis[:, :, :1], off_nadir, np.zeros(1))
    below = float(np.arccos(-(basis[0, :, 0] * centre.vertical[:, 0, 0]).sum()))
    azimuth = pixel_azimuth(sensor.scan)
    length = (azimuth[-1] - azimuth[0]) * np.sin(below) * EARTH_RADIUS_KM
    samples = np.linspace(azimuth[0], azimuth[-1], int(np.ceil(length / SPACING_KM)) + 1)
    geometry = looks(ground(place, basis, off_nadir, samples))
    return Sketch(
        np.deg2rad(geometry.lat.astype(np.float64)),
        np.deg2rad(geometry.lon.astype(np.float64)),
        float(np.hypot(TURN / STEPS, SPACING_KM / EARTH_RADIUS_KM)) / 2,
    )


def sketch_track(_: Sensor, arc: Arc) -> Sketch:
    """Subsatellite points of one revolution."""
    lat, lon, _height = geodetic(_one_revolution(arc)[0])
    return Sketch(lat[:, None], lon[:, None], TURN / STEPS / 2)


def _reach(sketch: Sketch, lat: float, radius: float) -> Float64:
    """Largest longitude difference of a sample within a radius of a place [rad].

    NaN where the latitude alone is too far; pi where any longitude is within the radius.
    """
    rest = np.cos(radius) - np.sin(sketch.lat) * np.sin(lat)
    cosine = rest / (np.cos(sketch.lat) * np.cos(lat))
    return np.where(cosine <= 1, np.arccos(np.clip(cosine, -1, 1)), np.nan)


def _in_sight(arc: Arc, revolutions: Int64, near: tuple[Int64, Float64, Float64]) -> Int64:
    """Steps at which revolutions observe a place, as ascending `revolution * STEPS + step`.

    Args:
        arc: orbit.
        revolutions: numbers of the revolutions.
        near: samples that may observe the place: step, longitude relative to the place for a node
            at longitude 0 [rad], and largest longitude difference from `_reach` [rad].
    """
    step, lon, reach = near
    start = arc.moment(revolutions * TURN)
    difference = arc.node_longitude(start)[:, None] + lon
    difference -= np.rint(difference / TURN) * TURN
    row, sample = np.nonzero(np.abs(difference) <= reach)
    return np.unique(revolutions[row] * STEPS + step[sample])


def _groups(arc: Arc, steps: Int64) -> Iterator[VisibilityWindow]:
    """Windows of consecutive steps, one step longer at both ends within their revolution."""
    if steps.size == 0:
        return
    revolution = steps // STEPS
    most = LONGEST_GAP * arc.phase_rate / TURN * STEPS
    breaks = np.flatnonzero((np.diff(steps) > most) | (np.diff(revolution) > 0)) + 1
    first, last = np.r_[0, breaks], np.r_[breaks - 1, steps.size - 1]
    low = np.maximum(steps[first] - 1, revolution[first] * STEPS)
    high = np.minimum(steps[last] + 1, (revolution[first] + 1) * STEPS)
    begin, end = arc.moment(low * TURN / STEPS), arc.moment(high * TURN / STEPS)
    for number, a, b in zip(revolution[first], begin, end, strict=True):
        yield VisibilityWindow(int(number), float(a), float(b))


def windows(
    sensor: Sensor,
    span: tuple[float, float],
    place: tuple[float, float],
    radius_km: float,
    sketch: Callable[[Sensor, Arc], Sketch],
) -> list[VisibilityWindow]:
    """Time windows in which a satellite may observe a place, in order of time.

    Args:
        sensor: sensor with its orbits.
        span: start and end of the period [s]; windows that cross them are complete.
        place: geodetic latitude and longitude [rad].
        radius_km: largest distance of a pixel from the place [km].
        sketch: sampling of a revolution: `sketch_looks` or `sketch_track`.
    """
    flown = arcs(sensor)
    ends = [arc.start for arc in flown[1:]] + [np.inf]
    visible: list[VisibilityWindow] = []
    for arc, end in zip(flown, ends, strict=True):
        begin, stop = max(span[0], arc.start), min(span[1], end)
        if begin >= stop:
            continue
        samples = sketch(sensor, arc)
        reach = _reach(samples, place[0], radius_km / EARTH_RADIUS_KM + samples.margin)
        step, sample = np.nonzero(np.isfinite(reach))
        near = step, samples.lon[step, sample] - place[1], reach[step, sample]
        first, last = (int(arc.angle(t) // TURN) for t in (begin, stop))
        for low in range(first, last + 1, _REVOLUTIONS):
            numbers = np.arange(low, min(low + _REVOLUTIONS, last + 1))
            for window in _groups(arc, _in_sight(arc, numbers, near)):
                # Clip to the days of this orbit.
                a, b = max(window.first, arc.start), min(window.last, end)
                if a < b and a < span[1] and b > span[0]:
                    visible.append(VisibilityWindow(window.revolution, a, b))
    return visible
