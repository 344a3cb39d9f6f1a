"""The daily NetCDF file: RETRIEVAL of one UTC day, unfolded to the whole grid."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.atomic import replacing
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.grid import ease2
from mcca_ml.publish.attributes import Provenance, SourceGranule, global_attributes
from mcca_ml.publish.coordinates import Axis, place_axes
from mcca_ml.publish.smap_variables import stored_variables
from mcca_ml.publish.variables import (
    TIME_UNITS,
    AttributeValue,
    create_variable,
    day_attributes,
    unfolded,
)
from mcca_ml.read.granule import open_hdf5, text
from mcca_ml.schema import is_simulated

DIMS = ("time", "look", "y", "x")
LOOKS = ("am", "pm")
"""Looks by the number that stands for them in the file."""

ATTRIBUTES = ("sensor", "grid", "channels", "vod_frequency_ghz")
"""What a dataset says of itself beside its contract; `channels` are those used."""

_DAY_SECONDS = 86_400
_CHUNK_CELLS = 1_000_000


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


def is_of_others(path: Path, sources: Sequence[SourceGranule]) -> bool:
    """Return True if a file at `path` was made from other input files.

    Args:
        path: where a product is about to be written.
        sources: its input files; contents are compared, not names.
    """
    if not path.is_file():
        return False
    try:
        with open_hdf5(path) as h5:
            stated = text(h5.attrs.get("source_granules_sha256"))
    except GranuleError:
        return True
    return set(stated.split(", ")) != {source.sha256 for source in sources}


def _axes(ds: xr.Dataset, grid: ease2.Grid) -> Iterator[Axis]:
    """All coordinates and the grid mapping."""
    day = ds["time"].to_numpy()[0].astype("datetime64[D]").astype("datetime64[s]")
    start = float(day.astype(np.int64))
    yield Axis("time", ("time",), np.array([start]), day_attributes(TIME_UNITS))
    yield Axis("time_bnds", ("time", "bounds"), np.array([[start, start + _DAY_SECONDS]]), {})
    looks = [LOOKS.index(str(name)) for name in ds["look"].to_numpy()]
    yield Axis(
        "look",
        ("look",),
        np.array(looks, np.int8),
        {
            "long_name": "half of the day by local time of the satellite's node",
            "units": "1",
            "flag_values": np.arange(len(LOOKS), dtype=np.int8),
            "flag_meanings": " ".join(LOOKS),
            "coverage_content_type": "coordinate",
        },
    )
    yield from place_axes(grid)


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
    grid = ease2.by_name(ds.attrs["grid"])
    sizes = {"time": None, "look": ds.sizes["look"]}
    for dim, size in {**sizes, **dict(zip("yx", grid.shape, strict=True)), "bounds": 2}.items():
        nc.createDimension(dim, size)
    nc.setncatts(attributes)
    for axis in _axes(ds, grid):
        axis.write(nc)
    # One chunk a look, but no chunk of more than a million cells: a region stays cheap to read.
    parts = 4 if grid.size > _CHUNK_CELLS else 1
    chunks = (1, 1, *(-(-size // parts) for size in grid.shape))
    places = ds["cell"].to_numpy().astype(np.int64)
    for name, variable in stored_variables(ds).items():
        values = ds[variable.of].to_numpy()
        dims = DIMS[-values.ndim - 1 :]
        target = create_variable(
            nc, name, variable, dims=dims, chunks=chunks[-len(dims) :], auxiliary=("lat", "lon")
        )
        for index in np.ndindex(values.shape[:-1]):  # look by look
            stored = variable.stored(values[index])
            target[(*index, ...)] = unfolded(stored, variable.background, places, grid.shape)


def write_product(ds: xr.Dataset, directory: Path, made: Provenance) -> Path:
    """Write the product of one day, whole or not at all; return its path.

    The bytes are a function of the arguments alone.

    Args:
        ds: after schema.RETRIEVAL, one UTC day, with the attributes ATTRIBUTES.
        directory: an existing directory; a product of the same name is replaced.
        made: its provenance.

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
