"""Draw the land of the cells from a seed: soil, cover, elevation, water, correlated in space."""

from dataclasses import dataclass

import jax
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Float32, UInt8
from mcca_ml.config.simulate import BoxSettings, SimulateSettings
from mcca_ml.constants import QUARTZ_DENSITY
from mcca_ml.simulate.truth import climate as zones
from mcca_ml.simulate.truth import land_classes as classes
from mcca_ml.simulate.truth.fields import Smoother, generator, smoother, static_field
from mcca_ml.simulate.truth.rain import normal_rank
from mcca_ml.simulate.truth.types import Cells, Land, Patch, Surface

_LAND_KM, _LAKE_KM = 90.0, 20.0  # correlation lengths of land and of lakes [km]
_CLAY = {
    "plateau": 0.16, "temperate": 0.19, "semiarid": 0.15, "savanna": 0.29, "boreal": 0.15,
    "rainforest": 0.33,
}  # fmt: skip
"""Mean clay fraction of each zone [1]."""
_COMMONEST = 0.8  # fraction of a box in its main climate zone [1]
_LAKES_ABOVE = 1.5  # threshold of a standard normal field: 7 % of the cells
_RFI_SHARE = 0.03  # fraction of cells with a transmitter [1]


@dataclass(frozen=True)
class _Draw:
    """Random fields of one patch, each identified by its name."""

    smooth: Smoother
    seed: int
    box: str

    def normal(self, name: str) -> Float32:
        """Standard normal field."""
        return static_field(self.smooth, self.seed, self.box, name)

    def rank(self, name: str) -> Float32:
        """Field with a uniform distribution between 0 and 1."""
        return normal_rank(self.normal(name))


def make_land(cells: Cells, settings: SimulateSettings) -> Land:
    """Draw the land of all cells; the land of a box does not depend on the other boxes.

    Args:
        cells: positions of the cells.
        settings: settings of the world, for its seed and boxes.
    """
    lands = [
        _patch_land(cells, patch, box, settings.seed)
        for patch, box in zip(cells.patches, settings.box, strict=True)
    ]
    land: Land = jax.tree.map(lambda *arrays: np.concatenate(arrays), *lands)
    return land


def _patch_land(cells: Cells, patch: Patch, box: BoxSettings, seed: int) -> Land:
    """Land of one patch."""
    lat, is_land = cells.lat[patch.cells], cells.is_land[patch.cells]
    draw = _Draw(smoother(patch, lat, _LAND_KM), seed, box.name)
    is_other = draw.rank("climate") > _COMMONEST
    climate = np.where(
        is_other, zones.zone_index(zones.NEIGHBOUR[box.climate]), zones.zone_index(box.climate)
    ).astype(np.uint8)
    clay, sand, bulk_density = _texture(draw, climate)
    share = _f32(0.5 + 0.45 * draw.rank("share"))
    first, second = _surfaces(draw, box.climate, is_land, share)
    height = box.elevation + (20 + 0.06 * abs(box.elevation)) * draw.normal("elevation")
    lakes = static_field(smoother(patch, lat, _LAKE_KM), seed, box.name, "lakes")
    wet = np.clip(0.03 + 0.35 * (lakes - _LAKES_ABOVE), 0, 0.7)
    wet = np.where(wet > 0.03, wet, 0.01 * draw.rank("ponds"))
    rng = generator(seed, box.name, "interference")
    return Land(
        clay=clay,
        sand=sand,
        bulk_density=bulk_density,
        porosity=_f32(1 - bulk_density / QUARTZ_DENSITY),
        water_fraction=_f32(np.where(is_land, wet, 1)),
        elevation=_f32(np.where(is_land, height, 0)),
        climate=climate,
        first=first,
        second=second,
        first_share=share,
        vod_ratio=_f32(np.clip(1 + 0.1 * draw.normal("vod ratio"), 0.75, 1.25)),
        has_rfi=(rng.random(is_land.size) < _RFI_SHARE) & is_land,
    )


def _texture(draw: _Draw, climate: UInt8) -> tuple[Float32, Float32, Float32]:
    """Clay and sand fraction [1] and bulk density [g cm-3]; silt is the remainder."""
    mean = np.array([_CLAY[zone.name] for zone in zones.CLIMATES], np.float32)[climate]
    clay = np.clip(mean * np.exp(0.3 * draw.normal("clay")), 0.03, 0.60)
    sand = np.clip(0.62 - 0.75 * clay + 0.12 * draw.normal("sand"), 0.05, 0.97 - clay)
    # Sand is denser than clay; organic matter lowers the density.
    bulk = 1.24 + 0.30 * sand + 0.08 * draw.normal("bulk density")
    return _f32(clay), _f32(sand), _f32(np.clip(bulk, 0.9, 1.7))


def _surfaces(draw: _Draw, zone: str, is_land: Booleans, share: Float32) -> tuple[Surface, Surface]:
    """Two surfaces of each cell, with correlated cover: neighbours share soil and weather."""
    green = draw.normal("green")
    other = np.sqrt(0.5) * (green + draw.normal("green of second"))
    covers = [
        np.where(is_land, classes.class_at(normal_rank(_f32(field)), zone), 0).astype(np.uint8)
        for field in (green, other)
    ]
    vod = [
        classes.class_values(classes.WOODY, c) + classes.class_values(classes.LEAFY, c)
        for c in covers
    ]
    mean = np.maximum(share * vod[0] + (1 - share) * vod[1], 1e-6)
    has_vod = mean > 1e-5
    # A large first surface has a small contrast, so that the second stays positive.
    room = 0.6 * (1 - share) / share
    first_moisture = 1 + np.clip(0.12 * draw.normal("moisture contrast"), -room, room)
    moisture = (first_moisture, (1 - share * first_moisture) / (1 - share))
    surfaces = [
        _surface(draw, name, cover, _f32(np.where(has_vod, v / mean, 1)), _f32(m))
        for name, cover, v, m in zip(("first", "second"), covers, vod, moisture, strict=True)
    ]
    return surfaces[0], surfaces[1]


def _surface(draw: _Draw, name: str, cover: UInt8, vod: Float32, moisture: Float32) -> Surface:
    """One surface: parameters of its class, with spatial scatter."""
    rough = classes.class_values(classes.ROUGHNESS, cover)
    omega = classes.class_values(classes.OMEGA, cover) + 0.01 * draw.normal(f"albedo of {name}")
    exponent = classes.class_values(classes.EXPONENT, cover) + 0.05 * draw.normal(
        f"exponent of {name}"
    )
    return Surface(
        land_cover=cover,
        roughness_h=_f32(np.clip(rough * np.exp(0.25 * draw.normal(f"h of {name}")), 0.02, 0.6)),
        omega=_f32(np.clip(omega, 0, 0.16)),
        vod_factor=vod,
        moisture_factor=moisture,
        vod_exponent=_f32(np.clip(exponent, 0.3, 0.6)),
    )


def _f32(values: npt.ArrayLike) -> Float32:
    """Convert to float32."""
    return np.asarray(values, np.float32)
