"""The part of a grid that a file of the record covers: its description, and where cells go."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mcca_ml.arrays import Int64, Integer
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.publish.area import area
from mcca_ml.publish.coordinates import Axis, place_axes
from mcca_ml.publish.variables import AttributeValue


@dataclass(frozen=True)
class GridWindow(ABC):
    """Some rows and columns of a grid, next to each other; the grid is that of the class."""

    grid: ClassVar[str]
    """Name of the grid."""
    words: ClassVar[str]
    """The grid in words."""
    ending: ClassVar[str]
    """Suffix of names of files; empty for the grid of the record."""
    dims: ClassVar[tuple[str, str]]
    """Dimensions of rows and columns."""
    auxiliary: ClassVar[tuple[str, ...]]
    """Coordinates of places that are no dimensions."""
    grid_columns: ClassVar[int]
    """Columns of the whole grid."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def places(self, cells: Integer) -> Int64:
        """Flat index in the window of cells of the grid, all of which are in it."""
        row, column = np.divmod(np.asarray(cells, np.int64), self.grid_columns)
        return np.asarray((row - self.row) * self.columns + column - self.column)

    @abstractmethod
    def axes(self) -> Iterator[Axis]:
        """Coordinates and grid mapping."""

    @abstractmethod
    def area(self) -> dict[str, AttributeValue]:
        """Attributes that say where it is."""


def rectangle_around(row: Integer, column: Integer) -> tuple[int, int, int, int]:
    """First row and column, and number of rows and columns, of the least one around some cells.

    Args:
        row: of each cell, at least one.
        column: of each cell.
    """
    rows, columns = (int(np.ptp(index)) + 1 for index in (row, column))
    return int(row.min()), int(column.min()), rows, columns


@dataclass(frozen=True)
class Window(GridWindow):
    """Some rows and columns of EASE2_M25, next to each other."""

    grid = M25.name
    words = f"{M25.cell_m / 1000:.1f} km {M25.name} grid"
    ending = ""
    dims = ("y", "x")
    auxiliary = ("lat", "lon")
    grid_columns = M25.columns

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns on the grid."""
        return (
            slice(self.row, self.row + self.rows),
            slice(self.column, self.column + self.columns),
        )

    def axes(self) -> Iterator[Axis]:
        """Coordinates and grid mapping."""
        return place_axes(M25, *self.slices)

    def area(self) -> dict[str, AttributeValue]:
        """Attributes that say where it lies."""
        return area(M25, *self.slices)


def smallest_window(cells: Integer) -> Window:
    """The least window around some cells; the whole grid for all land, and for no cell.

    >>> smallest_window(np.array([3 * 1388 + 7, 5 * 1388 + 6]))
    Window(row=3, column=6, rows=3, columns=2)
    """
    if cells.size == 0 or cells.size == land_cells(M25).size:
        return Window(0, 0, *M25.shape)
    row, column = np.divmod(np.asarray(cells, np.int64), M25.columns)
    return Window(*rectangle_around(row, column))
