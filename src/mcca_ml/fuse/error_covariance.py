"""How the errors of the streams go together, from their departures on the calibration days.

Here is what a stream is off on average, how large the rest is, and how much it agrees between two
streams, all on the same days: how large the error of each day is meant to be (`target_sd`) stands
in the stream, but says less of two streams side by side than their errors do. Only the sensors that
fly beside SMAP have such days (`sensors.trained`); the others inherit from the sensor whose network
they use. Arrays over streams are in the order of `sensors.imagers`.
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

PRIOR_AGREEMENT = 0.5
"""Correlation of errors where no two streams share a calibration day [1]: they share the target's
noise and the weather between the looks; choice of this project."""
MOST_AGREEMENT = 0.95
"""Correlation beyond which weights would rest on the difference of almost equal errors [1]."""
LEAST_SD = 1e-4
"""Standard deviation of an error below which none is believed [m3 m-3]; without it an error of 0
leaves a covariance that cannot be solved."""


@dataclass(frozen=True)
class Moments:
    """Sums over days with a target of some cells; errors are estimate less target."""

    days: Float64
    """Days that `error` was summed over, of each trained sensor, (cell, 2)."""
    error: Float64
    """Sum of errors [m3 m-3], (cell, 2)."""
    common: Float64
    """Calibration days with both streams, (cell,)."""
    first: Float64
    """Sum of errors over these [m3 m-3], (cell, 2)."""
    second: Float64
    """Sum over these of the products of errors, 11, 12 and 22 [m6 m-6], (cell, 3)."""


@dataclass(frozen=True)
class Pool:
    """What all cells have in common."""

    bias: Float64
    """Estimate less target of each trained sensor [m3 m-3], (2,)."""
    covariance: Float64
    """Of errors within a cell on common days, 11, 12 and 22 [m6 m-6], (3,); NaN: none."""

    @property
    def agreement(self) -> float:
        """Correlation of the errors of the two [1]."""
        return float(_agreement(self.covariance))


@dataclass(frozen=True)
class Model:
    """What the fusion of some cells needs."""

    bias: Float32
    """Estimate less target of each stream [m3 m-3], (cell, stream)."""
    sd: Float32
    """Of the error on days with a look [m3 m-3], (cell, stream); NaN where not known."""
    agreement: Float32
    """Correlation of the errors of two networks [1], (cell,)."""


def network_of_stream(sensors: Table = SENSORS) -> Intp:
    """Place among the trained sensors of the one whose network each stream uses, (stream,).

    >>> network_of_stream().tolist()
    [0, 1, 0, 1]
    """
    return np.array([trained(sensors).index(sensors[name].network) for name in imagers(sensors)])


def check_streams(streams: Mapping[str, xr.Dataset], sensors: Table = SENSORS) -> None:
    """Raise unless the streams are known and have the same days and cells.

    Args:
        streams: by sensor.
        sensors: the table of sensors.

    Raises:
        SchemaError: they are not.
    """
    known = imagers(sensors)
    unknown = sorted(set(streams) - set(known))
    if unknown or not streams:
        raise SchemaError(
            f"fuse: found streams {', '.join(unknown) or 'none'}, expected of {', '.join(known)}"
        )
    first = next(iter(streams.values()))
    for name, ds in streams.items():
        if not all(np.array_equal(ds[dim], first[dim]) for dim in ("time", "cell")):
            raise SchemaError(
                f"fuse: {name} has other days or cells than {next(iter(streams))}, expected the "
                "same; predict all streams over the same period"
            )


def moments(
    streams: Mapping[str, xr.Dataset],
    target_sm: Float32,
    is_held: Booleans | None = None,
    sensors: Table = SENSORS,
) -> Moments:
    """Sums over the days with a target.

    Args:
        streams: after schema.STREAM, by sensor, of some cells.
        target_sm: soil moisture of the target [m3 m-3], NaN on days that may not count,
            (cell, time).
        is_held: calibration days, which no network has seen and which alone tell how errors agree,
            (time,); None: all.
        sensors: the table of sensors.

    Raises:
        SchemaError: streams of other days or cells, or of an unknown sensor.
    """
    check_streams(streams, sensors)
    shape = target_sm.shape
    error = np.full((2, *shape), np.nan)
    for number, name in enumerate(trained(sensors)):
        if name in streams:
            ds = streams[name]
            good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE)).T
            good &= ds["nobs"].to_numpy().T > 0
            # Doubtful values are not fused where others are, so their errors do not count.
            off = ds["soil_moisture"].to_numpy().T.astype(np.float64) - target_sm
            error[number] = np.where(good, off, np.nan)
    seen = np.isfinite(error)
    both = seen.all(axis=0) & (True if is_held is None else is_held)
    one, two = (np.where(both, part, 0) for part in error)
    return Moments(
        seen.sum(axis=2).T.astype(np.float64),
        np.where(seen, error, 0).sum(axis=2).T,
        both.sum(axis=1).astype(np.float64),
        np.stack([one.sum(axis=1), two.sum(axis=1)], axis=1),
        np.stack([(a * b).sum(axis=1) for a, b in ((one, one), (one, two), (two, two))], axis=1),
    )


def _agreement(covariance: Float64) -> Float64:
    """Correlation of two errors, by choice where nothing is known of them, (...,)."""
    # r = c12 / sqrt(c11 c22)
    power = np.sqrt(np.maximum(covariance[..., 0] * covariance[..., 2], 0))
    has = power > 0
    found = np.where(has, covariance[..., 1] / np.where(has, power, 1), PRIOR_AGREEMENT)
    return np.asarray(np.clip(found, 0, MOST_AGREEMENT))


def _about_mean(found: Moments) -> Float64:
    """Sums of products of errors about their mean in each cell [m6 m-6], (cell, 3)."""
    # sum (a - mean a)(b - mean b) = sum ab - sum a sum b / n
    one, two = found.first.T
    mean = np.stack([one * one, one * two, two * two], axis=1)
    left = found.second - mean / np.maximum(found.common, 1)[:, None]
    left[:, [0, 2]] = np.maximum(left[:, [0, 2]], 0)
    return left


def pooled(parts: Sequence[Moments]) -> Pool:
    """What all cells have in common.

    Args:
        parts: moments of all blocks of cells, in the order of the cells.
    """
    days = np.concatenate([part.days for part in parts]).sum(axis=0)
    error = np.concatenate([part.error for part in parts]).sum(axis=0)
    apart = np.concatenate([_about_mean(part) for part in parts]).sum(axis=0)
    common = np.concatenate([part.common for part in parts])
    free = float(np.maximum(common - 1, 0).sum())  # each cell's mean takes one
    # Within cells: the bias of each cell is subtracted elsewhere.
    covariance = apart / free if free > 0 else np.full(3, np.nan)
    return Pool(error / np.maximum(days, 1), covariance)


def model_of(found: Moments, pool: Pool, settings: FuseSettings, sensors: Table = SENSORS) -> Model:
    """Errors of the streams of some cells, shrunk toward those of all cells.

    Args:
        found: moments of the cells.
        pool: of all cells.
        settings: the `[fuse]` table.
        sensors: the table of sensors.
    """
    network = network_of_stream(sensors)
    # Without a day the weight is 0 for any prior, that of 0 days too.
    weight = found.days / np.maximum(found.days + settings.prior_days, 1)
    own = found.error / np.maximum(found.days, 1)
    bias = weight * own + (1 - weight) * pool.bias
    covariance = _of_cells(found, pool, settings)
    sd = np.sqrt(np.maximum(covariance[:, [0, 2]], LEAST_SD**2))
    return Model(
        bias[:, network].astype(np.float32),
        sd[:, network].astype(np.float32),
        _agreement(covariance).astype(np.float32),
    )


def _of_cells(found: Moments, pool: Pool, settings: FuseSettings) -> Float64:
    """Covariance of the errors of each cell [m6 m-6], 11, 12 and 22, (cell, 3).

    A cell keeps the size of its own errors; their ratio and agreement, on which weights rest, are
    drawn to those of all cells.
    """
    # Size of the errors of a cell over that of all; ratio and correlation are shrunk.
    own = _about_mean(found) / np.maximum(found.common - 1, 1)[:, None]
    size = own[:, [0, 2]].sum(axis=1) / pool.covariance[[0, 2]].sum()
    has = (found.common >= settings.min_days) & (size > 0)
    weight = np.where(has, found.common / np.maximum(found.common + settings.prior_days, 1), 0)
    usual = np.where(has, size, 1)[:, None] * pool.covariance
    return np.asarray(weight[:, None] * own + (1 - weight[:, None]) * usual)
