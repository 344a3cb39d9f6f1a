"""Static features of cells, from their target and inputs on the training days."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.learn.features import Inputs

GROUND = ("clay_fraction", "roughness_h", "water_fraction", "vod_v")
"""Variables of TARGET that are averaged over the training days."""


def _mean_and_sd(values: Float32, axis: tuple[int, ...]) -> tuple[Float32, Float32]:
    """Mean and standard deviation ignoring NaN; NaN without values."""
    some = np.isfinite(values)
    count = some.sum(axis=axis)
    filled = np.where(some, values, 0).astype(np.float64)
    mean = np.where(count > 0, filled.sum(axis=axis) / np.maximum(count, 1), np.nan)
    # Variance as mean square less squared mean, which rounding may make negative.
    square = (filled**2).sum(axis=axis) / np.maximum(count, 1)
    sd = np.sqrt(np.maximum(square - mean**2, 0))
    return mean.astype(np.float32), sd.astype(np.float32)


def compute_statics(
    target: xr.Dataset, inputs: Inputs, is_train: Booleans
) -> tuple[Float32, tuple[str, ...]]:
    """Static features, NaN where unknown, (cell, static), and their names.

    Args:
        target: dataset after schema.TARGET.
        inputs: inputs of the same cells and days.
        is_train: True on training days, (time,).
    """
    columns: dict[str, Float32] = {}
    flag = target["flag"].to_numpy().astype(FLAG_DTYPE)[is_train]
    for name in GROUND:
        values = target[name].to_numpy()[is_train]
        if name == "vod_v":  # recommended values only
            values = np.where(is_recommended(flag), values, np.float32(np.nan))
        columns[name] = _mean_and_sd(values, (0, 1))[0]
    x = inputs.x[:, is_train]
    for channel in inputs.channels:
        looks = [i for i, name in enumerate(inputs.names) if name.split(" ")[0] == channel]
        mean, sd = _mean_and_sd(x[:, :, looks], (1, 2))
        columns |= {f"mean of {channel}": mean, f"sd of {channel}": sd}
    return np.stack(list(columns.values()), axis=1), tuple(columns)
