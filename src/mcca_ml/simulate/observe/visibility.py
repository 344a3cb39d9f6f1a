"""A place on Earth -> the revolutions of a satellite that may see it, and when.

All revolutions of an orbit are one, seen from the longitude of their node. Its looks, sampled
coarsely, say at which longitudes of the node a place comes into sight, and the node is known of
every revolution; nothing is propagated. What is found here is a little too long, never too short.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64, Int64
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.observe.orbit import EARTH_RATE, TURN, Arc, arcs, geodetic, satellite
from mcca_ml.simulate.observe.scan import EARTH_RADIUS_KM, ground, looks, pixel_azimuth, sight_basis

STEPS = 720
"""Samples of a revolution: 56 km of its track."""
SPACING_KM = 100.0
"""Between samples across the track, at most."""
LONGEST_GAP = 900.0
"""A revolution that loses sight for longer [s] has passed twice."""
_REVOLUTIONS = 2048
"""Handled at once."""


@dataclass(frozen=True)
class Sketch:
    """Where one revolution looks, seen from the longitude of its node at its start."""

    lat: Float64
    """[rad], (step, sample)."""
    lon: Float64
    """East of that node [rad]."""
    margin: float
    """Places between samples are within this angle of one of them [rad]."""


@dataclass(frozen=True)
class VisibilityWindow:
    """When a revolution may see a place."""

    revolution: int
    """Counted from 0."""
    first: float
    """[s] since 2000-01-01T12."""
    last: float


def _one_revolution(arc: Arc) -> tuple[Float64, Float64]:
    """Position [km] and velocity [km s-1] of one revolution whose node starts at longitude 0."""
    angle = np.arange(STEPS) * TURN / STEPS
    drift = (arc.node_rate - EARTH_RATE) * angle / arc.phase_rate
    return satellite(arc, angle, drift)


def sketch_looks(sensor: Sensor, arc: Arc) -> Sketch:
    """Looks of the pixels of a sensor, sampled."""
    place, velocity = _one_revolution(arc)
    basis = sight_basis(place, velocity)
    off_nadir = float(np.deg2rad(sensor.scan.off_nadir_deg))
    centre = ground(place[:1], basis[:, :, :1], off_nadir, np.zeros(1))
    below = float(np.arccos(-(basis[0, :, 0] * centre.vertical[:, 0, 0]).sum()))
    every = pixel_azimuth(sensor.scan)
    length = (every[-1] - every[0]) * np.sin(below) * EARTH_RADIUS_KM
    samples = np.linspace(every[0], every[-1], int(np.ceil(length / SPACING_KM)) + 1)
    found = looks(ground(place, basis, off_nadir, samples))
    return Sketch(
        np.deg2rad(found.lat.astype(np.float64)),
        np.deg2rad(found.lon.astype(np.float64)),
        float(np.hypot(TURN / STEPS, SPACING_KM / EARTH_RADIUS_KM)) / 2,
    )


def sketch_track(_: Sensor, arc: Arc) -> Sketch:
    """The points below the satellite."""
    lat, lon, _height = geodetic(_one_revolution(arc)[0])
    return Sketch(lat[:, None], lon[:, None], TURN / STEPS / 2)


def _reach(sketch: Sketch, lat: float, radius: float) -> Float64:
    """By how much a sample may lie east or west of a place and still within a radius of it [rad].

    NaN where its latitude alone is too far; pi where every longitude will do.
    """
    rest = np.cos(radius) - np.sin(sketch.lat) * np.sin(lat)
    cosine = rest / (np.cos(sketch.lat) * np.cos(lat))
    return np.where(cosine <= 1, np.arccos(np.clip(cosine, -1, 1)), np.nan)


def _in_sight(arc: Arc, revolutions: Int64, near: tuple[Int64, Float64, Float64]) -> Int64:
    """Steps at which revolutions see a place, as rising `revolution * STEPS + step`.

    Args:
        arc: orbit.
        revolutions: which.
        near: samples that may see the place: their step, how far east of the place they lie when
            the revolution starts at longitude 0 [rad], and how far they may [rad].
    """
    step, lon, reach = near
    start = arc.moment(revolutions * TURN)
    away = arc.node_longitude(start)[:, None] + lon
    away -= np.rint(away / TURN) * TURN
    found, sample = np.nonzero(np.abs(away) <= reach)
    return np.unique(revolutions[found] * STEPS + step[sample])


def _groups(arc: Arc, steps: Int64) -> Iterator[VisibilityWindow]:
    """Steps in sight -> windows, a step longer on both sides but within their revolution."""
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
    """Windows in which a satellite may see a place, in order of time.

    Args:
        sensor: which.
        span: first and last moment [s]; windows that reach beyond are given whole.
        place: geodetic latitude and longitude [rad].
        radius_km: how far from the place a look may be.
        sketch: what the looks are: `sketch_looks` or `sketch_track`.
    """
    flown = arcs(sensor)
    ends = [arc.start for arc in flown[1:]] + [np.inf]
    found: list[VisibilityWindow] = []
    for arc, end in zip(flown, ends, strict=True):
        begin, stop = max(span[0], arc.start), min(span[1], end)
        if begin >= stop:
            continue
        drawn = sketch(sensor, arc)
        reach = _reach(drawn, place[0], radius_km / EARTH_RADIUS_KM + drawn.margin)
        step, sample = np.nonzero(np.isfinite(reach))
        near = step, drawn.lon[step, sample] - place[1], reach[step, sample]
        first, last = (int(arc.angle(t) // TURN) for t in (begin, stop))
        for low in range(first, last + 1, _REVOLUTIONS):
            numbers = np.arange(low, min(low + _REVOLUTIONS, last + 1))
            for window in _groups(arc, _in_sight(arc, numbers, near)):
                # What lies in the days of another orbit is that orbit's.
                a, b = max(window.first, arc.start), min(window.last, end)
                if a < b and a < span[1] and b > span[0]:
                    found.append(VisibilityWindow(window.revolution, a, b))
    return found
