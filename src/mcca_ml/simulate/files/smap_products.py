"""Write simulated SMAP granules in the genuine layouts, from arrays over cells.

Every file states that it is simulated in its name, in the attribute `simulated` of its root group,
and in its metadata.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Datetime64, Float64, Floating, Integer, UInt8, UInt16
from mcca_ml.formats import smap
from mcca_ml.formats.smap import Group, SmapField, SmapProduct
from mcca_ml.grid import ease2
from mcca_ml.simulate.files import hdf5
from mcca_ml.simulate.files.hdf5 import Columns

PRODUCT, VERSION = smap.PRODUCTS["SPL3SMP"], 9
"""Product and version of simulated worlds."""

NOT_RETRIEVED = 7
"""`retrieval_qual_flag` of a cell without soil moisture: not recommended, attempted, successful."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Look:
    """Observations of one look of SMAP, arrays (cell); NaN where missing."""

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
    """IGBP classes, (cell, 3); 99 where missing."""
    land_cover_fraction: Floating
    """Fractions of the classes, (cell, 3) [1]."""
    surface_flag: UInt16
    """Bits of `surface_flag` as defined by the provider."""
    quality_v: UInt16
    """`tb_qual_flag_v`; bit 0 set means use with caution."""
    quality_h: UInt16
    tb_v_uncorrected: Floating | None = None
    """Brightness temperature including open water [K]; None: the same as `tb_v`."""
    tb_h_uncorrected: Floating | None = None
    """[K]"""


def granule_name(product: SmapProduct, version: int, day: np.datetime64) -> str:
    """File name in the provider's pattern, with a word that says what it is.

    Args:
        product: product of `formats.smap.PRODUCTS`.
        version: version of the product.
        day: UTC day.

    >>> granule_name(smap.PRODUCTS["SPL3SMP"], 9, np.datetime64("2015-04-01"))
    'SIMULATED_SMAP_L3_SM_P_20150401_R09000_001.h5'
    """
    stamp = str(day.astype("M8[D]")).replace("-", "")
    return f"SIMULATED_SMAP_{product.smap_name}_{stamp}_R{version:02d}000_001.h5"


def time_seconds(obs_time: Datetime64) -> Float64:
    """`tb_time_seconds` of observation times; the fill value where missing."""
    passed = obs_time - np.datetime64(smap.DOCUMENTED_EPOCH)
    seconds = passed / np.timedelta64(1, "s")
    return np.where(np.isnat(obs_time), smap.FILLS["f8"], seconds)


def time_utc(obs_time: Datetime64) -> npt.NDArray[np.bytes_]:
    """`tb_time_utc` of observation times, to the millisecond; `N/A` where missing."""
    texts = np.char.add(np.datetime_as_string(obs_time, unit="ms"), "Z")
    return np.where(np.isnat(obs_time), "N/A", texts).astype("S24")


def look_columns(look: Look, grid: ease2.Grid) -> Columns:
    """Values of the fields of SPL2SMP and SPL3SMP from a look, by field."""
    place = ease2.cell_latlon(grid, ease2.flat_cell(grid, look.row, look.column))
    return {
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


def write_spl3smp(
    path: Path,
    looks: Mapping[smap.Look, Look],
    product: SmapProduct = PRODUCT,
    version: int = VERSION,
    *,
    groups: Sequence[Group] = (smap.AM, smap.PM),
    fields: Sequence[SmapField] = smap.L3_FIELDS,
    image: bytes = b"",
) -> None:
    """Write a day of SPL3SMP.

    Args:
        path: path of the file.
        looks: observations at 6 am and 6 pm; the group of a missing look has fill values only.
        product: SPL3SMP or SPL3SMP_E; its grid is that of the looks.
        version: version of the product, for the metadata.
        groups: groups of the file.
        fields: fields of each group.
        image: bytes of an HDF5 file with empty groups; empty bytes: create the groups.

    Raises:
        OutputError: the file cannot be written.
    """
    grid = ease2.by_name(product.grid)
    times = np.concatenate([look.obs_time for look in looks.values()])
    write = hdf5.fill_group if image else hdf5.write_group
    with hdf5.new_file(path, image) as h5:
        hdf5.write_metadata(h5, path.name, product, version=version, times=times)
        for group in groups:
            observed = looks.get(group.look) if group.look else None
            columns = {} if observed is None else look_columns(observed, grid)
            write(h5, group, fields, columns, grid=grid)
