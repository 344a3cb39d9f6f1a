"""A spread in a file, whole or not at all."""

import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from mcca_ml.atomic import replacing
from mcca_ml.errors import GranuleError
from mcca_ml.learn.uncertainty import Spread

VERSION = 3
"""Of the layout of the file."""


def save(path: Path, spread: Spread) -> None:
    """Write a spread to one file; the same spread gives the same bytes.

    Args:
        path: ends in `.npz`; made or replaced.
        spread: of the cells of one sensor's networks.

    Raises:
        OutputError: it cannot be written; what stood there still stands.
    """
    table = {one.name: getattr(spread, one.name) for one in fields(spread)}
    # Through an open file, since NumPy appends .npz to a name that does not end so.
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, version=np.int64(VERSION), **table)


def load(path: Path) -> Spread:
    """A spread from a file of `save`.

    Raises:
        GranuleError: no such file, damaged, or written by another version.
    """
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            table = {name: file[name] for name in file.files}
    except OSError as error:
        reason = error.strerror or str(error)
        raise GranuleError(f"{path}: {reason}; give a file of a spread") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise GranuleError(f"{path}: no whole file of a spread ({error}); train again") from error
    found = table.get("version", "none")
    if str(found) != str(VERSION):
        raise GranuleError(
            f"{path}: spread of version {found}, expected {VERSION}; train again with this version"
        )
    try:
        return Spread(**{one.name: table[one.name] for one in fields(Spread)})
    except KeyError as error:
        raise GranuleError(f"{path}: spread without {error}; train again") from error
