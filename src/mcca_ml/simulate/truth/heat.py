"""Temperatures of a patch: season, weather and daily cycle of the air, the canopy and the soil.

The soil follows the air with a lag and an amplitude that falls with depth: as a heat wave for the
daily cycle (exp(-z / d) in amplitude and z / d in phase), and as an exponential filter for weather
and season. Snow insulates the soil; freezing water keeps it near the freezing point.
"""

from dataclasses import dataclass

import jax
import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, UInt8
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth import climate as zones
from mcca_ml.simulate.truth.rain import STEP_HOURS, STEPS_OF_DAY
from mcca_ml.simulate.truth.types import CellArrays

SURFACE_M, DEEP_M = 0.025, 0.5
"""Depths of the two soil temperatures [m]."""

DAMPING_M = 0.10
"""Damping depth of the daily wave [m]; typical of moist soil."""

_WARMEST_DAY = 200.0
_AIR_PEAK, _GROUND_PEAK, _CANOPY_PEAK = 15.0, 13.0, 13.5  # local solar time [h]
_SURFACE_DAYS, _DEEP_DAYS = 1.5, 20.0  # exponential memory of the soil [day]
_WEATHER_SD = 4.2  # in spring and autumn [K]
_RAIN_COOLS = 2.0  # cooling in summer for a wetness of 1 standard deviation [K]
_NIGHT_COOLS = 1.8  # canopy below air in a clear night [K]
_SNOW_MM = 40.0  # snow water that damps the soil's response to the air to 1 / e [mm]
_CURTAIN = 1.5  # temperature range of the zero-curtain effect [K]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class DailyHeat(CellArrays):
    """Daily components of the temperatures, arrays (day, cell)."""

    season: Float32
    """Seasonal mean air temperature [K]."""
    air: Float32
    """Daily mean air temperature [K]."""
    sway: Float32
    """Half of the daily range of air temperature [K]."""
    clear: Float32
    """Clearness of the sky, 0 to 1 [1]."""
    cycle: Float32
    """Annual cycle, 1 in midsummer and -1 in midwinter [1]."""


def seasonal_temperature(
    days: Datetime64,
    lat: Float64,
    elevation: Float32,
    climate: UInt8,
) -> tuple[Float32, Float32]:
    """Seasonal mean air temperature [K], and annual cycle from -1 to 1 [1], both (day, cell).

    Args:
        days: UTC days, (day).
        lat: latitude [degree], (cell).
        elevation: elevation [m], (cell).
        climate: climate zone, (cell).

    Formula:
        28 - 38 sin^2 lat - 3 z / km in degrees Celsius, with amplitude 3 + 25 sin^2 lat: a choice
        near the means of Oklahoma, Nebraska and Saskatchewan as commonly known. High land heats
        the air above it, so its lapse rate is below that of free air (6.5 K / km).
    """
    high = np.sin(np.deg2rad(lat)) ** 2
    mean = 28 - 38 * high - 0.003 * elevation + zones.zone_values("warmth", climate)
    cycle = zones.season(days, np.full(lat.shape, _WARMEST_DAY, np.float32), lat)
    air = WATER_FREEZING_POINT + mean + (3 + 25 * high) * cycle
    return np.asarray(air, np.float32), cycle


def daily_heat(
    season: tuple[Float32, Float32],
    wetness: Float32,
    weather: Float32,
    diurnal: Float32,
    tropical: Float32,
) -> DailyHeat:
    """Daily temperatures; wet days are colder and have a smaller daily range.

    Args:
        season: mean and cycle from `seasonal_temperature`.
        wetness: wetness field of the rain, variance 1 [1], (day, cell).
        weather: standardised departure from the season, variance 1 [1], (day, cell).
        diurnal: half of the daily range under clear sky [K], (cell).
        tropical: weight from `climate.tropical`, (cell); weather varies less in the tropics.
    """
    mean, cycle = season
    clear = 1 / (1 + np.exp(1.5 * (wetness - 0.3)))
    sd = _WEATHER_SD * (1 - 0.7 * tropical) * (1 - 0.35 * cycle)
    air = mean + sd * weather - _RAIN_COOLS * wetness * (1 + cycle) / 2
    sway = diurnal * (0.85 + 0.15 * cycle) * (0.4 + 0.6 * clear)
    return DailyHeat(mean, *(np.asarray(x, np.float32) for x in (air, sway, clear, cycle)))


def at_steps(daily: Float32) -> Float32:
    """Interpolate daily values to the steps of all days but the last, (step, cell).

    Args:
        daily: value at 12 UTC, (day, cell); constant in the first half day.
    """
    before = np.concatenate([daily[:1], daily[:-1]])[:-1]
    here, after = daily[:-1], daily[1:]
    share = (np.arange(STEPS_OF_DAY) * STEP_HOURS - 12) / 24
    steps = [here + w * (after - here) if w >= 0 else here + w * (here - before) for w in share]
    return np.asarray(np.stack(steps, 1).reshape(-1, daily.shape[1]), np.float32)


