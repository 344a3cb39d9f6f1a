"""The record as it would be without cross-calibration, for comparison only."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import Float32
from mcca_ml.fuse import error_covariance, fusion, models
from mcca_ml.learn import weights_file
from mcca_ml.learn.fit import predict
from mcca_ml.pipeline.fuse import FuseTask, moments_of
from mcca_ml.pipeline.load_series import Source, inputs_for
from mcca_ml.pipeline.train import files_of
from mcca_ml.report.scores.compared import Held
from mcca_ml.sensors import SENSORS


def _stream_without(source: Source, sensor: str, ds: xr.Dataset) -> xr.Dataset:
    """The stream of a sensor, its soil moisture told from brightness temperatures as they came."""
    parts: list[Float32] = []
    for path, cells in files_of(source.plan, SENSORS[sensor].network):
        inputs = inputs_for(source, sensor, cells, source.learned, is_calibrated=False)
        parts.append(np.clip(predict(weights_file.load(path), inputs.x), 0, 1))
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
    model = error_covariance.model_of(moments_of(task), models.load_pool(pool), settings)
    return fusion.fuse(streams, model, settings)
