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
"""Between a product and the variable that is meant: `record.zarr::sm_gmi`."""


@dataclass(frozen=True)
class Product:
    """What to validate."""

    name: str
    path: Path
    variable: str = ""
    """Empty: the one that is soil moisture by its attributes."""
    shares: frozenset[str] = frozenset()
    """Words for what it is made from; products that share one have errors in common."""


def product_of(argument: str) -> Product:
    """The product that an argument names: PATH or PATH::VARIABLE.

    >>> product_of("out/record.zarr::sm_gmi").name
    'record::sm_gmi'
    """
    path, _, variable = argument.partition(SEPARATOR)
    place = Path(path)
    stem = place.stem if place.suffix in (*SUFFIXES, ".zarr") else place.name
    return Product(f"{stem}{SEPARATOR}{variable}" if variable else stem, place, variable)


def files_of(path: Path) -> tuple[Path, ...]:
    """The files, or the cube, that a product consists of.

    Raises:
        GranuleError: there is nothing at `path`, or nothing that could be one.
    """
    if not path.exists():
        raise GranuleError(f"{path}: found nothing, expected a product; give its path")
    if path.is_file() or path.suffix == ".zarr":
        return (path,)
    if (path / CUBE / "zarr.json").is_file():
        return (path / CUBE,)
    found = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES)
    if not found:
        raise GranuleError(
            f"{path}: found no file that ends in {', '.join(SUFFIXES)} and no {CUBE}, expected a "
            "product; give another folder"
        )
    return tuple(found)


def _group_of(file: netCDF4.Dataset, variable: str) -> str | None:
    """The group of a file that holds its soil moisture, where the root has no variable."""
    if "/" in variable:
        return variable.rpartition("/")[0]
    if file.variables:
        return None
    for name, group in file.groups.items():
        if any("soil_moisture" in one for one in group.variables):
            return str(name)
    return None


def _open(path: Path, variable: str) -> xr.Dataset:
    if not path.is_dir():
        # Opened once: a folder of 26 years has ten thousand files. Nothing is kept in a cache, for
        # each value is read once.
        file = netCDF4.Dataset(path)
        try:
            store = NetCDF4DataStore(file, group=_group_of(file, variable))  # type: ignore[no-untyped-call]
            return xr.open_dataset(store, decode_times=False, decode_timedelta=False, cache=False)
        except BaseException:
            file.close()
            raise
    if (path / "blocks").is_dir():
        return open_store(path)
    cube: xr.Dataset = xr.open_zarr(path, chunks=None, consolidated=False, decode_times=False)
    return cube


@contextmanager
def opened(path: Path, variable: str = "") -> Iterator[xr.Dataset]:
    """A file or cube of a product; values are read when they are used, times are not decoded.

    Raises:
        GranuleError: it cannot be read.
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
