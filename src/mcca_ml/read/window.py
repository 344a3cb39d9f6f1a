"""Selected cells of a gridded granule, and the rows of the grid to read for them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Int64
from mcca_ml.grid import ease2

CellsOf = Callable[[ease2.Grid], Int64]
"""Function from a grid to the cells to read: flat indices, increasing, each once."""


@dataclass(frozen=True)
class RowWindow:
    """Slices of rows, and the positions of selected cells in the data read."""

    rows: tuple[slice, ...]
    cell: Int64
    """Flat indices on the grid."""
    place: Int64
    """Flat index of each cell in the rows read."""


def select_rows(cells: Int64, grid: ease2.Grid) -> RowWindow:
    """Return the rows that contain some cells; granules are stored row by row.

    Args:
        cells: flat indices on the grid, increasing, each once.
        grid: grid of the granule.

    >>> select_rows(np.array([0, 1, 964, 4 * 964 + 7]), ease2.M36).rows
    (slice(0, 2, None), slice(4, 5, None))
    """
    row, column = np.divmod(cells, grid.columns)
    used, number = np.unique(row, return_inverse=True)
    starts = np.flatnonzero(np.diff(used, prepend=-2) > 1)
    ends = np.append(starts[1:], used.size)
    runs = [
        slice(int(used[a]), int(used[b - 1]) + 1)
        for a, b in zip(starts, ends, strict=True)
        if b > a
    ]
    return RowWindow(tuple(runs) or (slice(0, 0),), cells, number * grid.columns + column)
