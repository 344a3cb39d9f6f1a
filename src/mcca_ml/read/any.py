"""A file of any kind that this package reads -> GRID_TB with ANCILLARY."""

from pathlib import Path

import xarray as xr

from mcca_ml.errors import GranuleError
from mcca_ml.layouts import PRODUCTS
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
