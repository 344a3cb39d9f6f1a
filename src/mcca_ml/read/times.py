"""Observation times of SMAP granules, whose stated epoch is wrong."""

import re

import h5py
import numpy as np
import numpy.typing as npt

from mcca_ml.layouts import DOCUMENTED_EPOCH, FILLS
from mcca_ml.read.granule import text

_SAMPLES = 32
# Genuine files hold `N/A` and, where the milliseconds round to 1000, `2015-08-11T02:19:34.***Z`.
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d+)Z?$")


def _sample(seconds: npt.NDArray[np.float64]) -> list[tuple[int, ...]]:
    """Indices of a few observations spread over the array."""
    known = np.argwhere(seconds != FILLS["f8"])
    chosen = known[:: max(1, len(known) // _SAMPLES)]
    return [tuple(int(i) for i in index) for index in chosen[: 2 * _SAMPLES]]


def epoch_of(
    seconds: npt.NDArray[np.float64], utc: h5py.Dataset | npt.NDArray[np.bytes_] | None
) -> np.datetime64:
    """UTC at which `seconds` is zero, told from the few times written out in `utc`.

    Args:
        seconds: observation times as stored; fill values are passed over.
        utc: the same times as text, `N/A` where missing; None where the file has none.
    """
    offsets = []
    epoch = np.datetime64(DOCUMENTED_EPOCH, "us")
    for index in _sample(seconds) if utc is not None and utc.shape == seconds.shape else []:
        written = _WRITTEN.match(text(utc[index])) if utc is not None else None
        if written:
            passed = (np.datetime64(written.group(1), "us") - epoch) / np.timedelta64(1, "us")
            offsets.append(passed - float(seconds[index]) * 1e6)
    # Milliseconds are cut off, not rounded, in the text; the median is good to one of them.
    return epoch + np.timedelta64(round(float(np.median(offsets))) if offsets else 0, "us")


def obs_time(seconds: npt.NDArray[np.float64], epoch: np.datetime64) -> npt.NDArray[np.datetime64]:
    """Observation times [UTC]; NaT where there is none.

    Args:
        seconds: observation times as stored [s]; fill or NaN is none.
        epoch: where they count from.
    """
    known = np.isfinite(seconds) & (seconds != FILLS["f8"])
    passed = np.where(known, seconds * 1e6, 0.0).round().astype("m8[us]")
    times = (epoch + passed).astype("M8[ns]")
    return np.where(known, times, np.datetime64("NaT", "ns"))
