"""Temperatures of simulated worlds: the day's wave, its lag and damping, the seasons."""

import numpy as np
import pytest

from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth import heat
from mcca_ml.simulate.truth.climate import tropical as tropical_at
from mcca_ml.simulate.truth.rain import STEPS_OF_DAY

DAYS = np.arange("2015-06-01", "2015-07-02", dtype="datetime64[D]")
LON = np.array([-97.5, 0.0, 91.0])
LAT = np.full(3, 36.0)
HOURS = np.arange(0, 24, 0.1, np.float32)


def calm(clear: float = 0.9) -> heat.DailyHeat:
    """Every day alike, summer."""
    shape = (DAYS.size, LON.size)
    values = (295.0, 295.0, 6.0, clear, 1.0)
    return heat.DailyHeat(*(np.full(shape, value, np.float32) for value in values))


def hour_of_warmest(values: np.ndarray, hour: np.ndarray) -> np.ndarray:
    last = slice(-STEPS_OF_DAY, None)
    at = values[last].argmax(0)
    return hour[last][at, np.arange(values.shape[1])]


def test_all_are_warmest_in_the_afternoon_of_their_own_sun():
    hour = heat.local_hour((DAYS.size - 1) * STEPS_OF_DAY, LON)
    surface, _ = heat.soil_temperatures(calm(), hour, np.float32(0.5), np.zeros_like(hour))
    found = (surface, heat.canopy_temperature(calm(), hour), heat.air_temperature(calm(), hour))
    for values in found:
        warmest = hour_of_warmest(values, hour)
        # Steps are three hours apart: the warmest may be the one before or after the peak.
        assert ((warmest >= 12) & (warmest < 17)).all()
        assert warmest.mean() > 12.5


def test_noon_comes_first_in_the_east():
    hour = heat.local_hour(8, np.array([90.0, 0.0, -90.0]))
    assert hour[[2, 4, 6], [0, 1, 2]].tolist() == [12, 12, 12]


def test_canopy_is_ahead_of_soil_and_colder_at_six():
    assert HOURS[heat.wave(HOURS, 13.0, heat.SURFACE_M).argmax()] == pytest.approx(13.95, abs=0.1)
    hour = heat.local_hour((DAYS.size - 1) * STEPS_OF_DAY, np.array([0.0]))
    one = heat.DailyHeat(*(getattr(calm(), n)[:, :1] for n in heat.DailyHeat.__annotations__))
    surface, _ = heat.soil_temperatures(one, hour, np.float32(0.5), np.zeros_like(hour))
    canopy = heat.canopy_temperature(one, hour)
    six = hour[-STEPS_OF_DAY:, 0] == 6
    assert (canopy[-STEPS_OF_DAY:][six] < surface[-STEPS_OF_DAY:][six]).all()


def test_sway_falls_and_lags_with_depth():
    depths = (0.0, 0.025, 0.1, 0.5)
    sways = [np.ptp(heat.wave(HOURS, 13.0, depth)) for depth in depths]
    assert sways == sorted(sways, reverse=True)
    assert sways[2] / sways[0] == pytest.approx(np.exp(-1), rel=1e-3)
    hour = heat.local_hour((DAYS.size - 1) * STEPS_OF_DAY, LON)
    surface, deep = heat.soil_temperatures(calm(), hour, np.float32(0.5), np.zeros_like(hour))
    assert (np.ptp(deep[-8:], axis=0) < 0.05 * np.ptp(surface[-8:], axis=0)).all()


def test_snow_keeps_soil_near_its_deep_temperature():
    hour = heat.local_hour((DAYS.size - 1) * STEPS_OF_DAY, LON)
    bare, _ = heat.soil_temperatures(calm(), hour, np.float32(0), np.zeros_like(hour))
    under, _ = heat.soil_temperatures(calm(), hour, np.float32(0), np.full_like(hour, 100.0))
    assert np.ptp(under[-8:]) < 0.1 * np.ptp(bare[-8:])


def test_freezing_slows_but_keeps_the_order():
    departure = np.linspace(-30, 30, 601).astype(np.float32)
    slowed = heat._slowed_by_freezing(WATER_FREEZING_POINT + departure) - WATER_FREEZING_POINT
    assert (np.diff(slowed) >= 0).all()
    assert (np.sign(slowed).round() == np.sign(departure)).mean() > 0.99
    assert slowed[departure > 0] == pytest.approx(departure[departure > 0], abs=1e-4)


def test_summer_is_in_july_in_the_north_and_in_january_in_the_south():
    year = np.arange("2015-01-01", "2016-01-01", dtype="datetime64[D]")
    lat = np.array([45.0, -30.0])
    mean, _ = heat.seasonal_temperature(year, lat, np.zeros(2, np.float32), np.zeros(2, np.uint8))
    warmest = year[mean.argmax(0)].astype("datetime64[M]").astype(int) % 12 + 1
    assert warmest.tolist() == [7, 1]


def test_weather_changes_less_in_the_tropics():
    shape = (DAYS.size, 2)
    mean, cycle = np.full(shape, 295, np.float32), np.zeros(shape, np.float32)
    weather = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    tropical = tropical_at(np.array([5.0, 45.0]))
    none = np.zeros(shape, np.float32)
    found = heat.daily_heat((mean, cycle), none, weather, np.float32(6), tropical)
    assert found.air[:, 0].std() < 0.5 * found.air[:, 1].std()


def test_wet_days_are_colder_in_summer_and_have_less_sway():
    shape = (2, 1)
    mean, cycle = np.full(shape, 295, np.float32), np.ones(shape, np.float32)
    wetness = np.array([[-1.0], [2.0]], np.float32)
    none = np.zeros(shape, np.float32)
    found = heat.daily_heat((mean, cycle), wetness, none, np.float32(6), np.float32(0))
    for values in (found.air, found.sway, found.clear):
        assert values[1, 0] < values[0, 0]


def test_demand_is_zero_in_the_polar_night_and_larger_in_summer():
    days = np.array(["2015-06-21", "2015-12-21"], "datetime64[D]")
    three = heat.DailyHeat(*(np.full((2, 2), v, np.float32) for v in (290.0, 290.0, 5.0, 1.0, 0)))
    demand = heat.potential_evaporation_hargreaves85(days, np.array([40.0, 75.0]), three)
    assert demand[1, 1] == pytest.approx(0, abs=1e-4)
    assert 4 < demand[0, 0] < 8
    assert demand[1, 0] < 0.5 * demand[0, 0]


def test_a_line_between_noons_meets_the_days():
    daily = np.array([[1.0], [3.0], [7.0]], np.float32)
    steps = heat.at_steps(daily)
    assert steps.shape == (16, 1)
    assert steps[[4, 12], 0].tolist() == [1.0, 3.0]
    assert steps[8, 0] == pytest.approx(2.0)
    assert steps[15, 0] == pytest.approx(3 + 4 * 9 / 24)
