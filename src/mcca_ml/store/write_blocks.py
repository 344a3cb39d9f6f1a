"""Write intermediate stores: an empty store, then its blocks."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Datetime64
from mcca_ml.atomic import replacing_directory
from mcca_ml.errors import OutputError
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.store import layout
from mcca_ml.store.integrity import CHECKPOINTS, write_shards
from mcca_ml.store.layout import (
    BLOCKS,
    CELL_BLOCK,
    CONTENTS,
    EPOCH,
    ONE_DAY,
    Frame,
    block_number,
    read_frame,
)
from mcca_ml.store.packing import pack

PACKED_AT_ONCE = 1 << 22
"""Number of values packed at once. Packing needs about forty bytes per value, three gigabytes for a
block of all land."""


def create_store(path: Path, frame: Frame) -> None:
    """Create an empty store; an existing store with the same frame is not changed.

    Args:
        path: name of the store, such as AMSR2.zarr, in an existing directory.
        frame: properties common to all blocks.

    Raises:
        OutputError: a store with another frame or version exists, or it cannot be written.
    """
    manifest = layout.manifest(frame)
    if (path / layout.MANIFEST).is_file():
        existing = layout.read_manifest(path)
        differing = sorted(key for key in manifest if existing.get(key) != manifest[key])
        if differing:
            raise OutputError(
                f"{path}: found a store with another {', '.join(differing)}, expected "
                "that of this run; remove it or choose another directory"
            )
        return
    files: dict[str, Buffer] = {}
    layout.make_arrays(MemoryStore(files), frame)
    with replacing_directory(path) as temporary:
        layout.write_files(temporary, files)
        (temporary / CHECKPOINTS).mkdir()
        (temporary / layout.MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))


def blocks_of_cells(count: int, size: int = CELL_BLOCK) -> list[slice]:
    """Return the positions of the cells of each block of a store with blocks of cells.

    Args:
        count: number of cells in the store.
        size: number of cells in a block.

    >>> blocks_of_cells(1500)
    [slice(0, 1024, None), slice(1024, 1500, None)]
    """
    return [slice(n, min(n + size, count)) for n in range(0, count, size)]


def write_block(path: Path, ds: xr.Dataset, inputs: str, *, at_once: int = PACKED_AT_ONCE) -> None:
    """Write one block; an existing block is replaced.

    Args:
        path: store from `create_store`.
        ds: dataset after the contract of the store, with consecutive days. In a store with blocks
            of days they are in one block, with both looks, the channels and all cells of the
            store; absent days of the block are stored as not observed, absent optional variables
            as missing. In a store with blocks of cells, the cells are one of `blocks_of_cells`.
        inputs: digest of the inputs, kept in the checkpoint.
        at_once: number of values packed in one step; it does not change the result.

    Raises:
        OutputError: no such store, `ds` does not fit it, or the block cannot be written; it is
            then absent.
    """
    frame = read_frame(path)
    kind = CONTENTS[frame.contents]
    schema.check(ds, kind.contract, where=f"{path.name}: block")
    days = ds["time"].to_numpy().astype("M8[D]")
    fitting = _fitting_cells if kind.is_by_cells else _fitting_days
    block, faults = fitting(ds, days, frame)
    if (np.diff(days) != ONE_DAY).any():
        faults.append("days with gaps or out of order")
    if ds.attrs.get("sensor") != frame.sensor:
        faults.append(f"sensor {ds.attrs.get('sensor')}")
    if faults:
        raise OutputError(
            f"{path}: found {'; '.join(faults)}; give a block with the frame of this store"
        )
    write_shards(
        path,
        f"{CHECKPOINTS}/{block:04d}.json",
        sorted(_packed(ds, days, frame, block, at_once).items()),
        _earlier(path, frame, block),
        {
            "block": block,
            "first_day": str(days[0]),
            "last_day": str(days[-1]),
            "inputs": inputs,
            "attributes": {key: str(ds.attrs[key]) for key in sorted(ds.attrs)},
        },
    )


def _fitting_days(ds: xr.Dataset, days: Datetime64, frame: Frame) -> tuple[int, list[str]]:
    """Return the number of a block of days and the reasons why it does not fit the store."""
    blocks = sorted({block_number(day) for day in days})
    channels = tuple(ds["channel"].to_numpy()) if "channel" in ds.dims else ()
    faults = []
    if len(blocks) != 1 or not 0 <= blocks[0] < BLOCKS:
        faults.append(f"days of blocks {blocks}, expected one")
    if list(ds["look"].to_numpy()) != list(TARGET_HOUR):
        faults.append("other looks than am and pm")
    if channels != frame.channels:
        faults.append("other channels than the store's")
    if not np.array_equal(ds["cell"].to_numpy(), frame.cells):
        faults.append("other cells than the store's")
    return blocks[0] if blocks else -1, faults


def _fitting_cells(ds: xr.Dataset, days: Datetime64, frame: Frame) -> tuple[int, list[str]]:
    """Return the number of a block of cells and the reasons why it does not fit the store."""
    cells = ds["cell"].to_numpy()
    block = int(np.searchsorted(frame.cells, cells[0])) // CELL_BLOCK if cells.size else 0
    own = frame.cells[block * CELL_BLOCK : (block + 1) * CELL_BLOCK]
    numbers = {block_number(days[0]), block_number(days[-1])} if days.size else {-1}
    faults = []
    if min(numbers) < 0 or max(numbers) >= BLOCKS:
        faults.append("days outside the range of the store")
    if not np.array_equal(cells, own):
        faults.append("other cells than those of one block of the store")
    return block, faults


def _packed(
    ds: xr.Dataset, days: Datetime64, frame: Frame, block: int, at_once: int
) -> dict[str, Buffer]:
    """Return the bytes of the shards of a block by key; shards with fill only are omitted."""
    kind = CONTENTS[frame.contents]
    memory: dict[str, Buffer] = {}
    arrays = layout.make_arrays(MemoryStore(memory), frame)
    coordinates = set(memory)
    start = int((days[0] - EPOCH).astype(int))
    region: tuple[slice, ...] = (slice(start, start + days.size),)
    if kind.is_by_cells:
        region += (slice(block * CELL_BLOCK, block * CELL_BLOCK + ds.sizes["cell"]),)
    for name in (name for name in kind.contract if name in ds):
        arrays[name][region] = _counts(name, ds[name].to_numpy(), days, at_once)
    return {key: data for key, data in memory.items() if key not in coordinates}


def _counts(name: str, values: AnyArray, days: Datetime64, at_once: int) -> AnyArray:
    """Pack a variable, a few days at a time."""
    days_per_step = max(1, at_once // max(1, values[:1].size))
    starts = range(0, max(days.size, 1), days_per_step)
    parts = [pack(name, values[n : n + days_per_step], days[n : n + days_per_step]) for n in starts]
    return np.concatenate(parts)


def _earlier(path: Path, frame: Frame, block: int) -> Iterator[Path]:
    """Yield the possible shards of an earlier version of a block."""
    kind = CONTENTS[frame.contents]
    for name, var in kind.contract.items():
        if kind.is_by_cells:
            yield from sorted((path / name / "c").glob(f"*/{block}"))
        else:
            yield path.joinpath(name, "c", str(block), *["0"] * (len(var.dims) - 1))
