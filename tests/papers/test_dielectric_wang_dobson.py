"""Wang-Schmugge 1980 and Dobson-Peplinski against measured soils and hand-made limits."""

import jax.numpy as jnp
import numpy as np
import pytest
from dielectric_models import soil_permittivity_dobson85, soil_permittivity_wang80

from mcca_ml.physics.water import water_permittivity_ulaby86

MOISTURE = jnp.asarray(np.arange(0.05, 0.46, 0.05, dtype=np.float32))


def soil(model, m, *, clay=0.2, sand=0.3, bulk_density=1.4, temperature=296.15, frequency=1.4e9):
    arguments = (clay, sand, bulk_density, temperature, frequency)
    return np.asarray(model(jnp.float32(m), *map(jnp.float32, arguments)))


def hallikainen85(m, sand, clay):
    """Polynomials fitted to measured soils at 1.4 GHz (sand, clay in percent), about 23 C.

    Hallikainen et al. (1985), doi:10.1109/TGRS.1985.289497, coefficients as the secondary
    literature quotes them.
    """
    real = (
        2.862 - 0.012 * sand + 0.001 * clay
        + (3.803 + 0.462 * sand - 0.341 * clay) * m
        + (119.006 - 0.500 * sand + 0.633 * clay) * m**2
    )  # fmt: skip
    imaginary = (
        0.356 - 0.003 * sand - 0.008 * clay
        + (5.507 + 0.044 * sand - 0.002 * clay) * m
        + (17.753 - 0.313 * sand + 0.206 * clay) * m**2
    )  # fmt: skip
    return real, imaginary


@pytest.mark.parametrize("model", [soil_permittivity_wang80, soil_permittivity_dobson85])
@pytest.mark.parametrize(("sand", "clay"), [(0.5, 0.13), (0.42, 0.09), (0.31, 0.13), (0.17, 0.19)])
def test_measured_soils_of_hallikainen85(model, sand, clay):
    """Textures of the paper's loams; models of that time differ from it by 1-4 in eps'."""
    real, imaginary = hallikainen85(MOISTURE, 100 * sand, 100 * clay)
    found = soil(model, MOISTURE, clay=clay, sand=sand)
    np.testing.assert_allclose(found.real, real, rtol=0.15, atol=1.0)
    np.testing.assert_allclose(found.imag, imaginary, rtol=0.5, atol=0.5)


@pytest.mark.parametrize("model", [soil_permittivity_wang80, soil_permittivity_dobson85])
def test_dry_soil_is_the_mixture_of_rock_and_air(model):
    """1.3 g cm-3 of soil: both mixing rules give 2.4-3.3 without water, with nearly no loss."""
    dry = soil(model, 0.0, bulk_density=1.3)
    assert 2.2 < dry.real < 3.4
    assert 0 <= dry.imag < 0.2


def test_wang80_by_hand():
    """Sand 0.5, clay 0.2: wp 0.13134, wt 0.2293566, gamma 0.4061362; porosity 0.5 by choice."""
    water = complex(water_permittivity_ulaby86(jnp.float32(293.15), jnp.float32(1.4e9)))
    ice, rock, wt, gamma = 3.2 + 0.1j, 5.5 + 0.2j, 0.2293566, 0.4061362
    for m in (0.1, 0.2, 0.3, 0.4):
        if m <= wt:
            layer = ice + (water - ice) * gamma * m / wt
            expected = m * layer + (0.5 - m) + 0.5 * rock
        else:
            layer = ice + (water - ice) * gamma
            expected = wt * layer + (m - wt) * water + (0.5 - m) + 0.5 * rock
        expected += 1j * 13.134 * m**2
        found = soil(
            soil_permittivity_wang80, m, clay=0.2, sand=0.5, bulk_density=1.325, temperature=293.15
        )
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_dobson85_by_hand_in_both_bands():
    """Mixing rule of Dobson in float64; 1.3 GHz takes the conductivity and line of Peplinski."""
    t, m, sand, clay, density = 20.0, 0.25, 0.4, 0.2, 1.4
    static = 88.045 - 0.4147 * t + 6.295e-4 * t**2 + 1.075e-5 * t**3
    tau = (1.1109e-10 - 3.824e-12 * t + 6.938e-14 * t**2 - 5.096e-16 * t**3) / (2 * np.pi)
    conductivity = {
        1.3e9: 0.0467 + 0.2204 * density - 0.4111 * sand + 0.6614 * clay,
        5.0e9: -1.645 + 1.939 * density - 2.25622 * sand + 1.594 * clay,
    }
    for frequency, sigma in conductivity.items():
        w = 2 * np.pi * frequency
        debye = 4.9 + (static - 4.9) / (1 - 1j * w * tau)
        loss = debye.imag + sigma * (2.664 - density) / (w * 8.8541878128e-12 * 2.664 * m)
        beta, beta_loss = (
            1.2748 - 0.519 * sand - 0.152 * clay,
            1.33797 - 0.603 * sand - 0.166 * clay,
        )
        real = 1 + density / 2.664 * (4.7**0.65 - 1) + m**beta * debye.real**0.65 - m
        real = real ** (1 / 0.65)
        real = 1.15 * real - 0.68 if frequency < 1.4e9 else real
        imaginary = (m**beta_loss * loss**0.65) ** (1 / 0.65)
        found = soil(
            soil_permittivity_dobson85,
            m, clay=clay, sand=sand, bulk_density=density, temperature=293.15, frequency=frequency,
        )  # fmt: skip
        np.testing.assert_allclose(found, complex(real, imaginary), rtol=2e-5)


def test_dobson85_never_gains_energy_in_loose_sand():
    """The conductivity formula is negative there; CMEM and this code cut it at zero."""
    loose = soil(soil_permittivity_dobson85, MOISTURE, sand=0.95, clay=0.02, bulk_density=0.9)
    assert (loose.imag > 0).all()


def test_wang80_ohmic_loss_ends_at_2_5_ghz():
    low, high = (soil(soil_permittivity_wang80, 0.3, frequency=f).imag for f in (2.499e9, 2.501e9))
    assert low - high > 0.5


def test_wang80_ohmic_loss_is_limited_to_26_in_clay():
    """wp = 0.548 in pure clay would give 54.8 m^2."""
    low, high = (
        soil(soil_permittivity_wang80, 0.3, clay=1.0, sand=0.0, frequency=f).imag
        for f in (2.499e9, 2.501e9)
    )
    assert low - high == pytest.approx(26 * 0.3**2, abs=0.01)


def test_smap_lies_in_the_upper_band_of_dobson85():
    """The bands meet at 1.4 GHz; eps' jumps there by the linear correction."""
    below, smap = (
        soil(soil_permittivity_dobson85, 0.3, frequency=f).real for f in (1.399e9, 1.41e9)
    )
    assert below == pytest.approx(1.15 * smap - 0.68, abs=0.02)
