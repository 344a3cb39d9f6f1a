"""Layouts of the SMAP granules, for the readers and the simulator.

Sources: names, types, fill values, units and ranges of SPL3SMP version 3 and SPL2SMP version 8 are
those of genuine granules (2015-04-01, R13080; 2015-08-11, R18290). The AM/PM groups and their
`_pm` names are those of SPL3SMP version 4 (public listing of SMAP_L3_SM_P_20150406_R14010_001).
The names `_dca`, `_scah`, `_scav` of later SPL3SMP, and all names of SPL1CTB, follow public readers
and user guides and are *not* verified with a genuine file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mcca_ml.flags import Flag

FILLS: Mapping[str, float] = {"f4": -9999.0, "f8": -9999.0, "u2": 65534, "u1": 254}
"""Fill value by type; text has no fill value (a missing time is `N/A`)."""

COVERS = 3
"""Number of land-cover classes of a cell: the three largest."""

NO_COVER = 99
"""Code for `no second (third) land-cover class`; not the fill value."""

KELVIN = ("Kelvin", "Kelvins", "K")
"""Spellings of the unit of temperature in the granules."""

Look = Literal["am", "pm"]
LOOK_OF_ORBIT: Mapping[str, Look] = {"descending": "am", "ascending": "pm"}
"""SMAP crosses the equator southward at 6:00, northward at 18:00 local time."""

SURFACE_BITS: tuple[tuple[int, Flag], ...] = (
    (0, Flag.OPEN_WATER),
    (1, Flag.OPEN_WATER),
    (2, Flag.COAST),
    (3, Flag.URBAN),
    (4, Flag.PRECIPITATION),
    (5, Flag.SNOW),
    (6, Flag.PERMANENT_ICE),
    (7, Flag.FROZEN),
    (8, Flag.FROZEN),
    (9, Flag.TOPOGRAPHY),
)
"""Bit of `surface_flag` -> our flag: water from a map, water from radar or MODIS, frozen after
the radar or radiometer, frozen after the model. Bit 11 (nadir region) has no counterpart. Bit
10 (dense vegetation) is not used: it depends on a vegetation water content from NDVI, and no
vegetation ancillary is used here. The flag DENSE_VEGETATION depends on the retrieved VOD."""

QUALITY_BIT = 0
"""Bit of `tb_qual_flag_*` for less than best quality. The values are kept."""

NOT_RECOMMENDED_BIT = 0
"""Bit of `retrieval_qual_flag` for soil moisture that is not recommended."""

DOCUMENTED_EPOCH = "2000-01-01T12:00:00"
"""UTC at which `tb_time_seconds` is zero, for files without `tb_time_utc`.

The metadata of the granules give 2000-01-01T11:58:55.816 (J2000 in UTC), 64.184 s earlier; in both
genuine granules, before and after a leap second, `tb_time_utc` confirms this epoch."""


SIMULATED = "simulated"
"""Attribute of the root group, `true` in SIMULATED granules; absent from genuine ones."""


@dataclass(frozen=True)
class SmapField:
    """One dataset of a granule."""

    name: str
    dtype: str = "f4"
    units: str = ""
    valid: tuple[float, float] | None = (0.0, 1.0)
    about: str = ""
    has_cover: bool = False
    """True if the last dimension is the three land-cover classes."""
    has_fill: bool = True

    @property
    def fill(self) -> float | None:
        """Fill value; None for text and for the centres of the cells."""
        return FILLS.get(self.dtype) if self.has_fill else None


@dataclass(frozen=True)
class Group:
    """One HDF5 group of observations: its look and the suffix of its datasets."""

    name: str
    look: Look | None
    """None: given by the direction of the orbit."""
    suffix: str = ""


@dataclass(frozen=True)
class SmapProduct:
    """One SMAP product."""

    short_name: str
    smap_name: str
    """Name in file names and metadata, for instance `L3_SM_P`."""
    grid: str
    versions: range
    level: Literal["L1C", "L2", "L3"]
    title: str


@dataclass(frozen=True)
class SmapLayout:
    """Product, version and groups of a granule."""

    product: SmapProduct
    version: int | None
    """None if the metadata do not contain it."""
    groups: tuple[Group, ...]
    simulated: str
    """`true` or `false`, as the attribute of datasets."""

    @property
    def name(self) -> str:
        """Product and groups, for attributes."""
        return f"{self.product.short_name}: {', '.join(group.name for group in self.groups)}"


PRODUCTS: Mapping[str, SmapProduct] = {
    product.short_name: product
    for product in (
        SmapProduct("SPL3SMP", "L3_SM_P", "EASE2_M36", range(1, 10), "L3", "daily 36 km"),
        SmapProduct("SPL3SMP_E", "L3_SM_P_E", "EASE2_M09", range(1, 7), "L3", "daily 9 km"),
        SmapProduct("SPL2SMP", "L2_SM_P", "EASE2_M36", range(1, 10), "L2", "half-orbit 36 km"),
        SmapProduct("SPL2SMP_E", "L2_SM_P_E", "EASE2_M09", range(1, 7), "L2", "half-orbit 9 km"),
        SmapProduct("SPL1CTB", "L1C_TB", "EASE2_M36", range(1, 7), "L1C", "half-orbit 36 km"),
        SmapProduct("SPL1CTB_E", "L1C_TB_E", "EASE2_M09", range(1, 5), "L1C", "half-orbit 9 km"),
    )
}
"""Readable products, by short name.

