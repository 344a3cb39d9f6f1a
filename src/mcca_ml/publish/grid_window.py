"""The part of a grid that the files of the record hold: what they say of it, and where cells go."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mcca_ml.arrays import Int64, Integer
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.publish.attributes import area
from mcca_ml.publish.coordinates import Axis, place_axes
from mcca_ml.publish.variables import AttributeValue


class Sheet(Protocol):
    """Some rows and columns of a grid, next to each other."""

    def __hash__(self) -> int:
        """Sheets are kept by what they are."""
        ...

    @property
    def grid(self) -> str:
        """Name of the grid."""
        ...

    @property
    def words(self) -> str:
        """The grid in words."""
        ...

    @property
    def ending(self) -> str:
        """What names of files have of it; empty for the grid of the record."""
        ...

    @property
    def dims(self) -> tuple[str, str]:
        """Dimensions of rows and columns."""
        ...

    @property
    def auxiliary(self) -> tuple[str, ...]:
        """Coordinates of places that are no dimensions."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...

    def places(self, cells: Integer) -> Int64:
        """Flat index on the sheet of cells of the grid, all of which lie on it."""
        ...

    def axes(self) -> Iterator[Axis]:
        """Coordinates and grid mapping."""
        ...

    def area(self) -> dict[str, AttributeValue]:
        """Attributes that say where it lies."""
        ...


@dataclass(frozen=True)
class Rectangle(ABC):
    """Some rows and columns of a grid, next to each other: what their numbers alone say."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    @abstractmethod
    def grid_columns(self) -> int:
        """Columns of the whole grid."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def places(self, cells: Integer) -> Int64:
        """Flat index in the window of cells of the grid, all of which lie in it."""
        row, column = np.divmod(np.asarray(cells, np.int64), self.grid_columns)
        return np.asarray((row - self.row) * self.columns + column - self.column)


def rectangle_around(row: Integer, column: Integer) -> tuple[int, int, int, int]:
    """First row and column, and number of rows and columns, of the least one around some cells.

    Args:
        row: of each cell, at least one.
        column: of each cell.
    """
    rows, columns = (int(np.ptp(index)) + 1 for index in (row, column))
    return int(row.min()), int(column.min()), rows, columns


@dataclass(frozen=True)
class Window(Rectangle):
    """Some rows and columns of EASE2_M25, next to each other."""

    @property
    def grid_columns(self) -> int:
        """Columns of the whole grid."""
        return M25.columns

    @property
    def grid(self) -> str:
        """Name of the grid."""
        return M25.name

    @property
    def words(self) -> str:
        """The grid in words."""
        return f"{M25.cell_m / 1000:.1f} km {M25.name} grid"

    @property
    def ending(self) -> str:
        """Nothing: this is the grid of the record."""
        return ""

    @property
    def dims(self) -> tuple[str, str]:
        """Dimensions of rows and columns."""
        return "y", "x"

    @property
    def auxiliary(self) -> tuple[str, ...]:
        """Coordinates of places that are no dimensions."""
        return "lat", "lon"

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


def window_of(cells: Integer) -> Window:
    """The least window around some cells; the whole grid for all land, and for no cell.

    >>> window_of(np.array([3 * 1388 + 7, 5 * 1388 + 6]))
    Window(row=3, column=6, rows=3, columns=2)
    """
    if cells.size == 0 or cells.size == land_cells(M25).size:
        return Window(0, 0, *M25.shape)
    row, column = np.divmod(np.asarray(cells, np.int64), M25.columns)
    return Window(*rectangle_around(row, column))
