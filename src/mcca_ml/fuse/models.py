"""The errors that all cells have in common, in a file."""

from pathlib import Path

from mcca_ml.fuse.error_covariance import Pool
from mcca_ml.store import npz

VERSION = 2
"""Layout of the file."""


def save_pool(path: Path, pool: Pool) -> None:
    """Write a pool to one `.npz` file; the same pool gives the same bytes.

    Raises:
        OutputError: it cannot be written; what stood there still stands.
    """
    npz.save(path, VERSION, {"bias": pool.bias, "covariance": pool.covariance})


def load_pool(path: Path) -> Pool:
    """A pool from a file of `save_pool`.

    Raises:
        GranuleError: no such file, damaged, or of another layout.
    """
    names = ("bias", "covariance")
    arrays = npz.load(path, VERSION, names, what="errors of all cells", remedy="fuse again")
    return Pool(**{name: arrays[name] for name in names})
