"""Pairs of looks of two sensors at one cell within a time window."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.intercal.screen import paired_channels, usable

BLOCK_CELLS = 4096
"""Cells that are looked at together: what bounds the memory."""
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
class _Looks:
    """Looks of one sensor at a block of cells."""

    day: Int64
    seconds: Int64
    tb: Float32
    is_good: Booleans


def _looks(ds: xr.Dataset, names: list[str], settings: CalibrateSettings) -> _Looks:
    every = [str(name) for name in ds["channel"].to_numpy()]
    tb = ds["tb"].transpose(*schema.LOOK, "channel").to_numpy().astype(np.float32)
    flag = ds["flag"].transpose(*schema.LOOK).to_numpy().astype(FLAG_DTYPE)
    time = ds["obs_time"].transpose(*schema.LOOK).to_numpy()
    good = usable(tb, flag, every, settings) & ~np.isnat(time)[..., None]
    index = [every.index(name) for name in names]
    return _Looks(
        ds["time"].to_numpy().astype("datetime64[D]").astype(np.int64),
        time.astype("datetime64[s]").astype(np.int64),
        tb[..., index],
        good[..., index],
    )


def _candidates(reference: _Looks, day: Int64) -> Iterator[_Looks]:
    """Looks of the reference the day before, of, and after each of `day`, one look at a time."""
    for shift in (0, -1, 1):
        at = np.searchsorted(reference.day, day + shift)
        inside = np.minimum(at, len(reference.day) - 1)
        is_there = reference.day[inside] == day + shift
        for look in range(reference.tb.shape[1]):
            good = reference.is_good[inside, look] & is_there[:, None, None]
            yield _Looks(day, reference.seconds[inside, look], reference.tb[inside, look], good)


def _nearest(source: _Looks, reference: _Looks, window: float) -> tuple[Float32, Booleans]:
    """The reference's look nearest in time to each of the sensor's, and whether it is a pair."""
    best = np.full(source.seconds.shape, _NEVER)
    nearest = np.full(source.tb.shape, np.nan, np.float32)
    for other in _candidates(reference, source.day):
        for look in range(source.tb.shape[1]):
            apart = np.abs(source.seconds[:, look] - other.seconds)
            is_nearer = (apart < best[:, look]) & other.is_good.any(axis=-1)
            best[:, look][is_nearer] = apart[is_nearer]
            found = np.where(other.is_good, other.tb, np.nan)
            nearest[:, look][is_nearer] = found[is_nearer]
    is_pair = (best <= window)[..., None] & source.is_good & np.isfinite(nearest)
    return nearest, is_pair


def _block(
    source: xr.Dataset,
    reference: xr.Dataset,
    names: list[tuple[str, str]],
    first: int,
    settings: CalibrateSettings,
) -> tuple[AnyArray, ...]:
    """Cell, time, x and y of the pairs of one block; cells count from `first`."""
    a = _looks(source, [name for name, _ in names], settings)
    b = _looks(reference, [name for _, name in names], settings)
    nearest, is_pair = _nearest(a, b, settings.window_minutes * 60)
    x = np.where(is_pair, a.tb, np.nan)
    y = np.where(is_pair, nearest, np.nan)
    cell, time, look = np.nonzero(np.transpose(is_pair.any(axis=-1), (2, 0, 1)))
    at = (time, look, cell)
    order = np.lexsort((a.seconds[at], cell))
    at = (time[order], look[order], cell[order])
    return cell[order] + first, a.seconds[at].astype("datetime64[s]"), x[at], y[at]


def _common(source: xr.Dataset, reference: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Both, at the cells that both hold, by rising number."""
    cells = np.intersect1d(source["cell"].to_numpy(), reference["cell"].to_numpy())
    if not cells.size:
        raise SchemaError(
            f"calibrate: {source.attrs.get('sensor')} and {reference.attrs.get('sensor')} have no "
            "cell in common, expected overlapping regions; choose others"
        )
    return source.sel(cell=cells), reference.sel(cell=cells)


def match_pairs(
    source: xr.Dataset,
    reference: xr.Dataset,
    settings: CalibrateSettings,
    *,
    block_cells: int = BLOCK_CELLS,
) -> Pairs:
    """Looks of two sensors at one cell, at most `window_minutes` apart, screened.

    Args:
        source: after schema.GRID_TB; the sensor to be calibrated.
        reference: after schema.GRID_TB; whose scale is wanted. Both have coordinates `time` (UTC
            days, rising), `look`, `cell`, `channel`; stores may be lazy.
        settings: the `[calibrate]` table.
        block_cells: cells that are in memory at a time.

    Returns:
        For each look of the sensor the nearest of the reference, whatever its look and UTC day. A
        channel that one of them lacks there is NaN. No pair at all gives an empty result.

    Raises:
        SchemaError: no cell or no channel in common.
    """
    of_both = (source["channel"].to_numpy(), reference["channel"].to_numpy())
    names = paired_channels(*([str(name) for name in one] for one in of_both))
    if not names:
        raise SchemaError(
            f"calibrate: channels {', '.join(map(str, of_both[0]))} and "
            f"{', '.join(map(str, of_both[1]))}, expected one band in common; grid the same bands"
        )
    source, reference = _common(source, reference)
    blocks = []
    for first in range(0, source.sizes["cell"], block_cells):
        part = {"cell": slice(first, first + block_cells)}
        blocks.append(_block(source.isel(part), reference.isel(part), names, first, settings))
    cell, when, x, y = (np.concatenate(one) for one in zip(*blocks, strict=True))
    return Pairs(
        source["cell"].to_numpy().astype(np.int64),
        cell.astype(np.int64),
        when.astype("datetime64[s]"),
        x.astype(np.float32),
        y.astype(np.float32),
        tuple(name for name, _ in names),
        tuple(name for _, name in names),
    )
