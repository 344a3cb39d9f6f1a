"""Brightness temperatures of SMAP granules, checked for being kelvin."""

from collections.abc import Sequence

import h5py
import numpy as np

from mcca_ml.arrays import AnyArray, Float32, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import FILLS, KELVIN
from mcca_ml.read.granule import array, decode, file_name, text

TB_RANGE = (30.0, 330.0)
"""Brightness temperatures that exist on Earth at 1.4 GHz [K]; the upper one is the granules' own
valid_max, the lower one excludes empty footprints (real files hold 0 K and 30 K at swath edges)."""


LEAST_INSIDE = 0.1
"""Share of the values within TB_RANGE below which they cannot be kelvin. Genuine ones have 0.9999;
degrees Celsius pass 30 in the hottest deserts only, and nothing scaled by 100 comes near."""


LEAST_VALUES = 50
"""Values of a part of the grid below which their share within TB_RANGE says nothing."""


def _check_kelvin(found: h5py.Dataset, values: Float32) -> None:
    """Raise where the unit is not kelvin, or where the values cannot be."""
    where = file_name(found)
    units = text(found.attrs.get("units"))
    if units and units not in KELVIN:
        raise GranuleError(f"{where}: {found.name} is in {units!r}, expected Kelvin; convert it")
    finite = values[np.isfinite(values)]
    inside = (finite >= TB_RANGE[0]) & (finite <= TB_RANGE[1])
    least = 1 if values.shape == found.shape else LEAST_VALUES
    if finite.size >= least and inside.mean() < LEAST_INSIDE:
        raise GranuleError(
            f"{where}: {found.name} lies between {finite.min():g} and {finite.max():g}, expected "
            f"{TB_RANGE[0]:g} to {TB_RANGE[1]:g} K; is it in degrees Celsius or scaled?"
        )


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
    raw = array(group, name, shape, rows)
    _check_kelvin(group[name], decode(raw, FILLS["f4"]))
    return decode(raw, FILLS["f4"], TB_RANGE)


def flat_cell(
    row: AnyArray,
    column: AnyArray,
    shape: tuple[int, int],
    where: str,
) -> Int64:
    """Flat index of each cell on a grid of `shape`.

    Raises:
        GranuleError: an index lies beyond the grid.
    """
    rows, columns = row.astype(np.int64), column.astype(np.int64)
    if rows.size and (rows.max() >= shape[0] or columns.max() >= shape[1]):
        raise GranuleError(
            f"{where}: a cell at row {rows.max()}, column {columns.max()}, expected less than "
            f"{shape[0]}, {shape[1]}; this is not the grid of the product that the metadata name"
        )
    return rows * shape[1] + columns
