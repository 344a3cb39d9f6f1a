"""The record as it would be without cross-calibration, for comparison only."""

import numpy as np
import xarray as xr

from mcca_ml.fuse import errors, fusion, models
from mcca_ml.learn import store
from mcca_ml.learn.fit import predict
from mcca_ml.learn.roles import Floats
from mcca_ml.record.fusing import FuseTask, moments_of
from mcca_ml.record.loading import Source, inputs_for
from mcca_ml.record.predicting import network_of
from mcca_ml.record.training import files_of
from mcca_ml.report.evaluate import Held


def _stream_without(source: Source, sensor: str, ds: xr.Dataset) -> xr.Dataset:
    """The stream of a sensor, its soil moisture told from brightness temperatures as they came."""
    parts: list[Floats] = []
    for path, cells in files_of(source.plan, network_of(sensor)):
        inputs = inputs_for(source, sensor, cells, source.learned, is_calibrated=False)
        parts.append(np.clip(predict(store.load(path), inputs.x), 0, 1))
    sm = np.concatenate(parts).T
    return ds.assign(soil_moisture=ds["soil_moisture"].copy(data=sm))


def record_without(source: Source, found: Held) -> xr.Dataset:
    """The fused record of all cells without cross-calibration, everything else being the same.

    Args:
        source: of the series.
        found: the streams as they are, and the roles of the days.
    """
    plan = source.plan
    streams = {
        name: _stream_without(source, name, ds) if plan.coefficients(name).is_file() else ds
        for name, ds in found.streams.items()
    }
    pool = plan.work / "fusion" / "pool.npz"
    task = FuseTask(source, slice(0, plan.cells.size), found.roles, pool, "")
    settings = plan.settings.fuse
    model = errors.model_of(moments_of(task), models.load_pool(pool), settings)
    return fusion.fuse(streams, model, settings)
