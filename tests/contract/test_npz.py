"""Files of named arrays: read back to the bit, or refused in one line that says what to do."""

import numpy as np
import pytest

from mcca_ml.errors import GranuleError
from mcca_ml.store import npz

ARRAYS = {"slope": np.array([1.0, 0.25]), "cells": np.array([3, 5], np.int64)}


def load(path, version=2, names=("slope",)):
    return npz.load(path, version, names, what="slopes", remedy="fit again")


def test_arrays_come_back_without_the_version(tmp_path):
    npz.save(tmp_path / "a.npz", 2, ARRAYS)
    result = load(tmp_path / "a.npz")
    assert result.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        assert result[name].dtype == values.dtype
        np.testing.assert_array_equal(result[name], values)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (None, r"a\.npz: No such file or directory, expected slopes; fit again"),
        (b"", r"a\.npz: incomplete or damaged file of slopes \(.*\); fit again"),
        ({"version": 3, **ARRAYS}, r"slopes of layout version 3, expected 2; fit again"),
        (ARRAYS, r"slopes of layout version none, expected 2; fit again"),
        ({"version": 2}, r"slopes without slope; fit again"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path, contents, message):
    path = tmp_path / "a.npz"
    if isinstance(contents, bytes):
        path.write_bytes(contents)
    elif contents is not None:
        np.savez(path, **contents)
    with pytest.raises(GranuleError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_a_file_cut_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    npz.save(path, 2, ARRAYS)
    whole = path.read_bytes()
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(GranuleError, match="fit again"):
            load(path)
