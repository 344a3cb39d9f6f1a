"""Blocks of a store: each shard is written beside and renamed, the mark of the block last."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Datetime64
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.errors import OutputError
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.store import layout
from mcca_ml.store.contents import CONTENTS
from mcca_ml.store.layout import BLOCKS, CELL_BLOCK, EPOCH, ONE_DAY, Frame, block_of, read_frame
from mcca_ml.store.packing import pack

Held = Mapping[str, Buffer]

PACKED_AT_ONCE = 1 << 22
"""Values that are packed at once: each takes some forty bytes on the way, which for a block of all
land would be three gigabytes."""


def write_block(path: Path, ds: xr.Dataset, inputs: str, *, at_once: int = PACKED_AT_ONCE) -> None:
    """Write the days of one block; what stood there of it is replaced.

    Args:
        path: a store that `create_store` made, of a kind that is cut into days.
        ds: after the store's contract, with both looks and the channels and cells of the store; its
            days are in one block, each following the one before. Days of the block that it lacks
            are stored as not observed, and optional variables that it lacks as missing.
        inputs: digest of the granules behind it, kept in the mark.
        at_once: values packed in one step; it does not change the bytes.

    Raises:
        OutputError: no such store, `ds` does not fit it, or it cannot be written; then the block
            is absent.
    """
    frame = read_frame(path)
    kind = CONTENTS[frame.contents]
    schema.check(ds, kind.contract, where=f"{path.name}: block")
    days = ds["time"].to_numpy().astype("M8[D]")
    block = _fitting_block(path, ds, days, frame)
    _write(path, ds, days, frame, block, inputs, at_once=at_once)


def write_cells(path: Path, ds: xr.Dataset, inputs: str) -> None:
    """Write some cells over all days; what stood there of them is replaced.

    Args:
        path: a store that `create_store` made, of a kind that is cut into cells.
        ds: after the store's contract; its cells are those of one of `blocks_of_cells`, its days
            follow each other.
        inputs: digest of what is behind it, kept in the mark.

    Raises:
        OutputError: no such store, `ds` does not fit it, or it cannot be written; then the block
            is absent.
    """
    frame = read_frame(path)
    kind = CONTENTS[frame.contents]
    schema.check(ds, kind.contract, where=f"{path.name}: block")
    days = ds["time"].to_numpy().astype("M8[D]")
    block = _fitting_cells(path, ds, days, frame)
    _write(path, ds, days, frame, block, inputs)


def blocks_of_cells(count: int) -> list[slice]:
    """Places of the cells of each block of a store that is cut into cells.

    Args:
        count: cells of the store.

    >>> blocks_of_cells(1500)
    [slice(0, 1024, None), slice(1024, 1500, None)]
    """
    return [slice(n, min(n + CELL_BLOCK, count)) for n in range(0, count, CELL_BLOCK)]


def _write(
    path: Path,
    ds: xr.Dataset,
    days: Datetime64,
    frame: Frame,
    block: int,
    inputs: str,
    *,
    at_once: int = PACKED_AT_ONCE,
) -> None:
    """Write the shards of a block, then its mark."""
    kind = CONTENTS[frame.contents]
    held = _packed(ds, days, frame, block, at_once)
    mark = make_directory(path / "blocks") / f"{block:04d}.json"
    mark.unlink(missing_ok=True)
    shards = {key: _write_shard(path / key, data) for key, data in sorted(held.items())}
    for name, var in kind.contract.items():
        _remove_others(path, name, len(var.dims), shards, block, is_by_cells=kind.is_by_cells)
    said = {
        "block": block,
        "first_day": str(days[0]),
        "last_day": str(days[-1]),
        "inputs": inputs,
        "shards": shards,
        "bytes": {key: len(held[key]) for key in shards},
        "attributes": {key: str(ds.attrs[key]) for key in sorted(ds.attrs)},
    }
    with replacing(mark) as beside:
        beside.write_text(json.dumps(said, indent=1, sort_keys=True))


def _packed(ds: xr.Dataset, days: Datetime64, frame: Frame, block: int, at_once: int) -> Held:
    """Bytes of the shards of a block by their key; those that are all fill have none."""
    kind = CONTENTS[frame.contents]
    memory: dict[str, Buffer] = {}
    arrays = layout.make_arrays(MemoryStore(memory), frame)
    made = {key for key in memory if "/c/" in key}
    start = int((days[0] - EPOCH).astype(int))
    place = slice(block * CELL_BLOCK, block * CELL_BLOCK + ds.sizes["cell"])
    for name in (name for name in kind.contract if name in ds):
        counts = _counts(name, ds[name].to_numpy(), days, at_once)
        region: tuple[Any, ...] = (slice(start, start + days.size),)
        if kind.is_by_cells:
            region = (*region, place)
        arrays[name][region] = counts
    return {key: data for key, data in memory.items() if "/c/" in key and key not in made}


def _counts(name: str, values: AnyArray, days: Datetime64, at_once: int) -> AnyArray:
    """A variable as counts, some days after the other."""
    each = max(1, at_once // max(1, values[:1].size))
    starts = range(0, max(days.size, 1), each)
    parts = [pack(name, values[n : n + each], days[n : n + each]) for n in starts]
    return np.concatenate(parts)


def _remove_others(
    path: Path,
    name: str,
    dims: int,
    shards: Mapping[str, str],
    block: int,
    *,
    is_by_cells: bool,
) -> None:
    """Take away shards of a block that an earlier version of it had and this one has not."""
    if is_by_cells:
        found: Sequence[Path] = sorted((path / name / "c").glob(f"*/{block}"))
    else:
        found = [path.joinpath(name, "c", str(block), *["0"] * (dims - 1))]
    for shard in found:
        if str(shard.relative_to(path)) not in shards:
            shard.unlink(missing_ok=True)


def _write_shard(path: Path, held: Buffer) -> str:
    """Write the bytes of a shard; their digest."""
    data = held.to_bytes()
    make_directory(path.parent)
    with replacing(path) as beside:
        beside.write_bytes(data)
    return sha256(data).hexdigest()


def _refuse(path: Path, checks: Sequence[tuple[bool, str]]) -> None:
    """Raise where one of the checks does not hold, naming all that do not."""
    wrong = [what for is_good, what in checks if not is_good]
    if wrong:
        raise OutputError(
            f"{path}: found {'; '.join(wrong)}; give a block as this store holds them"
        )


def _fitting_block(path: Path, ds: xr.Dataset, days: Datetime64, frame: Frame) -> int:
    """Number of the block of days of a dataset that fits the store."""
    blocks = sorted({block_of(day) for day in days})
    channels = tuple(ds["channel"].to_numpy()) if "channel" in ds.dims else ()
    _refuse(
        path,
        (
            (not CONTENTS[frame.contents].is_by_cells, "a block of days of a store cut into cells"),
            (
                len(blocks) == 1 and 0 <= blocks[0] < BLOCKS,
                f"days of blocks {blocks}, expected one",
            ),
            (bool((np.diff(days) == ONE_DAY).all()), "days with gaps or out of order"),
            (list(ds["look"].to_numpy()) == list(TARGET_HOUR), "other looks than am and pm"),
            (channels == frame.channels, "other channels than the store's"),
            (np.array_equal(ds["cell"].to_numpy(), frame.cells), "other cells than the store's"),
            (ds.attrs.get("sensor") == frame.sensor, f"sensor {ds.attrs.get('sensor')}"),
        ),
    )
    return blocks[0]


def _fitting_cells(path: Path, ds: xr.Dataset, days: Datetime64, frame: Frame) -> int:
    """Number of the block of cells of a dataset that fits the store."""
    cells = ds["cell"].to_numpy()
    block = int(np.searchsorted(frame.cells, cells[0])) // CELL_BLOCK if cells.size else 0
    own = frame.cells[block * CELL_BLOCK : (block + 1) * CELL_BLOCK]
    numbers = {block_of(days[0]), block_of(days[-1])} if days.size else {-1}
    _refuse(
        path,
        (
            (CONTENTS[frame.contents].is_by_cells, "cells for a store that is cut into days"),
            (min(numbers) >= 0 and max(numbers) < BLOCKS, "days that the store has no room for"),
            (bool((np.diff(days) == ONE_DAY).all()), "days with gaps or out of order"),
            (np.array_equal(cells, own), "other cells than those of one block of the store"),
            (ds.attrs.get("sensor") == frame.sensor, f"sensor {ds.attrs.get('sensor')}"),
        ),
    )
    return block
