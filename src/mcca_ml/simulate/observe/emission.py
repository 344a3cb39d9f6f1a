"""Brightness temperature at the satellite from land and state of a simulated world.

The tau-omega model of the retrieval, with effects that the retrieval neglects: two surfaces, open
water, ice and snow, varying temperatures and parameters, an atmosphere. Each can be switched off.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from mcca_ml.arrays import Float32
from mcca_ml.config.simulate import EffectSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.physics.atmosphere import (
    absorption_at,
    brightness_temperature_through,
    cloud_absorption_rayleigh,
    dry_opacity,
    mean_temperature,
    rain_opacity_itu838,
)
from mcca_ml.physics.dielectric import (
    permittivity_with_ice_birchak74,
    soil_permittivity_mironov09,
)
from mcca_ml.physics.emission import brightness_temperature_mo82, transmissivity
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import (
    polarization_mixing_above_l_band,
    polarization_mixing_chaubell20,
    rough_reflectivity_wang81,
    roughness_when_moist,
)
from mcca_ml.physics.snow import snow_covered_reflectivity_pulliainen99
from mcca_ml.physics.temperature import (
    effective_temperature_choudhury82,
    surface_weight_choudhury82,
)
from mcca_ml.physics.water import water_permittivity_ulaby86
from mcca_ml.sensors import Channel
from mcca_ml.simulate.truth.types import Land, State

Arrays = dict[str, Array]

BLOCK = 4096
"""Cases per call of the compiled function; fewer are padded, so that it is compiled once."""

L_BAND_GHZ = 1.41
"""Reference frequency of land and state [GHz]."""

SEEN_THROUGH_AIR_GHZ = 3.0
"""Lowest frequency with an atmosphere [GHz]: SMAP's brightness temperature is corrected for it."""

RETRIEVAL_OMEGA = 0.07
"""Default single-scattering albedo of the retrieval [1]."""

_ROUGHNESS_EXPONENT = 2.0  # N of the roughness loss, as in SMAP
# Open water at a wind of some 5 m/s: 4 K more at H, 1 K less at V, at 10.65 GHz and 55 degrees,
# the order of published wind sensitivities; a choice.
_WATER_MIXING, _WATER_H = 0.02, 0.03
_ICE_PERMITTIVITY = 3.17  # of lake ice [1]
_FREEZING_RANGE = 2.0  # range below freezing in which a lake freezes over [K]
_DRIEST = 1e-3  # [m3 m-3]
_CASE = (
    "soil_moisture", "total_water", "surface_temperature", "deep_temperature",
    "canopy_temperature", "air_temperature", "vod_v", "snow_water", "rain_rate", "vapour",
    "cloud_water",
)  # fmt: skip
_LAND = ("clay", "porosity", "water_fraction", "elevation", "first_share", "vod_ratio")
_SURFACE = ("roughness_h", "omega", "vod_factor", "moisture_factor", "vod_exponent")


def brightness_temperature(
    land: Land,
    state: State,
    incidence: Float32,
    channels: Sequence[Channel],
    effects: EffectSettings,
) -> Float32:
    """Simulated brightness temperature at the satellite, without noise and interference [K].

    Args:
        land: land of each case, arrays (case); `Land.at` selects them from a world.
        state: state of each case, arrays (case).
        incidence: Earth incidence angle of each case [rad], 0 to 1.2.
        channels: frequency and polarization of each channel; their noise is not added.
        effects: sizes of the effects; 0 switches one off.

    Returns:
        Array (case, channel) [K]; NaN where any input of a case is NaN.

    Limitations: Mironov's permittivity is valid up to 26.5 GHz and is used up to 37 GHz; sea is
        treated as fresh water; snow is dry.
    """
    case = {name: np.asarray(getattr(state, name), np.float32) for name in _CASE}
    case |= {name: np.asarray(getattr(land, name), np.float32) for name in _LAND}
    case["incidence"] = np.asarray(incidence, np.float32)
    pairs = {
        name: np.stack([getattr(land.first, name), getattr(land.second, name)]) for name in _SURFACE
    }
    constants = _channel_constants(channels)
    sizes = {name: jnp.float32(size) for name, size in effects.model_dump().items()}
    count = case["incidence"].size
    layers = [
        _brightness(
            {name: _padded(array[start : start + BLOCK]) for name, array in case.items()},
            {name: _padded(array[:, start : start + BLOCK]) for name, array in pairs.items()},
            constants,
            sizes,
        )
        for start in range(0, count, BLOCK)
    ]
    if not layers:
        return np.zeros((0, len(channels)), np.float32)
    return np.concatenate([np.asarray(layer) for layer in layers], axis=1)[:, :count].T


