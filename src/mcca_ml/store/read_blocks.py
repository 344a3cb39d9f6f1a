"""Intermediate data as a Zarr store of complete blocks, packed to 16 bits.

A block is 32 days of all cells or, for data computed cell by cell, a group of cells over all days.
Its shards are written to temporary names and renamed; its checkpoint, `blocks/NUMBER.json`, follows
the last shard. A block without a checkpoint is absent, even if an interrupted run left shards.
Each block has one writer; blocks can be written at the same time.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr
from zarr.abc.store import Store
from zarr.storage import LocalStore

from mcca_ml.arrays import Datetime64
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.grid.ease2 import M25, cell_coordinates
from mcca_ml.schema import is_simulated
from mcca_ml.store.integrity import (
    UNREADABLE,
    Checkpoints,
    block_checkpoints,
    check_shards,
    select_blocks,
    unreadable_store,
)
from mcca_ml.store.layout import (
    CONTENTS,
    EPOCH,
    ONE_DAY,
    digest,
    read_frame,
)
from mcca_ml.store.packing import unpack


def open_store(
    path: Path,
    *,
    cells: slice = slice(None),
    first_day: np.datetime64 | None = None,
    last_day: np.datetime64 | None = None,
    variables: Sequence[str] | None = None,
    source: Store | None = None,
) -> xr.Dataset:
    """Read cells over the days of all complete blocks.

    Args:
        path: store.
        cells: positions of the cells to read; multiples of `CELL_BLOCK` are read fastest.
        first_day: first UTC day; default the first day written.
        last_day: last UTC day, inclusive; default the last day written.
        variables: names of the variables to read; default all of the contract.
        source: Zarr store with the bytes; default the directory itself.

    Returns:
        New dataset after the contract of the store, each value within the quantum of
        `packing.PACKED` of the written value. Days of absent blocks are omitted; in a store with
        blocks of cells, days missing from any block are omitted. Attributes are those common to
        all blocks; `simulated` is true if it is true in any block.

    Raises:
        OutputError: there is no such store, it has another version, or a shard is missing,
            truncated or changed.
    """
    frame = read_frame(path)
    kind = CONTENTS[frame.contents]
    complete = block_checkpoints(path)
    days = _written_days(complete, first_day, last_day, is_by_cells=kind.is_by_cells)
    names = tuple(variables if variables is not None else kind.contract)
    places = range(frame.cells.size)[cells]
    used = select_blocks(complete, places, days, is_by_cells=kind.is_by_cells)
    check_shards(path, used, names)
    axes = {dim for var in kind.contract.values() for dim in var.dims}
    inner = {"look": list(TARGET_HOUR), "channel": list(frame.channels)}
    out = xr.Dataset(
        coords={
            "time": days.astype("M8[ns]"),
            **{dim: names for dim, names in inner.items() if dim in axes},
            **cell_coordinates(M25, frame.cells[cells], {"long_name": "flat index on EASE2_M25"}),
        },
        attrs={**_attributes(complete), "sensor": frame.sensor, "grid": M25.name},
    )
    for name in names:
        var = kind.contract[name]
        try:
            counts = _read(source or LocalStore(path), name, days, cells, var.dims.index("cell"))
        except UNREADABLE as error:
            raise unreadable_store(path, used, error) from error
        attrs = {"units": var.units} if var.units else {}
        out[name] = (var.dims, unpack(name, counts, days), attrs)
    return out


def content_digest(path: Path) -> str:
    """Return the digest of all complete blocks, from which later stages detect changed input."""
    shards = {n: c["shards"] for n, c in block_checkpoints(path).items()}
    return digest(json.dumps(shards, sort_keys=True))


def _attributes(complete: Checkpoints) -> dict[str, str]:
    """Return the attributes common to all blocks; `simulated` is true if true in any block."""
    block_attributes = [checkpoint["attributes"] for checkpoint in complete.values()]
    common = dict(block_attributes[0]) if block_attributes else {}
    common = {k: v for k, v in common.items() if all(a.get(k) == v for a in block_attributes)}
    simulated = any(map(is_simulated, block_attributes))
    return {**common, "simulated": "true" if simulated else "false"}


def _written_days(
    complete: Checkpoints,
    first: np.datetime64 | None,
    last: np.datetime64 | None,
    *,
    is_by_cells: bool,
) -> Datetime64:
    """Return the days of the complete blocks of a store between two days."""
    ends = [
        (np.datetime64(b["first_day"]), np.datetime64(b["last_day"])) for b in complete.values()
    ]
    if is_by_cells and ends:
        # Days present in every block.
        ends = [(max(begin for begin, _ in ends), min(end for _, end in ends))]
    spans = [np.arange(begin, end + ONE_DAY) for begin, end in ends]
    days = np.concatenate([np.empty(0, "M8[D]"), *spans])
    is_wanted = np.ones(days.size, np.bool_)
    if first is not None:
        is_wanted &= days >= first.astype("M8[D]")
    if last is not None:
        is_wanted &= days <= last.astype("M8[D]")
    return days[is_wanted]


def _read(store: Store, name: str, days: Datetime64, cells: slice, axis: int) -> npt.NDArray[Any]:
    """Read the counts of a variable on increasing days; `axis` is its dimension cell."""
    array: Any = zarr.open_array(store, path=name, mode="r", zarr_format=3)
    inner = (slice(None),) * (axis - 1)
    index = (days - EPOCH).astype(int)
    # Consecutive days are read at once.
    runs = np.split(index, np.flatnonzero(np.diff(index) != 1) + 1)
    parts = [array[(slice(run[0], run[-1] + 1), *inner, cells)] for run in runs if run.size]
    return np.concatenate(parts) if parts else np.asarray(array[(slice(0, 0), *inner, cells)])
