"""Weather of a patch: precipitation, air temperature, evaporative demand, vapour and clouds."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, UInt8
from mcca_ml.config.simulate import DroughtSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth import climate as zones
from mcca_ml.simulate.truth import heat as warmth
from mcca_ml.simulate.truth.fields import autoregression, daily_noise, smoother
from mcca_ml.simulate.truth.rain import (
    SPELL_KM,
    STEP_HOURS,
    STEPS_OF_DAY,
    STORM_KM,
    daily_rain,
    drought_factor,
    within_day,
)
from mcca_ml.simulate.truth.types import Cells, Land, Patch

_AIR_MASS_KM, _AIR_MASS_MEMORY = 900.0, 0.72
_VAPOUR_HEIGHT = 2.0  # [km]
_SUN_PEAK = 12.5  # local solar time of the largest evaporative demand [h]


@dataclass(frozen=True)
class Weather:
    """Weather of a patch, arrays (step, cell); `heat` is daily."""

    heat: warmth.DailyHeat
    """Daily components of the temperatures, (day, cell), one day more than the steps."""
    air: Float32
    """Air temperature at 2 m [K]."""
    precipitation: Float32
    """Rain and snow in the 3 hours around the step [mm]."""
    potential: Float32
    """Potential evaporation [mm h-1]."""
    vapour: Float32
    """Precipitable water [kg m-2]."""
    cloud_water: Float32
    """Liquid water of the clouds [kg m-2]."""


def make_weather(
    cells: Cells,
    land: Land,
    days: Datetime64,
    droughts: tuple[DroughtSettings, ...],
    seed: int,
) -> Weather:
    """Draw the weather of one patch at the steps of all days but the last.

    Args:
        cells: cells of the patch only.
        land: land of the patch only.
        days: UTC days; the last is used for interpolation only.
        droughts: droughts of this patch.
        seed: random seed of the world.
    """
    patch: Patch = cells.patches[0]
    lat, box = cells.lat, patch.name
    air_mass, spell, storm = (
        smoother(patch, lat, length) for length in (_AIR_MASS_KM, SPELL_KM, STORM_KM)
    )
    season = warmth.seasonal_temperature(days, lat, land.elevation, land.climate)
    rain = daily_rain((storm, spell), days, lat, land.climate, season[0], seed=seed, box=box)
    front = autoregression(daily_noise(air_mass, seed, days, box, "air mass"), _AIR_MASS_MEMORY)
    diurnal = zones.zone_values("diurnal", land.climate)
    tropical = zones.tropical(lat)
    heat = warmth.daily_heat(season, rain.wetness, front, diurnal, tropical)
    amount = rain.amount * drought_factor(days, droughts)[:, None]
    share = within_day(storm, days, cells.lon, heat.cycle, seed=seed, box=box)
    falling = _flat(amount[:-1, None, :] * share[:-1])
    hour = warmth.local_hour(len(falling), cells.lon)
    sun = np.maximum(warmth.wave(hour, _SUN_PEAK), 0) * np.float32(np.pi / 24)
    demand = warmth.potential_evaporation_hargreaves85(days[:-1], lat, heat.at(slice(-1)))
    air = warmth.air_temperature(heat, hour)
    return Weather(
        heat=heat,
        air=air,
        precipitation=falling,
        potential=np.repeat(demand, STEPS_OF_DAY, axis=0) * sun,
        vapour=_vapour(heat, rain.wetness, land.climate),
        cloud_water=_cloud_water(rain.wetness, falling),
    )


def _flat(by_day: Float32) -> Float32:
    """Reshape (day, step of the day, cell) to (step, cell)."""
    return np.asarray(by_day, np.float32).reshape(-1, by_day.shape[-1])


def saturation_pressure_magnus(temperature: Float32) -> Float32:
    """Saturation vapour pressure over water [hPa].

    Args:
        temperature: air temperature [K], 220 to 330.

    Source: Magnus form with 6.112, 17.62, 243.12, from general knowledge, not verified.

    >>> round(float(saturation_pressure_magnus(np.float32(293.15))), 1)
    23.3
    """
    celsius = temperature - np.float32(WATER_FREEZING_POINT)
    return np.asarray(6.112 * np.exp(17.62 * celsius / (243.12 + celsius)), np.float32)


def _vapour(heat: warmth.DailyHeat, wetness: Float32, climate: UInt8) -> Float32:
    """Precipitable water [kg m-2], (step, cell): vapour density at the ground times 2 km."""
    humidity = np.clip(zones.zone_values("humidity", climate) + 0.12 * wetness, 0.1, 0.98)
    pressure = humidity * saturation_pressure_magnus(heat.air)
    # 216.7 g K m-3 hPa-1 is the molar mass of water over the gas constant.
    return warmth.at_steps(np.asarray(216.7 * pressure / heat.air * _VAPOUR_HEIGHT, np.float32))


def _cloud_water(wetness: Float32, falling: Float32) -> Float32:
    """Liquid water of the clouds [kg m-2], (step, cell): on wet days, more where it rains."""
    day = np.repeat(wetness[:-1], STEPS_OF_DAY, axis=0)
    rate = falling / np.float32(STEP_HOURS)
    cloud = 0.04 * np.maximum(day, 0) + 0.15 * np.sqrt(rate)
    return np.asarray(np.minimum(cloud, 1.0), np.float32)
