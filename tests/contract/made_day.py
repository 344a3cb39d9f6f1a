"""Days of a SIMULATED record of three cells, with random values and gaps."""

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.config.load import Settings
from mcca_ml.flags import Flag
from mcca_ml.publish.grid_window import smallest_window
from mcca_ml.publish.record_attributes import record_made

CELLS = np.array([200 * 1388 + 300, 201 * 1388 + 305, 210 * 1388 + 340])
WINDOW = smallest_window(CELLS)
MADE = record_made(Settings(), "0" * 64, True)
DAY = np.datetime64


def record(days: int, first: str = "2016-01-01") -> xr.Dataset:
    """Some days after schema.RECORD."""
    rng = np.random.default_rng(0)
    shape = (days, CELLS.size)
    time = DAY(first) + np.arange(days)
    hole = rng.random(shape) < 0.3
    sm = rng.uniform(0.05, 0.5, shape).astype(np.float32)
    seen = time[:, None].astype("M8[ns]") + (rng.random(shape) * 8.64e13).astype("m8[ns]")
    special = {
        "t0": np.where(hole, DAY("NaT", "ns"), seen),
        "sensor": np.where(hole, 0, 32 + 4096).astype(np.int32),
        "nobs": np.where(hole, 0, 2).astype(np.uint8),
        "flag": np.where(hole, int(Flag.NOT_OBSERVED), int(Flag.SNOW)).astype(np.uint32),
        "sm_filled": sm,
        "is_filled": hole.astype(np.uint8),
    }
    variables = {
        name: (
            var.dims,
            special.get(name, np.where(hole, np.nan, sm)),
            {"units": var.units} if var.units else {},
        )
        for name, var in schema.RECORD.items()
    }
    return xr.Dataset(variables, coords={"time": time.astype("M8[ns]"), "cell": CELLS})
