"""Simulate one small SMAP day over a box in the Great Plains: a granule and its truth.

The land is plausible, not real: smooth random fields on real grid cells. The emission is that of
the forward model which the retrieval inverts, with one VOD for V and H, so that the day tests the
inversion and the effect of noise, but not model error.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Datetime64, Float32, Int32, Intp, UInt8, UInt16
from mcca_ml.atomic import replacing
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.formats.smap import NO_COVER
from mcca_ml.grid import ease2
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.files.smap_products import Look, write_spl3smp
from mcca_ml.simulate.scene import Scene, scene_tb, uniform_scene

GRID = ease2.M36
BOX = (30.0, 45.0, -105.0, -85.0)
"""South, north, west, east [degree]: about 40 rows and 54 columns of land."""

WATER_TB = (165.0, 105.0)
"""Brightness temperature of calm fresh water at 1.4 GHz and 40 degrees, V and H [K], rounded."""

RFI = 25.0
"""Warming by interference in the affected cells [K]."""
RFI_SHARE = 0.02
"""Fraction of cells with interference [1]."""
RFI_QUALITY = 0b101
"""`tb_qual_flag` of those cells: use with caution, interference detected."""

WARMING = 7.0
"""Soil temperature at 6 pm minus that at 6 am [K]."""

COVERS = ((16, 0.01), (7, 0.08), (10, 0.16), (12, 0.28), (4, 0.70))
"""IGBP class and its mean VOD, from dry to wet: barren, open shrub, grass, crop, broadleaf."""


@dataclass(frozen=True)
class Box:
    """Cells of the box and their land, arrays (cell)."""

    row: Int32
    column: Int32
    scene: Scene
    """True state at 6 am."""
    water_fraction: Float32
    land_cover: UInt8
    land_cover_fraction: Float32
    has_rfi: Booleans


def smooth_field(rng: np.random.Generator, shape: tuple[int, int], length: float) -> Float32:
    """Random field of zero mean and unit variance, correlated over `length` cells [1].

    Args:
        rng: random generator.
        shape: rows and columns.
        length: standard deviation of the Gaussian smoothing kernel [cells].
    """
    reach = int(4 * length)
    lags = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (lags / length) ** 2)
    field = rng.standard_normal((shape[0] + 2 * reach, shape[1] + 2 * reach))
    for axis in (0, 1):
        field = np.apply_along_axis(np.convolve, axis, field, kernel, "valid")
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def _between(field: Float32, low: float, high: float) -> Float32:
    """Map a field of unit variance to a range, with a nearly uniform distribution."""
    share = 1 / (1 + np.exp(np.float32(-1.7) * field))
    return np.asarray(low + (high - low) * share, np.float32)


def _land_cover(field: Float32, mixing: Float32) -> tuple[UInt8, Float32, Intp]:
    """Classes and their fractions, (cell, 3), and the rank of the first class in `COVERS`."""
    ranks = np.clip(np.searchsorted([-1.4, -0.6, 0.2, 1.1], field), 0, len(COVERS) - 1)
    classes = np.array([number for number, _ in COVERS], np.uint8)
    other = np.where(ranks > 0, ranks - 1, 1)
    none = np.full(field.shape, NO_COVER, np.uint8)
    share = _between(mixing, 0.6, 1.0)
    no_share = np.full(field.shape, np.nan, np.float32)
    return (
        np.stack([classes[ranks], classes[other], none], axis=-1),
        np.stack([share, 1 - share, no_share], axis=-1),
        ranks,
    )


def _places() -> tuple[Int32, Int32, tuple[int, int]]:
    """Grid row and column of every cell of the box, and the numbers of rows and columns."""
    lat, lon = ease2.latitude(GRID), ease2.longitude(GRID)
    rows = np.flatnonzero((lat > BOX[0]) & (lat < BOX[1]))
    columns = np.flatnonzero((lon > BOX[2]) & (lon < BOX[3]))
    row, column = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    return row.astype(np.int32), column.astype(np.int32), (rows.size, columns.size)


def _position(index: Int32) -> Float32:
    """Relative position of each cell along the box, 0 to 1."""
    return np.asarray((index - index.min()) / np.ptp(index), np.float32)


def make_box(rng: np.random.Generator) -> Box:
    """Draw the box: smooth fields, a lake in the south-east, frozen ground in the north-west.

    Args:
        rng: random generator.
    """
    row, column, shape = _places()
    down, right = _position(row), _position(column)

    def field(length: float) -> Float32:
        return smooth_field(rng, shape, length).ravel()

    wetness = field(4.0)
    classes, shares, ranks = _land_cover(0.6 * wetness + 2.2 * (right - 0.45), field(2.0))
    mean_vod = np.array([vod for _, vod in COVERS], np.float32)[ranks]
    temperature = _between(field(6.0), 278.0, 290.0) + 6 * (down - 0.5)
    cold = np.clip(1 - np.hypot(down, right) / 0.25, 0, None)
    lake = np.clip(1.6 * (1 - np.hypot(down - 0.75, 0.8 * (right - 0.8)) / 0.14), 0, 1)
    vod = np.clip(mean_vod * (1 + 0.15 * field(3.0)), 0, 0.9)
    scene = replace(
        uniform_scene(_between(wetness, 0.03, 0.40), vod),
        soil_temperature=(temperature - 25 * cold).astype(np.float32),
        canopy_temperature=(temperature - 25 * cold).astype(np.float32),
        clay=_between(field(5.0), 0.05, 0.45),
        roughness_h=_between(field(3.0), 0.05, 0.25),
    )
    return Box(
        row=row,
        column=column,
        scene=scene,
        water_fraction=lake.astype(np.float32),
        land_cover=classes,
        land_cover_fraction=shares,
        has_rfi=rng.random(row.size) < RFI_SHARE,
    )


def _surface_bits(box: Box, temperature: Float32) -> UInt16:
    """The provider's `surface_flag`: water and frozen ground above 5 %, dense vegetation."""
    water = np.where(box.water_fraction > 0.05, 0b11, 0)
    frozen = np.where(temperature < WATER_FREEZING_POINT, 1 << 8, 0)
    dense = np.where(box.scene.vod_v > 0.6, 1 << 10, 0)
    return (water | frozen | dense).astype(np.uint16)


