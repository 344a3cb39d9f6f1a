"""Regress brightness-temperature differences on a step or on time, with the uncertainty.

Differences within a month are correlated and all cells share the weather, so the sum over all
cells within a block of days counts as one independent sample.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc

from mcca_ml.arrays import Booleans, Float64, Int64
from mcca_ml.intercal.link import Link
from mcca_ml.intercal.match import Pairs

DAY = np.timedelta64(1, "D")
YEAR_DAYS = 365.2425
"""Mean Gregorian year [day]."""
FEWEST_BLOCKS = 4
"""Fewest blocks of days for an estimate."""


@dataclass(frozen=True)
class Effect:
    """Effect of a step or drift on a sensor's brightness temperature, arrays (channel)."""

    channels: tuple[str, ...]
    """Channel names of the sensor."""
    size: Float64
    """Size [K], for a drift [K per year]; NaN where it cannot be estimated."""
    sd: Float64
    """Standard deviation of the size, in the same units."""
    p_value: Float64
    """Probability of such a size or a larger one without the effect [1]; 1 without estimate."""
    is_removed: Booleans
    """True where the effect is significant and is subtracted."""

    date: np.datetime64
    """UTC day of the step, or on which the drift is 0."""

    def at(self, name: str, channels: tuple[str, ...], otherwise: float = 0.0) -> Float64:
        """Values of the array `name` at some channels; `otherwise` at unknown channels."""
        index = [self.channels.index(c) if c in self.channels else -1 for c in channels]
        return np.append(getattr(self, name), otherwise)[index]

    def removed(self, channels: tuple[str, ...]) -> tuple[Float64, Float64]:
        """Size to subtract at some channels and its variance; 0 where it is not significant."""
        is_removed = self.at("is_removed", channels) > 0
        size = np.where(is_removed, self.at("size", channels), 0.0)
        return size, np.where(is_removed, self.at("sd", channels) ** 2, 0.0)


def _p_value(t: float, freedom: int) -> float:
    """Probability of |t| or more under Student's distribution [1]."""
    # P(|T| >= t) = I_x(n / 2, 1 / 2), x = n / (n + t^2), I the incomplete beta function.
    x = freedom / (freedom + t * t)
    return float(betainc(jnp.float32(freedom / 2), jnp.float32(0.5), jnp.float32(x)))


def _residuals(columns: Float64, values: Float64, cell: Int64) -> Float64:
    """Residuals of a regression of the values on the columns in each cell, (obs, value)."""
    # Normal equations of all cells at once, with separate coefficients.
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    lengths = np.diff(np.append(starts, len(cell)))
    square = np.add.reduceat(columns[:, :, None] * columns[:, None, :], starts, axis=0)
    product = np.add.reduceat(columns[:, :, None] * values[:, None, :], starts, axis=0)
    # Keeps the matrix invertible where a cell has fewer looks than columns.
    square += 1e-6 * np.eye(columns.shape[1])
    coefficients = np.repeat(np.linalg.solve(square, product), lengths, axis=0)
    residuals: Float64 = values - np.einsum("op,opv->ov", columns, coefficients)
    return residuals


def effect_size(
    y: Float64, regressor: Float64, columns: Float64, cell: Int64, block: Int64
) -> tuple[float, float, float]:
    """Least-squares coefficient of `y` on `regressor`, its standard deviation and its p value.

    Args:
        y: values of one channel [K], (obs), finite.
        regressor: regressor of the effect, (obs).
        columns: other regressors with separate coefficients in each cell, including a constant,
            (obs, column).
        cell: position of the cell of each observation, non-decreasing.
        block: block of days of each observation, counted from 0.

    Returns:
        NaN, NaN and 1 if `regressor` is explained by the columns or there are fewer than four
        blocks.
    """
    blocks = len(np.unique(block))
    if blocks < FEWEST_BLOCKS or regressor.min() == regressor.max():
        return np.nan, np.nan, 1.0
    # Frisch-Waugh-Lovell: regress the residuals of y on the residuals of the regressor.
    residuals = _residuals(columns, np.stack([y, regressor], axis=1), cell)
    information = float((residuals[:, 1] ** 2).sum())
    if information < 1e-6 * len(y):
        return np.nan, np.nan, 1.0
    size = float((residuals[:, 0] * residuals[:, 1]).sum()) / information
    # Score of a block: sum of regressor times residual.
    score = np.bincount(block, residuals[:, 1] * (residuals[:, 0] - size * residuals[:, 1]))
    squares = float((score**2).sum())
    # Weather outlasts a block: add lag 1 (Newey and West 1987) where it increases the variance.
    total = max(squares, squares + float((score[1:] * score[:-1]).sum()))
    freedom = max(blocks - 1 - columns.shape[1], 2)
    # Sandwich estimate: root of the summed squares of scores over the information.
    sd = float(np.sqrt(total * blocks / freedom)) / information
    return size, sd, _p_value(size / max(sd, 1e-9), freedom)


def estimate_effects(
    y: Float64,
    regressor: Float64,
    columns: Float64,
    cell: Int64,
    block: Int64,
    *,
    channels: tuple[str, ...],
    date: np.datetime64,
    significance: float,
) -> Effect:
    """Estimate `effect_size` of each channel; significant effects are removed.

    Args:
        y: values [K], NaN where missing, (obs, channel).
        regressor: as in `effect_size`, like the next three.
        columns: other regressors.
        cell: position of the cell of each observation, non-decreasing.
        block: block of days of each observation.
        channels: channel names.
        date: UTC day of the effect.
        significance: p value below which an effect is removed [1].
    """
    estimates = []
    for values in y.T:
        some = np.isfinite(values)
        given = values[some].astype(np.float64), regressor[some], columns[some]
        estimates.append(effect_size(*given, cell[some], block[some]))
    size, sd, p_value = np.array(estimates, np.float64).reshape(-1, 3).T
    is_removed = np.isfinite(size) & (p_value < significance)
    return Effect(channels, size, sd, p_value, is_removed, date)


def departures(pairs: Pairs, link: Link) -> Float64:
    """Residual of each pair on the scale of the sensor, sensor high positive [K], (pair, channel).

    Args:
        pairs: pairs of two sensors.
        link: lines fitted to these pairs.
    """
    line = link.at_cells(pairs.cells[pairs.cell]).line
    # (line(x) - y) / slope: on the scale of the sensor, where it is subtracted.
    residual: Float64 = (line.at(pairs.x.astype(np.float64)) - pairs.y) / line.slope
    return residual
