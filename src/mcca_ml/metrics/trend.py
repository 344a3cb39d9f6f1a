"""Linear trend of an autocorrelated series, and its standard error."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64

FEWEST = 12
"""Smallest number of values for a trend."""


@dataclass(frozen=True)
class Trend:
    """Linear trend of a series."""

    slope: float
    """Slope per unit of time."""
    error: float
    """Standard error of the slope, for the effective number of values."""
    lag1: float
    """Lag-1 autocorrelation of the residuals, 0 where negative [1]."""
    effective: float
    """Effective number of independent values [1]."""


def trend_santer00(time: Float64, values: Float64) -> Trend:
    """Least-squares slope, with a standard error for autocorrelated residuals.

    Args:
        time: regular time steps, any unit, (n,).
        values: values, NaN where missing, (n,).

    Returns:
        Trend; NaN with fewer than `FEWEST` values or at most 3 effective ones.

    Formula:
        n_e = n (1 - r1) / (1 + r1), r1 the lag-1 correlation of the residuals;
        s2 = sum(e2) / (n_e - 2); error = sqrt(s2 / sum((t - mean t)2))

    Source: Santer et al. (2000), J. Geophys. Res. 105(D6), 7337-7356, section 4, from memory; a
    test draws series of known memory and counts how often the true slope is inside.
    """
    no_trend = Trend(np.nan, np.nan, np.nan, np.nan)
    valid = np.isfinite(values)
    count = int(valid.sum())
    if count < FEWEST:
        return no_trend
    t, y = time[valid] - time[valid].mean(), values[valid] - values[valid].mean()
    power = float((t**2).sum())
    slope = float((t * y).sum() / power)
    residual = np.full(values.size, np.nan)
    residual[valid] = y - slope * t
    both = np.isfinite(residual[1:]) & np.isfinite(residual[:-1])
    square = float((residual[valid] ** 2).mean())
    lag1 = (
        float((residual[1:] * residual[:-1])[both].mean() / square)
        if both.any() and square > 0
        else 0.0
    )
    # A negative correlation would give more effective values than values.
    lag1 = min(max(lag1, 0.0), 0.99)
    # n_e = n (1 - r1) / (1 + r1).
    effective = count * (1 - lag1) / (1 + lag1)
    if effective <= 3:
        return no_trend
    # s2 = sum(e2) / (n_e - 2).
    variance = float((residual[valid] ** 2).sum()) / (effective - 2)
    return Trend(slope, float(np.sqrt(variance / power)), lag1, effective)
