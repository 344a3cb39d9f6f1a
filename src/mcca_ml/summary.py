"""What a granule or a product holds, in a screenful: the content of `mcca-ml inspect`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml import schema
from mcca_ml.flags import MEANING, is_recommended
from mcca_ml.publish.attributes import is_simulated
from mcca_ml.publish.product import LOOKS
from mcca_ml.read.any import read
from mcca_ml.read.granule import open_hdf5, text

_PRODUCT_MARK = "tracking_id"
_HIDDEN = ("flag", "obs_time", "crs", "time_bnds", "land_cover", "land_cover_fraction")
"""Variables that a minimum and a median say nothing about."""


@dataclass(frozen=True)
class Row:
    """One variable."""

    name: str
    units: str
    low: str
    median: str
    high: str
    share: float
    """Of the observed cells, those with a value [1]."""


@dataclass(frozen=True)
class FlagRow:
    """One condition that occurs."""

    name: str
    meaning: str
    count: int
    is_recommended: bool
    """Whether values with it are recommended all the same."""


@dataclass(frozen=True)
class Description:
    """What a file holds."""

    heading: Mapping[str, str]
    rows: tuple[Row, ...]
    flags: tuple[FlagRow, ...]
    values: int
    """Values of soil moisture; 0 in a granule."""
    recommended: int


def _number(value: float) -> str:
    return f"{value:.4g}"


def _row(name: str, units: str, values: npt.NDArray[np.generic]) -> Row:
    """Statistics of a variable over observed cells."""
    known = values[np.isfinite(values)].astype(np.float64)
    share = known.size / max(values.size, 1)
    if known.size == 0:
        return Row(name, units, "-", "-", "-", share)
    low, median, high = known.min(), float(np.median(known)), known.max()
    return Row(name, units, _number(low), _number(median), _number(high), share)


def _rows(ds: xr.Dataset, observed: npt.NDArray[np.bool_]) -> tuple[Row, ...]:
    """A row for each variable over cells, and for each channel of brightness temperature."""
    rows = []
    for name, variable in ds.data_vars.items():
        values = variable.to_numpy()
        units = str(variable.attrs.get("units", variable.encoding.get("units", "")))
        if str(name) in _HIDDEN or values.shape[: observed.ndim] != observed.shape:
            continue
        if "channel" not in variable.dims:
            rows.append(_row(str(name), units, values[observed]))
            continue
        for number, channel in enumerate(ds["channel"].to_numpy()):
            rows.append(_row(f"{name} {channel}", units, values[..., number][observed]))
    return tuple(rows)


def _flags(flag: npt.NDArray[np.uint32]) -> tuple[FlagRow, ...]:
    """The conditions that occur among observed cells, the commonest first."""
    found = [
        FlagRow(
            (bit.name or "").lower(),
            meaning,
            int(((flag & np.uint32(int(bit))) != 0).sum()),
            bool(is_recommended(np.array([int(bit)], np.uint32))[0]),
        )
        for bit, meaning in MEANING.items()
    ]
    return tuple(sorted((row for row in found if row.count), key=lambda row: -row.count))


def _times(times: npt.NDArray[np.generic]) -> str:
    """First and last time of observation."""
    known = times[~np.isnat(times)].astype("datetime64[s]")
    return f"{known.min()} to {known.max()} UTC" if known.size else "times unknown"


def _places(ds: xr.Dataset, observed: npt.NDArray[np.bool_]) -> str:
    """How many cells, and where."""
    seen = np.asarray(observed.any(axis=(0, 1)))
    is_list = "cell" in ds.dims
    rows, columns = (seen, seen) if is_list else (seen.any(axis=1), seen.any(axis=0))
    lat, lon = ds["lat"].to_numpy()[rows], ds["lon"].to_numpy()[columns]
    if lat.size == 0:
        return "none"
    return (
        f"{int(seen.sum()):,} observed, latitude {lat.min():.1f} to {lat.max():.1f}, "
        f"longitude {lon.min():.1f} to {lon.max():.1f}"
    )


def _described(ds: xr.Dataset, heading: Mapping[str, str]) -> Description:
    flag = ds["flag"].to_numpy().astype(np.uint32)
    observed = schema.is_observed(ds)
    days = [str(day)[:10] for day in ds["time"].to_numpy()]
    more = {
        "grid": str(ds.attrs.get("grid", "")),
        "day": ", ".join(days) if len(days) <= 3 else f"{days[0]} to {days[-1]}, {len(days)}",
        "observed": _times(ds["obs_time"].to_numpy()[observed]),
        "looks": ", ".join(str(look) for look in ds["look"].to_numpy()),
        "cells": _places(ds, observed),
    }
    values = np.zeros(observed.shape, np.bool_)
    if "soil_moisture" in ds:
        values = np.isfinite(ds["soil_moisture"].to_numpy())
    return Description(
        heading={**heading, **more},
        rows=_rows(ds, observed),
        flags=_flags(flag[observed]),
        values=int(values.sum()),
        recommended=int((values & is_recommended(flag)).sum()),
    )


def _simulated(ds: xr.Dataset) -> dict[str, str]:
    return {"simulated": "SIMULATED, not an observation"} if is_simulated(ds) else {}


def _of_product(path: Path) -> Description:
    with xr.open_dataset(path, engine="netcdf4") as found:
        ds = found.load()
    ds = ds.assign_coords(look=[LOOKS[number] for number in ds["look"].to_numpy()])
    granules = [name for name in str(ds.attrs.get("source_granules", "")).split(", ") if name]
    more = f" and {len(granules) - 1} more" if len(granules) > 1 else ""
    heading = {
        "file": path.name,
        "product": f"MCCA-ML {ds.attrs.get('product_version', '')}, {ds.attrs.get('title', '')}",
        **_simulated(ds),
        "made from": f"{granules[0]}{more}" if granules else "unknown",
        "tracking id": str(ds.attrs[_PRODUCT_MARK]),
    }
    return _described(ds, heading)


def _of_granule(path: Path) -> Description:
    ds = read(path)
    heading = {
        "file": path.name,
        "product": f"{ds.attrs.get('product', 'gridded brightness temperature')} "
        f"version {ds.attrs.get('product_version', 'unknown')}, {ds.attrs.get('sensor', '')}",
        **_simulated(ds),
        "layout": str(ds.attrs.get("layout", "GRID_TB")),
    }
    return _described(ds, heading)


def describe(path: Path) -> Description:
    """What a granule or a product of this package holds.

    Args:
        path: the file.

    Raises:
        GranuleError: it is neither, or it cannot be read.
    """
    with open_hdf5(path) as h5:
        is_product = bool(text(h5.attrs.get(_PRODUCT_MARK))) and "soil_moisture" in h5
    return _of_product(path) if is_product else _of_granule(path)
