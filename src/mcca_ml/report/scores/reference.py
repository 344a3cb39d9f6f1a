"""References of a record: target of the test days, truth of a simulated world.

No other module reads the target of the test days, and this one only after the record is made.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64, Float32, Int8, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.learn.splits import Role
from mcca_ml.learn.target import DailyTarget, daily_target
from mcca_ml.pipeline.load_series import SeriesSource, over_days
from mcca_ml.store.read_blocks import open_store


def whole_target(source: SeriesSource, roles: Int8) -> DailyTarget:
    """Return the target of all days with data, test days included.

    Args:
        source: stores of the series.
        roles: splits of the days, (time,).
    """
    plan, days = source.plan, source.learned
    ds = open_store(plan.target_store, first_day=days[0], last_day=days[-1])
    is_level = np.isin(roles, (Role.TRAIN, Role.STOP))
    return daily_target(over_days(ds, days), reference_days=is_level)


@dataclass(frozen=True)
class TruthSeries:
    """True soil moisture of some cells of a simulated world."""

    path: Path
    """Store with the truth and the imposed signals."""
    steps: Int64
    """UTC, seconds since 1970, (step,)."""
    moisture: Float32
    """[m3 m-3], (step, cell)."""

    def at(self, when: Datetime64) -> Float32:
        """Return soil moisture at observation times [m3 m-3], (cell, time); NaN outside.

        Args:
            when: UTC, NaT for none, (cell, time); the truth is interpolated between its steps.
        """
        out = np.full(when.shape, np.nan, np.float32)
        for cell in range(len(when)):
            known = ~np.isnat(when[cell])
            seconds = when[cell][known].astype("M8[s]").astype(np.int64)
            moisture = self.moisture[:, cell]
            interpolated = np.interp(seconds, self.steps, moisture, left=np.nan, right=np.nan)
            out[cell][known] = interpolated
        return out

    def of_record(self, ds: xr.Dataset) -> Float32:
        """Return soil moisture at the times of a record, else at noon [m3 m-3], (cell, time).

        Args:
            ds: after schema.RECORD, of the same cells.
        """
        noon = ds["time"].to_numpy() + np.timedelta64(12, "h")
        t0 = ds["t0"].to_numpy()
        return self.at(np.where(np.isnat(t0), noon[:, None], t0).T)


def read_truth(path: Path, cells: Int64) -> TruthSeries:
    """Read the truth of some cells.

    Args:
        path: truth store of a simulated world.
        cells: flat cells of EASE2_M25, (cell,).

    Raises:
        GranuleError: a cell is not in that world.
    """
    with xr.open_zarr(path, chunks=None, consolidated=False) as ds:
        all_cells = ds["cell"].to_numpy()
        order = np.argsort(all_cells, kind="stable")
        at = order[np.minimum(np.searchsorted(all_cells[order], cells), all_cells.size - 1)]
        if not np.array_equal(all_cells[at], cells):
            raise GranuleError(
                f"{path.name}: has no truth of cell {cells[all_cells[at] != cells][0]}, expected "
                "one for every cell of the record; give the truth of the same world"
            )
        steps = ds["time"].to_numpy().astype("M8[s]").astype(np.int64)
        moisture = ds["soil_moisture"].to_numpy().astype(np.float32)[:, at]
    return TruthSeries(path, steps, moisture)
