"""Describe a granule, product or folder for `mcca-ml inspect`."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Booleans
from mcca_ml.errors import GranuleError, MoistureError
from mcca_ml.inspect.description import (
    SIMULATED,
    Description,
    describe_values,
    extent,
    period,
    select_values,
    variable_rows,
)
from mcca_ml.inspect.folders import describe_stations, describe_store, is_stations, is_store
from mcca_ml.inspect.learned import describe_weights
from mcca_ml.inspect.others import describe_other
from mcca_ml.inspect.published import describe_product_folder, is_product_folder
from mcca_ml.inspect.stores import (
    describe_coefficients,
    describe_product,
    describe_record_store,
    is_cube,
    is_record_store,
)
from mcca_ml.inspect.swaths import describe_swaths
from mcca_ml.publish.smap_day import LOOKS
from mcca_ml.read.any_granule import is_swath, open_granule
from mcca_ml.read.granule import open_hdf5, text
from mcca_ml.schema import is_simulated

_TRACKING_ID = "tracking_id"
_CALIBRATION = "MCCA-ML calibration coefficients"
_NETWORKS = ".npz"


def _places(ds: xr.Dataset, observed: Booleans) -> str:
    """Return the number of observed cells and their extent."""
    mask = np.asarray(observed.any(axis=(0, 1)))
    is_list = "cell" in ds.dims
    rows, columns = (mask, mask) if is_list else (mask.any(axis=1), mask.any(axis=0))
    lat, lon = ds["lat"].to_numpy()[rows], ds["lon"].to_numpy()[columns]
    if lat.size == 0:
        return "none"
    return f"{int(mask.sum()):,} observed, {extent(lat, lon)}"


def _describe_looks(ds: xr.Dataset, heading: Mapping[str, str]) -> Description:
    observed = schema.is_observed(ds)
    days = [str(day)[:10] for day in ds["time"].to_numpy()]
    more = {
        "grid": str(ds.attrs.get("grid", "")),
        "day": ", ".join(days) if len(days) <= 3 else f"{days[0]} to {days[-1]}, {len(days)}",
        "observed": period(ds["obs_time"].to_numpy()[observed]),
        "looks": ", ".join(str(look) for look in ds["look"].to_numpy()),
        "cells": _places(ds, observed),
    }
    values = select_values(ds, observed)
    return describe_values({**heading, **more}, values, variable_rows(values))


def _simulated(ds: xr.Dataset) -> dict[str, str]:
    return {"simulated": SIMULATED} if is_simulated(ds) else {}


def _describe_retrieval(path: Path) -> Description:
    with xr.open_dataset(path, engine="netcdf4") as opened:
        ds = opened.load()
    ds = ds.assign_coords(look=[LOOKS[number] for number in ds["look"].to_numpy()])
    granules = [name for name in str(ds.attrs.get("source_granules", "")).split(", ") if name]
    more = f" and {len(granules) - 1} more" if len(granules) > 1 else ""
    heading = {
        "file": path.name,
        "product": f"MCCA-ML {ds.attrs.get('product_version', '')}, {ds.attrs.get('title', '')}",
        **_simulated(ds),
        "made from": f"{granules[0]}{more}" if granules else "unknown",
        "tracking id": str(ds.attrs[_TRACKING_ID]),
    }
    return _describe_looks(ds, heading)


def _describe_granule(path: Path) -> Description:
    ds = open_granule(path)
    heading = {
        "file": path.name,
        "product": f"{ds.attrs.get('product', 'gridded brightness temperature')} "
        f"version {ds.attrs.get('product_version', 'unknown')}, {ds.attrs.get('sensor', '')}",
        **_simulated(ds),
        "layout": str(ds.attrs.get("layout", "GRID_TB")),
    }
    return _describe_looks(ds, heading)


def describe(path: Path) -> Description:
    """Describe a granule, a product, a stage of the record, stations or a simulated truth.

    Args:
        path: file or folder.

    Raises:
        ConfigError: the path contains stations and the package ismn is not installed.
        GranuleError: the path is none of these, or it cannot be read.
    """
    if path.is_dir():
        return _describe_folder(path)
    if path.suffix == _NETWORKS:
        return describe_weights(path)
    with open_hdf5(path) as h5:
        has_tracking = bool(text(h5.attrs.get(_TRACKING_ID)))
        is_day, is_product = (has_tracking and name in h5 for name in ("sm", "soil_moisture"))
        is_calibration = text(h5.attrs.get("format")).startswith(_CALIBRATION)
        has_swaths = is_swath(h5)
    if is_calibration:
        return describe_coefficients(path)
    if is_day:
        return describe_product(path)
    if is_product:
        return _describe_retrieval(path)
    if has_swaths:
        return describe_swaths(path)
    return _describe_or_other(path, lambda: _describe_granule(path))


def _describe_or_other(path: Path, describe_own: Callable[[], Description]) -> Description:
    """Describe a path with `own`; if that fails, as a product that `series` and `validate` read."""
    try:
        return describe_own()
    except GranuleError as refused:
        try:
            return describe_other(path)
        except MoistureError:
            raise  # a product whose soil moisture cannot be read
        except GranuleError:
            raise refused from None


def _describe_folder(path: Path) -> Description:
    if is_product_folder(path):
        return describe_product_folder(path)
    if is_record_store(path):
        return describe_record_store(path)
    if is_cube(path):
        return describe_product(path)
    if is_store(path):
        return describe_store(path)
    if is_stations(path):
        return describe_stations(path)
    # Raises for a directory that is no product.
    return _describe_or_other(path, lambda: _describe_granule(path))
