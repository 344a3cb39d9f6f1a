"""Water balance of a patch: snow, the soil of 0-5 cm, and the root zone below it.

Each store changes by exponentials that are exact over a step while the other stores are constant,
so that steps of any length are stable, stores stay in their bounds, and water is conserved: input
is stored, runs off, drains or evaporates. Without rain and frost the surface dries to a wetness
that capillary rise from the root zone maintains.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Float64
from mcca_ml.constants import WATER_FREEZING_POINT

SURFACE_MM, ROOT_MM = 50.0, 350.0
"""Thickness of the two layers of soil [mm]."""

_MELT = 3.0  # degree-day factor [mm K-1 day-1]; usual values are 2 to 6
_SNOW_RANGE = (-1.0, 2.0)  # air temperatures of all snow and of all rain [K from freezing]
_CAUGHT = 0.58  # fraction of light rain stored in a dry surface; the rest bypasses in cracks [1]
_DEEP_HOURS = 25 * 24.0  # drainage time of the root zone above field capacity [h]
# Wetness, from 0 at the residual to 1 at field capacity [1]:
_HELD_UP = 0.62  # of the surface that capillary rise maintains over a root zone of wetness 1
_FULLEST = 1.35  # of the root zone, above which capillary rise does not increase
_HELD_BACK = 0.3  # above the maintained wetness, below which the surface does not drain
_EASY = 0.5  # above the maintained wetness, from which evaporation meets the whole demand


@dataclass(frozen=True)
class Soil:
    """Hydraulic properties of the soil, arrays (cell)."""

    porosity: Float64
    """[m3 m-3]."""
    residual: Float64
    """Residual water content, below which nothing evaporates [m3 m-3]."""
    field_capacity: Float64
    """Water content retained against gravity [m3 m-3]."""
    drainage_hours: Float64
    """Exponential drainage time of the surface [h]."""
    surface_share: Float64
    """Fraction of potential evaporation from the surface [1]; the rest is transpiration."""
    frost: Float64
    """Liquid water content at -1 degree Celsius [m3 m-3]."""


@dataclass(frozen=True)
class Stores:
    """Water in the soil, arrays (cell)."""

    surface: Float64
    """Liquid water and ice of 0-5 cm [mm]."""
    root: Float64
    """Water of the root zone [mm]."""


@dataclass(frozen=True)
class Fluxes:
    """Water lost from the soil in a step, arrays (cell) [mm]."""

    runoff: Float64
    evaporation: Float64
    """From the surface."""
    transpiration: Float64
    """From the root zone."""
    deep_drainage: Float64


def soil_properties(clay: npt.ArrayLike, porosity: npt.ArrayLike, cover: npt.ArrayLike) -> Soil:
    """Hydraulic properties by texture: clay retains more water and drains more slowly.

    Args:
        clay: clay fraction [1].
        porosity: porosity [m3 m-3].
        cover: fraction of the ground shaded by vegetation [1].

    The linear relations are this project's choice; field capacity is 0.16 in sand to 0.39 in clay.
    """
    c, p, v = (np.asarray(x, np.float64) for x in (clay, porosity, cover))
    return Soil(
        porosity=p,
        residual=0.02 + 0.07 * c,
        field_capacity=np.minimum(0.14 + 0.42 * c, 0.8 * p),
        drainage_hours=66 + 60 * c,
        surface_share=0.31 - 0.15 * v,
        frost=0.04 + 0.25 * c,
    )


def liquid_limit_anderson72(soil: Soil, temperature: npt.ArrayLike) -> Float64:
    """Largest liquid water content [m3 m-3], shape of `temperature`; porosity above freezing.

    Args:
        soil: hydraulic properties, (cell).
        temperature: soil temperature [K].

    Formula:
        frost |T|^-0.5, T below freezing in kelvin

    Source: form of Anderson and Tice 1972, not verified; the exponent is near that of silt.
    """
    below = np.maximum(WATER_FREEZING_POINT - np.asarray(temperature, np.float64), 1e-9)
    return np.asarray(np.minimum(soil.frost / np.sqrt(below), soil.porosity))


def snow_share(air: npt.ArrayLike) -> Float64:
    """Fraction of precipitation that falls as snow [1].

    Args:
        air: air temperature at 2 m [K].
    """
    low, high = _SNOW_RANGE
    return np.clip((WATER_FREEZING_POINT + high - np.asarray(air, np.float64)) / (high - low), 0, 1)


def snow_step(
    snow: Float64, fallen: Float64, air: Float64, sublimation: Float64, hours: float
) -> tuple[Float64, Float64, Float64]:
    """Snow after a step, and melt and sublimation in the step [mm].

    Args:
        snow: snow before the step [mm].
        fallen: snowfall in the step [mm].
        air: air temperature at 2 m [K].
        sublimation: largest sublimation [mm day-1].
        hours: length of the step [h].
    """
    snow = snow + fallen
    days = hours / 24
    melted = np.minimum(snow, _MELT * days * np.maximum(air - WATER_FREEZING_POINT, 0))
    sublimated = np.minimum(snow - melted, sublimation * days)
    return snow - melted - sublimated, melted, sublimated


def soil_step(
    stores: Stores,
    soil: Soil,
    water_in: Float64,
    potential: Float64,
    liquid_limit: Float64,
    *,
    hours: float,
) -> tuple[Stores, Fluxes]:
    """Water of the soil after a step, and losses in the step.

    Args:
        stores: water before the step.
        soil: hydraulic properties.
        water_in: rain and snowmelt in the step [mm].
        potential: potential evaporation [mm h-1].
        liquid_limit: largest liquid water content, `liquid_limit_anderson72` [m3 m-3].
        hours: length of the step [h].
    """
    after, liquid, runoff = _infiltrated(stores, soil, water_in, liquid_limit)
    span = soil.field_capacity - soil.residual
    rooted = np.clip((after.root / ROOT_MM - soil.residual) / span, 0, _FULLEST)
    maintained = (soil.residual + _HELD_UP * rooted * span) * SURFACE_MM

    above = np.maximum(liquid - maintained - _HELD_BACK * span * SURFACE_MM, 0)
    drained = above * -np.expm1(-hours / soil.drainage_hours)
    drained = np.minimum(drained, soil.porosity * ROOT_MM - after.root)
    free = np.maximum(liquid - drained - maintained, 0)
    root = after.root + drained

    demand = soil.surface_share * potential
    evaporated = _evaporated(free, _EASY * span * SURFACE_MM, demand, hours)
    available = np.maximum(root - soil.residual * ROOT_MM, 0)
    transpired = _evaporated(available, span * ROOT_MM, potential - demand, hours)
    root = root - transpired
    deep = np.maximum(root - soil.field_capacity * ROOT_MM, 0) * -np.expm1(-hours / _DEEP_HOURS)
    surface = after.surface - drained - evaporated
    return Stores(surface, root - deep), Fluxes(runoff, evaporated, transpired, deep)


def _infiltrated(
    stores: Stores, soil: Soil, water_in: Float64, liquid_limit: Float64
) -> tuple[Stores, Float64, Float64]:
    """Stores after infiltration, liquid water of the surface, and runoff [mm]."""
    liquid = np.minimum(stores.surface, liquid_limit * SURFACE_MM)
    # Ice blocks the pores: infiltration is proportional to the liquid fraction.
    thawed = liquid / stores.surface
    # Exponential storage: the fuller the surface, the more water passes to the root zone.
    full = (soil.porosity - soil.residual) * SURFACE_MM
    space = np.maximum(soil.porosity * SURFACE_MM - stores.surface, 0)
    stored = space * thawed * -np.expm1(-_CAUGHT * water_in / full)
    passed = np.minimum(thawed * (water_in - stored), soil.porosity * ROOT_MM - stores.root)
    after = Stores(stores.surface + stored, stores.root + passed)
    return after, liquid + stored, water_in - stored - passed


def _evaporated(free: Float64, enough: Float64, demand: Float64, hours: float) -> Float64:
    """Evaporation from a store in a step [mm].

    Args:
        free: water available for evaporation [mm].
        enough: available water that meets the whole demand [mm]; with less, in proportion.
        demand: evaporative demand [mm h-1].
        hours: length of the step [h].
    """
    largest = demand * hours
    return np.asarray(np.minimum(free * -np.expm1(-largest / enough), largest))
