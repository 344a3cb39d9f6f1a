"""Source cells used for each target cell: those of one overpass, without suspect ones.

A day of brightness temperatures contains several adjacent overpasses: where their swaths meet, and
where the UTC day begins and ends, neighbouring cells are observed up to 24 hours apart. Soil dries
and cools in that time, so a mean over them has no defined observation time.
"""

import numpy as np
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import Booleans, Float64, Int64
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.grid.overlap import MIN_SHARE, Cover, at_least

PASS_SECONDS = 2 * 3600
"""Longest time between the observations used for one target cell [s].

Chosen by this project: a half orbit lasts about 50 minutes and the next begins 98 minutes after it.
Cells of one overpass are combined, as are successive orbits, which overlap at high latitudes;
observations 12 or 24 hours apart (other looks or days) are not.
"""

_TIMELESS = -(10**15)


def complete_channels(ds: xr.Dataset) -> Booleans:
    """Return True where `tb` is finite at all polarizations of its frequency.

    V and H of a frequency are used together, so they must refer to the same ground.
    """
    known = np.isfinite(ds["tb"].transpose(..., "channel").to_numpy())
    frequencies = np.array([str(name)[:-1] for name in ds["channel"].to_numpy()])  # "1.41" of 1.41V
    for frequency in np.unique(frequencies):
        same = frequencies == frequency
        known[..., same] = known[..., same].all(axis=-1, keepdims=True)
    return np.asarray(known)


def single_pass_shares(cover: Cover, valid: Booleans, seconds: Int64) -> Float64:
    """Return the shares of valid source cells observed within `PASS_SECONDS`; 0 for others [1].

    Args:
        cover: source cells of each target cell.
        valid: True for source cells that are used, shape (..., source).
        seconds: observation time of each source cell [s], same shape.

    Returns:
        Shape (..., target, n) as in `Cover`. Of several overpasses the one with the largest share
        of the target cell is kept; of equal ones that of the northernmost, then westernmost cell.
    """
    share = np.where(valid[..., cover.index], cover.weight, 0.0)
    times = seconds[..., cover.index]
    present = share > 0
    last = np.where(present, times, np.iinfo(np.int64).min).max(axis=-1, initial=_TIMELESS)
    first = np.where(present, times, np.iinfo(np.int64).max).min(axis=-1, initial=-_TIMELESS)
    # Few target cells have more than one overpass: for these every window is tried.
    mixed = present.any(axis=-1) & (last - first > PASS_SECONDS)
    share[mixed] = _largest_window(share[mixed], times[mixed])
    return share


def _largest_window(share: Float64, times: Int64) -> Float64:
    """Keep, in each row, the entries of the `PASS_SECONDS` window with the largest sum."""
    later = times[:, None, :] - times[:, :, None]
    inside = (later >= 0) & (later <= PASS_SECONDS) & (share > 0)[:, :, None]
    area = (inside * share[:, None, :]).sum(axis=-1)
    # Equal areas may differ by rounding, which must not decide.
    best = area.round(9).argmax(axis=-1)
    kept = np.take_along_axis(inside, best[:, None, None], axis=1)[:, 0]
    return np.where(kept, share, 0.0)


def contributing(ds: xr.Dataset, cover: Cover) -> Cover:
    """Return `cover` with the shares of the source cells used at each time and look.

    Args:
        ds: dataset after `schema.GRID_TB`, on the source grid.
        cover: source cells of each target cell.

    Returns:
        Cover whose `weight` has the shape (time, look, target, n). The first of these sets that
        fills `MIN_SHARE` of the target cell is used, otherwise the last: cells of one overpass
        with V and H of a frequency and without TB_SUSPECT; those with TB_SUSPECT as well; all
        observed cells of one overpass.
    """
    observed = schema.is_observed(ds)
    complete = observed & complete_channels(ds).any(axis=-1)
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE)
    good = complete & ~flags.has(flag, Flag.TB_SUSPECT)
    when = ds["obs_time"].to_numpy().astype("M8[s]")
    # Cells without a time are treated as a separate overpass.
    seconds = np.where(np.isnat(when), _TIMELESS, when.astype(np.int64))
    weight = single_pass_shares(cover, good, seconds)
    for valid in (complete, observed):
        enough = at_least(weight.sum(axis=-1), MIN_SHARE)
        if enough.all():
            break
        weight = np.where(enough[..., None], weight, single_pass_shares(cover, valid, seconds))
    return Cover(cover.index, weight)
