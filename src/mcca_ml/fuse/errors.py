"""How the errors of the streams go together, from their departures on the calibration days.

How large the error of a day is stands in the stream itself (`target_sd`); here is what a stream is
off on average, and how much the errors of two streams agree. Only the sensors that fly beside SMAP
have such days; TMI and AMSR-E inherit from the sensor whose network they use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml.config_fuse import FuseSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE, is_recommended

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

STREAMS = ("TMI", "AMSRE", "GMI", "AMSR2")
"""Sensors in the order of all arrays over streams."""
HELD = ("GMI", "AMSR2")
"""Those with calibration days."""
NETWORK = np.array([0, 1, 0, 1])
"""Place in `HELD` of the sensor whose network each stream uses."""

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
    """Sums over days with a target of some cells."""

    days: Doubles
    """Days that `error` was summed over, of each stream of `HELD`, (cell, 2)."""
    error: Doubles
    """Sum of estimate less target [m3 m-3], (cell, 2)."""
    common: Doubles
    """Calibration days with both streams, (cell,)."""
    scaled: Doubles
    """Sums over these of z1 z2, z1 z1 and z2 z2, with z = error / target_sd [1], (cell, 3)."""


@dataclass(frozen=True)
class Pool:
    """What all cells have in common."""

    bias: Doubles
    """Of each stream of `HELD` [m3 m-3], (2,)."""
    agreement: Doubles
    """Correlation of the errors of the two [1], ()."""


@dataclass(frozen=True)
class Model:
    """What the fusion of some cells needs."""

    bias: Floats
    """Estimate less target, of `STREAMS` [m3 m-3], (cell, 4)."""
    agreement: Floats
    """Correlation of the errors of two networks [1], (cell,)."""


def check_streams(streams: Mapping[str, xr.Dataset]) -> None:
    """Raise unless the streams are known and have the same days and cells.

    Args:
        streams: by sensor.

    Raises:
        SchemaError: they are not.
    """
    unknown = sorted(set(streams) - set(STREAMS))
    if unknown or not streams:
        raise SchemaError(
            f"fuse: found streams {', '.join(unknown) or 'none'}, expected of {', '.join(STREAMS)}"
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
    target_sm: Floats,
    is_held: npt.NDArray[np.bool_] | None = None,
) -> Moments:
    """Sums over the days with a target.

    Args:
        streams: after schema.STREAM, by sensor, of some cells.
        target_sm: soil moisture of the target [m3 m-3], NaN on days that may not count,
            (cell, time).
        is_held: calibration days, which no network has seen and which alone tell how errors agree,
            (time,); None: all.

    Raises:
        SchemaError: streams of other days or cells, or of an unknown sensor.
    """
    check_streams(streams)
    shape = target_sm.shape
    error = np.full((2, *shape), np.nan)
    scaled = np.full((2, *shape), np.nan)
    for number, name in enumerate(HELD):
        if name in streams:
            ds = streams[name]
            good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE)).T
            good &= ds["nobs"].to_numpy().T > 0
            off = ds["soil_moisture"].to_numpy().T.astype(np.float64) - target_sm
            error[number] = np.where(good, off, np.nan)
            scaled[number] = error[number] / np.maximum(ds["target_sd"].to_numpy().T, LEAST_SD)
    seen = np.isfinite(scaled)
    both = seen.all(axis=0) & (True if is_held is None else is_held)
    one, two = (np.where(both, z, 0) for z in scaled)
    return Moments(
        seen.sum(axis=2).T.astype(np.float64),
        np.where(seen, error, 0).sum(axis=2).T,
        both.sum(axis=1).astype(np.float64),
        np.stack([(a * b).sum(axis=1) for a, b in ((one, two), (one, one), (two, two))], axis=1),
    )


def _agreement(sums: Doubles) -> Doubles:
    """Correlation from the three sums; NaN where there is nothing."""
    power = sums[..., 1] * sums[..., 2]
    return np.asarray(
        np.where(power > 0, sums[..., 0] / np.sqrt(np.where(power > 0, power, 1)), np.nan)
    )


def pooled(parts: Sequence[Moments]) -> Pool:
    """What all cells have in common.

    Args:
        parts: moments of all blocks of cells, in the order of the cells.
    """
    days = np.concatenate([part.days for part in parts]).sum(axis=0)
    error = np.concatenate([part.error for part in parts]).sum(axis=0)
    found = _agreement(np.concatenate([part.scaled for part in parts]).sum(axis=0))
    agreement = np.where(np.isfinite(found), found, PRIOR_AGREEMENT)
    return Pool(error / np.maximum(days, 1), np.clip(agreement, 0, MOST_AGREEMENT))


def model_of(found: Moments, pool: Pool, settings: FuseSettings) -> Model:
    """What the fusion of some cells needs, drawn to what all cells have in common.

    Args:
        found: moments of the cells.
        pool: of all cells.
        settings: the `[fuse]` table.
    """
    # Without a day the weight is 0 for any prior, that of 0 days too.
    weight = found.days / np.maximum(found.days + settings.prior_days, 1)
    own = found.error / np.maximum(found.days, 1)
    bias = weight * own + (1 - weight) * pool.bias
    of_cell = _agreement(found.scaled)
    has = np.isfinite(of_cell) & (found.common >= settings.min_days)
    share = np.where(has, found.common / np.maximum(found.common + settings.prior_days, 1), 0)
    agreement = share * np.where(has, of_cell, 0) + (1 - share) * pool.agreement
    return Model(
        bias[:, NETWORK].astype(np.float32),
        np.clip(agreement, 0, MOST_AGREEMENT).astype(np.float32),
    )
