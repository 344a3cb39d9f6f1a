"""What simulated SMAP granules hold of the truth: places, temperatures, looks, days."""

from dataclasses import replace

import numpy as np
import pytest

from made_world import small_truth
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings
from mcca_ml.grid import ease2
from mcca_ml.physics.temperature import SMAP_WEIGHT_AM, SMAP_WEIGHT_PM
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.observe.instrument import Instrument
from mcca_ml.simulate.observe.observe_1c import cell_tb
from mcca_ml.simulate.observe.observe_smap import look_name, observe, overpasses
from mcca_ml.simulate.observe.smap_cells import GRID, over_cells, targets
from mcca_ml.simulate.observe.smap_day import compose_day, merge_patches
from mcca_ml.simulate.observe.truth_slice import slice_truth, state_at

CLEAN = InstrumentSettings(
    noise=0, geolocation_sd=0, rfi_l_band=0, temperature_sd=0, clay_sd=0, water_left=0
)
WITH_WATER = EffectSettings.none().model_copy(update={"open_water": 1.0})
FIRST, LAST = np.datetime64("2015-07-02"), np.datetime64("2015-07-04")


def seen_with(settings):
    return Instrument(SMAP, settings, WITH_WATER, 0)


@pytest.fixture(scope="module")
def piece():
    truth = small_truth(days=6)
    return slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])


@pytest.fixture(scope="module")
def passes(piece):
    """Passes without any error: overpass and look, and the target."""
    seen = seen_with(CLEAN)
    target = targets(piece, seen)
    found = overpasses(piece, seen, target, FIRST, LAST)
    return target, [(over, observe(piece, seen, target, over)) for over in found]


def below(piece, target):
    """Cells of the patch in which the centres of the target lie."""
    row, column = ease2.find_cell(ease2.M25, target.lat, target.lon)
    cell = row.astype(np.int64) * ease2.M25.columns + column
    return np.searchsorted(piece.cells.cell, cell)


def test_without_footprints_a_cell_sees_what_lies_at_its_centre(piece):
    point = targets(piece, seen_with(CLEAN.model_copy(update={"has_footprints": False})))
    here = below(piece, point)
    assert point.row.size > 10
    # Where a centre lies within 2 km of an edge it sees two cells.
    is_alike = np.abs(point.clay - piece.land.clay[here]) < 1e-3
    assert is_alike.mean() > 0.7
    wide = targets(piece, seen_with(CLEAN))
    assert (np.abs(wide.clay - piece.land.clay[below(piece, wide)]) < 1e-3).mean() < 0.2


def test_without_errors_the_brightness_is_that_of_land_at_the_time_of_the_pass(piece, passes):
    target, found = passes
    assert len(found) >= 3
    for over, look in found:
        known = np.sort(over.flown.obs_time[~np.isnat(over.flown.obs_time)])
        when = known[[known.size // 2]]
        angle = np.full(1, np.deg2rad(40.0), np.float32)
        dry = replace(piece, land=replace(piece.land, water_fraction=0 * piece.land.clay))
        for land, given in (
            (dry, (look.tb_v, look.tb_h)),
            (piece, (look.tb_v_uncorrected, look.tb_h_uncorrected)),
        ):
            field = cell_tb(land, seen_with(CLEAN), when, angle)[0]
            for channel, tb in enumerate(given):
                np.testing.assert_allclose(
                    tb, over_cells(target.shares, field[:, channel]), atol=2e-3
                )


def test_the_morning_flies_south_and_weighs_the_deep_soil(piece, passes):
    target, found = passes
    looks = set()
    for over, look in found:
        name = look_name(over.flown)
        looks.add(name)
        known = ~np.isnat(look.obs_time)
        hour = (look.obs_time[known] - look.obs_time[known].astype("M8[D]")) / np.timedelta64(
            1, "h"
        )
        local = (hour + target.lon[known] / 15) % 24
        assert np.abs(local - {"am": 6, "pm": 18}[name]).max() < 1.5
        state = over.state
        weight = {"am": SMAP_WEIGHT_AM, "pm": SMAP_WEIGHT_PM}[name]
        wanted = state.deep_temperature + weight * (
            state.surface_temperature - state.deep_temperature
        )
        np.testing.assert_allclose(
            look.soil_temperature, over_cells(target.shares, wanted), atol=1e-2
        )
    assert looks == {"am", "pm"}


def test_the_state_of_a_pass_is_that_of_its_time(piece, passes):
    _, found = passes
    over, _ = found[0]
    known = np.sort(over.flown.obs_time[~np.isnat(over.flown.obs_time)])
    state = state_at(piece, known[[known.size // 2]])
    np.testing.assert_array_equal(over.state.soil_moisture, state.soil_moisture[0])


def test_errors_of_the_granule_have_the_size_of_the_settings(piece, passes):
    target, found = passes
    over, clean = found[0]
    rough = CLEAN.model_copy(update={"noise": 1.0, "temperature_sd": 2.0, "water_left": 0.5})
    seen = seen_with(rough)
    look = observe(piece, seen, targets(piece, seen), over)
    assert 0.6 < (look.tb_v_uncorrected - clean.tb_v_uncorrected).std() < 2.2
    # V and H see the same share of water that is left; noise is in both.
    left = (look.tb_h - look.tb_h_uncorrected) / (clean.tb_h - clean.tb_h_uncorrected)
    wet = np.abs(clean.tb_h - clean.tb_h_uncorrected) > 0.5
    np.testing.assert_allclose(left[wet], 0.5, atol=0.01)
    assert 0.5 < (look.soil_temperature - clean.soil_temperature).std() < 3.0
    again = observe(piece, seen, targets(piece, seen), over)
    np.testing.assert_array_equal(again.tb_v, look.tb_v)
    assert target.row.size == look.row.size


def at_hours(look, hours, day="2015-07-03"):
    """A look whose cells were all passed at some local hour of a UTC day, marked by its TB."""
    passed = np.mod(hours - ease2.longitude(GRID)[look.column] / 15, 24)
    time = np.datetime64(day, "ns") + np.rint(passed * 3600e9).astype("m8[ns]")
    tb = np.full(look.row.size, 200 + hours, np.float32)
    return replace(look, obs_time=time, tb_v=tb)


def test_of_the_passes_of_a_day_the_one_nearest_to_the_hour_is_kept(passes):
    look = passes[1][0][1]
    early, near, late = (at_hours(look, hours) for hours in (4.5, 6.5, 8.0))
    elsewhen = at_hours(look, 6.0, "2015-07-02")
    kept = compose_day([early, elsewhen, late, near], np.datetime64("2015-07-03"), "am")
    assert set(kept.tb_v) == {np.float32(206.5)}
    half = np.arange(look.row.size) % 2 == 0
    unseen = replace(near, obs_time=np.where(half, near.obs_time, np.datetime64("NaT", "ns")))
    kept = compose_day([unseen, late], np.datetime64("2015-07-03"), "am")
    np.testing.assert_array_equal(kept.tb_v, np.where(half, 206.5, 208).astype(np.float32))
    assert compose_day([elsewhen], np.datetime64("2015-07-03"), "am") is None
    assert compose_day([], np.datetime64("2015-07-03"), "am") is None


def test_a_cell_of_two_patches_is_that_of_the_first(passes):
    look = passes[1][0][1]
    first, second = at_hours(look, 6.0), at_hours(look, 7.0)
    both = merge_patches([first, second])
    assert both.row.size == look.row.size
    assert set(both.tb_v) == {np.float32(206.0)}
