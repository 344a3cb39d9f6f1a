"""What holds for the simulated brightness temperature of every land, state and effect."""

from dataclasses import fields, replace

import jax.numpy as jnp
import numpy as np
import pytest
from benchmarks.common.uniform_truth import uniform_land, uniform_state
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from mcca_ml.config.simulate import EffectSettings
from mcca_ml.physics.atmosphere import COSMIC_BACKGROUND, brightness_temperature_through
from mcca_ml.physics.snow import snow_covered_reflectivity_pulliainen99
from mcca_ml.sensors import AMSR2, SMAP
from mcca_ml.simulate.observe.emission import brightness_temperature
from mcca_ml.simulate.truth.types import Land, State, Surface

CHANNELS = (*SMAP.channels, *AMSR2.channels)
NAMES = [channel.name for channel in CHANNELS]
LAW = settings(deadline=None, max_examples=at_most(20))
ALL, NONE = EffectSettings(), EffectSettings.none()
RANGES = {
    "clay": (0.02, 0.6), "porosity": (0.35, 0.6), "water_fraction": (0.0, 1.0),
    "elevation": (-300.0, 5500.0), "first_share": (0.5, 1.0), "vod_ratio": (0.8, 1.2),
    "roughness_h": (0.0, 0.6), "omega": (0.0, 0.16), "vod_factor": (0.2, 2.5),
    "moisture_factor": (0.5, 1.6), "vod_exponent": (0.3, 0.6), "soil_moisture": (0.0, 0.6),
    "total_water": (0.0, 0.6), "surface_temperature": (230.0, 330.0),
    "deep_temperature": (240.0, 310.0), "canopy_temperature": (230.0, 325.0),
    "air_temperature": (230.0, 320.0), "vod_v": (0.0, 1.5), "snow_water": (0.0, 300.0),
    "rain_rate": (0.0, 30.0), "vapour": (0.0, 60.0), "cloud_water": (0.0, 1.0),
}  # fmt: skip


def seen(land, state, effects=ALL, incidence=55.0, channels=CHANNELS):
    angle = np.full(state.vod_v.size, np.deg2rad(incidence), np.float32)
    return brightness_temperature(land, state, angle, channels, effects)


def drawn(seed: int, count: int = 200) -> tuple[Land, State]:
    """Any land and state; independent values, so that corners are met."""
    rng = np.random.default_rng(seed)

    def some(of):
        values = {
            field.name: rng.uniform(*RANGES[field.name], count).astype(np.float32)
            for field in fields(of)
            if field.name in RANGES
        }
        return replace(of, **values)

    land = some(uniform_land(count))
    surfaces: dict[str, Surface] = {"first": some(land.first), "second": some(land.second)}
    return replace(land, **surfaces), some(uniform_state(count))


def varied(name: str, *values: float) -> State:
    return replace(uniform_state(len(values)), **{name: np.array(values, np.float32)})


@LAW
@given(seed=st.integers(0, 2**31), effects=st.sampled_from([ALL, NONE]))
def test_brightness_lies_between_the_sky_and_the_warmest_part(seed, effects):
    land, state = drawn(seed)
    tb = seen(land, state, effects, incidence=seed % 60)
    warmest = np.max(
        [
            state.surface_temperature,
            state.deep_temperature,
            state.canopy_temperature,
            state.air_temperature,
        ],
        axis=0,
    )
    assert tb.min() > COSMIC_BACKGROUND
    assert (tb <= warmest[:, None] * (1 + 1e-6)).all()


@LAW
@given(seed=st.integers(0, 2**31))
def test_isothermal_ground_is_never_brighter_than_warm_without_air(seed):
    land, state = drawn(seed)
    warm = dict.fromkeys(("deep_temperature", "canopy_temperature"), state.surface_temperature)
    no_air = ALL.model_copy(update={"atmosphere": 0.0, "rain": 0.0})
    tb = seen(land, replace(state, **warm), no_air)
    assert (tb <= state.surface_temperature[:, None] * (1 + 1e-6)).all()


@LAW
@given(seed=st.integers(0, 2**31))
def test_a_case_does_not_see_its_neighbours(seed):
    land, state = drawn(seed)
    chosen = np.random.default_rng(seed).permutation(200)[:3]
    np.testing.assert_array_equal(
        seen(land, state)[chosen], seen(land.at(chosen), state.at(chosen))
    )


def test_many_cases_are_cut_into_blocks_and_none_is_lost():
    land, state = drawn(1, 9001)
    tb = seen(land, state)
    assert tb.shape == (9001, len(CHANNELS))
    assert tb.dtype == np.float32
    ends = np.array([0, 4095, 4096, 9000])
    np.testing.assert_array_equal(tb[ends], seen(land.at(ends), state.at(ends)))


def test_no_case_gives_no_row():
    assert seen(uniform_land(0), uniform_state(0)).shape == (0, len(CHANNELS))


