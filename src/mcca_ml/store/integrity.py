"""Complete blocks of a store: their checkpoints, and the sizes and digests of their shards.

Zarr reads a missing shard as fill values, which would look like days without observations. Each
checkpoint lists the sizes of its shards, so a missing or truncated shard is detected from the
directory before data are read. Changed bytes are detected on reading, by the checksum of each
chunk; the digests then identify the damaged file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import numpy as np
from zarr.core.buffer import Buffer

from mcca_ml.arrays import Datetime64
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.errors import OutputError
from mcca_ml.store.layout import CELL_BLOCK

Checkpoints = Mapping[int, Mapping[str, Any]]

CHECKPOINTS = "blocks"
"""Directory of the checkpoints in an intermediate store."""
UNREADABLE = (OSError, RuntimeError, ValueError)
"""Exceptions of the libraries for bytes that cannot be decoded."""


def block_checkpoints(path: Path, folder: str = CHECKPOINTS) -> dict[int, dict[str, Any]]:
    """Return the checkpoints of the complete blocks of a store, by block number.

    An unreadable checkpoint is ignored: its block is written again.

    Args:
        path: store; without a store there are no blocks.
        folder: directory of the checkpoints in the store.
    """
    checkpoints: dict[int, dict[str, Any]] = {}
    for file in sorted((path / folder).glob("[0-9]*.json")):
        try:
            checkpoint = json.loads(file.read_text())
        except ValueError:
            continue
        if isinstance(checkpoint, dict) and {"inputs", "shards", "bytes"} <= checkpoint.keys():
            checkpoints[int(file.stem)] = checkpoint
    return checkpoints


def missing_blocks(path: Path, wanted: Mapping[int, str], folder: str = CHECKPOINTS) -> list[int]:
    """Return the numbers of the blocks that are absent or were made from other inputs.

    Args:
        path: store; without a store all blocks are missing.
        wanted: digest of the inputs, by block number.
        folder: directory of the checkpoints in the store.
    """
    complete = block_checkpoints(path, folder)
    return [
        block
        for block, inputs in sorted(wanted.items())
        if block not in complete
        or complete[block]["inputs"] != inputs
        or any(_damaged_shards(path, complete[block]))
    ]


def write_shards(
    path: Path,
    checkpoint: str,
    shards: Iterable[tuple[str, Buffer]],
    earlier: Iterable[Path],
    entries: Mapping[str, object],
) -> None:
    """Replace a block: each shard is written to a temporary name and renamed, the checkpoint last.

    Args:
        path: store.
        checkpoint: key of the checkpoint of the block; without it the block is absent.
        shards: keys and bytes; a shard with fill values only is omitted.
        earlier: files of an earlier version of the block; those not among the shards are removed.
        entries: entries of the checkpoint other than shard digests and sizes; includes `inputs`.

    Raises:
        OutputError: the block cannot be written; it is then absent.
    """
    file = path / checkpoint
    make_directory(file.parent)
    file.unlink(missing_ok=True)
    digests, sizes = {}, {}
    for key, buffer in shards:
        data = buffer.to_bytes()
        make_directory((path / key).parent)
        with replacing(path / key) as temporary:
            temporary.write_bytes(data)
        digests[key], sizes[key] = sha256(data).hexdigest(), len(data)
    for old in earlier:
        if old.relative_to(path).as_posix() not in digests:
            old.unlink(missing_ok=True)
    with replacing(file) as temporary:
        content = {**entries, "shards": digests, "bytes": sizes}
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True))


def _damaged_shards(path: Path, checkpoint: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of the shards of a block that are missing or have another size."""
    for key in checkpoint["shards"]:
        try:
            size = (path / key).stat().st_size
        except FileNotFoundError:
            yield key
        else:
            if size != checkpoint["bytes"].get(key):
                yield key


def select_blocks(
    complete: Checkpoints, cells: range, days: Datetime64, *, is_by_cells: bool
) -> dict[int, Mapping[str, Any]]:
    """Return the checkpoints of the blocks that contain some cells and days.

    Args:
        complete: checkpoints of the store.
        cells: positions of the cells.
        days: UTC days, increasing.
        is_by_cells: True if the blocks are groups of cells, False if they are groups of days.
    """
    if not days.size or not cells:
        return {}
    first, last = days[0], days[-1]
    if is_by_cells:
        ends = cells[0] // CELL_BLOCK, cells[-1] // CELL_BLOCK
        return {n: c for n, c in complete.items() if ends[0] <= n <= ends[1]}
    return {
        n: c
        for n, c in complete.items()
        if np.datetime64(c["first_day"]) <= last and first <= np.datetime64(c["last_day"])
    }


def check_shards(path: Path, blocks: Checkpoints, variables: tuple[str, ...]) -> None:
    """Raise if a shard of one of the variables is missing or truncated.

    Args:
        path: store.
        blocks: checkpoints of the blocks to read.
        variables: names of the variables to read.

    Raises:
        OutputError: a shard is missing or truncated; the message names the first.
    """
    for checkpoint in blocks.values():
        for key in _damaged_shards(path, checkpoint):
            if key.split("/")[0] in variables:
                raise OutputError(
                    f"{path / key}: missing or truncated since it was written, expected "
                    f"{checkpoint['bytes'].get(key, 'its')} bytes; run the stage that makes it "
                    "again"
                )


def unreadable_store(path: Path, blocks: Checkpoints, error: Exception) -> OutputError:
    """Return the error for a store that cannot be decoded, naming the damaged file.

    Args:
        path: store.
        blocks: checkpoints of the blocks that were read.
        error: exception of the library.
    """
    reason = " ".join(str(error).split()) or type(error).__name__
    for checkpoint in blocks.values():
        for key, expected in checkpoint["shards"].items():
            if not (path / key).is_file():
                continue
            with (path / key).open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
            if digest != expected:
                return OutputError(
                    f"{path / key}: found other bytes than were written ({reason}), expected "
                    f"sha256 {expected}; remove it and run the stage that makes it again"
                )
    return OutputError(
        f"{path}: cannot be read ({reason}), expected a store of this package; remove it and run "
        "the stage that makes it again"
    )
