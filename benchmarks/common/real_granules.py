"""Where are the real granules, and what of them do benchmarks need beside the dataset?"""

import os
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml.arrays import Float32, Int64
from mcca_ml.grid import ease2
from mcca_ml.read.smap import read_smap

DAY = Path("smap") / "SMAP_L3_SM_P_20150401_R13080_001.h5"
HALF_ORBIT = Path("smap") / "SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"
GROUP = "Soil_Moisture_Retrieval_Data"
FLAG_FILL = 65534  # its bit 0 is clear: without this test fill would count as recommended


def path_of(granule: Path) -> Path:
    """Path of a real granule, below MCCA_ML_DATA or ../shared/data."""
    named = os.environ.get("MCCA_ML_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    return folder / granule


def recommended(path: Path) -> xr.Dataset:
    """GRID_TB of the cells that the operational product recommends."""
    ds = read_smap(path)
    keep = (ds["recommended_operational"] == 1) & np.isfinite(ds["soil_moisture_operational"])
    return ds.isel(cell=np.flatnonzero(keep.to_numpy()[0, 0]))


def fields(path: Path, cells: Int64) -> dict[str, Float32]:
    """Float fields of a granule at the cells of a dataset on its native grid, fill as NaN.

    Args:
        path: SPL3SMP of one group, or SPL2SMP.
        cells: flat indices on the 36 km grid, each of which the granule must hold.
    """
    grid = ease2.by_name("EASE2_M36")
    out = {}
    with h5py.File(path) as granule:
        group = granule[GROUP]
        gridded = group["tb_v_corrected"].ndim == 2
        row, column = group["EASE_row_index"][...], group["EASE_column_index"][...]
        flat = row.astype(np.int64) * grid.columns + column
        order = np.argsort(flat, axis=None)
        where = order[np.searchsorted(flat.ravel()[order], cells)]
        place = cells if gridded else where
        for name, item in group.items():
            if item.dtype == np.float32 and item.shape == group["tb_v_corrected"].shape:
                values = item[...].ravel()[place]
                out[name] = np.where(values <= -9998, np.nan, values).astype(np.float32)
    return out
