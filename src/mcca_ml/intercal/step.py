"""Step of a sensor's calibration at a known date: the boosts of TRMM (2001) and GPM (2023).

With a reference the step is estimated from differences of pairs; without one from the sensor
itself, with the season and local time of each cell as further regressors.
"""

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Float64, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.link import Link
from mcca_ml.intercal.match import Pairs, screen_looks
from mcca_ml.intercal.regress_differences import (
    DAY,
    YEAR_DAYS,
    Effect,
    departures,
    estimate_effects,
)

_HARMONICS = (1, 2)
_MOST_CELLS = 400
"""Cells of a test against the sensor itself; cells share the weather, so more add little."""


class Step(Effect):
    """Brightness temperature before less after a date, the first UTC day after the step."""

    def correction(self, when: Datetime64, channels: tuple[str, ...]) -> tuple[Float64, Float64]:
        """Correction to subtract [K] and its variance [K2], (*shape of `when`, channel)."""
        size, variance = self.removed(channels)
        # The scale is that after the boost; only values before it are corrected.
        is_before = (when < self.date)[..., None].astype(np.float64)
        return is_before * size, is_before * variance


def _estimate_step(
    y: Float64,
    when: Datetime64,
    columns: Float64,
    cell: Int64,
    date: np.datetime64,
    *,
    channels: tuple[str, ...],
    block_days: int,
    settings: CalibrateSettings,
) -> Step:
    """Estimate the step of each channel."""
    day = (when.astype("datetime64[D]") - date) // DAY
    # Days beyond the window would add seasons and drifts, not information on the step.
    near = np.abs(day) <= settings.step_window_days
    # Blocks begin at the date, so that none contains it.
    block = day // block_days
    block -= block.min(initial=0)
    effect = estimate_effects(
        np.where(near[:, None], y, np.nan),
        (day < 0).astype(np.float64),
        columns,
        cell,
        block,
        channels=channels,
        date=date.astype("datetime64[D]"),
        significance=settings.step_significance,
    )
    return Step(**vars(effect))


def step_against_reference(
    pairs: Pairs, link: Link, date: np.datetime64, settings: CalibrateSettings
) -> Step:
    """Estimate the step of a sensor from its pairs with a reference without a step at that date.

    Args:
        pairs: pairs from `match_pairs`, on both sides of the date.
        link: lines fitted to these pairs; only their slopes matter, as every cell has its own mean.
        date: first UTC day after the step.
        settings: the `[calibrate]` table.
    """
    return _estimate_step(
        departures(pairs, link),
        pairs.when,
        np.ones((len(pairs.cell), 1)),
        pairs.cell,
        date,
        channels=pairs.source_channels,
        block_days=settings.step_block_days,
        settings=settings,
    )


def _season_and_hour(when: Datetime64, hour: Float64) -> Float64:
    """Regressors: a constant, and two harmonics of the year and of the local day, (obs, 9)."""
    year = (when - np.datetime64("2000-01-01")) / DAY / YEAR_DAYS
    # cos and sin of k times the phase, k = 1, 2: the season and the daily cycle of each cell.
    angles = [2 * np.pi * k * phase for phase in (year, hour / 24) for k in _HARMONICS]
    waves = [wave(angle) for angle in angles for wave in (np.cos, np.sin)]
    return np.stack([np.ones_like(year), *waves], axis=1)


def step_against_itself(ds: xr.Dataset, date: np.datetime64, settings: CalibrateSettings) -> Step:
    """Estimate the step of a sensor without a reference, at matched season and local time.

    The difference in weather between the years before and after is included: with two years on
    each side the standard deviation is of the order of 0.5 K for one region, less for the whole
    belt.

    Args:
        ds: dataset after schema.GRID_TB; at most 400 cells, evenly spread, are used.
        date: first UTC day after the step.
        settings: the `[calibrate]` table.
    """
    count = ds.sizes["cell"]
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_CELLS)).astype(np.int64))
    subset = ds.isel(cell=chosen)
    names = tuple(str(name) for name in subset["channel"].to_numpy())
    looks = screen_looks(subset, names, settings)
    hour = subset["local_time"].transpose(*schema.LOOK).to_numpy().astype(np.float64)
    good = looks.is_good & np.isfinite(hour)[..., None]
    cell, time, look = np.nonzero(np.transpose(good.any(axis=-1), (2, 0, 1)))
    at = (time, look, cell)
    when = looks.seconds[at].astype("datetime64[s]")
    return _estimate_step(
        np.where(good, looks.tb, np.nan)[at].astype(np.float64),
        when,
        _season_and_hour(when, hour[at]),
        cell,
        date,
        channels=names,
        # Weather is correlated for longer than the difference of two sensors.
        block_days=2 * settings.step_block_days,
        settings=settings,
    )
