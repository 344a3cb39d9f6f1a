"""A published record, or the daily files of `mcca-ml retrieve`, as one xarray Dataset.

Nothing is read before it is used, with Dask or without: 26 years open in a moment.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import dtypes
from xarray.core.indexing import (
    ExplicitIndexer,
    IndexingSupport,
    LazilyIndexedArray,
    explicit_indexing_adapter,
)

from mcca_ml.arrays import AnyArray, Datetime64
from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.flags import NOT_RECOMMENDED, Flag, has
from mcca_ml.read.products.cf_time import dates_in_name
from mcca_ml.read.products.open import list_files
from mcca_ml.schema import is_simulated

_MASKED = re.compile(r"(sm|soil_moisture)$|sm_|vod_")
_DIMENSIONS = (("time", "y", "x"), ("time", "lat", "lon"), ("time", "look", "y", "x"))
_PLACES = {"lat": "y", "lon": "x"}

Key = tuple[int | slice | AnyArray, ...]


class _Lazy(BackendArray):
    """Values that are read when they are used; `_read` gives those at an outer index."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
        self.shape, self.dtype = shape, dtype

    def __getitem__(self, key: ExplicitIndexer) -> AnyArray:
        support = IndexingSupport.OUTER
        return np.asarray(explicit_indexing_adapter(key, self.shape, support, self._read))

    def _read(self, key: Key) -> AnyArray:
        raise NotImplementedError


class _Days(_Lazy):
    """A variable of daily files, one after the other along time."""

    def __init__(self, files: Sequence[Path], days: Datetime64, first: xr.DataArray) -> None:
        super().__init__((days.size, *first.shape[1:]), first.dtype)
        self.files, self.days, self.name = files, days, str(first.name)
        self.places = {name: first[name] for name in ("y", "x", "lat", "lon") if name in first.dims}
        self.look = first["look"] if "look" in first.dims else None

    def _read(self, key: Key) -> AnyArray:
        which = np.arange(self.days.size)[key[0]]
        days = [self._day(n, key[1:]) for n in np.atleast_1d(which)]
        if which.ndim == 0:  # an index of one day takes the dimension of time away
            return days[0]
        inner = [np.arange(n)[k] for n, k in zip(self.shape[1:], key[1:], strict=True)]
        none = np.empty((0, *(one.size for one in inner if one.ndim)), self.dtype)
        return np.stack(days) if days else none

    def _day(self, number: int, key: Key) -> AnyArray:
        path = self.files[number]
        with _decoded(path) as ds:
            one = ds.get(self.name)
            same = all(n in ds and v.equals(ds[n]) for n, v in self.places.items())
            if one is None or not same or ds["time"].to_numpy()[0] != self.days[number]:
                raise GranuleError(
                    f"{path.name}: found no {self.name} of the day of its name on the grid of "
                    f"{self.files[0].name}, expected files of one product; put others elsewhere"
                )
            if self.look is not None:  # a day of half orbits may have one look only
                absent = int(Flag.NOT_OBSERVED) if self.name == "flag" else dtypes.NA
                one = one.load().reindex(look=self.look, fill_value=absent).astype(self.dtype)
            return one.variable[(0, *key)].to_numpy()


class _Recommended(_Lazy):
    """Values where none of some bits of the flag is set, NaN elsewhere."""

    def __init__(self, values: xr.Variable, flag: xr.Variable, bits: int) -> None:
        super().__init__(values.shape, values.dtype)
        self.values, self.flag, self.bits = values, flag, bits

    def _read(self, key: Key) -> AnyArray:
        values, flag = self.values[key].to_numpy(), self.flag[key].to_numpy()
        return np.where(has(flag, self.bits), values.dtype.type(np.nan), values)


def _decoded(path: Path) -> xr.Dataset:
    """A file or cube with its times and packed values decoded when they are used.

    Raises:
        GranuleError: it cannot be read, or is no product of this project.
    """
    try:
        if path.is_dir():
            ds: xr.Dataset = xr.open_zarr(path, chunks=None, consolidated=False)
        else:
            ds = xr.open_dataset(path, engine="netcdf4", cache=False)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise GranuleError(
            f"{path}: cannot be read ({reason}), expected a record or a product of mcca-ml; make "
            "or download it again"
        ) from error
    flag = ds.get("flag")
    if flag is None or flag.dims not in _DIMENSIONS or "not_recommended_mask" not in flag.attrs:
        ds.close()
        raise GranuleError(
            f"{path}: found {', '.join(map(str, list(ds.data_vars)[:4])) or 'no variable'}, "
            "expected a record or a product of mcca-ml; read other products with xarray, and "
            "compare them by validate"
        )
    return ds


def _of_days(files: Sequence[Path]) -> xr.Dataset:
    """Daily files as one dataset over time, sorted by day."""
    spans = {path: dates_in_name(path) for path in files}
    ordered = sorted(files, key=lambda path: (str(spans[path]), path.name))
    days = np.array([span[0] if (span := spans[path]) else "NaT" for path in ordered], "M8[ns]")
    twice = np.flatnonzero(np.isnat(days[1:]) | (days[1:] == days[:-1]))
    if np.isnat(days[0]) or twice.size:
        names = (
            " and ".join(path.name for path in ordered[int(twice[0]) :][:2])
            if twice.size
            else ordered[0].name
        )
        raise GranuleError(
            f"{names}: found no day of its own in the name, expected one file a UTC day and one "
            "grid; give the files of one grid"
        )
    with _decoded(ordered[0]) as first:
        if "look" in first.dims:  # of other days there may be both
            codes = np.arange(len(_looks(first)), dtype=first["look"].dtype)
            both = first.isel(look=np.zeros_like(codes))
            first = both.assign_coords(look=("look", codes, first["look"].attrs))
        stacked = {}
        for name, one in first.variables.items():
            if one.dims[:1] == ("time",) and str(name) not in ("time", "time_bnds"):
                lazy = LazilyIndexedArray(_Days(ordered, days, first[name]))
                stacked[name] = (one.dims, lazy, one.attrs)
        rest = first.drop_vars([*stacked, "time_bnds"], errors="ignore").isel(time=0)
        rest = rest.drop_vars("time").load()
    return rest.assign(stacked).assign_coords(time=("time", days, first["time"].attrs))


