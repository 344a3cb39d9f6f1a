"""Target mean and standard deviation of each cell, its own or guessed from static features."""

from dataclasses import dataclass

import jax
import numpy as np

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.learn.sequences import TrainingSeries, mean_and_scale

PENALTY = 1.0
"""Ridge penalty on the squared coefficients, for static features of standard deviation 1 [1]."""
SMALLEST_SD = 0.005
"""Smallest standard deviation used for scaling, for targets that hardly vary [m3 m-3]."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TargetScaling:
    """Mean and standard deviation of the target of each cell [m3 m-3], (cell,)."""

    mean: Float32
    sd: Float32
    is_own: Booleans
    """True if estimated from the cell's own training days; False if guessed from the statics."""


def scaled_static(static: Float32, mean: Float32, scale: Float32) -> Float32:
    """Scale statics to mean 0 and standard deviation 1 [1], 0 where unknown, (cell, static)."""
    z = (static - mean) / scale
    return np.where(np.isfinite(z), z, np.float32(0)).astype(np.float32)


def _own_scaling(series: TrainingSeries, fewest: int) -> tuple[Float32, Float32, Booleans]:
    """Mean and standard deviation from training days, and True with enough of them."""
    mean, sd = mean_and_scale(series.train, (1,))
    is_own = np.isfinite(series.train).sum(axis=1) >= fewest
    # The floor avoids scaling the noise of a constant target to unit variance.
    return mean, np.maximum(sd, np.float32(SMALLEST_SD)), is_own


def guess(series: TrainingSeries, static: Float32, fewest: int) -> Float32:
    """Ridge regression of target mean and log sd on statics, over cells with enough targets.

    Args:
        series: series of the cells of the fit.
        static: scaled statics [1], (cell, static).
        fewest: smallest number of training targets.

    Returns:
        Coefficients, constant in the first row, (1 + static, 2).
    """
    mean, sd, is_own = _own_scaling(series, fewest)
    # The logarithm of sd, so that guesses are positive.
    wanted = np.stack([mean, np.log(sd)], axis=1)[is_own].astype(np.float64)
    z = static[is_own].astype(np.float64)
    if len(z) == 0:
        return np.zeros((1 + static.shape[1], 2), np.float32)
    # Centred statics, so that the constant is not penalised.
    centre, level = z.mean(axis=0), wanted.mean(axis=0)
    normal = (z - centre).T @ (z - centre) + PENALTY * np.eye(z.shape[1])
    slope = np.linalg.solve(normal, (z - centre).T @ (wanted - level))
    return np.vstack([level - centre @ slope, slope]).astype(np.float32)


def levels(
    series: TrainingSeries, static: Float32, coefficients: Float32, fewest: int
) -> TargetScaling:
    """Target mean and sd of each cell [m3 m-3], its own where it has enough targets.

    Args:
        series: series of the cells.
        static: scaled statics [1], (cell, static).
        coefficients: result of `guess`, for the other cells.
        fewest: smallest number of training targets.
    """
    mean, sd, is_own = _own_scaling(series, fewest)
    # Unknown statics are 0, the mean of the sample, and do not change the guess.
    guessed = coefficients[0] + static @ coefficients[1:]
    # Clipped, since extrapolation beyond the sample is not reliable.
    guessed_sd = np.exp(np.clip(guessed[:, 1], np.log(SMALLEST_SD), 0))
    return TargetScaling(
        np.where(is_own, mean, np.clip(guessed[:, 0], 0, 1)).astype(np.float32),
        np.where(is_own, sd, guessed_sd).astype(np.float32),
        is_own,
    )
