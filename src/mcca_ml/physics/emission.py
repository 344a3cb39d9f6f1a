"""Emission of a vegetated soil by the tau-omega model, and its inverse in closed form."""

import jax.numpy as jnp
from jaxtyping import Array, Float

_LOWEST_COSINE = 1e-6  # cos(pi/2) is slightly negative in float32
_LOWEST_TRANSMISSIVITY = 1e-37  # the logarithm of less is no float32
_SMALL = 1e-9  # floor of denominators: far below any coefficient that a real scene has


def transmissivity(
    vod: Float[Array, "*#cell"], incidence: Float[Array, "*#cell"]
) -> Float[Array, "*cell"]:
    """One-way power transmissivity of the canopy along the line of sight [1].

    Args:
        vod: vegetation optical depth at nadir [1], >= 0.
        incidence: Earth incidence angle [rad], 0 to < pi/2.

    Formula:
        g = exp(-vod / cos)

    >>> print(f"{transmissivity(jnp.float32(0.5), jnp.float32(jnp.pi / 3)):.6f}")
    0.367879
    """
    return jnp.exp(-vod / jnp.maximum(jnp.cos(incidence), _LOWEST_COSINE))


def optical_depth(
    transmissivity: Float[Array, "*#cell"], incidence: Float[Array, "*#cell"]
) -> Float[Array, "*cell"]:
    """Vegetation optical depth at nadir [1], the inverse of `transmissivity`.

    Args:
        transmissivity: along the line of sight [1], > 0; smaller values count as 1e-37 and
            values above 1 give a negative depth, so that a caller can see and judge both.
        incidence: Earth incidence angle [rad], 0 to < pi/2.

    >>> print(f"{optical_depth(jnp.float32(0.367879), jnp.float32(jnp.pi / 3)):.5f}")
    0.50000
    """
    return -jnp.cos(incidence) * jnp.log(jnp.maximum(transmissivity, _LOWEST_TRANSMISSIVITY))


def brightness_temperature_mo82(
    reflectivity: Float[Array, "*#cell"],
    soil_temperature: Float[Array, "*#cell"],
    canopy_temperature: Float[Array, "*#cell"],
    transmissivity: Float[Array, "*#cell"],
    omega: Float[Array, "*#cell"],
) -> Float[Array, "*cell"]:
    """Upwelling brightness temperature above the canopy, one channel [K].

    Args:
        reflectivity: rough-soil power reflectivity r [1], 0 to 1.
        soil_temperature: effective soil temperature T_s [K].
        canopy_temperature: canopy temperature T_c [K].
        transmissivity: canopy transmissivity g along the line of sight [1], 0 to 1.
        omega: single-scattering albedo [1], 0 to 1.

    Formula:
        TB = T_s (1 - r) g + T_c (1 - omega) (1 - g) (1 + r g)

    Source: Mo, Choudhury, Schmugge, Wang, Jackson (1982), J. Geophys. Res. 87(C13), 11229-11237,
        doi:10.1029/JC087iC13p11229.
    Departs from it: sky and atmosphere are left out (SMAP brightness temperature is corrected).
    Not modelled: scattering beyond the effective albedo.

    >>> float(brightness_temperature_mo82(*map(jnp.float32, (0.25, 300, 300, 1, 0.1))))
    225.0
    """
    # Soil through the canopy; the canopy upward, and downward by way of the soil.
    soil = soil_temperature * (1 - reflectivity) * transmissivity
    emitted = canopy_temperature * (1 - omega) * (1 - transmissivity)
    return soil + emitted * (1 + reflectivity * transmissivity)


def transmissivity_roots(
    brightness_temperature: Float[Array, "*#cell"],
    reflectivity: Float[Array, "*#cell"],
    soil_temperature: Float[Array, "*#cell"],
    canopy_temperature: Float[Array, "*#cell"],
    omega: Float[Array, "*#cell"],
) -> tuple[Float[Array, "*cell"], Float[Array, "*cell"], Float[Array, "*cell"]]:
    """Both canopy transmissivities that explain one channel [1], upper first, and discriminant [1].

    The roots are not limited to (0, 1]. Where the discriminant is negative no transmissivity
    explains the observation and both roots are the one that comes nearest to it.

    Args:
        brightness_temperature: observed TB [K].
        reflectivity: rough-soil power reflectivity r [1], 0 to 1.
        soil_temperature: effective soil temperature T_s [K].
        canopy_temperature: canopy temperature T_c [K].
        omega: single-scattering albedo [1], 0 to 1.

    Formula: with p = (1 - omega) T_c / T_s and e = TB / T_s, `brightness_temperature_mo82` is
        p r g^2 - (1 - r)(1 - p) g + (e - p) = 0

    Source: own algebra on the model above; checked by the round trip of the tests.
    Departs from it: the leading coefficient is kept >= 1e-9, so that over a surface that does not
        reflect the upper root is large instead of infinite (the lower one is then the solution).
    """
    # Differences of temperatures first: they are exact in float32, 1 - p is not.
    scattered = omega * canopy_temperature
    soil_excess = (soil_temperature - canopy_temperature + scattered) / soil_temperature
    tb_excess = (brightness_temperature - canopy_temperature + scattered) / soil_temperature
    a = reflectivity * (canopy_temperature - scattered) / soil_temperature
    a = jnp.maximum(a, _SMALL)
    b = (1 - reflectivity) * soil_excess
    discriminant = b * b - 4 * a * tb_excess

    # Two wheres: the gradient of the branch not taken must be finite as well. NaN counts as
    # solvable, so that a missing observation stays missing.
    solvable = ~(discriminant <= 0)
    root = jnp.where(solvable, jnp.sqrt(jnp.where(solvable, discriminant, 1.0)), 0.0)
    half = (jnp.abs(b) + root) / 2
    # Stable form of the quadratic formula: |b| and the root add, nothing cancels.
    q = jnp.where(b < 0, -1.0, 1.0) * jnp.maximum(half, _SMALL)
    first = q / a
    second = jnp.where(solvable, tb_excess / q, first)
    return jnp.maximum(first, second), jnp.minimum(first, second), discriminant
