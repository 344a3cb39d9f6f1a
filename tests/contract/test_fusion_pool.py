"""The file of what all cells have in common: whole, or refused in one line."""

import numpy as np
import pytest

from mcca_ml.errors import GranuleError
from mcca_ml.fuse.error_covariance import Pool
from mcca_ml.fuse.models import load_pool, save_pool

POOL = Pool(np.array([0.01, -0.02]), np.array([0.0016, 0.0004, 0.0025]))


def test_a_pool_comes_back_and_gives_the_same_bytes(tmp_path):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    save_pool(one, POOL)
    found = load_pool(one)
    np.testing.assert_array_equal(found.bias, POOL.bias)
    np.testing.assert_array_equal(found.covariance, POOL.covariance)
    save_pool(two, found)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path, share):
    path = tmp_path / "pool.npz"
    save_pool(path, POOL)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(GranuleError, match=r"pool\.npz: .*fuse again") as caught:
        load_pool(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("held", [{}, {"version": 1}, {"version": 2}, {"version": 2, "bias": 0.0}])
def test_a_file_of_other_contents_is_refused(tmp_path, held):
    path = tmp_path / "pool.npz"
    np.savez(path, **held)
    with pytest.raises(GranuleError, match=r"pool\.npz: .*fuse again"):
        load_pool(path)


def test_no_file_is_refused(tmp_path):
    with pytest.raises(GranuleError, match=r"none\.npz: .*fuse again"):
        load_pool(tmp_path / "none.npz")
