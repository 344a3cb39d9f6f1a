"""What brightness temperature does the simulator give for real ground?

States come from one real day of SMAP (2015-04-01, 6 am): its soil moisture, vegetation opacity,
surface temperature, roughness, open water, land cover. The canopy has the temperature of the soil,
clay is 0.2, the air holds vapour by its temperature. Nothing here is fitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import netCDF4
import numpy as np
from pyproj import Transformer

from benchmarks.common import lprm, real_granules
from benchmarks.common.uniform_truth import uniform_land, uniform_state
from mcca_ml.arrays import Float64, UInt8
from mcca_ml.config.simulate import EffectSettings
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import Place
from mcca_ml.retrieve import land_cover
from mcca_ml.sensors import AMSR2
from mcca_ml.simulate.observe.emission import brightness_temperature
from mcca_ml.simulate.truth.types import Land, State

PRODUCTS = Path("products")
LPRM = PRODUCTS / "LPRM-AMSR2_L3_D_SOILM3_V001_20150401013507.nc4"
AMSRE_18H = PRODUCTS / "NSIDC-0630-EASE2_N25km-AQUA_AMSRE-2008278-18H-E-GRD-RSS-v1.0.nc"
INCIDENCE = np.float32(np.deg2rad(55.0))
CLASSES: Mapping[str, tuple[int, ...]] = {
    "barren": (16,),
    "open shrubland": (7,),
    "grassland": (10,),
    "cropland": (12, 14),
    "savanna": (8, 9),
}
"""IGBP classes by the name that the tables give them."""


@dataclass(frozen=True)
class RealDay:
    """Real ground of one morning; arrays (cell)."""

    places: Place
    land_cover: UInt8
    land: Land
    state: State


def is_here() -> bool:
    """Whether all real fields are at hand."""
    return all(
        real_granules.path_of(path).is_file() for path in (real_granules.DAY, LPRM, AMSRE_18H)
    )


def real_day() -> RealDay:
    """The recommended cells of the real day as land and state of the simulation."""
    path = real_granules.path_of(real_granules.DAY)
    cell = real_granules.recommended(path)["cell"].to_numpy()
    fields = real_granules.fields(path, cell)
    with h5py.File(path) as granule:
        classes = granule[real_granules.GROUP]["landcover_class"][...].reshape(-1, 3)[cell, 0]
    known = np.isfinite(fields["surface_temperature"] + fields["vegetation_opacity"])
    cell, classes = cell[known], np.where(classes[known] > 16, 10, classes[known])
    fields = {name: values[known] for name, values in fields.items()}
    grid = ease2.by_name("EASE2_M36")
    places = ease2.cell_latlon(grid, cell)
    warm = fields["surface_temperature"]
    land = uniform_land(cell.size)
    surface = replace(
        land.first,
        roughness_h=fields["roughness_coefficient"],
        omega=np.asarray(land_cover.OMEGA_DCA, np.float32)[classes],
        vod_exponent=np.asarray(land_cover.VOD_EXPONENT, np.float32)[classes],
    )
    water = np.nan_to_num(fields["static_water_body_fraction"])
    state = replace(
        uniform_state(cell.size),
        soil_moisture=fields["soil_moisture"],
        total_water=fields["soil_moisture"],
        vod_v=np.maximum(fields["vegetation_opacity"] * np.cos(np.deg2rad(40)), 0),
        vapour=np.clip(15 * np.exp(0.06 * (warm - 288)), 1, 50).astype(np.float32),
        **dict.fromkeys(
            (f"{part}_temperature" for part in ("surface", "deep", "canopy", "air")), warm
        ),
    )
    land = replace(land, first=surface, second=surface, water_fraction=water)
    return RealDay(places, classes.astype(np.uint8), land, state)


def seen_by_amsr2(land: Land, state: State, effects: EffectSettings) -> dict[str, np.ndarray]:
    """Simulated brightness temperature by the name of the channel [K]."""
    incidence = np.full(state.vod_v.size, INCIDENCE)
    tb = brightness_temperature(land, state, incidence, AMSR2.channels, effects)
    return {channel.name: tb[:, i] for i, channel in enumerate(AMSR2.channels)}


def inverted(land: Land, tb: dict[str, np.ndarray]) -> lprm.Found:
    """What LPRM would give for it."""
    return lprm.invert(tb["10.65V"], tb["10.65H"], tb["36.5V"], land.clay, float(INCIDENCE))


def real_lprm(places: Place) -> tuple[Float64, Float64]:
    """Surface temperature [K] and VOD at 10.65 GHz [1] of the nearest quarter degree, else NaN."""
    with netCDF4.Dataset(real_granules.path_of(LPRM)) as file:
        column = np.round((places.lon + 179.875) / 0.25).astype(int) % 1440
        row = np.clip(np.round((89.875 - places.lat) / 0.25).astype(int), 0, 719)
        ts, vod = (
            np.ma.filled(file[name][:].astype(np.float64), np.nan)[column, row]
            for name in ("ts", "opt_depth_x")
        )
    return ts, vod


def real_18h(places: Place) -> Float64:
    """AMSR-E at 18.7 GHz H, night of 2008-10-04, of the nearest 25 km [K]; NaN where none is."""
    with netCDF4.Dataset(real_granules.path_of(AMSRE_18H)) as file:
        file.set_auto_maskandscale(False)
        counts, x, y = file["TB"][0], file["x"][:], file["y"][:]
    to_grid = Transformer.from_crs(4326, 6931, always_xy=True)
    east, north = to_grid.transform(places.lon, np.maximum(places.lat, 0))
    column = np.round((east - x[0]) / (x[1] - x[0])).astype(int)
    row = np.round((north - y[0]) / (y[1] - y[0])).astype(int)
    inside = (column >= 0) & (column < x.size) & (row >= 0) & (row < y.size) & (places.lat > 1)
    found = counts[np.clip(row, 0, y.size - 1), np.clip(column, 0, x.size - 1)]
    # 60000 is missing and 0 fill; the valid range leaves both out, judged on the counts.
    good = inside & (found >= 5000) & (found <= 35000)
    return np.where(good, found * 0.01, np.nan)
