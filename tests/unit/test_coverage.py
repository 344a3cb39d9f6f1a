"""Cells seen on a day, against every footprint of that day, and the land that counts."""

import numpy as np
import pytest
from benchmarks.common.whole_orbits import scan_ground
from benchmarks.science.orbit_coverage import (
    fraction_by_band,
    revolution_print,
    seen_at,
    seen_cells,
    soil,
)

from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_mask
from mcca_ml.sensors import AMSR2, SMAP, TMI
from mcca_ml.simulate.observe.scan import looks, scan_times
from mcca_ml.simulate.observe.smap_overpasses import smap_looks

DAY = np.datetime64("2015-04-07")


def test_cells_are_those_of_the_footprints():
    """Of a swath without gaps, so a few more than those that 13 km between scans hit."""
    first = DAY.astype("M8[us]")
    times = scan_times(TMI, first, first + np.timedelta64(1, "D"))
    seen = looks(scan_ground(TMI, times, slice(None)))
    hit = np.zeros(M25.shape, bool)
    hit[ease2.find_cell(M25, seen.lat, seen.lon)] = True
    drawn = np.logical_or(*seen_cells(TMI, DAY))
    assert (hit & ~drawn).sum() < 0.003 * hit.sum()
    assert (drawn & ~hit).sum() < 0.01 * hit.sum()


def test_cells_of_smap_are_those_of_its_passes():
    rng = np.random.default_rng(3)
    day = np.datetime64("2016-03-01")
    cell = rng.choice(np.flatnonzero(soil()), 150, replace=False)
    place = ease2.cell_latlon(M25, cell)
    north, south = (seen.ravel()[cell] for seen in seen_cells(SMAP, day))
    wrong = 0
    for index in range(cell.size):
        found = smap_looks(day, day, place.lat[index : index + 1], place.lon[index : index + 1])
        now = [look for look in found if look.obs_time[0].astype("M8[D]") == day]
        wrong += north[index] != any(look.is_ascending for look in now)
        wrong += south[index] != any(not look.is_ascending for look in now)
    assert (
        wrong <= 0.03 * 2 * cell.size
    )  # cells at the edge: touched here, centre out of reach there


def test_times_are_those_of_the_passes_of_smap():
    """The closest approach is found elsewhere; a cell is passed within a minute of it."""
    rng = np.random.default_rng(5)
    day = np.datetime64("2016-03-01")
    both = seen_at(SMAP, day)
    for times, seen in zip(both, seen_cells(SMAP, day), strict=True):
        assert np.array_equal(~np.isnat(times), seen)
        assert (times[seen].astype("M8[D]") == day).all()
    every = ~np.isnat(both[1]) & soil() & (np.abs(ease2.latitude(M25)) < 60)[:, None]
    cell = rng.choice(np.flatnonzero(every), 60, replace=False)
    place = ease2.cell_latlon(M25, cell)
    late = []
    for index in range(cell.size):
        found = smap_looks(day, day, place.lat[index : index + 1], place.lon[index : index + 1])
        passed = [look.obs_time[0] for look in found if not look.is_ascending]
        told = both[1].ravel()[cell[index]]
        late += [np.abs(told - time) for time in passed if time.astype("M8[D]") == day]
    assert len(late) > 50
    assert np.median(late) < np.timedelta64(30, "s")
    assert max(late) < np.timedelta64(90, "s")


def test_a_day_is_a_utc_day():
    """All days together see each revolution once: no time is left out or told twice at midnight."""
    drawn = revolution_print(AMSR2, 0)
    latest = max(int(half[0][half[0] < 65_535].max()) for half in drawn.passed)
    assert latest == pytest.approx(98.88 * 60, abs=2)
    north, _ = seen_cells(AMSR2, np.datetime64("2016-03-01"))
    _, south = seen_cells(AMSR2, np.datetime64("2016-03-01"))
    assert 0.6 < north.mean() < 0.8
    assert 0.6 < south.mean() < 0.8


@pytest.mark.parametrize("day", ["2012-07-02", "1999-01-01"])
def test_nothing_is_seen_before_a_sensor_works(day):
    assert not np.any(seen_cells(AMSR2, np.datetime64(day)))


def test_tmi_sees_nothing_after_its_last_day():
    assert np.any(seen_cells(TMI, np.datetime64("2015-04-08")))
    assert not np.any(seen_cells(TMI, np.datetime64("2015-04-09")))


def test_soil_leaves_greenland_and_antarctica_out_and_its_neighbours_in():
    inside, land = soil(), land_mask(M25)
    assert not inside[ease2.latitude(M25) < -60].any()

    def at(lat, lon):
        return bool(inside[ease2.find_cell(M25, lat, lon)])

    for lat, lon in ((72, -40), (61.0, -46.5), (82.5, -40), (76.6, -68), (70.3, -23), (66, -52)):
        assert land[ease2.find_cell(M25, lat, lon)]
        assert not at(lat, lon)
    for lat, lon in (
        (65, -19),
        (66.0, -23.0),
        (82, -75),
        (79, -80),
        (70, -72),
        (78.5, 16),
        (62, 7),
    ):
        assert at(lat, lon)
    # Greenland has 2.166 million km2, Antarctica 14.2 (CIA World Factbook).
    km2 = (M25.cell_m / 1000) ** 2
    north = (land & ~inside)[ease2.latitude(M25) > 0].sum() * km2
    assert north == pytest.approx(2.166e6, rel=0.03)


def test_fractions():
    lat = ease2.latitude(M25)
    seen = np.zeros(M25.shape, bool)
    seen[np.abs(lat) < 20] = True
    found = fraction_by_band(seen, np.ones(M25.shape, bool))
    assert found["0-20"] == 1.0
    assert found["40-60"] == 0.0
    assert found["all"] == pytest.approx(np.sin(np.deg2rad(20)), abs=0.005)
    none = fraction_by_band(seen, np.abs(lat)[:, None] < np.full(M25.shape, 40.0))
    assert np.isnan(none["60-80"])
