"""What holds for every orbit, scan and pass."""

import numpy as np
import pytest
from benchmarks.common.whole_orbits import orbit_footprints, scan_ground
from hypothesis import given, settings
from hypothesis import strategies as st

from ephemeris import ephemeris
from made_examples import at_most
from mcca_ml.sensors import AMSR2, AMSRE, GMI, SENSORS, SMAP, TMI
from mcca_ml.simulate.observe import orbit, scan
from mcca_ml.simulate.observe.overpasses import (
    Target,
    passes_over,
    revolution_ends,
)
from mcca_ml.simulate.observe.smap_overpasses import smap_looks

EARTH_MU = 398_600.4418
"""GM of the Earth [km3 s-2], WGS 84."""

SECOND = np.timedelta64(1, "s")


def some_times(sensor, count=200, years=2.0, seed=1):
    gone = np.random.default_rng(seed).uniform(0, years * 365 * orbit.DAY, count)
    return orbit.utc_times(orbit.seconds_since_2000(np.datetime64(sensor.first_day)) + gone)


@settings(deadline=None, max_examples=at_most(20))
@given(st.floats(300, 1200), st.floats(20, 110))
def test_kepler(altitude, inclination):
    """Period and energy of the semi-major axis; J2 moves both by some tenths of a per cent."""
    made = orbit.record(altitude, np.deg2rad(inclination))
    axis = orbit.EQUATOR_KM + altitude
    assert made.a * made.radiusearthkm == pytest.approx(axis, rel=1e-9)
    assert 60 / made.mdot == pytest.approx(np.sqrt(axis**3 / EARTH_MU), rel=3e-3)
    days = np.linspace(0, 0.2, 50)
    _, place, speed = made.sgp4_array(np.full(50, made.jdsatepoch), made.jdsatepochF + days)
    energy = (speed**2).sum(1) / 2 - EARTH_MU / np.sqrt((place**2).sum(1))
    assert energy == pytest.approx(-EARTH_MU / 2 / axis, rel=5e-3)
    assert np.sqrt((place**2).sum(1)) == pytest.approx(axis, rel=5e-3)


@settings(deadline=None)
@given(st.floats(-90, 90), st.floats(-179.9, 179.9), st.floats(200, 1000))
def test_geodetic_and_back(lat, lon, height):
    phi, lam = np.deg2rad(lat), np.deg2rad(lon)
    e2 = 1 - (orbit.POLE_KM / orbit.EQUATOR_KM) ** 2
    normal = orbit.EQUATOR_KM / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    flat = (normal + height) * np.cos(phi)
    place = np.array([[flat * np.cos(lam), flat * np.sin(lam), 0.0]])
    place[0, 2] = (normal * (1 - e2) + height) * np.sin(phi)
    found = [float(value[0]) for value in orbit.geodetic(place)]
    assert found[0] == pytest.approx(phi, abs=1e-8)
    assert abs(found[1] - lam) * np.cos(phi) < 1e-8
    # Towards the poles the formula for the height loses nothing either.
    assert found[2] == pytest.approx(height, abs=1e-3)


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_ephemeris_is_smooth_and_moves_as_it_says(sensor):
    times = some_times(sensor)
    before, at, after = (ephemeris(sensor, times + k * SECOND) for k in (-1, 0, 1))
    moved = (after.position_km - before.position_km) / 2
    spin = np.stack([-at.position_km[:, 1], at.position_km[:, 0], 0 * at.lat], axis=-1)
    assert at.velocity - orbit.EARTH_RATE * spin == pytest.approx(moved, abs=1e-4)
    assert (np.abs(at.altitude_km - sensor.orbits[0].altitude_km - 8) < 50).all()


@pytest.mark.parametrize("day", [entry.since for entry in (*TMI.orbits[1:], *GMI.orbits[1:])])
def test_a_boost_moves_the_satellite_up_or_down_only(day):
    sensor = TMI if np.datetime64(day) < np.datetime64("2016-01-01") else GMI
    change = np.datetime64(day, "us")
    before, after = (ephemeris(sensor, change + np.array([k]) * SECOND) for k in (-1, 0))
    east = (after.lon - before.lon) * np.cos(np.deg2rad(after.lat))
    moved = np.hypot(after.lat - before.lat, east)
    assert moved[0] < 0.1  # [degree]; 0.07 in a second
    assert 20 < np.abs(after.altitude_km - before.altitude_km)[0] < 70


