"""The record on a regular grid of 0.25 degrees, north up, as ESA CCI soil moisture has it.

On the equal-area map of EASE-Grid 2.0 a cell of latitude and longitude is a rectangle too, so its
area shared with each cell of EASE2_M25 is exact. A new cell takes from the cell that holds its
centre: whether there is a value at all, `sensor`, `nobs`, `t0`, `flag`, `is_filled`. Soil moisture
and its uncertainty are means weighted by shared area over those cells in it that have a value and
are as that one is: recommended or not, filled or not. So no value of frozen ground goes into a
recommended one, and `sm_filled` is `sm` where that has a value. The uncertainty is what it would be
if the errors of neighbours were one error, since they share networks, looks and target: means of
independent errors would be smaller.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Float64, Int32, Int64, Integer
from mcca_ml.flags import is_recommended
from mcca_ml.grid import ease2
from mcca_ml.grid.land import land_cells
from mcca_ml.grid.overlap import Cover, overlap, rectangles, weighted_mean
from mcca_ml.publish.area import area_between
from mcca_ml.publish.coordinates import Axis, degrees_axis, depth_and_crs
from mcca_ml.publish.grid_window import GridWindow, rectangle_around
from mcca_ml.publish.variables import AttributeValue

STEP = 0.25
"""Height and width of a cell [degree]."""
ROWS, COLUMNS = 720, 1440
_WGS84_EPSG = 4326


def latitude_edges() -> Float64:
    """Edges of the rows, north to south [degree_north]."""
    return np.asarray(90.0 - STEP * np.arange(ROWS + 1))


def longitude_edges() -> Float64:
    """Edges of the columns, west to east [degree_east]."""
    return np.asarray(STEP * np.arange(COLUMNS + 1) - 180.0)


def _middles(edges: Float64) -> Float64:
    return np.asarray((edges[:-1] + edges[1:]) / 2)


@dataclass(frozen=True)
class QuarterWindow(GridWindow):
    """Some rows and columns of the 0.25 degree grid, next to each other."""

    grid = "0.25_degree"
    words = f"regular 0.25 degree grid, remapped by area from {ease2.M25.name}"
    ending = "-0.25DEG"
    dims = ("lat", "lon")
    auxiliary = ()
    grid_columns = COLUMNS

    def _edges(self) -> tuple[Float64, Float64]:
        return (
            latitude_edges()[self.row : self.row + self.rows + 1],
            longitude_edges()[self.column : self.column + self.columns + 1],
        )

    def axes(self) -> Iterator[Axis]:
        """lat, lon, their bounds, depth and crs."""
        for name, letter, edges in zip(("lat", "lon"), "YX", self._edges(), strict=True):
            more: dict[str, AttributeValue] = {"axis": letter, "bounds": f"{name}_bnds"}
            yield degrees_axis(name, name, _middles(edges), more)
            both = np.stack([edges[:-1], edges[1:]], axis=1)
            yield Axis(f"{name}_bnds", (name, "bounds"), both, {})
        yield from depth_and_crs("WGS 84", _WGS84_EPSG)

    def area(self) -> dict[str, AttributeValue]:
        """Attributes that say where it lies: its outer edges."""
        lat, lon = self._edges()
        north, south, west, east = (float(edge) for edge in (lat[0], lat[-1], lon[0], lon[-1]))
        return area_between((south, north), (west, east), "0.25 degree")


@dataclass(frozen=True)
class Remap:
    """From some cells of EASE2_M25 to the cells of 0.25 degrees whose centres they hold."""

    window: QuarterWindow
    cells: Int64
    """Flat cells of the 0.25 degree grid, rising."""
    centre: Int32
    """Position in the list of source cells of the one that holds each centre."""
    cover: Cover
    """All source cells that share area with each cell."""


def make_remap(cells: Integer) -> Remap:
    """How some cells of EASE2_M25 go to the 0.25 degree grid.

    Args:
        cells: flat, rising, each once.

    Returns:
        Its window is the whole grid for all land, and for no cell; else the least one around them.
    """
    m25 = ease2.M25
    position = ease2.positions(m25, cells)
    lat, lon = latitude_edges(), longitude_edges()
    of_row, _ = ease2.find_cell(m25, _middles(lat), 0.0)
    _, of_column = ease2.find_cell(m25, 0.0, _middles(lon))
    places = position[np.maximum(of_row, 0)[:, None] * m25.columns + of_column]
    places[of_row < 0] = -1
    row, column = np.nonzero(places >= 0)
    down = overlap(ease2.y_edges(m25), ease2.map_y(lat))
    across = overlap(ease2.x_edges(m25), ease2.map_x(lon))
    return Remap(
        _window(cells, row, column),
        np.asarray(row * COLUMNS + column, np.int64),
        places[row, column],
        rectangles(down.select(row), across.select(column), position, m25.columns),
    )


def _window(cells: Integer, row: Integer, column: Integer) -> QuarterWindow:
    """What is around cells of EASE2_M25 and the cells, by row and column, that they fill."""
    if cells.size in (0, land_cells(ease2.M25).size):
        return QuarterWindow(0, 0, ROWS, COLUMNS)
    # In the tropics a cell of EASE2_M25 may hold no centre; its own lies in a cell all the same.
    place = ease2.cell_latlon(ease2.M25, cells)
    down = np.concatenate([row, np.floor((90.0 - place.lat) / STEP).astype(np.int64)])
    right = np.concatenate([column, np.floor((place.lon + 180.0) / STEP).astype(np.int64)])
    return QuarterWindow(*rectangle_around(down, right))


def remapped(ds: xr.Dataset, remap: Remap) -> xr.Dataset:
    """The record on the 0.25 degree grid; the input is not modified.

    Args:
        ds: after schema.RECORD; its cells are those that `remap` was made for.
        remap: of its cells.

    Returns:
        New dataset after schema.RECORD, `cell` being flat indices of the 0.25 degree grid.
    """
    kind = 2 * is_recommended(ds["flag"].to_numpy()) + (ds["is_filled"].to_numpy() != 0)
    is_alike = kind[:, remap.cover.index] == kind[:, remap.centre][..., None]
    cover = Cover(remap.cover.index, np.where(is_alike, remap.cover.weight, 0.0))
    out = xr.Dataset(coords={"time": ds["time"], "cell": remap.cells}, attrs=ds.attrs)
    for name, var in schema.RECORD.items():
        values = ds[name].to_numpy()
        taken = values[:, remap.centre]
        if var.units == "m3 m-3":
            mean = weighted_mean(values, cover, min_share=0.0)
            taken = np.where(np.isfinite(taken), mean, taken)
        out[name] = (ds[name].dims, taken, ds[name].attrs)
    return out
