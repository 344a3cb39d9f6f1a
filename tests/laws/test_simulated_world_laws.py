"""The truth of a simulated world: bounds, seeds, and what may not depend on what."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest

from made_settings import COLD, MILD, small_settings
from mcca_ml.config.simulate import DroughtSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth.fields import smoother, static_field
from mcca_ml.simulate.truth.imposed_signals import change_jobs
from mcca_ml.simulate.truth.land import make_land
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.patches import make_cells
from mcca_ml.simulate.truth.types import Land, Patch, State, Surface
from mcca_ml.simulate.truth.water import soil_properties

STATE = [field.name for field in fields(State)]


@pytest.fixture(scope="module")
def truth():
    return make_truth(small_settings())


def box_of(truth, name: str) -> slice:
    return next(patch.cells for patch in truth.cells.patches if patch.name == name)


def same(one, other, where=slice(None)) -> bool:
    return all(
        (getattr(one.state, n)[where] == getattr(other.state, n)[where]).all() for n in STATE
    )


def test_every_value_is_a_number_of_32_bits(truth):
    for name in STATE:
        values = getattr(truth.state, name)
        assert values.dtype == np.float32
        assert values.shape == (100 * 8, truth.cells.cell.size)
        assert np.isfinite(values).all()
    assert truth.time[[0, -1]].tolist() == [
        np.datetime64("2015-12-01T00:00:00").item(),
        np.datetime64("2016-03-09T21:00:00").item(),
    ]


def test_water_keeps_its_bounds(truth):
    state, land = truth.state, truth.land
    soil = soil_properties(land.clay, land.porosity, 0.0)
    assert (state.total_water >= soil.residual - 1e-6).all()
    assert (state.total_water <= land.porosity + 1e-6).all()
    assert (state.soil_moisture <= state.total_water).all()
    assert (state.soil_moisture > 0).all()
    for name in ("snow_water", "rain_rate", "vod_v", "vapour", "cloud_water"):
        assert (getattr(state, name) >= 0).all()


def test_ice_is_only_below_freezing_and_there_is_some(truth):
    state = truth.state
    has_ice = state.total_water - state.soil_moisture > 1e-6
    assert has_ice.any()
    assert (state.surface_temperature[has_ice] < WATER_FREEZING_POINT).all()


def test_snow_lies_on_the_plateau_in_winter_and_no_rain_falls_in_the_cold(truth):
    here = box_of(truth, "cold")
    assert truth.state.snow_water[:, here].max() > 1
    cold = truth.state.air_temperature < WATER_FREEZING_POINT - 1
    assert (truth.state.rain_rate[cold] == 0).all()


def test_same_seed_same_world_other_seed_other_world(truth):
    again, other = make_truth(small_settings()), make_truth(small_settings(seed=4))
    assert same(truth, again)
    assert not (other.state.rain_rate == truth.state.rain_rate).all()
    assert not (other.land.clay == truth.land.clay).all()


@pytest.mark.parametrize("boxes", [(MILD,), (MILD, COLD)])
def test_a_box_does_not_see_the_other_boxes(truth, boxes):
    other = make_truth(small_settings(box=boxes))
    here, there = box_of(truth, "mild"), box_of(other, "mild")
    for name in STATE:
        assert (getattr(truth.state, name)[:, here] == getattr(other.state, name)[:, there]).all()
    assert (truth.land.first.omega[here] == other.land.first.omega[there]).all()


def test_a_longer_world_begins_as_the_shorter(truth):
    longer = make_truth(small_settings(last_day=date(2016, 4, 20)))
    assert same(truth, longer, slice(0, truth.time.size))


def test_weather_of_a_day_does_not_depend_on_the_first_day(truth):
    later = make_truth(small_settings(first_day=date(2016, 1, 20)))
    rain = truth.state.rain_rate[-40 * 8 :]
    # What the spin-up begins with is all but forgotten; a drop at a threshold may still differ.
    differs = np.abs(later.state.rain_rate[-40 * 8 :] - rain) > 1e-3
    assert differs.mean() < 1e-3


@pytest.mark.parametrize("name", ["first", "second"])
def test_surfaces_are_possible(truth, name):
    surface = getattr(truth.land, name)
    assert (surface.vod_factor >= 0).all()
    assert (surface.moisture_factor > 0).all()
    assert ((surface.vod_exponent >= 0.3) & (surface.vod_exponent <= 0.6)).all()
    assert ((surface.omega >= 0) & (surface.omega <= 0.16)).all()


def test_both_surfaces_together_are_the_cell(truth):
    land = truth.land
    share = land.first_share
    assert ((share >= 0.5) & (share < 1)).all()
    for name in ("vod_factor", "moisture_factor"):
        first, second = getattr(land.first, name), getattr(land.second, name)
        assert share * first + (1 - share) * second == pytest.approx(1, abs=1e-5)


def test_land_is_consistent():
    settings = small_settings(box=(COLD.model_copy(update={"north": 37.0, "east": 95.0}),))
    cells = make_cells(settings)
    land = make_land(cells, settings)
    assert (land.clay + land.sand <= 1).all()
    assert land.porosity == pytest.approx(1 - land.bulk_density / 2.65, abs=1e-6)
    assert ((land.vod_ratio > 0.7) & (land.vod_ratio < 1.3)).all()
    assert 0 < (land.water_fraction > 0.05).mean() < 0.3
    assert 0 < land.has_rfi.mean() < 0.15
    assert (land.first.land_cover != land.second.land_cover).any()
    assert np.unique(land.climate).size == 2


def test_one_field_of_the_land_does_not_shift_another():
    patch = Patch("box", 130, 980, (9, 9), 0)
    smooth = smoother(patch, np.full(81, 34.0), 90.0)
    clay = static_field(smooth, 0, "box", "clay")
    assert (clay == static_field(smooth, 0, "box", "clay")).all()
    other = static_field(smooth, 0, "box", "sand")
    assert abs(np.corrcoef(clay, other)[0, 1]) < 0.9
    assert not (clay == other).any()


def test_sea_is_water():
    coast = MILD.model_copy(update={"south": 29.0, "north": 29.8, "west": -95.0, "east": -94.2})
    settings = small_settings(box=(coast,))
    cells = make_cells(settings)
    land = make_land(cells, settings)
    assert not cells.is_land.all()
    assert (land.water_fraction[~cells.is_land] == 1).all()
    assert (land.first.land_cover[~cells.is_land] == 0).all()
    assert not cells.is_core[~cells.is_land].any()


def test_rain_is_alike_nearby_and_less_so_far_away():
    wide = MILD.model_copy(update={"north": 37.2, "east": -90.0, "south": 36.6})
    settings = small_settings(
        box=(wide,), first_day=date(2015, 4, 1), last_day=date(2016, 3, 31), spin_up_days=30
    )
    truth = make_truth(settings)
    patch = truth.cells.patches[0]
    daily = truth.state.rain_rate.reshape(-1, 8, *patch.shape).mean(1)[:, patch.shape[0] // 2]
    alike = np.corrcoef(daily.T > 1 / 24)
    near, middle, far = (np.diag(alike, step).mean() for step in (1, 8, 25))
    assert near > 0.6
    assert near > middle + 0.1 > far + 0.2
    assert far > -0.1


def test_trend_and_drought_have_their_size():
    drought = DroughtSettings(
        box="mild", start=date(2015, 6, 1), end=date(2015, 8, 31), rain_factor=0.2
    )
    settings = small_settings(
        box=(COLD, MILD),
        first_day=date(2015, 5, 1),
        last_day=date(2015, 9, 30),
        trend=0.1,
        drought=(drought,),
    )
    truth = make_truth(settings)
    plain = make_truth(settings.model_copy(update={"trend": 0.0, "drought": ()}))
    mild = box_of(truth, "mild")
    days = truth.time.astype("datetime64[D]")
    during = (days >= np.datetime64("2015-06-01")) & (days <= np.datetime64("2015-08-31"))
    rain, before = (t.state.rain_rate[:, mild].astype(np.float64) for t in (truth, plain))
    assert rain[during].sum() == pytest.approx(0.2 * before[during].sum(), rel=1e-4)
    assert (rain[~during] == before[~during]).all()
    change = truth.state.total_water - plain.state.total_water
    at_end = change[-1, box_of(truth, "cold")]
    expected = 0.1 * (truth.time.size - 1) / 8 / 3652.5
    assert np.median(at_end) == pytest.approx(expected, rel=0.02)
    assert change[days < np.datetime64("2015-06-01")][:, mild] == pytest.approx(0, abs=1e-3)
    assert change[during][:, mild].mean() < -0.01

    found = {name: change for job in change_jobs(truth, settings) for name, change in job().items()}
    assert found["cold"]["trend"] == pytest.approx(0.1, rel=0.02)
    core = truth.cells.is_core[mild]
    beside = change - 0.1 / 3652.5 * np.arange(days.size)[:, None] / 8
    mean = beside[during][:, mild][:, core].mean()
    name = "drought 2015-06-01/2015-08-31"
    assert found["mild"][name] == pytest.approx(mean, abs=0.002)
    assert list(found["cold"]) == ["trend"]
    assert change_jobs(plain, small_settings()) == []


def test_vod_is_higher_in_summer():
    settings = small_settings(
        box=(COLD,), first_day=date(2015, 1, 1), last_day=date(2015, 12, 31), spin_up_days=200
    )
    truth = make_truth(settings)
    month = truth.time.astype("datetime64[M]").astype(int) % 12 + 1
    summer, winter = (truth.state.vod_v[month == m].mean() for m in (8, 2))
    assert summer > 1.5 * winter


def test_land_can_be_taken_cell_by_cell(truth):
    one = truth.land.at(slice(3, 4))
    assert isinstance(one, Land)
    assert isinstance(one.first, Surface)
    assert replace(one).clay == truth.land.clay[3]
