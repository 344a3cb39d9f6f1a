"""Water of a patch: snow, the soil of 0-5 cm, and the root zone below it that remembers.

Each store changes by exponentials that are exact over a step while the others stand still, so no
step is too long, no store leaves its bounds and nothing is lost: what comes in is stored, runs off,
drains or evaporates. Without rain and frost the surface only dries, to a level that the root zone
keeps up by what rises from it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Float64
from mcca_ml.constants import WATER_FREEZING_POINT

SURFACE_MM, ROOT_MM = 50.0, 350.0
"""Thickness of the two layers of soil [mm]."""

_MELT = 3.0  # snow that a day of one kelvin melts [mm K-1 day-1]; degree-day factors are 2 to 6
_SNOW_RANGE = (-1.0, 2.0)  # air below and above which all is snow and all is rain [K from freezing]
_CAUGHT = 0.58  # share of light rain that a dry surface keeps; the rest finds cracks [1]
_DEEP_HOURS = 25 * 24.0  # the root zone's drainage above field capacity [h]
# Wetness, from 0 at the residual to 1 at field capacity [1]:
_HELD_UP = 0.62  # at which the surface stays above a root zone of 1: what rises feeds the air
_FULLEST = 1.35  # of the root zone, beyond which it holds the surface up no more
_HELD_BACK = 0.3  # above that level, up to which the surface drains nothing
_EASY = 0.5  # above that level, at which the surface meets the whole demand


@dataclass(frozen=True)
class Soil:
    """What decides how soil holds water, arrays (cell)."""

    porosity: Float64
    """[m3 m-3]."""
    residual: Float64
    """Left when all that can evaporate is gone [m3 m-3]."""
    field_capacity: Float64
    """Held against gravity [m3 m-3]."""
    drainage_hours: Float64
    """Time in which the surface drains to 1 / e of what it cannot hold [h]."""
    surface_share: Float64
    """Share of the potential evaporation that the surface feeds [1]; the rest roots take."""
    frost: Float64
    """Liquid left at -1 degree Celsius [m3 m-3]."""


@dataclass(frozen=True)
class Stores:
    """Water in the soil, arrays (cell)."""

    surface: Float64
    """Liquid and ice of 0-5 cm [mm]."""
    root: Float64
    """Of the root zone [mm]."""


@dataclass(frozen=True)
class Fluxes:
    """What left the soil in a step, arrays (cell) [mm]."""

    runoff: Float64
    evaporation: Float64
    """From the surface."""
    transpiration: Float64
    """From the root zone."""
    deep_drainage: Float64


def soil_properties(clay: npt.ArrayLike, porosity: npt.ArrayLike, cover: npt.ArrayLike) -> Soil:
    """Soil by its texture: clay holds more and drains slower.

    Args:
        clay: fraction [1].
        porosity: [m3 m-3].
        cover: share of the ground that vegetation shades [1].

    The lines are this project's choice; field capacity runs from 0.16 in sand to 0.39 in clay.
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
    """Most water that stays liquid [m3 m-3], shape of `temperature`; porosity above freezing.

    Args:
        soil: (cell).
        temperature: of the soil [K].

    Formula:
        frost |T|^-0.5, T below freezing in kelvin

    Source: form of Anderson and Tice 1972, not verified; the exponent is near that of silt.
    """
    below = np.maximum(WATER_FREEZING_POINT - np.asarray(temperature, np.float64), 1e-9)
    return np.asarray(np.minimum(soil.frost / np.sqrt(below), soil.porosity))


def snow_share(air: npt.ArrayLike) -> Float64:
    """Share of precipitation that falls as snow [1].

    Args:
        air: temperature at 2 m [K].
    """
    low, high = _SNOW_RANGE
    return np.clip((WATER_FREEZING_POINT + high - np.asarray(air, np.float64)) / (high - low), 0, 1)


def snow_step(
    snow: Float64, fallen: Float64, air: Float64, sublimation: Float64, hours: float
) -> tuple[Float64, Float64, Float64]:
    """Snow after a step, what melted and what sublimated in it [mm].

    Args:
        snow: before [mm].
        fallen: in the step [mm].
        air: temperature at 2 m [K].
        sublimation: largest [mm day-1].
        hours: length of the step [h].
    """
    lying = snow + fallen
    days = hours / 24
    melted = np.minimum(lying, _MELT * days * np.maximum(air - WATER_FREEZING_POINT, 0))
    gone = np.minimum(lying - melted, sublimation * days)
    return lying - melted - gone, melted, gone


def soil_step(
    stores: Stores,
    soil: Soil,
    water_in: Float64,
    potential: Float64,
    liquid_limit: Float64,
    *,
    hours: float,
) -> tuple[Stores, Fluxes]:
    """The soil after a step, and what left it.

    Args:
        stores: before.
        soil: what holds them.
        water_in: rain and melt in the step [mm].
        potential: potential evaporation [mm h-1].
        liquid_limit: of `liquid_limit_anderson72` [m3 m-3].
        hours: length of the step [h].
    """
    after, liquid, runoff = _infiltrated(stores, soil, water_in, liquid_limit)
    span = soil.field_capacity - soil.residual
    rooted = np.clip((after.root / ROOT_MM - soil.residual) / span, 0, _FULLEST)
    level = (soil.residual + _HELD_UP * rooted * span) * SURFACE_MM

    above = np.maximum(liquid - level - _HELD_BACK * span * SURFACE_MM, 0)
    drained = above * -np.expm1(-hours / soil.drainage_hours)
    drained = np.minimum(drained, soil.porosity * ROOT_MM - after.root)
    free = np.maximum(liquid - drained - level, 0)
    root = after.root + drained

    wanted = soil.surface_share * potential
    evaporated = _evaporated(free, _EASY * span * SURFACE_MM, wanted, hours)
    held = np.maximum(root - soil.residual * ROOT_MM, 0)
    transpired = _evaporated(held, span * ROOT_MM, potential - wanted, hours)
    root = root - transpired
    deep = np.maximum(root - soil.field_capacity * ROOT_MM, 0) * -np.expm1(-hours / _DEEP_HOURS)
    surface = after.surface - drained - evaporated
    return Stores(surface, root - deep), Fluxes(runoff, evaporated, transpired, deep)


def _infiltrated(
    stores: Stores, soil: Soil, water_in: Float64, liquid_limit: Float64
) -> tuple[Stores, Float64, Float64]:
    """Stores with the water that got in, what of the surface is liquid, and what runs off [mm]."""
    liquid = np.minimum(stores.surface, liquid_limit * SURFACE_MM)
    # Ice blocks the pores: frozen ground takes the less the more of it is frozen.
    thawed = liquid / stores.surface
    # The fuller the surface the more passes through it, as if each drop found its own place.
    full = (soil.porosity - soil.residual) * SURFACE_MM
    space = np.maximum(soil.porosity * SURFACE_MM - stores.surface, 0)
    taken = space * thawed * -np.expm1(-_CAUGHT * water_in / full)
    passed = np.minimum(thawed * (water_in - taken), soil.porosity * ROOT_MM - stores.root)
    after = Stores(stores.surface + taken, stores.root + passed)
    return after, liquid + taken, water_in - taken - passed


def _evaporated(free: Float64, easy: Float64, wanted: Float64, hours: float) -> Float64:
    """Water that a store loses in a step [mm].

    Args:
        free: what it can lose [mm].
        easy: from this on it meets the whole demand [mm]; below, in proportion.
        wanted: the demand [mm h-1].
        hours: length of the step [h].
    """
    asked = wanted * hours
    return np.asarray(np.minimum(free * -np.expm1(-asked / easy), asked))
