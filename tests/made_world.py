"""A small simulated truth made by hand, quicker than the real one, for tests of what sees it."""

import numpy as np

from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.simulate.truth.types import Cells, Land, Patch, State, Surface, WorldTruth

PATCHES = (Patch("south", 134, 1040, (11, 12), 0), Patch("north", 60, 300, (10, 13), 132))


def small_cells() -> Cells:
    """Two patches of land with a rim of three cells."""
    cell, core = [], []
    for patch in PATCHES:
        row, column = np.meshgrid(
            patch.first_row + np.arange(patch.shape[0]),
            patch.first_column + np.arange(patch.shape[1]),
            indexing="ij",
        )
        inner = np.zeros(patch.shape, bool)
        inner[3:-3, 3:-3] = True
        cell.append(ease2.flat_cell(M25, row, column).ravel())
        core.append(inner.ravel())
    cells = np.concatenate(cell).astype(np.int64)
    place = ease2.cell_latlon(M25, cells)
    return Cells(
        PATCHES, cells, place.lat, place.lon, np.ones(cells.size, bool), np.concatenate(core)
    )


def small_land(count: int, rng: np.random.Generator) -> Land:
    """Land that varies from cell to cell."""

    def between(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, count).astype(np.float32)

    def surface(cover: int) -> Surface:
        ones = np.ones(count, np.float32)
        return Surface(
            land_cover=np.full(count, cover, np.uint8),
            roughness_h=between(0.1, 0.2),
            omega=between(0.05, 0.09),
            vod_factor=ones,
            moisture_factor=ones,
            vod_exponent=between(0.3, 0.6),
        )

    return Land(
        clay=between(0.1, 0.4),
        sand=between(0.2, 0.5),
        bulk_density=between(1.2, 1.4),
        porosity=between(0.45, 0.5),
        water_fraction=np.where(np.arange(count) % 17 == 0, 0.2, 0.0).astype(np.float32),
        elevation=np.full(count, 500.0, np.float32),
        climate=np.zeros(count, np.uint8),
        first=surface(10),
        second=surface(12),
        first_share=between(0.5, 1.0),
        vod_ratio=between(0.95, 1.05),
        has_rfi=np.arange(count) % 29 == 0,
    )


def small_truth(*, first_day: str = "2015-07-01", days: int = 6, seed: int = 0) -> WorldTruth:
    """A simulated world whose state is smooth in time and unlike from cell to cell."""
    rng = np.random.default_rng(seed)
    cells = small_cells()
    count = cells.cell.size
    time = np.datetime64(first_day, "s") + np.arange(days * 8 + 1) * np.timedelta64(3, "h")
    phase = np.linspace(0, 2 * np.pi * days, time.size)[:, None]

    def wave(mean: float, size: float) -> np.ndarray:
        level = mean + size * rng.standard_normal(count)
        return (level + 0.3 * size * np.sin(phase)).astype(np.float32)

    moisture = np.clip(wave(0.22, 0.05), 0.03, 0.42)
    state = State(
        soil_moisture=moisture,
        total_water=moisture,
        surface_temperature=wave(288.0, 2.0),
        deep_temperature=wave(287.0, 1.0),
        canopy_temperature=wave(289.0, 2.0),
        air_temperature=wave(289.0, 2.0),
        vod_v=np.clip(wave(0.2, 0.05), 0.01, 0.9),
        snow_water=np.zeros((time.size, count), np.float32),
        rain_rate=np.where(rng.random((time.size, count)) < 0.05, 2.0, 0.0).astype(np.float32),
        vapour=wave(15.0, 1.0),
        cloud_water=np.clip(wave(0.05, 0.02), 0, None),
    )
    return WorldTruth(cells, small_land(count, rng), time, state)
