"""Select the rows to retrieve, and set the flag bits that do not depend on the retrieval."""

import numpy as np
import xarray as xr

from mcca_ml import flags
from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.flags import FLAG_DTYPE, NO_VALUE, Flag
from mcca_ml.retrieve.land_cover import PERMANENT_ICE_CLASS

# Thresholds of SMAP: recommended below the first, not attempted from the second (metadata of
# SPL2SMP granules: WaterFractionLowerThreshold 0.05, WaterFractionUpperThreshold 0.5).
WATER_FLAGGED = 0.05
WATER_SKIPPED = 0.50


def field(ds: xr.Dataset, name: str, rows: int) -> Float32:
    """Variable as rows, (row,); NaN if the dataset lacks it."""
    if name not in ds:
        return np.full(rows, np.nan, np.float32)
    return np.asarray(ds[name].to_numpy(), np.float32).reshape(rows)


def screen(ds: xr.Dataset, tb: Float32, soil_temperature: Float32) -> UInt32:
    """Flag of each row before retrieval; rows with a bit of `flags.NO_VALUE` are not attempted.

    Args:
        ds: dataset after schema.GRID_TB and schema.ANCILLARY; its flag bits are kept.
        tb: brightness temperature of the used channels [K], (row, channel).
        soil_temperature: effective soil temperature [K], (row).
    """
    rows = len(tb)
    flag = np.asarray(ds["flag"].to_numpy()).reshape(rows).astype(FLAG_DTYPE)
    finite = np.isfinite(tb)
    flag |= flags.where(~finite.any(axis=1), Flag.NOT_OBSERVED)
    flag |= flags.where(~finite.all(axis=1), Flag.TB_INVALID)
    flag |= flags.where(~np.isfinite(field(ds, "incidence", rows)), Flag.TB_INVALID)
    flag |= flags.where(~np.isfinite(soil_temperature), Flag.NO_TEMPERATURE)
    flag |= flags.where(soil_temperature < WATER_FREEZING_POINT, Flag.FROZEN)
    water = field(ds, "water_fraction", rows)
    flag |= flags.where(water > WATER_FLAGGED, Flag.OPEN_WATER)
    flag |= flags.where(water >= WATER_SKIPPED, Flag.NOT_ATTEMPTED)
    if "land_cover" in ds:
        first = ds["land_cover"].to_numpy()[..., 0].reshape(rows)
        flag |= flags.where(first == PERMANENT_ICE_CLASS, Flag.PERMANENT_ICE | Flag.NOT_ATTEMPTED)
    return flag


def is_attempted(flag: UInt32) -> Booleans:
    """True for rows that can be retrieved."""
    return ~flags.has(flag, NO_VALUE)
