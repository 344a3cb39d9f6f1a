"""A small RETRIEVAL for the tests of what is written: made up, not physical."""

import numpy as np
import xarray as xr

from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.grid import ease2
from mcca_ml.schema import LOOK, RETRIEVAL, check

DAY = np.datetime64("2015-04-01")
UNITS = {name: var.units for name, var in RETRIEVAL.items()}


def box_cells(grid: ease2.Grid, lat: tuple[float, float], lon: tuple[float, float]) -> np.ndarray:
    """Flat cell numbers of all cells in a box."""
    rows = np.flatnonzero((ease2.latitude(grid) >= lat[0]) & (ease2.latitude(grid) <= lat[1]))
    columns = np.flatnonzero((ease2.longitude(grid) >= lon[0]) & (ease2.longitude(grid) <= lon[1]))
    return (rows[:, None] * grid.columns + columns).ravel()


def made_retrieval(
    *,
    grid: ease2.Grid = ease2.M36,
    looks: tuple[str, ...] = ("am", "pm"),
    cell: np.ndarray | None = None,
    simulated: bool = False,
    operational: bool = True,
) -> xr.Dataset:
    """One day over a box of central North America, every seventh cell without a value."""
    cells = box_cells(grid, (35, 45), (-105, -90)) if cell is None else cell
    shape = (1, len(looks), cells.size)
    random = np.random.default_rng(1)
    values = {
        "soil_moisture": random.uniform(0.02, 0.5, shape),
        "sm_uncertainty": random.uniform(0.01, 0.1, shape),
        "vod_v": random.uniform(0, 1.2, shape),
        "vod_h": random.uniform(0, 1.2, shape),
        "vod_v_uncertainty": random.uniform(0.01, 0.5, shape),
        "vod_h_uncertainty": random.uniform(0.01, 0.5, shape),
        "cost": random.chisquare(1, shape),
    }
    if operational:
        values["soil_moisture_operational"] = values["soil_moisture"] + 0.01
    missing = np.broadcast_to(np.arange(cells.size) % 7 == 0, shape)
    frozen = np.broadcast_to(np.arange(cells.size) % 7 == 1, shape)
    variables = {
        name: (LOOK, np.where(missing, np.nan, value).astype(np.float32), {"units": "m3 m-3"})
        if name.startswith(("soil", "sm"))
        else (LOOK, np.where(missing, np.nan, value).astype(np.float32), {"units": "1"})
        for name, value in values.items()
    }
    flag = np.where(missing, int(Flag.NOT_OBSERVED), 0) | np.where(frozen, int(Flag.FROZEN), 0)
    seconds = random.uniform(0, 86_399, shape) * 1e9
    times = np.where(missing, np.datetime64("NaT"), DAY.astype("M8[ns]") + seconds.astype("m8[ns]"))
    place = ease2.cell_latlon(grid, cells)
    attrs = {"sensor": "SMAP", "grid": grid.name, "product": "SPL3SMP", "product_version": "3"}
    attrs |= {"channels": "1.41V, 1.41H", "vod_frequency_ghz": 1.41}
    ds = xr.Dataset(
        {
            **variables,
            "flag": (LOOK, flag.astype(FLAG_DTYPE), {"units": "1"}),
            "obs_time": (LOOK, times),
        },
        coords={
            "time": np.array([DAY], "M8[ns]"),
            "look": list(looks),
            "cell": cells,
            "lat": ("cell", place.lat),
            "lon": ("cell", place.lon),
        },
        attrs={**attrs, "simulated": "true"} if simulated else attrs,
    )
    return check(ds, RETRIEVAL, where="made_retrieval")
