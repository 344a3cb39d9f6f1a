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

import numpy as np
import numpy.typing as npt

from mcca_ml.learn.level import SMALLEST_SD, Levels
from mcca_ml.learn.roles import Floats
from mcca_ml.learn.samples import Series, latest, spread, values_at

MEMORIES = (2.0, 5.0, 15.0)
"""Days over which each input is remembered."""
PENALTY = 3.0
"""Of the squared coefficients, inputs of standard deviation 1 [1]."""
FARTHEST = 4.0
"""Standard deviations at which an input is cut: snow and frost lie far outside the rest [1]."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """Linear path of each cell, with the scaling of its inputs."""

    x_mean: Floats
    x_scale: Floats
    """Of the inputs on training days with a target, (cell, feature)."""
    offset: Floats
    """Estimate at the mean of the inputs [m3 m-3], (cell,)."""
    coefficient: Floats
    """Of each input, then of each of its memories; 0 where a cell has too few targets
    [m3 m-3], (cell, (1 + memory) * feature)."""
    left: Floats
    """Standard deviation of what it leaves on training days [m3 m-3], (cell,)."""


def of(line: Line, cells: npt.NDArray[np.int64]) -> Line:
    """The lines of some cells, by their places."""
    return Line(
        line.x_mean[cells],
        line.x_scale[cells],
        line.offset[cells],
        line.coefficient[cells],
        line.left[cells],
    )


def scaled_values(values: Floats, line: Line) -> Floats:
    """Inputs as line and network read them: scaled and cut [1], (cell, time, feature).

    Args:
        values: last ones seen, NaN where there was none, which becomes 0.
        line: of the cells.
    """
    z = (values - line.x_mean[:, None]) / line.x_scale[:, None]
    z = np.clip(z, -FARTHEST, FARTHEST)
    return np.where(np.isfinite(z), z, np.float32(0))


def _remembered(x: Floats, days: float) -> Floats:
    """Mean of the past with weights that fall off as exp(-t / days), (cell, time, feature)."""
    out, keep = np.zeros_like(x), np.float32(np.exp(-1 / days))
    for day in range(1, x.shape[1]):
        out[:, day] = keep * out[:, day - 1] + (1 - keep) * x[:, day]
    return out


def estimate(line: Line, z: Floats) -> Floats:
    """Soil moisture by the line [m3 m-3], (cell, time); a day uses itself and the past.

    Args:
        line: of the cells.
        z: `scaled_values`, (cell, time, feature).
    """
    found = np.repeat(line.offset[:, None], z.shape[1], axis=1)
    parts = np.split(line.coefficient, 1 + len(MEMORIES), axis=1)
    for days, part in zip((0.0, *MEMORIES), parts, strict=True):
        # einsum adds each day by itself: a longer series has the same bits.
        found += np.einsum("ctf,cf->ct", _remembered(z, days) if days else z, part)
    return found


def _fitted(z: Doubles, y: Doubles) -> tuple[Doubles, float]:
    """Coefficients of one cell, and the estimate at the mean of its inputs.

    Args:
        z: inputs and memories, (time, input).
        y: target, finite, (time,).
    """
    centre, mean = z.mean(axis=0), float(y.mean())
    a = z - centre
    slope: Doubles = np.linalg.solve(a.T @ a + PENALTY * np.identity(z.shape[1]), a.T @ (y - mean))
    return slope, mean - float(centre @ slope)


def _scaling(series: Series, is_own: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and spread of the inputs of each cell on training days, (cell, feature)."""
    taken = np.where(is_own[:, None], np.isfinite(series.train), series.is_train)
    return spread(np.where(taken[:, :, None], series.x, np.float32(np.nan)), (1,))


def fit(series: Series, level: Levels, *, is_used: bool = True) -> Line:
    """The line of each cell, from its training days.

    Args:
        series: of the cells.
        level: mean and spread of each cell; one with too few targets has its mean for a line.
        is_used: False: every cell has its mean for a line.
    """
    mean, scale = _scaling(series, level.is_own)
    empty = np.zeros((len(mean), (1 + len(MEMORIES)) * mean.shape[1]), np.float32)
    line = Line(mean, scale, level.mean.copy(), empty, level.sd.copy())
    if not is_used:
        return line
    x = series.x[:, : series.last]
    z = scaled_values(values_at(x, latest(x)), line)
    rows = [z, *(_remembered(z, days) for days in MEMORIES)]
    for cell in np.flatnonzero(level.is_own):
        seen = np.flatnonzero(np.isfinite(series.train[cell]))
        one = np.concatenate([row[cell, seen] for row in rows], axis=1).astype(np.float64)
        y = series.train[cell, seen].astype(np.float64)
        slope, offset = _fitted(one, y)
        line.offset[cell], line.coefficient[cell] = offset, slope
        line.left[cell] = max(float(np.std(y - one @ slope)), SMALLEST_SD)
    return line
