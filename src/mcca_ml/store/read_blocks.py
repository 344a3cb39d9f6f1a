"""Data between the stages as a Zarr store of whole blocks, packed to 16 bits.

A block is 32 days of all cells or, of what is made cell by cell, some cells over all days. It is
written beside and renamed, and only after its last shard its checkpoint, `blocks/NUMBER.json`: a
block without a checkpoint is not there, whatever else was left behind by a run that ended early.
One writer a block; blocks can be written at the same time.
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
    blocks_read,
    refuse_lost,
    unreadable,
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
        path: of the store.
        cells: which of its cells, by their places; multiples of `CELL_BLOCK` read no byte in vain.
        first_day: UTC day; without it the first that was written.
        last_day: UTC day, included; without it the last that was written.
        variables: which; without it all of the contract.
        source: where the bytes come from, if not from the directory itself.

    Returns:
        New dataset after the contract of the store, each value within the quantum of
        `packing.PACKED` of what was written. Days of blocks that are absent are left out; of a
        store that is cut into cells, days that some block lacks. Attributes are those on which
        all blocks agree; it is simulated if one of them is.

    Raises:
        OutputError: there is no such store, or it is of another version, or a shard is lost, cut
            short, or holds other bytes than were written.
    """
    frame = read_frame(path)
    kind = CONTENTS[frame.contents]
    complete = block_checkpoints(path)
    days = _written_days(complete, first_day, last_day, is_by_cells=kind.is_by_cells)
    names = tuple(variables if variables is not None else kind.contract)
    places = range(frame.cells.size)[cells]
    used = blocks_read(complete, places, days, is_by_cells=kind.is_by_cells)
    refuse_lost(path, used, names)
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
            raise unreadable(path, used, error) from error
        attrs = {"units": var.units} if var.units else {}
        out[name] = (var.dims, unpack(name, counts, days), attrs)
    return out


def content_digest(path: Path) -> str:
    """Digest of the bytes of all complete blocks, by which a later stage tells what has changed."""
    said = {number: one["shards"] for number, one in block_checkpoints(path).items()}
    return digest(json.dumps(said, sort_keys=True))


def _attributes(complete: Checkpoints) -> dict[str, str]:
    """Attributes on which all blocks agree, and whether one of them is simulated."""
    every = [said["attributes"] for said in complete.values()]
    common = dict(every[0]) if every else {}
    common = {k: v for k, v in common.items() if all(one.get(k) == v for one in every)}
    simulated = any(map(is_simulated, every))
    return {**common, "simulated": "true" if simulated else "false"}


def _written_days(
    complete: Checkpoints,
    first: np.datetime64 | None,
    last: np.datetime64 | None,
    *,
    is_by_cells: bool,
) -> Datetime64:
    """Days of the complete blocks of a store, within some days."""
    ends = [
        (np.datetime64(b["first_day"]), np.datetime64(b["last_day"])) for b in complete.values()
    ]
    if is_by_cells and ends:
        # Days that every block has.
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
    """Counts of a variable on some days, rising; cells are its dimension number `axis`."""
    array: Any = zarr.open_array(store, path=name, mode="r", zarr_format=3)
    inner = (slice(None),) * (axis - 1)
    index = (days - EPOCH).astype(int)
    # Runs of days that follow each other are read at once.
    runs = np.split(index, np.flatnonzero(np.diff(index) != 1) + 1)
    parts = [array[(slice(run[0], run[-1] + 1), *inner, cells)] for run in runs if run.size]
    return np.concatenate(parts) if parts else np.asarray(array[(slice(0, 0), *inner, cells)])