@pytest.mark.parametrize("sensor", [AMSRE, AMSR2, SMAP], ids=lambda s: s.name)
def test_local_time_at_the_equator_stays(sensor):
    """Mean solar time within a minute, for eight years."""
    number = np.arange(0, 8 * 365 * 14, 997)
    start, stop = revolution_ends(sensor, number)
    crossing = start + (stop - start) // 4
    found = ephemeris(sensor, crossing)
    assert np.abs(found.lat).max() < 0.2
    hour = (crossing - crossing.astype("M8[D]")) / (3600 * SECOND) + found.lon / 15
    off = np.mod(hour - sensor.orbits[0].ascending_node_h + 12, 24) - 12
    assert np.abs(off).max() * 60 < 1.0


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_granules_begin_at_the_southernmost_point(sensor):
    start, stop = revolution_ends(sensor, [5, 6, 70_000 if sensor == TMI else 7])
    assert stop[0] == start[1]
    lat = [ephemeris(sensor, start + k * SECOND).lat for k in (-20, 0, 20)]
    assert (lat[1] < lat[0]).all()
    assert (lat[1] < lat[2]).all()


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_line_of_sight(sensor):
    """Points lie on the ellipsoid, on the cone, and the way back meets the satellite."""
    times = some_times(sensor, 40)
    found = scan_ground(sensor, times, slice(None))
    axes = np.array([orbit.EQUATOR_KM, orbit.EQUATOR_KM, orbit.POLE_KM])
    on = ((found.place / axes[:, None, None]) ** 2).sum(0)
    assert on == pytest.approx(1, abs=1e-12)
    at = ephemeris(sensor, times)
    lat, lon = np.deg2rad(at.lat), np.deg2rad(at.lon)
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    cone = np.arccos(-(up[:, :, None] * found.sight).sum(0))
    assert np.rad2deg(cone) == pytest.approx(sensor.scan.off_nadir_deg, abs=1e-5)
    seen = scan.looks(found)
    lat, lon = (np.deg2rad(v.astype(float)) for v in (seen.lat, seen.lon))
    zenith = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    east = np.stack([-np.sin(lon), np.cos(lon), 0 * lon])
    level = np.cos(seen.azimuth) * north + np.sin(seen.azimuth) * east
    back = np.cos(seen.incidence) * zenith - np.sin(seen.incidence) * level
    to = at.position_km.T[:, :, None] - found.place
    distance = np.sqrt((to**2).sum(0))
    assert np.abs(back * distance - to).max() < 0.5  # [km] of 1000, in single precision


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_arc_lies_ahead(sensor):
    """The middle of an arc lies in the plane of the orbit, before the satellite."""
    times = some_times(sensor, 30)
    middle = sensor.scan.pixels // 2
    found = scan_ground(sensor, times, slice(middle, middle + 1)).vertical[:, :, 0]
    at = ephemeris(sensor, times)
    plane = np.cross(at.position_km, at.velocity)
    plane /= np.sqrt((plane**2).sum(1))[:, None]
    assert np.abs((found.T * plane).sum(1)).max() < np.sin(np.deg2rad(0.5))
    assert ((found.T * at.velocity).sum(1) > 0).all()
    first = scan_ground(sensor, times, slice(sensor.scan.pixels // 4)).vertical[:, :, -1]
    assert ((first.T * plane).sum(1) > 0).all()  # pixels are counted from the left


def test_a_line_of_sight_beside_the_earth_is_no_place():
    place, velocity = orbit.positions(GMI, orbit.seconds_since_2000(some_times(GMI, 3)))
    found = scan.ground(place, scan.sight_basis(place, velocity), np.deg2rad(75), np.zeros(1))
    seen = scan.looks(found)
    assert np.isnan(seen.lat).all()
    assert np.isnan(seen.incidence).all()


@pytest.mark.parametrize(("sensor", "km"), [(TMI, 13.1), (AMSRE, 10.2), (GMI, 13.1), (AMSR2, 10.2)])
def test_scans_follow_each_other(sensor, km):
    """Along the track at mid swath; about 10 km for AMSR and 13 km for TMI and GMI."""
    seen = orbit_footprints(sensor, 40)
    pixel = seen.lat.shape[1] // 2
    lat, lon = (np.deg2rad(v[:, pixel].astype(float)) for v in (seen.lat, seen.lon))
    north, east = np.diff(lat), np.diff(lon) * np.cos(lat[1:])
    step = np.hypot(north, np.mod(east + np.pi, 2 * np.pi) - np.pi) * scan.EARTH_RADIUS_KM
    assert np.median(step) == pytest.approx(km, abs=0.5)
    steps = np.diff(seen.scan_time) / np.timedelta64(1, "us")
    assert np.ptp(steps) <= 1


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_passes_do_not_depend_on_the_span(sensor):
    target = Target(34.0, -100.0, 200.0)
    first = np.datetime64(sensor.first_day) + 600  # SMAP's and AMSR2's second year
    whole = passes_over(sensor, first, first + 120, target)
    pieces = [
        flown
        for day in first + np.arange(0, 121)
        for flown in passes_over(sensor, day, day, target)
    ]
    once = {flown.scan_time[0]: flown for flown in pieces}
    assert sorted(once) == [flown.scan_time[0] for flown in whole]
    for flown in whole:
        same = once[flown.scan_time[0]]
        assert (same.orbit, same.start, same.stop) == (flown.orbit, flown.start, flown.stop)
        assert same.is_ascending == flown.is_ascending
        assert np.array_equal(same.scan_time, flown.scan_time)


def test_looks_of_smap_do_not_depend_on_the_span():
    lat, lon = np.array([34.0, 35.5]), np.array([-100.0, -99.0])
    first = np.datetime64("2017-01-01")
    whole = smap_looks(first, first + 39, lat, lon)
    pieces = [look for day in first + np.arange(40) for look in smap_looks(day, day, lat, lon)]
    once = {(look.orbit, look.is_ascending): look.obs_time for look in pieces}
    assert list(once) == [(look.orbit, look.is_ascending) for look in whole]
    assert all(
        np.array_equal(once[look.orbit, look.is_ascending], look.obs_time, equal_nan=True)
        for look in whole
    )
