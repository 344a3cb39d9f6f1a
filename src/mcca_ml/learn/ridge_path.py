"""Ridge regression of a cell on its inputs and their exponential memories, in closed form.

Most of the relation of soil moisture to brightness temperature is linear; ridge regression finds it
exactly from the few hundred targets of a cell, gradient descent does not. The network is trained on
the residual and has the ridge estimate as an input (stacking: Wolpert 1992, Stacked generalization,
Neural Networks 5(2), 241-259).

In Wolpert's method the estimates of training days come from fits without these days. With five or
ten folds in blocks of 8 to 30 days this improved the estimates on the real series, but made the
simulated record of GMI worse than ridge in most trials (docs/learner.md): the fits of the folds
differ.
"""

from dataclasses import dataclass

import jax
import numpy as np

from mcca_ml.arrays import Booleans, Float32, Float64, Int64
from mcca_ml.learn.sequences import TrainingSeries, latest, mean_and_scale, values_at
from mcca_ml.learn.target_scaling import SMALLEST_SD, TargetScaling

MEMORIES = (2.0, 5.0, 15.0)
"""Time scales of the exponential memories of the inputs [day]."""
COUNTS = (0, 1, 2, 3)
"""Numbers of memories tried, the shortest first."""
PENALTIES = (0.1, 0.3, 1.0, 3.0)
"""Ridge penalties tried, for inputs of standard deviation 1 [1]."""
PARTS = 4
"""Folds of the cross-validation, contiguous in time."""
MOST_TRIED = 256
"""Largest number of cells in the cross-validation."""
FARTHEST = 4.0
"""Standard deviations at which inputs are clipped; snow and frost give outliers [1]."""


@dataclass(frozen=True)
class Form:
    """Hyperparameters of the ridge regression, common to all cells."""

    memories: int
    """Number of memories used, the first of `MEMORIES`."""
    penalty: float
    """Penalty on the squared coefficients [1]."""


