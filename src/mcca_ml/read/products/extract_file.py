"""What one file of a product holds at some places: values, times, and what it recommends."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float64, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.read.products import cf_time
from mcca_ml.read.products.dimensions import Layout, block_of

FLAGS = (
    "flag",
    "retrieval_qual_flag",
    "retrieval_qual_flag_pm",
    "recommended_operational",
    "quality_flag",
)
"""Variables that say which values a product recommends; the first that is there counts."""
_VOD = re.compile(r"^(vod|opt_depth|vegetation_opacity)|vegetation optical depth", re.IGNORECASE)
_IN_MEMORY = 2**28  # [byte]; a larger part of a cube is read place by place


@dataclass(frozen=True)
class Values:
    """What one file holds at one place, in the order of the file."""

    begin: Datetime64
    """Of what each value stands for [UTC] (value,)."""
    end: Datetime64
    """The same as `begin` for an observation at an instant."""
    value: Float64
    """In the units of the file."""
    good: Booleans
    """Whether the product recommends it."""
    vod: Float64
    """Vegetation optical depth beside it [1]; NaN where the file has none."""


def picker(
    ds: xr.Dataset, name: str, layout: Layout, block: dict[str, slice]
) -> Callable[[int], AnyArray]:
    """A function of a place: all values of a variable there, flat over its other dimensions.

    Args:
        ds: the file.
        name: of the variable.
        layout: of soil moisture, whose dimensions of place the variable has too.
        block: of `dimensions.block_of`, with all places that will be asked for.
    """
    variable = ds[name]
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
    """Whether a flag recommends each value: by our own mask, by SMAP's first bit, or by 0."""
    flag = np.nan_to_num(values.astype(np.float64), nan=1.0).astype(np.int64)
    meanings = str(attrs.get("flag_meanings", "")).lower()
    if name == "flag" and ("not_observed" in meanings or dtype == FLAG_DTYPE):
        return np.asarray(is_recommended(flag.astype(FLAG_DTYPE)))
    if name.startswith("retrieval_qual_flag"):
        return np.asarray(flag % 2 == 0)
    return np.asarray(flag == (1 if name == "recommended_operational" else 0))


def flag_name(ds: xr.Dataset, variable: str) -> str | None:
    """The variable that says which values the product recommends; None where there is none."""
    flag = next((name for name in FLAGS if name in ds.data_vars), None)
    return flag if flag is not None and ds[flag].dims == ds[variable].dims else None


def _own_times(ds: xr.Dataset, variable: str) -> str | None:
    """A variable that tells the time of each value: of the same dimensions, in units of time."""
    dims = ds.variables[variable].dims
    for name, one in ds.variables.items():
        if one.dims == dims and (one.dtype.kind == "M" or cf_time.is_time(one.attrs)):
            return str(name)
    return None


def _vod(ds: xr.Dataset, variable: str) -> str | None:
    """A variable of vegetation optical depth beside soil moisture; the first one."""
    for name, one in ds.variables.items():
        is_named = _VOD.search(f"{name} {one.attrs.get('long_name', '')}")
        if is_named and one.dims == ds.variables[variable].dims and one.dtype.kind == "f":
            return str(name)
    return None


def _axis_times(
    ds: xr.Dataset, variable: str, layout: Layout, path: Path
) -> Callable[[int, int], tuple[Datetime64, Datetime64]] | None:
    """What gives begin and end of the values at a place, from the axis of times or from the name.

    None where neither tells.
    """
    axis = cf_time.axis_of(ds)
    if axis is None:
        told = cf_time.of_name(path)
        if told is None:
            return None
        return lambda _, count: (np.full(count, told[0]), np.full(count, told[1]))
    if layout.owner is not None:
        times, owner = cf_time.times_of(ds[axis], path.name), layout.owner
        return lambda place, _: (times[owner == place], times[owner == place])
    both = cf_time.axis_spans(ds, axis, path.name)
    along = ds[axis].dims[0]
    if along in layout.dims:  # points, or lines of a swath, with a time each
        number = layout.dims.index(along)

        def of_line(place: int, count: int) -> tuple[Datetime64, Datetime64]:
            line = np.unravel_index(place, layout.shape)[number]
            return np.full(count, both[0][line]), np.full(count, both[1][line])

        return of_line
    rest = [d for d in ds[variable].dims if d not in layout.dims]
    sizes = [ds.sizes[d] for d in rest]
    wide = [one.reshape([-1 if d == along else 1 for d in rest]) for one in both]
    flat = [np.broadcast_to(one, sizes).ravel() for one in wide]
    return lambda _place, _count: (flat[0], flat[1])


