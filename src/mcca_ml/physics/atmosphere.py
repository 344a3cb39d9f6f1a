"""Opacity and emission of the atmosphere at 6 to 37 GHz.

One absorbing layer with one mean temperature; absorption of gases and rain per channel is from a
table, that of clouds from the permittivity of water.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mcca_ml.constants import SPEED_OF_LIGHT, WATER_FREEZING_POINT
from mcca_ml.physics.water import water_permittivity_ulaby86

COSMIC_BACKGROUND = 2.73
"""Temperature of the sky behind the atmosphere [K]."""

_NEPER_PER_DECIBEL = float(np.log(10.0) / 10.0)
_SCALE_HEIGHT = 8000.0  # of pressure [m]; 617 hPa at 4 km as in the US standard atmosphere
_STANDARD_TEMPERATURE = 288.2  # of the ground in the US standard atmosphere [K]
_WATER_DENSITY = 1000.0  # [kg m-3]
_LAPSE_RATE = 6.5e-3  # [K m-1]
_HIGHEST_RAIN = 5000.0  # depth of the rain in the tropics [m]


@dataclass(frozen=True)
class Absorption:
    """Absorption at one frequency, or at several as arrays."""

    dry: float
    """Zenith opacity of dry air over the sea in the US standard atmosphere [Np]."""
    vapour: float
    """Zenith opacity of a kilogram of water vapour over a square metre [Np m2 kg-1]."""
    rain_h: float
    """k of rain at H [dB km-1], k R^a."""
    power_h: float
    """a of rain at H [1]."""
    rain_v: float
    """k of rain at V [dB km-1]."""
    power_v: float
    """a of rain at V [1]."""


ABSORPTION: Mapping[float, Absorption] = MappingProxyType(
    {
        6.925: Absorption(8.73e-3, 0.063e-3, 0.00172, 1.4876, 0.00140, 1.4833),
        10.65: Absorption(9.52e-3, 0.171e-3, 0.01559, 1.2198, 0.01515, 1.1870),
        18.7: Absorption(12.81e-3, 1.653e-3, 0.07870, 1.0594, 0.08262, 1.0077),
        19.35: Absorption(13.20e-3, 2.185e-3, 0.08539, 1.0518, 0.08890, 1.0017),
        21.3: Absorption(14.53e-3, 5.301e-3, 0.10726, 1.0300, 0.10900, 0.9856),
        23.8: Absorption(16.63e-3, 5.238e-3, 0.13939, 1.0034, 0.13825, 0.9666),
        36.5: Absorption(42.20e-3, 1.739e-3, 0.36589, 0.8885, 0.35550, 0.8702),
        37.0: Absorption(44.25e-3, 1.758e-3, 0.37637, 0.8847, 0.36591, 0.8666),
    }
)
"""Absorption by frequency [GHz].

