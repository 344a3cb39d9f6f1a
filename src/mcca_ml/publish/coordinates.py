"""Coordinates of what is published on an EASE-Grid 2.0: values and attributes, once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import netCDF4
import numpy as np
from pyproj import CRS

from mcca_ml.arrays import AnyArray
from mcca_ml.grid import ease2
from mcca_ml.publish.variables import AttributeValue

EASE2_EPSG = 6933

DEPTH_M = 0.025
"""Middle of the nominal sensing depth 0-5 cm [m]."""

_DEGREES = {"lat": ("latitude", "degrees_north"), "lon": ("longitude", "degrees_east")}


@dataclass(frozen=True)
class Axis:
    """A coordinate, or the grid mapping."""

    name: str
    dims: tuple[str, ...]
    values: AnyArray
    attributes: dict[str, AttributeValue]

    def write(self, nc: netCDF4.Dataset) -> None:
        """Write it: whole, without fill value, as CF asks."""
        kind = self.values.dtype.str[1:]
        variable = nc.createVariable(self.name, kind, self.dims, fill_value=False)
        variable.setncatts(self.attributes)
        variable[...] = self.values


def place_axes(
    grid: ease2.Grid, rows: slice = slice(None), columns: slice = slice(None)
) -> Iterator[Axis]:
    """y, x, lat, lon, depth and crs of some rows and columns of a grid."""
    plane: dict[str, AttributeValue] = {"units": "m", "coverage_content_type": "coordinate"}
    for name, values in (("y", ease2.y(grid)[rows]), ("x", ease2.x(grid)[columns])):
        words: dict[str, AttributeValue] = {
            "standard_name": f"projection_{name}_coordinate",
            "long_name": f"{name} of the cell centre on the map",
            "axis": name.upper(),
        }
        yield Axis(name, (name,), values, {**words, **plane})
    yield degrees_axis("lat", "y", ease2.latitude(grid)[rows])
    yield degrees_axis("lon", "x", ease2.longitude(grid)[columns])
    yield from depth_and_crs(grid.name, EASE2_EPSG)


def degrees_axis(
    name: str, dim: str, degrees: AnyArray, more: Mapping[str, AttributeValue] | None = None
) -> Axis:
    """Latitude (`lat`) or longitude (`lon`) of cell centres [degree], with more attributes."""
    long_name, units = _DEGREES[name]
    attributes: dict[str, AttributeValue] = {
        "standard_name": long_name,
        "long_name": f"{long_name} of the cell centre",
        "units": units,
        **(more or {}),
        "coverage_content_type": "coordinate",
    }
    return Axis(name, (dim,), degrees, attributes)


def depth_and_crs(name: str, epsg: int) -> Iterator[Axis]:
    """The nominal sensing depth, and the grid mapping by its name and EPSG code."""
    yield Axis(
        "depth",
        (),
        np.array(DEPTH_M),
        {
            "standard_name": "depth",
            "long_name": "middle of the nominal sensing depth, 0-5 cm",
            "units": "m",
            "positive": "down",
            "axis": "Z",
            "coverage_content_type": "coordinate",
        },
    )
    mapping = {"long_name": name, **CRS.from_epsg(epsg).to_cf()}
    yield Axis("crs", (), np.array(0, np.int32), mapping)
