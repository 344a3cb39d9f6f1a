"""Observation times of SMAP granules, whose metadata give a wrong epoch."""

import re

import h5py
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Datetime64, Float64, Int64
from mcca_ml.formats.smap import DOCUMENTED_EPOCH, FILLS
from mcca_ml.read.granule import text

KNOWN_EPOCHS = (DOCUMENTED_EPOCH, "2000-01-01T11:58:55.816")
"""Possible UTC of zero seconds: the documented epoch, and J2000 as in the metadata."""

_SAMPLES = 9
# Genuine texts differ from the seconds by up to 4 ms; an estimate near a known epoch is replaced by
# it, so the times do not depend on the sample.
_NEAR_US = 50_000
_ROUND_US = 10_000
# Genuine files contain `N/A` and, where the milliseconds round to 1000, `2015-08-11T02:19:34.***Z`.
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d+)Z?$")


def sample(seconds: Float64) -> Int64:
    """Return the flat indices of a few valid observations, evenly distributed over the array.

    Args:
        seconds: observation times as stored, any shape.
    """
    known = np.flatnonzero(seconds != FILLS["f8"])
    spread = np.linspace(0, known.size - 1, min(known.size, _SAMPLES)).astype(np.int64)
    return np.asarray(known[spread], np.int64)


def estimate_epoch(
    seconds: Float64, utc: h5py.Dataset | npt.NDArray[np.bytes_] | None
) -> np.datetime64:
    """Estimate the UTC at which `seconds` is zero, from a few of the texts in `utc`.

    Args:
        seconds: observation times as stored; fill values are ignored.
        utc: the same times as text, `N/A` where missing; None if the file has no texts.
    """
    offsets = []
    epoch = np.datetime64(DOCUMENTED_EPOCH, "us")
    few = sample(seconds) if utc is not None and utc.shape == seconds.shape else ()
    for index in (tuple(map(int, np.unravel_index(flat, seconds.shape))) for flat in few):
        written = _WRITTEN.match(text(utc[index])) if utc is not None else None
        if written:
            passed = (np.datetime64(written.group(1), "us") - epoch) / np.timedelta64(1, "us")
            offsets.append(passed - float(seconds[index]) * 1e6)
    median = float(np.median(offsets)) if offsets else 0.0
    for known in KNOWN_EPOCHS:
        at = np.datetime64(known, "us")
        if abs((at - epoch) / np.timedelta64(1, "us") - median) < _NEAR_US:
            return at
    return epoch + np.timedelta64(round(median / _ROUND_US) * _ROUND_US, "us")


def obs_time(seconds: Float64, epoch: np.datetime64) -> Datetime64:
    """Convert observation times to UTC; NaT where missing.

    Args:
        seconds: observation times as stored [s]; fill or NaN is missing.
        epoch: UTC of zero seconds.
    """
    known = np.isfinite(seconds) & (seconds != FILLS["f8"])
    passed = np.where(known, seconds * 1e6, 0.0).round().astype("m8[us]")
    times = (epoch + passed).astype("M8[ns]")
    return np.where(known, times, np.datetime64("NaT", "ns"))
