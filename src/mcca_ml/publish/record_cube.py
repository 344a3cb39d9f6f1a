"""The whole record as one Zarr store of time, y and x, written in blocks of 32 days.

A block is one shard a variable, written as in the working stores. Checkpoints are inside
the array `time`, where readers of the store do not look.
"""

import base64
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.abc.store import Store
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from mcca_ml import schema
from mcca_ml.atomic import replacing, replacing_directory
from mcca_ml.errors import OutputError, SchemaError
from mcca_ml.publish.grid_window import Window
from mcca_ml.publish.record_attributes import RecordMade, common_attributes, period_attributes
from mcca_ml.publish.record_variables import LAYERS, stored_variables
from mcca_ml.publish.variables import (
    DAY_UNITS,
    Stored,
    all_attributes,
    day_attributes,
    unfolded,
)
from mcca_ml.store.integrity import write_shards
from mcca_ml.store.layout import CHECKED, write_files

BLOCK_DAYS = 32
"""Days of a block, counted from the first day of the cube."""
_MOST_DAYS = BLOCK_DAYS * 600
_INNER = 64  # rows and columns of what is read at once
_LAYOUT = "time/record.json"
CHECKPOINTS = "time/blocks"
"""Directory of the checkpoints of its blocks."""


def _plain(value: object) -> Any:
    """Return an attribute as JSON; an array of one value becomes a number, as in NetCDF."""
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.item()
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _fill_attribute(variable: Stored) -> dict[str, Any]:
    """`_FillValue` as xarray writes it to Zarr 3: floating-point numbers in base 64."""
    if not variable.has_fill:
        return {}
    value = variable.background
    if np.dtype(variable.dtype).kind == "f":
        return {"_FillValue": base64.b64encode(struct.pack("<d", float(value))).decode()}
    return {"_FillValue": int(value)}


