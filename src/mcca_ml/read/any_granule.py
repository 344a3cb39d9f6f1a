"""Any readable granule -> GRID_TB with ANCILLARY, or SWATH_TB."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import PRODUCTS
from mcca_ml.grid import ease2
from mcca_ml.read.amsr_l1r import is_l1r, read_l1r
from mcca_ml.read.amsr_l3 import is_l3, read_l3
from mcca_ml.read.gpm_1c import read_1c, read_open_1c
from mcca_ml.read.granule import open_hdf5
from mcca_ml.read.gridded import is_gridded, read_gridded
from mcca_ml.read.identify import describe, is_smap
from mcca_ml.read.pps_header import is_1c
from mcca_ml.read.smap import read_smap
from mcca_ml.read.window import CellsOf


def open_granule(path: str | Path, cells_of: CellsOf | None = None) -> xr.Dataset:
    """Read a granule, whichever it is: a SMAP product, or gridded brightness temperature.

    Args:
        path: HDF5 or NetCDF-4 file; its content, not its name, says what it is.
        cells_of: which cells of its grid to read, of which it may hold none; all if not given.

    Returns:
        Brightness temperature `tb` [K] at each channel over time, look and cell, after
        schema.GRID_TB, and what the granule has for the retrieval, after schema.ANCILLARY.

    Raises:
        GranuleError: it is not readable, or something else; the message says what.

    >>> import mcca_ml
    >>> tb = mcca_ml.open_granule("SMAP_L3_SM_P_20150401_R13080_001.h5")  # doctest: +SKIP
    >>> soil_moisture = mcca_ml.retrieve(tb)["soil_moisture"]  # doctest: +SKIP
    """
    path = Path(path)
    with open_hdf5(path) as h5:
        smap = is_smap(h5)
        gridded = is_gridded(h5)
        content = describe(h5)
    if smap:
        return read_smap(path, cells_of)
    if gridded:
        ds = read_gridded(path)
        if cells_of is None:
            return ds
        return ds.isel(cell=np.isin(ds["cell"], cells_of(ease2.by_name(ds.attrs["grid"]))))
    raise GranuleError(
        f"{path.name}: found {content}, expected one of {', '.join(PRODUCTS)} or gridded "
        "brightness temperature (NetCDF with tb and the attribute sensor); give one of these"
    )


def _read_map(path: Path, *, may_be_empty: bool) -> tuple[xr.Dataset, ...]:
    """Read a single level 3 map."""
    return (read_l3([path], may_be_empty=may_be_empty),)


def _swath_reader(h5: h5py.File) -> Callable[..., tuple[xr.Dataset, ...]] | None:
    """Return the reader of the swaths of an open file; None if it contains no swaths."""
    kinds = ((is_1c, read_1c), (is_l1r, read_l1r), (is_l3, _read_map))
    return next((reader for is_kind, reader in kinds if is_kind(h5)), None)


def is_swath(h5: h5py.File) -> bool:
    """Return True for HDF5 files with readable swaths of brightness temperature."""
    return _swath_reader(h5) is not None


def open_swaths(path: str | Path, *, may_be_empty: bool = False) -> tuple[xr.Dataset, ...]:
    """Read a granule of swaths, whichever it is: PPS 1C, JAXA's level 1R, or one map of level 3.

    Args:
        path: HDF5 file; its content, not its name, says what it is.
        may_be_empty: whether a granule without any brightness temperature will do.

    Returns:
        A dataset a swath, each after schema.SWATH_TB.

    Raises:
        GranuleError: it is not readable, or something else; the message says what.
    """
    path = Path(path)
    with open_hdf5(path) as h5:
        if is_1c(h5):  # the most frequent kind; opening a file twice takes a fifth of the time
            return read_open_1c(h5, may_be_empty=may_be_empty)
        reader = _swath_reader(h5)
        content = describe(h5)
    if reader is None:
        raise GranuleError(
            f"{path.name}: found {content}, expected swaths of brightness temperature (PPS 1C of "
            "TMI, GMI, AMSR2 or AMSR-E, JAXA L1R or L3); give one of these"
        )
    return reader(path, may_be_empty=may_be_empty)
