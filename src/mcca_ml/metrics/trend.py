"""A straight line through a series whose values remember each other, and its standard error."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64

FEWEST = 12
"""Values below which no trend is told."""


@dataclass(frozen=True)
class Trend:
    """Slope of a series."""

    slope: float
    """Per unit of time."""
    error: float
    """Its standard error, by the number of values that count as independent."""
    lag1: float
    """Correlation of neighbours, 0 where negative [1]."""
    effective: float
    """Values that count as independent [1]."""


def trend_santer00(time: Float64, values: Float64) -> Trend:
    """Least-squares slope, its error widened for the memory of the residuals.

    Args:
        time: even steps, any unit, (n,).
        values: NaN where there is none, (n,).

    Returns:
        NaN where fewer than `FEWEST` values or fewer than 3 effective ones are there.

    Formula:
        n_e = n (1 - r1) / (1 + r1), r1 the lag-1 correlation of the residuals;
        s2 = sum(e2) / (n_e - 2); error = sqrt(s2 / sum((t - mean t)2))

    Source: Santer et al. (2000), J. Geophys. Res. 105(D6), 7337-7356, section 4, from memory; a
    test draws series of known memory and counts how often the true slope is inside.
    """
    nothing = Trend(np.nan, np.nan, np.nan, np.nan)
    seen = np.isfinite(values)
    count = int(seen.sum())
    if count < FEWEST:
        return nothing
    t, y = time[seen] - time[seen].mean(), values[seen] - values[seen].mean()
    power = float((t**2).sum())
    slope = float((t * y).sum() / power)
    left = np.full(values.size, np.nan)
    left[seen] = y - slope * t
    both = np.isfinite(left[1:]) & np.isfinite(left[:-1])
    square = float((left[seen] ** 2).mean())
    lag1 = float((left[1:] * left[:-1])[both].mean() / square) if both.any() and square > 0 else 0.0
    # A negative correlation would make more samples of them than there are values.
    lag1 = min(max(lag1, 0.0), 0.99)
    # n_e = n (1 - r1) / (1 + r1).
    effective = count * (1 - lag1) / (1 + lag1)
    if effective <= 3:
        return nothing
    # s2 = sum(e2) / (n_e - 2).
    variance = float((left[seen] ** 2).sum()) / (effective - 2)
    return Trend(slope, float(np.sqrt(variance / power)), lag1, effective)
