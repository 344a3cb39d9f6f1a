"""The linear path of a cell: ridge on its inputs and their memories, in closed form.

What is linear in a brightness temperature, which is most, is found exactly from the few hundred
targets that a cell has; by small steps of a descent it is not. The network learns what the line
leaves, and reads the line's estimate beside the inputs (stacking: Wolpert 1992, Stacked
generalization, Neural Networks 5(2), 241-259).

Wolpert's estimates of training days come from lines that did not see these days. Tried with five or
ten parts in blocks of 8 to 30 days, that made the estimates on the real series better and the
simulated record of GMI worse than ridge in most trials (docs/learner.md): the lines of the parts
differ.
"""

from dataclasses import dataclass

import jax
import numpy as np

from mcca_ml.arrays import Booleans, Float32, Float64, Int64
from mcca_ml.learn.sequences import Series, latest, spread, values_at
from mcca_ml.learn.target_scaling import SMALLEST_SD, Levels

MEMORIES = (2.0, 5.0, 15.0)
"""Days over which an input may be remembered."""
COUNTS = (0, 1, 2, 3)
"""How many of these a line may have, the shortest first: that many are tried."""
PENALTIES = (0.1, 0.3, 1.0, 3.0)
"""Of the squared coefficients, inputs of standard deviation 1 [1]: those tried."""
PARTS = 4
"""Stretches of the training days, each tried by lines of the others."""
MOST_TRIED = 256
"""Cells that are tried at most: what all have in common needs no more."""
FARTHEST = 4.0
"""Standard deviations at which an input is cut: snow and frost lie far outside the rest [1]."""


@dataclass(frozen=True)
class Form:
    """What the lines of all cells have in common."""

    memories: int
    """The first so many of `MEMORIES` are read."""
    penalty: float
    """Of the squared coefficients [1]."""


