"""A simulated scene as the dataset that a reader would give, for retrievals of known truth."""

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Int64
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.grid.ease2 import Grid, latitude, longitude
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.scene import Scene, scene_tb

CONTRACT = {**schema.GRID_TB, **schema.ANCILLARY}
"""What a reader would give."""

HOURS = (6.0, 18.0)
"""Local solar time of the looks am and pm [h]."""


def scene_dataset(
    scene: Scene,
    sensor: Sensor,
    grid: Grid,
    cells: Int64,
    *,
    first_day: str,
    rng: np.random.Generator | None = None,
) -> xr.Dataset:
    """GRID_TB of a scene with arrays (time, look, cell), as a reader would give it; simulated.

    Args:
        scene: truth, each array (time, look, cell); look is am, pm.
        sensor: whose channels see it.
        grid: grid that `cells` index, row * columns + column.
        cells: cells of the scene.
        first_day: first UTC day, `2015-04-01` for instance; the others follow.
        rng: adds noise if given.
    """
    times, looks = scene.soil_moisture.shape[:2]
    coords = _coordinates(sensor, grid, cells, np.datetime64(first_day, "ns"), times)
    coords = coords.isel(look=slice(looks))
    hours = np.array(HOURS[:looks], np.float32)
    offset = (hours[:, None] - coords["lon"].to_numpy() / 15.0) * 3600e9
    seen = coords["time"].to_numpy()[:, None, None] + offset.astype("timedelta64[ns]")
    values: dict[str, AnyArray] = {
        "incidence": scene.incidence,
        "local_time": hours[None, :, None],
        "obs_time": seen,
        "nobs": np.ones(1, np.int16),
        "flag": np.zeros(1, FLAG_DTYPE),
        "soil_temperature": scene.soil_temperature,
        "canopy_temperature": scene.canopy_temperature,
        "clay_fraction": scene.clay,
        "roughness_h": scene.roughness_h,
    }
    tb = scene_tb(scene, sensor.channels, rng)
    out = coords.assign(tb=((*schema.LOOK, "channel"), tb, {"units": "K"}))
    for name, value in values.items():
        units = CONTRACT[name].units
        data = np.broadcast_to(value, scene.soil_moisture.shape).copy()
        out[name] = (schema.LOOK, data, {} if units is None else {"units": units})
    return schema.check(out, schema.GRID_TB, where="simulate.scene")


def _coordinates(
    sensor: Sensor,
    grid: Grid,
    cells: Int64,
    first_day: np.datetime64,
    days: int,
) -> xr.Dataset:
    """Coordinates and attributes of a simulated dataset, with both looks."""
    return xr.Dataset(
        coords={
            "time": first_day + np.arange(days) * np.timedelta64(1, "D"),
            "look": ["am", "pm"],
            "cell": cells,
            "channel": [channel.name for channel in sensor.channels],
            "lat": ("cell", latitude(grid)[cells // grid.columns]),
            "lon": ("cell", longitude(grid)[cells % grid.columns]),
        },
        attrs={
            "sensor": sensor.name,
            "grid": grid.name,
            "granules": "simulated scene",
            "simulated": "true",
        },
    )