def _obs_time(box: Box, day: np.datetime64, hour: float) -> Datetime64:
    """UTC of the overpass at `hour` local solar time on the UTC day."""
    lon = ease2.longitude(GRID)[box.column]
    hours = np.mod(hour - lon / 15.0, 24.0)
    passed = np.round(hours * 3600e3).astype("m8[ms]")
    return np.asarray(day.astype("M8[ns]") + passed, "M8[ns]")


def _look(box: Box, scene: Scene, obs_time: Datetime64, rng: np.random.Generator | None) -> Look:
    """SMAP's observation of the box in one pass."""
    tb = scene_tb(scene, SMAP.channels, rng)
    share = box.water_fraction[:, None]
    tb = (1 - share) * tb + share * np.array(WATER_TB, np.float32)
    tb = tb + np.where(box.has_rfi, np.float32(RFI), np.float32(0))[:, None]
    quality = np.where(box.has_rfi, RFI_QUALITY, 0).astype(np.uint16)
    return Look(
        row=box.row,
        column=box.column,
        obs_time=obs_time,
        tb_v=tb[:, 0],
        tb_h=tb[:, 1],
        incidence=scene.incidence,
        soil_temperature=scene.soil_temperature,
        clay_fraction=scene.clay,
        bulk_density=np.full(box.row.shape, 1.35, np.float32),
        roughness_h=scene.roughness_h,
        water_fraction=box.water_fraction,
        land_cover=box.land_cover,
        land_cover_fraction=box.land_cover_fraction,
        surface_flag=_surface_bits(box, scene.soil_temperature),
        quality_v=quality,
        quality_h=quality,
    )


def _truth(box: Box, scenes: tuple[Scene, Scene], day: np.datetime64, seed: int) -> xr.Dataset:
    """Truth of both looks, arrays (time, look, cell) as in a retrieval."""
    cell = ease2.flat_cell(GRID, box.row, box.column).astype(np.int64)
    place = ease2.cell_latlon(GRID, cell)

    def both(values: list[Float32], units: str, long_name: str) -> xr.Variable:
        data = np.stack(values)[None]
        attrs = {"units": units, "long_name": f"{long_name} (simulated truth)"}
        return xr.Variable(("time", "look", "cell"), data, attrs)

    vod_h = [scene.vod_v * scene.vod_ratio for scene in scenes]
    temperature = [scene.soil_temperature for scene in scenes]
    water, rfi = box.water_fraction, box.has_rfi.astype(np.int8)
    return xr.Dataset(
        {
            "soil_moisture": both([s.soil_moisture for s in scenes], "m3 m-3", "soil moisture"),
            "vod_v": both([s.vod_v for s in scenes], "1", "vegetation optical depth at V"),
            "vod_h": both(vod_h, "1", "vegetation optical depth at H"),
            "soil_temperature": both(temperature, "K", "effective soil temperature"),
            "water_fraction": ("cell", water, {"units": "1", "long_name": "open water"}),
            "has_rfi": ("cell", rfi, {"units": "1", "long_name": "cell with interference"}),
        },
        coords={
            "time": np.array([day], "M8[ns]"),
            "look": ["am", "pm"],
            "cell": cell,
            "lat": ("cell", place.lat, {"units": "degrees_north"}),
            "lon": ("cell", place.lon, {"units": "degrees_east"}),
        },
        attrs={
            "title": "Truth of a SIMULATED SMAP day; not an observation",
            "simulated": "true",
            "grid": GRID.name,
            "seed": seed,
        },
    )


def simulate_small_day(
    path: Path,
    truth_path: Path,
    seed: int = 0,
    *,
    day: str = "2015-07-01",
    has_noise: bool = True,
) -> None:
    """Write a small SPL3SMP granule (version 9, both looks) and its truth.

    Args:
        path: path of the granule; see `files.smap_products.granule_name` for the name.
        truth_path: path of the NetCDF file of true soil moisture, VOD and temperature.
        seed: random seed; the same seed gives the same values.
        day: UTC day.
        has_noise: True to add the noise of `sensors.SMAP`, 1.3 K.

    Raises:
        OutputError: one of the files cannot be written.
    """
    rng = np.random.default_rng(seed)
    box = make_box(rng)
    warmer = box.scene.soil_temperature + np.float32(WARMING)
    scenes = (box.scene, replace(box.scene, soil_temperature=warmer, canopy_temperature=warmer))
    date = np.datetime64(day)
    noise = rng if has_noise else None
    am, pm = (
        _look(box, scene, _obs_time(box, date, hour), noise)
        for scene, hour in zip(scenes, (6.0, 18.0), strict=True)
    )
    write_spl3smp(path, {"am": am, "pm": pm})
    with replacing(truth_path) as beside:
        _truth(box, scenes, date, seed).to_netcdf(beside)
