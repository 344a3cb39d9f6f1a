"""Match looks of two sensors at the same cell within a time window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.intercal.screen import usable
from mcca_ml.sensors import paired_channels

_NEVER = np.int64(2**62)


@dataclass(frozen=True)
class Pairs:
    """Matched pairs, sorted by cell and time."""

    cells: Int64
    """Cell numbers, including cells without a pair (cell)."""
    cell: Int64
    """Position in `cells` of each pair, non-decreasing (pair)."""
    when: Datetime64
    """Time of the sensor's look (UTC) (pair)."""
    x: Float32
    """Brightness temperature of the sensor [K], (pair, channel)."""
    y: Float32
    """Brightness temperature of the reference [K], (pair, channel)."""
    source_channels: tuple[str, ...]
    """Channel names of the sensor."""
    channels: tuple[str, ...]
    """Channel names of the reference."""

    def take(self, where: AnyArray) -> "Pairs":
        """Select pairs by a mask, or by an index that keeps their order of cells."""
        return replace(
            self, cell=self.cell[where], when=self.when[where], x=self.x[where], y=self.y[where]
        )


@dataclass(frozen=True)
class ScreenedLooks:
    """Looks of one sensor at a block of cells, with the values that may be paired."""

    day: Int64
    """Days since 1970-01-01, (time,)."""
    seconds: Int64
    """Seconds since 1970-01-01 (UTC), (time, look, cell)."""
    tb: Float32
    """Brightness temperature [K], (time, look, cell, channel)."""
    is_good: Booleans
    """True where a value may be paired, shape of `tb`."""


def screen_looks(
    ds: xr.Dataset, names: Sequence[str], settings: CalibrateSettings
) -> ScreenedLooks:
    """Screen the looks of a dataset after schema.GRID_TB; keeps the channels `names`."""
    every = [str(name) for name in ds["channel"].to_numpy()]
    tb = ds["tb"].transpose(*schema.LOOK, "channel").to_numpy().astype(np.float32)
    flag = ds["flag"].transpose(*schema.LOOK).to_numpy().astype(FLAG_DTYPE)
    time = ds["obs_time"].transpose(*schema.LOOK).to_numpy()
    good = usable(tb, flag, every, settings) & ~np.isnat(time)[..., None]
    index = [every.index(name) for name in names]
    return ScreenedLooks(
        ds["time"].to_numpy().astype("datetime64[D]").astype(np.int64),
        time.astype("datetime64[s]").astype(np.int64),
        tb[..., index],
        good[..., index],
    )


def _candidates(reference: ScreenedLooks, day: Int64) -> Iterator[ScreenedLooks]:
    """Looks of the reference on the same, previous and next day, one look at a time."""
    # The two looks of a pair may be on either side of 00:00 UTC.
    for shift in (0, -1, 1):
        at = np.searchsorted(reference.day, day + shift)
        inside = np.minimum(at, len(reference.day) - 1)
        is_there = reference.day[inside] == day + shift
        for look in range(reference.tb.shape[1]):
            good = reference.is_good[inside, look] & is_there[:, None, None]
            yield ScreenedLooks(
                day, reference.seconds[inside, look], reference.tb[inside, look], good
            )


def _nearest(
    source: ScreenedLooks, reference: ScreenedLooks, window: float
) -> tuple[Float32, Booleans]:
    """Look of the reference nearest in time to each look of the sensor, and True for a pair."""
    best = np.full(source.seconds.shape, _NEVER)
    nearest = np.full(source.tb.shape, np.nan, np.float32)
    for other in _candidates(reference, source.day):
        for look in range(source.tb.shape[1]):
            apart = np.abs(source.seconds[:, look] - other.seconds)
            # Strict inequality: of two equally near looks the first is kept.
            is_nearer = (apart < best[:, look]) & other.is_good.any(axis=-1)
            best[:, look][is_nearer] = apart[is_nearer]
            tb = np.where(other.is_good, other.tb, np.nan)
            nearest[:, look][is_nearer] = tb[is_nearer]
    is_pair = (best <= window)[..., None] & source.is_good & np.isfinite(nearest)
    return nearest, is_pair


def match_pairs(source: xr.Dataset, reference: xr.Dataset, settings: CalibrateSettings) -> Pairs:
    """Match screened looks of two sensors at the same cell, at most `window_minutes` apart.

    Args:
        source: dataset after schema.GRID_TB of the sensor to be calibrated.
        reference: dataset after schema.GRID_TB of the reference. Both have coordinates `time` (UTC
            days, rising), `look`, `channel` and the same `cell`.
        settings: the `[calibrate]` table.

    Returns:
        For each look of the sensor the nearest of the reference, whatever its look and UTC day. A
        channel that one of them lacks is NaN. The result is empty without any pair.

    Raises:
        SchemaError: the cells differ, or no channel is in common.
    """
    cells = source["cell"].to_numpy().astype(np.int64)
    if not np.array_equal(cells, reference["cell"].to_numpy()):
        raise SchemaError(
            f"calibrate: {source.attrs.get('sensor')} and {reference.attrs.get('sensor')} have "
            "different cells, expected the same; grid both for one region"
        )
    channels = [[str(name) for name in ds["channel"].to_numpy()] for ds in (source, reference)]
    names = paired_channels(*channels)
    if not names:
        raise SchemaError(
            f"calibrate: channels {', '.join(channels[0])} and {', '.join(channels[1])}, "
            "expected a band in common; grid the same bands"
        )
    x_looks = screen_looks(source, [name for name, _ in names], settings)
    y_looks = screen_looks(reference, [name for _, name in names], settings)
    nearest, is_pair = _nearest(x_looks, y_looks, settings.window_minutes * 60)
    cell, time, look = np.nonzero(np.transpose(is_pair.any(axis=-1), (2, 0, 1)))
    # Sort by cell and time, not by day and look.
    order = np.lexsort((x_looks.seconds[time, look, cell], cell))
    at = (time[order], look[order], cell[order])
    return Pairs(
        cells,
        cell[order].astype(np.int64),
        x_looks.seconds[at].astype("datetime64[s]"),
        np.where(is_pair, x_looks.tb, np.nan)[at].astype(np.float32),
        np.where(is_pair, nearest, np.nan)[at].astype(np.float32),
        tuple(name for name, _ in names),
        tuple(name for _, name in names),
    )
