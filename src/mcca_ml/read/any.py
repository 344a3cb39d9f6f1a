"""A file of any kind that this package reads -> GRID_TB with ANCILLARY, or SWATH_TB."""

from collections.abc import Callable
from pathlib import Path

import h5py
import xarray as xr

from mcca_ml.errors import GranuleError
from mcca_ml.layouts import PRODUCTS
from mcca_ml.read.amsr_l1r import is_l1r, read_l1r
from mcca_ml.read.amsr_l3 import is_l3, read_l3
from mcca_ml.read.granule import open_hdf5
from mcca_ml.read.gridded import is_gridded, read_gridded
from mcca_ml.read.identify import describe, is_smap
from mcca_ml.read.smap import read_smap


def read(path: Path) -> xr.Dataset:
    """Read a granule, whichever it is: a SMAP product, or gridded brightness temperature.

    Args:
        path: HDF5 or NetCDF-4 file; its content, not its name, says what it is.

    Returns:
        After schema.GRID_TB and schema.ANCILLARY.

    Raises:
        GranuleError: it is not readable, or something else; the message says what.
    """
    with open_hdf5(path) as h5:
        smap = is_smap(h5)
        gridded = is_gridded(h5)
        found = describe(h5)
    if smap:
        return read_smap(path)
    if gridded:
        return read_gridded(path)
    raise GranuleError(
        f"{path.name}: holds {found}, expected one of {', '.join(PRODUCTS)} or gridded brightness "
        "temperature (NetCDF with tb and the attribute sensor); give one of these"
    )


def _swath_reader(h5: h5py.File) -> Callable[[Path], tuple[xr.Dataset, ...]] | None:
    """What reads the swaths of an open file; None where it holds none."""
    if is_l1r(h5):
        return read_l1r
    if is_l3(h5):
        return lambda path: (read_l3([path]),)
    return None


def is_swath(h5: h5py.File) -> bool:
    """Whether an HDF5 file holds swaths of brightness temperature that this package reads."""
    return _swath_reader(h5) is not None


def read_swaths(path: Path) -> tuple[xr.Dataset, ...]:
    """Read a granule of swaths, whichever it is: PPS 1C, JAXA's level 1R, or one map of level 3.

    Args:
        path: HDF5 file; its content, not its name, says what it is.

    Returns:
        A dataset a swath, each after schema.SWATH_TB.

    Raises:
        GranuleError: it is not readable, or something else; the message says what.
    """
    with open_hdf5(path) as h5:
        reader = _swath_reader(h5)
        found = describe(h5)
    if reader is None:
        raise GranuleError(
            f"{path.name}: holds {found}, expected swaths of brightness temperature (PPS 1C of "
            "TMI, GMI, AMSR2 or AMSR-E, JAXA L1R or L3); give one of these"
        )
    return reader(path)
