"""Values of one file of a product at some places: values, times and recommendation."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float64, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.read.products import cf_time
from mcca_ml.read.products.dimensions import SpatialLayout, enclosing_slices

FLAGS = (
    "flag",
    "retrieval_qual_flag",
    "retrieval_qual_flag_pm",
    "recommended_operational",
    "quality_flag",
)
"""Flag variables of recommended values; the first one present is used."""
_VOD = re.compile(r"^(vod|opt_depth|vegetation_opacity)|vegetation optical depth", re.IGNORECASE)
_IN_MEMORY = 2**28  # [byte]; larger slices of a cube are read place by place


class Values(NamedTuple):
    """Values of one file at one place, in the order of the file."""

    begin: Datetime64
    """Begin of the period of each value [UTC] (value,)."""
    end: Datetime64
    """End of the period [UTC] (value,); equal to `begin` for an instantaneous observation."""
    value: Float64
    """Soil moisture in the units of the file."""
    good: Booleans
    """True for values that the product recommends."""
    vod: Float64
    """Vegetation optical depth of each value [1]; NaN if the file has none."""


def picker(
    variable: xr.Variable, layout: SpatialLayout, block: dict[str, slice]
) -> Callable[[int], AnyArray]:
    """Return a function of a place: all values of a variable there, flattened.

    Args:
        variable: variable of a file.
        layout: layout of soil moisture; the variable has the same spatial dimensions.
        block: slices from `dimensions.enclosing_slices` with all places of later calls.
    """
    if layout.owner is not None:
        whole, owner = variable.to_numpy(), layout.owner
        return lambda place: whole[owner == place]
    near = variable.isel({d: s for d, s in block.items() if d in variable.dims})
    near = near.transpose(*layout.dims, ...)
    starts = [block[d].start for d in layout.dims]

    def index(place: int) -> tuple[int, ...]:
        at = np.unravel_index(place, layout.shape)
        return tuple(int(i) - start for i, start in zip(at, starts, strict=True))

    if near.nbytes > _IN_MEMORY:
        return lambda place: near[index(place)].to_numpy().ravel()
    values = near.to_numpy()
    return lambda place: values[index(place)].ravel()


def recommends(
    values: AnyArray, name: str, attrs: dict[str, object], dtype: np.dtype[np.generic]
) -> Booleans:
    """Return True where a flag recommends a value: our own mask, SMAP's first bit, or flag 0."""
    flag = np.nan_to_num(values.astype(np.float64), nan=1.0).astype(np.int64)
    meanings = str(attrs.get("flag_meanings", "")).lower()
    if name == "flag" and ("not_observed" in meanings or dtype == FLAG_DTYPE):
        return np.asarray(is_recommended(flag.astype(FLAG_DTYPE)))
    if name.startswith("retrieval_qual_flag"):
        return np.asarray(flag % 2 == 0)
    return np.asarray(flag == (1 if name == "recommended_operational" else 0))


def flag_name(ds: xr.Dataset, variable: str) -> str | None:
    """Return the flag variable of recommended values; None if there is none."""
    flag = next((name for name in FLAGS if name in ds.data_vars), None)
    return flag if flag is not None and ds[flag].dims == ds[variable].dims else None


def _is_time(variable: xr.Variable) -> bool:
    """Return True for times, decoded or in units of time."""
    return variable.dtype.kind == "M" or cf_time.is_time(variable.attrs)


def _is_vod(name: str, variable: xr.Variable) -> bool:
    """Return True for vegetation optical depth, by name or long name."""
    words = f"{name} {variable.attrs.get('long_name', '')}"
    return variable.dtype.kind == "f" and _VOD.search(words) is not None


def _spans(ds: xr.Dataset, variable: str, layout: SpatialLayout, path: Path) -> list[xr.Variable]:
    """Return begin and end of the period of each value of a variable, in its dimensions.

    From the time axis, else from the file name; empty if neither has a time.
    """
    axis = cf_time.find_time_axis(ds)
    if axis is None:
        ends: tuple[AnyArray | np.datetime64, ...] = cf_time.dates_in_name(path) or ()
    elif layout.owner is not None:
        ends = (cf_time.decode_times(ds[axis], path.name),) * 2
    else:
        ends = cf_time.axis_spans(ds, axis, path.name)
    dims = () if axis is None else ds[axis].dims
    sizes = ds[variable].sizes
    return [xr.Variable(dims, times).squeeze().set_dims(sizes) for times in ends]  # type: ignore[no-untyped-call]


def _no_time(ds: xr.Dataset, path: Path) -> str:
    """Return the error message for a file without time, or with invalid units of time."""
    units = ds.variables["time"].attrs.get("units", "") if "time" in ds.variables else None
    problem = "found no time in the file" if units is None else f"found time in units {units!r}"
    return (
        f"{path.name}: {problem} and no date in its name, expected days, hours, minutes or seconds "
        "since a date; give files of the provider"
    )


def extract(
    ds: xr.Dataset,
    variable: str,
    layout: SpatialLayout,
    places: Sequence[Int64],
    path: Path,
    *,
    has_own_times: bool = True,
) -> list[Values]:
    """Return the values of a file at some places.

    Args:
        ds: dataset of the file.
        variable: name of the soil moisture variable.
        layout: spatial layout of the variable.
        places: flat indices of each place, from `dimensions.nearest_places`.
        path: path of the file; its name may contain the day.
        has_own_times: True to prefer the time variable of the values to the time axis.

    Raises:
        GranuleError: neither the file nor its name contains a time.
    """
    block = enclosing_slices(layout, np.concatenate([*places, np.zeros(0, np.int64)]))
    pick_value = picker(ds.variables[variable], layout, block)
    dims = ds.variables[variable].dims
    companions = {str(n): v for n, v in ds.variables.items() if v.dims == dims}
    own = next((n for n, v in companions.items() if has_own_times and _is_time(v)), None)
    vod = next((n for n, v in companions.items() if _is_vod(n, v)), None)
    flag = flag_name(ds, variable)
    spans = _spans(ds, variable, layout, path)
    if not spans and own is None:
        raise GranuleError(_no_time(ds, path))
    wanted = {int(place) for index in places for place in index}
    values = {place: pick_value(place).astype(np.float64) for place in wanted}
    if not any(np.isfinite(column).any() for column in values.values()):
        own = flag = None  # no valid value, so neither times nor flags are needed
    pick = {n: picker(ds.variables[n], layout, block) for n in (own, flag, vod) if n}
    pick_ends = [picker(span, layout, block) for span in spans]

    def at(place: int) -> Values:
        value = values[place]
        unknown = np.full(value.size, np.datetime64("NaT", "ns"))
        ends = [pick_end(place).astype("M8[ns]") for pick_end in pick_ends]
        begin, end = ends or (unknown, unknown)
        if own:
            times = xr.Variable("value", pick[own](place), ds[own].attrs)
            exact = cf_time.decode_times(times, path.name)
            begin = np.where(np.isnat(exact), begin, exact)
            end = np.where(np.isnat(exact), end, exact)
        good = np.ones(value.size, np.bool_)
        if flag:
            good = recommends(pick[flag](place), flag, ds[flag].attrs, ds[flag].dtype)
        depth = pick[vod](place) if vod else np.full(value.size, np.nan)
        return Values(begin, end, value, good, depth.astype(np.float64))

    return [concatenate([at(place) for place in index.tolist()]) for index in places]


def concatenate(parts: Sequence[Values]) -> Values:
    """Concatenate the values of several files or places, at least one."""
    return Values(*map(np.concatenate, zip(*parts, strict=True)))
