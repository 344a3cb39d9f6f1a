"""Coordinates of what is published on an EASE-Grid 2.0: values and attributes, once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from mcca_ml.arrays import AnyArray
from mcca_ml.grid import ease2
from mcca_ml.publish.variables import AttributeValue

EASE2_EPSG = 6933

DEPTH_M = 0.025
"""Middle of the nominal sensing depth 0-5 cm [m]."""


@dataclass(frozen=True)
class Axis:
    """A coordinate, or the grid mapping."""

    name: str
    dims: tuple[str, ...]
    values: AnyArray
    attributes: dict[str, AttributeValue]


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
    for name, long_name, dim, degrees in (
        ("lat", "latitude", "y", ease2.latitude(grid)[rows]),
        ("lon", "longitude", "x", ease2.longitude(grid)[columns]),
    ):
        yield Axis(
            name,
            (dim,),
            degrees,
            {
                "standard_name": long_name,
                "long_name": f"{long_name} of the cell centre",
                "units": "degrees_north" if name == "lat" else "degrees_east",
                "coverage_content_type": "coordinate",
            },
        )
    yield depth_axis()
    mapping = {"long_name": grid.name, **CRS.from_epsg(EASE2_EPSG).to_cf()}
    yield Axis("crs", (), np.array(0, np.int32), mapping)


def depth_axis() -> Axis:
    """The nominal sensing depth."""
    return Axis(
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
