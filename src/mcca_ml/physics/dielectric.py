"""Relative permittivity of moist soil, one function per model.

Permittivity is eps' + i eps'' with eps'' >= 0 for a lossy medium. Everything inside is real
arithmetic (complex division and roots are slow on CPUs); arguments broadcast.
"""

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from mcca_ml.constants import QUARTZ_DENSITY, WATER_FREEZING_POINT
from mcca_ml.physics.water import (
    complex_permittivity,
    debye_relaxation,
    relaxation_time_stogryn71,
    static_permittivity_ulaby86,
    water_permittivity_ulaby86,
)

_SMALL = 1e-12  # keeps gradients of roots finite where permittivity touches 0
_DRIEST = 1e-3  # [m3 m-3]; powers and the conductivity of Dobson's model diverge at 0


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
    n = 1.634 - 0.539 * clay + 0.2748 * clay * clay + (n_bound - 1) * bound + (n_free - 1) * free
    k = 0.03952 - 0.04038 * clay + k_bound * bound + k_free * free
    return complex_permittivity((n - k) * (n + k), 2 * n * k)


def permittivity_with_ice_birchak74(
    permittivity: Complex[Array, "*#cell"], ice: Float[Array, "*#cell"]
) -> Complex[Array, "*cell"]:
    """Relative permittivity of soil in which ice has taken the place of air [1].

    Args:
        permittivity: of the soil with its liquid water [1].
        ice: volumetric content of ice, as water [m3 m-3].

    Formula:
        n = n_soil + (sqrt(3.17) - 1) ice / 0.917;  k is that of the soil

    Source: refractive mixing, Birchak et al. (1974), Proc. IEEE 62(1), 93-98 (paper not at hand).
    Departs from it: the loss of ice is left out, it is a thousandth of that of water.
    Not modelled: bound water that differs from that of thawed soil (Mironov et al. 2017).
    """
    n, k = refractive_index(jnp.real(permittivity), jnp.imag(permittivity))
    n = n + (3.17**0.5 - 1) / 0.917 * ice
    return complex_permittivity((n - k) * (n + k), 2 * n * k)


def soil_permittivity_mironov13(
    soil_moisture: Float[Array, "*#cell"],
    clay: Float[Array, "*#cell"],
    temperature: Float[Array, "*#cell"],
) -> Complex[Array, "*cell"]:
    """Relative permittivity of moist soil at 1.4 GHz with temperature, Mironov et al. 2013 [1].

    Args:
        soil_moisture: volumetric soil moisture [m3 m-3], 0 to 0.6.
        clay: clay fraction by mass [1], 0 to 0.76.
        temperature: soil temperature [K], 283 to 313; polynomials, not to be stretched far.

    Formula: as `soil_permittivity_mironov09`, with n and k of both waters fitted directly.

    Source: Mironov, Kerr, Wigneron, Kosolapova, Demontoux (2013), IEEE Geosci. Remote Sens. Lett.
        10(3), 419-423, doi:10.1109/LGRS.2012.2207878 (paper not at hand).
    Checked: two public codes agree on every coefficient. A third has -1.146e-4 for -1.46e-4 in
        k_free and -4.083e-4 for -4.038e-4 in k_dry: the latter contradicts the 2009 paper, whose
        dry soil is the same; with the former, k of free water in a soil of 76 % clay departs from
        the 2009 model by 17 % (2 % with the value kept here).
    """
    c = 100 * clay
    t = temperature - WATER_FREEZING_POINT
    n_bound = (8.86 + 0.00321 * t) + c * (-0.0644 + 7.96e-4 * t + c * (2.97e-4 - 9.6e-6 * t))
    k_bound = (0.738 + t * (-0.00903 + 8.57e-5 * t)) + c * (
        -0.00215 + 1.47e-4 * t + c * (7.36e-5 + t * (-1.03e-6 + 1.05e-8 * t))
    )
    n_free = (10.3 - 0.0173 * t) + c * (6.5e-4 + 8.82e-5 * t + c * (-6.34e-6 - 6.32e-7 * t))
    k_free = (0.7 + t * (-0.017 + 1.78e-4 * t)) + c * (
        0.0161 + 7.25e-4 * t + c * (-1.46e-4 + t * (-6.03e-6 - 7.87e-9 * t))
    )
    bound_limit = 0.0286 + 0.00307 * c
    bound = jnp.minimum(soil_moisture, bound_limit)
    free = jnp.maximum(soil_moisture - bound_limit, 0)
    n = 1.634 + c * (-0.00539 + 2.75e-5 * c) + (n_bound - 1) * bound + (n_free - 1) * free
    k = 0.0395 - 4.038e-4 * c + k_bound * bound + k_free * free
    return complex_permittivity((n - k) * (n + k), 2 * n * k)


