"""What all cells have in common, in a file, whole or not at all."""

import zipfile
from pathlib import Path

import numpy as np

from mcca_ml.atomic import replacing
from mcca_ml.errors import GranuleError
from mcca_ml.fuse.error_covariance import Pool

VERSION = 2
"""Of the layout of the file."""


def save_pool(path: Path, pool: Pool) -> None:
    """Write a pool to one file; the same pool gives the same bytes.

    Args:
        path: ends in `.npz`; made or replaced.
        pool: of all cells.

    Raises:
        OutputError: it cannot be written; what stood there still stands.
    """
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, version=np.int64(VERSION), bias=pool.bias, covariance=pool.covariance)


def load_pool(path: Path) -> Pool:
    """A pool from a file of `save_pool`.

    Raises:
        GranuleError: no such file, damaged, or written by another version.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            table = {name: file[name] for name in file.files}
    except OSError as error:
        raise GranuleError(f"{path}: {error.strerror or error}; fuse again") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise GranuleError(f"{path}: no whole file ({error}); remove it, fuse again") from error
    if int(table.get("version", np.int64(0))) != VERSION:
        raise GranuleError(f"{path}: found another version, expected {VERSION}; fuse again")
    if not {"bias", "covariance"} <= set(table):
        raise GranuleError(f"{path}: found no bias or covariance; remove it, fuse again")
    return Pool(np.asarray(table["bias"]), np.asarray(table["covariance"]))
