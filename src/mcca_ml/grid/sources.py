"""Which source cells make up each target cell: those of one pass, without doubtful ones.

A day of brightness temperatures holds several passes side by side: where their swaths meet, and
where the UTC day begins and ends, neighbours were seen up to 24 hours apart. Soil dries and cools
in that time, so a mean over them belongs to no moment, and its time to a part of it only.
"""

import numpy as np
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import Booleans, Float64, Int64
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.grid.overlap import MIN_SHARE, Cover, at_least

PASS_SECONDS = 2 * 3600
"""Longest time between the observations that one target cell is made of [s].

The project's choice: a half orbit lasts about 50 minutes and the next begins 98 minutes after it,
so cells of one pass are kept together, as are passes of successive orbits, which at high latitudes
overlap; 12 or 24 hours, the time between looks and days, are not.
"""

_TIMELESS = -(10**15)


def complete_channels(ds: xr.Dataset) -> Booleans:
    """Whether each `tb` is a number at all polarizations of its frequency.

    V and H of a frequency are read against each other, so they must be of the same ground.
    """
    known = np.isfinite(ds["tb"].transpose(..., "channel").to_numpy())
    frequencies = np.array([str(name)[:-1] for name in ds["channel"].to_numpy()])  # "1.41" of 1.41V
    for frequency in np.unique(frequencies):
        same = frequencies == frequency
        known[..., same] = known[..., same].all(axis=-1, keepdims=True)
    return np.asarray(known)


def of_one_pass(cover: Cover, valid: Booleans, seconds: Int64) -> Float64:
    """Shares of the valid source cells seen within `PASS_SECONDS`; 0 for all others [1].

    Args:
        cover: source cells of each target cell.
        valid: whether a source cell counts, shape (..., source).
        seconds: when each source cell was seen [s], same shape.

    Returns:
        Shape (..., target, most cells met). Of several passes the one that fills most of the
        target cell is kept; of equal ones that of the northernmost, then westernmost cell.
    """
    share = np.where(valid[..., cover.index], cover.weight, 0.0)
    times = seconds[..., cover.index]
    present = share > 0
    last = np.where(present, times, np.iinfo(np.int64).min).max(axis=-1, initial=_TIMELESS)
    first = np.where(present, times, np.iinfo(np.int64).max).min(axis=-1, initial=-_TIMELESS)
    # Nearly every target cell sees one pass only; the others are few enough to try each window.
    mixed = present.any(axis=-1) & (last - first > PASS_SECONDS)
    share[mixed] = _largest_window(share[mixed], times[mixed])
    return share


def _largest_window(share: Float64, times: Int64) -> Float64:
    """Of each row the entries within `PASS_SECONDS` of the start that gives the largest sum."""
    later = times[:, None, :] - times[:, :, None]
    inside = (later >= 0) & (later <= PASS_SECONDS) & (share > 0)[:, :, None]
    area = (inside * share[:, None, :]).sum(axis=-1)
    # Equal areas may differ in their last digits; those digits must not choose.
    best = area.round(9).argmax(axis=-1)
    kept = np.take_along_axis(inside, best[:, None, None], axis=1)[:, 0]
    return np.where(kept, share, 0.0)


def contributing(ds: xr.Dataset, cover: Cover) -> Cover:
    """Return `cover` with the shares of the source cells that count, for each time and look.

    Args:
        ds: after `schema.GRID_TB`, on the source grid.
        cover: source cells of each target cell.

    Returns:
        Cover whose `weight` has the shape (time, look, target, most cells met). The first of
        these that fills `MIN_SHARE` of the target cell counts, else the last: cells of one pass
        with V and H of a frequency and without TB_SUSPECT; those with it too; all observed ones
        of one pass.
    """
    observed = schema.is_observed(ds)
    complete = observed & complete_channels(ds).any(axis=-1)
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE)
    good = complete & ~flags.has(flag, Flag.TB_SUSPECT)
    when = ds["obs_time"].to_numpy().astype("M8[s]")
    # Cells without a time form a pass of their own: nothing says that they belong to another.
    seconds = np.where(np.isnat(when), _TIMELESS, when.astype(np.int64))
    weight = of_one_pass(cover, good, seconds)
    for valid in (complete, observed):
        enough = at_least(weight.sum(axis=-1), MIN_SHARE)
        if enough.all():
            break
        weight = np.where(enough[..., None], weight, of_one_pass(cover, valid, seconds))
    return Cover(cover.index, weight)