def test_what_is_not_known_is_nan_in_its_case_alone():
    state = varied("vod_v", 0.2, np.nan, 0.2)
    assert np.isnan(seen(uniform_land(3), state)).all(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize("temperature", [250.0, 300.0])
def test_black_canopy_shows_its_temperature(temperature):
    """Infinitely dense vegetation that does not scatter is a black body, whatever the soil."""
    state = replace(varied("vod_v", 50.0), canopy_temperature=np.full(1, temperature, np.float32))
    land = uniform_land(1)
    black = replace(land.first, omega=np.zeros(1, np.float32))
    land = replace(land, first=black, second=black)
    scattering = NONE.model_copy(update={"albedo_departure": 1.0, "canopy_difference": 1.0})
    np.testing.assert_allclose(seen(land, state, scattering), temperature, rtol=1e-6)


@given(ground=st.floats(100, 320), opacity=st.floats(0, 20), reflectivity=st.floats(0, 1))
@settings(deadline=None, max_examples=at_most(50))
def test_opaque_air_shows_its_temperature_and_clear_air_the_ground(ground, opacity, reflectivity):
    tb = brightness_temperature_through(
        jnp.float32(ground), jnp.float32(reflectivity), jnp.float32(opacity), jnp.float32(270),
        jnp.float32(0.96),
    )  # fmt: skip
    clear = ground + reflectivity * COSMIC_BACKGROUND
    assert min(clear, 270) - 1e-2 <= tb <= max(clear, 270) + 270 * reflectivity + 1e-2
    if opacity > 10:
        assert float(tb) == pytest.approx(270, abs=1e-2)


def test_isothermal_black_body_under_isothermal_air_shows_its_temperature():
    """Kirchhoff: what reflects nothing under air of its own temperature cannot be told from it."""
    tb = brightness_temperature_through(*map(jnp.float32, (270, 0, 0.3, 270, 0.9)))
    assert float(tb) == pytest.approx(270, rel=1e-6)


def test_wet_soil_is_colder_at_every_channel():
    tb = seen(uniform_land(8), varied("soil_moisture", *np.linspace(0.03, 0.45, 8)))
    assert (np.diff(tb, axis=0) < 0).all()


def test_bare_soil_is_brighter_at_v_and_vegetation_closes_the_gap():
    tb = seen(uniform_land(5), varied("vod_v", 0.0, 0.1, 0.3, 0.6, 1.2))
    for low in ("1.41", "10.65", "18.7", "36.5"):
        v, h = tb[:, NAMES.index(f"{low}V")], tb[:, NAMES.index(f"{low}H")]
        mpdi = (v - h) / (v + h)
        assert mpdi[0] > 0.02
        assert (np.diff(mpdi) < 0).all()


def test_rain_brightens_water_and_l_band_does_not_see_it():
    water = replace(uniform_land(4), water_fraction=np.ones(4, np.float32))
    tb = seen(water, varied("rain_rate", 0.0, 1.0, 5.0, 20.0))
    above = np.array([not name.startswith("1.41") for name in NAMES])
    assert (np.diff(tb[:, above], axis=0) > 0).all()
    assert (tb[:, ~above] == tb[0, ~above]).all()


def test_rain_from_freezing_air_is_not_seen():
    cold = replace(varied("rain_rate", 0.0, 5.0), air_temperature=np.full(2, 270, np.float32))
    tb = seen(uniform_land(2), cold)
    np.testing.assert_array_equal(tb[0], tb[1])


def frozen(*snow_water: float) -> State:
    """Frozen ground under snow."""
    temperatures = {
        f"{part}_temperature": np.full(len(snow_water), 265.0, np.float32)
        for part in ("surface", "deep", "canopy", "air")
    }
    few = np.full(len(snow_water), 0.05, np.float32)
    return replace(varied("snow_water", *snow_water), soil_moisture=few, vod_v=few, **temperatures)


def test_snow_lowers_high_frequencies_more():
    tb = seen(uniform_land(3), frozen(0, 50, 150))
    fall = tb[0] - tb[2]
    at = {name: fall[i] for i, name in enumerate(NAMES)}
    assert abs(at["1.41V"]) < 0.5
    assert at["36.5V"] > at["18.7V"] > at["10.65V"] > at["1.41V"]
    assert at["36.5V"] > 20
    assert (np.diff(tb[:, NAMES.index("36.5V")]) < 0).all()


@LAW
@given(r=st.floats(0, 1), water=st.floats(0, 500), grain=st.floats(0, 1.6), ghz=st.floats(1, 40))
def test_ground_under_snow_reflects_between_0_and_1(r, water, grain, ghz):
    covered = snow_covered_reflectivity_pulliainen99(
        *map(jnp.float32, (r, water, grain, 0.96, ghz * 1e9))
    )
    assert -1e-6 <= covered <= 1 + 1e-6


def test_ice_makes_frozen_ground_colder():
    icy = replace(frozen(0, 0), total_water=np.array([0.05, 0.35], np.float32))
    tb = seen(uniform_land(2), icy)
    assert (tb[1] < tb[0]).all()


def test_open_water_is_cold_and_its_ice_is_not():
    water = replace(uniform_land(2), water_fraction=np.ones(2, np.float32))
    tb = seen(water, varied("deep_temperature", 280.0, 265.0), channels=AMSR2.channels)
    assert (tb[1] - tb[0] > 10).all()
    names = [channel.name for channel in AMSR2.channels]
    assert 70 < tb[0, names.index("10.65H")] < 100  # as AMSR-E sees calm lakes and sea
