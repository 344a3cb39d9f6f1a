"""Prepare the series of cells for a network: check, fill missing days, scale."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Float32, Int64
from mcca_ml.errors import SchemaError
from mcca_ml.learn.splits import Role, only, per_cell

_BY_CELL = ("x", "train", "stop", "static", "cells", "is_train")
"""Arrays of `TrainingSeries` whose first axis is that of cells."""
SMALLEST_SCALE = 1e-6
"""Standard deviation below which a feature is treated as constant, in its units."""


@dataclass(frozen=True)
class TrainingSeries:
    """Daily series of cells, checked by `series`."""

    x: Float32
    """Inputs in their units, NaN where missing, (cell, time, feature)."""
    train: Float32
    """Target on training days [m3 m-3], NaN elsewhere, (cell, time)."""
    stop: Float32
    """Target on stop days [m3 m-3], NaN elsewhere, (cell, time)."""
    static: Float32
    """Features constant in time, in their units, NaN where unknown, (cell, static)."""
    cells: Int64
    """Cell numbers, which seed the random numbers, (cell,)."""
    groups: Int64
    """Look number of each feature; features of one look share an age, (feature,)."""
    is_train: Booleans
    """Training days, with or without target, (cell, time)."""
    last: int
    """Number of days up to the last training or stop day; later days are not used."""


def series(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    roles: npt.ArrayLike,
    cells: npt.ArrayLike,
    static: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
) -> TrainingSeries:
    """Check series and remove the target of calibration and test days.

    Args:
        x: inputs, any units, NaN where missing, (cell, time, feature).
        y: soil moisture [m3 m-3], NaN where missing, (cell, time).
        roles: codes of `Role`, (time,) or (cell, time).
        cells: cell numbers, (cell,).
        static: features constant in time, any units, (cell, static).
        groups: number of the look of each feature, (feature,); None: one look.

    Raises:
        SchemaError: the shapes do not match, or there is no training day.
    """
    inputs, target = np.asarray(x, np.float32), np.asarray(y, np.float32)
    if inputs.ndim != 3 or target.shape != inputs.shape[:2]:
        raise SchemaError(
            f"learn: x of shape {inputs.shape} and y of shape {target.shape}, expected"
            " (cell, time, feature) and (cell, time); reorder the axes"
        )
    count, days, features = inputs.shape
    still = np.zeros((count, 0), np.float32) if static is None else np.asarray(static, np.float32)
    number = np.asarray(cells, np.int64)
    looks = np.zeros(features, np.int64) if groups is None else np.asarray(groups, np.int64)
    for name, shape, wanted in (
        ("static", still.shape[:1], (count,)),
        ("cells", number.shape, (count,)),
        ("groups", looks.shape, (features,)),
    ):
        if shape != wanted:
            raise SchemaError(f"learn: {name} of shape {shape}, expected {wanted}; correct it")
    each = per_cell(roles, count, days)
    # Days after the last training or stop day are not used.
    used = np.flatnonzero(np.isin(each, (Role.TRAIN, Role.STOP)).any(axis=0))
    if used.size == 0:
        raise SchemaError("learn: no training day in roles; give some days the role 0")
    train, stop = only(target, each, Role.TRAIN), only(target, each, Role.STOP)
    is_train = each == Role.TRAIN
    return TrainingSeries(inputs, train, stop, still, number, looks, is_train, int(used[-1]) + 1)


def latest(x: Float32) -> Int64:
    """Index of the last day with a value of each feature, -1 before the first.

    Args:
        x: inputs, NaN where missing, (cell, time, feature).
    """
    day = np.arange(x.shape[1])[None, :, None]
    # Running maximum of the day numbers with a value.
    index: Int64 = np.maximum.accumulate(np.where(np.isfinite(x), day, -1), axis=1)
    return index


def values_at(x: Float32, place: Int64) -> Float32:
    """Last value of each feature, NaN before the first, (cell, time, feature).

    Args:
        x: inputs, NaN where missing, (cell, time, feature).
        place: result of `latest` for `x`.
    """
    values = np.take_along_axis(x, np.maximum(place, 0), axis=1)
    return np.where(place >= 0, values, np.float32(np.nan))


def carry_forward(x: Float32, groups: Int64, age_max: int) -> tuple[Float32, Int64]:
    """Last value of each feature, and days since the last value of each look, capped.

    Args:
        x: inputs, NaN where missing, (cell, time, feature).
        groups: look number of each feature, (feature,).
        age_max: cap, and the age before the first look [day].

    Returns:
        Values (cell, time, feature), NaN before the first; ages [day], (cell, time, look).
    """
    place, day = latest(x), np.arange(x.shape[1])[None, :, None]
    # The age of a look is that of the newest value among its features.
    newest = np.stack([place[:, :, groups == g].max(axis=2) for g in np.unique(groups)], axis=2)
    ages = np.where(newest >= 0, np.minimum(day - newest, age_max), age_max)
    return values_at(x, place), ages


def mean_and_scale(values: Float32, axis: tuple[int, ...]) -> tuple[Float32, Float32]:
    """Mean and standard deviation ignoring NaN; 0 and 1 without values, sd 1 if constant."""
    some = np.isfinite(values)
    count = np.maximum(some.sum(axis=axis), 1)
    # Double precision for sums over years.
    filled = np.where(some, values, 0).astype(np.float64)
    mean = filled.sum(axis=axis) / count
    departure = np.where(some, filled - np.expand_dims(mean, axis), 0)
    scale = np.sqrt((departure**2).sum(axis=axis) / count)
    scale = np.where(scale > SMALLEST_SCALE, scale, 1)
    return mean.astype(np.float32), scale.astype(np.float32)


def scale_ages(ages: Int64, age_max: int) -> Float32:
    """Scale ages for the network, 0 for today and 1 at the cap [1].

    Args:
        ages: days since the last value of each look, (cell, time, look).
        age_max: cap of the age [day].
    """
    # Logarithmic: one more day matters most for a recent look.
    scaled: Float32 = (np.log1p(ages) / np.log1p(age_max)).astype(np.float32)
    return scaled


def select_cells(whole: TrainingSeries, places: Int64) -> TrainingSeries:
    """Select the series of some cells by their positions."""
    return replace(whole, **{name: getattr(whole, name)[places] for name in _BY_CELL})


def concatenate_cells(parts: Sequence[TrainingSeries]) -> TrainingSeries:
    """Concatenate the series of groups of cells with the same days and features."""
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_CELL
    }
    return replace(parts[0], **arrays)
