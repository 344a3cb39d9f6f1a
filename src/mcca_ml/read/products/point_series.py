"""A soil-moisture product -> its values at a point, or the map of a day.

Files, variable, coordinates and times are found as in `mcca-ml validate`: see `open`,
`soil_moisture_variable`, `dimensions`, `cf_time` and `extract_file`.
"""

from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64, Int64
from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.read.products import cf_time
from mcca_ml.read.products.dimensions import (
    NearestPlaces,
    SpatialLayout,
    enclosing_slices,
    find_coordinates,
    find_layout,
    place_centre,
)
from mcca_ml.read.products.extract_file import extract, flag_name, picker, recommends
from mcca_ml.read.products.moisture_files import moisture_files
from mcca_ml.read.products.open import MoistureProduct, list_files


def file_days(ds: xr.Dataset, path: Path) -> Datetime64:
    """Return the UTC days of the time axis, else of the file name; empty if there are none."""
    axis = cf_time.find_time_axis(ds)
    if axis is not None:
        return cf_time.axis_spans(ds, axis, path.name)[0].astype("M8[D]")
    span = cf_time.dates_in_name(path)
    return np.array([] if span is None else [span[0]], "M8[D]")


def _extent(layout: SpatialLayout, days: Datetime64) -> str:
    """Describe latitudes, longitudes and days of a file."""
    words = [
        f"{name} {np.nanmin(axis):.2f} to {np.nanmax(axis):.2f}"
        for name, axis in (("latitude", layout.lat), ("longitude", layout.lon))
        if axis.size
    ]
    known = days[~np.isnat(days)]
    return ", ".join([*words, f"{known.min()} to {known.max()}"] if known.size else words)


def _companions(ds: xr.Dataset, name: str) -> list[str]:
    """Return the other variables with the dimensions of soil moisture."""
    return [str(n) for n, v in ds.data_vars.items() if v.dims == ds[name].dims and n != name]


def _at_place(
    ds: xr.Dataset, name: str, layout: SpatialLayout, index: Int64, path: Path
) -> xr.Dataset:
    """Return soil moisture at a place over time, its companion variables and `is_recommended`."""
    axis = cf_time.find_time_axis(ds)
    # A daily value has the time of its day; the looks of a day have times of their own.
    over = {*layout.dims, *(ds[axis].dims if axis is not None else ())}
    is_daily = axis is not None and set(ds[name].dims) <= over
    values = extract(ds, name, layout, [index], path, has_own_times=not is_daily)[0]
    columns = {"sm": xr.Variable("time", values.value, ds[name].attrs)}
    block = enclosing_slices(layout, index)
    for other in _companions(ds, name):
        pick = picker(ds.variables[other], layout, block)
        column = np.concatenate([pick(place) for place in index.tolist()])
        columns.setdefault(other, xr.Variable("time", column, ds[other].attrs))
    good = values.good & np.isfinite(values.value)
    columns["is_recommended"] = xr.Variable("time", good)
    lat, lon = place_centre(layout, int(index[0]))
    coords = {"time": values.begin, "lat": lat, "lon": lon}
    return xr.Dataset(columns, coords=coords, attrs=ds.attrs)


def _select_days(
    ds: xr.Dataset,
    layout: SpatialLayout,
    days: Datetime64,
    first: np.datetime64,
    last: np.datetime64,
) -> xr.Dataset | None:
    """Select the steps of a file between two days; None if there are none."""
    wanted = np.flatnonzero((days >= first) & (days <= last))
    if days.size and not wanted.size:
        return None
    axis = cf_time.find_time_axis(ds)
    # Times of points or swath lines vary along a spatial dimension, which is not cut.
    if axis is None or ds[axis].dims[0] in layout.dims:
        return ds
    return ds.isel({ds[axis].dims[0]: slice(int(wanted[0]), int(wanted[-1]) + 1)})


