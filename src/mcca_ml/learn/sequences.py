"""Series of cells made ready for a network: checked, missing days carried, scaled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Float32, Int64
from mcca_ml.errors import SchemaError
from mcca_ml.learn.splits import Role, only, per_cell

_BY_CELL = ("x", "train", "stop", "static", "cells", "is_train")
"""Arrays of `Series` whose first axis is that of cells."""
SMALLEST_SCALE = 1e-6
"""Standard deviation below which a feature counts as constant, in its own units."""


@dataclass(frozen=True)
class Series:
    """Daily series of cells; made by `series`, which checks them."""

    x: Float32
    """Inputs in their own units, NaN where a day has none, (cell, time, feature)."""
    train: Float32
    """Target on training days [m3 m-3], NaN elsewhere, (cell, time)."""
    stop: Float32
    """Target on stop days [m3 m-3], NaN elsewhere, (cell, time)."""
    static: Float32
    """What does not change, in its own units, NaN where unknown, (cell, static)."""
    cells: Int64
    """Numbers of the cells, by which random numbers are drawn, (cell,)."""
    groups: Int64
    """Features with the same number are seen together and share an age, (feature,)."""
    is_train: Booleans
    """Training days, with or without target, (cell, time)."""
    last: int
    """Days up to the last one of training or stopping: nothing after it is looked at."""


def series(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    roles: npt.ArrayLike,
    cells: npt.ArrayLike,
    static: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
) -> Series:
    """Series checked, without the target of calibration and test days.

    Args:
        x: inputs, any units, NaN where missing, (cell, time, feature).
        y: soil moisture [m3 m-3], NaN where missing, (cell, time).
        roles: codes of `Role`, (time,) or (cell, time).
        cells: number of each cell, (cell,).
        static: features that do not change, any units, (cell, static).
        groups: number of the look that brings each feature, (feature,); None: one look.

    Raises:
        SchemaError: shapes that do not fit each other, or no training day.
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
    for name, found, wanted in (
        ("static", still.shape[:1], (count,)),
        ("cells", number.shape, (count,)),
        ("groups", looks.shape, (features,)),
    ):
        if found != wanted:
            raise SchemaError(f"learn: {name} of shape {found}, expected {wanted}; correct it")
    each = per_cell(roles, count, days)
    # Nothing after the last day of training or stopping is read.
    used = np.flatnonzero(np.isin(each, (Role.TRAIN, Role.STOP)).any(axis=0))
    if used.size == 0:
        raise SchemaError("learn: no day of training; give some days the role 0")
    train, stop = only(target, each, Role.TRAIN), only(target, each, Role.STOP)
    is_train = each == Role.TRAIN
    return Series(inputs, train, stop, still, number, looks, is_train, int(used[-1]) + 1)


def latest(x: Float32) -> Int64:
    """Place of the last day with a value of each feature, -1 before the first.

    Args:
        x: inputs, NaN where missing, (cell, time, feature).
    """
    day = np.arange(x.shape[1])[None, :, None]
    # Running maximum of the day numbers that have a value.
    found: Int64 = np.maximum.accumulate(np.where(np.isfinite(x), day, -1), axis=1)
    return found


def values_at(x: Float32, place: Int64) -> Float32:
    """Last value seen of each feature, NaN before the first, (cell, time, feature).

    Args:
        x: inputs, NaN where missing, (cell, time, feature).
        place: `latest` of them.
    """
    values = np.take_along_axis(x, np.maximum(place, 0), axis=1)
    return np.where(place >= 0, values, np.float32(np.nan))


def carried(x: Float32, groups: Int64, age_max: int) -> tuple[Float32, Int64]:
    """Last value seen of each feature, and days since each look was last seen, capped.

    Args:
        x: inputs, NaN where missing, (cell, time, feature).
        groups: look of each feature, (feature,).
        age_max: cap, and the age where there was no look yet [day].

    Returns:
        Values (cell, time, feature), NaN before the first; ages [day], (cell, time, look).
    """
    place, day = latest(x), np.arange(x.shape[1])[None, :, None]
    # A look is as old as the newest value among its features.
    newest = np.stack([place[:, :, groups == g].max(axis=2) for g in np.unique(groups)], axis=2)
    ages = np.where(newest >= 0, np.minimum(day - newest, age_max), age_max)
    return values_at(x, place), ages


def spread(values: Float32, axis: tuple[int, ...]) -> tuple[Float32, Float32]:
    """Mean and standard deviation, NaN left out; 0 and 1 where nothing is known, 1 if constant."""
    seen = np.isfinite(values)
    count = np.maximum(seen.sum(axis=axis), 1)
    # In double precision, since sums run over years.
    filled = np.where(seen, values, 0).astype(np.float64)
    mean = filled.sum(axis=axis) / count
    departure = np.where(seen, filled - np.expand_dims(mean, axis), 0)
    scale = np.sqrt((departure**2).sum(axis=axis) / count)
    scale = np.where(scale > SMALLEST_SCALE, scale, 1)
    return mean.astype(np.float32), scale.astype(np.float32)


def aged(ages: Int64, age_max: int) -> Float32:
    """Ages as the network reads them, 0 today and 1 at the cap [1].

    Args:
        ages: days since each look was last seen, (cell, time, look).
        age_max: cap of the age [day].
    """
    # Logarithmic: a day more matters most while the look is fresh.
    found: Float32 = (np.log1p(ages) / np.log1p(age_max)).astype(np.float32)
    return found


def select_cells(found: Series, cells: Int64) -> Series:
    """The series of some cells, by their places."""
    return replace(found, **{name: getattr(found, name)[cells] for name in _BY_CELL})


def joined(parts: Sequence[Series]) -> Series:
    """Series of several groups of cells with the same days and features, one after the other."""
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_CELL
    }
    return replace(parts[0], **joined)
