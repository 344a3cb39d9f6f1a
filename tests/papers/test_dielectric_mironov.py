"""Mironov 2009 and 2013 against complex arithmetic, measured soils and each other."""

import jax.numpy as jnp
import numpy as np
import pytest
from dielectric_models import soil_permittivity_mironov13

from mcca_ml.physics.dielectric import soil_permittivity_mironov09

MOISTURE = jnp.asarray(np.linspace(0.0, 0.5, 26, dtype=np.float32))


def mironov09_in_complex_numbers(m, clay_percent, frequency):
    """The model in float64 complex arithmetic, clay in percent, as its paper writes it.

    Coefficients from the public SCoBi simulator (dielMironov.m), which states that it was written
    straight from the paper; nothing here is shared with the code under test.
    """
    c = clay_percent
    w = 2 * np.pi * frequency

    def index(static, tau, sigma):
        return np.sqrt(4.9 + (static - 4.9) / (1 - 1j * w * tau) + 1j * sigma / (w * 8.854e-12))

    dry = complex(1.634 - 0.539e-2 * c + 0.2748e-4 * c**2, 0.03952 - 0.04038e-2 * c)
    limit = 0.02863 + 0.30673e-2 * c
    bound = index(
        79.8 - 85.4e-2 * c + 32.7e-4 * c**2, 1.062e-11 + 3.45e-14 * c, 0.3112 + 0.00467 * c
    )
    free = index(100, 8.5e-12, 0.3631 + 0.01217 * c)
    if m <= limit:
        return (dry + (bound - 1) * m) ** 2
    return (dry + (bound - 1) * limit + (free - 1) * (m - limit)) ** 2


@pytest.mark.parametrize("clay_percent", [0, 7, 23, 45, 76])
@pytest.mark.parametrize("frequency", [1.41e9, 6.925e9, 10.65e9, 18.7e9])
def test_mironov09_is_its_paper_in_complex_numbers(clay_percent, frequency):
    found = soil_permittivity_mironov09(
        MOISTURE, jnp.float32(clay_percent / 100), jnp.float32(frequency)
    )
    expected = [mironov09_in_complex_numbers(float(m), clay_percent, frequency) for m in MOISTURE]
    np.testing.assert_allclose(found, expected, rtol=3e-5)


# Topp, Davis, Annan (1980), doi:10.1029/WR016i003p00574: one cubic for mineral soils, stated error
# 0.013 m3 m-3. It knows no texture, so heavier soils than loam are left out.
@pytest.mark.parametrize("clay", [0.1, 0.15, 0.2])
def test_mironov09_meets_the_cubic_of_topp80(clay):
    m = jnp.asarray(np.arange(0.05, 0.46, 0.05, dtype=np.float32))
    eps = np.asarray(soil_permittivity_mironov09(m, jnp.float32(clay), jnp.float32(1.41e9))).real
    topp = -5.3e-2 + 2.92e-2 * eps - 5.5e-4 * eps**2 + 4.3e-6 * eps**3
    np.testing.assert_allclose(m, topp, atol=0.02)


@pytest.mark.parametrize("clay", [0.0, 0.1, 0.2, 0.3, 0.5, 0.76])
def test_mironov13_at_22_celsius_has_the_real_part_of_mironov09(clay):
    """Fitted to the same soils: the 2009 model stands for 20-22 C."""
    new = soil_permittivity_mironov13(MOISTURE, jnp.float32(clay), jnp.float32(295.15))
    old = soil_permittivity_mironov09(MOISTURE, jnp.float32(clay), jnp.float32(1.4e9))
    np.testing.assert_allclose(np.real(new), np.real(old), rtol=0.05)


def test_mironov13_coefficient_that_public_codes_dispute():
    """Attenuation per free water in heavy clay: 2 % from 2009's; 17 % with -1.146e-4."""
    wet = jnp.float32([0.4, 0.5])
    new = soil_permittivity_mironov13(wet, jnp.float32(0.76), jnp.float32(293.15))
    old = soil_permittivity_mironov09(wet, jnp.float32(0.76), jnp.float32(1.4e9))
    k_new, k_old = (np.diff(np.sqrt(np.asarray(eps, complex)).imag) / 0.1 for eps in (new, old))
    np.testing.assert_allclose(k_new, k_old, rtol=0.05)


def test_mironov13_real_part_falls_with_temperature_in_wet_sand():
    """As water itself does."""
    cold, warm = (
        soil_permittivity_mironov13(jnp.float32(0.4), jnp.float32(0.05), jnp.float32(t))
        for t in (283.15, 308.15)
    )
    assert cold.real > warm.real
