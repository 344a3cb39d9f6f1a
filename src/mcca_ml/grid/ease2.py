"""The global EASE-Grids 2.0 in closed form: cell positions, and the cell that contains a point.

All global EASE-Grids 2.0 use one map (EPSG:6933): the cylindrical equal-area projection of the
WGS 84 ellipsoid, true at 30 degrees north and south. Row 0 is the northernmost, column 0 begins
at 180 degrees west, x increases eastward and y northward. A cell includes its north and west edge.

Cells are numbered by one flat index, `row * columns + column`, called `cell` everywhere.

Source: Brodzik et al. (2012), ISPRS Int. J. Geo-Inf. 1, 32-45, doi:10.3390/ijgi1010032, with the
correction Brodzik et al. (2014), doi:10.3390/ijgi3031154, which changed the 25 km cell from
25025.2600081 m to 25025.26 m: with the former value the last column crosses the date line.
The projection: Snyder (1987), Map Projections, a Working Manual, USGS Prof. Paper 1395.
Checked: forward against PROJ to 1e-6 m. Inverse against PROJ and NSIDC-0772 to 1.5e-8 degree,
the truncation of the series used there; the inverse here is exact to 1e-12 degree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Float64, Int32, Integer
from mcca_ml.errors import SchemaError

SEMI_MAJOR_AXIS = 6_378_137.0
"""Equatorial radius of WGS 84 [m]; NIMA TR8350.2."""

FLATTENING = 1 / 298.257223563
"""Flattening of WGS 84 [1]; NIMA TR8350.2."""

STANDARD_PARALLEL = np.pi / 6
"""Latitude of true scale [rad], 30 degrees; Brodzik et al. (2012)."""

_E2 = FLATTENING * (2 - FLATTENING)
_E = float(np.sqrt(_E2))
# Scale of x at the equator; its inverse is that of y.
_K0 = float(np.cos(STANDARD_PARALLEL) / np.sqrt(1 - _E2 * np.sin(STANDARD_PARALLEL) ** 2))
_NEWTON_STEPS = 3  # initial error below 2e-3, 1e-15 after two steps; one more for safety


@dataclass(frozen=True)
class Grid:
    """One global EASE-Grid 2.0: equal rectangles in x and y, centred on 0 N, 0 E."""

    name: str
    rows: int
    columns: int
    cell_m: float
    """Length of the four sides of a cell on the map [m]."""

    @property
    def size(self) -> int:
        """Number of cells, land and sea."""
        return self.rows * self.columns

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, the shape of a field on the whole grid."""
        return self.rows, self.columns


M36 = Grid("EASE2_M36", rows=406, columns=964, cell_m=4 * 9008.055210146)
"""SMAP's standard 36 km grid: 4 x 4 cells of M09 in each of its cells."""

M25 = Grid("EASE2_M25", rows=584, columns=1388, cell_m=25025.26)
"""Grid of the record. It is not nested in either of the two others."""

M09 = Grid("EASE2_M09", rows=1624, columns=3856, cell_m=9008.055210146)
"""SMAP's enhanced 9 km grid."""

GRIDS: Mapping[str, Grid] = {grid.name: grid for grid in (M36, M25, M09)}
"""The grids by name, as in `attrs["grid"]` of a dataset."""


Coordinate = tuple[str, npt.NDArray[Any], dict[str, str]]


class Place(NamedTuple):
    """Geodetic latitude and longitude of some cells [degree]."""

    lat: Float64
    lon: Float64


def by_name(name: str) -> Grid:
    """Return the grid called `name`, as in `attrs["grid"]` of a dataset.

    Raises:
        SchemaError: there is no grid of that name.

    >>> by_name("EASE2_M25").shape
    (584, 1388)
    """
    if name not in GRIDS:
        raise SchemaError(f"grid: found name {name!r}, expected one of {', '.join(GRIDS)}")
    return GRIDS[name]


def _authalic_q(sine: Float64) -> Float64:
    """Snyder's q of a geodetic latitude given by its sine [1]: area from the equator over a^2/2."""
    q: Float64 = (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(_E * sine) / _E)
    return q


def map_x(lon: npt.ArrayLike) -> Float64:
    """Return the map x of a longitude [m].

    Args:
        lon: longitude [degree], not wrapped: 190 is east of the map's edge.
    """
    return np.asarray(np.deg2rad(np.asarray(lon, np.float64)) * (SEMI_MAJOR_AXIS * _K0))


def map_y(lat: npt.ArrayLike) -> Float64:
    """Return the map y of a geodetic latitude [m].

    Args:
        lat: latitude [degree], -90 to 90.

    Formula:
        q = (1 - e^2) (sin(lat) / (1 - e^2 sin^2(lat)) + artanh(e sin(lat)) / e),  y = a q / (2 k0)
    """
    sine = np.sin(np.deg2rad(np.asarray(lat, np.float64)))
    return np.asarray(_authalic_q(sine) * (SEMI_MAJOR_AXIS / (2 * _K0)))


def map_longitude(x: npt.ArrayLike) -> Float64:
    """Return the longitude of a map x [degree].

    Args:
        x: map x [m].
    """
    return np.asarray(np.rad2deg(np.asarray(x, np.float64) / (SEMI_MAJOR_AXIS * _K0)))