def _padded(array: Float32) -> Float32:
    """Pad the last axis to the size of a block with its last value."""
    widths = [(0, 0)] * (array.ndim - 1) + [(0, BLOCK - array.shape[-1])]
    return np.pad(np.asarray(array, np.float32), widths, mode="edge")


def _channel_constants(channels: Sequence[Channel]) -> dict[str, Float32]:
    """Constants of each channel, arrays (channel, 1)."""
    rows = []
    for channel in channels:
        air = absorption_at(channel.frequency_ghz)
        at_v = channel.polarisation == "V"
        rows.append(
            {
                "ghz": channel.frequency_ghz,
                "at_v": float(at_v),
                "seen_through_air": float(channel.frequency_ghz > SEEN_THROUGH_AIR_GHZ),
                "surface_weight": surface_weight_choudhury82(channel.frequency_ghz),
                "dry": air.dry,
                "vapour": air.vapour,
                "rain": air.rain_v if at_v else air.rain_h,
                "rain_power": air.power_v if at_v else air.power_h,
            }
        )
    return {name: np.array([[row[name]] for row in rows], np.float32) for name in (rows or [{}])[0]}


@jax.jit
def _brightness(case: Arrays, pairs: Arrays, channel: Arrays, effect: Arrays) -> Array:
    """Brightness temperature (channel, case) [K] of arrays (case), (2, case), (channel, 1)."""
    at_v = channel["at_v"] > 0
    share = jnp.stack([case["first_share"], 1 - case["first_share"]])
    mean = {name: jnp.sum(share * pair, 0) for name, pair in pairs.items()}
    surface = {
        # Arrays (surface, 1, case), to go with (channel, case).
        name: (mean[name] + effect["second_surface"] * (pair - mean[name]))[:, None, :]
        for name, pair in pairs.items()
    }
    tb, reflectivity = (
        jnp.sum(share[:, None, :] * part, 0)
        for part in _land_emission(case, surface, channel, effect)
    )
    wet = effect["open_water"] * case["water_fraction"]
    water_tb, water_reflectivity = _water_emission(case, channel["ghz"] * 1e9, at_v)
    tb = tb + wet * (water_tb - tb)
    reflectivity = reflectivity + wet * (water_reflectivity - reflectivity)
    through = brightness_temperature_through(
        tb,
        reflectivity,
        _opacity(case, channel, effect),
        mean_temperature(case["air_temperature"]),
        case["incidence"],
    )
    has_air = (effect["atmosphere"] + effect["rain"]) * channel["seen_through_air"] > 0
    return jnp.where(has_air, through, tb)


def _land_emission(
    case: Arrays, surface: Arrays, channel: Arrays, effect: Arrays
) -> tuple[Array, Array]:
    """Brightness temperature [K] and reflectivity [1] of the land, (surface, channel, case)."""
    ratio = channel["ghz"] / L_BAND_GHZ
    weight = 1 - effect["deep_soil"] * (1 - channel["surface_weight"])
    soil = effective_temperature_choudhury82(
        case["surface_temperature"], case["deep_temperature"], weight
    )
    canopy = soil + effect["canopy_difference"] * (case["canopy_temperature"] - soil)
    vod = case["vod_v"] * surface["vod_factor"] * ratio ** surface["vod_exponent"]
    h_over_v = 1 + effect["ratio_departure"] * (case["vod_ratio"] - 1)
    vod = vod * jnp.where(channel["at_v"] > 0, 1.0, h_over_v)
    through = transmissivity(vod, case["incidence"])
    omega = RETRIEVAL_OMEGA + effect["albedo_departure"] * (surface["omega"] - RETRIEVAL_OMEGA)
    omega = omega * ratio ** effect["albedo_exponent"]
    ground = _ground_reflectivity(case, surface, channel, effect)
    tb = brightness_temperature_mo82(ground, soil, canopy, through, omega)
    # Kirchhoff: reflectivity is 1 - emissivity, the emission at a uniform temperature of 1 K.
    unit = jnp.ones_like(ground)
    return tb, 1 - brightness_temperature_mo82(ground, unit, unit, through, omega)


