"""The daily NetCDF file: RETRIEVAL of one UTC day, unfolded to the whole grid."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import netCDF4
import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Int64
from mcca_ml.atomic import replacing
from mcca_ml.constants import FILL_FLOAT
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.grid import ease2
from mcca_ml.publish.attributes import Provenance, Source, global_attributes
from mcca_ml.publish.coordinates import place_axes
from mcca_ml.publish.variables import (
    FIELDS,
    NO_FLAG,
    OPTIONAL,
    STATIC,
    TIME_UNITS,
    AttributeValue,
    Field,
    field_attributes,
    flag_attributes,
    obs_time_attributes,
    vod_attributes,
)
from mcca_ml.read.granule import open_hdf5, text
from mcca_ml.schema import is_simulated

DIMS = ("time", "look", "y", "x")
LOOKS = ("am", "pm")
"""Looks by the number that stands for them in the file."""

ATTRIBUTES = ("sensor", "grid", "channels", "vod_frequency_ghz")
"""What a dataset says of itself beside its contract; `channels` are those used."""

_DAY_SECONDS = 86_400
_ZLIB_LEVEL: Final = 1
"""A real M36 day takes 0.16 s and 1.54 MB; with level 4 it takes 0.22 s and 1.40 MB."""
_CHUNK_CELLS = 1_000_000
_OBS_TIME_STEPS = 64  # of a second; more digits are noise that does not compress
_OBS_TIME_FILL = np.float64(FILL_FLOAT)


def file_name(ds: xr.Dataset) -> str:
    """File name of the product of `ds`, `20150401_smap_m36.nc` for instance.

    Made from simulated granules it ends in `_simulated.nc`: a name outlives its attributes.

    Args:
        ds: after schema.RETRIEVAL, one UTC day.
    """
    day = str(ds["time"].to_numpy()[0].astype("datetime64[D]")).replace("-", "")
    grid = str(ds.attrs["grid"]).rsplit("_", 1)[-1]
    ending = "_simulated" if is_simulated(ds) else ""
    return f"{day}_{ds.attrs['sensor']}_{grid}{ending}.nc".lower()


def is_of_others(path: Path, sources: Sequence[Source]) -> bool:
    """Whether there is a file at `path` that was not made from these input files.

    Args:
        path: where a product is about to be written.
        sources: what it is made from; contents are compared, not names.
    """
    if not path.is_file():
        return False
    try:
        with open_hdf5(path) as h5:
            stated = text(h5.attrs.get("source_granules_sha256"))
    except GranuleError:
        return True
    return set(stated.split(", ")) != {source.sha256 for source in sources}


def _unfold(values: AnyArray, cell: Int64, grid: ease2.Grid, fill: np.generic) -> AnyArray:
    """Values of some cells on the whole grid, `fill` elsewhere."""
    whole = np.full(grid.size, fill, values.dtype)
    whole[cell] = values
    return whole.reshape(grid.shape)


def _code(dtype: npt.DTypeLike) -> str:
    """NetCDF's short name of a type, `i2` for instance."""
    return np.dtype(dtype).str[1:]


