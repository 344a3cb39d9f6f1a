"""Any CF soil-moisture product -> its values at a place or on a day, reading no more than that."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.flags import FLAG_DTYPE, is_recommended

CUBE = "record.zarr"
_SOIL_WATER = "volume_fraction_of_condensed_water_in_soil"
_NAMES = {
    "sm": ("sm", "soil_moisture"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "longitude"),
    "time": ("time",),
}
# Other times of some products, as t0 of ESA CCI's, have fill values that are no time at all.
_DECODED = {"t0": False}
_EARTH_KM = 6371.0
_LONE_CELL_DEG = 0.25
"""Spacing [degree] of an axis of one cell."""


@dataclass(frozen=True)
class Place:
    """The nearest cell to a point."""

    row: int
    column: int
    lat: float
    """Of the centre [degree]."""
    lon: float
    distance_km: float


def sources_of(path: Path) -> tuple[Path, ...]:
    """The cube, or the daily files in order of their names, that a product consists of.

    Args:
        path: a Zarr store, a directory of a product, or one file.

    Raises:
        GranuleError: there is no such path, or nothing in it.
    """
    if not path.exists():
        raise GranuleError(f"{path}: found nothing, expected a product; give its path")
    if path.is_file() or (path / "zarr.json").is_file():
        return (path,)
    if (path / CUBE / "zarr.json").is_file():
        return (path / CUBE,)
    files = tuple(sorted(path.rglob("*.nc"), key=lambda file: file.name))
    if not files:
        raise GranuleError(f"{path}: found no {CUBE} and no .nc file, expected a product")
    return files


def _named(ds: xr.Dataset, name: str) -> str | None:
    """The variable that stands for `name`."""
    for known in _NAMES[name]:
        if known in ds.variables:
            return known
    if name != "sm":
        return None
    said = (n for n, v in ds.data_vars.items() if v.attrs.get("standard_name") == _SOIL_WATER)
    return next((str(found) for found in said), None)


def open_product(path: Path) -> xr.Dataset:
    """Open a file or cube; values are read when they are used. Close it after use.

    Args:
        path: NetCDF file or Zarr store with soil moisture over time and a grid with 1-D lat, lon.

    Returns:
        Dataset with soil moisture `sm` [as the file says], `lat`, `lon` [degree], `time`.

    Raises:
        GranuleError: it cannot be read, or is no such product.
    """
    ds: xr.Dataset
    try:
        if path.is_dir():
            ds = xr.open_zarr(path, chunks=None, consolidated=False)
        else:
            ds = xr.open_dataset(path, decode_times=_DECODED)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise GranuleError(f"{path}: cannot be read ({reason}), expected a product") from error
    found = {name: _named(ds, name) for name in _NAMES}
    missing = [name for name, variable in found.items() if variable is None]
    ds = ds.rename({old: new for new, old in found.items() if old is not None and old != new})
    if not missing:
        missing = [name for name in ("lat", "lon", "time") if ds[name].ndim != 1]
        if set(ds["lat"].dims + ds["lon"].dims + ds["time"].dims) != set(ds["sm"].dims):
            missing = ["sm(time, lat, lon)"]
    if missing:
        ds.close()
        raise GranuleError(
            f"{path}: found no {', '.join(missing)} as expected of daily soil moisture "
            "on a grid with 1-D lat and lon; give such a product"
        )
    return ds


def _spacing(centres: Float64, at: int) -> float:
    """Distance to the farther neighbour along an axis [degree]."""
    if centres.size < 2:
        return _LONE_CELL_DEG
    return float(np.abs(np.diff(centres[max(at - 1, 0) : at + 2])).max())


def _distance(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Along the sphere [km], by the haversine formula."""
    a, b, c, d = np.radians([lat, lon, to_lat, to_lon])
    square = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return float(2 * _EARTH_KM * np.arcsin(np.sqrt(square)))


def extent_of(ds: xr.Dataset) -> str:
    """Latitudes, longitudes and days of a product, in words."""
    lat, lon, days = (ds[name].to_numpy() for name in ("lat", "lon", "time"))
    return (
        f"latitude {lat.min():.2f} to {lat.max():.2f}, longitude {lon.min():.2f} to "
        f"{lon.max():.2f}, {str(days.min())[:10]} to {str(days.max())[:10]}"
    )