def map_latitude(y: npt.ArrayLike) -> Float64:
    """Return the geodetic latitude of a map y [degree]; NaN beyond the poles.

    Args:
        y: map y [m].

    Formula:
        q = 2 k0 y / a, then Newton's method on q(sin(lat)), with dq/dsin = 2 (1 - e^2) /
        (1 - e^2 sin^2)^2. With respect to the sine, unlike the latitude, the slope is not zero at
        the poles.
    """
    q = np.asarray(y, np.float64) * (2 * _K0 / SEMI_MAJOR_AXIS)
    pole = float(_authalic_q(np.ones(())))
    on_earth = np.abs(q) <= pole * (1 + 1e-12)  # includes the pole within rounding
    sine = np.where(on_earth, q / pole, 0.0)
    for _ in range(_NEWTON_STEPS):
        slope = 2 * (1 - _E2) / (1 - _E2 * sine**2) ** 2
        sine = np.clip(sine - (_authalic_q(sine) - np.where(on_earth, q, 0.0)) / slope, -1, 1)
    return np.where(on_earth, np.rad2deg(np.arcsin(sine)), np.nan)


def x_edges(grid: Grid) -> Float64:
    """Return the map x of the column edges, west to east [m], shape (columns + 1,)."""
    return np.asarray((np.arange(grid.columns + 1) - grid.columns / 2) * grid.cell_m)


def y_edges(grid: Grid) -> Float64:
    """Return the map y of the row edges, north to south [m], shape (rows + 1,)."""
    return np.asarray((grid.rows / 2 - np.arange(grid.rows + 1)) * grid.cell_m)


def x(grid: Grid) -> Float64:
    """Return the map x of the column centres, west to east [m]."""
    return np.asarray((np.arange(grid.columns) + 0.5 - grid.columns / 2) * grid.cell_m)


def y(grid: Grid) -> Float64:
    """Return the map y of the row centres, north to south [m]."""
    return np.asarray((grid.rows / 2 - 0.5 - np.arange(grid.rows)) * grid.cell_m)


def longitude(grid: Grid) -> Float64:
    """Return the longitude of the column centres, west to east [degree]."""
    return map_longitude(x(grid))


def latitude(grid: Grid) -> Float64:
    """Return the latitude of the row centres, north to south [degree].

    >>> [round(float(lat), 6) for lat in latitude(M36)[[0, -1]]]
    [83.631975, -83.631975]
    """
    return map_latitude(y(grid))


def find_cell(grid: Grid, lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Int32, Int32]:
    """Return row and column of the cell that contains each point [1]; both -1 where there is none.

    Args:
        grid: one of the global grids.
        lat: geodetic latitude [degree].
        lon: longitude [degree], any range: -10 and 350 are the same meridian.

    A point north or south of the grid, or with a NaN coordinate, has no cell.

    >>> row, column = find_cell(M25, [0.1, 89.0], [-0.1, 0.0])
    >>> row.tolist(), column.tolist()
    ([291, -1], [693, -1])
    """
    lat64, lon64 = np.broadcast_arrays(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
    known = np.isfinite(lat64) & np.isfinite(lon64) & (np.abs(lat64) <= 90)
    east = np.mod(np.where(known, lon64, 0.0) + 180, 360) - 180
    down = grid.rows / 2 - map_y(np.where(known, lat64, 0.0)) / grid.cell_m
    right = grid.columns / 2 + map_x(east) / grid.cell_m
    inside = known & (down >= 0) & (down < grid.rows)
    # The grid ends within 5 mm of the date line; points beyond belong to the edge column.
    column = np.clip(np.floor(right), 0, grid.columns - 1)
    return (
        np.where(inside, np.floor(down), -1).astype(np.int32),
        np.where(inside, column, -1).astype(np.int32),
    )


def flat_cell(grid: Grid, row: npt.ArrayLike, column: npt.ArrayLike) -> Int32:
    """Return the flat index `row * columns + column` [1]; -1 where row or column is off the grid.

    Args:
        grid: one of the global grids.
        row: row [1], 0 in the north.
        column: column [1], 0 in the west.

    >>> flat_cell(M36, [0, 1, -1], [5, 0, -1]).tolist()
    [5, 964, -1]
    """
    r, c = np.asarray(row, np.int64), np.asarray(column, np.int64)
    inside = (r >= 0) & (r < grid.rows) & (c >= 0) & (c < grid.columns)
    return np.where(inside, r * grid.columns + c, -1).astype(np.int32)


def cell_latlon(grid: Grid, cell: npt.ArrayLike) -> Place:
    """Return the centre of each cell, `lat` and `lon` [degree]; NaN where `cell` is off the grid.

    Args:
        grid: one of the global grids.
        cell: flat index `row * columns + column` [1].

    >>> [round(float(c), 4) for c in cell_latlon(M36, 0)]
    [83.632, -179.8133]
    """
    index = np.asarray(cell, np.int64)
    inside = (index >= 0) & (index < grid.size)
    row, column = np.divmod(np.where(inside, index, 0), grid.columns)
    return Place(
        lat=np.where(inside, latitude(grid)[row], np.nan),
        lon=np.where(inside, longitude(grid)[column], np.nan),
    )


def positions(grid: Grid, cells: Integer) -> Int32:
    """Return the position of each cell of a grid in the list `cells` [1]; -1 if not in the list.

    Args:
        grid: one of the global grids.
        cells: flat indices `row * columns + column` [1].
    """
    table = np.full(grid.size, -1, np.int32)
    table[cells] = np.arange(cells.size, dtype=np.int32)
    return table


def cell_coordinates(grid: Grid, cell: Integer, attrs: Mapping[str, str]) -> dict[str, Coordinate]:
    """Return the coordinates `cell`, `lat` and `lon` of a dataset with the dimension `cell`.

    Args:
        grid: one of the global grids.
        cell: flat index `row * columns + column` [1].
        attrs: attributes of `cell`.
    """
    place = cell_latlon(grid, cell)
    return {
        "cell": ("cell", cell, dict(attrs)),
        "lat": ("cell", place.lat, {"units": "degrees_north"}),
        "lon": ("cell", place.lon, {"units": "degrees_east"}),
    }