def _array(
    group: zarr.Group, name: str, variable: Stored, window: Window, days: int
) -> "zarr.Array[Any]":
    """Make one empty variable."""
    part = [min(_INNER, size) for size in window.shape]
    whole = [-(-size // n) * n for size, n in zip(window.shape, part, strict=True)]
    own = {**all_attributes(variable, window.auxiliary), **_fill_attribute(variable)}
    own.pop("valid_range", None)  # in stored values, which readers of Zarr do not expect
    return group.create_array(
        name,
        shape=(days, *window.shape),
        chunks=(BLOCK_DAYS, *part),
        shards=(BLOCK_DAYS, *whole),
        compressors=CHECKED,
        dtype=np.dtype(variable.dtype),
        fill_value=variable.background,
        dimension_names=("time", *window.dims),
        attributes={key: _plain(value) for key, value in own.items()},
    )


def _make(store: Store, layout: Mapping[str, Any], days: int) -> None:
    """All arrays of an empty cube, with the coordinates."""
    window = Window(*layout["window"])
    group = zarr.create_group(store, zarr_format=3, attributes=layout["attributes"])
    for name, variable in stored_variables(layout["layers"]).items():
        _array(group, name, variable, window, days)
    attributes = {key: v for key, v in day_attributes(DAY_UNITS).items() if key != "bounds"}
    time = group.create_array(
        "time",
        shape=(_MOST_DAYS,),
        chunks=(_MOST_DAYS,),
        dtype="i4",
        dimension_names=["time"],
        attributes={key: _plain(value) for key, value in attributes.items()},
    )
    # All days are written at creation, so that the cube grows by its shapes alone.
    first = int(np.datetime64(layout["first_day"]).astype(int))
    time[:] = first + np.arange(_MOST_DAYS, dtype=np.int32)
    for axis in window.axes():
        coordinate = group.create_array(
            axis.name,
            shape=axis.values.shape,
            dtype=axis.values.dtype,
            dimension_names=axis.dims,
            attributes={key: _plain(value) for key, value in axis.attributes.items()},
        )
        coordinate[...] = axis.values


def create_cube(
    path: Path,
    window: Window,
    first_day: np.datetime64,
    last_day: np.datetime64,
    layers: Sequence[str] = LAYERS,
    made: RecordMade | None = None,
) -> None:
    """Create an empty cube; an existing one is replaced.

    Args:
        path: directory of the cube, in an existing directory.
        window: part of the grid that it covers.
        first_day: UTC day, from which its blocks are counted.
        last_day: UTC day, included.
        layers: published layers, among `schema.LAYERS`.
        made: provenance of the record, for the attributes.

    Raises:
        OutputError: it cannot be written.
    """
    first, last = first_day.astype("M8[D]"), last_day.astype("M8[D]")
    layout: dict[str, Any] = {
        "attributes": {},
        "first_day": str(first),
        "layers": list(layers),
        "window": [window.row, window.column, window.rows, window.columns],
    }
    if made is not None:
        layout["attributes"] = _attributes(path, layout, made, last)
    files: dict[str, Buffer] = {}
    _make(MemoryStore(files), layout, _MOST_DAYS)
    with replacing_directory(path) as beside:
        write_files(beside, files)
        (beside / _LAYOUT).write_text(json.dumps(layout, indent=1, sort_keys=True))
        (beside / CHECKPOINTS).mkdir()
        _lengthen(beside, int((last - first).astype(int)) + 1)


def _attributes(
    path: Path, layout: Mapping[str, Any], made: RecordMade, last: "np.datetime64[date]"
) -> dict[str, Any]:
    """Attributes of a cube that ends on a day."""
    first = np.datetime64(layout["first_day"])
    common = common_attributes(made, Window(*layout["window"]), layout["layers"])
    period = period_attributes(made, path.stem, first.item(), last.item())
    return {key: _plain(value) for key, value in {**common, **period}.items()}


def _lengthen(path: Path, days: int) -> None:
    """State the number of days in all arrays over time; no shard is touched."""
    for file in sorted(path.glob("*/zarr.json")):
        metadata = json.loads(file.read_text())
        if "time" in (metadata.get("dimension_names") or ()) and metadata["shape"][0] != days:
            metadata["shape"][0] = days
            with replacing(file) as beside:
                beside.write_text(json.dumps(metadata, indent=2))


def _read_layout(path: Path) -> dict[str, Any]:
    try:
        layout: dict[str, Any] = json.loads((path / _LAYOUT).read_text())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: found no whole cube of a record, expected one; remove it and publish again"
        ) from error
    return layout


def is_cube_complete(path: Path) -> bool:
    """Return True if layout and coordinates of a cube are complete; blocks are not checked.

    Args:
        path: directory of the cube.
    """
    files: dict[str, Buffer] = {}
    try:
        _make(MemoryStore(files), _read_layout(path), _MOST_DAYS)
        return all(_is_as_made(path / key, data.to_bytes()) for key, data in files.items())
    except (OutputError, OSError, ValueError, KeyError, TypeError):
        return False


def _is_as_made(file: Path, wanted: bytes) -> bool:
    """Return True if a file equals that of an empty cube, except for length and attributes."""
    if file.name != "zarr.json":
        return file.read_bytes() == wanted
    stored, expected = json.loads(file.read_text()), json.loads(wanted)
    if expected["node_type"] == "group":
        expected["attributes"] = stored["attributes"]
    elif "time" in (expected.get("dimension_names") or ()):
        expected["shape"][0] = stored["shape"][0]
    return bool(stored == expected)


def extend_cube(path: Path, last_day: np.datetime64, made: RecordMade | None = None) -> None:
    """Change the last day of a cube; its shards are not touched.

    Args:
        path: directory of the cube.
        last_day: UTC day, included.
        made: present provenance of the record, for the attributes; without it they are kept.

    Raises:
        OutputError: there is no cube, or it cannot be written.
    """
    layout = _read_layout(path)
    first, last = np.datetime64(layout["first_day"]), last_day.astype("M8[D]")
    _lengthen(path, int((last - first).astype(int)) + 1)
    if made is not None:
        group = json.loads((path / "zarr.json").read_text())
        attributes = _attributes(path, layout, made, last)
        if group["attributes"] != attributes:
            group["attributes"] = attributes
            with replacing(path / "zarr.json") as beside:
                beside.write_text(json.dumps(group, indent=2))


def write_cube_block(path: Path, ds: xr.Dataset, inputs: str = "") -> None:
    """Write the days of one block, in place of earlier ones.

    Args:
        path: directory of the cube.
        ds: RECORD of schema, up to 32 consecutive days of one block.
        inputs: digest of its inputs, kept in the checkpoint.

    Raises:
        SchemaError: `ds` breaks its contract or is not of one block.
        OutputError: there is no cube, or it cannot be written; then the block is absent.
    """
    layout = _read_layout(path)
    schema.check(ds, schema.RECORD, where=f"{path.name}: block")
    window = Window(*layout["window"])
    number = (ds["time"].to_numpy().astype("M8[D]") - np.datetime64(layout["first_day"])).astype(
        int
    )
    blocks = np.unique(number // BLOCK_DAYS)
    if blocks.size != 1 or blocks[0] < 0 or (np.diff(number) != 1).any():
        raise SchemaError(
            f"{path.name}: found days of blocks {blocks.tolist()} or with gaps, expected one block "
            "of days in a row; write block by block"
        )
    block = int(blocks[0])
    places = window.places(ds["cell"].to_numpy())
    variables = stored_variables(layout["layers"])

    def shards() -> Iterator[tuple[str, Buffer]]:
        """One variable after the other, so that only one is in memory."""
        for name, variable in variables.items():
            files: dict[str, Buffer] = {}
            group = zarr.create_group(MemoryStore(files), zarr_format=3)
            array = _array(group, name, variable, window, _MOST_DAYS)
            stored = variable.stored(ds[variable.of].to_numpy())
            whole = unfolded(stored, variable.background, places, window.shape)
            array[int(number[0]) : int(number[-1]) + 1] = whole
            yield from ((key, data) for key, data in files.items() if "/c/" in key)

    earlier = [path / name / "c" / str(block) / "0" / "0" for name in variables]
    write_shards(path, f"{CHECKPOINTS}/{block:04d}.json", shards(), earlier, {"inputs": inputs})
