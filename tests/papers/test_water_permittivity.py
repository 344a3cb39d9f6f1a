"""Water against Malmberg and Maryott (1956) and Liebe et al. (1991)."""

import jax.numpy as jnp
import numpy as np
import pytest
from dielectric_models import static_permittivity_klein77, water_permittivity_klein77

from mcca_ml.physics.water import static_permittivity_ulaby86, water_permittivity_ulaby86


def malmberg56(celsius):
    """Static permittivity of water, J. Res. Nat. Bur. Stand. 56(1), 1-8: fit to 0-100 C."""
    return 87.740 - 0.40008 * celsius + 9.398e-4 * celsius**2 - 1.410e-6 * celsius**3


def liebe91(kelvin, frequency):
    """Two relaxations after Liebe et al. (1991), Int. J. IR mm Waves 12(12), 659-675."""
    theta = 1 - 300 / kelvin
    static = 77.66 - 103.3 * theta
    first, second = 0.0671 * static, 3.52 + 7.52 * theta
    slow = 20.2e9 + 146.4e9 * theta + 316e9 * theta**2
    return (
        second
        + (first - second) / (1 - 1j * frequency / (39.8 * slow))
        + (static - first) / (1 - 1j * frequency / slow)
    )


def test_malmberg56_is_78_30_at_25_celsius():
    """The paper's best known value guards the oracle itself."""
    assert malmberg56(25.0) == pytest.approx(78.30, abs=0.005)


@pytest.mark.parametrize(
    ("model", "warmest", "error"),
    [(static_permittivity_ulaby86, 40, 0.0035), (static_permittivity_klein77, 30, 0.01)],
)
def test_static_permittivity_of_malmberg56(model, warmest, error):
    celsius = np.arange(0, warmest + 1, 1, dtype=np.float32)
    np.testing.assert_allclose(
        model(jnp.asarray(celsius + 273.15)), malmberg56(celsius), rtol=error
    )


@pytest.mark.parametrize("model", [water_permittivity_ulaby86, water_permittivity_klein77])
@pytest.mark.parametrize("frequency", [1.41e9, 6.925e9, 10.65e9, 18.7e9])
def test_relaxation_of_liebe91(model, frequency):
    """Within 3 % of the modulus between 0 and 30 C: one relaxation is enough up to here."""
    kelvin = np.arange(273.15, 304, 5, dtype=np.float32)
    found = np.asarray(model(jnp.asarray(kelvin), jnp.float32(frequency)))
    expected = liebe91(kelvin.astype(float), frequency)
    assert (np.abs(found - expected) / np.abs(expected)).max() < 0.03
