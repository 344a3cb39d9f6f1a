"""Which cells to attempt, and the flag bits that do not depend on the retrieval."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32, UInt32
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.flags import FLAG_DTYPE, NO_VALUE, Flag
from mcca_ml.flags import where as bit
from mcca_ml.retrieve.land_cover import PERMANENT_ICE_CLASS

# Thresholds of SMAP: recommended below the first, not attempted from the second on (metadata of
# SPL2SMP granules: WaterFractionLowerThreshold 0.05, WaterFractionUpperThreshold 0.5).
WATER_FLAGGED = 0.05
WATER_SKIPPED = 0.50
DENSE_SLANT_VOD = 0.78
"""VOD over cos incidence above which one look leaves an error of soil moisture of 0.05 m3 m-3 or
more [1]: 0.6 at nadir and 40 degrees. It counts the way through the canopy, whatever the frequency.
"""
RESIDUAL_SIGMA = 3.0
"""Misfit per degree of freedom, in sigma, above which no state explains the observation."""
WEAK_UNCERTAINTY = 0.10
"""Uncertainty of soil moisture above which a value says little [m3 m-3]."""
BOUND_MARGIN = 1e-3
"""Distance from a bound, as a share of the range, within which a value counts as at the bound."""


def field(ds: xr.Dataset, name: str, rows: int) -> Float32:
    """A variable of one value a cell as rows; NaN everywhere where the dataset has none."""
    if name not in ds:
        return np.full(rows, np.nan, np.float32)
    return np.asarray(ds[name].to_numpy(), np.float32).reshape(rows)


def screen(ds: xr.Dataset, tb: Float32, soil_temperature: Float32) -> UInt32:
    """Flag of each row before retrieval; rows with a bit of `flags.NO_VALUE` are not attempted.

    Args:
        ds: after schema.GRID_TB and schema.ANCILLARY; its own flag bits are kept.
        tb: brightness temperature of the channels in use [K], (row, channel).
        soil_temperature: effective soil temperature [K], (row).
    """
    rows = len(tb)
    flag = np.asarray(ds["flag"].to_numpy()).reshape(rows).astype(FLAG_DTYPE)
    finite = np.isfinite(tb)
    flag |= bit(~finite.any(axis=1), Flag.NOT_OBSERVED)
    flag |= bit(~finite.all(axis=1), Flag.TB_INVALID)
    flag |= bit(~np.isfinite(field(ds, "incidence", rows)), Flag.TB_INVALID)
    flag |= bit(~np.isfinite(soil_temperature), Flag.NO_TEMPERATURE)
    flag |= bit(soil_temperature < WATER_FREEZING_POINT, Flag.FROZEN)
    water = field(ds, "water_fraction", rows)
    flag |= bit(water > WATER_FLAGGED, Flag.OPEN_WATER)
    flag |= bit(water >= WATER_SKIPPED, Flag.NOT_ATTEMPTED)
    if "land_cover" in ds:
        first = ds["land_cover"].to_numpy()[..., 0].reshape(rows)
        flag |= bit(first == PERMANENT_ICE_CLASS, Flag.PERMANENT_ICE | Flag.NOT_ATTEMPTED)
    return flag


def attempted(flag: UInt32) -> Booleans:
    """Rows that nothing keeps from a retrieval."""
    excluded: Booleans = (flag & FLAG_DTYPE(int(NO_VALUE))) != 0
    return ~excluded


def outcome_flags(
    soil_moisture: Float32,
    bounds: tuple[float, Float32],
    vod: Float32,
    vod_max: float,
    *,
    slant_vod: Float32,
    uncertainty: Float32,
    cost_per_freedom: Float32,
    converged: Booleans,
) -> UInt32:
    """Flag bits that the retrieval itself gives rise to.

    Args:
        soil_moisture: [m3 m-3], (row).
        bounds: its lower bound, and its upper bound of each row [m3 m-3].
        vod: VOD at V and H [1], (row, 2).
        vod_max: upper bound of VOD [1].
        slant_vod: VOD at V and one sd more, over cos incidence [1].
        uncertainty: standard deviation of soil moisture [m3 m-3].
        cost_per_freedom: J over the number of misfits less the two unknowns, at least one [1].
        converged: whether the search ended well.
    """
    low, high = bounds
    margin = BOUND_MARGIN * (high - low)
    at_bound = (soil_moisture <= low + margin) | (soil_moisture >= high - margin)
    vod_at_bound = (vod <= BOUND_MARGIN) | (vod >= vod_max * (1 - BOUND_MARGIN))
    return (
        bit(at_bound, Flag.SOIL_MOISTURE_AT_BOUND)
        | bit(vod_at_bound.any(axis=1), Flag.VOD_AT_BOUND)
        | bit(slant_vod > DENSE_SLANT_VOD, Flag.DENSE_VEGETATION)
        | bit(~(converged & np.isfinite(soil_moisture)), Flag.NOT_CONVERGED)
        | bit(cost_per_freedom > RESIDUAL_SIGMA**2, Flag.RESIDUAL_LARGE)
        | bit(uncertainty > WEAK_UNCERTAINTY, Flag.WEAKLY_IDENTIFIED)
    )
