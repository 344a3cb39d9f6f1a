"""The epoch of observation times, estimated from a few of the texts."""

import numpy as np
import pytest

from mcca_ml.formats.smap import DOCUMENTED_EPOCH, FILLS
from mcca_ml.read.times import KNOWN_EPOCHS, estimate_epoch, obs_time

SECONDS = np.array([489_000_000.25, FILLS["f8"], 489_000_001.75])


def written(*texts: str) -> np.ndarray:
    return np.array(texts, "S24")


def test_the_epoch_is_what_the_text_says_and_not_what_is_documented():
    utc = written("2000-01-01T00:00:10.250Z", "N/A", "2000-01-01T00:00:11.750Z")
    epoch = estimate_epoch(SECONDS, utc)
    assert epoch == np.datetime64("2000-01-01T00:00:10") - np.timedelta64(489_000_000, "s")


def test_without_text_the_documented_epoch_counts():
    assert estimate_epoch(SECONDS, None) == np.datetime64(DOCUMENTED_EPOCH)
    assert estimate_epoch(SECONDS, written("N/A", "N/A", "N/A")) == np.datetime64(DOCUMENTED_EPOCH)


@pytest.mark.parametrize("odd", ["2015-08-11T02:19:34.***Z", "", "2015-08-11T02:19:60.000Z"])
def test_times_that_are_not_well_written_are_passed_over(odd: str):
    """A genuine half orbit holds ten of the first kind."""
    utc = written(odd, "N/A", "2000-01-01T00:00:11.750Z")
    assert estimate_epoch(SECONDS, utc) == estimate_epoch(SECONDS[2:], utc[2:])


@pytest.mark.parametrize("known", KNOWN_EPOCHS)
def test_the_text_is_too_coarse_to_move_a_known_epoch(known: str):
    """Genuine texts are off by up to 4 ms; times must not depend on which ones were looked at."""
    true = np.datetime64(known, "us") + (SECONDS * 1e6).astype("m8[us]")
    for off in (-4, 0, 4):
        texts = np.datetime_as_string(true + np.timedelta64(off, "ms"), unit="ms")
        utc = written(f"{texts[0]}Z", "N/A", f"{texts[2]}Z")
        assert estimate_epoch(SECONDS, utc) == np.datetime64(known, "us")


def test_a_missing_time_is_not_a_time():
    times = obs_time(np.array([0.5, FILLS["f8"], np.nan]), np.datetime64("2015-01-01"))
    assert np.isnat(times).tolist() == [False, True, True]
    assert times[0] == np.datetime64("2015-01-01T00:00:00.5")
