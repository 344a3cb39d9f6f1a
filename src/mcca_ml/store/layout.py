"""Layout of a store: contracts of its contents, frame, manifest, blocks, arrays."""

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
"""Number of days in a block."""
EPOCH = np.datetime64("1997-01-01", "D")
"""First day of block 0; blocks do not depend on the first day of a run."""
BLOCKS = 600
"""Number of blocks of a store, until 2049; blocks never written take no space."""
CELL_BLOCK = 1024
"""Number of cells in a chunk."""
TIME_SHARD = 1024
"""Days of a shard in a store with blocks of cells; its chunks have 32 days."""
FORMAT = 2
"""Version of the layout."""
CHECKED = ZstdCodec(level=0, checksum=True)
"""Compression of a chunk, with a checksum verified on every read. The index of a shard has its own
checksum."""

ONE_DAY = np.timedelta64(1, "D")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Contents:
    """One kind of store: the contract of its variables and the type of its blocks."""

    contract: Mapping[str, Var]
    is_by_cells: bool
    """True: a block is a group of cells over all days. False: 32 days of all cells."""


CONTENTS: Mapping[str, Contents] = {
    "GRID_TB": Contents(schema.GRID_TB, is_by_cells=False),
    "TARGET": Contents(schema.TARGET, is_by_cells=False),
    "STREAM": Contents(schema.STREAM, is_by_cells=True),
    "RECORD": Contents(schema.RECORD, is_by_cells=True),
}
"""Kinds of stores by the name of their contract.

Data computed day by day are divided into days, data computed cell by cell into cells, so that each
shard has one writer."""


@dataclass(frozen=True)
class Frame:
    """Properties common to all blocks of a store."""

    sensor: str
    channels: tuple[str, ...]
    cells: Int64
    """Flat cells of EASE2_M25, increasing."""
    configuration: str
    """Digest of everything on which the values depend, except the inputs."""
    contents: str = "GRID_TB"
    """Contract of the variables, a key of `CONTENTS`."""


def digest(*texts: str) -> str:
    """Return the SHA-256 of some texts, in order; ("ab", "c") and ("a", "bc") differ.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    return sha256(json.dumps(texts).encode()).hexdigest()


def block_number(day: np.datetime64) -> int:
    """Return the number of the block that contains a UTC day.

    >>> block_number(np.datetime64("1997-02-02"))
    1
    """
    return int((day.astype("M8[D]") - EPOCH).astype(int) // BLOCK_DAYS)


def block_days(block: int) -> Datetime64:
    """Return the UTC days of a block."""
    return np.asarray(EPOCH + np.arange(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS) * ONE_DAY)


def read_frame(path: Path) -> Frame:
    """Read the properties common to all blocks of a store.

    Raises:
        OutputError: there is no such store, it has another version, or its cells are damaged.
    """
    manifest_entries = read_manifest(path)
    try:
        array: Any = zarr.open_array(path / "cell", mode="r", zarr_format=3)
        cells = np.asarray(array[:], np.int64)
        is_same = _digest_cells(cells) == manifest_entries.get("cells")
    except (OSError, RuntimeError, ValueError):
        is_same = False
    if not is_same:
        raise OutputError(
            f"{path / 'cell'}: found other cells than those of the store, expected those of "
            f"its {MANIFEST}; remove {path} and run the stage that makes it again"
        )
    return Frame(
        str(manifest_entries["sensor"]),
        tuple(str(manifest_entries["channels"]).split()),
        cells,
        str(manifest_entries["configuration"]),
        str(manifest_entries["contents"]),
    )


def _digest_cells(cells: Int64) -> str:
    return sha256(cells.astype("<i8").tobytes()).hexdigest()


def manifest(frame: Frame) -> dict[str, object]:
    """Return the content of the manifest of a store."""
    return {
        "format": FORMAT,
        "sensor": frame.sensor,
        "channels": " ".join(frame.channels),
        "cells": _digest_cells(frame.cells),
        "configuration": frame.configuration,
        "contents": frame.contents,
    }


def read_manifest(path: Path) -> dict[str, object]:
    """Read the manifest of a store of this version.

    Raises:
        OutputError: there is no manifest, or it has another version.
    """
    try:
        entries: dict[str, object] = json.loads((path / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: found no manifest, expected a store of this package; "
            "run the stage that makes it"
        ) from error
    if entries.get("format") != FORMAT:
        raise OutputError(
            f"{path}: found a store of format {entries.get('format')}, expected {FORMAT}; it was "
            "written by another version: remove it and run the stage that makes it again"
        )
    return entries


def make_arrays(store: Store, frame: Frame) -> Mapping[str, "zarr.Array[Any]"]:
    """Create the arrays of an empty store."""
    group = zarr.create_group(store, zarr_format=3)
    cells = group.create_array(
        "cell", shape=frame.cells.shape, dtype="i8", dimension_names=["cell"]
    )
    cells[:] = frame.cells
    count = max(frame.cells.size, 1)
    chunk_cells = min(CELL_BLOCK, count)
    sizes = {"look": len(TARGET_HOUR), "channel": len(frame.channels)}
    arrays: dict[str, zarr.Array[Any]] = {}
    kind = CONTENTS[frame.contents]
    for name, var in kind.contract.items():
        packing, dims = PACKED[name], var.dims
        full = {"time": BLOCK_DAYS * BLOCKS, "cell": count, **sizes}
        inner = {"time": BLOCK_DAYS, "cell": chunk_cells, **sizes}
        shard = {**inner, "cell": -(-count // chunk_cells) * chunk_cells}
        if kind.is_by_cells:
            shard = {**inner, "time": TIME_SHARD}
        arrays[name] = group.create_array(
            name,
            shape=tuple(full[d] for d in dims),
            chunks=tuple(inner[d] for d in dims),
            shards=tuple(shard[d] for d in dims),
            compressors=CHECKED,
            dtype=packing.dtype,
            fill_value=packing.fill,
            dimension_names=dims,
            attributes={
                "units": packing.units,
                "scale_factor": packing.quantum,
                "add_offset": packing.offset,
                "long_name": f"{name}, counts: value = count * scale_factor + add_offset",
            },
        )
    return arrays


def write_files(folder: Path, files: Mapping[str, Buffer]) -> None:
    """Write the files of a store that was built in memory, one after the other.

    Zarr itself writes in threads, which continue after the disk is full and leave files behind.

    Args:
        folder: existing folder.
        files: bytes by key.
    """
    for key, data in sorted(files.items()):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.to_bytes())