def local_hour(steps: int, lon: Float64) -> Float32:
    """Local mean solar time of each step, starting at 0 UTC [h], (step, cell).

    Args:
        steps: number of steps.
        lon: longitude [degree], (cell).
    """
    return np.asarray((np.arange(steps)[:, None] * STEP_HOURS + lon / 15) % 24, np.float32)


def wave(hour: Float32, peak: float, depth: float = 0.0) -> Float32:
    """Daily wave at a depth, of amplitude 1 at the surface [1].

    Args:
        hour: local solar time [h].
        peak: local solar time of the maximum at the surface [h].
        depth: depth [m]; damping and phase lag are depth / `DAMPING_M`.
    """
    lag = depth / DAMPING_M
    phase = 2 * np.pi * (hour - np.float32(peak)) / 24 - lag
    return np.asarray(np.exp(-lag) * np.cos(phase), np.float32)


def lagged(daily: Float32, memory: float) -> Float32:
    """Exponential filter of daily values, (day, cell), in the unit of `daily`.

    Args:
        daily: daily values, (day, cell).
        memory: time constant of the filter [day].
    """
    share = np.float32(1 - np.exp(-1 / memory))
    out = np.empty_like(daily)
    out[0] = daily[0]
    for day in range(1, len(daily)):
        out[day] = out[day - 1] + share * (daily[day] - out[day - 1])
    return out


def air_temperature(heat: DailyHeat, hour: Float32) -> Float32:
    """Air temperature at 2 m [K], (step, cell).

    Args:
        heat: daily components, one day more than the steps.
        hour: local solar time [h], (step, cell).
    """
    return at_steps(heat.air) + at_steps(heat.sway) * wave(hour, _AIR_PEAK)


def canopy_temperature(heat: DailyHeat, hour: Float32) -> Float32:
    """Canopy temperature [K], (step, cell): leads the air, and is below it in clear nights.

    Args:
        heat: daily components, one day more than the steps.
        hour: local solar time [h], (step, cell).
    """
    sun = wave(hour, _CANOPY_PEAK)
    night = _NIGHT_COOLS * at_steps(heat.clear) * np.maximum(-sun, 0)
    return np.asarray(at_steps(heat.air) + 1.1 * at_steps(heat.sway) * sun - night)


def soil_temperatures(
    heat: DailyHeat, hour: Float32, cover: Float32, snow_water: Float32
) -> tuple[Float32, Float32]:
    """Soil temperature of 0-5 cm and at 50 cm [K], (step, cell).

    Args:
        heat: daily components, one day more than the steps.
        hour: local solar time [h], (step, cell).
        cover: fraction of the ground shaded by vegetation [1], (cell).
        snow_water: water equivalent of the snow [mm], (step, cell).
    """
    # In summer the sun warms open ground above the air; full shade halves this.
    open_ground = 1 - 0.5 * cover
    sunned = open_ground * heat.clear * (1 + heat.cycle)
    warmed = np.asarray(heat.air + sunned, np.float32)
    deep = at_steps(lagged(warmed, _DEEP_DAYS))
    sway = at_steps(np.asarray(1.5 * open_ground * heat.sway, np.float32))
    bare = at_steps(lagged(warmed, _SURFACE_DAYS)) + sway * wave(hour, _GROUND_PEAK, SURFACE_M)
    surface = deep + (bare - deep) * np.exp(-snow_water / np.float32(_SNOW_MM))
    deep = deep + sway * wave(hour, _GROUND_PEAK, DEEP_M)
    return _slowed_by_freezing(surface), _slowed_by_freezing(deep)


def _slowed_by_freezing(temperature: Float32) -> Float32:
    """Zero-curtain effect: temperatures below freezing are shifted towards it [K]."""
    below = np.maximum(np.float32(WATER_FREEZING_POINT) - temperature, 0)
    return np.asarray(temperature + below * (_CURTAIN / (below + _CURTAIN)), np.float32)


def potential_evaporation_hargreaves85(days: Datetime64, lat: Float64, heat: DailyHeat) -> Float32:
    """Potential evaporation [mm day-1], (day, cell), >= 0.

    Args:
        days: UTC days, (day).
        lat: latitude [degree], (cell).
        heat: temperatures of the same days.

    Formula:
        0.0023 Ra (T + 17.8) sqrt(range), Ra: extraterrestrial radiation as water [mm day-1]

    Source: Hargreaves and Samani 1985, with the radiation of FAO 56; both from general knowledge,
        not verified.
    """
    phase = 2 * np.pi * (zones.day_of_year(days) + 1) / 365
    declination = 0.409 * np.sin(phase - 1.39)
    phi = np.deg2rad(lat)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    sun = sunset * np.sin(phi) * np.sin(declination)
    sun = sun + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    radiation = 0.408 * 37.6 * (1 + 0.033 * np.cos(phase)) * sun
    warm = np.maximum(heat.air - WATER_FREEZING_POINT + 17.8, 0)
    return np.asarray(0.0023 * radiation * warm * np.sqrt(2 * heat.sway), np.float32)
