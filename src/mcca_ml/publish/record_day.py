"""The daily NetCDF file of the record: one UTC day on a part of a grid.

Nearly all of the time that a small file takes goes into making its variables and attributes, which
are the same for all days. They are made once, in memory; each day is a copy with values put in.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import netCDF4
import numpy as np
import xarray as xr
from h5py import h5a, h5d, h5f, h5p, h5s, h5t

from mcca_ml import schema
from mcca_ml.arrays import AnyArray
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.errors import SchemaError
from mcca_ml.publish.grid_window import GridWindow
from mcca_ml.publish.record_attributes import (
    RecordMade,
    common_attributes,
    file_stem,
    period_attributes,
)
from mcca_ml.publish.record_variables import LAYERS, stored_variables
from mcca_ml.publish.variables import (
    DAY_UNITS,
    AttributeValue,
    Stored,
    create_variable,
    day_attributes,
    unfolded,
)

_MEMORY = 1 << 18  # [byte] by which a file in memory grows
_ANY_DAY = date(1970, 1, 1)


def _define(nc: netCDF4.Dataset, window: GridWindow, variables: dict[str, Stored]) -> None:
    """Make dimensions, coordinates and empty variables."""
    sizes = {"time": None, **dict(zip(window.dims, window.shape, strict=True)), "bounds": 2}
    for name, size in sizes.items():
        nc.createDimension(name, size)
    for name, dims, own in (
        ("time", ("time",), day_attributes(DAY_UNITS)),
        ("time_bnds", ("time", "bounds"), {}),
    ):
        time_variable = nc.createVariable(
            name, "f8", dims, fill_value=False, chunksizes=(1, 2)[: len(dims)]
        )
        time_variable.setncatts(own)
    for axis in window.axes():
        axis.write(nc)
    for name, variable in variables.items():
        create_variable(
            nc,
            name,
            variable,
            dims=("time", *window.dims),
            chunks=(1, *window.shape),
            auxiliary=window.auxiliary,
        )


@lru_cache(maxsize=2)
def _empty(made: RecordMade, window: GridWindow, layers: tuple[str, ...]) -> bytes:
    """A file of any day without values."""
    stem = file_stem(made, window, f"{_ANY_DAY:%Y%m%d}")
    # On the disk, since in memory the library writes the time of making into the file.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.nc"
        with (
            replacing(path, is_synced=False) as beside,
            netCDF4.Dataset(beside, "w", format="NETCDF4") as nc,
        ):
            nc.setncatts(common_attributes(made, window, layers))
            nc.setncatts(period_attributes(made, stem, _ANY_DAY, _ANY_DAY))
            _define(nc, window, stored_variables(layers))
        return path.read_bytes()


def _put(file: h5f.FileID, name: str, values: AnyArray) -> None:
    """Write all values of a variable over time."""
    variable = h5d.open(file, name.encode())
    variable.set_extent(values.shape)
    variable.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(values))
    # Here, not when its handle closes, which may come late beside other threads: the order in
    # which chunks and their indices are given room decides where they stand in the file.
    variable.flush()


def _restate(file: h5f.FileID, attributes: dict[str, AttributeValue]) -> None:
    """Replace texts of the file by others of the same lengths."""
    for name, value in attributes.items():
        text = str(value).encode()
        attribute = h5a.open(file, name.encode())
        kind = attribute.get_type()
        if not isinstance(kind, h5t.TypeStringID) or kind.get_size() != len(text):
            raise ValueError(f"{name}: found a text of another length than that of other days")
        attribute.write(np.array(text, f"S{len(text)}"), kind)


def _filled(
    image: bytes, values: dict[str, AnyArray], attributes: dict[str, AttributeValue]
) -> bytes:
    """A copy of an empty file with values and the attributes of its day."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_core(_MEMORY, False)
    access.set_libver_bounds(h5f.LIBVER_EARLIEST, h5f.LIBVER_V18)
    access.set_file_image(image)
    file = h5f.open(b"image", h5f.ACC_RDWR, fapl=access)
    for name, array in values.items():
        _put(file, name, array)
    _restate(file, attributes)
    h5f.flush(file)
    whole: bytes = file.get_file_image()
    file.close()
    return whole


def day_path(directory: Path, made: RecordMade, window: GridWindow, day: date) -> Path:
    """Where the file of a day stands, in a directory of its year."""
    return directory / f"{day:%Y}" / f"{file_stem(made, window, f'{day:%Y%m%d}')}.nc"


def write_record_day(
    ds: xr.Dataset,
    directory: Path,
    made: RecordMade,
    window: GridWindow,
    *,
    layers: Sequence[str] = LAYERS,
) -> Path:
    """Write the file of one day, whole or not at all; return its path.

    The bytes are a function of the arguments alone.

    Args:
        ds: after schema.RECORD, one UTC day; its cells are of the grid of `window` and in it.
        directory: the file goes into that of its year; both are made where they are missing.
        made: provenance of the record.
        window: part of the grid that the file holds.
        layers: of `schema.LAYERS`, those that are published; the same for all days of a record.

    Raises:
        SchemaError: `ds` breaks its contract or holds several days.
        OutputError: the file cannot be written.
    """
    schema.check(ds, schema.RECORD, where="publish: input")
    if ds.sizes["time"] != 1:
        raise SchemaError(
            f"publish: found {ds.sizes['time']} days, expected one day; write day by day"
        )
    number = int(ds["time"].to_numpy()[0].astype("M8[D]").astype(np.int64))
    day = _ANY_DAY + timedelta(days=number)
    places = window.places(ds["cell"].to_numpy())
    values: dict[str, AnyArray] = {
        "time": np.array([number], np.float64),
        "time_bnds": np.array([[number, number + 1]], np.float64),
    }
    for name, variable in stored_variables(tuple(layers)).items():
        stored = variable.stored(ds[variable.of].to_numpy())
        values[name] = unfolded(stored, variable.background, places, window.shape)
    path = day_path(directory, made, window, day)
    attributes = period_attributes(made, path.stem, day, day)
    whole = _filled(_empty(made, window, tuple(layers)), values, attributes)
    make_directory(path.parent)
    with replacing(path) as beside:
        beside.write_bytes(whole)
    return path
