"""Daily target from TARGET by look: the am look, else the pm look less its median difference."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int64, UInt32
from mcca_ml.flags import FLAG_DTYPE, Flag, is_recommended

FEWEST = 10
"""Smallest number of days with both looks to estimate the difference pm less am of a cell."""


@dataclass(frozen=True)
class DailyTarget:
    """Daily target of the learner, (cell, time)."""

    days: Datetime64
    """UTC days, (time,)."""
    cells: Int64
    """Cell numbers, (cell,)."""
    sm: Float32
    """Soil moisture, recommended values only [m3 m-3], NaN where missing."""
    sd: Float32
    """Uncertainty of soil moisture from stage one [m3 m-3]."""
    vod: Float32
    """Vegetation optical depth at V [1]."""
    flag: UInt32
    """Flag of the look used, with TARGET_FROM_PM; NOT_OBSERVED without a look."""
    obs_time: Datetime64
    """Observation time of the look used [UTC]."""


def median_difference(am: Float32, pm: Float32, reference_days: Booleans) -> Float32:
    """Median of pm less am in each cell [m3 m-3]; 0 with fewer than `FEWEST` days, (cell,).

    Args:
        am: recommended soil moisture of the am look [m3 m-3], (time, cell).
        pm: recommended soil moisture of the pm look [m3 m-3], (time, cell).
        reference_days: days of the median, (time,).
    """
    difference = np.sort((pm - am)[reference_days], axis=0)  # NaN last
    count = np.isfinite(difference).sum(axis=0)
    if not count.size or not difference.shape[0]:
        return np.zeros(am.shape[1], np.float32)
    # Lower of the two middle values of an even number.
    own = difference[np.maximum(count - 1, 0) // 2, np.arange(count.size)]
    # No value from other cells: results must not depend on the block of cells.
    return np.where(count >= FEWEST, own, np.float32(0)).astype(np.float32)


def daily_target(ds: xr.Dataset, *, reference_days: Booleans) -> DailyTarget:
    """Combine the looks into the target of each day.

    Args:
        ds: dataset after schema.TARGET.
        reference_days: days of the median difference of the looks, (time,).
    """
    ds = ds.transpose(*schema.LOOK)
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE)
    good = is_recommended(flag)
    sm = np.where(good, ds["soil_moisture"].to_numpy(), np.float32(np.nan))
    am, pm = sm[:, 0], sm[:, 1]
    adjusted_pm = np.clip(pm - median_difference(am, pm, reference_days), 0, 1)
    is_am = np.isfinite(am)
    # The pm look only where am is missing.
    is_pm = ~is_am & np.isfinite(adjusted_pm)
    has_target = is_am | is_pm

    def select(name: str) -> AnyArray:
        values = ds[name].to_numpy()
        return np.where(is_am, values[:, 0], values[:, 1])

    nan = np.float32(np.nan)
    bits = np.where(is_am, flag[:, 0], flag[:, 1] | FLAG_DTYPE(int(Flag.TARGET_FROM_PM)))
    return DailyTarget(
        ds["time"].to_numpy().astype("M8[D]"),
        ds["cell"].to_numpy().astype(np.int64),
        np.where(is_am, am, adjusted_pm).astype(np.float32).T,
        np.where(has_target, select("sm_uncertainty"), nan).astype(np.float32).T,
        np.where(has_target, select("vod_v"), nan).astype(np.float32).T,
        np.where(has_target, bits, FLAG_DTYPE(int(Flag.NOT_OBSERVED))).astype(FLAG_DTYPE).T,
        np.where(has_target, select("obs_time"), np.datetime64("NaT", "ns")).T,
    )
