"""Named arrays in one `.npz` file, with the version of its layout: written whole or not at all."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mcca_ml.atomic import replacing
from mcca_ml.errors import GranuleError


def save(path: Path, version: int, arrays: Mapping[str, Any]) -> None:
    """Write arrays to one file; the same arrays give the same bytes.

    Args:
        path: ends in `.npz`; made or replaced.
        version: of the layout, checked by `load`.
        arrays: by name, none of them `version`.

    Raises:
        OutputError: it cannot be written; what stood there still stands.
    """
    # Through an open file, since NumPy appends .npz to a name that does not end so.
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, version=np.int64(version), **arrays)


def load(
    path: Path, version: int, names: Iterable[str], *, what: str, remedy: str
) -> dict[str, Any]:
    """Read the arrays that `save` wrote.

    Args:
        path: of the file.
        version: that its layout must have.
        names: arrays that must be in it.
        what: contents of the file, for the message of an error.
        remedy: what to do where the file cannot be used, for that message.

    Raises:
        GranuleError: no such file, damaged, of another version, or without one of the arrays.
    """
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        reason = error.strerror or str(error)
        raise GranuleError(f"{path}: {reason}, expected {what}; {remedy}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise GranuleError(f"{path}: no whole file of {what} ({error}); {remedy}") from error
    found = arrays.pop("version", "none")
    if str(found) != str(version):
        raise GranuleError(
            f"{path}: {what} of layout version {found}, expected {version}; {remedy}"
        )
    missing = sorted(set(names) - arrays.keys())
    if missing:
        raise GranuleError(f"{path}: {what} without {', '.join(missing)}; {remedy}")
    return arrays
