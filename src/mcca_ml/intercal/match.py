"""Pairs of looks of two sensors at one cell within a time window."""

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
    """Matched pairs, those of a cell together and by time."""

    cells: Int64
    """Cells looked at, also those without a pair (cell)."""
    cell: Int64
    """Position in `cells` of each pair, never falling (pair)."""
    when: Datetime64
    """Time of the sensor's look (UTC) (pair)."""
    x: Float32
    """Sensor [K], (pair, channel)."""
    y: Float32
    """Reference [K], (pair, channel)."""
    source_channels: tuple[str, ...]
    channels: tuple[str, ...]
    """Names on the reference."""

    def take(self, where: AnyArray) -> "Pairs":
        """Pairs `where` a mask holds or of an index that does not mix up cells."""
        return replace(
            self, cell=self.cell[where], when=self.when[where], x=self.x[where], y=self.y[where]
        )


@dataclass(frozen=True)
class Looks:
    """Looks of one sensor at a block of cells, (time, look, cell)."""

    day: Int64
    """Days since 1970, (time,)."""
    seconds: Int64
    """Since 1970 (UTC)."""
    tb: Float32
    """[K], (time, look, cell, channel)."""
    is_good: Booleans
    """Whether a value may be paired, the shape of `tb`."""


def screened_looks(ds: xr.Dataset, names: Sequence[str], settings: CalibrateSettings) -> Looks:
    """Screened looks of a dataset after schema.GRID_TB, with the channels `names`."""
    every = [str(name) for name in ds["channel"].to_numpy()]
    tb = ds["tb"].transpose(*schema.LOOK, "channel").to_numpy().astype(np.float32)
    flag = ds["flag"].transpose(*schema.LOOK).to_numpy().astype(FLAG_DTYPE)
    time = ds["obs_time"].transpose(*schema.LOOK).to_numpy()
    good = usable(tb, flag, every, settings) & ~np.isnat(time)[..., None]
    index = [every.index(name) for name in names]
    return Looks(
        ds["time"].to_numpy().astype("datetime64[D]").astype(np.int64),
        time.astype("datetime64[s]").astype(np.int64),
        tb[..., index],
        good[..., index],
    )


def _candidates(reference: Looks, day: Int64) -> Iterator[Looks]:
    """Looks of the reference the day before, of, and after each of `day`, one look at a time."""
    # A pair may lie on both sides of 00:00 UTC.
    for shift in (0, -1, 1):
        at = np.searchsorted(reference.day, day + shift)
        inside = np.minimum(at, len(reference.day) - 1)
        is_there = reference.day[inside] == day + shift
        for look in range(reference.tb.shape[1]):
            good = reference.is_good[inside, look] & is_there[:, None, None]
            yield Looks(day, reference.seconds[inside, look], reference.tb[inside, look], good)


def _nearest(source: Looks, reference: Looks, window: float) -> tuple[Float32, Booleans]:
    """The reference's look nearest in time to each of the sensor's, and whether it is a pair."""
    best = np.full(source.seconds.shape, _NEVER)
    nearest = np.full(source.tb.shape, np.nan, np.float32)
    for other in _candidates(reference, source.day):
        for look in range(source.tb.shape[1]):
            apart = np.abs(source.seconds[:, look] - other.seconds)
            # Strictly: of two as near the first stays, whatever is compared later.
            is_nearer = (apart < best[:, look]) & other.is_good.any(axis=-1)
            best[:, look][is_nearer] = apart[is_nearer]
            found = np.where(other.is_good, other.tb, np.nan)
            nearest[:, look][is_nearer] = found[is_nearer]
    is_pair = (best <= window)[..., None] & source.is_good & np.isfinite(nearest)
    return nearest, is_pair


def match_pairs(source: xr.Dataset, reference: xr.Dataset, settings: CalibrateSettings) -> Pairs:
    """Looks of two sensors at one cell, at most `window_minutes` apart, screened.

    Args:
        source: after schema.GRID_TB; the sensor to be calibrated.
        reference: after schema.GRID_TB; whose scale is wanted. Both have coordinates `time` (UTC
            days, rising), `look`, `channel` and the same `cell`.
        settings: the `[calibrate]` table.
        block_cells: cells that are in memory at a time.

    Returns:
        For each look of the sensor the nearest of the reference, whatever its look and UTC day. A
        channel that one of them lacks there is NaN. No pair at all gives an empty result.

    Raises:
        SchemaError: other cells, or no channel in common.
    """
    cells = source["cell"].to_numpy().astype(np.int64)
    if not np.array_equal(cells, reference["cell"].to_numpy()):
        raise SchemaError(
            f"calibrate: {source.attrs.get('sensor')} and {reference.attrs.get('sensor')} hold "
            "other cells, expected the same; grid both for one region"
        )
    of_both = [[str(name) for name in ds["channel"].to_numpy()] for ds in (source, reference)]
    names = paired_channels(*of_both)
    if not names:
        raise SchemaError(
            f"calibrate: channels {', '.join(of_both[0])} and {', '.join(of_both[1])}, "
            "expected one band in common; grid the same bands"
        )
    x_looks = screened_looks(source, [name for name, _ in names], settings)
    y_looks = screened_looks(reference, [name for _, name in names], settings)
    nearest, is_pair = _nearest(x_looks, y_looks, settings.window_minutes * 60)
    cell, time, look = np.nonzero(np.transpose(is_pair.any(axis=-1), (2, 0, 1)))
    # Those of a cell by time, not by day and look.
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
