"""Describe a record and its intermediate data: stores, cube, daily files, coefficients."""

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
    select_values,
    unreadable,
    variable_row,
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
"""Largest number of lines of heading, rows and flags."""
_MOST_ROWS = 16
_PARTS = 4
_BAND = 64
"""Number of columns of a cube that are read."""
_PAIR = 17
"""Width of a pair of channels in the description of coefficients."""
_CUBE_FILE = Path("time", "record.json")
_PRODUCT = {
    "GRID_TB": "brightness temperature by look",
    "TARGET": "target of the learner, retrieved",
    "STREAM": "soil moisture learned from one sensor",
    "RECORD": "fused record before it is published",
}


def is_record_store(path: Path) -> bool:
    """Return True if a folder is a store of a stage of the record."""
    return (path / layout.MANIFEST).is_file()


def is_cube(path: Path) -> bool:
    """Return True if a folder is the published cube of the record."""
    return (path / _CUBE_FILE).is_file()


def _sensors(bits: AnyArray) -> dict[str, str]:
    """Return the number of values that use each sensor."""
    whole = bits.astype(np.int64)
    counts = {s.name: int(((whole & s.cci_bit) != 0).sum()) for s in SENSORS.values()}
    listed = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    return {"sensors": listed or "none"}


def _is_described(ds: xr.Dataset) -> Booleans:
    """Return True for values to describe: observed ones and estimates of days without a look."""
    known = schema.is_observed(ds)
    for name in ("sm_filled", "soil_moisture"):
        if name in ds:
            known = known | np.isfinite(ds[name].to_numpy())
    return np.asarray(known)


def _describe_parts(parts: list[xr.Dataset], heading: Mapping[str, str]) -> Description:
    """Describe the selected values of some parts, within the lines of a screen."""
    selected = [select_values(part, _is_described(part)) for part in parts]
    ds = xr.concat(selected, "value", coords="minimal", compat="override", join="override")
    more = _sensors(ds["sensor"].to_numpy()) if "sensor" in ds else {}
    rows = variable_rows(ds)
    rest = len(rows) - _MOST_ROWS
    if rest > 0:
        more["not shown"] = f"{rest} more variables"
    room = max(_SCREEN - len(heading) - len(more) - min(len(rows), _MOST_ROWS) - 3, 1)
    return describe_values({**heading, **more}, ds, rows[:_MOST_ROWS], room)


def _block_days(blocks: list[dict[str, Any]], *, is_by_cells: bool) -> Datetime64:
    """Return the days of all blocks or, with blocks of cells, the days present in every block."""
    spans = [
        (np.datetime64(b["first_day"], "D"), np.datetime64(b["last_day"], "D")) for b in blocks
    ]
    if is_by_cells and spans:
        spans = [(max(first for first, _ in spans), min(last for _, last in spans))]
    one_day = np.timedelta64(1, "D")
    every = [np.arange(first, last + one_day) for first, last in spans]
    return np.concatenate([np.empty(0, "M8[D]"), *every])