def _looks(ds: xr.Dataset) -> list[str]:
    """Names of looks by their number in the file."""
    return str(ds["look"].attrs["flag_meanings"]).split()


def _recommended(ds: xr.Dataset) -> dict[str, Any]:
    """Variables of a dataset that the flag judges, where they are recommended."""
    out: dict[str, Any] = {}
    for name, one in ds.data_vars.items():
        is_judged = _MASKED.match(str(name)) and not str(name).endswith("_operational")
        if is_judged and one.dims == ds["flag"].dims and one.dtype.kind == "f":
            # What is filled was not observed that day, by its meaning.
            bits = NOT_RECOMMENDED & ~Flag.NOT_OBSERVED if name == "sm_filled" else NOT_RECOMMENDED
            lazy = _Recommended(one.variable, ds["flag"].variable, int(bits))
            out[str(name)] = (one.dims, LazilyIndexedArray(lazy), one.attrs)
    return out


def open_record(path: str | Path | Sequence[str | Path], *, recommended: bool = True) -> xr.Dataset:
    """Open a record, or what `mcca-ml retrieve` wrote; values are read when they are used.

    >>> import mcca_ml
    >>> record = mcca_ml.open_record("product")  # doctest: +SKIP
    >>> record.sm.sel(lat=40.1, lon=-5.3, method="nearest").to_series()  # doctest: +SKIP

    Args:
        path: folder of the product (its cube is taken where there is one), `record.zarr`, a daily
            file, a folder of daily files, or a list of daily files.
        recommended: whether soil moisture, vegetation optical depth and their uncertainties are
            NaN where the flag says that they are not recommended (`flags.NOT_RECOMMENDED`). The
            soil moisture of single sensors is masked by the flag of the record, `sm_filled` by
            its conditions other than "not observed".

    Returns:
        Dataset over (time, y, x), or (time, look, y, x) of stage one; soil moisture [m3 m-3].
        Latitude and longitude [degree] are indexed: `sel(lat=..., lon=..., method="nearest")`;
        `crs` is the map projection, as rioxarray reads it. `chunk()` makes it a Dask dataset.

    Raises:
        GranuleError: there is nothing, or something else, or two files of one day. Of daily files,
            one of another grid or day than its name says is refused when its values are read.
        ConfigError: the list of files is empty.
    """
    if isinstance(path, str | Path):
        files = list_files(Path(path))
    else:
        files = tuple(Path(one) for one in path)
    if not files:
        raise ConfigError("open_record: found no file, expected at least one; name some files")
    ds = _decoded(files[0]) if len(files) == 1 else _of_days(files)
    if recommended:
        ds = ds.assign(_recommended(ds))
    return _named(ds)


def _named(ds: xr.Dataset) -> xr.Dataset:
    """The dataset with indexed latitude and longitude, looks by name, and variables in order."""
    for name, dim in _PLACES.items():
        if dim in ds.dims and name not in ds.xindexes:
            ds = ds.set_xindex(name)
    if "look" in ds.dims:
        names = [_looks(ds)[code] for code in ds["look"].to_numpy()]
        ds = ds.assign_coords(look=("look", names, {"long_name": ds["look"].attrs["long_name"]}))
    # A cube lists its variables in the order of its folders, which differs between disks.
    ordered = sorted(str(name) for name in ds.data_vars if name != "crs")
    record: xr.Dataset = ds.set_coords("crs")[ordered]
    if is_simulated(record):  # what is computed from a variable keeps its attributes
        for name in ordered:
            record[name].attrs["simulated"] = "true"
    return record


def select_box(
    ds: xr.Dataset, *, south: float, north: float, west: float, east: float
) -> xr.Dataset:
    """The cells of a record whose centres lie in a box.

    Args:
        ds: of `open_record`.
        south: southern edge [degrees_north].
        north: northern edge [degrees_north].
        west: western edge [degrees_east], -180 to 180.
        east: eastern edge [degrees_east]; below `west` the box crosses 180 degrees, and its
            western part comes first.

    Raises:
        ConfigError: no cell has its centre in the box.
    """
    lat, lon = ds["lat"].to_numpy(), ds["lon"].to_numpy()
    rows = np.flatnonzero((lat >= south) & (lat <= north))
    parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    columns = np.concatenate([np.flatnonzero((lon >= a) & (lon <= b)) for a, b in parts])
    if not rows.size or not columns.size:
        raise ConfigError(
            f"select_box: found no cell from {south:g} to {north:g} N and {west:g} to {east:g} E, "
            f"expected a part of {lat.min():.2f} to {lat.max():.2f} N and {lon.min():.2f} to "
            f"{lon.max():.2f} E; give south below north, and west and east from -180 to 180"
        )
    return ds.isel({ds["lat"].dims[0]: rows, ds["lon"].dims[0]: columns})
