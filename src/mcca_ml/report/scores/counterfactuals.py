"""Counterfactuals: networks with shuffled days, and the record without cross-calibration."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64, Float32, Int8, Int64
from mcca_ml.fuse import error_covariance, fusion, models
from mcca_ml.learn import weights_file
from mcca_ml.learn.fit import predict
from mcca_ml.learn.splits import Role
from mcca_ml.pipeline.fuse import FuseTask, sum_error_moments
from mcca_ml.pipeline.load_series import SeriesSource, inputs_for
from mcca_ml.pipeline.train import weight_files
from mcca_ml.report.scores.compared import Comparison
from mcca_ml.report.scores.tables import ComparedProduct, ScoreTable, compared
from mcca_ml.sensors import SENSORS

SEED = 0
OWN, OTHER = "days shuffled, each keeps its look", "looks of other days of the season"


def shuffled(days: Datetime64, roles: Int8, seed: int) -> Int64:
    """Return the indices of the days with test days shuffled within their season.

    Args:
        days: UTC days, (time,).
        roles: splits of the days, (time,).
        seed: random seed.
    """
    season = (days.astype("M8[M]").astype(np.int64) + 1) % 12 // 3
    rng, place = np.random.default_rng(seed), np.arange(days.size)
    for number in range(4):
        some = np.flatnonzero((roles == Role.TEST) & (season == number))
        place[some] = rng.permutation(some)
    return place


def _estimates(
    source: SeriesSource,
    sensor: str,
    place: Int64 | slice = slice(None),
    *,
    is_calibrated: bool = True,
) -> Float32:
    """Predict soil moisture from a sensor [m3 m-3], (cell, time).

    Args:
        source: stores of the series.
        sensor: sensor of the brightness temperatures.
        place: order of the days.
        is_calibrated: True for cross-calibrated brightness temperatures.
    """
    parts: list[Float32] = []
    for path, cells in weight_files(source.plan, SENSORS[sensor].network):
        inputs = inputs_for(source, sensor, cells, source.learned, is_calibrated=is_calibrated)
        parts.append(np.clip(predict(weights_file.load(path), inputs.x[:, place]), 0, 1))
    return np.concatenate(parts)


def order_table(source: SeriesSource, comparison: Comparison, sensor: str) -> ScoreTable:
    """Score a network on its test days, and with the days of each season shuffled.

    If each day keeps its look, only the preceding days change; with the look of another day, only
    the season is left.

    Args:
        source: stores of the series.
        comparison: products and references.
        sensor: sensor of the network.
    """
    place = shuffled(source.learned, comparison.roles, SEED)
    estimate = _estimates(source, sensor, place)
    own = np.empty_like(estimate)
    own[:, place] = estimate
    as_is = comparison.products[sensor]
    nothing = np.float32(np.nan)
    has_value = np.isfinite(as_is.sm)
    products = {
        "as they are": as_is,
        OWN: ComparedProduct(np.where(has_value, own, nothing)),
        OTHER: ComparedProduct(np.where(has_value, estimate, nothing)),
    }
    mask = np.broadcast_to(comparison.is_test, comparison.target.shape)
    title = f"Order of days, {sensor} against the target"
    return compared(title, products, comparison.target, mask)


def record_without(source: SeriesSource, comparison: Comparison) -> xr.Dataset:
    """Make the fused record without cross-calibration, all else being equal.

    Args:
        source: stores of the series.
        comparison: streams and splits of the days.
    """
    plan = source.plan
    streams = dict(comparison.streams)
    for name, ds in comparison.streams.items():
        if plan.coefficients(name).is_file():
            sm = _estimates(source, name, is_calibrated=False).T
            streams[name] = ds.assign(soil_moisture=ds["soil_moisture"].copy(data=sm))
    pool = plan.work / "fusion" / "pool.npz"
    task = FuseTask(source, slice(0, plan.cells.size), comparison.roles, pool, "")
    settings = plan.settings.fuse
    model = error_covariance.estimate_stream_errors(
        sum_error_moments(task), models.load_pool(pool), settings
    )
    return fusion.fuse(streams, model, settings)
