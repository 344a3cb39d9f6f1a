"""TARGET by look -> the target of each day: of the am look, else of the pm look brought to it."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int64, UInt32
from mcca_ml.flags import FLAG_DTYPE, Flag, is_recommended

FEWEST = 10
"""Days with both looks below which a cell has no difference of its own, and none is taken off."""


@dataclass(frozen=True)
class DailyTarget:
    """What the learner learns, (cell, time)."""

    days: Datetime64
    """UTC days, (time,)."""
    cells: Int64
    """Numbers of the cells, (cell,)."""
    sm: Float32
    """Soil moisture, recommended values only [m3 m-3], NaN where there is none."""
    sd: Float32
    """Its uncertainty by stage one [m3 m-3]."""
    vod: Float32
    """Vegetation optical depth at V [1]."""
    flag: UInt32
    """Of the look taken, with TARGET_FROM_PM; NOT_OBSERVED where there is none."""
    obs_time: Datetime64
    """Of the look taken [UTC]."""


def usual_difference(am: Float32, pm: Float32, level_days: Booleans) -> Float32:
    """Median of pm less am in each cell [m3 m-3]; 0 where days are few, (cell,).

    Args:
        am: recommended soil moisture [m3 m-3], (time, cell).
        pm: the same.
        level_days: days that may tell, (time,).
    """
    off = np.sort((pm - am)[level_days], axis=0)  # NaN comes last
    count = np.isfinite(off).sum(axis=0)
    if not count.size or not off.shape[0]:
        return np.zeros(am.shape[1], np.float32)
    # Lower of the two middle ones where their number is even.
    own = off[np.maximum(count - 1, 0) // 2, np.arange(count.size)]
    # Nothing of other cells: a cell must not depend on those that it is worked on with.
    return np.where(count >= FEWEST, own, np.float32(0)).astype(np.float32)


def daily_target(ds: xr.Dataset, *, level_days: Booleans) -> DailyTarget:
    """The target of each day.

    Args:
        ds: after schema.TARGET.
        level_days: days over which the usual difference of the looks is told, (time,).
    """
    ds = ds.transpose(*schema.LOOK)
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE)
    good = is_recommended(flag)
    sm = np.where(good, ds["soil_moisture"].to_numpy(), np.float32(np.nan))
    am, pm = sm[:, 0], sm[:, 1]
    brought = np.clip(pm - usual_difference(am, pm, level_days), 0, 1)
    is_am = np.isfinite(am)
    # The pm look only where am has none, less their usual difference.
    is_pm = ~is_am & np.isfinite(brought)
    has = is_am | is_pm

    def taken(name: str) -> AnyArray:
        values = ds[name].to_numpy()
        return np.where(is_am, values[:, 0], values[:, 1])

    nothing = np.float32(np.nan)
    bits = np.where(is_am, flag[:, 0], flag[:, 1] | FLAG_DTYPE(int(Flag.TARGET_FROM_PM)))
    return DailyTarget(
        ds["time"].to_numpy().astype("M8[D]"),
        ds["cell"].to_numpy().astype(np.int64),
        np.where(is_am, am, brought).astype(np.float32).T,
        np.where(has, taken("sm_uncertainty"), nothing).astype(np.float32).T,
        np.where(has, taken("vod_v"), nothing).astype(np.float32).T,
        np.where(has, bits, FLAG_DTYPE(int(Flag.NOT_OBSERVED))).astype(FLAG_DTYPE).T,
        np.where(has, taken("obs_time"), np.datetime64("NaT", "ns")).T,
    )
