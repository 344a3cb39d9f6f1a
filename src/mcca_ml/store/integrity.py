"""Whether a store still holds what was written: marks of blocks, sizes and digests of shards.

Zarr reads a shard that is lost as fill, so that a hole would look like days without a look. Each
mark says how many bytes each of its shards has: one that is lost or cut short is noticed by a look
at the directory, before anything is read. Bytes that changed are noticed as they are read, by the
checksum of each part; only then the digests tell which file it is.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np

from mcca_ml.arrays import Datetime64
from mcca_ml.errors import OutputError
from mcca_ml.store.layout import CELL_BLOCK

Marks = Mapping[int, Mapping[str, Any]]

UNREADABLE = (OSError, RuntimeError, ValueError)
"""What the libraries raise on bytes that they cannot decode."""


def marks(path: Path) -> dict[int, dict[str, Any]]:
    """What the complete blocks of a store say of themselves, by number.

    Args:
        path: of the store; where there is none, there are no blocks. A mark that cannot be read
            is none: its block is made again.
    """
    found: dict[int, dict[str, Any]] = {}
    for mark in sorted((path / "blocks").glob("[0-9]*.json")):
        try:
            said = json.loads(mark.read_text())
        except ValueError:
            continue
        if isinstance(said, dict) and {"inputs", "shards"} <= said.keys():
            found[int(mark.stem)] = said
    return found


def _lost(path: Path, mark: Mapping[str, Any]) -> Iterator[str]:
    """Keys of the shards of a block that are not there or have another size than written."""
    sizes = mark.get("bytes", {})  # marks of before 2026-11-25 have none
    for key, written in mark["shards"].items():
        try:
            size = (path / key).stat().st_size if written else 0
        except FileNotFoundError:
            yield key
        else:
            if written and size != sizes.get(key, size):
                yield key


def is_whole(path: Path, mark: Mapping[str, Any]) -> bool:
    """Whether all shards of a block are there and as long as they were written.

    Args:
        path: of the store.
        mark: of the block.
    """
    return next(_lost(path, mark), None) is None


def touched(
    held: Marks, cells: range, days: Datetime64, *, is_by_cells: bool
) -> dict[int, Mapping[str, Any]]:
    """The blocks of which some cells on some days are read.

    Args:
        held: marks of the store.
        cells: places of cells.
        days: UTC days, rising.
        is_by_cells: whether the store is cut into cells.
    """
    if not days.size or not cells:
        return {}
    first, last = days[0], days[-1]
    if is_by_cells:
        ends = cells[0] // CELL_BLOCK, cells[-1] // CELL_BLOCK
        return {number: mark for number, mark in held.items() if ends[0] <= number <= ends[1]}
    return {
        number: mark
        for number, mark in held.items()
        if np.datetime64(mark["first_day"]) <= last and first <= np.datetime64(mark["last_day"])
    }


def refuse_lost(path: Path, blocks: Marks, variables: tuple[str, ...]) -> None:
    """Raise where a shard of some variables is lost or cut short.

    Args:
        path: of the store.
        blocks: marks of those that are read.
        variables: names.

    Raises:
        OutputError: naming the first shard.
    """
    for mark in blocks.values():
        for key in _lost(path, mark):
            if key.split("/")[0] in variables:
                raise OutputError(
                    f"{path / key}: lost or cut short since it was written, expected "
                    f"{mark.get('bytes', {}).get(key, 'its')} bytes; run the stage that makes it "
                    "again"
                )


def unreadable(path: Path, blocks: Marks, error: Exception) -> OutputError:
    """The one line that a person sees where a store cannot be decoded.

    Args:
        path: of the store.
        blocks: marks of those that were read.
        error: of the library.
    """
    said = " ".join(str(error).split()) or type(error).__name__
    for mark in blocks.values():
        for key, written in mark["shards"].items():
            if not written or not (path / key).is_file():
                continue
            with (path / key).open("rb") as file:
                found = file_digest(file, "sha256").hexdigest()
            if found != written:
                return OutputError(
                    f"{path / key}: found other bytes than were written ({said}), expected sha256 "
                    f"{written}; remove it and run the stage that makes it again"
                )
    return OutputError(
        f"{path}: cannot be read ({said}), expected a store of this package; remove it and run "
        "the stage that makes it again"
    )
