"""Brightness temperatures of SMAP granules, checked for being kelvin."""

from collections.abc import Sequence

import h5py
import numpy as np

from mcca_ml.arrays import AnyArray, Float32, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import FILLS
from mcca_ml.grid import ease2
from mcca_ml.read.granule import array, check_kelvin, decode, text

TB_RANGE = (30.0, 330.0)
"""Brightness temperatures that exist on Earth at 1.4 GHz [K]; the upper one is the granules' own
valid_max, the lower one excludes empty footprints (real files hold 0 K and 30 K at swath edges)."""


LEAST_VALUES = 50
"""Values of a part of the grid below which their share within TB_RANGE says nothing."""


def brightness_temperature(
    group: h5py.Group, name: str, shape: tuple[int, ...], rows: Sequence[slice] = (slice(None),)
) -> Float32:
    """Brightness temperature [K], NaN where missing or outside its physical range.

    Args:
        group: HDF5 group.
        name: dataset in it.
        shape: that it must have.
        rows: runs along its first axis to read; all of it if not given.

    Raises:
        GranuleError: it is absent, of another shape, or not in kelvin.
    """
    raw, found = array(group, name, shape, rows), group[name]
    values = decode(raw, FILLS["f4"])
    least = 1 if raw.shape == found.shape else LEAST_VALUES
    unit = text(found.attrs.get("units"))
    check_kelvin(found, unit, values[np.isfinite(values)], TB_RANGE, least)
    return decode(raw, FILLS["f4"], TB_RANGE)


def flat_cell(row: AnyArray, column: AnyArray, grid: ease2.Grid, where: str) -> Int64:
    """Flat index of each cell on a grid.

    Raises:
        GranuleError: an index lies beyond the grid.
    """
    cell = ease2.flat_cell(grid, row, column).astype(np.int64)
    if (cell < 0).any():
        raise GranuleError(
            f"{where}: a cell at row {row.max()}, column {column.max()}, expected less than "
            f"{grid.rows}, {grid.columns}; this is not the grid of the product that the metadata "
            "name"
        )
    return cell
