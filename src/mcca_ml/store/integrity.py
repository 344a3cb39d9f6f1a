"""Complete blocks of a store: their checkpoints, and the sizes and digests of their shards.

Zarr reads a shard that is lost as fill, so that a hole would look like days without a look. Each
checkpoint says how many bytes each of its shards has: one that is lost or cut short is noticed by a
look at the directory, before anything is read. Bytes that changed are noticed as they are read, by
the checksum of each part; only then the digests tell which file it is.
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
"""Directory of the checkpoints in a store of work."""
UNREADABLE = (OSError, RuntimeError, ValueError)
"""What the libraries raise on bytes that they cannot decode."""


def block_checkpoints(path: Path, folder: str = CHECKPOINTS) -> dict[int, dict[str, Any]]:
    """Checkpoints of the complete blocks of a store, by number of the block.

    Args:
        path: of the store; where there is none, there are no blocks. A checkpoint that cannot be
            read is none: its block is made again.
        folder: of the checkpoints in the store.
    """
    found: dict[int, dict[str, Any]] = {}
    for file in sorted((path / folder).glob("[0-9]*.json")):
        try:
            said = json.loads(file.read_text())
        except ValueError:
            continue
        if isinstance(said, dict) and {"inputs", "shards", "bytes"} <= said.keys():
            found[int(file.stem)] = said
    return found


def missing_blocks(path: Path, wanted: Mapping[int, str], folder: str = CHECKPOINTS) -> list[int]:
    """Numbers of the blocks that are absent, or made from other inputs than those wanted.

    Args:
        path: of a store; where there is none, all are missing.
        wanted: digest of the inputs by number of the block.
        folder: of the checkpoints in the store.
    """
    complete = block_checkpoints(path, folder)
    return [
        block
        for block, inputs in sorted(wanted.items())
        if block not in complete
        or complete[block]["inputs"] != inputs
        or any(_lost(path, complete[block]))
    ]


def write_shards(
    path: Path,
    checkpoint: str,
    shards: Iterable[tuple[str, Buffer]],
    earlier: Iterable[Path],
    said: Mapping[str, object],
) -> None:
    """Replace a block: each shard is written beside and renamed, the checkpoint comes last.

    Args:
        path: of the store.
        checkpoint: key of the checkpoint of the block; without it the block is absent.
        shards: keys and bytes; a shard that is all fill has none.
        earlier: files of an earlier version of the block; those not among the shards are removed.
        said: what the checkpoint says beside digests and sizes of the shards, `inputs` at least.

    Raises:
        OutputError: it cannot be written; then the block is absent.
    """
    file = path / checkpoint
    make_directory(file.parent)
    file.unlink(missing_ok=True)
    digests, sizes = {}, {}
    for key, buffer in shards:
        data = buffer.to_bytes()
        make_directory((path / key).parent)
        with replacing(path / key) as beside:
            beside.write_bytes(data)
        digests[key], sizes[key] = sha256(data).hexdigest(), len(data)
    for old in earlier:
        if old.relative_to(path).as_posix() not in digests:
            old.unlink(missing_ok=True)
    with replacing(file) as beside:
        whole = {**said, "shards": digests, "bytes": sizes}
        beside.write_text(json.dumps(whole, indent=1, sort_keys=True))


def _lost(path: Path, checkpoint: Mapping[str, Any]) -> Iterator[str]:
    """Keys of the shards of a block that are not there or have another size than written."""
    for key in checkpoint["shards"]:
        try:
            size = (path / key).stat().st_size
        except FileNotFoundError:
            yield key
        else:
            if size != checkpoint["bytes"].get(key):
                yield key


def blocks_read(
    complete: Checkpoints, cells: range, days: Datetime64, *, is_by_cells: bool
) -> dict[int, Mapping[str, Any]]:
    """The blocks of which some cells on some days are read.

    Args:
        complete: checkpoints of the store.
        cells: places of cells.
        days: UTC days, rising.
        is_by_cells: whether the store is cut into cells.
    """
    if not days.size or not cells:
        return {}
    first, last = days[0], days[-1]
    if is_by_cells:
        ends = cells[0] // CELL_BLOCK, cells[-1] // CELL_BLOCK
        return {number: said for number, said in complete.items() if ends[0] <= number <= ends[1]}
    return {
        number: said
        for number, said in complete.items()
        if np.datetime64(said["first_day"]) <= last and first <= np.datetime64(said["last_day"])
    }


def refuse_lost(path: Path, blocks: Checkpoints, variables: tuple[str, ...]) -> None:
    """Raise where a shard of some variables is lost or cut short.

    Args:
        path: of the store.
        blocks: checkpoints of those that are read.
        variables: names.

    Raises:
        OutputError: naming the first shard.
    """
    for checkpoint in blocks.values():
        for key in _lost(path, checkpoint):
            if key.split("/")[0] in variables:
                raise OutputError(
                    f"{path / key}: lost or cut short since it was written, expected "
                    f"{checkpoint['bytes'].get(key, 'its')} bytes; run the stage that makes it "
                    "again"
                )


def unreadable(path: Path, blocks: Checkpoints, error: Exception) -> OutputError:
    """The one line that a person sees where a store cannot be decoded.

    Args:
        path: of the store.
        blocks: checkpoints of those that were read.
        error: of the library.
    """
    said = " ".join(str(error).split()) or type(error).__name__
    for checkpoint in blocks.values():
        for key, written in checkpoint["shards"].items():
            if not (path / key).is_file():
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
