"""Where a product is: the outer edges of its area and the depth of its layer, as attributes."""

import numpy as np

from mcca_ml.grid import ease2
from mcca_ml.publish.variables import AttributeValue


def area(grid: ease2.Grid, rows: slice, columns: slice) -> dict[str, AttributeValue]:
    """Attributes that say where: the outer edges of some rows and columns of a grid."""
    row, column = (span.indices(n)[:2] for span, n in zip((rows, columns), grid.shape, strict=True))
    north, south = (float(lat) for lat in ease2.map_latitude(ease2.y_edges(grid)[list(row)]))
    # M25 and M09 end some millimetres beside the date line
    edges = np.clip(ease2.map_longitude(ease2.x_edges(grid)[list(column)]), -180.0, 180.0)
    west, east = (float(lon) for lon in edges)
    return area_between((south, north), (west, east), f"{grid.cell_m:.2f} m at 30 degrees")


def area_between(
    latitudes: tuple[float, float], longitudes: tuple[float, float], resolution: str
) -> dict[str, AttributeValue]:
    """Attributes that say where, by outer edges.

    Args:
        latitudes: of the southern and the northern edge [degree_north].
        longitudes: of the western and the eastern edge [degree_east].
        resolution: of the grid, in words.
    """
    (south, north), (west, east) = latitudes, longitudes
    corners = [(west, south), (east, south), (west, north), (east, north), (west, south)]
    ring = ", ".join(f"{lat:.6f} {lon:.6f}" for lon, lat in corners)
    return {
        "geospatial_bounds": f"POLYGON (({ring}))",
        "geospatial_bounds_crs": "EPSG:4326",
        "geospatial_lat_min": np.float64(south),
        "geospatial_lat_max": np.float64(north),
        "geospatial_lat_units": "degrees_north",
        "geospatial_lon_min": np.float64(west),
        "geospatial_lon_max": np.float64(east),
        "geospatial_lon_units": "degrees_east",
        "geospatial_lat_resolution": resolution,
        "geospatial_lon_resolution": resolution,
        # The nominal layer, 0-5 cm.
        "geospatial_vertical_min": np.float64(0.0),
        "geospatial_vertical_max": np.float64(0.05),
        "geospatial_vertical_positive": "down",
        "geospatial_vertical_units": "m",
        "geospatial_vertical_resolution": "0.05 m",
    }