FIRST_FORM = Form(1, 0.1)
"""Default with too few training days for cross-validation."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class RidgeModel:
    """Ridge regression of each cell, with the scaling of its inputs."""

    x_mean: Float32
    """Mean of the inputs on training days with a target, (cell, feature)."""
    x_scale: Float32
    """Standard deviation of the inputs on training days with a target, (cell, feature)."""
    offset: Float32
    """Estimate at the mean of the inputs [m3 m-3], (cell,)."""
    coefficient: Float32
    """Coefficients of the inputs, then of each memory; 0 where a cell has too few targets
    [m3 m-3], (cell, (1 + memory) * feature)."""
    left: Float32
    """Standard deviation of the residual on training days [m3 m-3], (cell,)."""


def scaled_values(values: Float32, line: RidgeModel) -> Float32:
    """Scaled and clipped inputs of ridge regression and network [1], (cell, time, feature).

    Args:
        values: last values of the inputs; NaN, without one, becomes 0.
        line: ridge regression of the cells.
    """
    z = (values - line.x_mean[:, None]) / line.x_scale[:, None]
    z = np.clip(z, -FARTHEST, FARTHEST)
    # A missing value becomes 0, the mean.
    return np.where(np.isfinite(z), z, np.float32(0))


def _exponential_memory(x: Float32, days: float) -> Float32:
    """Mean of the past with weights exp(-t / days), (cell, time, feature)."""
    out, keep = np.zeros_like(x), np.float32(np.exp(-1 / days))
    # m_t = k m_(t-1) + (1 - k) x_t with k = exp(-1 / days).
    for day in range(1, x.shape[1]):
        out[:, day] = keep * out[:, day - 1] + (1 - keep) * x[:, day]
    return out


def estimate(line: RidgeModel, z: Float32) -> Float32:
    """Ridge estimate of soil moisture [m3 m-3], (cell, time), from this and previous days.

    Args:
        line: ridge regression of the cells.
        z: `scaled_values`, (cell, time, feature).
    """
    estimated = np.repeat(line.offset[:, None], z.shape[1], axis=1)
    coefficients = np.split(line.coefficient, 1 + len(MEMORIES), axis=1)
    for days, some in zip((0.0, *MEMORIES), coefficients, strict=True):
        if not some.any():
            continue  # unused memory
        # einsum sums each day separately: results do not depend on the length of the series.
        estimated += np.einsum("ctf,cf->ct", _exponential_memory(z, days) if days else z, some)
    return estimated


def _solve_ridge(z: Float64, y: Float64, penalty: float) -> tuple[Float64, float]:
    """Coefficients of one cell, and the estimate for inputs of 0.

    Args:
        z: inputs and memories, (time, input).
        y: target, finite, (time,).
        penalty: penalty on the squared coefficients [1].
    """
    # Centred inputs, so that the constant is not penalised.
    centre, mean = z.mean(axis=0), float(y.mean())
    a = z - centre
    slope: Float64 = np.linalg.solve(a.T @ a + penalty * np.identity(z.shape[1]), a.T @ (y - mean))
    return slope, mean - float(centre @ slope)


def _scaling(series: TrainingSeries, is_own: Booleans) -> tuple[Float32, Float32]:
    """Mean and sd of the inputs of each cell on training days, (cell, feature)."""
    taken = np.where(is_own[:, None], np.isfinite(series.train), series.is_train)
    return mean_and_scale(np.where(taken[:, :, None], series.x, np.float32(np.nan)), (1,))


def _ridge_inputs(
    series: TrainingSeries, scaling: tuple[Float32, Float32], memories: int
) -> list[Float32]:
    """Scaled inputs of the training and stop days, then their memories."""
    empty = np.zeros((len(scaling[0]), 0), np.float32)
    line = RidgeModel(*scaling, empty, empty, empty)
    x = series.x[:, : series.last]
    z = scaled_values(values_at(x, latest(x)), line)
    return [z, *(_exponential_memory(z, days) for days in MEMORIES[:memories])]


def _select_days(read: list[Float32], cell: int, days: Int64) -> Float64:
    """Inputs and memories of a cell on some days, (time, input)."""
    return np.concatenate([row[cell, days] for row in read], axis=1).astype(np.float64)


def choose_form(series: TrainingSeries, level: TargetScaling) -> Form:
    """Choose memories and penalty by cross-validation over contiguous folds of training days.

    All `COUNTS` and `PENALTIES` are tried; the smallest mean squared error over the cells, each in
    units of its own variance, is chosen.

    Args:
        series: series of a sample of cells.
        level: target scaling of the cells; cells with too few targets are not used.
    """
    some = np.flatnonzero(level.is_own)
    # Every n-th cell, for an even sample.
    some = some[:: -(-some.size // MOST_TRIED)] if some.size else some
    if not some.size:
        return FIRST_FORM
    read = _ridge_inputs(series, _scaling(series, level.is_own), max(COUNTS))
    error = sum(
        _validation_errors(read, series.train[cell], cell) / float(level.sd[cell]) ** 2
        for cell in some.tolist()
    )
    i, j = divmod(int(np.argmin(error)), len(PENALTIES))
    return Form(COUNTS[i], PENALTIES[j])


def _validation_errors(read: list[Float32], target: Float32, cell: int) -> Float64:
    """Sum over folds of the mean squared error of a cell on held-out days, (count, penalty)."""
    inputs = read[0].shape[2]
    error = np.zeros((len(COUNTS), len(PENALTIES)))
    # Contiguous folds: neighbouring days are correlated and must not be on both sides.
    parts = np.array_split(np.flatnonzero(np.isfinite(target)), PARTS)
    for number, part in enumerate(parts):
        rest = np.concatenate([days for other, days in enumerate(parts) if other != number])
        a, b = (_select_days(read, cell, days) for days in (rest, part))
        y, wanted = (target[days].astype(np.float64) for days in (rest, part))
        for i, count in enumerate(COUNTS):
            some = slice(0, (1 + count) * inputs)
            for j, penalty in enumerate(PENALTIES):
                slope, offset = _solve_ridge(a[:, some], y, penalty)
                error[i, j] += float(((b[:, some] @ slope + offset - wanted) ** 2).mean())
    return error


def fit(
    series: TrainingSeries, level: TargetScaling, form: Form, *, is_used: bool = True
) -> RidgeModel:
    """Fit the ridge regression of each cell to its training days.

    Args:
        series: series of the cells.
        level: target scaling of the cells; a cell with too few targets gets its mean only.
        form: memories and penalty.
        is_used: False: every cell gets its mean only.
    """
    mean, scale = _scaling(series, level.is_own)
    empty = np.zeros((len(mean), (1 + len(MEMORIES)) * mean.shape[1]), np.float32)
    line = RidgeModel(mean, scale, level.mean.copy(), empty, level.sd.copy())
    if not is_used:
        return line
    read = _ridge_inputs(series, (mean, scale), form.memories)
    for cell in np.flatnonzero(level.is_own).tolist():
        days = np.flatnonzero(np.isfinite(series.train[cell]))
        z, y = _select_days(read, cell, days), series.train[cell, days].astype(np.float64)
        slope, offset = _solve_ridge(z, y, form.penalty)
        line.offset[cell], line.coefficient[cell, : slope.size] = offset, slope
        # The network is trained on the residual in these units.
        line.left[cell] = max(float(np.std(y - z @ slope)), SMALLEST_SD)
    return line
