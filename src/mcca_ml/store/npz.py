"""Named arrays in one `.npz` file, with the version of its layout; written whole or not at all."""

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
        path: file name ending in `.npz`; created or replaced.
        version: version of the layout, checked by `load`.
        arrays: arrays by name; `version` is reserved.

    Raises:
        OutputError: the file cannot be written; an existing file is unchanged.
    """
    # Through an open file: NumPy would append .npz to the temporary name.
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, version=np.int64(version), **arrays)


def load(
    path: Path, version: int, names: Iterable[str], *, what: str, remedy: str
) -> dict[str, Any]:
    """Read the arrays that `save` wrote.

    Args:
        path: file to read.
        version: required version of the layout.
        names: required arrays.
        what: contents of the file, for error messages.
        remedy: what to do if the file cannot be used, for error messages.

    Raises:
        GranuleError: no such file, damaged, another version, or an array is missing.
    """
    try:
        # Opened here: NumPy does not close a damaged file.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        reason = error.strerror or str(error)
        raise GranuleError(f"{path}: {reason}, expected {what}; {remedy}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise GranuleError(
            f"{path}: incomplete or damaged file of {what} ({error}); {remedy}"
        ) from error
    stored_version = arrays.pop("version", "none")
    if str(stored_version) != str(version):
        raise GranuleError(
            f"{path}: {what} of layout version {stored_version}, expected {version}; {remedy}"
        )
    missing = sorted(set(names) - arrays.keys())
    if missing:
        raise GranuleError(f"{path}: {what} without {', '.join(missing)}; {remedy}")
    return arrays
