"""The record as it would be without cross-calibration, for comparison only."""

import numpy as np
import xarray as xr

from mcca_ml.fuse import errors, fusion, models
from mcca_ml.grid.store import open_store
from mcca_ml.learn import store
from mcca_ml.learn.fit import predict
from mcca_ml.learn.roles import Floats
from mcca_ml.record.fusing import FuseTask, moments_of
from mcca_ml.record.loading import Source, groups, raw_inputs_for
from mcca_ml.record.predicting import network_of
from mcca_ml.record.training import GROUP_CELLS, Roles


def _stream_without(source: Source, sensor: str) -> xr.Dataset:
    """The stream of a sensor, its soil moisture told from brightness temperatures as they came."""
    plan = source.plan
    held = open_store(
        plan.stream_store(sensor), first_day=plan.first_day, last_day=plan.learned_last
    )
    parts: list[Floats] = []
    for number, cells in enumerate(groups(plan.cells.size, GROUP_CELLS)):
        inputs = raw_inputs_for(source, sensor, cells, source.learned)
        path = plan.network(network_of(sensor)) / f"{number:04d}.npz"
        parts.append(np.clip(predict(store.load(path), inputs.x), 0, 1))
    sm = np.concatenate(parts).T
    return held.assign(soil_moisture=held["soil_moisture"].copy(data=sm))


def record_without(source: Source, roles: Roles) -> xr.Dataset:
    """The fused record of all cells without cross-calibration, everything else being the same.

    Args:
        source: of the series.
        roles: of the days that may be known, (time,).
    """
    plan = source.plan
    streams = {}
    for name in plan.streams:
        if plan.coefficients(name).is_file():
            streams[name] = _stream_without(source, name)
        else:
            streams[name] = open_store(
                plan.stream_store(name), first_day=plan.first_day, last_day=plan.learned_last
            )
    pool = plan.work / "fusion" / "pool.npz"
    task = FuseTask(source, slice(0, plan.cells.size), roles, pool, "")
    settings = plan.settings.fuse
    model = errors.model_of(moments_of(task), models.load_pool(pool), settings)
    return fusion.fuse(streams, model, settings)