FIRST_FORM = Form(1, 0.1)
"""Where nothing can be tried, since training days are too few."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Line:
    """Linear path of each cell, with the scaling of its inputs."""

    x_mean: Float32
    x_scale: Float32
    """Of the inputs on training days with a target, (cell, feature)."""
    offset: Float32
    """Estimate at the mean of the inputs [m3 m-3], (cell,)."""
    coefficient: Float32
    """Of each input, then of each of its memories; 0 where a cell has too few targets
    [m3 m-3], (cell, (1 + memory) * feature)."""
    left: Float32
    """Standard deviation of what it leaves on training days [m3 m-3], (cell,)."""


def scaled_values(values: Float32, line: Line) -> Float32:
    """Inputs as line and network read them: scaled and cut [1], (cell, time, feature).

    Args:
        values: last ones seen, NaN where there was none, which becomes 0.
        line: of the cells.
    """
    z = (values - line.x_mean[:, None]) / line.x_scale[:, None]
    z = np.clip(z, -FARTHEST, FARTHEST)
    # A value never seen is 0, the mean.
    return np.where(np.isfinite(z), z, np.float32(0))


def _remembered(x: Float32, days: float) -> Float32:
    """Mean of the past with weights that fall off as exp(-t / days), (cell, time, feature)."""
    out, keep = np.zeros_like(x), np.float32(np.exp(-1 / days))
    # m_t = k m_(t-1) + (1 - k) x_t with k = exp(-1 / days).
    for day in range(1, x.shape[1]):
        out[:, day] = keep * out[:, day - 1] + (1 - keep) * x[:, day]
    return out


def estimate(line: Line, z: Float32) -> Float32:
    """Soil moisture by the line [m3 m-3], (cell, time); a day uses itself and the past.

    Args:
        line: of the cells.
        z: `scaled_values`, (cell, time, feature).
    """
    found = np.repeat(line.offset[:, None], z.shape[1], axis=1)
    parts = np.split(line.coefficient, 1 + len(MEMORIES), axis=1)
    for days, part in zip((0.0, *MEMORIES), parts, strict=True):
        if not part.any():
            continue  # a memory that the lines do not have
        # einsum adds each day by itself: a longer series has the same bits.
        found += np.einsum("ctf,cf->ct", _remembered(z, days) if days else z, part)
    return found


def _fitted(z: Float64, y: Float64, penalty: float) -> tuple[Float64, float]:
    """Coefficients of one cell, and the estimate at the mean of its inputs.

    Args:
        z: inputs and memories, (time, input).
        y: target, finite, (time,).
        penalty: of the squared coefficients [1].
    """
    # Ridge on centred inputs, so that the constant carries no penalty.
    centre, mean = z.mean(axis=0), float(y.mean())
    a = z - centre
    slope: Float64 = np.linalg.solve(a.T @ a + penalty * np.identity(z.shape[1]), a.T @ (y - mean))
    return slope, mean - float(centre @ slope)


def _scaling(series: Series, is_own: Booleans) -> tuple[Float32, Float32]:
    """Mean and spread of the inputs of each cell on training days, (cell, feature)."""
    taken = np.where(is_own[:, None], np.isfinite(series.train), series.is_train)
    return spread(np.where(taken[:, :, None], series.x, np.float32(np.nan)), (1,))


def _read(series: Series, scaling: tuple[Float32, Float32], memories: int) -> list[Float32]:
    """Inputs of the learning days as a line reads them, then their memories."""
    empty = np.zeros((len(scaling[0]), 0), np.float32)
    line = Line(*scaling, empty, empty, empty)
    x = series.x[:, : series.last]
    z = scaled_values(values_at(x, latest(x)), line)
    return [z, *(_remembered(z, days) for days in MEMORIES[:memories])]


def _rows(read: list[Float32], cell: int, days: Int64) -> Float64:
    """Inputs and memories of a cell on some days, (time, input)."""
    return np.concatenate([row[cell, days] for row in read], axis=1).astype(np.float64)


def form_of(series: Series, level: Levels) -> Form:
    """The form whose lines say best the stretches of training days that they did not see.

    What a line of many memories learns of some seasons need not hold in others. Tried are `COUNTS`
    and `PENALTIES`; the one of least mean squared error over the cells is taken, each cell in units
    of its own variance.

    Args:
        series: of a sample of cells.
        level: mean and spread of each cell; those of too few targets tell nothing.
    """
    some = np.flatnonzero(level.is_own)
    # Every n-th cell, so that the sample spreads over the whole list.
    some = some[:: -(-some.size // MOST_TRIED)] if some.size else some
    if not some.size:
        return FIRST_FORM
    read = _read(series, _scaling(series, level.is_own), max(COUNTS))
    error = sum(
        _errors_unseen(read, series.train[cell], cell) / float(level.sd[cell]) ** 2
        for cell in some.tolist()
    )
    i, j = divmod(int(np.argmin(error)), len(PENALTIES))
    return Form(COUNTS[i], PENALTIES[j])


def _errors_unseen(read: list[Float32], target: Float32, cell: int) -> Float64:
    """Squared error on each part of a cell's training days by lines of the others, by form."""
    inputs = read[0].shape[2]
    error = np.zeros((len(COUNTS), len(PENALTIES)))
    # Contiguous parts: neighbouring days are alike and must not be on both sides.
    parts = np.array_split(np.flatnonzero(np.isfinite(target)), PARTS)
    for number, part in enumerate(parts):
        rest = np.concatenate([days for other, days in enumerate(parts) if other != number])
        a, b = (_rows(read, cell, days) for days in (rest, part))
        y, wanted = (target[days].astype(np.float64) for days in (rest, part))
        for i, count in enumerate(COUNTS):
            some = slice(0, (1 + count) * inputs)
            for j, penalty in enumerate(PENALTIES):
                slope, offset = _fitted(a[:, some], y, penalty)
                error[i, j] += float(((b[:, some] @ slope + offset - wanted) ** 2).mean())
    return error


def fit(series: Series, level: Levels, form: Form, *, is_used: bool = True) -> Line:
    """The line of each cell, from its training days.

    Args:
        series: of the cells.
        level: mean and spread of each cell; one with too few targets has its mean for a line.
        form: of the lines of all cells.
        is_used: False: every cell has its mean for a line.
    """
    mean, scale = _scaling(series, level.is_own)
    empty = np.zeros((len(mean), (1 + len(MEMORIES)) * mean.shape[1]), np.float32)
    line = Line(mean, scale, level.mean.copy(), empty, level.sd.copy())
    if not is_used:
        return line
    read = _read(series, (mean, scale), form.memories)
    for cell in np.flatnonzero(level.is_own).tolist():
        seen = np.flatnonzero(np.isfinite(series.train[cell]))
        one, y = _rows(read, cell, seen), series.train[cell, seen].astype(np.float64)
        slope, offset = _fitted(one, y, form.penalty)
        line.offset[cell], line.coefficient[cell, : slope.size] = offset, slope
        # The network is trained on the residual in units of this.
        line.left[cell] = max(float(np.std(y - one @ slope)), SMALLEST_SD)
    return line
