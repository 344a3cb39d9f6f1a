"""The truth of a simulated world read back from its store."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.simulate.truth.types import Cells, Land, Patch, State, Surface, WorldTruth


def open_truth(path: Path) -> WorldTruth:
    """The truth of a world, as it was written but for the packing."""
    with xr.open_zarr(path, zarr_format=3, consolidated=False, chunks=None) as ds:
        return WorldTruth(
            _cells_from(ds),
            _land_from(ds),
            ds["time"].to_numpy().astype("datetime64[s]"),
            State(*(ds[f.name].to_numpy().astype(np.float32) for f in fields(State))),
        )


def _cells_from(ds: xr.Dataset) -> Cells:
    """The cells of a store."""
    patches = tuple(
        Patch(p["name"], p["first_row"], p["first_column"], tuple(p["shape"]), p["start"])
        for p in json.loads(ds.attrs["patches"])
    )
    names = ("cell", "lat", "lon", "is_land", "is_core")
    return Cells(patches, *(ds[name].to_numpy() for name in names))


def _land_from(ds: xr.Dataset) -> Land:
    """The land of a store."""
    surfaces = {
        name: Surface(*(ds[f"{name}_{part.name}"].to_numpy() for part in fields(Surface)))
        for name in ("first", "second")
    }
    others = [field.name for field in fields(Land) if field.name not in surfaces]
    return Land(**{name: ds[name].to_numpy() for name in others}, **surfaces)
