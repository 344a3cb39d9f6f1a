"""Effect of surface roughness on reflectivity."""

import jax.numpy as jnp
from jaxtyping import Array, Float

_LOWEST_COSINE = 1e-6  # cos(pi/2) is slightly negative in float32


def rough_reflectivity_wang81(
    r_v: Float[Array, "*#cell"],
    r_h: Float[Array, "*#cell"],
    h: Float[Array, "*#cell"],
    q: Float[Array, "*#cell"],
    n: Float[Array, "*#cell"],
    incidence: Float[Array, "*#cell"],
) -> tuple[Float[Array, "*cell"], Float[Array, "*cell"]]:
    """Power reflectivity of a rough surface at V and at H [1], in this order.

    Args:
        r_v: reflectivity of the smooth surface at V [1], 0 to 1.
        r_h: reflectivity of the smooth surface at H [1], 0 to 1.
        h: roughness height parameter [1], >= 0.
        q: polarization mixing [1], 0 to 0.5.
        n: exponent of the cosine [1], 2 for SMAP.
        incidence: Earth incidence angle [rad], 0 to < pi/2.

    Formula:
        r_p = ((1 - q) r*_p + q r*_q') exp(-h cos^n),  q' the other polarization

    Source: Wang and Choudhury (1981), J. Geophys. Res. 86(C6), 5277-5282,
        doi:10.1029/JC086iC06p05277 (there n = 2).
    Departs from it: n is free, as in later work.
    Checked: form and the exponent 2 against a public code of the SMAP level-4 team (GEOS).

    >>> r_v, r_h = rough_reflectivity_wang81(*map(jnp.float32, (0.2, 0.4, 0, 0.5, 2, 0.7)))
    >>> print(f"{r_v:.3f} {r_h:.3f}")
    0.300 0.300
    """
    # Roughness exchanges power between the polarizations, then attenuates both.
    loss = jnp.exp(-h * jnp.maximum(jnp.cos(incidence), _LOWEST_COSINE) ** n)
    return ((1 - q) * r_v + q * r_h) * loss, ((1 - q) * r_h + q * r_v) * loss


def polarization_mixing_chaubell20(h: Float[Array, "*cell"]) -> Float[Array, "*cell"]:
    """Polarization mixing q of the SMAP dual-channel algorithm [1].

    Args:
        h: roughness height parameter [1], 0 to 2.8.

    Formula:
        q = 0.1771 h

    Source: Chaubell et al. (2020), IEEE Trans. Geosci. Remote Sens. 58(6), 3894-3905
        (paper not at hand; the factor was not read there).
    Checked: stands in a public code of the SMAP level-4 team (GEOS) as the mixing of SMAP L2.

    >>> print(f"{polarization_mixing_chaubell20(jnp.float32(0.5)):.5f}")
    0.08855
    """
    return 0.1771 * h


def roughness_when_moist(
    h: Float[Array, "*#cell"],
    soil_moisture: Float[Array, "*#cell"],
    porosity: Float[Array, "*#cell"],
    loss: Float[Array, "*#cell"],
) -> Float[Array, "*cell"]:
    """Roughness height parameter of moist soil [1], from that of dry soil.

    Args:
        h: roughness height parameter of dry soil [1].
        soil_moisture: volumetric soil moisture m [m3 m-3].
        porosity: P [m3 m-3].
        loss: fraction of h lost in saturated soil [1], 0 to 1.

    Formula:
        h (1 - loss m / P)

    Source: form of LPRM (loss 1) and of the land model GEOS, whose h falls linearly from the
        transition moisture to porosity; read in public codes, papers not at hand.

    >>> float(roughness_when_moist(*map(jnp.float32, (0.2, 0.25, 0.5, 1.0))))
    0.10000000149011612
    """
    return h * (1 - loss * jnp.clip(soil_moisture / porosity, 0.0, 1.0))


def polarization_mixing_above_l_band(
    frequency_ghz: Float[Array, "*#cell"], limit: Float[Array, "*#cell"]
) -> Float[Array, "*cell"]:
    """Additional polarization mixing above 1.41 GHz [1].

    Args:
        frequency_ghz: frequency f [GHz], 1.41 and above.
        limit: additional mixing at high frequency [1].

    Formula:
        limit (1 - exp(-0.096 (f - 1.41)))

    Source: CMEM has 0.35 (1 - exp(-0.6 s^2 f)) with s in cm; here s is 0.4 cm and the limit is
        free. Checked: with 0.2 it gives 0.12 at 10.65 GHz, where LPRM takes 0.115 to 0.127.

    >>> print(f"{polarization_mixing_above_l_band(jnp.float32(10.65), jnp.float32(0.2)):.3f}")
    0.118
    """
    return limit * (1 - jnp.exp(-0.096 * jnp.maximum(frequency_ghz - 1.41, 0.0)))
