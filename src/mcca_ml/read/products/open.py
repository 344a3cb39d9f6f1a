"""The files of a product: NetCDF, HDF5, Zarr, or a store of this project."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import xarray as xr
from xarray.backends import NetCDF4DataStore

from mcca_ml.errors import GranuleError, MccaMlError
from mcca_ml.store.read_blocks import open_store

CUBE = "record.zarr"
SUFFIXES = (".nc", ".nc4", ".h5", ".hdf5", ".he5")
SEPARATOR = "::"
"""Separates a product and its variable: `record.zarr::sm_gmi`."""


@dataclass(frozen=True)
class MoistureProduct:
    """A soil-moisture product to read."""

    name: str
    path: Path
    variable: str = ""
    """Name of the variable; empty: the variable with the attributes of soil moisture."""
    shares: frozenset[str] = frozenset()
    """Sources of the product; products with a common source have correlated errors."""


def parse_product(argument: str) -> MoistureProduct:
    """Return the product given by an argument, PATH or PATH::VARIABLE.

    >>> parse_product("out/record.zarr::sm_gmi").name
    'record::sm_gmi'
    """
    path, _, variable = argument.partition(SEPARATOR)
    place = Path(path)
    stem = place.stem if place.suffix in (*SUFFIXES, ".zarr") else place.name
    return MoistureProduct(f"{stem}{SEPARATOR}{variable}" if variable else stem, place, variable)


def list_files(path: Path) -> tuple[Path, ...]:
    """Return the files, or the cube, of a product.

    Raises:
        GranuleError: `path` does not exist or contains no product.
    """
    if not path.exists():
        raise GranuleError(f"{path}: found nothing, expected a product; give its path")
    if path.is_file() or path.suffix == ".zarr":
        return (path,)
    if (path / CUBE / "zarr.json").is_file():
        return (path / CUBE,)
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise GranuleError(
            f"{path}: found no file that ends in {', '.join(SUFFIXES)} and no {CUBE}, expected a "
            "product; give another folder"
        )
    return tuple(files)


def _find_group(file: netCDF4.Dataset, variable: str) -> str | None:
    """Return the group with soil moisture, if the root group has no variable."""
    if "/" in variable:
        return variable.rpartition("/")[0]
    if file.variables:
        return None
    for name, group in file.groups.items():
        if any("soil_moisture" in variable_name for variable_name in group.variables):
            return str(name)
    return None


def _open(path: Path, variable: str) -> xr.Dataset:
    if not path.is_dir():
        # Opened once: a folder of 26 years has ten thousand files. No cache: each value is read
        # once.
        file = netCDF4.Dataset(path)
        try:
            store = NetCDF4DataStore(file, group=_find_group(file, variable))  # type: ignore[no-untyped-call]
            return xr.open_dataset(store, decode_times=False, decode_timedelta=False, cache=False)
        except BaseException:
            file.close()
            raise
    if (path / "blocks").is_dir():
        return open_store(path)
    cube: xr.Dataset = xr.open_zarr(path, chunks=None, consolidated=False, decode_times=False)
    return cube


@contextmanager
def open_product(path: Path, variable: str = "") -> Iterator[xr.Dataset]:
    """Open a file or cube of a product; values are read lazily, times are not decoded.

    Raises:
        GranuleError: the file cannot be read.
    """
    try:
        ds = _open(path, variable)
    except MccaMlError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise GranuleError(
            f"{path.name}: cannot be read ({reason}), expected NetCDF, HDF5 or Zarr; download it "
            "again"
        ) from error
    try:
        yield ds
    finally:
        ds.close()
