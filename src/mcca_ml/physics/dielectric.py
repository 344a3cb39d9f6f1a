"""Relative permittivity of moist and of frozen soil.

Permittivity is eps' + i eps'' with eps'' >= 0 for a lossy medium. Everything inside is real
arithmetic (complex division and roots are slow on CPUs); arguments broadcast.
"""

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from mcca_ml.physics.water import (
    complex_permittivity,
    debye_relaxation,
)

_SMALL = 1e-12  # keeps gradients of roots finite where permittivity touches 0


def refractive_index(
    real: Float[Array, "*#cell"], imaginary: Float[Array, "*#cell"]
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


def soil_permittivity_mironov09(
    soil_moisture: Float[Array, "*#cell"],
    clay: Float[Array, "*#cell"],
    frequency: Float[Array, "*#cell"],
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
    Checked: all coefficients against four public codes, one of them taken from the operational
        SMAP processor; the forward model with it reproduces SMAP's own inversion to 0.001 K.
    Not modelled: temperature; the fit stands for about 20 degrees Celsius.
    """
    # Bound water comes first, up to the limit of this clay content; the rest is free.
    bound_limit = 0.02863 + 0.30673 * clay
    bound = jnp.minimum(soil_moisture, bound_limit)
    free = jnp.maximum(soil_moisture - bound_limit, 0)
    n_bound, k_bound = refractive_index(
        *debye_relaxation(
            static=79.8 - 85.4 * clay + 32.7 * clay * clay,
            relaxation_time=1.062e-11 + 3.450e-12 * clay,
            conductivity=0.3112 + 0.467 * clay,
            frequency=frequency,
        )
    )
    n_free, k_free = refractive_index(
        *debye_relaxation(
            static=jnp.float32(100.0),
            relaxation_time=jnp.float32(8.5e-12),
            conductivity=0.3631 + 1.217 * clay,
            frequency=frequency,
        )
    )
    # Refractive mixing: dry soil, then each water by its volume, in place of air (n = 1).
    n = 1.634 - 0.539 * clay + 0.2748 * clay * clay + (n_bound - 1) * bound + (n_free - 1) * free
    k = 0.03952 - 0.04038 * clay + k_bound * bound + k_free * free
    return complex_permittivity((n - k) * (n + k), 2 * n * k)


def permittivity_with_ice_birchak74(
    permittivity: Complex[Array, "*#cell"], ice: Float[Array, "*#cell"]
) -> Complex[Array, "*cell"]:
    """Relative permittivity of soil in which ice replaces air [1].

    Args:
        permittivity: permittivity of the soil with its liquid water [1].
        ice: volumetric content of ice, as water [m3 m-3].

    Formula:
        n = n_soil + (sqrt(3.17) - 1) ice / 0.917;  k is that of the soil

    Source: refractive mixing, Birchak et al. (1974), Proc. IEEE 62(1), 93-98 (paper not at hand).
    Departs from it: the loss of ice is left out, it is a thousandth of that of water.
    Not modelled: bound water that differs from that of thawed soil (Mironov et al. 2017).
    """
    n, k = refractive_index(jnp.real(permittivity), jnp.imag(permittivity))
    # 3.17: permittivity of ice; 0.917: its density over that of water.
    n = n + (3.17**0.5 - 1) / 0.917 * ice
    return complex_permittivity((n - k) * (n + k), 2 * n * k)
