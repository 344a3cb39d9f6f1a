"""Dielectric models of soil and water other than the package's own, to compare it with them.

The retrieval uses `soil_permittivity_mironov09`; these tell how far models of the field differ.
"""

import jax.numpy as jnp

from mcca_ml.constants import QUARTZ_DENSITY, WATER_FREEZING_POINT
from mcca_ml.physics.water import (
    complex_permittivity,
    debye_relaxation,
    relaxation_time_stogryn71,
    static_permittivity_ulaby86,
    water_permittivity_ulaby86,
)

DRIEST = 1e-3  # [m3 m-3]; powers and the conductivity of Dobson's model diverge at 0


def soil_permittivity_mironov13(
    soil_moisture,
    clay,
    temperature,
):
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
    soil_moisture,
    clay,
    sand,
    bulk_density,
    temperature,
    frequency,
):
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
    soil_moisture,
    clay,
    sand,
    bulk_density,
    temperature,
    frequency,
):
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
    m = jnp.maximum(soil_moisture, DRIEST)
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


def static_permittivity_klein77(temperature):
    """Static permittivity of sea water in the limit of no salt [1].

    Args:
        temperature: water temperature [K], 273 to 313.

    Source: Klein and Swift (1977), IEEE Trans. Antennas Propag. 25(1), 104-111,
        doi:10.1109/TAP.1977.1141539 (a fit to salty water; paper not at hand).
    Checked: two public codes agree; within 1 % of Malmberg and Maryott (1956) from 0 to 30 C.
    """
    t = temperature - WATER_FREEZING_POINT
    return 87.134 + t * (-0.1949 + t * (-0.01276 + t * 2.491e-4))


def water_permittivity_klein77(temperature, frequency):
    """Relative permittivity of water after the sea-water model at salinity 0 [1].

    Args:
        temperature: water temperature [K], 273 to 313.
        frequency: frequency [Hz], to about 10e9.

    Formula: `debye_relaxation` with `static_permittivity_klein77`, `relaxation_time_stogryn71`.
    """
    static = static_permittivity_klein77(temperature)
    time = relaxation_time_stogryn71(temperature)
    return complex_permittivity(*debye_relaxation(static, time, jnp.float32(0), frequency))