Checked: the data centre lists SPL3SMP and SPL2SMP up to version 9, the enhanced ones up to 6,
SPL1CTB up to 5 and SPL1CTB_E up to 3; the next versions of these two follow SPL1BTB version 6."""

SINGLE = Group("Soil_Moisture_Retrieval_Data", None)
AM = Group("Soil_Moisture_Retrieval_Data_AM", "am")
PM = Group("Soil_Moisture_Retrieval_Data_PM", "pm", "_pm")
GLOBAL = Group("Global_Projection", None)
SINGLE_AM = replace(SINGLE, look="am")

GROUPS: Mapping[str, tuple[tuple[Group, ...], ...]] = {
    "L3": ((AM, PM), (AM,), (PM,), (SINGLE_AM,)),
    "L2": ((SINGLE,),),
    "L1C": ((GLOBAL,),),
}
"""Sets of groups by level; the first set present in a file is read. SPL3SMP before version 4 has a
single group, of 6 am overpasses. Polar groups, on other grids, are not read."""

_NAMES = {"h": "Horizontal_polarization", "v": "Vertical_polarization"}
_QUALITY = (
    "quality",
    "range",
    "RFI_detection",
    "RFI_correction",
    "NEDT",
    "direct_sun_correction",
    "reflected_sun_correction",
    "reflected_moon_correction",
    "direct_galaxy_correction",
    "reflected_galaxy_correction",
    "atmosphere_correction",
    "Faraday_rotation_correction",
    "null_value_bit",
    "water_correction",
    "RFI_check",
    "RFI_clean",
)
FLAG_MEANINGS: Mapping[str, str] = {
    "surface_flag": (
        "36_km_static_water_body 36_km_radar_water_body_detection 36_km_coastal_proximity "
        "36_km_urban_area 36_km_precipitation 36_km_snow_or_ice 36_km_permanent_snow_or_ice "
        "36_km_radiometer_frozen_ground 36_km_model_frozen_ground 36_km_mountainous_terrain "
        "36_km_dense_vegetation 36_km_nadir_region"
    ),
    "retrieval_qual_flag": "Retrieval_recommended Retrieval_attempted Retrieval_success",
    **{f"tb_qual_flag_{p}": " ".join(f"{_NAMES[p]}_{bit}" for bit in _QUALITY) for p in "hv"},
}
"""Meanings of the bits, lowest first, as in the `flag_meanings` of the granules."""


def _tb(name: str, about: str, low: float = 0.0, high: float = 330.0) -> SmapField:
    """Return a field of brightness temperature [K]."""
    return SmapField(name, units="Kelvin", valid=(low, high), about=about)


_CELL = (
    SmapField("EASE_row_index", "u2", "", (0, 405), "Row of the EASE-Grid 2.0, 0 in the north"),
    SmapField(
        "EASE_column_index", "u2", "", (0, 963), "Column of the EASE-Grid 2.0, 0 in the west"
    ),
    SmapField("latitude", "f4", "degrees_north", None, "Latitude of the cell", has_fill=False),
    SmapField("longitude", "f4", "degrees_east", None, "Longitude of the cell", has_fill=False),
    SmapField(
        "latitude_centroid", "f4", "degrees", (-90.0, 90.0), "Mean latitude of the footprints"
    ),
    SmapField(
        "longitude_centroid", "f4", "degrees", (-180.0, 179.999), "Mean longitude of footprints"
    ),
    SmapField("boresight_incidence", "f4", "degrees", (0.0, 90.0), "Earth incidence angle"),
    SmapField(
        "tb_time_seconds", "f8", "seconds", (-999999.9, 940000000.0), "Mean acquisition time"
    ),
    SmapField("tb_time_utc", "S24", "", None, "Mean acquisition time, UTC"),
)
_TB = (
    _tb("tb_h_corrected", "TB at H, corrected for water in the footprint"),
    _tb("tb_v_corrected", "TB at V, corrected for water in the footprint"),
    _tb("tb_3_corrected", "Third Stokes parameter", -50.0, 50.0),
    _tb("tb_4_corrected", "Fourth Stokes parameter", -50.0, 50.0),
    *(
        SmapField(f"tb_qual_flag_{p}", "u2", "", None, f"Quality bits of TB, {p}")
        for p in ("h", "v", "3", "4")
    ),
)
_SURFACE = (
    SmapField("surface_flag", "u2", "", None, "Surface conditions, a bit each"),
    SmapField("surface_temperature", "f4", "Kelvins", (0.0, 350.0), "Effective soil temperature"),
    SmapField("static_water_body_fraction", about="Share of open water, from a map"),
    SmapField("radar_water_body_fraction", about="Share of open water, from radar or MOD44W"),
    SmapField("freeze_thaw_fraction", about="Share of frozen ground"),
    SmapField(
        "landcover_class", "u1", "", None, "The three most common IGBP classes", has_cover=True
    ),
    SmapField("landcover_class_fraction", about="Share of each of the classes", has_cover=True),
    SmapField("roughness_coefficient", about="Roughness h"),
    SmapField("albedo", about="Single-scattering albedo"),
    SmapField("vegetation_opacity", "f4", "", (0.0, 10.0), "Opacity along the line of sight"),
    SmapField("vegetation_water_content", "f4", "kg/m**2", (0.0, 20.0), "Vegetation water content"),
)
_SOIL_MOISTURE = (
    SmapField("soil_moisture", "f4", "cm**3/cm**3", (0.02, 0.5), "Soil moisture of the top 5 cm"),
    SmapField(
        "soil_moisture_error", "f4", "cm**3/cm**3", (0.0, 0.2), "Uncertainty of soil moisture"
    ),
    SmapField("retrieval_qual_flag", "u2", "", None, "Retrieval quality, a bit each"),
)
_LATER = (
    _tb("tb_h_uncorrected", "TB at H as observed"),
    _tb("tb_v_uncorrected", "TB at V as observed"),
    SmapField("clay_fraction", about="Share of clay"),
    SmapField("sand_fraction", about="Share of sand"),
    SmapField("bulk_density", valid=(0.0, 2.65), about="Bulk density of the soil"),
    SmapField("organic_content", valid=(0.0, 1000.0), about="Organic content of the soil"),
    SmapField("grid_surface_status", "u2", "", (0, 1), "Land (0) or water (1)"),
    SmapField("surface_water_fraction_mb_h", about="Gain-weighted share of static water, H"),
    SmapField("surface_water_fraction_mb_v", about="Gain-weighted share of static water, V"),
)
_BY_ALGORITHM = ("soil_moisture", "retrieval_qual_flag", "vegetation_opacity")


def _options(names: tuple[str, ...], last: str) -> tuple[SmapField, ...]:
    """Return the fields of each retrieval algorithm; roughness and albedo for the last only."""
    by_name = {field.name: field for field in (*_SURFACE, *_SOIL_MOISTURE)}
    every = [(base, option) for base in _BY_ALGORITHM for option in names]
    single = [(base, last) for base in ("albedo", "roughness_coefficient")]
    return tuple(replace(by_name[base], name=f"{base}_{o}") for base, o in (*every, *single))


FIRST_FIELDS: tuple[SmapField, ...] = (*_CELL, *_TB, *_SURFACE, *_SOIL_MOISTURE)
"""SPL3SMP up to version 4: the same in every group, with the suffix `_pm` in the PM group."""

L3_FIELDS: tuple[SmapField, ...] = (
    *FIRST_FIELDS,
    *_LATER,
    *_options(("dca", "scah", "scav"), "dca"),
)
"""SPL3SMP from version 8 and SPL3SMP_E from version 5."""

L2_FIELDS: tuple[SmapField, ...] = (
    *FIRST_FIELDS,
    *_LATER,
    *_options(("option1", "option2", "option3"), "option3"),
)
"""SPL2SMP and SPL2SMP_E, version 8 and 5. Options: 1 is SCA-H, 2 SCA-V, 3 DCA."""

SIDES = ("fore", "aft")
"""Sides of the scan in the names of the fields of SPL1CTB and SPL1CTB_E."""
