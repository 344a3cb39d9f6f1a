"""Effects of the simulated emission: off they leave the model of the retrieval, on they show."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.common.uniform_truth import uniform_land, uniform_state

from mcca_ml.config.simulate import EffectSettings
from mcca_ml.errors import ConfigError
from mcca_ml.sensors import AMSR2, SMAP, TMI
from mcca_ml.simulate.observe.emission import brightness_temperature
from mcca_ml.simulate.scene import scene_tb, uniform_scene

ALL, NONE = EffectSettings(), EffectSettings.none()
X_BAND = AMSR2.channels[:2]
OFF = {name: ALL.model_copy(update={name: 0.0}) for name in EffectSettings.model_fields}


def seen(land, state, effects, incidence, channels):
    angle = np.full(state.vod_v.size, np.deg2rad(incidence), np.float32)
    return brightness_temperature(land, state, angle, channels, effects)


@pytest.mark.parametrize(("sensor", "incidence"), [(SMAP, 40.0), (AMSR2, 55.0)])
def test_without_effects_it_is_the_model_of_the_retrieval(sensor, incidence):
    rng = np.random.default_rng(3)
    moisture, vod = (rng.uniform(0.02, top, 500).astype(np.float32) for top in (0.45, 1.2))
    state = replace(uniform_state(500), soil_moisture=moisture, vod_v=vod)
    ours = seen(uniform_land(500), state, NONE, incidence, sensor.channels)
    scene = uniform_scene(moisture, vod, incidence_deg=incidence)
    # Float32 at 300 K has steps of 3e-5 K.
    np.testing.assert_allclose(ours, scene_tb(scene, sensor.channels), atol=2e-4, rtol=0)


def test_without_effects_nothing_but_the_retrievals_state_counts():
    land, state = uniform_land(1), uniform_state(1)
    one = np.ones(1, np.float32)
    strange_land = replace(land, water_fraction=one, elevation=4000 * one)
    strange = replace(
        state,
        deep_temperature=270 * one,
        canopy_temperature=300 * one,
        air_temperature=310 * one,
        snow_water=100 * one,
        total_water=0.4 * one,
        rain_rate=5 * one,
        vapour=60 * one,
        cloud_water=one,
    )
    expected = seen(land, state, NONE, 55.0, AMSR2.channels)
    np.testing.assert_array_equal(seen(strange_land, strange, NONE, 55.0, AMSR2.channels), expected)


def patchy_case():
    """Everything that an effect acts on: two surfaces, water, frozen ground, snow, rain."""
    one = np.ones(1, np.float32)
    land = uniform_land(1)
    dense = replace(land.first, vod_factor=1.6 * one, omega=0.09 * one, moisture_factor=1.2 * one)
    sparse = replace(
        land.first, vod_factor=0.6 * one, omega=0.06 * one, moisture_factor=0.867 * one
    )
    land = replace(
        land,
        first=sparse,
        second=dense,
        first_share=0.6 * one,
        water_fraction=0.03 * one,
        vod_ratio=1.1 * one,
    )
    state = replace(
        uniform_state(1),
        surface_temperature=286 * one,
        canopy_temperature=288 * one,
        total_water=0.25 * one,
        snow_water=20 * one,
        rain_rate=one,
    )
    return land, state


@pytest.mark.parametrize("name", OFF)
def test_every_effect_shows_at_10_ghz_and_moves_no_more_than_is_plausible(name):
    land, state = patchy_case()
    moved = seen(land, state, ALL, 55.0, X_BAND) - seen(land, state, OFF[name], 55.0, X_BAND)
    assert 0.02 < abs(moved).max() < 12


@pytest.mark.parametrize(
    "name", ["roughness_exponent", "mixing", "albedo_exponent", "atmosphere", "rain"]
)
def test_effects_of_frequency_and_air_leave_l_band_alone(name):
    land, state = patchy_case()
    with_it, without = (seen(land, state, e, 40.0, SMAP.channels) for e in (ALL, OFF[name]))
    np.testing.assert_allclose(with_it, without, atol=1e-4, rtol=0)


@pytest.mark.parametrize("effects", [ALL, NONE])
def test_moist_and_dry_soil_differ_at_10_ghz_only_where_vegetation_grows_slowly(effects):
    """VOD 0.2 at L-band: with x = 0.4 the moisture is seen by 10.65H, with x = 1 hardly."""
    contrast = {}
    for exponent in (0.4, 1.0):
        land = uniform_land(2)
        surface = replace(land.first, vod_exponent=np.full(2, exponent, np.float32))
        land = replace(land, first=surface, second=surface)
        state = replace(uniform_state(2), soil_moisture=np.array([0.05, 0.25], np.float32))
        dry, moist = seen(land, state, effects, 55.0, X_BAND)[:, 1]
        contrast[exponent] = dry - moist
    assert 11 < contrast[0.4] < 18
    assert 0.3 < contrast[1.0] < 1.0


def test_two_surfaces_differ_from_their_mean_though_the_mean_is_the_same():
    land, state = patchy_case()
    first, second, share = land.first, land.second, land.first_share
    mean = share * first.vod_factor + (1 - share) * second.vod_factor
    np.testing.assert_allclose(mean, 1.0, rtol=1e-3)
    one_surface = seen(land, state, OFF["second_surface"], 55.0, X_BAND)
    assert (abs(seen(land, state, ALL, 55.0, X_BAND) - one_surface) > 0.1).any()


def test_channels_of_another_sensor_are_known():
    tb = seen(uniform_land(1), uniform_state(1), ALL, 52.8, TMI.channels)
    near = seen(uniform_land(1), uniform_state(1), ALL, 52.8, AMSR2.channels)
    assert tb[0, 0] == near[0, 0]  # 10.65 V
    assert tb[0, 2] == pytest.approx(near[0, 2], abs=1.0)  # 19.35 and 18.7 V


def test_none_switches_everything_off():
    assert set(NONE.model_dump().values()) == {0.0}


def test_every_effect_states_unit_and_reason():
    for name, field in EffectSettings.model_fields.items():
        assert "[1]" in field.description or "[mm]" in field.description, name
        assert len(field.description) > 40, name


def test_an_unknown_effect_is_refused():
    with pytest.raises(ConfigError, match="unknown key"):
        EffectSettings(fog=1.0)
