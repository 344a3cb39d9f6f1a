"""Each part of the simulated emission is what a simpler scene says it is."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from benchmarks.common.uniform_truth import uniform_land, uniform_state
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from mcca_ml.config.simulate import EffectSettings
from mcca_ml.physics.atmosphere import (
    COSMIC_BACKGROUND,
    absorption_at,
    brightness_temperature_through,
)
from mcca_ml.physics.snow import snow_covered_reflectivity_pulliainen99
from mcca_ml.sensors import AMSR2, SMAP
from mcca_ml.simulate.observe.emission import brightness_temperature

CHANNELS = (*SMAP.channels, *AMSR2.channels)
AT_V = np.array([channel.polarisation == "V" for channel in CHANNELS])
NONE = EffectSettings.none()
LAND, STATE = uniform_land(1), uniform_state(1)


def number(value):
    return np.full(1, value, np.float32)


def seen(land=LAND, state=STATE, effects=NONE):
    return brightness_temperature(land, state, number(0.9), CHANNELS, effects)[0]


def only(**sizes):
    return EffectSettings(**{**dict.fromkeys(EffectSettings.model_fields, 0.0), **sizes})


def test_two_surfaces_are_the_area_mean_of_two_cells():
    first = replace(LAND.first, vod_factor=number(0.6), moisture_factor=number(0.8))
    second = replace(
        LAND.first, vod_factor=number(1.6), moisture_factor=number(1.3), omega=number(0.1)
    )
    effects = only(second_surface=1.0, albedo_departure=1.0)
    mixed = seen(replace(LAND, first=first, second=second, first_share=number(0.6)), STATE, effects)

    def alone(vod, moisture, omega):
        surface = replace(LAND.first, omega=number(omega))
        state = replace(STATE, vod_v=number(0.2 * vod), soil_moisture=number(0.2 * moisture))
        return seen(replace(LAND, first=surface, second=surface), state, effects)

    expected = 0.6 * alone(0.6, 0.8, 0.07) + 0.4 * alone(1.6, 1.3, 0.1)
    np.testing.assert_allclose(mixed, expected, atol=2e-4, rtol=0)


def test_half_the_effect_of_two_surfaces_is_half_their_contrast():
    near, far = (
        (
            replace(LAND.first, vod_factor=number(1 - d)),
            replace(LAND.first, vod_factor=number(1 + d)),
        )
        for d in (0.2, 0.4)
    )
    half = number(0.5)
    whole, part = (
        seen(replace(LAND, first=a, second=b, first_share=half), STATE, only(second_surface=size))
        for (a, b), size in ((near, 1.0), (far, 0.5))
    )
    np.testing.assert_allclose(part, whole, atol=2e-4, rtol=0)


def test_the_ratio_of_vod_counts_at_h_only():
    ratio = seen(replace(LAND, vod_ratio=number(1.2)), effects=only(ratio_departure=1.0))
    more = seen(LAND, replace(STATE, vod_v=number(0.24)))
    np.testing.assert_allclose(ratio[AT_V], seen()[AT_V], atol=1e-4, rtol=0)
    np.testing.assert_allclose(ratio[~AT_V], more[~AT_V], atol=2e-4, rtol=0)
    np.testing.assert_array_equal(seen(replace(LAND, vod_ratio=number(1.2))), seen())


def test_the_albedo_follows_its_exponent():
    effects = only(albedo_exponent=-0.1)
    for index in (0, 2, 7):
        omega = 0.07 * (CHANNELS[index].frequency_ghz / 1.41) ** -0.1
        surface = replace(LAND.first, omega=number(omega))
        same = seen(replace(LAND, first=surface, second=surface), STATE, only(albedo_departure=1.0))
        assert seen(LAND, STATE, effects)[index] == pytest.approx(same[index], abs=2e-4)


def test_roughness_follows_its_exponent_and_moisture():
    index = 3  # 10.65H
    h = 0.13 * (10.65 / 1.41) ** 0.25
    exponent = seen(LAND, STATE, only(roughness_exponent=0.25))[index]
    moist = seen(LAND, STATE, only(moisture_roughness=0.5))[1]
    r_loss = np.cos(0.9) ** 2
    bare = replace(STATE, vod_v=number(0.0))
    # Bare soil at T: TB = T (1 - R exp(-h cos^2)), so the ratio of 1 - TB / T tells h.
    smooth_h, rougher_h = (
        1 - seen(LAND, bare, effects)[index] / 290
        for effects in (NONE, only(roughness_exponent=0.25))
    )
    assert np.log(smooth_h / rougher_h) == pytest.approx((h - 0.13) * r_loss, rel=1e-3)
    dry_h, moist_h = (
        1 - seen(LAND, bare, effects)[1] / 290 for effects in (NONE, only(moisture_roughness=0.5))
    )
    lost = 0.13 * 0.5 * 0.2 / 0.47
    assert np.log(moist_h / dry_h) == pytest.approx(lost * r_loss, rel=1e-3)
    assert exponent > seen()[index]
    assert moist < seen()[1]


def test_mixing_keeps_the_sum_of_both_polarisations_over_bare_soil():
    bare = replace(STATE, vod_v=number(0.0))
    without, mixed = (seen(LAND, bare, effects) for effects in (NONE, only(mixing=0.2)))
    for v, h in ((2, 3), (4, 5), (7, 8)):
        assert mixed[v] + mixed[h] == pytest.approx(without[v] + without[h], abs=1e-3)
        assert mixed[v] - mixed[h] < 0.85 * (without[v] - without[h])


def test_soil_and_canopy_temperatures_are_those_of_the_state():
    warm = replace(STATE, canopy_temperature=number(300.0))
    opaque = replace(warm, vod_v=number(60.0))
    np.testing.assert_allclose(
        seen(LAND, opaque, only(canopy_difference=0.5)), 295 * 0.93, rtol=1e-6
    )
    deep = replace(STATE, deep_temperature=number(280.0), vod_v=number(0.0))
    shown = seen(LAND, deep, only(deep_soil=1.0)) / seen(LAND, deep)
    assert shown[0] == pytest.approx((280 + 0.2414 * 10) / 290, abs=2e-4)
    assert shown[-1] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("water", [0.0, 0.4, 1.0])
def test_the_sky_is_reflected_by_what_does_not_emit(water):
    """Kirchhoff, scattering canopy included: air so thin that only the background is left."""
    land = replace(LAND, water_fraction=number(water))
    state = replace(STATE, vapour=number(0.0))
    ground = seen(land, state, only(open_water=1.0))
    added = seen(land, state, only(open_water=1.0, atmosphere=1e-6)) - ground
    expected = np.where([c.frequency_ghz > 3 for c in CHANNELS], 1 - ground / 290, 0) * 2.73
    np.testing.assert_allclose(added, expected, atol=2e-3)


@pytest.mark.parametrize("name", ["vapour", "cloud_water"])
def test_opacity_is_that_of_the_table(name):
    """Over black ground warmer than the air: ln of what is left is the slant opacity."""
    amount = 20.0 if name == "vapour" else 0.5
    surface = replace(LAND.first, omega=number(0.0))
    land = replace(LAND, first=surface, second=surface)
    clear = replace(
        STATE, vod_v=number(60.0), vapour=number(0.0), surface_temperature=number(310.0)
    )
    cloudy = replace(clear, **{name: number(amount)})
    effects = only(atmosphere=1.0, albedo_departure=1.0)
    left = [seen(land, state, effects) - 0.94 * 290 for state in (clear, cloudy)]
    opacity = np.log(left[0] / left[1]) * np.cos(0.9)
    # Vapour as in the table; cloud as ITU-R P.840 has it at 0 C, 0.31564 dB at 18.7 GHz.
    at_18 = absorption_at(18.7).vapour * 20 if name == "vapour" else 0.31564 / 4.343 * 0.5
    assert opacity[4] == pytest.approx(at_18, rel=0.05)
    assert opacity[0] == 0


@given(reflectivity=st.floats(0, 1), opacity=st.floats(0, 2))
@settings(deadline=None, max_examples=at_most(30))
def test_air_shines_up_and_its_reflection_comes_through_it_again(reflectivity, opacity):
    tb = brightness_temperature_through(
        *map(jnp.float32, (200.0, reflectivity, opacity, 260.0, 0.9))
    )
    t = np.exp(-opacity / np.cos(0.9))
    down = 260 * (1 - t) + t * COSMIC_BACKGROUND
    assert float(tb) == pytest.approx(260 * (1 - t) + t * (200 + reflectivity * down), rel=1e-5)


@given(r=st.floats(0, 1), water=st.floats(0, 500))
@settings(deadline=None, max_examples=at_most(30))
def test_snow_that_does_not_scatter_only_hides_the_ground(r, water):
    """Energy: an absorbing layer over a mirror reflects r t^2, whatever it emits itself."""
    mirror, ground, deeper = (
        float(
            snow_covered_reflectivity_pulliainen99(
                *map(jnp.float32, (value, depth * water, 0.0, 0.9, 36.5e9))
            )
        )
        for value, depth in ((1.0, 1), (r, 1), (1.0, 2))
    )
    assert ground == pytest.approx(r * mirror, abs=1e-5)
    assert deeper == pytest.approx(mirror**2, abs=1e-5)


def test_open_water_is_mixed_in_by_its_share():
    none, half, whole = (
        seen(replace(LAND, water_fraction=number(share)), STATE, only(open_water=1.0))
        for share in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(half, (none + whole) / 2, atol=1e-4, rtol=0)
    assert (whole < none).all()