def _no_time(ds: xr.Dataset, path: Path) -> str:
    """What to say of a file that tells no time, or one in units that are none."""
    units = ds.variables["time"].attrs.get("units", "") if "time" in ds.variables else None
    found = "found no time in the file" if units is None else f"found time in units {units!r}"
    return (
        f"{path.name}: {found} and no date in its name, expected days, hours, minutes or seconds "
        "since a date; give files of the provider"
    )


def extract(
    ds: xr.Dataset,
    variable: str,
    layout: Layout,
    places: Sequence[Int64],
    path: Path,
    *,
    has_own_times: bool = True,
) -> list[Values]:
    """What a file holds at some places.

    Args:
        ds: the file.
        variable: soil moisture.
        layout: of the variable.
        places: flat indices for each place that is asked for, as `layout.places_of` gives them.
        path: of the file, whose name may tell the day.
        has_own_times: take the time of each value, where the file has one, before that of its axis.

    Raises:
        GranuleError: neither the file nor its name tells a time.
    """
    block = block_of(layout, np.concatenate([*places, np.zeros(0, np.int64)]))
    value_of = picker(ds, variable, layout, block)
    own = _own_times(ds, variable) if has_own_times else None
    flag = flag_name(ds, variable)
    axis = _axis_times(ds, variable, layout, path)
    if axis is None and own is None:
        raise GranuleError(_no_time(ds, path))
    wanted = {int(place) for index in places for place in index}
    values = {place: value_of(place).astype(np.float64) for place in wanted}
    if not any(np.isfinite(one).any() for one in values.values()):
        own = flag = None  # nothing to time or to judge: most days of few stations in daily files
    flag_of = picker(ds, flag, layout, block) if flag is not None else None
    time_of = picker(ds, own, layout, block) if own is not None else None
    vod = _vod(ds, variable)
    vod_of = picker(ds, vod, layout, block) if vod is not None else None

    def at(place: int) -> Values:
        value = values[place]
        unknown = np.full(value.size, np.datetime64("NaT", "ns"))
        begin, end = axis(place, value.size) if axis else (unknown, unknown)
        if time_of is not None and own is not None:
            exact = _exact(time_of(place), ds[own].attrs, path)
            begin = np.where(np.isnat(exact), begin, exact)
            end = np.where(np.isnat(exact), end, exact)
        good = np.ones(value.size, np.bool_)
        if flag_of is not None and flag is not None:
            good = recommends(flag_of(place), flag, ds[flag].attrs, ds[flag].dtype)
        beside = np.full(value.size, np.nan) if vod_of is None else vod_of(place)
        return Values(begin, end, value, good, beside.astype(np.float64))

    return [together([at(place) for place in index.tolist()]) for index in places]


def _exact(raw: AnyArray, attrs: dict[str, object], path: Path) -> Datetime64:
    cf_time.check_calendar(attrs, path.name)
    if raw.dtype.kind == "M":
        return raw.astype("M8[ns]")
    return cf_time.decode(raw, str(attrs.get("units", "")), path.name)


def together(parts: Sequence[Values]) -> Values:
    """Several pieces behind each other; nothing at all for none."""
    if not parts:
        none = np.zeros(0, "M8[ns]")
        return Values(none, none, np.zeros(0), np.zeros(0, np.bool_), np.zeros(0))
    return Values(
        np.concatenate([one.begin for one in parts]),
        np.concatenate([one.end for one in parts]),
        np.concatenate([one.value for one in parts]),
        np.concatenate([one.good for one in parts]),
        np.concatenate([one.vod for one in parts]),
    )
