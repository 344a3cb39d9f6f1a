"""Passes of SMAP over cells against a track computed second by second."""

import numpy as np
import pytest

from ephemeris import ephemeris
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.observe.scan import EARTH_RADIUS_KM
from mcca_ml.simulate.observe.smap_overpasses import HALF_SWATH_KM, smap_looks

LAT = np.array([55.0, 56.0, 57.0, 55.5])
LON = np.array([-106.0, -104.0, -108.0, 179.0])


def vertical(lat, lon):
    lat, lon = np.deg2rad(lat), np.deg2rad(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def plain(first, days, lat, lon):
    """Seconds of closest approach within the swath, from a track of one position a second."""
    times = first.astype("M8[us]") + np.arange(days * 86_400) * np.timedelta64(1, "s")
    track = ephemeris(SMAP, times)
    cosine = vertical(lat, lon) @ vertical(track.lat, track.lon)
    peak = (cosine[1:-1] > cosine[:-2]) & (cosine[1:-1] >= cosine[2:])
    peak &= cosine[1:-1] >= np.cos(HALF_SWATH_KM / EARTH_RADIUS_KM)
    return times[1:-1][peak], (np.gradient(track.lat) > 0)[1:-1][peak]


@pytest.mark.parametrize("cells", [slice(0, 3), slice(3, 4)], ids=["near", "date line"])
def test_times_and_directions(cells):
    first, days = np.datetime64("2016-12-30"), 3  # with the leap second of 2016
    looks = smap_looks(first, first + days - 1, LAT[cells], LON[cells])
    for index, (lat, lon) in enumerate(zip(LAT[cells], LON[cells], strict=True)):
        mine = [look for look in looks if not np.isnat(look.obs_time[index])]
        times, is_north = plain(first, days, lat, lon)
        result = np.array([look.obs_time[index] for look in mine])
        assert np.abs((result - times) / np.timedelta64(1, "s")).max() < 1.0
        assert [look.is_ascending for look in mine] == is_north.tolist()


def test_a_pole_seen_on_every_revolution():
    first = np.datetime64("2016-12-30")
    looks = smap_looks(first, first, np.array([84.0]), np.array([10.0]))
    times, _ = plain(first, 1, 84.0, 10.0)
    assert len(looks) == times.size
    result = np.array([look.obs_time[0] for look in looks])
    assert np.abs((result - times) / np.timedelta64(1, "s")).max() < 1.0


def test_morning_flies_south():
    first = np.datetime64("2016-05-01")
    for look in smap_looks(first, first + 15, np.array([5.0]), np.array([30.0])):
        when = look.obs_time[0]
        local = (when - when.astype("M8[D]")) / np.timedelta64(1, "h") + 2
        assert look.is_ascending == (local > 12)
        assert abs(local - (18 if look.is_ascending else 6)) < 0.5


def test_before_the_mission_nothing_is_seen():
    days = np.array(["2014-05-01", "2015-03-30"], "M8[D]")
    assert smap_looks(*days, LAT, LON) == []