def place_of(ds: xr.Dataset, lat: float, lon: float) -> Place:
    """The cell that holds a point.

    Args:
        ds: of `open_product`.
        lat: of the point [degree], -90 to 90.
        lon: of the point [degree], -180 to 360.

    Raises:
        ConfigError: the point lies outside the product.
    """
    lats, lons = (ds[name].to_numpy().astype(np.float64) for name in ("lat", "lon"))
    away = np.abs((lons - lon + 180) % 360 - 180)
    row, column = int(np.argmin(np.abs(lats - lat))), int(np.argmin(away))
    is_in = abs(lats[row] - lat) <= _spacing(lats, row) / 2 + 1e-6
    if not (is_in and away[column] <= _spacing(lons, column) / 2 + 1e-6):
        raise ConfigError(
            f"latitude {lat:g}, longitude {lon:g}: outside the product, expected a point in "
            f"{extent_of(ds)}"
        )
    centre = float(lats[row]), float(lons[column])
    return Place(row, column, *centre, _distance(lat, lon, *centre))


def at_point(ds: xr.Dataset, lat: float, lon: float) -> xr.Dataset:
    """The series at the cell that holds a point, over time; see `place_of` for the errors."""
    place = place_of(ds, lat, lon)
    at = {ds["lat"].dims[0]: place.row, ds["lon"].dims[0]: place.column}
    return ds.isel(at).assign_attrs(distance_km=place.distance_km)


def on_day(ds: xr.Dataset, date: np.datetime64) -> xr.Dataset:
    """The map of a UTC day.

    Raises:
        ConfigError: the product has no such day.
    """
    days = ds["time"].to_numpy().astype("datetime64[D]")
    (at,) = np.nonzero(days == date)
    if at.size == 0:
        raise ConfigError(f"{date}: no such day, expected one in {extent_of(ds)}")
    return ds.isel(time=int(at[0]))


def read_series(
    sources: Sequence[Path],
    lat: float,
    lon: float,
    start: np.datetime64 | None = None,
    end: np.datetime64 | None = None,
) -> xr.Dataset:
    """The series at a point out of a cube or many daily files, in memory.

    Args:
        sources: of `sources_of`.
        lat: of the point [degree].
        lon: of the point [degree].
        start: first day; None is the first of the product.
        end: last day, inclusive.

    Raises:
        ConfigError: the point or the days lie outside the product.
        GranuleError: a file cannot be read.
    """
    parts = []
    for path in sources:
        with open_product(path) as ds:
            days = ds["time"].to_numpy().astype("datetime64[D]")
            wanted = np.ones(days.shape, np.bool_)
            if start is not None:
                wanted &= days >= start
            if end is not None:
                wanted &= days <= end
            held = extent_of(ds)
            if wanted.any():
                span = slice(*(np.nonzero(wanted)[0][[0, -1]] + [0, 1]))
                parts.append(at_point(ds.isel(time=span), lat, lon).load())
    if not parts:
        raise ConfigError(f"{start} to {end}: no such days, expected some in {held}")
    if len(parts) == 1:
        return parts[0]
    return xr.concat(
        parts,
        dim="time",
        data_vars="minimal",
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    ).sortby("time")


def read_day(sources: Sequence[Path], date: np.datetime64) -> xr.Dataset:
    """The map of a day out of a cube or many daily files, in memory.

    Raises:
        ConfigError: the product has no such day.
        GranuleError: a file cannot be read.
    """
    stamp = str(date).replace("-", "")
    named = [path for path in sources if stamp in path.name]
    for path in named or sources:
        with open_product(path) as ds:
            if date in ds["time"].to_numpy().astype("datetime64[D]"):
                return on_day(ds, date).load()
            held = extent_of(ds)
    if len(sources) > 1:
        held = f"the files {sources[0].name} to {sources[-1].name}"
    raise ConfigError(f"{date}: no such day, expected one in {held}")


def recommended(ds: xr.Dataset) -> Booleans:
    """Whether each value exists and its flag recommends it: by our mask, else by flag 0."""
    known = np.isfinite(ds["sm"].to_numpy())
    if "flag" not in ds:
        return np.asarray(known)
    flag = np.nan_to_num(ds["flag"].to_numpy())
    if "not_observed" in str(ds["flag"].attrs.get("flag_meanings", "")).lower():
        return np.asarray(known & is_recommended(flag.astype(FLAG_DTYPE)))
    return np.asarray(known & (flag == 0))


def words(variable: xr.DataArray) -> list[str]:
    """The bits of a flag in the words of its own attributes, joined by +; the number without."""
    attrs = variable.attrs
    names = str(attrs.get("flag_meanings", "")).split()
    masks = np.atleast_1d(attrs.get("flag_masks", [])).tolist()
    values = np.nan_to_num(variable.to_numpy()).astype(np.int64).tolist()
    if len(names) != len(masks) or not masks:
        return [str(value) if value else "" for value in values]
    bits = [(int(mask), name) for mask, name in zip(masks, names, strict=True)]
    return ["+".join(name for mask, name in bits if value & mask) for value in values]
