"""Simulated orbits and scans against SGP4 itself and what is published of the satellites.

Coverage by latitude: an independent simulation with 2 s, 1 degree samples of the scans, made for
this project's notes before this code; swaths: NOAA and NASA pages of the instruments; repeats of
ground tracks: 16 days of the A-Train (233 revolutions), 8 days of SMAP (JPL; 117 revolutions).
"""

import numpy as np
import pytest
from benchmarks.common.whole_orbits import orbit_footprints, orbit_number
from benchmarks.science.orbit_coverage import fraction_by_band, seen_cells
from sgp4.propagation import gstime

from mcca_ml.grid.ease2 import M25
from mcca_ml.sensors import AMSR2, AMSRE, GMI, SENSORS, SMAP, TMI
from mcca_ml.simulate.observe import orbit
from mcca_ml.simulate.observe.overpasses import revolution_ends
from mcca_ml.simulate.observe.scan import EARTH_RADIUS_KM

ORBITS = [(sensor, number) for sensor in SENSORS.values() for number in range(len(sensor.orbits))]


@pytest.mark.parametrize("day", ["1997-01-01", "2012-06-30", "2023-11-08"])
def test_sidereal_time_is_that_of_sgp4(day):
    seconds = orbit.seconds_since_2000(
        np.datetime64(day, "us") + np.timedelta64(12_345_678_901, "us")
    )
    julian = 2_451_545.0 + float(seconds) / orbit.DAY
    off = float(orbit.sidereal_time(seconds)) - gstime(julian)
    assert abs(np.mod(off + np.pi, 2 * np.pi) - np.pi) < 1e-8  # a Julian day has no more digits


@pytest.mark.parametrize(("sensor", "number"), ORBITS, ids=lambda p: getattr(p, "name", str(p)))
def test_position_is_that_of_sgp4(sensor, number):
    arc, table = orbit.arcs(sensor)[number], sensor.orbits[number]
    gone = np.random.default_rng(5).uniform(0, 20 * 365 * orbit.DAY, 500)
    made = orbit.record(table.altitude_km, arc.inclination)
    days = np.floor(gone / orbit.DAY)
    error, place, speed = made.sgp4_array(
        made.jdsatepoch + days, made.jdsatepochF + gone / orbit.DAY - days
    )
    assert (error == 0).all()
    # The record starts at its southernmost point with the node at 0; so does the arc, at a time
    # of its own.
    start = arc.start + 17.0 * orbit.DAY
    angle = arc.phase_rate * gone
    node = arc.node_rate * gone - orbit.sidereal_time(start + gone)
    found, velocity = orbit.satellite(arc, angle, node)
    turn = -orbit.sidereal_time(start + gone)
    for vector, got, limit in ((place, found, 0.05), (speed, velocity, 1e-4)):
        x = np.cos(turn) * vector[:, 0] - np.sin(turn) * vector[:, 1]
        y = np.sin(turn) * vector[:, 0] + np.cos(turn) * vector[:, 1]
        assert np.abs(np.stack([x, y, vector[:, 2]], axis=-1) - got).max() < limit


@pytest.mark.parametrize("sensor", [AMSRE, AMSR2, SMAP], ids=lambda s: s.name)
def test_inclination_that_follows_the_sun_is_the_published_one(sensor):
    arc = orbit.arcs(sensor)[0]
    assert np.rad2deg(arc.inclination) == pytest.approx(sensor.orbits[0].inclination_deg, abs=0.1)


@pytest.mark.parametrize(
    ("sensor", "days", "revolutions"), [(AMSRE, 16, 233), (AMSR2, 16, 233), (SMAP, 8, 117)]
)
def test_ground_track_repeats(sensor, days, revolutions):
    arc = orbit.arcs(sensor)[0]
    gone = arc.phase_rate * days * orbit.DAY / orbit.TURN
    assert gone == pytest.approx(revolutions, abs=0.02)


@pytest.mark.parametrize(("sensor", "days"), [(TMI, 46.5), (GMI, 82.5)], ids=lambda p: str(p))
def test_days_for_all_local_times(sensor, days):
    against_the_sun = orbit.TURN / orbit.TROPICAL_YEAR / orbit.DAY - orbit.arcs(sensor)[0].node_rate
    assert orbit.TURN / against_the_sun / orbit.DAY == pytest.approx(days, abs=0.5)


def test_gmi_granule_lasts_as_published():
    start, stop = revolution_ends(GMI, [1000])
    assert (stop - start)[0] / np.timedelta64(1, "s") / 60 == pytest.approx(92.6, abs=0.2)


# Widths [km] of GES DISC, NOAA and JAXA; incidence [degree] and northernmost footprint centre
# (38.5 to 39.0, 69.2) of the same earlier simulation.
SCANS = [
    (TMI, "2000-01-01", 760, 52.8, (38.4, 39.0)),
    (TMI, "2005-01-01", 878, 53.4, (38.5, 39.1)),
    (GMI, "2016-01-01", 885, 52.9, (69.1, 69.4)),
    (AMSRE, "2005-01-01", 1445, 55.1, (88.0, 90.0)),
    (AMSR2, "2016-01-01", 1450, 55.0, (88.0, 90.0)),
    (SMAP, "2016-01-01", 1000, 40.1, (86.0, 90.0)),
]


@pytest.mark.parametrize(("sensor", "day", "width", "incidence", "north"), SCANS)
def test_scan_is_as_published(sensor, day, width, incidence, north):
    number = orbit_number(sensor, np.datetime64(day, "us"))
    seen = orbit_footprints(sensor, number)
    assert np.rad2deg(seen.incidence.mean()) == pytest.approx(incidence, abs=0.3)
    assert north[0] < float(seen.lat.max()) < north[1]
    pair = [0, -1] if sensor != SMAP else [60, 181]  # a quarter of a circle left and right
    lat, lon = (np.deg2rad(v[:, pair].astype(float)) for v in (seen.lat, seen.lon))
    cosine = np.sin(lat).prod(1) + np.cos(lat).prod(1) * np.cos(np.diff(lon, axis=1)[:, 0])
    found = np.arccos(np.clip(cosine, -1, 1)).mean() * EARTH_RADIUS_KM
    assert found == pytest.approx(width, rel=0.04)


COVERAGE = [
    pytest.param(TMI, "2000-06-01", (0.80, 0.90, 0.0, 0.0), marks=pytest.mark.slow),
    pytest.param(TMI, "2005-06-01", (0.85, 0.94, 0.0, 0.0), marks=pytest.mark.slow),
    pytest.param(GMI, "2016-06-01", (0.66, 0.71, 0.90, 0.58), marks=pytest.mark.slow),
    (AMSR2, "2016-06-01", (0.80, 0.88, 0.97, 1.0)),
    pytest.param(AMSRE, "2005-06-01", (0.81, 0.88, 0.97, 1.0), marks=pytest.mark.slow),
    (SMAP, "2016-06-01", (0.62, 0.75, 0.82, 1.0)),
]


@pytest.mark.parametrize(("sensor", "day", "shares"), COVERAGE)
def test_cells_seen_a_day(sensor, day, shares):
    every = np.ones(M25.shape, bool)
    days = np.datetime64(day) + np.arange(3)
    found = [fraction_by_band(np.logical_or(*seen_cells(sensor, d)), every) for d in days]
    mean = [np.mean([one[band] for one in found]) for band in list(found[0])[:4]]
    assert mean == pytest.approx(shares, abs=0.05)
