"""Brightness temperatures of SMAP granules, checked to be in kelvin."""

from collections.abc import Sequence

import h5py
import numpy as np

from mcca_ml.arrays import AnyArray, Float32, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import FILLS
from mcca_ml.grid import ease2
from mcca_ml.read.granule import array, check_kelvin, decode, text

TB_RANGE = (30.0, 330.0)
"""Physical range of brightness temperature on Earth at 1.4 GHz [K]. The maximum is valid_max of the
granules; the minimum excludes empty footprints (0 K and 30 K at swath edges of genuine files)."""


LEAST_VALUES = 50
"""Smallest number of values of a subset of the grid for which TB_RANGE is checked."""


def brightness_temperature(
    group: h5py.Group, name: str, shape: tuple[int, ...], rows: Sequence[slice] = (slice(None),)
) -> Float32:
    """Read brightness temperature [K]; NaN where missing or outside its physical range.

    Args:
        group: HDF5 group.
        name: name of the dataset.
        shape: required shape.
        rows: slices along its first axis to read; default all.

    Raises:
        GranuleError: the dataset is absent, has another shape, or is not in kelvin.
    """
    raw, field = array(group, name, shape, rows), group[name]
    values = decode(raw, FILLS["f4"])
    least = 1 if raw.shape == field.shape else LEAST_VALUES
    unit = text(field.attrs.get("units"))
    check_kelvin(field, unit, values[np.isfinite(values)], TB_RANGE, least)
    return decode(raw, FILLS["f4"], TB_RANGE)


def flat_cell(row: AnyArray, column: AnyArray, grid: ease2.Grid, where: str) -> Int64:
    """Return the flat index of each cell on a grid.

    Raises:
        GranuleError: an index is outside the grid.
    """
    cell = ease2.flat_cell(grid, row, column).astype(np.int64)
    if (cell < 0).any():
        raise GranuleError(
            f"{where}: found a cell at row {row.max()}, column {column.max()}, expected less than "
            f"{grid.rows}, {grid.columns}; this is not the grid of the product that the metadata "
            "name"
        )
    return cell
