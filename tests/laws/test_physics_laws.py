"""What holds for every soil, canopy and angle."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.emission import brightness_temperature_mo82, optical_depth, transmissivity
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import rough_reflectivity_wang81

L_BAND = jnp.float32(1.41e9)
LAW = settings(deadline=None)  # the first example compiles

brightness = jax.jit(brightness_temperature_mo82)
rough = jax.jit(rough_reflectivity_wang81)
through = jax.jit(transmissivity)
depth = jax.jit(optical_depth)


@jax.jit
def fresnel(real, imaginary, incidence):
    return fresnel_reflectivity(jax.lax.complex(real, imaginary), incidence)


def number(low, high):
    """Any float32 between two bounds."""
    bounds = (float(np.float32(bound)) for bound in (low, high))
    return st.floats(*bounds, width=32, allow_subnormal=False).map(np.float32)


fraction = number(0.0, 1.0)
kelvin = number(200.0, 340.0)
angle = number(0.0, 1.5)
moisture = number(0.0, 0.5)
clay = number(0.0, 0.5)


@LAW
@given(real=number(1.0, 100.0), imaginary=number(0.0, 100.0), incidence=angle)
def test_reflectivity_lies_between_0_and_1(real, imaginary, incidence):
    r_v, r_h = fresnel(real, imaginary, incidence)
    assert 0 <= r_v <= 1
    assert 0 <= r_h <= 1


@LAW
@given(real=number(1.0, 100.0), imaginary=number(0.0, 100.0), incidence=angle)
def test_v_never_reflects_more_than_h(real, imaginary, incidence):
    r_v, r_h = fresnel(real, imaginary, incidence)
    assert r_v <= r_h + 2e-6


@LAW
@given(real=number(1.1, 60.0))
def test_v_is_not_reflected_at_brewsters_angle(real):
    brewster = np.float32(np.arctan(np.sqrt(float(real))))
    r_v, r_h = fresnel(real, np.float32(0), brewster)
    assert r_v < 1e-9
    # Textbook: there the ray inside is at a right angle to the reflected one.
    assert r_h == pytest.approx(((real - 1) / (real + 1)) ** 2, rel=1e-3, abs=1e-6)


@LAW
@given(
    r_v=fraction, r_h=fraction, h=number(0.0, 3.0), q=number(0.0, 0.5), n=number(0.0, 2.0),
    incidence=angle,
)  # fmt: skip
def test_roughness_mixes_and_loses_but_never_adds(r_v, r_h, h, q, n, incidence):
    rough_v, rough_h = rough(r_v, r_h, h, q, n, incidence)
    assert rough_v >= 0
    assert rough_h >= 0
    assert rough_v + rough_h <= (r_v + r_h) * (1 + 1e-6)
    assert max(rough_v, rough_h) <= max(r_v, r_h) * (1 + 1e-6)


@LAW
@given(temperature=kelvin, gamma=fraction)
def test_isothermal_black_body_shows_its_temperature(temperature, gamma):
    zero = np.float32(0)
    tb = brightness(zero, temperature, temperature, gamma, zero)
    assert tb == pytest.approx(temperature, rel=3e-7)


@LAW
@given(r=fraction, temperature=kelvin, gamma=fraction, omega=fraction)
def test_isothermal_scene_is_never_brighter_than_warm(r, temperature, gamma, omega):
    tb = brightness(r, temperature, temperature, gamma, omega)
    assert 0 <= tb <= temperature * (1 + 1e-6)


@LAW
@given(r=fraction, temperature=kelvin, gamma=fraction)
def test_energy_is_conserved_without_scattering(r, temperature, gamma):
    """Kirchhoff: what an isothermal scene emits is what it does not reflect, T (1 - r gamma^2)."""
    tb = brightness(r, temperature, temperature, gamma, np.float32(0))
    assert tb == pytest.approx(temperature * (1 - r * gamma**2), rel=1e-6, abs=1e-3)


@LAW
@given(
    r=fraction, soil=kelvin, canopy=kelvin, gamma=fraction, omega=number(0.0, 0.3)
)  # fmt: skip
def test_brightness_lies_between_nothing_and_the_warmer_part(r, soil, canopy, gamma, omega):
    tb = brightness(r, soil, canopy, gamma, omega)
    assert 0 <= tb <= max(soil, canopy) * (1 + 1e-6)


@LAW
@given(vod=number(0.0, 5.0), incidence=number(0.0, 1.2))
def test_optical_depth_inverts_transmissivity(vod, incidence):
    found = depth(through(vod, incidence), incidence)
    assert found == pytest.approx(vod, rel=2e-5, abs=1e-6)


def l_band(m, texture, vod, incidence):
    """TB at V and H of a smooth soil under a canopy at 290 K without scattering."""
    reflectivity = fresnel_reflectivity(soil_permittivity_mironov09(m, texture, L_BAND), incidence)
    gamma = transmissivity(vod, incidence)
    warm, zero = jnp.float32(290), jnp.float32(0)
    return jnp.stack(
        [brightness_temperature_mo82(r, warm, warm, gamma, zero) for r in reflectivity]
    )


sensitivity = jax.jit(jax.jacfwd(l_band))
slopes = jax.jit(jax.jacrev(l_band, argnums=(0, 1, 2, 3)))


@LAW
@given(m=moisture, texture=clay, incidence=number(0.0, 1.0))
def test_dense_canopy_hides_the_soil(m, texture, incidence):
    assert np.abs(sensitivity(m, texture, np.float32(8.0), incidence)).max() < 1e-3
    assert np.abs(sensitivity(m, texture, np.float32(0.0), incidence)).max() > 10


@LAW
@given(m=number(0.02, 0.5), texture=clay)
def test_wetter_soil_is_colder_at_40_degrees(m, texture):
    assert (sensitivity(m, texture, np.float32(0.2), np.float32(0.7)) < 0).all()


def test_permittivity_grows_with_moisture():
    """Both parts, for every clay up to half; the dry end is a mixture of rock and air."""
    m = jnp.asarray(np.linspace(0.002, 0.5, 250, dtype=np.float32))
    for texture in jnp.asarray(np.linspace(0.0, 0.5, 11, dtype=np.float32)):
        eps = np.asarray(soil_permittivity_mironov09(m, texture, L_BAND))
        assert (np.diff(eps.real) > 0).all()
        assert (np.diff(eps.imag) > 0).all()
        assert 2 < eps.real[0] < 4
        assert eps.imag[0] >= 0


@LAW
@given(m=moisture, texture=clay, vod=number(0.0, 2.0), incidence=angle)
def test_gradients_are_finite_everywhere(m, texture, vod, incidence):
    assert all(np.isfinite(part).all() for part in slopes(m, texture, vod, incidence))