def read_series(
    product: MoistureProduct,
    lat: float,
    lon: float,
    start: np.datetime64 | None = None,
    end: np.datetime64 | None = None,
) -> xr.Dataset:
    """Read the series of a product at a point.

    Args:
        product: path and, if it has several soil moisture variables, the name of one.
        lat: latitude of the point [degree], -90 to 90.
        lon: longitude of the point [degree], -180 to 360.
        start: first day; None for the first day of the product.
        end: last day, inclusive; None for the last day of the product.

    Returns:
        Soil moisture `sm` (time) [units of the file], `is_recommended` (time), and the variables
        with the same dimensions; coordinates `time` [UTC], `lat` and `lon` of the cell;
        attribute `distance_km` from the point to its centre.

    Raises:
        ConfigError: the point or the days are outside the product.
        GranuleError: there is no soil moisture, or a file cannot be read.
    """
    first = np.datetime64("0001-01-01") if start is None else start
    last = np.datetime64("9999-12-31") if end is None else end
    nearest, parts, is_near = NearestPlaces([(lat, lon)]), [], False
    for path, ds, first_file in moisture_files(product):
        name = first_file.variable
        layout, days = find_layout(ds, name, path.name), file_days(ds, path)
        index, far = nearest.places(layout)[0]
        is_near |= index.size > 0
        selected = _select_days(ds, layout, days, first, last) if index.size else None
        if selected is not None:
            parts.append((far, _at_place(selected, name, layout, index, path)))
    if not is_near:
        raise ConfigError(
            f"latitude {lat:g}, longitude {lon:g}: outside the product, expected a point in "
            f"{_extent(layout, days)}"
        )
    if not parts:
        raise ConfigError(
            f"{start} to {end}: no such days, expected some in {_extent(layout, days)}"
        )
    distance = min(far for far, _ in parts)
    # The same place in other files.
    kept = [values for far, values in parts if far <= distance + 1e-3]
    series = xr.concat(
        kept,
        dim="time",
        data_vars="minimal",
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    ).sortby("time")
    day = series["time"].to_numpy().astype("M8[D]")
    series = series.isel(time=(day >= first) & (day <= last))
    return series.assign_attrs(distance_km=distance)


def read_day(product: MoistureProduct, date: np.datetime64) -> xr.Dataset:
    """Read the map of a UTC day.

    Args:
        product: path and, if it has several soil moisture variables, the name of one.
        date: UTC day.

    Returns:
        Soil moisture `sm`, `is_recommended`, and the variables beside them, over the two dimensions
        of a grid with coordinates `lat` and `lon`.

    Raises:
        ConfigError: the product has no such day.
        GranuleError: no soil moisture on a grid with 1-D latitude and longitude, or a file cannot
            be read.
    """
    files = list_files(product.path)
    spans = [(path, cf_time.dates_in_name(path)) for path in files]
    named = tuple(path for path, span in spans if span and span[0] <= date < span[1])
    for path, ds, first_file in moisture_files(product, paths=named or files):
        name, days = first_file.variable, file_days(ds, path)
        layout = find_layout(ds, name, path.name)
        if date in days:
            return _day_map(ds, name, layout, int(np.argmax(days == date)), path).assign_coords(
                time=date.astype("M8[ns]")
            )
    several = f"the files {files[0].name} to {files[-1].name}"
    extent = several if len(files) > 1 else _extent(layout, days)
    raise ConfigError(f"{date}: no such day, expected one in {extent}")


def _day_map(ds: xr.Dataset, name: str, layout: SpatialLayout, step: int, path: Path) -> xr.Dataset:
    """Return one step of a file as a map."""
    axis = cf_time.find_time_axis(ds)
    if axis is not None and ds[axis].dims[0] in ds[name].dims:
        ds = ds.isel({ds[axis].dims[0]: step})
    ds = ds.squeeze([d for d in ds[name].dims if d not in layout.dims and ds.sizes[d] == 1])
    if not layout.has_axes or set(ds[name].dims) != set(layout.dims):
        raise GranuleError(
            f"{path.name}: {name} has dimensions {ds[name].dims}, expected those of a grid with "
            "1-D latitude and longitude; `mcca-ml series` shows a point of it"
        )
    lat, lon = find_coordinates(ds)
    names = {name: "sm", str(lat): "lat", str(lon): "lon"}
    shown = ds[[name, *_companions(ds, name)]]
    day = shown.rename({k: v for k, v in names.items() if k != v}).load()
    good, flag = np.isfinite(day["sm"].to_numpy()), flag_name(day, "sm")
    if flag is not None:
        good &= recommends(day[flag].to_numpy(), flag, day[flag].attrs, day[flag].dtype)
    return day.assign(is_recommended=(day["sm"].dims, good))


def words(variable: xr.DataArray) -> list[str]:
    """Return the meanings of the bits of a flag, joined by +, from its attributes."""
    attrs = variable.attrs
    names = str(attrs.get("flag_meanings", "")).split()
    masks = np.atleast_1d(attrs.get("flag_masks", [])).tolist()
    values = np.nan_to_num(variable.to_numpy()).astype(np.int64).tolist()
    if len(names) != len(masks) or not masks:
        return [str(value) if value else "" for value in values]
    bits = [(int(mask), name) for mask, name in zip(masks, names, strict=True)]
    return ["+".join(name for mask, name in bits if value & mask) for value in values]
