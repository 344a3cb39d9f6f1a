"""A step of a sensor's calibration at a known date: the boosts of TRMM (2001) and GPM (2023).

The step is estimated beside what else changes: with a reference the difference of pairs, without
one the season and the local time of each cell. Departures within a month depend on each other and
all cells share the weather, so the sum over all cells within a block of days is one draw.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import xarray as xr
from jax.scipy.special import betainc

from mcca_ml import schema
from mcca_ml.config_calibrate import CalibrateSettings
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.intercal.line import Floats, Indices
from mcca_ml.intercal.link import Link
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.screen import usable

_DAY = np.timedelta64(1, "D")
_YEAR_DAYS = 365.2425
_HARMONICS = (1, 2)
_MOST_CELLS = 400
"""Cells of a test against the sensor itself: they share the weather, more of them tell no more."""


@dataclass(frozen=True)
class Step:
    """The brightness temperature before a date less that after it, arrays (channel)."""

    date: np.datetime64
    """First UTC day after the step."""
    channels: tuple[str, ...]
    """Of the sensor that steps."""
    size: Floats
    """[K]; NaN where it cannot be told."""
    sd: Floats
    """Standard deviation of the size [K]."""
    p_value: Floats
    """Chance of such a size or more without a step [1]; 1 where it cannot be told."""
    is_removed: npt.NDArray[np.bool_]
    """Whether it is significant and taken out."""

    def correction(
        self, when: npt.NDArray[np.datetime64], channels: tuple[str, ...]
    ) -> tuple[Floats, Floats]:
        """What to take off at each time, and its variance, shape of `when` and channels [K, K2]."""
        index = [self.channels.index(name) if name in self.channels else -1 for name in channels]
        removed = np.append(self.is_removed, False)[index]
        size = np.where(removed, np.append(self.size, 0.0)[index], 0.0)
        variance = np.where(removed, np.append(self.sd, 0.0)[index] ** 2, 0.0)
        is_before = (when < self.date)[..., None].astype(np.float64)
        return is_before * size, is_before * variance


def _p_value(t: float, freedom: int) -> float:
    """Chance of |t| or more under Student's distribution [1]."""
    x = freedom / (freedom + t * t)
    return float(betainc(jnp.float32(freedom / 2), jnp.float32(0.5), jnp.float32(x)))


def _residuals(columns: Floats, values: Floats, cell: Indices) -> Floats:
    """What the columns leave of the values in each cell, (obs, value)."""
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    lengths = np.diff(np.append(starts, len(cell)))
    square = np.add.reduceat(columns[:, :, None] * columns[:, None, :], starts, axis=0)
    product = np.add.reduceat(columns[:, :, None] * values[:, None, :], starts, axis=0)
    # Just enough to solve where a cell has fewer looks than columns.
    square += 1e-6 * np.eye(columns.shape[1])
    found = np.repeat(np.linalg.solve(square, product), lengths, axis=0)
    left: Floats = values - np.einsum("op,opv->ov", columns, found)
    return left


def step_size(
    y: Floats, is_before: npt.NDArray[np.bool_], columns: Floats, cell: Indices, block: Indices
) -> tuple[float, float, float]:
    """Size of a step [K], its standard deviation [K] and its p value.

    Args:
        y: values of one channel [K], (obs), finite.
        is_before: whether each is before the date.
        columns: what else changes in a cell, a constant among it, (obs, column).
        cell: of each, never falling.
        block: block of days of each, counted from 0.

    Returns:
        NaN, NaN and 1 where there is nothing on one side, or fewer than four blocks.
    """
    blocks = len(np.unique(block))
    if blocks < 4 or is_before.all() or not is_before.any():
        return np.nan, np.nan, 1.0
    both = np.stack([y, is_before.astype(np.float64)], axis=1)
    left = _residuals(columns, both, cell)
    information = float((left[:, 1] ** 2).sum())
    if information < 1e-6 * len(y):
        return np.nan, np.nan, 1.0
    size = float((left[:, 0] * left[:, 1]).sum()) / information
    score = np.bincount(block, left[:, 1] * (left[:, 0] - size * left[:, 1]))
    alone = float((score**2).sum())
    # Weather outlasts a block: neighbours count too (Newey and West 1987, lag 1), never for less.
    together = max(alone, alone + float((score[1:] * score[:-1]).sum()))
    freedom = max(blocks - 1 - columns.shape[1], 2)
    sd = float(np.sqrt(together * blocks / freedom)) / information
    return size, sd, _p_value(size / max(sd, 1e-9), freedom)


