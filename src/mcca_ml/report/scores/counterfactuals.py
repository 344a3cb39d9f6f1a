"""What the order of days and the cross-calibration are worth: the record without either."""

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
from mcca_ml.report.scores.compared import Held
from mcca_ml.report.scores.tables import Product, Table, compared
from mcca_ml.sensors import SENSORS

SEED = 0
OWN, OTHER = "days shuffled, each keeps its look", "looks of other days of the season"


def shuffled(days: Datetime64, roles: Int8, seed: int) -> Int64:
    """Places of the days in another order: those of the test change places within their season.

    Args:
        days: UTC days, (time,).
        roles: of the days, (time,).
        seed: of the order.
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
    """Soil moisture that the networks predict from a sensor, (cell, time).

    Args:
        source: of the series.
        sensor: of the brightness temperatures.
        place: order of the days.
        is_calibrated: whether brightness temperatures are cross-calibrated, or as they came.
    """
    parts: list[Float32] = []
    for path, cells in weight_files(source.plan, SENSORS[sensor].network):
        inputs = inputs_for(source, sensor, cells, source.learned, is_calibrated=is_calibrated)
        parts.append(np.clip(predict(weights_file.load(path), inputs.x[:, place]), 0, 1))
    return np.concatenate(parts)


def order_table(source: SeriesSource, found: Held, sensor: str) -> Table:
    """A network on its test days as they are, and with the days of each season shuffled.

    Where each day keeps its own look, only what came before it is another; where it has the look
    of another day, nothing is left but the season.

    Args:
        source: of the series.
        found: what is compared.
        sensor: of the network.
    """
    place = shuffled(source.learned, found.roles, SEED)
    said = _estimates(source, sensor, place)
    own = np.empty_like(said)
    own[:, place] = said
    as_is = found.products[sensor]
    nothing = np.float32(np.nan)
    has = np.isfinite(as_is.sm)
    products = {
        "as they are": as_is,
        OWN: Product(np.where(has, own, nothing)),
        OTHER: Product(np.where(has, said, nothing)),
    }
    mask = np.broadcast_to(found.is_test, found.target.shape)
    title = f"Order of days, {sensor} against the target"
    return compared(title, products, found.target, mask)


def record_without(source: SeriesSource, found: Held) -> xr.Dataset:
    """The fused record of all cells without cross-calibration, everything else being the same.

    Args:
        source: of the series.
        found: the streams as they are, and the roles of the days.
    """
    plan = source.plan
    streams = dict(found.streams)
    for name, ds in found.streams.items():
        if plan.coefficients(name).is_file():
            sm = _estimates(source, name, is_calibrated=False).T
            streams[name] = ds.assign(soil_moisture=ds["soil_moisture"].copy(data=sm))
    pool = plan.work / "fusion" / "pool.npz"
    task = FuseTask(source, slice(0, plan.cells.size), found.roles, pool, "")
    settings = plan.settings.fuse
    model = error_covariance.model_of(sum_error_moments(task), models.load_pool(pool), settings)
    return fusion.fuse(streams, model, settings)
