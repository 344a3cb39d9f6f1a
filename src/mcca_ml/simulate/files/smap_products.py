"""Simulated SMAP granules in the genuine layouts, from arrays over cells.

Every file says three times that it is simulated: in its name, in the attribute `simulated` of its
root group, and in the texts of its metadata.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import AnyArray, Datetime64, Float64, Floating, Integer, UInt8, UInt16
from mcca_ml.errors import OutputError
from mcca_ml.formats import smap
from mcca_ml.formats.smap import Field, Product
from mcca_ml.grid import ease2
from mcca_ml.simulate.files import hdf5
from mcca_ml.simulate.files.hdf5 import Columns

NOT_RETRIEVED = 7
"""`retrieval_qual_flag` of a cell without soil moisture: not recommended, attempted, successful."""

FIRST_TWO_LOOKS = 4
FIRST_LATER_FIELDS = {"SPL3SMP": 8, "SPL3SMP_E": 5, "SPL2SMP": 8, "SPL2SMP_E": 5}
"""Version from which on a product holds soil texture and one field per algorithm. Clay and bulk
density came some versions earlier; the simulator leaves them out of those."""


@dataclass(frozen=True)
class Look:
    """What one look of SMAP observes: arrays of one value a cell, NaN where there is none."""

    row: Integer
    column: Integer
    obs_time: Datetime64
    """UTC."""
    tb_v: Floating
    """[K]"""
    tb_h: Floating
    """[K]"""
    incidence: Floating
    """[rad]"""
    soil_temperature: Floating
    """[K]"""
    clay_fraction: Floating
    bulk_density: Floating
    """[g cm-3]"""
    roughness_h: Floating
    water_fraction: Floating
    land_cover: UInt8
    """IGBP classes, (cell, 3); 99 is none."""
    land_cover_fraction: Floating
    """(cell, 3)"""
    surface_flag: UInt16
    """The provider's bits, see `layouts.SURFACE_BITS`."""
    quality_v: UInt16
    """`tb_qual_flag_v`; bit 0 set is `with caution`."""
    quality_h: UInt16
    tb_v_uncorrected: Floating | None = None
    """With the water in the footprint [K]; None: the same as `tb_v`."""
    tb_h_uncorrected: Floating | None = None
    """[K]"""
    soil_moisture: Floating | None = None
    """Operational soil moisture [m3 m-3], never the truth; all of it recommended."""


def granule_name(product: Product, version: int, when: np.datetime64, orbit: str = "") -> str:
    """File name in the provider's pattern, with a word that says what it is.

    Args:
        product: from layouts.PRODUCTS.
        version: of the product.
        when: UTC of the first observation.
        orbit: number and direction of half orbits, `02801_A`.

    >>> granule_name(smap.PRODUCTS["SPL3SMP"], 9, np.datetime64("2015-04-01"))
    'SIMULATED_SMAP_L3_SM_P_20150401_R09000_001.h5'
    >>> when = np.datetime64("2015-08-11T01:30:02")
    >>> granule_name(smap.PRODUCTS["SPL2SMP"], 8, when, "02801_A")
    'SIMULATED_SMAP_L2_SM_P_02801_A_20150811T013002_R08000_001.h5'
    """
    stamp = str(when.astype("M8[s]")).replace("-", "").replace(":", "")
    moment = f"{orbit}_{stamp}" if orbit else stamp[:8]
    return f"SIMULATED_SMAP_{product.smap_name}_{moment}_R{version:02d}000_001.h5"


def time_seconds(obs_time: Datetime64) -> Float64:
    """`tb_time_seconds` of observation times; the fill value where there is none."""
    passed = obs_time - np.datetime64(smap.DOCUMENTED_EPOCH)
    seconds = passed / np.timedelta64(1, "s")
    return np.where(np.isnat(obs_time), smap.FILLS["f8"], seconds)


def time_utc(obs_time: Datetime64) -> npt.NDArray[np.bytes_]:
    """`tb_time_utc` of observation times: milliseconds cut off, `N/A` where there is none."""
    texts = np.char.add(np.datetime_as_string(obs_time, unit="ms"), "Z")
    return np.where(np.isnat(obs_time), "N/A", texts).astype("S24")


