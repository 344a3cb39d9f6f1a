"""Power reflectivity of a smooth surface."""

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from mcca_ml.physics.dielectric import refractive_index


def fresnel_reflectivity(
    permittivity: Complex[Array, "*#cell"], incidence: Float[Array, "*#cell"]
) -> tuple[Float[Array, "*cell"], Float[Array, "*cell"]]:
    """Power reflectivity of a smooth surface at V and at H [1], in this order.

    Args:
        permittivity: relative permittivity eps' + i eps'' of the ground [1], eps' >= 1.
        incidence: Earth incidence angle [rad], 0 to pi/2.

    Formula:
        q = sqrt(eps - sin^2),  r_v = |(eps cos - q) / (eps cos + q)|^2,
        r_h = |(cos - q) / (cos + q)|^2

    Source: Fresnel equations for a wave that comes from air, in any text on optics.

    >>> r_v, r_h = fresnel_reflectivity(jnp.complex64(4), jnp.float32(0))
    >>> print(f"{r_v:.6f} {r_h:.6f}")
    0.111111 0.111111
    """
    real, imaginary = jnp.real(permittivity), jnp.imag(permittivity)
    cosine, sine = jnp.cos(incidence), jnp.sin(incidence)
    # n + i k = q; the quotients of the formula in real arithmetic.
    n, k = refractive_index(real - sine * sine, imaginary)
    r_h = ((cosine - n) ** 2 + k**2) / ((cosine + n) ** 2 + k**2)
    across, lost = real * cosine, imaginary * cosine
    r_v = ((across - n) ** 2 + (lost - k) ** 2) / ((across + n) ** 2 + (lost + k) ** 2)
    return r_v, r_h
