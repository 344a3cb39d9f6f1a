"""Every physics function: one cell equals many, under jit, vmap and broadcasting, in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mcca_ml.physics import dielectric, emission, reflectivity, roughness, temperature, water

RANGES = {
    "soil_moisture": (0.02, 0.5),
    "clay": (0.05, 0.5),
    "temperature": (280.0, 305.0),
    "frequency": (1.41e9, 1.8e10),
    "permittivity": (3.0, 30.0),
    "incidence": (0.1, 1.0),
    "r": (0.05, 0.6),
    "h": (0.0, 1.0),
    "q": (0.0, 0.3),
    "n": (0.0, 2.0),
    "weight": (0.1, 1.0),
    "tb": (240.0, 280.0),
    "omega": (0.0, 0.15),
    "vod": (0.0, 1.5),
}


def fresnel_reflectivity(permittivity, incidence):
    """Of a ground without loss, whose permittivity can be drawn as the other arguments."""
    return reflectivity.fresnel_reflectivity(permittivity.astype(jnp.complex64), incidence)


CASES = [
    (dielectric.soil_permittivity_mironov09, ("soil_moisture", "clay", "frequency")),
    (water.water_permittivity_ulaby86, ("temperature", "frequency")),
    (fresnel_reflectivity, ("permittivity", "incidence")),
    (roughness.rough_reflectivity_wang81, ("r", "r", "h", "q", "n", "incidence")),
    (roughness.polarization_mixing_chaubell20, ("h",)),
    (temperature.effective_temperature_choudhury82, ("temperature", "temperature", "weight")),
    (temperature.land_surface_temperature_holmes09, ("tb",)),
    (emission.transmissivity, ("vod", "incidence")),
    (emission.optical_depth, ("weight", "incidence")),
    (
        emission.brightness_temperature_mo82,
        ("r", "temperature", "temperature", "weight", "omega"),
    ),
    (emission.transmissivity_roots, ("tb", "r", "temperature", "temperature", "omega")),
]


def draw(names, cells):
    rng = np.random.default_rng(3)
    return [jnp.asarray(rng.uniform(*RANGES[name], cells), jnp.float32) for name in names]


def leaves(result):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(result)]


@pytest.mark.parametrize(("function", "names"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_cells_together_equal_cells_alone(function, names):
    arguments = draw(names, 7)
    compiled = jax.jit(function)
    together = leaves(compiled(*arguments))
    mapped = leaves(jax.vmap(function)(*arguments))  # not compiled as a whole
    for i in range(7):
        alone = leaves(compiled(*(a[i] for a in arguments)))
        for whole, lifted, one in zip(together, mapped, alone, strict=True):
            assert whole.dtype in (np.float32, np.complex64)
            np.testing.assert_allclose(whole[i], one, rtol=2e-5)
            np.testing.assert_allclose(lifted[i], one, rtol=2e-5)


@pytest.mark.parametrize(("function", "names"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_arguments_broadcast(function, names):
    """A column of the first argument against rows of the others gives the full table."""
    first, *others = draw(names, 5)
    compiled = jax.jit(function)
    found = leaves(compiled(first[:, None], *others))
    columns = leaves(compiled(first[:, None] + jnp.zeros(5), *others))
    for part, full in zip(found, columns, strict=True):
        assert part.shape == ((5, 5) if others else (5, 1))
        np.testing.assert_allclose(np.broadcast_to(part, (5, 5)), full, rtol=1e-6)


@pytest.mark.parametrize(("function", "names"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_missing_input_gives_missing_output(function, names):
    """A pixel never raises: NaN in, NaN out, in that cell only."""
    arguments = draw(names, 7)
    arguments[0] = arguments[0].at[1].set(jnp.nan)
    for part in leaves(function(*arguments)):
        assert np.isnan(part).tolist() == [cell == 1 for cell in range(7)]


@pytest.mark.parametrize(("function", "names"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_gradient_is_the_difference_quotient(function, names):
    arguments = draw(names, 1)

    @jax.jit
    def total(first, *others):
        return sum(
            jnp.sum(jnp.real(part) + jnp.imag(part))
            for part in jax.tree.leaves(function(first, *others))
        )

    first, *others = arguments
    value, slope = jax.jit(jax.value_and_grad(total))(first, *others)
    slope = float(slope[0])
    step = 1e-2 * abs(float(first[0])) + 1e-4
    rise = float(total(first + step, *others)) - float(total(first - step, *others))
    noise = 2e-6 * abs(float(value)) / step
    assert slope == pytest.approx(rise / (2 * step), rel=0.02, abs=noise + 1e-6 * abs(slope))


def test_dry_and_black_corners_have_finite_gradients():
    """Powers, roots and quotients at the very edge of their range."""
    zero = jnp.float32(0)

    def dry(m):
        eps = dielectric.soil_permittivity_mironov09(m, *map(jnp.float32, (0.2, 1.41e9)))
        return eps.real + eps.imag

    corners = [
        jax.grad(dry)(zero),
        jax.grad(lambda n: sum(roughness.rough_reflectivity_wang81(
            *map(jnp.float32, (0.2, 0.3, 0.1, 0.0)), n, jnp.float32(jnp.pi / 2))))(jnp.float32(2)),
        jax.grad(lambda g: emission.optical_depth(g, jnp.float32(0.7)))(zero),
        jax.grad(lambda a: sum(reflectivity.fresnel_reflectivity(jnp.complex64(1), a)))(
            jnp.float32(jnp.pi / 2)
        ),
    ]  # fmt: skip
    assert np.isfinite(corners).all()
