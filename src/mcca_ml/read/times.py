"""Observation times of SMAP granules, whose stated epoch is wrong."""

import re

import h5py
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Datetime64, Float64, Int64
from mcca_ml.formats.smap import DOCUMENTED_EPOCH, FILLS
from mcca_ml.read.granule import text

KNOWN_EPOCHS = (DOCUMENTED_EPOCH, "2000-01-01T11:58:55.816")
"""UTC at which the seconds may be zero: what is documented, and J2000, which the metadata name."""

_SAMPLES = 9
# Genuine texts differ from the seconds by up to 4 ms; what is nearer to a known epoch is that one,
# so that the times do not depend on which of them were looked at.
_NEAR_US = 50_000
_ROUND_US = 10_000
# Genuine files hold `N/A` and, where the milliseconds round to 1000, `2015-08-11T02:19:34.***Z`.
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d+)Z?$")


def sample(seconds: Float64) -> Int64:
    """Flat indices of a few observations spread over the array; none are of a fill value.

    Args:
        seconds: observation times as stored, of any shape.
    """
    known = np.flatnonzero(seconds != FILLS["f8"])
    spread = np.linspace(0, known.size - 1, min(known.size, _SAMPLES)).astype(np.int64)
    return np.asarray(known[spread], np.int64)


def epoch_of(seconds: Float64, utc: h5py.Dataset | npt.NDArray[np.bytes_] | None) -> np.datetime64:
    """UTC at which `seconds` is zero, told from the few times written out in `utc`.

    Args:
        seconds: observation times as stored; fill values are passed over.
        utc: the same times as text, `N/A` where missing; None where the file has none.
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
    """Observation times [UTC]; NaT where there is none.

    Args:
        seconds: observation times as stored [s]; fill or NaN is none.
        epoch: where they count from.
    """
    known = np.isfinite(seconds) & (seconds != FILLS["f8"])
    passed = np.where(known, seconds * 1e6, 0.0).round().astype("m8[us]")
    times = (epoch + passed).astype("M8[ns]")
    return np.where(known, times, np.datetime64("NaT", "ns"))
