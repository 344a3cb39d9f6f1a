"""Readings of several stations -> the mean of their cell, and how far that may be off.

Stations come and go and each has a level of its own. So a station's lasting difference from the
others is taken off before the mean: a station that is silent then moves the mean by nothing but its
own weather.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Float64

_ROUNDS = 20  # of alternating levels and means; each brings three digits where most are present
_RASTER = 60  # points along a side by which the shares of a cell are counted


@dataclass(frozen=True)
class Average:
    """The mean of a cell, over the times of a product (time,)."""

    value: Float64
    """[m3 m-3]; NaN where too few stations have a value."""
    stations: Float64
    """How many had one."""
    members: int
    """Stations that have a part in the mean at any time."""
    lasting_sd: float
    """Standard error of the mean level, from the lasting differences of stations [m3 m-3]."""
    varying_sd: float
    """Standard error of a single mean, from what varies apart from each other [m3 m-3]."""


def thiessen_weights(lat: Float64, lon: Float64, half_km: float = 12.5) -> Float64:
    """Share of a square about the stations' middle that is nearer to each than to any other [1].

    Args:
        lat: of the stations [degree].
        lon: of the stations [degree].
        half_km: half the side of the square [km].
    """
    km = 111.2
    y = (lat - lat.mean()) * km
    x = (lon - lon.mean()) * km * np.cos(np.radians(lat.mean()))
    side = (np.arange(_RASTER) + 0.5) / _RASTER * 2 * half_km - half_km
    px, py = (one.ravel() for one in np.meshgrid(side, side))
    nearest = np.argmin((px[:, None] - x) ** 2 + (py[:, None] - y) ** 2, axis=1)
    return np.asarray(np.bincount(nearest, minlength=lat.size) / nearest.size)


def _weighted(values: Float64, seen: Booleans, weights: Float64) -> Float64:
    """Weighted mean over the stations that have a value; NaN where none has."""
    share = np.where(seen, weights[:, None], 0.0)
    whole = share.sum(axis=0)
    mean = (share * np.where(seen, values, 0.0)).sum(axis=0) / np.where(whole > 0, whole, 1.0)
    return np.where(whole > 0, mean, np.nan)


def average(values: Float64, weights: Float64, fewest: int) -> Average:
    """The mean of a cell from its stations.

    Args:
        values: of each station at each time (station, time) [m3 m-3], NaN where there is none.
        weights: of the stations, of sum 1 (station,).
        fewest: stations without which there is no mean.

    Formula:
        value = m + sum w (x_i - level_i) / sum w over the stations present, where level_i is the
        mean of x_i - value over its times, with sum w level = 0. The standard errors are those of
        a weighted mean of independent stations: lasting from the levels, varying from the rest.
    """
    seen = np.isfinite(values) & (weights[:, None] > 0)
    count = seen.sum(axis=0).astype(np.float64)
    enough = count >= fewest
    used = seen & enough
    level = np.zeros(len(values))
    mean = _weighted(values, used, weights)
    has = used.any(axis=1)
    if not has.any():
        none = np.full(values.shape[1], np.nan)
        return Average(none, count, 0, float("nan"), float("nan"))
    for _ in range(_ROUNDS):
        apart = np.where(used, values - mean, 0.0).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
        level = np.where(has, apart, 0.0)
        level -= (weights * level).sum() / weights[has].sum()
        mean = _weighted(values - level[:, None], used, weights)
    errors = _errors(values - level[:, None] - mean, used, level, weights)
    return Average(mean, count, int(has.sum()), *errors)


def _errors(rest: Float64, used: Booleans, level: Float64, weights: Float64) -> tuple[float, float]:
    """Standard errors of the mean: lasting and varying [m3 m-3]."""
    has = used.any(axis=1)
    share = weights[has] / weights[has].sum()
    stations = int(has.sum())
    if stations < 2:
        return float("nan"), float("nan")
    effective = 1 / (share**2).sum()
    lasting = np.sqrt(level[has].var(ddof=1) / effective)
    present = np.where(used, weights[:, None], 0.0)
    present /= np.maximum(present.sum(axis=0), 1e-12)
    per_time = 1 / np.maximum((present**2).sum(axis=0), 1e-12)
    times = used.any(axis=0)
    square = np.where(used, rest, 0.0) ** 2
    # One degree of freedom a time is in the mean.
    freedom = np.maximum(used.sum(axis=0) - 1, 1)
    variance = square.sum(axis=0)[times] / freedom[times] / per_time[times]
    return float(lasting), float(np.sqrt(variance.mean()))