Gases: the line-by-line model R19SD of Rosenkranz as the package pyrtlib 1.2.0 computes it for the
US standard atmosphere of AFGL (14.3 kg m-2 of vapour). Checked: the coefficients of Wentz and
Meissner (2000), AMSR ocean algorithm, that five public codes carry (9.08, 12.15, 15.75, 40.06e-3
and 0.18, 1.73, 5.14, 1.88e-3 at 10.65, 18.7, 23.8, 36.5 GHz) agree within 8 %.
Rain: recommendation ITU-R P.838-3 as the package itur 0.4.0 computes it; two more public codes
carry the same coefficients of its fit.
"""


def absorption_at(frequency_ghz: float) -> Absorption:
    """Absorption at any frequency, interpolated in `ABSORPTION` between logarithms.

    Args:
        frequency_ghz: frequency [GHz]; constant below 6.925 and above 37.

    >>> absorption_at(10.65).dry
    0.00952
    """
    known = ABSORPTION.get(frequency_ghz)
    if known is not None:
        return known
    # Linear between logarithms: no interpolated coefficient is negative.
    frequencies = np.log(list(ABSORPTION))
    values = {
        field.name: np.log([getattr(row, field.name) for row in ABSORPTION.values()])
        for field in fields(Absorption)
    }
    at = np.log(frequency_ghz)
    return Absorption(*(float(np.exp(np.interp(at, frequencies, v))) for v in values.values()))


def dry_opacity(
    at_sea_level: Float[Array, "*#cell"],
    elevation: Float[Array, "*#cell"],
    air_temperature: Float[Array, "*#cell"],
) -> Float[Array, "*cell"]:
    """Zenith opacity of dry air above a place [Np].

    Args:
        at_sea_level: `Absorption.dry` of the channel [Np].
        elevation: height of the place [m].
        air_temperature: air temperature at 2 m [K].

    Formula: opacity = at_sea_level exp(-1.9 elevation / 8000) (288.2 / T)^1.2

    Source: own fit to the line-by-line model behind `ABSORPTION`, over five AFGL atmospheres from
        the sea and from 4 km; within 4 % of it.
    """
    pressure = jnp.exp(-1.9 * elevation / _SCALE_HEIGHT)
    return at_sea_level * pressure * (_STANDARD_TEMPERATURE / air_temperature) ** 1.2


def cloud_absorption_rayleigh(
    temperature: Float[Array, "*#cell"], frequency: Float[Array, "*#cell"]
) -> Float[Array, "*cell"]:
    """Zenith opacity of a kilogram of cloud water over a square metre [Np m2 kg-1].

    Args:
        temperature: temperature of the droplets [K], 253 to 303; below 273 they are supercooled and
            the permittivity is extrapolated.
        frequency: frequency [Hz], to 40e9: droplets are far smaller than a wavelength.

    Formula:
        a = (6 pi f / (c d)) Im((eps - 1) / (eps + 2)),  d: density of water

    Source: Rayleigh absorption, in any text on cloud physics.
    Checked: within 4 % of ITU-R P.840 at 0 degrees Celsius (as the package itur computes it).
    """
    # Im((eps - 1) / (eps + 2)) = 3 eps'' / |eps + 2|^2, in real arithmetic.
    permittivity = water_permittivity_ulaby86(temperature, frequency)
    real, imaginary = jnp.real(permittivity), jnp.imag(permittivity)
    lossy = 3 * imaginary / ((real + 2) ** 2 + imaginary**2)
    return 6 * jnp.pi * frequency / (SPEED_OF_LIGHT * _WATER_DENSITY) * lossy


def rain_opacity_itu838(
    rain_rate: Float[Array, "*#cell"],
    air_temperature: Float[Array, "*#cell"],
    k: Float[Array, "*#cell"],
    power: Float[Array, "*#cell"],
) -> Float[Array, "*cell"]:
    """Zenith opacity of the rain between the ground and the freezing level [Np].

    Args:
        rain_rate: R [mm h-1].
        air_temperature: air temperature at 2 m [K].
        k: coefficient k of the channel [dB km-1].
        power: exponent a of the channel [1].

    Formula:
        opacity = k R^a depth,  depth = (T - 273.15) / 6.5 km, from 0 to 5 km

    Source: ITU-R P.838-3 for k R^a; a lapse rate of 6.5 K km-1 for the depth. Precipitation in air
        below freezing is snow, without absorption.
    Not modelled: scattering (it makes heavy rain colder at 37 GHz), rain in part of a footprint.
    """
    depth = jnp.clip((air_temperature - WATER_FREEZING_POINT) / _LAPSE_RATE, 0.0, _HIGHEST_RAIN)
    # The floor keeps the gradient of R^a finite where it does not rain.
    specific = k * jnp.maximum(rain_rate, 1e-6) ** power * _NEPER_PER_DECIBEL / 1e3
    return jnp.where(rain_rate > 0, specific * depth, 0.0)


def mean_temperature(air_temperature: Float[Array, "*cell"]) -> Float[Array, "*cell"]:
    """Mean temperature of the absorbing atmosphere [K].

    Args:
        air_temperature: air temperature at 2 m [K].

    Formula:
        T = 0.94 air_temperature

    Source: own fit to the line-by-line model behind `ABSORPTION` (0.92 to 0.97 from 10 to 37 GHz,
        five AFGL atmospheres, from the sea and from 4 km). The 70.2 + 0.72 air_temperature of
        Bevis et al. (1992), which LPRM uses, is the mean of vapour alone and 1 to 14 K warmer.
    """
    return 0.94 * air_temperature


def brightness_temperature_through(
    ground: Float[Array, "*#cell"],
    reflectivity: Float[Array, "*#cell"],
    opacity: Float[Array, "*#cell"],
    mean_temperature: Float[Array, "*#cell"],
    incidence: Float[Array, "*#cell"],
) -> Float[Array, "*cell"]:
    """Brightness temperature above an absorbing atmosphere [K].

    Args:
        ground: upwelling brightness temperature of the ground and its vegetation [K].
        reflectivity: reflectivity of the ground with its vegetation [1].
        opacity: zenith opacity of the atmosphere [Np].
        mean_temperature: mean temperature of the atmosphere [K].
        incidence: Earth incidence angle [rad], 0 to < pi/2.

    Formula:
        t = exp(-opacity / cos),  A = T (1 - t)
        TB = A + t (ground + reflectivity (A + t 2.73))

    Source: radiative transfer without scattering, in any text on radiometry.

    >>> through = brightness_temperature_through(*map(jnp.float32, (280, 0.1, 0, 260, 0.9)))
    >>> print(f"{through:.3f}")
    280.273
    """
    t = jnp.exp(-opacity / jnp.cos(incidence))
    # Air emits upward; air and sky also shine down and are reflected by the ground.
    air = mean_temperature * (1 - t)
    return air + t * (ground + reflectivity * (air + t * COSMIC_BACKGROUND))