def soil_permittivity_wang80(
    soil_moisture: Float[Array, "*#cell"],
    clay: Float[Array, "*#cell"],
    sand: Float[Array, "*#cell"],
    bulk_density: Float[Array, "*#cell"],
    temperature: Float[Array, "*#cell"],
    frequency: Float[Array, "*#cell"],
) -> Complex[Array, "*cell"]:
    """Relative permittivity of moist soil after Wang and Schmugge 1980 [1].

    Args:
        soil_moisture: volumetric soil moisture [m3 m-3], 0 to porosity.
        clay: clay fraction by mass [1], 0 to 1.
        sand: sand fraction by mass [1], 0 to 1.
        bulk_density: dry bulk density [g cm-3], 0.8 to 2.
        temperature: soil temperature [K], above freezing.
        frequency: frequency [Hz], 1.4e9 to 5e9 in the paper.

    Formula: water first fills a bound layer up to the transition moisture w_t, then is free:
        eps = b e_x + f e_w + (P - m) + (1 - P) e_rock + i a m^2
        b = min(m, w_t),  f = max(m - w_t, 0),  e_x = e_ice + (e_w - e_ice) g b / w_t
        P = 1 - bulk_density / 2.65

    Source: Wang and Schmugge (1980), IEEE Trans. Geosci. Remote Sens. 18(4), 288-295,
        doi:10.1109/TGRS.1980.350304 (paper not at hand).
    Departs from it: e_w is pure water at the soil's temperature; the ohmic loss a is used below
        2.5 GHz only, as public codes do.
    Checked: coefficients against two public codes (CMEM's in GEOS, SCoBi).
    """
    wilting = 0.06774 - 0.064 * sand + 0.478 * clay
    transition = 0.49 * wilting + 0.165
    slope = 0.481 - 0.57 * wilting
    porosity = 1 - bulk_density / QUARTZ_DENSITY
    bound = jnp.minimum(soil_moisture, transition)
    free = jnp.maximum(soil_moisture - transition, 0)
    water = water_permittivity_ulaby86(temperature, frequency)
    # Volumes of water, ice, air, rock: bound water is partly ice-like, the less the more there is.
    loose = bound * slope * bound / transition
    parts = (loose + free, bound - loose, porosity - soil_moisture, 1 - porosity)
    loss = jnp.where(frequency < 2.5e9, jnp.minimum(100 * wilting, 26.0), 0.0)
    return complex_permittivity(
        parts[0] * water.real + parts[1] * 3.2 + parts[2] + parts[3] * 5.5,
        parts[0] * water.imag + parts[1] * 0.1 + parts[3] * 0.2 + loss * soil_moisture**2,
    )


def soil_permittivity_dobson85(
    soil_moisture: Float[Array, "*#cell"],
    clay: Float[Array, "*#cell"],
    sand: Float[Array, "*#cell"],
    bulk_density: Float[Array, "*#cell"],
    temperature: Float[Array, "*#cell"],
    frequency: Float[Array, "*#cell"],
) -> Complex[Array, "*cell"]:
    """Relative permittivity of moist soil, Dobson et al. 1985 as revised by Peplinski 1995 [1].

    Args:
        soil_moisture: volumetric soil moisture m [m3 m-3]; below 0.001 it counts as 0.001.
        clay: clay fraction by mass [1], 0 to 1.
        sand: sand fraction by mass [1], 0 to 1.
        bulk_density: dry bulk density d [g cm-3], 0.8 to 2.
        temperature: soil temperature [K], above freezing.
        frequency: frequency [Hz], 0.3e9 to 18e9.

    Formula:
        eps' = (1 + (d / 2.664) (4.7^a - 1) + m^b' e_w'^a - m)^(1/a),  a = 0.65
        eps'' = (m^b'' e_w''^a)^(1/a)
        e_w: free water with the soil's conductivity over m; below 1.4 GHz another conductivity
        and 1.15 eps' - 0.68 for eps'

    Source: Dobson et al. (1985), IEEE Trans. Geosci. Remote Sens. 23(1), 35-46,
        doi:10.1109/TGRS.1985.289498; Peplinski, Ulaby, Dobson (1995), same journal 33(3), 803-807,
        doi:10.1109/36.387598 (papers not at hand).
    Departs from it: conductivity is kept >= 0 (sandy, loose soil would gain energy); the low band
        ends at 1.4 GHz, between 1.3 and 1.4 GHz the papers leave a gap.
    Checked: exponents and both conductivities against two public codes (SMRT, SCoBi), the linear
        correction against SCoBi (SMRT leaves it out).
    """
    m = jnp.maximum(soil_moisture, _DRIEST)
    is_low = frequency < 1.4e9
    conductivity = jnp.where(
        is_low,
        0.0467 + 0.2204 * bulk_density - 0.4111 * sand + 0.6614 * clay,
        -1.645 + 1.939 * bulk_density - 2.25622 * sand + 1.594 * clay,
    )
    share = (2.664 - bulk_density) / (2.664 * m)
    water_real, water_imaginary = debye_relaxation(
        static_permittivity_ulaby86(temperature),
        relaxation_time_stogryn71(temperature),
        jnp.maximum(conductivity, 0) * share,
        frequency,
    )
    solid = (bulk_density / 2.664) * (4.7**0.65 - 1)
    wet = m ** (1.2748 - 0.519 * sand - 0.152 * clay) * water_real**0.65
    real = (1 + solid + wet - m) ** (1 / 0.65)
    imaginary = m ** ((1.33797 - 0.603 * sand - 0.166 * clay) / 0.65) * water_imaginary
    return complex_permittivity(jnp.where(is_low, 1.15 * real - 0.68, real), imaginary)
