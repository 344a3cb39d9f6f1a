"""Data classes of a simulated world: patches of cells, their land, and the state over time.

All arrays run over the cells of all patches, one patch after the other. A patch is a rectangle of
EASE2_M25 cells: those of a box, and a rim around it, so that footprints at the edge of the box are
filled. No product is made for the rim; it is open water where the land mask has sea.
"""

from dataclasses import dataclass
from typing import Any, Self

import jax

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64, UInt8

METRES_PER_KM = 1000.0
KM_PER_DEGREE = 111.2
"""Length of a degree on a sphere of the mean radius of the Earth [km]."""


@dataclass(frozen=True)
class Patch:
    """A rectangle of EASE2_M25 cells; row 0 is the northernmost."""

    name: str
    first_row: int
    first_column: int
    shape: tuple[int, int]
    """Rows and columns, rim included."""
    start: int
    """Index of its first cell among the cells of the world, which are in row-major order."""

    @property
    def cells(self) -> slice:
        """Slice of its cells among those of the world."""
        return slice(self.start, self.start + self.shape[0] * self.shape[1])


@dataclass(frozen=True)
class Cells:
    """Positions of the cells of a world, arrays (cell)."""

    patches: tuple[Patch, ...]
    cell: Int64
    """Flat index on EASE2_M25."""
    lat: Float64
    """[degree]."""
    lon: Float64
    """[degree]."""
    is_land: Booleans
    """True for land in the packaged land mask."""
    is_core: Booleans
    """True for land in a box, without its rim; the record is made for these cells."""

    def select(self, patch: Patch) -> "Cells":
        """Select the cells of one patch."""
        at = patch.cells
        places = self.cell[at], self.lat[at], self.lon[at]
        return Cells((patch,), *places, self.is_land[at], self.is_core[at])


class CellArrays:
    """Arrays over the same cells, registered as a JAX pytree."""

    def at(self, index: Any) -> Self:
        """Index all arrays with the same numpy index."""
        chosen: Self = jax.tree.map(lambda values: values[index], self)
        return chosen


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Surface(CellArrays):
    """One of the two surfaces of a cell, which a sensor does not resolve; arrays (cell)."""

    land_cover: UInt8
    """IGBP class."""
    roughness_h: Float32
    """Roughness h at 1.41 GHz of dry soil [1]."""
    omega: Float32
    """Scattering albedo at 1.41 GHz [1]."""
    vod_factor: Float32
    """VOD of this surface over that of the cell [1]; the share-weighted mean is 1."""
    moisture_factor: Float32
    """Soil moisture of this surface over that of the cell [1]; the share-weighted mean is 1."""
    vod_exponent: Float32
    """x of tau ~ f^x [1]."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Land(CellArrays):
    """Static properties of the cells, arrays (cell)."""

    clay: Float32
    """Clay fraction [1]."""
    sand: Float32
    """Sand fraction [1]."""
    bulk_density: Float32
    """[g cm-3]."""
    porosity: Float32
    """[m3 m-3]."""
    water_fraction: Float32
    """Fraction of open water [1]; 1 at sea."""
    elevation: Float32
    """[m]."""
    climate: UInt8
    """Climate zone, an index into `climate.CLIMATES`."""
    first: Surface
    second: Surface
    first_share: Float32
    """Fraction of the land that is the first surface [1], 0.5 to 1."""
    vod_ratio: Float32
    """VOD at H over VOD at V, at 1.41 GHz [1]."""
    has_rfi: Booleans
    """True for cells with a transmitter."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State(CellArrays):
    """State that varies in time: arrays (step, cell) of a world, or (case) of observations.

    The soil moisture is the area-weighted mean of the two surfaces of a cell.
    """

    soil_moisture: Float32
    """Liquid water of 0-5 cm [m3 m-3]."""
    total_water: Float32
    """Liquid water and ice of 0-5 cm [m3 m-3]."""
    surface_temperature: Float32
    """Soil of 0-5 cm [K]."""
    deep_temperature: Float32
    """Soil at 50 cm [K]."""
    canopy_temperature: Float32
    """[K]."""
    air_temperature: Float32
    """At 2 m [K]."""
    vod_v: Float32
    """VOD at V, 1.41 GHz and nadir, of the whole cell [1]."""
    snow_water: Float32
    """Water equivalent of the snow [mm]."""
    rain_rate: Float32
    """[mm h-1]."""
    vapour: Float32
    """Precipitable water [kg m-2]."""
    cloud_water: Float32
    """Liquid water of the clouds [kg m-2]."""


@dataclass(frozen=True)
class WorldTruth:
    """Cells, land and state of a simulated world."""

    cells: Cells
    land: Land
    time: Datetime64
    """UTC of the steps, at a constant interval."""
    state: State
    """Arrays (step, cell)."""
