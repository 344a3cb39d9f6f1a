"""Bias, standard deviation and correlation of the errors of the streams.

All three are estimated on the same days, from errors against the target; the daily `target_sd` of
each stream has no information on the correlation between streams. Only sensors that overlap with
SMAP have such days (`sensors.trained`); the others take the values of the sensor whose network they
use. Arrays over streams are in the order of `sensors.imagers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32, Float64, Intp
from mcca_ml.config.record import FuseSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.sensors import SENSORS, Table, imagers, trained

PRIOR_CORRELATION = 0.5
"""Error correlation where no two streams share a calibration day [1]: streams share the noise of
the target and the weather between the looks; choice of this project."""
MAX_CORRELATION = 0.95
"""Largest error correlation, to avoid weights from differences of almost equal errors [1]."""
MIN_SD = 1e-4
"""Smallest standard deviation of an error [m3 m-3]; 0 would give a singular covariance."""


@dataclass(frozen=True)
class ErrorMoments:
    """Sums of errors (estimate less target) over days with a target, by cell."""

    days: Float64
    """Number of days in `error`, of each trained sensor, (cell, 2)."""
    error: Float64
    """Sum of errors [m3 m-3], (cell, 2)."""
    common: Float64
    """Number of calibration days with both streams, (cell,)."""
    first: Float64
    """Sum of errors over the common days [m3 m-3], (cell, 2)."""
    second: Float64
    """Sum of the products of errors over the common days, 11, 12 and 22 [m6 m-6], (cell, 3)."""


@dataclass(frozen=True)
class Pool:
    """Bias and error covariance of all cells together."""

    bias: Float64
    """Mean of estimate less target of each trained sensor [m3 m-3], (2,)."""
    covariance: Float64
    """Covariance of errors within cells on common days, 11, 12 and 22 [m6 m-6], (3,); NaN without
    common days."""

    @property
    def error_correlation(self) -> float:
        """Error correlation of the two trained sensors [1]."""
        return float(_error_correlation(self.covariance))


@dataclass(frozen=True)
class StreamErrors:
    """Bias, standard deviation and correlation of the errors of the streams, by cell."""

    bias: Float32
    """Mean of estimate less target of each stream [m3 m-3], (cell, stream)."""
    sd: Float32
    """Error standard deviation on days with a look [m3 m-3], (cell, stream); NaN: unknown."""
    error_correlation: Float32
    """Correlation of the errors of two networks [1], (cell,)."""


def stream_networks(sensors: Table = SENSORS) -> Intp:
    """Index of the trained sensor whose network each stream uses, (stream,).

    >>> stream_networks().tolist()
    [0, 1, 0, 1]
    """
    return np.array([trained(sensors).index(sensors[name].network) for name in imagers(sensors)])


def check_streams(streams: Mapping[str, xr.Dataset], sensors: Table = SENSORS) -> None:
    """Check that the sensors of the streams are known and their days and cells equal.

    Args:
        streams: streams by sensor.
        sensors: the table of sensors.

    Raises:
        SchemaError: no stream, an unknown sensor, or different days or cells.
    """
    known = imagers(sensors)
    unknown = sorted(set(streams) - set(known))
    if unknown or not streams:
        raise SchemaError(
            f"fuse: found streams {', '.join(unknown) or 'none'}, expected some of "
            f"{', '.join(known)}; predict these first"
        )
    first = next(iter(streams.values()))
    for name, ds in streams.items():
        if not all(np.array_equal(ds[dim], first[dim]) for dim in ("time", "cell")):
            raise SchemaError(
                f"fuse: days or cells of {name} and {next(iter(streams))} differ, expected the "
                "same; predict all streams over the same period"
            )


def error_moments(
    streams: Mapping[str, xr.Dataset],
    target_sm: Float32,
    is_calibration_day: Booleans | None = None,
    sensors: Table = SENSORS,
) -> ErrorMoments:
    """Sum the errors of the streams over the days with a target.

    Args:
        streams: streams after schema.STREAM of some cells, by sensor.
        target_sm: soil moisture of the target [m3 m-3], NaN on excluded days, (cell, time).
        is_calibration_day: True on days that no network was trained on; only these count for the
            covariance, (time,); None: all.
        sensors: the table of sensors.

    Raises:
        SchemaError: days or cells differ, or a sensor is unknown.
    """
    check_streams(streams, sensors)
    shape = target_sm.shape
    error = np.full((2, *shape), np.nan)
    for number, name in enumerate(trained(sensors)):
        if name in streams:
            ds = streams[name]
            good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE)).T
            good &= ds["nobs"].to_numpy().T > 0
            # Only recommended values: others are fused only where no stream has one.
            difference = ds["soil_moisture"].to_numpy().T.astype(np.float64) - target_sm
            error[number] = np.where(good, difference, np.nan)
    some = np.isfinite(error)
    both = some.all(axis=0) & (True if is_calibration_day is None else is_calibration_day)
    x, y = (np.where(both, values, 0) for values in error)
    return ErrorMoments(
        some.sum(axis=2).T.astype(np.float64),
        np.where(some, error, 0).sum(axis=2).T,
        both.sum(axis=1).astype(np.float64),
        np.stack([x.sum(axis=1), y.sum(axis=1)], axis=1),
        np.stack([(a * b).sum(axis=1) for a, b in ((x, x), (x, y), (y, y))], axis=1),
    )


def _error_correlation(covariance: Float64) -> Float64:
    """Error correlation from a covariance, `PRIOR_CORRELATION` where unknown, (...,)."""
    # r = c12 / sqrt(c11 c22)
    power = np.sqrt(np.maximum(covariance[..., 0] * covariance[..., 2], 0))
    known = power > 0
    r = np.where(known, covariance[..., 1] / np.where(known, power, 1), PRIOR_CORRELATION)
    return np.asarray(np.clip(r, 0, MAX_CORRELATION))


def _about_mean(sums: ErrorMoments) -> Float64:
    """Centred sums of products of errors in each cell [m6 m-6], (cell, 3)."""
    # sum (a - mean a)(b - mean b) = sum ab - sum a sum b / n
    x, y = sums.first.T
    mean = np.stack([x * x, x * y, y * y], axis=1)
    centred = sums.second - mean / np.maximum(sums.common, 1)[:, None]
    centred[:, [0, 2]] = np.maximum(centred[:, [0, 2]], 0)
    return centred


def pool_errors(parts: Sequence[ErrorMoments]) -> Pool:
    """Pool the errors of all cells.

    Args:
        parts: sums of all blocks of cells, in the order of the cells.
    """
    days = np.concatenate([part.days for part in parts]).sum(axis=0)
    error = np.concatenate([part.error for part in parts]).sum(axis=0)
    centred = np.concatenate([_about_mean(part) for part in parts]).sum(axis=0)
    common = np.concatenate([part.common for part in parts])
    freedom = float(np.maximum(common - 1, 0).sum())  # one less for the mean of each cell
    # Within cells: the bias of each cell is subtracted elsewhere.
    covariance = centred / freedom if freedom > 0 else np.full(3, np.nan)
    return Pool(error / np.maximum(days, 1), covariance)


def estimate_stream_errors(
    sums: ErrorMoments, pool: Pool, settings: FuseSettings, sensors: Table = SENSORS
) -> StreamErrors:
    """Estimate the errors of the streams of some cells, shrunk toward those of all cells.

    Args:
        sums: sums of errors of the cells.
        pool: errors of all cells.
        settings: the `[fuse]` table.
        sensors: the table of sensors.
    """
    network = stream_networks(sensors)
    # Without any day the weight is 0, also for a prior of 0 days.
    weight = sums.days / np.maximum(sums.days + settings.prior_days, 1)
    own = sums.error / np.maximum(sums.days, 1)
    bias = weight * own + (1 - weight) * pool.bias
    covariance = _cell_covariance(sums, pool, settings)
    sd = np.sqrt(np.maximum(covariance[:, [0, 2]], MIN_SD**2))
    return StreamErrors(
        bias[:, network].astype(np.float32),
        sd[:, network].astype(np.float32),
        _error_correlation(covariance).astype(np.float32),
    )


def _cell_covariance(sums: ErrorMoments, pool: Pool, settings: FuseSettings) -> Float64:
    """Covariance of the errors of each cell [m6 m-6], 11, 12 and 22, (cell, 3).

    A cell keeps the total variance of its own errors; their ratio and correlation, which determine
    the weights, are shrunk toward those of all cells.
    """
    own = _about_mean(sums) / np.maximum(sums.common - 1, 1)[:, None]
    # Total variance of a cell over that of all cells.
    size = own[:, [0, 2]].sum(axis=1) / pool.covariance[[0, 2]].sum()
    # Shrinkage with the weight n / (n + prior_days) of the cell's own covariance.
    usable = (sums.common >= settings.min_days) & (size > 0)
    weight = np.where(usable, sums.common / np.maximum(sums.common + settings.prior_days, 1), 0)
    prior = np.where(usable, size, 1)[:, None] * pool.covariance
    return np.asarray(weight[:, None] * own + (1 - weight[:, None]) * prior)
