"""Effect of dry snow on the emission of the ground."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from mcca_ml.constants import SPEED_OF_LIGHT

_DENSITY = 250.0  # of settled seasonal snow [kg m-3]; a choice
_ICE_DENSITY = 916.0  # [kg m-3]
_ICE_PERMITTIVITY = 3.17  # real part [1]
_FORWARD = 0.96  # share of the scattered power that goes on forward [1]
_NEPER_PER_DECIBEL = 1 / 4.3429


def dry_snow_absorption(frequency: Float[Array, "*cell"]) -> Float[Array, "*cell"]:
    """Power absorption coefficient of dry snow of 250 kg m-3 [Np m-1].

    Args:
        frequency: frequency [Hz].

    Formula: k = (2 pi f / c) eps'' / sqrt(eps'), with the permittivity of snow from that of ice;
        eps'' of pure ice at -5 degrees Celsius is 6e-4 / f + 6.5e-5 f^1.07, f in GHz

    Source: as in the snow module of CMEM, which names Maetzler for the ice (papers not at hand).
    """
    ghz = frequency / 1e9
    ice = 6e-4 / ghz + 6.5e-5 * ghz**1.07
    grams = _DENSITY / 1e3
    real = 1 + 1.58 * grams / (1 - 0.365 * grams)
    share = _DENSITY / _ICE_DENSITY
    shape = (_ICE_PERMITTIVITY + 2 * real) * (_ICE_PERMITTIVITY + 2 * real**2)
    imaginary = 3 * share * ice * real**2 * (2 * real + 1) / shape
    return 2 * jnp.pi * frequency / SPEED_OF_LIGHT * imaginary / math.sqrt(real)


def snow_covered_reflectivity_pulliainen99(
    reflectivity: Float[Array, "*#cell"],
    snow_water: Float[Array, "*#cell"],
    grain_mm: Float[Array, "*#cell"],
    incidence: Float[Array, "*#cell"],
    frequency: Float[Array, "*#cell"],
) -> Float[Array, "*cell"]:
    """Power reflectivity of ground under dry snow, 1 minus its emissivity [1].

    Args:
        reflectivity: reflectivity of the ground without snow [1].
        snow_water: water equivalent of the snow [mm].
        grain_mm: diameter of the snow grains [mm], 0 to 1.6.
        incidence: Earth incidence angle in air [rad].
        frequency: frequency [Hz], to 60e9.

    Formula: e = t (1 - r) + a (1 - t) (1 + r t), with a path d in the snow and
        t = exp(-(k_a + 0.04 k_s) d),  a = k_a / (k_a + 0.04 k_s),
        k_a + k_s = 0.0018 f^2.8 grain^2 dB m-1, f in GHz

    Source: HUT snow model, Pulliainen, Grandell, Hallikainen (1999), IEEE Trans. Geosci. Remote
        Sens. 37(3), 1378-1390 (paper not at hand; constants as in the snow module of CMEM).
    Departs from it: no reflection where snow meets air, the ground keeps its reflectivity to air,
        and the snow has the temperature of the ground.
    Not modelled: wet snow, layers, growth of grains.
    """
    ghz = frequency / 1e9
    absorbed = dry_snow_absorption(frequency)
    extinct = 0.0018 * ghz**2.8 * grain_mm**2 * _NEPER_PER_DECIBEL
    # Power scattered forward (96 %) is not lost.
    lost = absorbed + (1 - _FORWARD) * jnp.maximum(extinct - absorbed, 0)
    refracted = jnp.sin(incidence) / 1.2  # n of snow of this density
    path = snow_water / _DENSITY / jnp.sqrt(1 - refracted**2)
    through = jnp.exp(-lost * path)
    # Emission of the snow upward, and downward by way of the ground.
    own = absorbed / lost * (1 - through) * (1 + reflectivity * through)
    return 1 - through * (1 - reflectivity) - own
