"""What does not change in a cell, from its target and inputs of the training days."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.learn.features import Inputs

GROUND = ("clay_fraction", "roughness_h", "water_fraction", "vod_v")
"""Variables of TARGET of which the mean over the training days is taken."""


def _mean_and_sd(values: Float32, axis: tuple[int, ...]) -> tuple[Float32, Float32]:
    """Mean and standard deviation without NaN; NaN where there is nothing."""
    seen = np.isfinite(values)
    count = seen.sum(axis=axis)
    filled = np.where(seen, values, 0).astype(np.float64)
    mean = np.where(count > 0, filled.sum(axis=axis) / np.maximum(count, 1), np.nan)
    # Variance as mean square less squared mean; rounding may leave it below 0.
    square = (filled**2).sum(axis=axis) / np.maximum(count, 1)
    sd = np.sqrt(np.maximum(square - mean**2, 0))
    return mean.astype(np.float32), sd.astype(np.float32)


def statics_of(
    target: xr.Dataset, inputs: Inputs, is_train: Booleans
) -> tuple[Float32, tuple[str, ...]]:
    """Features that do not change, NaN where unknown, (cell, static), and their names.

    Args:
        target: after schema.TARGET.
        inputs: of the same cells and days.
        is_train: days that may be learned from, (time,).
    """
    columns: dict[str, Float32] = {}
    flag = target["flag"].to_numpy().astype(FLAG_DTYPE)[is_train]
    for name in GROUND:
        values = target[name].to_numpy()[is_train]
        if name == "vod_v":  # what stage one does not vouch for says little of the vegetation
            values = np.where(is_recommended(flag), values, np.float32(np.nan))
        columns[name] = _mean_and_sd(values, (0, 1))[0]
    x = inputs.x[:, is_train]
    for channel in inputs.channels:
        looks = [i for i, name in enumerate(inputs.names) if name.split(" ")[0] == channel]
        mean, sd = _mean_and_sd(x[:, :, looks], (1, 2))
        columns |= {f"mean of {channel}": mean, f"sd of {channel}": sd}
    return np.stack(list(columns.values()), axis=1), tuple(columns)
