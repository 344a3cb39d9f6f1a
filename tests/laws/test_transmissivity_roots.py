"""The closed-form inverse of the tau-omega model: every root reproduces the observation."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcca_ml.physics.emission import brightness_temperature_mo82, transmissivity_roots

roots = jax.jit(transmissivity_roots)
brightness = jax.jit(brightness_temperature_mo82)
brightness_and_slope = jax.jit(jax.value_and_grad(brightness_temperature_mo82, argnums=3))
LAW = settings(deadline=None)  # the first example compiles
KELVIN = 2e-4  # six float32 spacings at 300 K


def number(low, high):
    """Any float32 between two bounds."""
    bounds = (float(np.float32(bound)) for bound in (low, high))
    return st.floats(*bounds, width=32, allow_subnormal=False).map(np.float32)


scene = {
    "r": number(0.0, 0.9),
    "soil": number(240.0, 330.0),
    "difference": st.sampled_from([0.0, 0.0, -15.0, -3.0, 3.0, 15.0]).map(np.float32),
    "omega": st.one_of(st.just(np.float32(0)), number(0.0, 0.3)),
}


@LAW
@given(**scene, gamma=number(0.0, 1.0))
def test_round_trip(r, soil, difference, omega, gamma):
    """One of both roots explains the observation, and so does the other where it is physical."""
    canopy = soil + difference
    tb = brightness(r, soil, canopy, gamma, omega)
    upper, lower, discriminant = roots(tb, r, soil, canopy, omega)
    assert np.isfinite([upper, lower, discriminant]).all()
    assert upper >= lower
    misfits = [abs(float(brightness(r, soil, canopy, root, omega) - tb)) for root in (upper, lower)]
    assert min(misfits) < KELVIN
    for root, misfit in zip((upper, lower), misfits, strict=True):
        # The floor of the leading coefficient makes the far root over a black surface unphysical.
        if r > 1e-6 and 0 <= root <= 1:
            assert misfit < KELVIN


@LAW
@given(**scene, gamma=number(0.0, 1.0))
def test_transmissivity_itself_comes_back_where_it_is_identifiable(
    r, soil, difference, omega, gamma
):
    """The error of the root is the error of TB over dTB/dgamma, nothing more."""
    canopy = soil + difference
    tb, slope = brightness_and_slope(r, soil, canopy, gamma, omega)
    if abs(slope) > 3:
        upper, lower, _ = roots(tb, r, soil, canopy, omega)
        assert min(abs(upper - gamma), abs(lower - gamma)) < 3 * KELVIN / abs(slope) + 1e-6


def test_round_trip_over_the_whole_range_at_once():
    rng = np.random.default_rng(7)
    r, gamma, omega = (rng.uniform(0, high, 100_000).astype("f4") for high in (0.9, 1.0, 0.3))
    soil = rng.uniform(240, 330, 100_000).astype("f4")
    canopy = soil + rng.choice(np.float32([0, 0, -10, 10]), 100_000)
    tb = brightness(r, soil, canopy, gamma, omega)
    upper, lower, _ = roots(tb, r, soil, canopy, omega)
    for root in (upper, lower):
        physical = (root >= 0) & (root <= 1)
        again = brightness(r, soil, canopy, root, omega)
        assert np.abs(np.where(physical, again - tb, 0)).max() < KELVIN
    hit = np.minimum(np.abs(upper - gamma), np.abs(lower - gamma)) < 1e-2
    assert hit.mean() > 0.995


@LAW
@given(
    tb=number(100.0, 350.0), r=number(0.0, 1.0), soil=number(240.0, 330.0),
    canopy=number(240.0, 330.0), omega=number(0.0, 0.3),
)  # fmt: skip
def test_no_observation_breaks_it(tb, r, soil, canopy, omega):
    """Impossible brightness temperatures, black surfaces, no scattering: finite, with gradients."""
    found = roots(tb, r, soil, canopy, omega)
    assert np.isfinite(found).all()
    for which in (0, 1, 2):
        slopes = gradients(which)(tb, r, soil, canopy, omega)
        assert np.isfinite(slopes).all()


_COMPILED = [
    jax.jit(jax.grad(lambda *scene, which=which: transmissivity_roots(*scene)[which], range(5)))
    for which in (0, 1, 2)
]


def gradients(which):
    return _COMPILED[which]


def test_negative_discriminant_gives_the_nearest_transmissivity_twice():
    """Brighter than any transmissivity allows: the parabola's vertex, where TB is largest."""
    r, soil, omega = map(np.float32, (0.05, 300.0, 0.15))
    gammas = np.linspace(0, 1, 100_001, dtype=np.float32)
    modelled = np.asarray(brightness(np.float32(0.9), soil, soil, gammas, omega))
    best = gammas[modelled.argmax()]
    upper, lower, discriminant = roots(modelled.max() + 1, np.float32(0.9), soil, soil, omega)
    assert discriminant < 0
    assert upper == lower
    np.testing.assert_allclose(upper, best, atol=2e-3)
    assert roots(np.float32(280), r, soil, soil, omega)[2] > 0


def test_both_roots_are_physical_over_dry_soil_at_v():
    """The trap of the method: e above 1 - omega with two transmissivities in (0, 1]."""
    r, temperature, omega = map(np.float32, (0.05, 300.0, 0.06))
    tb = brightness(r, temperature, temperature, np.float32(0.4), omega)
    upper, lower, _ = roots(tb, r, temperature, temperature, omega)
    assert tb > (1 - omega) * temperature
    np.testing.assert_allclose(lower, 0.4, atol=1e-3)
    # Vieta: the roots add up to (1 - r) omega / (r (1 - omega)) = 1.212766.
    np.testing.assert_allclose(upper, 0.812766, atol=1e-3)


def test_black_surface_leaves_the_lower_root():
    """TB is linear in transmissivity there; the upper root is far outside."""
    tb = brightness(*map(jnp.float32, (0.0, 300.0, 300.0, 0.3, 0.1)))
    upper, lower, _ = roots(tb, *map(jnp.float32, (0.0, 300.0, 300.0, 0.1)))
    np.testing.assert_allclose(lower, 0.3, atol=1e-5)
    assert 1e3 < upper < np.inf