def _ground_reflectivity(case: Arrays, surface: Arrays, channel: Arrays, effect: Arrays) -> Array:
    """Reflectivity of soil and snow below the canopy [1], (surface, channel, case)."""
    frequency = channel["ghz"] * 1e9
    moisture = jnp.clip(
        case["soil_moisture"] * surface["moisture_factor"], _DRIEST, case["porosity"]
    )
    ice = jnp.maximum(case["total_water"] - case["soil_moisture"], 0) * surface["moisture_factor"]
    permittivity = permittivity_with_ice_birchak74(
        soil_permittivity_mironov09(moisture, case["clay"], frequency), effect["ground_ice"] * ice
    )
    dry_h = surface["roughness_h"]
    h = roughness_when_moist(dry_h, moisture, case["porosity"], effect["moisture_roughness"])
    h = h * (channel["ghz"] / L_BAND_GHZ) ** effect["roughness_exponent"]
    mixing = polarization_mixing_chaubell20(dry_h)
    mixing = mixing + polarization_mixing_above_l_band(channel["ghz"], effect["mixing"])
    rough_v, rough_h = rough_reflectivity_wang81(
        *fresnel_reflectivity(permittivity, case["incidence"]),
        h,
        jnp.minimum(mixing, 0.5),
        jnp.float32(_ROUGHNESS_EXPONENT),
        case["incidence"],
    )
    bare = jnp.where(channel["at_v"] > 0, rough_v, rough_h)
    covered = snow_covered_reflectivity_pulliainen99(
        bare, case["snow_water"], effect["snow_grain"], case["incidence"], frequency
    )
    return jnp.where((effect["snow_grain"] > 0) & (case["snow_water"] > 0), covered, bare)


def _water_emission(case: Arrays, frequency: Array, at_v: Array) -> tuple[Array, Array]:
    """Brightness temperature [K] and reflectivity [1] of open or frozen water, (channel, case)."""
    # Lake temperature is taken as that of the soil at 50 cm.
    temperature = case["deep_temperature"]
    liquid = water_permittivity_ulaby86(jnp.maximum(temperature, WATER_FREEZING_POINT), frequency)
    rough_v, rough_h = rough_reflectivity_wang81(
        *fresnel_reflectivity(liquid, case["incidence"]),
        jnp.float32(_WATER_H),
        jnp.float32(_WATER_MIXING),
        jnp.float32(_ROUGHNESS_EXPONENT),
        case["incidence"],
    )
    ice_v, ice_h = fresnel_reflectivity(jnp.complex64(_ICE_PERMITTIVITY), case["incidence"])
    frozen = jnp.clip((WATER_FREEZING_POINT - temperature) / _FREEZING_RANGE, 0.0, 1.0)
    open_water = jnp.where(at_v, rough_v, rough_h)
    reflectivity = open_water + frozen * (jnp.where(at_v, ice_v, ice_h) - open_water)
    return temperature * (1 - reflectivity), reflectivity


def _opacity(case: Arrays, channel: Arrays, effect: Arrays) -> Array:
    """Zenith opacity of atmosphere, clouds and rain [Np], (channel, case)."""
    clear = dry_opacity(channel["dry"], case["elevation"], case["air_temperature"])
    cloud = cloud_absorption_rayleigh(jnp.float32(WATER_FREEZING_POINT), channel["ghz"] * 1e9)
    clear = clear + channel["vapour"] * case["vapour"] + cloud * case["cloud_water"]
    rain = rain_opacity_itu838(
        case["rain_rate"], case["air_temperature"], channel["rain"], channel["rain_power"]
    )
    return effect["atmosphere"] * clear + effect["rain"] * rain