class _Writer:
    """A file being filled: the NetCDF dataset, the grid, and where the cells lie on it."""

    def __init__(self, nc: netCDF4.Dataset, ds: xr.Dataset) -> None:
        self.nc = nc
        self.ds = ds
        self.grid = ease2.by_name(ds.attrs["grid"])
        self.cell: Int64 = ds["cell"].to_numpy().astype(np.int64)
        # One chunk a look, but no chunk of more than a million cells: a region stays cheap to read.
        pieces = 4 if self.grid.size > _CHUNK_CELLS else 1
        rows, columns = self.grid.shape
        self.chunks = (1, 1, -(-rows // pieces), -(-columns // pieces))

    def axis(
        self,
        name: str,
        dims: tuple[str, ...],
        values: AnyArray,
        attributes: dict[str, AttributeValue],
    ) -> None:
        """Write a coordinate: whole, without fill value, as CF asks."""
        variable = self.nc.createVariable(name, _code(values.dtype), dims, fill_value=False)
        variable.setncatts(attributes)
        variable[...] = values

    def variable(
        self,
        name: str,
        dtype: npt.DTypeLike,
        fill: np.generic | Literal[False],
        attributes: dict[str, AttributeValue],
        *,
        digits: int = 0,
        dims: tuple[str, ...] = DIMS,
    ) -> "netCDF4.Variable[Any]":
        """Make a compressed variable over time, look, y and x, or the last of these."""
        variable = self.nc.createVariable(
            name,
            _code(dtype),
            dims,
            zlib=True,
            complevel=_ZLIB_LEVEL,
            shuffle=True,
            chunksizes=self.chunks[-len(dims) :],
            fill_value=fill,
            significant_digits=digits or None,
            quantize_mode="GranularBitRound",
        )
        variable.set_auto_maskandscale(False)
        # Only soil moisture lies at a depth.
        coordinates = "lat lon depth" if attributes.get("units") == "m3 m-3" else "lat lon"
        variable.setncatts({**attributes, "grid_mapping": "crs", "coordinates": coordinates})
        return variable

    def field(self, name: str, field: Field) -> None:
        """Write one floating-point variable, look by look."""
        attributes = field_attributes(field)
        if name.startswith("vod_"):
            attributes |= vod_attributes(
                name,
                field,
                frequency_ghz=float(self.ds.attrs["vod_frequency_ghz"]),
                is_ratio_estimated="vod_ratio" in self.ds,
            )
        made = self.variable(name, field.dtype, field.fill, attributes, digits=field.digits)
        values = self.ds[name].to_numpy()
        for look in range(values.shape[1]):
            stored = field.stored(values[0, look])
            made[0, look] = _unfold(stored, self.cell, self.grid, field.fill)

    def static(self, name: str, field: Field) -> None:
        """Write one variable that has no time and no look."""
        attributes = field_attributes(field, is_of_a_look=False)
        made = self.variable(name, field.dtype, field.fill, attributes, dims=DIMS[2:])
        stored = field.stored(self.ds[name].to_numpy())
        made[...] = _unfold(stored, self.cell, self.grid, field.fill)

    def flag(self) -> None:
        """Write the flag; cells that no granule reached say so."""
        made = self.variable("flag", FLAG_DTYPE, False, flag_attributes())
        values = self.ds["flag"].to_numpy().astype(FLAG_DTYPE)
        for look in range(values.shape[1]):
            made[0, look] = _unfold(values[0, look], self.cell, self.grid, NO_FLAG)

    def obs_time(self) -> None:
        """Write the time of each observation."""
        made = self.variable("obs_time", np.float64, _OBS_TIME_FILL, obs_time_attributes())
        for look, times in enumerate(self.ds["obs_time"].to_numpy()[0]):
            seconds = (times - np.datetime64(0, "s")) / np.timedelta64(1, "s")
            rounded = np.rint(seconds * _OBS_TIME_STEPS) / _OBS_TIME_STEPS
            stored = np.where(np.isfinite(rounded), rounded, _OBS_TIME_FILL)
            made[0, look] = _unfold(stored, self.cell, self.grid, _OBS_TIME_FILL)


def _write_time(writer: _Writer) -> None:
    day = writer.ds["time"].to_numpy()[0].astype("datetime64[D]").astype("datetime64[s]")
    start = float(day.astype(np.int64))
    writer.axis(
        "time",
        ("time",),
        np.array([start]),
        {
            "standard_name": "time",
            "long_name": "start of the UTC day",
            "units": TIME_UNITS,
            "calendar": "standard",
            "units_metadata": "leap_seconds: none",
            "axis": "T",
            "bounds": "time_bnds",
            "coverage_content_type": "coordinate",
        },
    )
    writer.axis("time_bnds", ("time", "bounds"), np.array([[start, start + _DAY_SECONDS]]), {})


def _write_look(writer: _Writer) -> None:
    names = [str(name) for name in writer.ds["look"].to_numpy()]
    writer.axis(
        "look",
        ("look",),
        np.array([LOOKS.index(name) for name in names], np.int8),
        {
            "long_name": "half of the day by local time of the satellite's node",
            "units": "1",
            "flag_values": np.arange(len(LOOKS), dtype=np.int8),
            "flag_meanings": " ".join(LOOKS),
            "coverage_content_type": "coordinate",
        },
    )


def _write_place(writer: _Writer) -> None:
    for axis in place_axes(writer.grid):
        writer.axis(axis.name, axis.dims, axis.values, axis.attributes)


def _checked(ds: xr.Dataset) -> xr.Dataset:
    """Return `ds` if it is what a daily file can hold."""
    schema.check(ds, schema.RETRIEVAL, where="publish: input")
    looks = [str(look) for look in ds["look"].to_numpy()]
    if ds.sizes["time"] != 1 or not set(looks) <= set(LOOKS):
        raise SchemaError(
            f"publish: found {ds.sizes['time']} days and looks {looks}, expected one day and "
            f"looks of {', '.join(LOOKS)}; write day by day"
        )
    absent = [name for name in ATTRIBUTES if name not in ds.attrs]
    if absent:
        raise SchemaError(
            f"publish: found no attribute {', '.join(absent)}, expected "
            f"{', '.join(ATTRIBUTES)}; give the dataset that retrieve returned"
        )
    return ds


def _fill(nc: netCDF4.Dataset, ds: xr.Dataset, attributes: dict[str, AttributeValue]) -> None:
    """Write everything into the open file `nc`."""
    writer = _Writer(nc, ds)
    rows, columns = writer.grid.shape
    sizes = {"time": None, "look": ds.sizes["look"], "y": rows, "x": columns, "bounds": 2}
    for dim, size in sizes.items():
        nc.createDimension(dim, size)
    nc.setncatts(attributes)
    _write_time(writer)
    _write_look(writer)
    _write_place(writer)
    for name, field in FIELDS.items():
        if name in ds or name not in OPTIONAL:
            writer.field(name, field)
    for name, field in STATIC.items():
        if name in ds:
            writer.static(name, field)
    writer.flag()
    writer.obs_time()


def write_product(ds: xr.Dataset, directory: Path, made: Provenance) -> Path:
    """Write the product of one day, whole or not at all; return its path.

    The bytes are a function of the arguments alone.

    Args:
        ds: after schema.RETRIEVAL, one UTC day, with the attributes ATTRIBUTES.
        directory: an existing directory; a product of the same name is replaced.
        made: what it was made from.

    Raises:
        SchemaError: `ds` breaks its contract or holds several days.
        OutputError: the file cannot be written.
    """
    _checked(ds)
    path = directory / file_name(ds)
    attributes = global_attributes(ds, made, path.stem)
    with (
        replacing(path) as beside,
        netCDF4.Dataset(beside, "w", format="NETCDF4") as nc,
    ):
        _fill(nc, ds, attributes)
    return path
