"""What a record is compared with: the target of the test days, the truth of a simulated world.

Only here, after everything is made, are the days of the test looked at.
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
    """The target of all days that may be known, those of the test among them.

    Args:
        source: of the series.
        roles: of the days, (time,).
    """
    plan, days = source.plan, source.learned
    ds = open_store(plan.target_store, first_day=days[0], last_day=days[-1])
    is_level = np.isin(roles, (Role.TRAIN, Role.STOP))
    return daily_target(over_days(ds, days), level_days=is_level)


@dataclass(frozen=True)
class Truth:
    """True soil moisture of some cells of a simulated world."""

    path: Path
    """Its store, which holds what was imposed too."""
    steps: Int64
    """UTC, seconds since 1970, (step,)."""
    moisture: Float32
    """[m3 m-3], (step, cell)."""

    def at(self, when: Datetime64) -> Float32:
        """At times of observation [m3 m-3], (cell, time); NaN where there is none.

        Args:
            when: UTC, NaT for none, (cell, time); the truth is interpolated between its steps.
        """
        out = np.full(when.shape, np.nan, np.float32)
        for cell in range(len(when)):
            known = ~np.isnat(when[cell])
            seconds = when[cell][known].astype("M8[s]").astype(np.int64)
            moisture = self.moisture[:, cell]
            found = np.interp(seconds, self.steps, moisture, left=np.nan, right=np.nan)
            out[cell][known] = found
        return out

    def of_record(self, ds: xr.Dataset) -> Float32:
        """At the times of a record, at noon where it has none [m3 m-3], (cell, time).

        Args:
            ds: after schema.RECORD, of the same cells.
        """
        noon = ds["time"].to_numpy() + np.timedelta64(12, "h")
        t0 = ds["t0"].to_numpy()
        return self.at(np.where(np.isnat(t0), noon[:, None], t0).T)


def read_truth(path: Path, cells: Int64) -> Truth:
    """The truth of some cells.

    Args:
        path: the store of the truth of a simulated world.
        cells: flat cells of EASE2_M25, (cell,).

    Raises:
        GranuleError: a cell is not in that world.
    """
    with xr.open_zarr(path, chunks=None, consolidated=False) as ds:
        held = ds["cell"].to_numpy()
        order = np.argsort(held, kind="stable")
        at = order[np.minimum(np.searchsorted(held[order], cells), held.size - 1)]
        if not np.array_equal(held[at], cells):
            raise GranuleError(
                f"{path.name}: holds no truth of cell {cells[held[at] != cells][0]}, expected that "
                "of every cell of the record; give the truth of the same world"
            )
        steps = ds["time"].to_numpy().astype("M8[s]").astype(np.int64)
        moisture = ds["soil_moisture"].to_numpy().astype(np.float32)[:, at]
    return Truth(path, steps, moisture)
