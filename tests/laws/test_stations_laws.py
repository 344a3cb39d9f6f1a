"""Simulated stations differ from their cell as stated, whatever the seed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.stations.truth_to_readings import (
    Check,
    Site,
    StationSettings,
    make_network,
    slow_noise,
)

YEARS = np.arange(
    np.datetime64("2012-01-01", "ns"), np.datetime64("2015-01-01", "ns"), np.timedelta64(3, "h")
)
PLAIN = StationSettings(
    stations=4, gain_sd=0, offset_sd=0, varying_sd=0, noise_sd=0,
    outages_per_year=0, missing_share=0, spikes_per_year=0,
)  # fmt: skip


def site(time=YEARS, mean=0.25, warm=285.0):
    age = (time - time[0]) / np.timedelta64(1, "D")
    moisture = mean + 0.05 * np.sin(2 * np.pi * age / 40)
    temperature = warm + 10 * np.sin(2 * np.pi * age / 365.25) + 4 * np.sin(2 * np.pi * age)
    return Site(
        "SIM-A", 40.0, 10.0, 200.0, 0.45, 0.2, 0.4, 12, time,
        moisture.astype(np.float32), temperature.astype(np.float32),
    )  # fmt: skip


def network(sizes, seed=0, where=None):
    return make_network(where or site(), np.random.default_rng(seed), sizes)


def test_without_errors_a_station_reports_its_cell():
    where = site()
    found = network(PLAIN, where=where)
    every = 3  # hourly readings of a truth in steps of three hours
    for station in found.stations:
        np.testing.assert_allclose(station.value[::every], where.soil_moisture, atol=6e-5)
        assert (station.representativeness == 0).all()
        assert not (station.check & ~np.uint8(Check.D01)).any()


@settings(max_examples=at_most(15), deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_stations(seed):
    short = site(YEARS[:200])
    twice = [
        [
            make_network(short, rng, StationSettings())
            for rng in np.random.default_rng(seed).spawn(2)
        ]
        for _ in range(2)
    ]
    for one, other in zip(*twice, strict=True):
        for a, b in zip(one.stations, other.stations, strict=True):
            np.testing.assert_array_equal(a.value, b.value)
            np.testing.assert_array_equal(a.check, b.check)
    assert not np.array_equal(twice[0][0].stations[0].value, twice[0][1].stations[0].value)


@settings(max_examples=at_most(15), deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_flags_say_what_the_values_and_the_temperature_are(seed):
    where = site(YEARS[:2000], warm=274.0)
    wild = replace(StationSettings(), offset_sd=0.2, spikes_per_year=2000)
    found = network(wild, seed, where)
    frozen = np.interp(found.time.astype(float), where.time.astype(float), where.temperature)
    frozen = frozen < WATER_FREEZING_POINT
    for station in found.stations:
        check, value = station.check, station.value
        is_there = check < Check.M
        assert np.array_equal(np.isfinite(value), is_there)
        v = value[is_there]
        for bit, is_so in (
            (Check.C01, v < 0), (Check.C02, v > 0.6), (Check.C03, v > where.porosity),
            (Check.D01, frozen[is_there]),
        ):  # fmt: skip
            # A value is rounded to four decimals and then to a float.
            assert (((check[is_there] & bit) != 0) == is_so).mean() > 0.9999
        good = value[check == 0]
        assert ((good >= 0) & (good <= where.porosity)).all()


def test_sizes_are_those_of_the_settings():
    """Over many stations: lasting and varying part, and the correlation of the varying one."""
    sizes = replace(PLAIN, stations=200, offset_sd=0.04, varying_sd=0.03)
    found = network(sizes)
    error = np.stack([s.representativeness for s in found.stations])
    lasting = error.mean(axis=1)
    assert lasting.std() == pytest.approx(0.04, rel=0.15)
    varying = error - lasting[:, None]
    assert varying.std() == pytest.approx(0.03, rel=0.1)
    assert error.std(axis=0).mean() == pytest.approx(0.05, rel=0.15)
    days = 20 * 24
    pairs = (varying[:, :-days] * varying[:, days:]).mean() / varying.var()
    assert pairs == pytest.approx(np.exp(-1), abs=0.06)


def test_noise_is_not_part_of_the_representativeness_error():
    found = network(replace(PLAIN, noise_sd=0.01))
    for station in found.stations:
        assert (station.representativeness == 0).all()
        good = station.check < Check.M
        cell = found.stations[0].value * 0 + np.interp(
            found.time.astype(float), YEARS.astype(float), found.site.soil_moisture
        )
        assert np.std((station.value - cell)[good]) == pytest.approx(0.01, rel=0.05)


def test_gaps_and_spikes_are_as_frequent_as_stated():
    sizes = replace(PLAIN, stations=60, outages_per_year=4, missing_share=0.005, spikes_per_year=20)
    check = np.stack([s.check for s in network(sizes).stations])
    # Outages overlap now and then, and the last ones are cut off by the end.
    assert (check == Check.ABSENT).mean() == pytest.approx(4 * 5 / 365.25, rel=0.15)
    there = check[check != Check.ABSENT]
    assert (there == Check.M).mean() == pytest.approx(0.005, rel=0.1)
    assert ((there & Check.D06) != 0).mean() == pytest.approx(20 / 365.25 / 24, rel=0.15)


def test_a_truth_is_never_below_zero_nor_above_the_pores():
    where = site(mean=0.05)
    found = network(replace(PLAIN, offset_sd=0.3), where=where)
    cell = np.interp(found.time.astype(float), YEARS.astype(float), where.soil_moisture)
    for station in found.stations:
        point = station.representativeness + cell
        assert point.min() > -1e-6
        assert point.max() < where.porosity + 1e-6


def test_stations_lie_within_the_cell():
    for station in network(replace(PLAIN, stations=50)).stations:
        assert abs(station.lat - 40) * 111.2 <= 10
        assert abs(station.lon - 10) * 111.2 * np.cos(np.radians(station.lat)) <= 10.1


@pytest.mark.parametrize("minutes", [30, 60, 180])
def test_interval(minutes):
    found = network(replace(PLAIN, interval_minutes=minutes), where=site(YEARS[:50]))
    assert (np.diff(found.time) == np.timedelta64(minutes, "m")).all()
    assert found.time[-1] == YEARS[49]


def test_slow_noise_of_a_short_series():
    found = slow_noise(YEARS[:2], 0.03, 20.0, 5, np.random.default_rng(0))
    assert found.shape == (5, 2)
    assert np.isfinite(found).all()
