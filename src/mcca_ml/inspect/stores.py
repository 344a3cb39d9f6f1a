"""What a record and what it is made of hold: stores, cube, daily files, coefficients."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Int64
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.inspect.description import (
    SIMULATED,
    Description,
    describe_values,
    extent,
    period,
    row_of,
    select_values,
    unreadable,
    variable_rows,
)
from mcca_ml.intercal import coefficients
from mcca_ml.publish.record_cube import BLOCK_DAYS
from mcca_ml.schema import is_simulated
from mcca_ml.sensors import SENSORS
from mcca_ml.store import layout, read_blocks
from mcca_ml.store.integrity import block_checkpoints
from mcca_ml.store.layout import CONTENTS

_SCREEN = 28
"""Lines of heading, rows and flags that a screenful may have."""
_MOST_ROWS = 16
_PARTS = 4
_BAND = 64
"""Columns of a cube that are read at once."""
_PAIR = 17
"""Width of a pair of channels in what coefficients say."""
_CUBE_MARK = Path("time", "record.json")
_PRODUCT = {
    "GRID_TB": "brightness temperature by look",
    "TARGET": "target of the learner, retrieved",
    "STREAM": "soil moisture learned from one sensor",
    "RECORD": "fused record before it is published",
}


def is_record_store(path: Path) -> bool:
    """Whether a folder is a store of a stage of the record."""
    return (path / layout.MANIFEST).is_file()


def is_cube(path: Path) -> bool:
    """Whether a folder is the published cube of the record."""
    return (path / _CUBE_MARK).is_file()


def _sensors(bits: AnyArray) -> dict[str, str]:
    """How many values rest on each sensor."""
    whole = bits.astype(np.int64)
    counts = {one.name: int(((whole & one.cci_bit) != 0).sum()) for one in SENSORS.values()}
    said = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    return {"sensors": said or "none"}


def _counted(ds: xr.Dataset) -> Booleans:
    """Which values are counted: those observed and, where days without a look are told, those."""
    known = schema.is_observed(ds)
    for name in ("sm_filled", "soil_moisture"):
        if name in ds:
            known = known | np.isfinite(ds[name].to_numpy())
    return np.asarray(known)


def _described(parts: list[xr.Dataset], heading: Mapping[str, str]) -> Description:
    """Statistics of the counted values of some parts, cut to a screenful."""
    counted = [select_values(part, _counted(part)) for part in parts]
    ds = xr.concat(counted, "value", coords="minimal", compat="override", join="override")
    more = _sensors(ds["sensor"].to_numpy()) if "sensor" in ds else {}
    rows = variable_rows(ds)
    rest = len(rows) - _MOST_ROWS
    if rest > 0:
        more["not shown"] = f"{rest} more variables"
    room = max(_SCREEN - len(heading) - len(more) - min(len(rows), _MOST_ROWS) - 3, 1)
    return describe_values({**heading, **more}, ds, rows[:_MOST_ROWS], room)


def _days_of(held: list[dict[str, Any]], *, is_by_cells: bool) -> Datetime64:
    """Days that a store holds: of all blocks together or, of one cut into cells, of every block."""
    spans = [(np.datetime64(m["first_day"], "D"), np.datetime64(m["last_day"], "D")) for m in held]
    if is_by_cells and spans:
        spans = [(max(first for first, _ in spans), min(last for _, last in spans))]
    one = np.timedelta64(1, "D")
    every = [np.arange(first, last + one) for first, last in spans]
    return np.concatenate([np.empty(0, "M8[D]"), *every])


def _store_parts(path: Path, days: Datetime64, cells: int) -> Iterator[xr.Dataset]:
    """A few blocks of days of a store, each with as many cells as are read at once."""
    blocks = np.unique([layout.block_number(day) for day in days])
    groups = max(-(-cells // layout.CELL_BLOCK), 1)
    for number, block in enumerate(blocks[np.unique(_spread(len(blocks)))]):
        of_block = layout.block_days(int(block))
        start = _spread(groups)[number] * layout.CELL_BLOCK
        yield read_blocks.open_store(
            path,
            cells=slice(int(start), int(start) + layout.CELL_BLOCK),
            first_day=of_block[0],
            last_day=of_block[-1],
        )


def _spread(count: int) -> Int64:
    """Some places among many, the first and the last among them."""
    return np.linspace(0, max(count - 1, 0), _PARTS).astype(np.int64)


def describe_record_store(path: Path) -> Description:
    """What a store of a stage of the record holds.

    Args:
        path: Zarr store with its manifest; a few blocks of days are read, the heading says so.

    Raises:
        GranuleError: it is damaged.
        OutputError: it is of another version.
    """
    try:
        return _of_store(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error, "a store of the record; make it again") from error


def _of_store(path: Path) -> Description:
    frame = layout.read_frame(path)
    held = block_checkpoints(path)
    is_by_cells = CONTENTS[frame.contents].is_by_cells
    days = _days_of(list(held.values()), is_by_cells=is_by_cells)
    place = cell_latlon(M25, frame.cells)
    made_up = any(is_simulated(mark["attributes"]) for mark in held.values())
    heading = {
        "store": path.name,
        "product": f"{frame.contents}, {_PRODUCT[frame.contents]}; {frame.sensor}",
        **({"simulated": SIMULATED} if made_up else {}),
        "grid": M25.name,
        "days": _said_days(days),
        "blocks": f"{len(held):,} complete",
        "cells": f"{frame.cells.size:,}, {extent(place.lat, place.lon)}",
    }
    parts = list(_store_parts(path, days, frame.cells.size))
    if not parts:
        return Description(heading, ())
    return _described(parts, {**heading, **_said_parts(parts, len(days))})


def _said_days(days: Datetime64) -> str:
    return f"{days[0]} to {days[-1]}, {len(days):,}" if len(days) else "none"


def _said_parts(parts: list[xr.Dataset], days: int) -> dict[str, str]:
    """From how much the statistics are, unless from all."""
    read = sum(part.sizes["time"] for part in parts)
    return {"statistics": f"of {read:,} days in {len(parts)} parts"} if read < days else {}


def describe_product(path: Path) -> Description:
    """What the published cube of the record, or the file of one of its days, holds.

    Args:
        path: Zarr store or NetCDF file; of a cube a few blocks of days are read.

    Raises:
        GranuleError: it is damaged.
    """
    try:
        if path.is_dir():
            with xr.open_zarr(path, chunks=None, consolidated=False) as ds:
                return _of_product(path, ds, list(_cube_parts(ds)))
        with xr.open_dataset(path, engine="netcdf4") as ds:
            return _of_product(path, ds, [ds.load()])
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise unreadable(path, error, "a product of the record; publish it again") from error


def _cube_parts(ds: xr.Dataset) -> Iterator[xr.Dataset]:
    """A few blocks of days of a cube, each in the band of columns where most was observed."""
    blocks = -(-ds.sizes["time"] // BLOCK_DAYS)
    for block in np.unique(_spread(blocks)):
        some = ds.isel(time=slice(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS))
        seen = schema.is_observed(some).sum(axis=(0, 1))
        begins = np.arange(0, seen.size, _BAND)
        best = int(begins[np.argmax(np.add.reduceat(seen, begins))])
        yield some.isel(x=slice(best, best + _BAND)).load()


def _of_product(path: Path, ds: xr.Dataset, parts: list[xr.Dataset]) -> Description:
    days = ds["time"].to_numpy().astype("M8[D]")
    times = np.concatenate([part["t0"].to_numpy().ravel() for part in parts])
    rows, columns = ds["flag"].shape[1:]
    heading = {
        "store" if path.is_dir() else "file": path.name,
        "product": f"MCCA-ML {ds.attrs.get('product_version', '')}, {ds.attrs.get('title', '')}",
        **({"simulated": SIMULATED} if is_simulated(ds) else {}),
        "tracking id": str(ds.attrs.get("tracking_id", "unknown")),
        "days": _said_days(days),
        **({"observed": period(times)} if len(days) == 1 else {}),
        "window": f"{rows} rows, {columns} columns of {ds.attrs.get('grid', '')}, "
        f"{extent(ds['lat'].to_numpy(), ds['lon'].to_numpy())}",
    }
    names = [str(name) for name in ds.data_vars if ds[name].dims == ds["flag"].dims]
    first = [name for name in ("sm", "sm_uncertainty", "sm_filled") if name in names]
    ordered = [*first, *sorted(name for name in names if name not in first)]
    parts = [part[ordered] for part in parts]
    return _described(parts, {**heading, **_said_parts(parts, len(days))})


def describe_coefficients(path: Path) -> Description:
    """What a cross-calibration says, by channel.

    Args:
        path: NetCDF file of coefficients.

    Raises:
        GranuleError: it is damaged or of another version.
    """
    ds = coefficients.read(path)
    link = coefficients.to_link(ds)
    channels = len(link.channels)
    title, columns, *lines = coefficients.describe(ds).splitlines()
    heading = {
        "file": path.name,
        "product": title,
        **({"simulated": SIMULATED} if is_simulated(ds) else {}),
        "each line": columns.removeprefix("channel: "),
    }
    for line in lines[:channels]:
        pair, said = line[:_PAIR].strip(), line[_PAIR:].strip()
        heading[pair] = said
    room = _SCREEN - 2 - len(heading) - channels
    for line in lines[channels:][:room]:
        step, _, said = line.partition(": ")
        heading[step] = said
    own = np.where(link.pairs > 0, link.line.slope, np.nan)
    rows = [row_of(f"slope {name}", "1", own[:, i]) for i, name in enumerate(link.channels)]
    return Description(heading, tuple(rows))
