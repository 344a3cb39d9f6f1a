"""How much of a difference goes with something known, a step or the time; with its uncertainty.

Departures within a month depend on each other and all cells share the weather, so the sum over all
cells within a block of days is one draw.
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
"""Blocks of days below which nothing is told."""


@dataclass(frozen=True)
class Effect:
    """What one thing does to a sensor's brightness temperature, arrays (channel)."""

    channels: tuple[str, ...]
    """Of the sensor."""
    size: Float64
    """[K], or [K per year] of a drift; NaN where it cannot be told."""
    sd: Float64
    """Standard deviation of the size, in its units."""
    p_value: Float64
    """Chance of such a size or more without the effect [1]; 1 where it cannot be told."""
    is_removed: Booleans
    """Whether it is significant and taken out."""

    date: np.datetime64
    """UTC day at which a step is or a drift is 0."""

    def at(self, name: str, channels: tuple[str, ...], otherwise: float = 0.0) -> Float64:
        """One of the arrays at some channels; `otherwise` at those that are not known."""
        index = [self.channels.index(c) if c in self.channels else -1 for c in channels]
        return np.append(getattr(self, name), otherwise)[index]

    def removed(self, channels: tuple[str, ...]) -> tuple[Float64, Float64]:
        """What is taken out of some channels, and its variance; 0 where nothing is."""
        is_removed = self.at("is_removed", channels) > 0
        size = np.where(is_removed, self.at("size", channels), 0.0)
        return size, np.where(is_removed, self.at("sd", channels) ** 2, 0.0)


def _p_value(t: float, freedom: int) -> float:
    """Chance of |t| or more under Student's distribution [1]."""
    # P(|T| >= t) = I_x(n / 2, 1 / 2), x = n / (n + t^2), I the incomplete beta function.
    x = freedom / (freedom + t * t)
    return float(betainc(jnp.float32(freedom / 2), jnp.float32(0.5), jnp.float32(x)))


def _residuals(columns: Float64, values: Float64, cell: Int64) -> Float64:
    """What the columns leave of the values in each cell, (obs, value)."""
    # Normal equations of all cells at once, one set of coefficients each.
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    lengths = np.diff(np.append(starts, len(cell)))
    square = np.add.reduceat(columns[:, :, None] * columns[:, None, :], starts, axis=0)
    product = np.add.reduceat(columns[:, :, None] * values[:, None, :], starts, axis=0)
    # Just enough to solve where a cell has fewer looks than columns.
    square += 1e-6 * np.eye(columns.shape[1])
    found = np.repeat(np.linalg.solve(square, product), lengths, axis=0)
    left: Float64 = values - np.einsum("op,opv->ov", columns, found)
    return left


def effect_size(
    y: Float64, of: Float64, columns: Float64, cell: Int64, block: Int64
) -> tuple[float, float, float]:
    """Least-squares coefficient of `y` on `of`, its standard deviation and its p value.

    Args:
        y: values of one channel [K], (obs), finite.
        of: what the effect goes with, (obs).
        columns: what else changes in a cell, a constant among it, (obs, column).
        cell: of each, never falling.
        block: block of days of each, counted from 0.

    Returns:
        NaN, NaN and 1 where `of` does not vary beside the columns, or in fewer than four blocks.
    """
    blocks = len(np.unique(block))
    if blocks < FEWEST_BLOCKS or of.min() == of.max():
        return np.nan, np.nan, 1.0
    # Least squares beside the columns: regress what they leave of y on what they leave of `of`.
    left = _residuals(columns, np.stack([y, of], axis=1), cell)
    information = float((left[:, 1] ** 2).sum())
    if information < 1e-6 * len(y):
        return np.nan, np.nan, 1.0
    size = float((left[:, 0] * left[:, 1]).sum()) / information
    # Score of a block: sum of regressor times residual, one draw each.
    score = np.bincount(block, left[:, 1] * (left[:, 0] - size * left[:, 1]))
    alone = float((score**2).sum())
    # Weather outlasts a block: neighbours count too (Newey and West 1987, lag 1), never for less.
    together = max(alone, alone + float((score[1:] * score[:-1]).sum()))
    freedom = max(blocks - 1 - columns.shape[1], 2)
    # Sandwich estimate: root of the summed squares of scores over the information.
    sd = float(np.sqrt(together * blocks / freedom)) / information
    return size, sd, _p_value(size / max(sd, 1e-9), freedom)


def effects_of(
    y: Float64,
    of: Float64,
    columns: Float64,
    cell: Int64,
    block: Int64,
    *,
    channels: tuple[str, ...],
    date: np.datetime64,
    significance: float,
) -> Effect:
    """`effect_size` of each channel; removed is what is significant.

    Args:
        y: values [K], NaN where there is none, (obs, channel).
        of: as in `effect_size`, as the next three.
        columns: what else changes in a cell.
        cell: of each, never falling.
        block: block of days of each.
        channels: names.
        date: of the effect.
        significance: p value below which an effect is removed [1].
    """
    found = []
    for values in y.T:
        seen = np.isfinite(values)
        given = values[seen].astype(np.float64), of[seen], columns[seen]
        found.append(effect_size(*given, cell[seen], block[seen]))
    size, sd, p_value = np.array(found, np.float64).reshape(-1, 3).T
    is_removed = np.isfinite(size) & (p_value < significance)
    return Effect(channels, size, sd, p_value, is_removed, date)


def departures(pairs: Pairs, link: Link) -> Float64:
    """How far the sensor of each pair is above what its line expects [K], (pair, channel).

    Args:
        pairs: of two sensors.
        link: lines made of these pairs.
    """
    line = link.of(pairs.cells[pairs.cell]).line
    # (line(x) - y) / slope: on the scale of the sensor, on which it is subtracted.
    off: Float64 = (line.at(pairs.x.astype(np.float64)) - pairs.y) / line.slope
    return off
