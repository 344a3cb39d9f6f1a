"""Series of some cells over all days, read from the stores for the stages after the grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Int8, Int64
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.intercal import coefficients
from mcca_ml.intercal.apply import apply, rename_channels
from mcca_ml.learn.features import Inputs, compute_inputs
from mcca_ml.learn.splits import Role
from mcca_ml.learn.target import DailyTarget, daily_target
from mcca_ml.pipeline.plan import Plan
from mcca_ml.store.read_blocks import open_store

NO_CLASS = -1
"""Stands for "no land cover known"."""


@dataclass(frozen=True)
class SeriesSource:
    """Plan that series are read by; small enough to send to another process."""

    plan: Plan
    """Without its granules."""

    @cached_property
    def learned(self) -> Datetime64:
        """Days used for learning."""
        return self.plan.days(last=self.plan.learned_last)


def over_days(ds: xr.Dataset, days: Datetime64) -> xr.Dataset:
    """Return the dataset on some days; days that it lacks are not observed.

    Args:
        ds: dataset with the dimension time.
        days: UTC days.
    """
    stored_days = ds["time"].to_numpy().astype("M8[D]")
    if np.array_equal(stored_days, days):
        return ds
    fill = {str(name): schema.missing_like(str(name), v.dtype) for name, v in ds.data_vars.items()}
    return ds.reindex(time=days.astype("M8[ns]"), fill_value=fill)


def dominant_classes(source: SeriesSource, cells: slice) -> Int64:
    """Commonest land cover of each cell over the days used for learning, (cell,)."""
    plan = source.plan
    ds = open_store(
        plan.target_store,
        cells=cells,
        first_day=plan.first_day,
        last_day=plan.learned_last,
        variables=("land_cover_main",),
    )
    cover = ds["land_cover_main"].to_numpy()
    cover = cover.reshape(-1, cover.shape[-1])
    count = np.zeros((schema.NO_LAND_COVER, cover.shape[1]), np.int64)
    for number in np.unique(cover[cover != schema.NO_LAND_COVER]):
        count[number] = (cover == number).sum(axis=0)
    return np.where(count.any(axis=0), count.argmax(axis=0), NO_CLASS).astype(np.int64)


@dataclass(frozen=True)
class Observed:
    """Brightness temperatures and calibration of some cells, read once for all their chunks."""

    grid: xr.Dataset
    """GRID_TB of the days that there are."""
    coefficients: xr.Dataset | None
    """Of the calibration; None: a reference."""
    cell_class: Int64
    """Land cover of each cell; empty without coefficients, (cell,)."""


def observed(source: SeriesSource, sensor: str, cells: slice, days: Datetime64) -> Observed:
    """Read the inputs of the learner from one sensor.

    Cells of one shard are best read together: reading fewer takes as long.

    Args:
        source: source of the series.
        sensor: name of the sensor.
        cells: positions in the list of cells.
        days: UTC days.

    Raises:
        GranuleError: the coefficients of a calibration cannot be read.
    """
    plan = source.plan
    ds = open_store(plan.grid_store(sensor), cells=cells, first_day=days[0], last_day=days[-1])
    path = plan.coefficients(sensor)
    if not path.is_file():
        return Observed(ds, None, np.empty(0, np.int64))
    return Observed(ds, coefficients.read(path), dominant_classes(source, cells))


def calibrated_inputs(
    source: SeriesSource,
    read: Observed,
    part: slice,
    days: Datetime64,
    *,
    is_calibrated: bool = True,
) -> Inputs:
    """Inputs of some of the cells that were read, on the scale of the sensor's reference.

    Args:
        source: source of the series.
        read: data of the cells.
        part: positions among them.
        days: UTC days.
        is_calibrated: False: uncalibrated brightness temperatures, for a comparison only.
    """
    ds = read.grid.isel(cell=part)
    if read.coefficients is not None and is_calibrated:
        ds = apply(ds, read.coefficients, cell_class=read.cell_class[part])
    elif read.coefficients is not None:
        ds = rename_channels(ds, read.coefficients)
    ds, settings = over_days(ds, days), source.plan.settings
    reference_days = days <= source.plan.learned_last
    return compute_inputs(ds, settings.train, settings.calibrate, reference_days=reference_days)


def inputs_for(
    source: SeriesSource, sensor: str, cells: slice, days: Datetime64, *, is_calibrated: bool = True
) -> Inputs:
    """Inputs of the learner from one sensor: `observed` and `calibrated_inputs` in one.

    Args:
        source: source of the series.
        sensor: name of the sensor.
        cells: positions in the list of cells.
        days: UTC days.
        is_calibrated: False: uncalibrated brightness temperatures, for a comparison only.

    Raises:
        GranuleError: the coefficients of a calibration cannot be read.
    """
    read = observed(source, sensor, cells, days)
    return calibrated_inputs(source, read, slice(None), days, is_calibrated=is_calibrated)


def visible_target(source: SeriesSource, cells: slice, days: Datetime64, roles: Int8) -> xr.Dataset:
    """TARGET of some cells, always without the test days.

    Args:
        source: source of the series.
        cells: positions in the list of cells.
        days: UTC days.
        roles: split of each day, (time,).
    """
    store = source.plan.target_store
    ds = open_store(store, cells=cells, first_day=days[0], last_day=days[-1])
    ds = over_days(ds, days)
    return over_days(ds.isel(time=np.flatnonzero(roles != Role.TEST)), days)


def target_for(
    source: SeriesSource, cells: slice, days: Datetime64, roles: Int8, wanted: Sequence[Role]
) -> DailyTarget:
    """Target of some cells on the days of some splits; never of test days.

    Args:
        source: source of the series.
        cells: positions in the list of cells.
        days: UTC days.
        roles: split of each day, (time,).
        wanted: splits whose target is wanted.

    Raises:
        SchemaError: the test days are wanted.
    """
    if Role.TEST in wanted:
        raise SchemaError("record: the target of test days is not for any stage; ask for others")
    ds = visible_target(source, cells, days, roles)
    target = daily_target(ds, reference_days=np.isin(roles, (Role.TRAIN, Role.STOP)))
    is_wanted = np.isin(roles, [int(role) for role in wanted])
    nothing = np.float32(np.nan)
    return replace(
        target,
        sm=np.where(is_wanted, target.sm, nothing),
        sd=np.where(is_wanted, target.sd, nothing),
    )


def target_days(source: SeriesSource) -> Datetime64:
    """UTC days on which any cell has a retrieval, up to the last used for learning.

    Raises:
        GranuleError: there is none.
    """
    plan = source.plan
    parts = []
    # A block at a time: all land over ten years would take ten gigabytes.
    for block in plan.blocks():
        some = plan.block_days(block)
        ds = open_store(
            plan.target_store,
            first_day=some[0],
            last_day=min(some[-1], plan.learned_last),
            variables=("soil_moisture",),
        )
        has_target = np.isfinite(ds["soil_moisture"].to_numpy()).any(axis=(1, 2))
        parts.append(ds["time"].to_numpy().astype("M8[D]")[has_target])
    days: Datetime64 = np.concatenate(parts)
    if not days.size:
        raise GranuleError(
            f"train: found no soil moisture of SMAP from {plan.first_day} to {plan.learned_last}, "
            "expected some to learn from; widen [period] or give more [input.SPL3SMP]"
        )
    return days
