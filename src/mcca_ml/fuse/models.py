"""The errors that all cells have in common, in a file."""

from dataclasses import fields
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
    npz.save(path, VERSION, vars(pool))


def load_pool(path: Path) -> Pool:
    """A pool from a file of `save_pool`.

    Raises:
        GranuleError: no such file, damaged, or of another layout.
    """
    names = [field.name for field in fields(Pool)]
    return Pool(**npz.load(path, VERSION, names, what="errors of all cells", remedy="fuse again"))
