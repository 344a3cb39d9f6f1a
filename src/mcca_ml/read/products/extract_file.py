"""What one file of a product holds at some places: values, times, and what it recommends."""

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


class Values(NamedTuple):
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
    variable: xr.Variable, layout: Layout, block: dict[str, slice]
) -> Callable[[int], AnyArray]:
    """A function of a place: all values of a variable there, flat over its other dimensions.

    Args:
        variable: of a file.
        layout: of soil moisture, whose dimensions of place the variable has too.
        block: of `dimensions.block_of`, with all places that will be asked for.
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


def _is_time(variable: xr.Variable) -> bool:
    """Return True for times, decoded or in units of time."""
    return variable.dtype.kind == "M" or cf_time.is_time(variable.attrs)


def _is_vod(name: str, variable: xr.Variable) -> bool:
    """Return True for vegetation optical depth, by name or long name."""
    words = f"{name} {variable.attrs.get('long_name', '')}"
    return variable.dtype.kind == "f" and _VOD.search(words) is not None


def _spans(ds: xr.Dataset, variable: str, layout: Layout, path: Path) -> list[xr.Variable]:
    """Begin and end of what each value of a variable stands for, in its dimensions.

    From the axis of times, else from the name of the file; empty where neither has a time.
    """
    axis = cf_time.axis_of(ds)
    if axis is None:
        ends: tuple[AnyArray | np.datetime64, ...] = cf_time.of_name(path) or ()
    elif layout.owner is not None:
        ends = (cf_time.times_of(ds[axis], path.name),) * 2
    else:
        ends = cf_time.axis_spans(ds, axis, path.name)
    dims = () if axis is None else ds[axis].dims
    sizes = ds[variable].sizes
    return [xr.Variable(dims, one).squeeze().set_dims(sizes) for one in ends]  # type: ignore[no-untyped-call]


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
    value_of = picker(ds.variables[variable], layout, block)
    dims = ds.variables[variable].dims
    beside = {str(name): one for name, one in ds.variables.items() if one.dims == dims}
    own = next((n for n, one in beside.items() if has_own_times and _is_time(one)), None)
    vod = next((n for n, one in beside.items() if _is_vod(n, one)), None)
    flag = flag_name(ds, variable)
    spans = _spans(ds, variable, layout, path)
    if not spans and own is None:
        raise GranuleError(_no_time(ds, path))
    wanted = {int(place) for index in places for place in index}
    values = {place: value_of(place).astype(np.float64) for place in wanted}
    if not any(np.isfinite(one).any() for one in values.values()):
        own = flag = None  # nothing to time or to judge: most days of few stations in daily files
    pick = {n: picker(ds.variables[n], layout, block) for n in (own, flag, vod) if n}
    ends_of = [picker(one, layout, block) for one in spans]

    def at(place: int) -> Values:
        value = values[place]
        unknown = np.full(value.size, np.datetime64("NaT", "ns"))
        ends = [end_of(place).astype("M8[ns]") for end_of in ends_of]
        begin, end = ends or (unknown, unknown)
        if own:
            times = xr.Variable("value", pick[own](place), ds[own].attrs)
            exact = cf_time.times_of(times, path.name)
            begin = np.where(np.isnat(exact), begin, exact)
            end = np.where(np.isnat(exact), end, exact)
        good = np.ones(value.size, np.bool_)
        if flag:
            good = recommends(pick[flag](place), flag, ds[flag].attrs, ds[flag].dtype)
        depth = pick[vod](place) if vod else np.full(value.size, np.nan)
        return Values(begin, end, value, good, depth.astype(np.float64))

    return [together([at(place) for place in index.tolist()]) for index in places]


def together(parts: Sequence[Values]) -> Values:
    """Several pieces behind each other, at least one."""
    return Values(*map(np.concatenate, zip(*parts, strict=True)))
