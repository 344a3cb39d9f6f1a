"""Relative permittivity of pure water, eps' + i eps'' with eps'' >= 0; arguments broadcast."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from mcca_ml.constants import VACUUM_PERMITTIVITY, WATER_FREEZING_POINT

HIGH_FREQUENCY_LIMIT = 4.9
"""Permittivity of water far above its relaxation [1]; the value that goes with the fits below."""


def complex_permittivity(
    real: Float[Array, "*#cell"], imaginary: Float[Array, "*#cell"]
) -> Complex[Array, "*cell"]:
    """Complex array real + i imaginary [1] from two parts that broadcast."""
    return jax.lax.complex(*jnp.broadcast_arrays(real, imaginary))


def debye_relaxation(
    static: Float[Array, "*#cell"],
    relaxation_time: Float[Array, "*#cell"],
    conductivity: Float[Array, "*#cell"],
    frequency: Float[Array, "*#cell"],
) -> tuple[Float[Array, "*#cell"], Float[Array, "*cell"]]:
    """Permittivity parts eps', eps'' [1] of water with one relaxation and ohmic loss.

    Args:
        static: permittivity far below the relaxation [1].
        relaxation_time: tau [s].
        conductivity: sigma [S m-1].
        frequency: f [Hz].

    Formula:
        eps' = e + (static - e) / (1 + x^2),  eps'' = x (static - e) / (1 + x^2) + sigma / (w eps0)
        w = 2 pi f,  x = w tau,  e = 4.9
    """
    angular = 2 * jnp.pi * frequency
    x = angular * relaxation_time
    strength = (static - HIGH_FREQUENCY_LIMIT) / (1 + x * x)
    ohmic = conductivity / (angular * VACUUM_PERMITTIVITY)
    return HIGH_FREQUENCY_LIMIT + strength, strength * x + ohmic


def static_permittivity_ulaby86(temperature: Float[Array, "*cell"]) -> Float[Array, "*cell"]:
    """Static permittivity of pure water [1].

    Args:
        temperature: water temperature [K], 273 to 313.

    Source: Ulaby, Moore, Fung (1986), Microwave Remote Sensing, vol. III (book not at hand; the
        polynomial is taken from public codes that name its page 2020).
    Checked: two such codes agree; within 0.35 % of Malmberg and Maryott (1956) from 0 to 40 C.
    """
    t = temperature - WATER_FREEZING_POINT
    return 88.045 + t * (-0.4147 + t * (6.295e-4 + t * 1.075e-5))


def relaxation_time_stogryn71(temperature: Float[Array, "*cell"]) -> Float[Array, "*cell"]:
    """Relaxation time of pure water [s].

    Args:
        temperature: water temperature [K], 273 to 313.

    Source: Stogryn (1971), IEEE Trans. Microw. Theory Tech. 19(8), 733-736,
        doi:10.1109/TMTT.1971.1127617 (paper not at hand).
    Checked: four public codes agree, one of them in seconds without the factor 2 pi.
    """
    t = temperature - WATER_FREEZING_POINT
    # The polynomial gives 2 pi tau.
    turns = 1.1109e-10 + t * (-3.824e-12 + t * (6.938e-14 - t * 5.096e-16))
    return turns / (2 * jnp.pi)


def water_permittivity_ulaby86(
    temperature: Float[Array, "*#cell"], frequency: Float[Array, "*#cell"]
) -> Complex[Array, "*cell"]:
    """Relative permittivity of pure water [1], also for water in soil.

    Args:
        temperature: water temperature [K], 273 to 313.
        frequency: frequency [Hz], to about 40e9.

    Formula: `debye_relaxation` with `static_permittivity_ulaby86`, `relaxation_time_stogryn71`.

    Checked: against the two-relaxation fit of Liebe et al. (1991) in the tests.

    >>> print(f"{water_permittivity_ulaby86(jnp.float32(298.15), jnp.float32(1e6)).real:.2f}")
    78.24
    """
    static = static_permittivity_ulaby86(temperature)
    time = relaxation_time_stogryn71(temperature)
    return complex_permittivity(*debye_relaxation(static, time, jnp.float32(0), frequency))
