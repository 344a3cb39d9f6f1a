"""Matched pairs and gridded sensors with known lines, for the tests of the cross-calibration."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml.flags import Flag
from mcca_ml.intercal.match import Pairs

NOISE = 1.4  # of each sensor of a pair, K: 2 K for their difference


@dataclass(frozen=True)
class Truth:
    """y = 253 + 1.02 (mean - 250) + level + slope (x - mean) of each cell."""

    mean: np.ndarray
    level: np.ndarray
    slope: np.ndarray

    def at(self, x, cell=None):
        cell = np.arange(len(self.mean)) if cell is None else cell
        mean = self.mean[cell]
        return 253.0 + 1.02 * (mean - 250.0) + self.level[cell] + self.slope[cell] * (x - mean)


def made_pairs(
    rng, count, *, level_sd=0.7, slope_sd=0.01, spread=8.0, noise=NOISE, outliers=0.02, bend=0.0
):
    """Pairs of cells, `count` of each, and their true lines; one channel."""
    count = np.asarray(count)
    cell = np.repeat(np.arange(len(count)), count)
    truth = Truth(
        rng.normal(260.0, 12.0, len(count)),
        rng.normal(0.0, level_sd, len(count)),
        1.02 + rng.normal(0.0, slope_sd, len(count)),
    )
    t = truth.mean[cell] + spread * rng.standard_normal(len(cell))
    y = truth.at(t, cell) + bend * ((t - 250.0) / 50.0) ** 2
    y += noise * rng.standard_normal(len(cell))
    y += (rng.random(len(cell)) < outliers) * rng.normal(0.0, 20.0, len(cell))
    x = t + noise * rng.standard_normal(len(cell))
    return pairs_of(len(count), cell, x, y), truth


def pairs_of(cells, cell, x, y, when=None, names=("10.65V", "10.65V")):
    """Pairs of one channel from plain arrays."""
    when = np.full(len(cell), np.datetime64("2014-05-01", "s")) if when is None else when
    return Pairs(
        np.arange(cells) * 10 + 1000,  # numbers of cells are no positions
        np.asarray(cell, np.int64),
        when,
        np.asarray(x, np.float32)[:, None],
        np.asarray(y, np.float32)[:, None],
        names[:1],
        names[1:],
    )


def made_grid(sensor, channels, first_day, tb, *, seconds, cells=None):
    """GRID_TB of (day, look, cell, channel) brightness temperatures.

    `seconds` is the UTC time of day of each look, broadcast to (day, look, cell); NaN: no look.
    """
    tb = np.asarray(tb, np.float32)
    shape = tb.shape[:3]
    days = np.datetime64(first_day, "D") + np.arange(shape[0])
    seconds = np.broadcast_to(np.asarray(seconds, float), shape)
    is_there = np.isfinite(seconds)
    time = days[:, None, None] + np.nan_to_num(seconds).astype("timedelta64[s]")
    time = np.where(is_there, time, np.datetime64("NaT"))
    dims = ("time", "look", "cell")
    flag = np.where(is_there, 0, int(Flag.NOT_OBSERVED)).astype(np.uint32)
    hour = np.nan_to_num(seconds) / 3600 % 24
    return xr.Dataset(
        {
            "tb": ((*dims, "channel"), np.where(is_there[..., None], tb, np.nan), {"units": "K"}),
            "incidence": (dims, np.full(shape, 0.96, np.float32), {"units": "rad"}),
            "local_time": (dims, hour.astype(np.float32), {"units": "h"}),
            "obs_time": (dims, time.astype("datetime64[ns]")),
            "nobs": (dims, is_there.astype(np.uint16), {"units": "1"}),
            "flag": (dims, flag, {"units": "1"}),
        },
        coords={
            "time": days.astype("datetime64[ns]"),
            "look": np.array(["am", "pm"][: shape[1]], object),
            "cell": np.arange(shape[2]) if cells is None else np.asarray(cells),
            "channel": np.array(channels, object),
        },
        attrs={"sensor": sensor, "grid": "EASE2_M25km", "simulated": "true"},
    )
