"""Mean and spread of each cell's target, its own or guessed from what does not change."""

from dataclasses import dataclass

import jax
import numpy as np

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.learn.sequences import Series, spread

PENALTY = 1.0
"""Of the squared coefficients, statics of standard deviation 1 [1]."""
SMALLEST_SD = 0.005
"""A target that hardly varies is not blown up to unit spread [m3 m-3]."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Levels:
    """Mean and standard deviation of the target of each cell [m3 m-3], (cell,)."""

    mean: Float32
    sd: Float32
    is_own: Booleans
    """From the cell's own training days; False: guessed from the statics."""


def scaled_static(static: Float32, mean: Float32, scale: Float32) -> Float32:
    """Statics of mean 0 and standard deviation 1 [1], 0 where unknown, (cell, static)."""
    z = (static - mean) / scale
    return np.where(np.isfinite(z), z, np.float32(0)).astype(np.float32)


def _own(series: Series, fewest: int) -> tuple[Float32, Float32, Booleans]:
    """Mean and standard deviation from training days, and where there are enough of them."""
    mean, sd = spread(series.train, (1,))
    is_own = np.isfinite(series.train).sum(axis=1) >= fewest
    # The floor keeps noise of a constant target from unit variance.
    return mean, np.maximum(sd, np.float32(SMALLEST_SD)), is_own


def guess(series: Series, static: Float32, fewest: int) -> Float32:
    """Ridge of mean and log standard deviation on statics, over cells with enough targets.

    Args:
        series: of the cells to learn from.
        static: scaled statics [1], (cell, static).
        fewest: training targets that are enough.

    Returns:
        Coefficients, first row the constant, (1 + static, 2).
    """
    mean, sd, is_own = _own(series, fewest)
    # The logarithm of sd, so that no guess is negative.
    wanted = np.stack([mean, np.log(sd)], axis=1)[is_own].astype(np.float64)
    z = static[is_own].astype(np.float64)
    if len(z) == 0:
        return np.zeros((1 + static.shape[1], 2), np.float32)
    # Ridge on centred statics, so that the constant carries no penalty.
    centre, level = z.mean(axis=0), wanted.mean(axis=0)
    normal = (z - centre).T @ (z - centre) + PENALTY * np.eye(z.shape[1])
    slope = np.linalg.solve(normal, (z - centre).T @ (wanted - level))
    return np.vstack([level - centre @ slope, slope]).astype(np.float32)


def levels(series: Series, static: Float32, found: Float32, fewest: int) -> Levels:
    """Mean and spread of each cell [m3 m-3], its own where it has enough targets.

    Args:
        series: of the cells.
        static: scaled statics [1], (cell, static).
        found: of `guess`, for cells without.
        fewest: training targets that are enough.
    """
    mean, sd, is_own = _own(series, fewest)
    # Unknown statics are 0, the mean of the sample, and move no guess.
    told = found[0] + static @ found[1:]
    # A guess far outside what the sample held would be an extrapolation without any ground.
    guessed_sd = np.exp(np.clip(told[:, 1], np.log(SMALLEST_SD), 0))
    return Levels(
        np.where(is_own, mean, np.clip(told[:, 0], 0, 1)).astype(np.float32),
        np.where(is_own, sd, guessed_sd).astype(np.float32),
        is_own,
    )