def columns_of(look: Look, grid: ease2.Grid) -> Columns:
    """Values of the fields of SPL2SMP and SPL3SMP that the look gives, by field."""
    place = ease2.cell_latlon(grid, ease2.flat_cell(grid, look.row, look.column))
    columns: dict[str, AnyArray] = {
        "EASE_row_index": look.row,
        "EASE_column_index": look.column,
        "latitude": place.lat,
        "longitude": place.lon,
        "latitude_centroid": place.lat,
        "longitude_centroid": place.lon,
        "boresight_incidence": np.rad2deg(look.incidence),
        "tb_time_seconds": time_seconds(look.obs_time),
        "tb_time_utc": time_utc(look.obs_time),
        "tb_h_corrected": look.tb_h,
        "tb_v_corrected": look.tb_v,
        "tb_h_uncorrected": look.tb_h if look.tb_h_uncorrected is None else look.tb_h_uncorrected,
        "tb_v_uncorrected": look.tb_v if look.tb_v_uncorrected is None else look.tb_v_uncorrected,
        "tb_qual_flag_h": look.quality_h,
        "tb_qual_flag_v": look.quality_v,
        "surface_flag": look.surface_flag,
        "surface_temperature": look.soil_temperature,
        "static_water_body_fraction": look.water_fraction,
        "radar_water_body_fraction": look.water_fraction,
        "landcover_class": look.land_cover,
        "landcover_class_fraction": look.land_cover_fraction,
        "roughness_coefficient": look.roughness_h,
        "clay_fraction": look.clay_fraction,
        "bulk_density": look.bulk_density,
        "retrieval_qual_flag": np.full(look.row.shape, NOT_RETRIEVED),
    }
    if look.soil_moisture is not None:
        columns["soil_moisture"] = look.soil_moisture
        retrieved = np.isfinite(look.soil_moisture)
        columns["retrieval_qual_flag"] = np.where(retrieved, 0, NOT_RETRIEVED)
    return columns


def fields_of(product: Product, version: int) -> tuple[Field, ...]:
    """Fields of a version of a product."""
    if version < FIRST_LATER_FIELDS[product.short_name]:
        return smap.FIRST_FIELDS
    return smap.L3_FIELDS if product.level == "L3" else smap.L2_FIELDS


def known_product(path: Path, short_name: str, version: int) -> Product:
    """The product, if it has that version."""
    product = smap.PRODUCTS[short_name]
    if version not in product.versions:
        low, high = product.versions[0], product.versions[-1]
        raise OutputError(
            f"{path.name}: version {version} of {short_name}, expected {low} to {high}; choose one"
        )
    return product


def write_spl3smp(
    path: Path,
    looks: Mapping[smap.Look, Look],
    version: int = 9,
    *,
    is_enhanced: bool = False,
) -> None:
    """Write a day of SPL3SMP; up to version 3 it has one group, of the morning.

    Args:
        path: file to write.
        looks: what was seen at 6 am and 6 pm; a look that is left out gives a group of fill values.
        version: of the product.
        is_enhanced: on the 9 km grid, SPL3SMP_E.

    Raises:
        OutputError: the version is unknown or has no such look, or the file cannot be written.
    """
    product = known_product(path, "SPL3SMP_E" if is_enhanced else "SPL3SMP", version)
    has_pm = is_enhanced or version >= FIRST_TWO_LOOKS
    if "pm" in looks and not has_pm:
        raise OutputError(
            f"{path.name}: look pm, expected am only in version {version}; choose version "
            f"{FIRST_TWO_LOOKS} or later"
        )
    grid = ease2.by_name(product.grid)
    times = np.concatenate([look.obs_time for look in looks.values()])
    with hdf5.new_file(path) as h5:
        hdf5.write_metadata(h5, path.name, product, version=version, times=times)
        for group in (smap.AM, smap.PM) if has_pm else (smap.SINGLE_AM,):
            observed = looks.get(group.look) if group.look else None
            columns = {} if observed is None else columns_of(observed, grid)
            hdf5.write_group(h5, group, fields_of(product, version), columns, grid=grid)
