"""File of the pooled stream errors of all cells."""

from dataclasses import fields
from pathlib import Path

from mcca_ml.fuse.error_covariance import Pool
from mcca_ml.store import npz

VERSION = 2
"""Version of the file format."""


def save_pool(path: Path, pool: Pool) -> None:
    """Write pooled errors to a `.npz` file; equal errors give equal bytes.

    Raises:
        OutputError: the file cannot be written; an existing file is left unchanged.
    """
    npz.save(path, VERSION, vars(pool))


def load_pool(path: Path) -> Pool:
    """Read pooled errors from a file written by `save_pool`.

    Raises:
        GranuleError: the file is missing, damaged, or of another version.
    """
    names = [field.name for field in fields(Pool)]
    return Pool(**npz.load(path, VERSION, names, what="errors of all cells", remedy="fuse again"))
