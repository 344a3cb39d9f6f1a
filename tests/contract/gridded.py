"""Small GRID_TB datasets for the tests of gridding: every record can be told from every other."""

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2

CONTRACT = {**schema.GRID_TB, **schema.ANCILLARY}
WHOLE = {
    "nobs": np.uint16,
    "flag": np.uint32,
    "land_cover": np.uint8,
    "recommended_operational": np.uint8,
}


def grid_tb(
    grid, cells, *, days=("2015-04-01",), looks=("am",), granule="a.h5", values=None, names=CONTRACT
):
    """A complete dataset: 250 K, 06:00, no flags, class 5 everywhere, unless in `values`."""
    cells = np.asarray(cells, np.int64)
    days = np.asarray(days, "M8[ns]")
    sizes = {"time": days.size, "look": len(looks), "cell": cells.size, "channel": 2, "cover": 3}
    plain = {
        "tb": 250.0,
        "incidence": 0.7,
        "local_time": 6.0,
        "nobs": 1,
        "flag": 0,
        "soil_temperature": 290.0,
        "canopy_temperature": 289.0,
        "clay_fraction": 0.2,
        "bulk_density": 1.3,
        "roughness_h": 0.1,
        "water_fraction": 0.01,
        "soil_moisture_operational": 0.25,
        "recommended_operational": 1,
    }
    data = {}
    for name in names:
        var = CONTRACT[name]
        shape = tuple(sizes[dim] for dim in var.dims)
        if name == "obs_time":
            value = np.broadcast_to(days[:, None, None] + np.timedelta64(6, "h"), shape).copy()
        elif name == "land_cover":
            value = np.broadcast_to(np.array([5, 255, 255], np.uint8), shape).copy()
        elif name == "land_cover_fraction":
            value = np.broadcast_to(np.array([1, 0, 0], np.float32), shape).copy()
        else:
            value = np.full(shape, plain[name], WHOLE.get(name, np.float32))
        if values and name in values:
            value[...] = values[name]
        data[name] = (var.dims, value, {} if var.units is None else {"units": var.units})
    place = ease2.cell_latlon(grid, cells)
    return xr.Dataset(
        data,
        coords={
            "time": days,
            "look": list(looks),
            "cell": cells,
            "channel": ["1.41V", "1.41H"],
            "lat": ("cell", place.lat, {"units": "degrees_north"}),
            "lon": ("cell", place.lon, {"units": "degrees_east"}),
        },
        attrs={"sensor": "SMAP", "grid": grid.name, "granules": granule},
    )


def is_unobserved(flag):
    """Whether the flag says that nothing was seen."""
    return (np.asarray(flag) & int(Flag.NOT_OBSERVED)) != 0
