"""Relative permittivity of moist soil, one function per model.

Permittivity is eps' + i eps'' with eps'' >= 0 for a lossy medium. Everything inside is real
arithmetic (complex division and roots are slow on CPUs); arguments broadcast.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from mcca_ml.constants import VACUUM_PERMITTIVITY

_SMALL = 1e-12  # keeps gradients of roots finite where permittivity touches 0


def complex_permittivity(
    real: Float[Array, "*cell"], imaginary: Float[Array, "*cell"]
) -> Complex[Array, "*cell"]:
    """Complex array real + i imaginary [1] from two parts that broadcast."""
    return jax.lax.complex(*jnp.broadcast_arrays(real, imaginary))


def refractive_index(
    real: Float[Array, "*cell"], imaginary: Float[Array, "*cell"]
) -> tuple[Float[Array, "*cell"], Float[Array, "*cell"]]:
    """Refractive index n [1] and attenuation k [1], (n + i k)^2 = real + i imaginary.

    Args:
        real: eps' [1], >= 0 (so n never suffers from cancellation).
        imaginary: eps'' [1].

    Formula:
        n = sqrt((|eps| + eps') / 2),  k = eps'' / (2 n)

    >>> [float(part) for part in refractive_index(jnp.float32(3.0), jnp.float32(4.0))]
    [2.0, 1.0]
    """
    real = jnp.maximum(real, _SMALL)
    n = jnp.sqrt((jnp.sqrt(real * real + imaginary * imaginary) + real) / 2)
    return n, imaginary / (2 * n)


def _relaxing_water(
    static: Float[Array, "*cell"],
    relaxation_time: Float[Array, "*cell"],
    conductivity: Float[Array, "*cell"],
    frequency: Float[Array, "*cell"],
    high_limit: float = 4.9,
) -> tuple[Float[Array, "*cell"], Float[Array, "*cell"]]:
    """Permittivity parts eps', eps'' [1] of water with one Debye relaxation and conductivity."""
    x = 2 * jnp.pi * frequency * relaxation_time
    strength = (static - high_limit) / (1 + x * x)
    ohmic = conductivity / (2 * jnp.pi * VACUUM_PERMITTIVITY * frequency)
    return high_limit + strength, strength * x + ohmic


def soil_permittivity_mironov09(
    soil_moisture: Float[Array, "*cell"],
    clay: Float[Array, "*cell"],
    frequency: Float[Array, "*cell"],
) -> Complex[Array, "*cell"]:
    """Relative permittivity of moist soil after Mironov et al. 2009 [1].

    Args:
        soil_moisture: volumetric soil moisture [m3 m-3], 0 to 0.6.
        clay: clay fraction by mass [1], 0 to 0.76 (above 0.97 dry soil gets eps'' < 0).
        frequency: frequency [Hz], 0.3e9 to 26.5e9.

    Formula:
        n = n_d + (n_b - 1) min(m, m_t) + (n_u - 1) max(m - m_t, 0);  k likewise without the 1
        eps = (n^2 - k^2) + 2 i n k;  b, u: bound and free water, each one Debye relaxation

    Source: Mironov, Kosolapova, Fomin (2009), IEEE Trans. Geosci. Remote Sens. 47(7), 2059-2070,
        doi:10.1109/TGRS.2008.2011631.
    Departs from it: the electric constant is 8.8541878128e-12 instead of 8.854e-12 F/m.
    Not modelled: temperature; the fit stands for about 20 degrees Celsius.
    """
    bound_limit = 0.02863 + 0.30673 * clay
    bound = jnp.minimum(soil_moisture, bound_limit)
    free = jnp.maximum(soil_moisture - bound_limit, 0)
    n_bound, k_bound = refractive_index(
        *_relaxing_water(
            static=79.8 - 85.4 * clay + 32.7 * clay * clay,
            relaxation_time=1.062e-11 + 3.450e-12 * clay,
            conductivity=0.3112 + 0.467 * clay,
            frequency=frequency,
        )
    )
    n_free, k_free = refractive_index(
        *_relaxing_water(
            static=jnp.float32(100.0),
            relaxation_time=jnp.float32(8.5e-12),
            conductivity=0.3631 + 1.217 * clay,
            frequency=frequency,
        )
    )
    n = 1.634 - 0.539 * clay + 0.2748 * clay * clay + (n_bound - 1) * bound + (n_free - 1) * free
    k = 0.03952 - 0.04038 * clay + k_bound * bound + k_free * free
    return complex_permittivity((n - k) * (n + k), 2 * n * k)
