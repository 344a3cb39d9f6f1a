"""Gridded brightness temperature of any sensor, as a NetCDF-4 file <-> GRID_TB with ANCILLARY."""

from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.atomic import replacing
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.grid.ease2 import GRIDS
from mcca_ml.read.granule import open_hdf5
from mcca_ml.sensors import SENSORS

CONTRACT = {**schema.GRID_TB, **schema.ANCILLARY}
REMEDY = "write it with read.gridded.write_gridded"
TIME_ENCODING = {"units": "microseconds since 2000-01-01", "dtype": "int64"}


def _faults(ds: xr.Dataset) -> list[str]:
    """List the reasons why a dataset is not gridded brightness temperature."""
    faults = []
    sensor, grid = str(ds.attrs.get("sensor")), str(ds.attrs.get("grid"))
    if sensor not in SENSORS:
        faults.append(f"attribute sensor is {sensor!r}, expected one of {', '.join(SENSORS)}")
    if grid not in GRIDS:
        faults.append(f"attribute grid is {grid!r}, expected one of {', '.join(GRIDS)}")
    missing = [name for name in ("time", "look", "cell", "channel") if name not in ds.coords]
    if missing:
        faults.append(f"no coordinate {', '.join(missing)}")
    if sensor in SENSORS and "channel" in ds.coords:
        known = [channel.name for channel in SENSORS[sensor].channels]
        strange = [str(c) for c in ds["channel"].to_numpy() if str(c) not in known]
        if strange:
            faults.append(f"channel {', '.join(strange)}, known of {sensor}: {', '.join(known)}")
    return faults


def is_gridded(h5: h5py.File) -> bool:
    """Return True for HDF5 files with the structure of gridded brightness temperature."""
    return "tb" in h5 and "sensor" in h5.attrs


def check_gridded(ds: xr.Dataset, where: str) -> xr.Dataset:
    """Return `ds` unchanged if it is gridded brightness temperature.

    Raises:
        GranuleError: a wrong sensor, grid, channel, coordinate or variable.
    """
    faults = _faults(ds)
    if faults:
        raise GranuleError(f"{where}: {'; '.join(faults)}; {REMEDY}")
    try:
        return schema.check(ds, CONTRACT, where=where)
    except SchemaError as error:
        raise GranuleError(f"{error}; {REMEDY}") from error


def read_gridded(path: Path) -> xr.Dataset:
    """Read gridded brightness temperature of one sensor.

    Args:
        path: NetCDF-4 file from `write_gridded`, for instance AMSR2 X and Ku band.

    Returns:
        Dataset after schema.GRID_TB and schema.ANCILLARY; attributes sensor, grid, granules.

    Raises:
        GranuleError: the file is unreadable or has another layout.
    """
    # The NetCDF library can crash on other HDF5 files: these are refused first.
    with open_hdf5(path) as h5:
        if not is_gridded(h5):
            raise GranuleError(
                f"{path.name}: has no variable tb with an attribute sensor of the file, expected "
                f"gridded brightness temperature; {REMEDY}"
            )
    try:
        with xr.open_dataset(path, engine="netcdf4") as file_ds:
            ds = file_ds.load()
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:80]
        raise GranuleError(f"{path.name}: no readable NetCDF ({reason}); write it again") from error
    if "flag" in ds:
        ds["flag"] = ds["flag"].astype(FLAG_DTYPE)
    ds.attrs["granules"] = path.name
    return check_gridded(ds, where=path.name)


def write_gridded(ds: xr.Dataset, path: Path) -> None:
    """Write gridded brightness temperature in the format of `read_gridded`.

    Args:
        ds: dataset after schema.GRID_TB and, if present, schema.ANCILLARY.
        path: NetCDF-4 file to write; it is written completely or not at all. Times are rounded to
            microseconds.

    Raises:
        GranuleError: `ds` is not gridded brightness temperature.
        OutputError: the file cannot be written.
    """
    check_gridded(ds, where=f"write_gridded({path.name})")
    # A missing time is the smallest int64, as in NumPy; a float would lose microseconds.
    encoding = {"obs_time": {**TIME_ENCODING, "_FillValue": np.iinfo(np.int64).min}}
    rounded = ds.assign(obs_time=ds["obs_time"].dt.round("us"))  # resolution of the encoding
    with replacing(path) as temporary:
        rounded.to_netcdf(temporary, engine="netcdf4", encoding=encoding)
