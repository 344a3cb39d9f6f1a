"""GRID_TB of one sensor as a Zarr store of whole blocks of 32 days, packed to 16 bits.

A block is one shard a variable. It is written beside and renamed, and only after its last shard its
mark, `blocks/NUMBER.json`: a block without a mark is not there, whatever else was left behind by
a run that ended early. One writer a block; blocks can be written at the same time.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr
from zarr.abc.store import Store
from zarr.core.buffer import Buffer
from zarr.storage import LocalStore, MemoryStore

from mcca_ml import schema
from mcca_ml.atomic import make_directory, replacing, replacing_directory
from mcca_ml.errors import OutputError
from mcca_ml.grid import store_layout as layout
from mcca_ml.grid.compose import TARGET_HOUR
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.grid.packing import PACKED, pack, unpack
from mcca_ml.grid.store_layout import (
    BLOCK_DAYS,
    BLOCKS,
    CELL_BLOCK,
    EPOCH,
    ONE_DAY,
    Days,
    Frame,
    block_of,
    days_of_block,
    digest,
    read_frame,
)

__all__ = (
    "BLOCK_DAYS",
    "CELL_BLOCK",
    "EPOCH",
    "Frame",
    "block_of",
    "create_store",
    "days_of_block",
    "digest",
    "open_store",
    "read_frame",
    "what_is_missing",
    "write_block",
)


def create_store(path: Path, frame: Frame) -> None:
    """Make an empty store; one of the same frame is left as it stands.

    Args:
        path: its name, such as AMSR2.zarr, in a directory that exists.
        frame: what its blocks have in common.

    Raises:
        OutputError: a store of another frame or version stands there, or it cannot be written.
    """
    manifest = layout.manifest(frame)
    if (path / layout.MANIFEST).is_file():
        found = layout.read_manifest(path)
        differing = sorted(key for key in manifest if found.get(key) != manifest[key])
        if differing:
            raise OutputError(
                f"{path}: a store with another {', '.join(differing)} stands there, expected "
                "that of this run; remove it or choose another directory"
            )
        return
    with replacing_directory(path) as beside:
        layout.make_arrays(LocalStore(beside), frame)
        (beside / "blocks").mkdir()
        (beside / layout.MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))


def write_block(path: Path, ds: xr.Dataset, inputs: str) -> None:
    """Write the days of one block; what stood there of it is replaced.

    Args:
        path: a store that `create_store` made.
        ds: after `schema.GRID_TB`, with both looks and the channels and cells of the store; its
            days are in one block, each following the one before. Days of the block that it lacks
            are stored as not observed.
        inputs: digest of the granules behind it, kept in the mark.

    Raises:
        OutputError: no such store, `ds` does not fit it, or it cannot be written; then the block
            is absent.
    """
    frame = read_frame(path)
    schema.check(ds, schema.GRID_TB, where=f"{path.name}: block")
    days = ds["time"].to_numpy().astype("M8[D]")
    block = _fitting_block(path, ds, days, frame)
    held: dict[str, Buffer] = {}
    arrays = layout.make_arrays(MemoryStore(held), frame)
    for name in PACKED:
        start = int((days[0] - EPOCH).astype(int))
        arrays[name][start : start + days.size] = pack(name, ds[name].to_numpy(), days)
    mark = make_directory(path / "blocks") / f"{block:04d}.json"
    mark.unlink(missing_ok=True)
    shards = {}
    for name, packed in schema.GRID_TB.items():
        key = "/".join((name, "c", str(block), *["0"] * (len(packed.dims) - 1)))
        shards[key] = _write_shard(path / key, held.get(key))
    said = {
        "block": block,
        "first_day": str(days[0]),
        "last_day": str(days[-1]),
        "inputs": inputs,
        "shards": shards,
        "attributes": {key: str(ds.attrs[key]) for key in sorted(ds.attrs)},
    }
    with replacing(mark) as beside:
        beside.write_text(json.dumps(said, indent=1, sort_keys=True))


def what_is_missing(path: Path, wanted: Mapping[int, str]) -> list[int]:
    """Numbers of the blocks that are absent, or made from other inputs than those wanted.

    Args:
        path: of a store; where there is none, all are missing.
        wanted: digest of the inputs by number of the block.
    """
    marks = _marks(path) if path.is_dir() else {}
    return [
        block
        for block, inputs in sorted(wanted.items())
        if block not in marks
        or marks[block]["inputs"] != inputs
        or not _is_whole(path, marks[block])
    ]


def open_store(
    path: Path,
    *,
    cells: slice = slice(None),
    first_day: np.datetime64 | None = None,
    last_day: np.datetime64 | None = None,
    source: Store | None = None,
) -> xr.Dataset:
    """Read cells over the days of all complete blocks.

    Args:
        path: of the store.
        cells: which of its cells, by their places; multiples of `CELL_BLOCK` read no byte in vain.
        first_day: UTC day; without it the first that was written.
        last_day: UTC day, included; without it the last that was written.
        source: where the bytes come from, if not from the directory itself.

    Returns:
        New dataset after `schema.GRID_TB`, each value within the quantum of `packing.PACKED` of
        what was written. Days of blocks that are absent are left out.

    Raises:
        OutputError: there is no such store, or it is of another version.
    """
    frame = read_frame(path)
    days = _written_days(path, first_day, last_day)
    group = zarr.open_group(source or LocalStore(path), mode="r", zarr_format=3)
    chosen = frame.cells[cells]
    place = cell_latlon(M25, chosen)
    out = xr.Dataset(
        coords={
            "time": days.astype("M8[ns]"),
            "look": list(TARGET_HOUR),
            "channel": list(frame.channels),
            "cell": ("cell", chosen, {"long_name": "flat index on EASE2_M25"}),
            "lat": ("cell", place.lat, {"units": "degrees_north"}),
            "lon": ("cell", place.lon, {"units": "degrees_east"}),
        },
        attrs={"sensor": frame.sensor, "grid": M25.name},
    )
    for name, var in schema.GRID_TB.items():
        values = unpack(name, _read(group, name, days, cells), days)
        out[name] = (var.dims, values, {"units": var.units} if var.units else {})
    return out


def _fitting_block(path: Path, ds: xr.Dataset, days: Days, frame: Frame) -> int:
    """Number of the block of a dataset that fits the store."""
    blocks = sorted({block_of(day) for day in days})
    checks = (
        (len(blocks) == 1 and 0 <= blocks[0] < BLOCKS, f"days of blocks {blocks}, expected one"),
        (bool((np.diff(days) == ONE_DAY).all()), "days with gaps or out of order"),
        (list(ds["look"].to_numpy()) == list(TARGET_HOUR), "other looks than am and pm"),
        (tuple(ds["channel"].to_numpy()) == frame.channels, "other channels than the store's"),
        (np.array_equal(ds["cell"].to_numpy(), frame.cells), "other cells than the store's"),
        (ds.attrs.get("sensor") == frame.sensor, f"sensor {ds.attrs.get('sensor')}"),
    )
    wrong = [what for is_good, what in checks if not is_good]
    if wrong:
        raise OutputError(
            f"{path}: found {'; '.join(wrong)}; give a block as this store holds them"
        )
    return blocks[0]


def _write_shard(path: Path, held: Buffer | None) -> str:
    """Write the bytes of a shard; their digest, empty where all of it is fill."""
    if held is None:
        path.unlink(missing_ok=True)
        return ""
    data = held.to_bytes()
    make_directory(path.parent)
    with replacing(path) as beside:
        beside.write_bytes(data)
    return sha256(data).hexdigest()


def _is_whole(path: Path, mark: Mapping[str, Any]) -> bool:
    """Whether all shards of a block are there."""
    return all((path / key).is_file() for key, written in mark["shards"].items() if written)


def _marks(path: Path) -> dict[int, dict[str, Any]]:
    """What the complete blocks say of themselves, by number."""
    found = sorted((path / "blocks").glob("[0-9]*.json"))
    return {int(mark.stem): json.loads(mark.read_text()) for mark in found}


def _written_days(path: Path, first: np.datetime64 | None, last: np.datetime64 | None) -> Days:
    """Days of the complete blocks of a store, within some days."""
    spans = [
        np.arange(np.datetime64(m["first_day"]), np.datetime64(m["last_day"]) + ONE_DAY)
        for m in _marks(path).values()
    ]
    days = np.concatenate([np.empty(0, "M8[D]"), *spans])
    is_wanted = np.ones(days.size, np.bool_)
    if first is not None:
        is_wanted &= days >= first.astype("M8[D]")
    if last is not None:
        is_wanted &= days <= last.astype("M8[D]")
    return days[is_wanted]


def _read(group: zarr.Group, name: str, days: Days, cells: slice) -> npt.NDArray[Any]:
    """Counts of a variable on some days, rising."""
    array: Any = group[name]
    index = (days - EPOCH).astype(int)
    # Runs of days that follow each other are read at once.
    runs = np.split(index, np.flatnonzero(np.diff(index) != 1) + 1)
    parts = [array[run[0] : run[-1] + 1, :, cells] for run in runs if run.size]
    return np.concatenate(parts) if parts else np.asarray(array[:0, :, cells])
