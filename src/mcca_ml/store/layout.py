"""The layout of a store: contracts of its contents, frame, manifest, blocks, arrays."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.abc.store import Store
from zarr.codecs import ZstdCodec
from zarr.core.buffer import Buffer

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Int64
from mcca_ml.errors import OutputError
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.schema import Var
from mcca_ml.store.packing import PACKED

BLOCK_DAYS = 32
"""Days of a block."""
EPOCH = np.datetime64("1997-01-01", "D")
"""First day of block 0; blocks never begin with the first day of a run, so that all runs agree."""
BLOCKS = 600
"""Blocks that a store has room for, until 2049; those never written take no space."""
CELL_BLOCK = 1024
"""Cells of the part of a shard that is read at once."""
TIME_SHARD = 1024
"""Days of a shard in a store that is cut into cells; it is read by parts of 32 days."""
FORMAT = 2
"""Version of the layout."""
CHECKED = ZstdCodec(level=0, checksum=True)
"""Compression of what is read at once, with a checksum that every reader looks at. The index of a
shard has one of its own."""

ONE_DAY = np.timedelta64(1, "D")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Contents:
    """One kind of store: the contract of its variables, and how it is cut into blocks."""

    contract: Mapping[str, Var]
    is_by_cells: bool
    """A block is some cells over all days; else 32 days of all cells."""


CONTENTS: Mapping[str, Contents] = {
    "GRID_TB": Contents(schema.GRID_TB, is_by_cells=False),
    "TARGET": Contents(schema.TARGET, is_by_cells=False),
    "STREAM": Contents(schema.STREAM, is_by_cells=True),
    "RECORD": Contents(schema.RECORD, is_by_cells=True),
}
"""Kinds of stores by the name of their contract.

What is made day by day is cut into days, what is made cell by cell into cells: so one writer has
a shard."""


@dataclass(frozen=True)
class Frame:
    """What is the same for all blocks of a store."""

    sensor: str
    channels: tuple[str, ...]
    cells: Int64
    """Flat cells of EASE2_M25, rising."""
    configuration: str
    """Digest of everything that the values depend on beside the inputs."""
    contents: str = "GRID_TB"
    """Contract of what it holds, a key of `CONTENTS`."""


def digest(*texts: str) -> str:
    """Sha256 of some texts, in their order; ("ab", "c") and ("a", "bc") differ.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    return sha256(json.dumps(texts).encode()).hexdigest()


def block_of(day: np.datetime64) -> int:
    """Number of the block that holds a UTC day.

    >>> block_of(np.datetime64("1997-02-02"))
    1
    """
    return int((day.astype("M8[D]") - EPOCH).astype(int) // BLOCK_DAYS)


def days_of_block(block: int) -> Datetime64:
    """The UTC days of a block."""
    return np.asarray(EPOCH + np.arange(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS) * ONE_DAY)


def read_frame(path: Path) -> Frame:
    """What the blocks of a store have in common.

    Raises:
        OutputError: there is no such store, it is of another version, or its cells are damaged.
    """
    said = read_manifest(path)
    try:
        array: Any = zarr.open_array(path / "cell", mode="r", zarr_format=3)
        cells = np.asarray(array[:], np.int64)
        is_same = _digest_of(cells) == said.get("cells")
    except (OSError, RuntimeError, ValueError):
        is_same = False
    if not is_same:
        raise OutputError(
            f"{path / 'cell'}: found other cells than the store was made for, expected those of "
            f"its {MANIFEST}; remove {path} and run the stage that makes it again"
        )
    return Frame(
        str(said["sensor"]),
        tuple(str(said["channels"]).split()),
        cells,
        str(said["configuration"]),
        str(said["contents"]),
    )


def _digest_of(cells: Int64) -> str:
    return sha256(cells.astype("<i8").tobytes()).hexdigest()


def manifest(frame: Frame) -> dict[str, object]:
    """What a store says of itself."""
    return {
        "format": FORMAT,
        "sensor": frame.sensor,
        "channels": " ".join(frame.channels),
        "cells": _digest_of(frame.cells),
        "configuration": frame.configuration,
        "contents": frame.contents,
    }


def read_manifest(path: Path) -> dict[str, object]:
    """The manifest of a store of this version."""
    try:
        said: dict[str, object] = json.loads((path / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: found no manifest, expected a store of this package; "
            "run the stage that makes it"
        ) from error
    if said.get("format") != FORMAT:
        raise OutputError(
            f"{path}: found a store of format {said.get('format')}, expected {FORMAT}; it was "
            "written by another version: remove it and run the stage that makes it again"
        )
    return said


def make_arrays(store: Store, frame: Frame) -> Mapping[str, "zarr.Array[Any]"]:
    """The arrays of an empty store."""
    group = zarr.create_group(store, zarr_format=3)
    cells = group.create_array(
        "cell", shape=frame.cells.shape, dtype="i8", dimension_names=["cell"]
    )
    cells[:] = frame.cells
    count = max(frame.cells.size, 1)
    part = min(CELL_BLOCK, count)
    sizes = {"look": len(TARGET_HOUR), "channel": len(frame.channels)}
    arrays: dict[str, zarr.Array[Any]] = {}
    kind = CONTENTS[frame.contents]
    for name, var in kind.contract.items():
        packed, dims = PACKED[name], var.dims
        full = {"time": BLOCK_DAYS * BLOCKS, "cell": count, **sizes}
        inner = {"time": BLOCK_DAYS, "cell": part, **sizes}
        shard = {**inner, "cell": -(-count // part) * part}
        if kind.is_by_cells:
            shard = {**inner, "time": TIME_SHARD}
        arrays[name] = group.create_array(
            name,
            shape=tuple(full[d] for d in dims),
            chunks=tuple(inner[d] for d in dims),
            shards=tuple(shard[d] for d in dims),
            compressors=CHECKED,
            dtype=packed.dtype,
            fill_value=packed.fill,
            dimension_names=dims,
            attributes={
                "units": packed.units,
                "scale_factor": packed.quantum,
                "add_offset": packed.offset,
                "long_name": f"{name}, counts: value = count * scale_factor + add_offset",
            },
        )
    return arrays


def write_files(folder: Path, files: Mapping[str, Buffer]) -> None:
    """Write the files of a store that was made in memory.

    One after the other: Zarr itself writes in threads, which go on after the disk is full and
    leave behind what they make.

    Args:
        folder: that exists.
        files: bytes by key.
    """
    for key, data in sorted(files.items()):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.to_bytes())
