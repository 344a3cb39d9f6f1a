"""Mean of several stations in a cell, and its standard errors.

Stations start and stop, and each has its own long-term mean. A station's lasting difference from
the others is therefore subtracted before averaging, so that a gap of one station shifts the mean
only by that station's deviation of the day.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Float64

_ROUNDS = 20  # iterations of offsets and means; each adds three digits if most stations report
_RASTER = 60  # points along a side of the square, for Thiessen weights


@dataclass(frozen=True)
class Average:
    """Mean of the stations in a cell at the times of a product, arrays (time,)."""

    value: Float64
    """Mean soil moisture [m3 m-3]; NaN where too few stations have a value."""
    stations: Float64
    """Number of stations with a value."""
    members: int
    """Number of stations that contribute at any time."""
    lasting_sd: float
    """Standard error of the long-term mean, from the lasting differences of stations [m3 m-3]."""
    varying_sd: float
    """Standard error of a single mean, from the varying differences of stations [m3 m-3]."""


def thiessen_weights(lat: Float64, lon: Float64, half_km: float = 12.5) -> Float64:
    """Thiessen weights: fraction of a square around the stations that is nearest to each [1].

    Args:
        lat: latitude of the stations [degree], (station,).
        lon: longitude of the stations [degree], (station,).
        half_km: half the side of the square [km].
    """
    km = 111.2
    y = (lat - lat.mean()) * km
    x = (lon - lon.mean()) * km * np.cos(np.radians(lat.mean()))
    side = (np.arange(_RASTER) + 0.5) / _RASTER * 2 * half_km - half_km
    px, py = (axis.ravel() for axis in np.meshgrid(side, side))
    nearest = np.argmin((px[:, None] - x) ** 2 + (py[:, None] - y) ** 2, axis=1)
    return np.asarray(np.bincount(nearest, minlength=lat.size) / nearest.size)


def _weighted(values: Float64, valid: Booleans, weights: Float64) -> Float64:
    """Weighted mean over the stations with a value; NaN where no station has one."""
    weight = np.where(valid, weights[:, None], 0.0)
    total = weight.sum(axis=0)
    mean = (weight * np.where(valid, values, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)


def average(values: Float64, weights: Float64, fewest: int) -> Average:
    """Average the stations of a cell.

    Args:
        values: readings [m3 m-3], (station, time); NaN where missing.
        weights: weights of the stations, of sum 1, (station,).
        fewest: least number of stations for a mean.

    Formula:
        value = sum w (x_i - offset_i) / sum w over the stations with a value, where offset_i is the
        mean of x_i - value over the times of station i, with sum w offset = 0. The standard errors
        are those of a weighted mean of independent stations: lasting from the offsets, varying
        from the residuals.
    """
    valid = np.isfinite(values) & (weights[:, None] > 0)
    count = valid.sum(axis=0).astype(np.float64)
    enough = count >= fewest
    used = valid & enough
    offset = np.zeros(len(values))
    mean = _weighted(values, used, weights)
    is_member = used.any(axis=1)
    if not is_member.any():
        missing = np.full(values.shape[1], np.nan)
        return Average(missing, count, 0, float("nan"), float("nan"))
    for _ in range(_ROUNDS):
        residual = np.where(used, values - mean, 0.0)
        offset = np.where(is_member, residual.sum(axis=1) / np.maximum(used.sum(axis=1), 1), 0.0)
        offset -= (weights * offset).sum() / weights[is_member].sum()
        mean = _weighted(values - offset[:, None], used, weights)
    errors = _errors(values - offset[:, None] - mean, used, offset, weights)
    return Average(mean, count, int(is_member.sum()), *errors)


def _errors(
    residual: Float64, used: Booleans, offset: Float64, weights: Float64
) -> tuple[float, float]:
    """Standard errors of the mean: lasting and varying [m3 m-3]."""
    is_member = used.any(axis=1)
    weight = weights[is_member] / weights[is_member].sum()
    stations = int(is_member.sum())
    if stations < 2:
        return float("nan"), float("nan")
    effective = 1 / (weight**2).sum()
    lasting = np.sqrt(offset[is_member].var(ddof=1) / effective)
    present = np.where(used, weights[:, None], 0.0)
    present /= np.maximum(present.sum(axis=0), 1e-12)
    per_time = 1 / np.maximum((present**2).sum(axis=0), 1e-12)
    times = used.any(axis=0)
    square = np.where(used, residual, 0.0) ** 2
    # The mean uses one degree of freedom at each time.
    freedom = np.maximum(used.sum(axis=0) - 1, 1)
    variance = square.sum(axis=0)[times] / freedom[times] / per_time[times]
    return float(lasting), float(np.sqrt(variance.mean()))