def _store_parts(path: Path, days: Datetime64, cells: int) -> Iterator[xr.Dataset]:
    """Yield a few blocks of days of a store, each with one chunk of cells."""
    blocks = np.unique([layout.block_number(day) for day in days])
    groups = max(-(-cells // layout.CELL_BLOCK), 1)
    for number, block in enumerate(blocks[np.unique(_sample_positions(len(blocks)))]):
        of_block = layout.block_days(int(block))
        start = _sample_positions(groups)[number] * layout.CELL_BLOCK
        yield read_blocks.open_store(
            path,
            cells=slice(int(start), int(start) + layout.CELL_BLOCK),
            first_day=of_block[0],
            last_day=of_block[-1],
        )


def _sample_positions(count: int) -> Int64:
    """Return a few evenly spaced positions, including the first and the last."""
    return np.linspace(0, max(count - 1, 0), _PARTS).astype(np.int64)


def describe_record_store(path: Path) -> Description:
    """Describe a store of a stage of the record.

    Args:
        path: Zarr store with its manifest; a few blocks of days are read, as stated in the heading.

    Raises:
        GranuleError: the store is damaged.
        OutputError: the store has another version.
    """
    try:
        return _describe_store(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error, "a store of the record; make it again") from error


def _describe_store(path: Path) -> Description:
    frame = layout.read_frame(path)
    checkpoints = block_checkpoints(path)
    is_by_cells = CONTENTS[frame.contents].is_by_cells
    days = _block_days(list(checkpoints.values()), is_by_cells=is_by_cells)
    place = cell_latlon(M25, frame.cells)
    simulated = any(is_simulated(checkpoint["attributes"]) for checkpoint in checkpoints.values())
    heading = {
        "store": path.name,
        "product": f"{frame.contents}, {_PRODUCT[frame.contents]}; {frame.sensor}",
        **({"simulated": SIMULATED} if simulated else {}),
        "grid": M25.name,
        "days": _format_days(days),
        "blocks": f"{len(checkpoints):,} complete",
        "cells": f"{frame.cells.size:,}, {extent(place.lat, place.lon)}",
    }
    parts = list(_store_parts(path, days, frame.cells.size))
    if not parts:
        return Description(heading, ())
    return _describe_parts(parts, {**heading, **_format_parts(parts, len(days))})


def _format_days(days: Datetime64) -> str:
    return f"{days[0]} to {days[-1]}, {len(days):,}" if len(days) else "none"


def _format_parts(parts: list[xr.Dataset], days: int) -> dict[str, str]:
    """Return the number of days used for the statistics, unless all are used."""
    read = sum(part.sizes["time"] for part in parts)
    return {"statistics": f"of {read:,} days in {len(parts)} parts"} if read < days else {}


def describe_product(path: Path) -> Description:
    """Describe the published cube of the record, or one of its daily files.

    Args:
        path: Zarr store or NetCDF file; of a cube a few blocks of days are read.

    Raises:
        GranuleError: the file is damaged.
    """
    try:
        if path.is_dir():
            with xr.open_zarr(path, chunks=None, consolidated=False) as ds:
                return _describe_record(path, ds, list(_cube_parts(ds)))
        with xr.open_dataset(path, engine="netcdf4") as ds:
            return _describe_record(path, ds, [ds.load()])
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise unreadable(path, error, "a product of the record; publish it again") from error


def _cube_parts(ds: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield a few blocks of days of a cube, each in the columns with the most observations."""
    blocks = -(-ds.sizes["time"] // BLOCK_DAYS)
    for block in np.unique(_sample_positions(blocks)):
        block_ds = ds.isel(time=slice(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS))
        observed = schema.is_observed(block_ds).sum(axis=(0, 1))
        begins = np.arange(0, observed.size, _BAND)
        best = int(begins[np.argmax(np.add.reduceat(observed, begins))])
        yield block_ds.isel(x=slice(best, best + _BAND)).load()


def _describe_record(path: Path, ds: xr.Dataset, parts: list[xr.Dataset]) -> Description:
    days = ds["time"].to_numpy().astype("M8[D]")
    times = np.concatenate([part["t0"].to_numpy().ravel() for part in parts])
    rows, columns = ds["flag"].shape[1:]
    heading = {
        "store" if path.is_dir() else "file": path.name,
        "product": f"MCCA-ML {ds.attrs.get('product_version', '')}, {ds.attrs.get('title', '')}",
        **({"simulated": SIMULATED} if is_simulated(ds) else {}),
        "tracking id": str(ds.attrs.get("tracking_id", "unknown")),
        "days": _format_days(days),
        **({"observed": period(times)} if len(days) == 1 else {}),
        "window": f"{rows} rows, {columns} columns of {ds.attrs.get('grid', '')}, "
        f"{extent(ds['lat'].to_numpy(), ds['lon'].to_numpy())}",
    }
    names = [str(name) for name in ds.data_vars if ds[name].dims == ds["flag"].dims]
    first = [name for name in ("sm", "sm_uncertainty", "sm_filled") if name in names]
    ordered = [*first, *sorted(name for name in names if name not in first)]
    parts = [part[ordered] for part in parts]
    return _describe_parts(parts, {**heading, **_format_parts(parts, len(days))})


def describe_coefficients(path: Path) -> Description:
    """Describe a cross-calibration, by channel.

    Args:
        path: NetCDF file of coefficients.

    Raises:
        GranuleError: the file is damaged or has another version.
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
        pair, text = line[:_PAIR].strip(), line[_PAIR:].strip()
        heading[pair] = text
    room = _SCREEN - 2 - len(heading) - channels
    for line in lines[channels:][:room]:
        step, _, text = line.partition(": ")
        heading[step] = text
    own = np.where(link.pairs > 0, link.line.slope, np.nan)
    rows = [variable_row(f"slope {name}", "1", own[:, i]) for i, name in enumerate(link.channels)]
    return Description(heading, tuple(rows))
