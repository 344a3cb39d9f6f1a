"""Rain of a patch: wet days in spells, gamma-distributed amounts, and storms within the day.

A day is wet where an autocorrelated Gaussian field exceeds a threshold (as Wilks 1998 does between
stations, doi:10.1016/S0022-1694(98)00186-3, not verified); amounts are gamma quantiles of a second
field, by the cube of Wilson and Hilferty 1931 (doi:10.1073/pnas.17.12.684, not verified).
"""

from dataclasses import dataclass
from math import erf

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, UInt8
from mcca_ml.config.simulate import DroughtSettings
from mcca_ml.simulate.truth import climate as zones
from mcca_ml.simulate.truth.fields import Smoother, autoregression, daily_noise, mixed

STEPS_OF_DAY = 8
STEP_HOURS = 24 / STEPS_OF_DAY

STORM_KM, SPELL_KM = 220.0, 700.0
"""Correlation lengths of daily rain, and of weather spells [km]."""

_STORM_MEMORY, _SPELL_MEMORY = 0.35, 0.9  # lag-1 autocorrelation of days [1]
_SPELL_SHARE = 0.2  # fraction of the variance of the occurrence field [1]
_WARMER = 0.045  # relative increase of rain on wet days, near that of water vapour [K-1]
_AT_WARMTH = 288.0  # reference temperature of the zones' amounts [K]
_LIGHTEST = 0.1  # least rain of a wet day [mm day-1]
_TROPICAL_SEASON = 0.95  # amplitude of the wet season in the tropics over its mean [1]


@dataclass(frozen=True)
class DailyRain:
    """Rain of each day, arrays (day, cell)."""

    wetness: Float32
    """Gaussian field of variance 1 [1]: rain above a threshold; clouds and humidity follow it."""
    amount: Float32
    """[mm]."""


def daily_rain(
    smooth: tuple[Smoother, Smoother],
    days: Datetime64,
    lat: Float64,
    climate: UInt8,
    warmth: Float32,
    *,
    seed: int,
    box: str,
) -> DailyRain:
    """Precipitation of each day and cell.

    Args:
        smooth: smoothers of storms and of spells.
        days: UTC days, (day).
        lat: latitude [degree], (cell).
        climate: climate zone, (cell).
        warmth: seasonal air temperature [K], (day, cell).
        seed: random seed of the world.
        box: name of the box.
    """
    storm, spell = smooth
    memories = ((storm, "storm", _STORM_MEMORY), (spell, "spell", _SPELL_MEMORY))
    storms, spells = (autoregression(daily_noise(s, seed, days, box, n), m) for s, n, m in memories)
    wetness = mixed([(1 - _SPELL_SHARE, storms), (_SPELL_SHARE, spells)])
    cycle = zones.season(days, zones.zone_values("wet_peak", climate), lat)
    tropical = zones.tropical(lat) * zones.has_dry_season(climate)
    amplitude = zones.zone_values("wet_season", climate)
    amplitude = amplitude + tropical * (_TROPICAL_SEASON - amplitude)
    wet_share = zones.zone_values("wet_share", climate) * (1 - 0.5 * tropical)
    share = wet_share * (1 + amplitude * cycle)
    is_wet = wetness > -normal_quantile(np.clip(share, 0.005, 0.95))
    mean = zones.zone_values("amount", climate) * np.clip(
        np.exp(_WARMER * (warmth - np.float32(_AT_WARMTH))), 0.15, 2.0
    )
    shape = zones.zone_values("shape", climate)
    heavy = daily_noise(storm, seed, days, box, "amount")
    amount = np.maximum(mean * gamma_quantile_wilson31(heavy, shape), _LIGHTEST)
    return DailyRain(wetness, np.asarray(np.where(is_wet, amount, 0), np.float32))


def gamma_quantile_wilson31(normal: Float32, shape: Float32) -> Float32:
    """Quantile of a gamma distribution of mean 1, from a standard normal deviate [1].

    Args:
        normal: standard normal deviate [1].
        shape: shape parameter of the gamma distribution [1], >= 0.5, where the mean is off by 1 %.

    Formula:
        (1 - 1 / (9 k) + z / (3 sqrt(k)))^3, not below 0
    """
    root = 1 - 1 / (9 * shape) + normal / (3 * np.sqrt(shape))
    return np.asarray(np.maximum(root, 0) ** 3, np.float32)


def normal_quantile(probability: Float32) -> Float32:
    """Quantile of the standard normal distribution [1], interpolated in a table, to 1e-3.

    Args:
        probability: 0.001 to 0.999 [1].

    >>> round(float(normal_quantile(np.float32(0.9))), 2)
    1.28
    """
    value, below = _normal_table()
    return np.asarray(np.interp(probability, below, value), np.float32)


def normal_rank(normal: Float32) -> Float32:
    """Cumulative probability of a standard normal deviate [1], to 1e-3.

    >>> round(float(normal_rank(np.float32(1.28))), 2)
    0.9
    """
    value, below = _normal_table()
    return np.asarray(np.interp(normal, value, below), np.float32)


def _normal_table() -> tuple[Float64, Float64]:
    """Standard normal deviates and their cumulative probabilities."""
    value = np.linspace(-3.2, 3.2, 1281)
    return value, np.array([0.5 * (1 + erf(z / np.sqrt(2))) for z in value])


def within_day(
    smooth: Smoother,
    days: Datetime64,
    lon: Float64,
    season: Float32,
    *,
    seed: int,
    box: str,
) -> Float32:
    """Fraction of a day's rain around each step, (day, step, cell) [1]; each day sums to 1.

    Args:
        smooth: smoother of storms.
        days: UTC days, (day).
        lon: longitude [degree], (cell).
        season: annual cycle, 1 in midsummer to -1 in midwinter, (day, cell); summer rain falls
            mostly in the late afternoon, winter rain at any hour.
        seed: random seed of the world.
        box: name of the box.
    """
    of_centre = daily_noise(smooth, seed, days, box, "hour of rain")
    of_length = daily_noise(smooth, seed, days, box, "length of rain")
    centre_sd = np.where(season > 0, 12 - 8 * season, 12)  # [h]
    centre = 17 + centre_sd * of_centre
    length = 2.0 * np.exp(0.5 * of_length)  # [h], 1 sd
    hour = np.arange(STEPS_OF_DAY) * STEP_HOURS
    local = hour[:, None] + lon / 15
    distance = (local - centre[:, None, :] + 12) % 24 - 12
    weight = np.exp(-0.5 * (distance / np.maximum(length[:, None, :], 0.9)) ** 2)
    weight[weight < 0.05] = 0
    return np.asarray(weight / weight.sum(1, keepdims=True), np.float32)


def drought_factor(days: Datetime64, droughts: tuple[DroughtSettings, ...]) -> Float32:
    """Factor by which droughts reduce the rain of each day in a box, (day) [1].

    Args:
        days: UTC days, (day).
        droughts: droughts of the box; the factors of overlapping droughts multiply.
    """
    factor = np.ones(days.size, np.float32)
    for drought in droughts:
        during = (days >= np.datetime64(drought.start)) & (days <= np.datetime64(drought.end))
        factor[during] *= drought.rain_factor
    return factor
