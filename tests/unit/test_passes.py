"""Passes and footprints against a plain computation of every scan and pixel."""

import numpy as np
import pytest
from benchmarks.common.whole_orbits import orbit_footprints, orbit_number, scan_ground

from ephemeris import ephemeris
from mcca_ml.errors import ConfigError
from mcca_ml.sensors import AMSR2, GMI, SENSORS, SMAP, TMI
from mcca_ml.simulate.observe import scan
from mcca_ml.simulate.observe.orbit import utc_times, verticals
from mcca_ml.simulate.observe.overpasses import (
    Target,
    footprints,
    passes_over,
    revolution_ends,
)

# TMI and GMI on the eve of a boost, SMAP on a leap day; AMSR-E flies and scans as AMSR2.
EVES = {
    "TMI": "2001-08-15",
    "GMI": "2023-11-07",
    "AMSR2": "2013-01-01",
    "SMAP": "2016-02-29",
}
TARGETS = [
    Target(37.5, -67.0, 20.0),
    Target(-3.0, 179.5, 150.0),
    Target(55.7, 138.0, 300.0),
    Target(79.5, -92.4, 100.0),
    Target(-34.5, 20.0, 150.0),
]


@pytest.mark.parametrize("name", EVES)
def test_footprints_are_those_of_all_scans(name):
    sensor, day = SENSORS[name], np.datetime64(EVES[name])
    first = day.astype("M8[us]") + np.timedelta64(19, "h")
    last = first + np.timedelta64(10, "h")
    times = scan.scan_times(sensor, first, last)
    result = scan_ground(sensor, times, slice(None))
    for target in TARGETS:
        vertical = verticals(*np.deg2rad([target.lat, target.lon]))
        cosine = np.einsum("i,isp->sp", vertical, result.vertical)
        inside = cosine >= np.cos(target.radius_km / scan.EARTH_RADIUS_KM)
        count = 0
        for flown in passes_over(sensor, day, day + 1, target):
            seen = footprints(sensor, flown, target)
            if seen is None:
                continue
            assert seen.is_inside.any(axis=0)[[0, -1]].all()  # the smallest rectangle
            assert seen.is_inside.any(axis=1)[[0, -1]].all()
            assert (flown.start <= seen.scan_time[0]) & (seen.scan_time[-1] < flown.stop)
            here = (seen.scan_time >= times[0]) & (seen.scan_time <= times[-1])
            rows = np.searchsorted(times, seen.scan_time[here])
            pixels = slice(seen.first_pixel, seen.first_pixel + seen.lat.shape[1])
            assert np.array_equal(seen.is_inside[here], inside[rows, pixels])
            every = scan.looks(scan_ground(sensor, times[rows], slice(None)))
            for field in ("lat", "incidence", "azimuth", "lon"):
                got, want = getattr(seen, field)[here], getattr(every, field)[:, pixels]
                assert np.abs(got - want).max(initial=0) < 1e-4, field
            count += int(seen.is_inside[here].sum())
        assert count == int(inside.sum())


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=SENSORS)
def test_no_footprint_is_missed(sensor):
    """Small targets anywhere, right at the edges of swaths too."""
    rng = np.random.default_rng(11)
    number = int(rng.integers(500, 3000))
    seen = orbit_footprints(sensor, number)
    for scan_number in rng.integers(0, seen.scan_time.size, 60):
        pixel = int(rng.choice([0, sensor.scan.pixels // 2, sensor.scan.pixels - 1]))
        lat, lon = (float(v[scan_number, pixel]) for v in (seen.lat, seen.lon))
        target, when = Target(lat, lon, 2.0), seen.scan_time[scan_number]
        day = when.astype("M8[D]")
        hits = [footprints(sensor, p, target) for p in passes_over(sensor, day, day, target)]
        assert any(when in hit.scan_time for hit in hits if hit is not None)


def test_beginning_and_end_of_a_revolution_are_two_passes():
    """South of 70 S both see a place; what lies between, the whole Earth, belongs to neither."""
    days = np.array(["2014-05-01", "2014-05-08"], "M8[D]")
    flown = passes_over(AMSR2, *days, Target(-74.0, 10.0, 100.0))
    assert len({one.orbit for one in flown}) < len(flown)
    assert max(one.scan_time[-1] - one.scan_time[0] for one in flown) < np.timedelta64(15, "m")


def test_a_target_out_of_reach_has_no_pass():
    assert passes_over(TMI, *np.array(["2010-01-01", "2010-03-01"], "M8[D]"), TARGETS[2]) == []


def test_a_pass_that_misses_has_no_footprints():
    target = Target(34.0, 92.0, 30.0)
    flown = passes_over(GMI, np.datetime64("2015-01-01"), np.datetime64("2015-03-01"), target)
    missed = [one for one in flown if footprints(GMI, one, target) is None]
    assert 0 < len(missed) < len(flown) / 2


@pytest.mark.parametrize("sensor", [TMI, AMSR2], ids=lambda s: s.name)
def test_only_the_life_of_a_sensor_counts(sensor):
    target, days = Target(30.0, 0.0, 500.0), np.timedelta64(20, "D")
    first = np.datetime64(sensor.first_day)
    every = passes_over(sensor, first - days, first + days, target)
    assert first <= every[0].scan_time[-1] < first + np.timedelta64(2, "D")
    last = np.datetime64(sensor.last_day or "2026-01-01")
    every = passes_over(
        sensor, last - days, last + (0 if sensor.last_day is None else days), target
    )
    end = last + np.timedelta64(1, "D")
    assert end - np.timedelta64(2, "D") < every[-1].scan_time[0] < end


def test_direction_of_flight():
    target = Target(10.0, 20.0, 100.0)
    day = np.datetime64("2014-05-01")
    for flown in passes_over(AMSR2, day, day + 9, target):
        when = flown.scan_time[0]
        local = (when - when.astype("M8[D]")) / np.timedelta64(1, "h") + target.lon / 15
        assert flown.is_ascending == (9 < local < 18)


def test_satellite_of_footprints_is_that_of_the_ephemeris():
    day, target = np.datetime64("2014-05-01"), Target(10.0, 20.0, 100.0)
    seen = next(
        f for p in passes_over(AMSR2, day, day + 5, target) if (f := footprints(AMSR2, p, target))
    )
    at = ephemeris(AMSR2, seen.scan_time)
    assert seen.satellite_lat == pytest.approx(at.lat, abs=1e-4)
    assert seen.satellite_lon == pytest.approx(at.lon, abs=1e-4)
    assert seen.satellite_altitude_km == pytest.approx(at.altitude_km, abs=1e-3)


def test_whole_granule():
    """Its scans lie between its southernmost points and nothing is left out."""
    number = orbit_number(GMI, np.datetime64("2016-01-05T23:05:45"))
    seen = orbit_footprints(GMI, number)
    start, stop = revolution_ends(GMI, [number - 1])
    assert start[0] <= seen.scan_time[0] <= seen.scan_time[-1] < stop[0]
    later = orbit_footprints(GMI, number + 1)
    step = (later.scan_time[0] - seen.scan_time[-1]) / np.timedelta64(1, "us")
    assert step == pytest.approx(scan.scan_period(GMI.scan) * 1e6, abs=1)
    assert seen.lat.shape == (seen.scan_time.size, GMI.scan.pixels)
    assert seen.is_inside.all()
    # Granule 010538 of GPM held 2963 scans of 32 a minute.
    assert seen.scan_time.size == pytest.approx(2963, abs=8)


def test_number_of_an_orbit_and_its_ends_agree():
    for number in (1, 2, 21_416, 96_512):
        start, stop = revolution_ends(TMI, [number - 1])
        second = np.timedelta64(1, "s")
        assert orbit_number(TMI, start[0] + second) == number
        assert orbit_number(TMI, stop[0] - second) == number


def test_a_full_circle_has_no_pixel_twice():
    azimuth = scan.pixel_azimuth(SMAP.scan)
    steps = np.diff(np.append(azimuth, azimuth[0] + 2 * np.pi))
    assert steps == pytest.approx(2 * np.pi / SMAP.scan.pixels)
    assert scan.pixel_azimuth(TMI.scan)[[0, -1]] == pytest.approx(np.deg2rad([-65, 65]))


def test_times_survive_the_way_to_seconds_and_back():
    times = np.array(["1997-12-07T00:00:00.000001", "2023-11-08T23:59:59.999999"], "M8[us]")
    assert np.array_equal(utc_times(scan.seconds_since_2000(times)), times)


def test_before_the_first_day_there_is_no_satellite():
    with pytest.raises(ConfigError) as caught:
        ephemeris(GMI, np.array(["2013-05-01"], "M8[us]"))
    assert str(caught.value) == (
        "orbit of GMI: found time 2013-05-01T00:00:00.000000, expected 2014-02-27 or later; "
        "ask for days of its mission"
    )


def test_there_is_no_orbit_zero():
    with pytest.raises(ConfigError, match=r"^orbit of GMI: found number 0, expected 1 or more; "):
        orbit_footprints(GMI, 0)