@dataclass(frozen=True)
class _Question:
    """Where a step is looked for, and how."""

    date: np.datetime64
    channels: tuple[str, ...]
    window_days: int
    block_days: int
    significance: float


def _tested(
    y: Floats,
    when: npt.NDArray[np.datetime64],
    columns: Floats,
    cell: Indices,
    asked: _Question,
) -> Step:
    """The step, channel by channel."""
    day = (when.astype("datetime64[D]") - asked.date) // _DAY
    near = np.abs(day) <= asked.window_days
    # Blocks begin at the date, so that none lies on both sides.
    block = day // asked.block_days
    block -= block.min(initial=0)
    found = []
    for channel in range(y.shape[1]):
        where = near & np.isfinite(y[:, channel])
        inputs = (y[where, channel].astype(np.float64), day[where] < 0, columns[where])
        found.append(step_size(*inputs, cell[where], block[where]))
    size, sd, p_value = np.array(found, np.float64).reshape(-1, 3).T
    is_removed = np.isfinite(size) & (p_value < asked.significance)
    return Step(asked.date.astype("datetime64[D]"), asked.channels, size, sd, p_value, is_removed)


def step_against_reference(
    pairs: Pairs, link: Link, date: np.datetime64, settings: CalibrateSettings
) -> Step:
    """The step of a sensor, from its pairs with a reference that has none at that date.

    Args:
        pairs: of `match_pairs`, on both sides of the date.
        link: lines made of these pairs; only their slopes matter, as every cell has its own mean.
        date: first UTC day after the step.
        settings: the `[calibrate]` table.
    """
    line = link.of(pairs.cells[pairs.cell]).line
    departure = (line.at(pairs.x.astype(np.float64)) - pairs.y) / line.slope
    columns = np.ones((len(pairs.cell), 1))
    asked = _Question(
        date,
        pairs.source_channels,
        settings.step_window_days,
        settings.step_block_days,
        settings.step_significance,
    )
    return _tested(departure, pairs.when, columns, pairs.cell, asked)


def _season_and_hour(when: npt.NDArray[np.datetime64], hour: Floats) -> Floats:
    """A constant, and two harmonics each of the year and of the local day, (obs, 9)."""
    year = (when - np.datetime64("2000-01-01")) / _DAY / _YEAR_DAYS
    angles = [2 * np.pi * k * phase for phase in (year, hour / 24) for k in _HARMONICS]
    waves = [wave(angle) for angle in angles for wave in (np.cos, np.sin)]
    return np.stack([np.ones_like(year), *waves], axis=1)


def step_against_itself(ds: xr.Dataset, date: np.datetime64, settings: CalibrateSettings) -> Step:
    """The step of a sensor without any reference, at matched season and local time.

    The weather of the years before and after is in it too: with two years on each side its
    standard deviation is of the order of 0.5 K for one region, less for the whole belt.

    Args:
        ds: after schema.GRID_TB; at most 400 of its cells, spread over all, are looked at.
        date: first UTC day after the step.
        settings: the `[calibrate]` table.
    """
    count = ds.sizes["cell"]
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_CELLS)).astype(np.int64))
    part = ds.isel(cell=chosen).transpose(..., "channel")
    names = tuple(str(name) for name in part["channel"].to_numpy())
    tb = part["tb"].transpose(*schema.LOOK, "channel").to_numpy().astype(np.float32)
    flag = part["flag"].transpose(*schema.LOOK).to_numpy().astype(FLAG_DTYPE)
    when = part["obs_time"].transpose(*schema.LOOK).to_numpy().astype("datetime64[s]")
    hour = part["local_time"].transpose(*schema.LOOK).to_numpy().astype(np.float64)
    good = usable(tb, flag, names, settings) & (~np.isnat(when) & np.isfinite(hour))[..., None]
    cell, time, look = np.nonzero(np.transpose(good.any(axis=-1), (2, 0, 1)))
    at = (time, look, cell)
    y = np.where(good, tb, np.nan)[at].astype(np.float64)
    columns = _season_and_hour(when[at], hour[at])
    # Weather is longer-lived than what differs between two sensors.
    block_days = 2 * settings.step_block_days
    asked = _Question(
        date, names, settings.step_window_days, block_days, settings.step_significance
    )
    return _tested(y, when[at], columns, cell, asked)


def without_step(pairs: Pairs, step: Step) -> Pairs:
    """Pairs with a significant step taken off the sensor before its date."""
    off, _ = step.correction(pairs.when, pairs.source_channels)
    return replace(pairs, x=(pairs.x - off).astype(np.float32))
