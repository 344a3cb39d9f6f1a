"""Simulated half orbits of SPL2SMP and SPL1CTB in the genuine layouts, for tests of their readers.

The simulated worlds are written as SPL3SMP alone.
"""

from pathlib import Path

import h5py
import numpy as np

from mcca_ml.formats import smap
from mcca_ml.formats.smap import SmapField
from mcca_ml.grid import ease2
from mcca_ml.simulate.files import hdf5
from mcca_ml.simulate.files.hdf5 import Columns
from mcca_ml.simulate.files.smap_products import (
    Look,
    look_columns,
    time_seconds,
    time_utc,
)
from smap_versions import fields_in


def _write_orbit(h5: h5py.File, look: smap.Look) -> None:
    """Write the direction of the orbit, from which readers tell the look."""
    direction = {value: key for key, value in smap.LOOK_OF_ORBIT.items()}[look]
    where = h5.create_group("Metadata/OrbitMeasuredLocation")
    where.attrs["orbitDirection"] = direction.capitalize()


_L1C_CELL = (
    SmapField("cell_row", "u2", "", (0, 405), "Row of the EASE-Grid 2.0, 0 in the north"),
    SmapField("cell_column", "u2", "", (0, 963), "Column of the EASE-Grid 2.0, 0 in the west"),
    SmapField("cell_lat", "f4", "degrees", (-90.0, 90.0), "Latitude of the cell's centre"),
    SmapField("cell_lon", "f4", "degrees", (-180.0, 179.999), "Longitude of the cell's centre"),
)


def _l1c_look(side: str) -> tuple[SmapField, ...]:
    """The fields of one side of the scan, `fore` or `aft`."""
    return (
        *(SmapField(f"cell_tb_{p}_{side}", "f4", "Kelvin", (0.0, 330.0), f"TB, {p}") for p in "hv"),
        *(
            SmapField(f"cell_tb_qual_flag_{p}_{side}", "u2", "", None, f"Quality, {p}")
            for p in "hv"
        ),
        SmapField(f"cell_boresight_incidence_{side}", "f4", "degrees", (0.0, 90.0), "Incidence"),
        SmapField(
            f"cell_tb_time_seconds_{side}", "f8", "seconds", (-999999.9, 940000000.0), "Time"
        ),
        SmapField(f"cell_tb_time_utc_{side}", "S24", "", None, "Mean acquisition time, UTC"),
    )


L1C_FIELDS: tuple[SmapField, ...] = (*_L1C_CELL, *_l1c_look("fore"), *_l1c_look("aft"))
"""SPL1CTB and SPL1CTB_E: what is read; genuine ones hold more."""


def write_spl2smp(
    path: Path,
    observed: Look,
    look: smap.Look,
    version: int = 8,
    *,
    is_enhanced: bool = False,
) -> None:
    """Write a half orbit of SPL2SMP.

    Args:
        path: file to write.
        observed: what was seen.
        look: am writes a descending orbit, pm an ascending one.
        version: of the product.
        is_enhanced: on the 9 km grid, SPL2SMP_E.

    Raises:
        OutputError: the file cannot be written.
    """
    product = smap.PRODUCTS["SPL2SMP_E" if is_enhanced else "SPL2SMP"]
    columns = look_columns(observed, ease2.by_name(product.grid))
    with hdf5.new_file(path) as h5:
        hdf5.write_metadata(h5, path.name, product, version=version, times=observed.obs_time)
        _write_orbit(h5, look)
        hdf5.write_group(h5, smap.SINGLE, fields_in(product, version), columns, grid=None)


def _side(look: Look, side: str) -> Columns:
    """Values of the fields of SPL1CTB that one side of the scan gives, by field."""
    return {
        f"cell_tb_v_{side}": look.tb_v,
        f"cell_tb_h_{side}": look.tb_h,
        f"cell_tb_qual_flag_v_{side}": look.quality_v,
        f"cell_tb_qual_flag_h_{side}": look.quality_h,
        f"cell_boresight_incidence_{side}": np.rad2deg(look.incidence),
        f"cell_tb_time_seconds_{side}": time_seconds(look.obs_time),
        f"cell_tb_time_utc_{side}": time_utc(look.obs_time),
    }


def write_spl1ctb(
    path: Path,
    fore: Look,
    aft: Look,
    look: smap.Look,
    *,
    version: int = 5,
    is_enhanced: bool = False,
) -> None:
    """Write a half orbit of SPL1CTB, which holds no ancillary fields.

    Args:
        path: file to write.
        fore: what the fore side of the scan saw.
        aft: what the aft side saw, of the same cells.
        look: am writes a descending orbit, pm an ascending one.
        version: of the product.
        is_enhanced: on the 9 km grid, SPL1CTB_E.

    Raises:
        OutputError: the file cannot be written.
    """
    product = smap.PRODUCTS["SPL1CTB_E" if is_enhanced else "SPL1CTB"]
    grid = ease2.by_name(product.grid)
    place = ease2.cell_latlon(grid, ease2.flat_cell(grid, fore.row, fore.column))
    cells = {
        "cell_row": fore.row,
        "cell_column": fore.column,
        "cell_lat": place.lat,
        "cell_lon": place.lon,
    }
    columns = {**cells, **_side(fore, "fore"), **_side(aft, "aft")}
    with hdf5.new_file(path) as h5:
        hdf5.write_metadata(h5, path.name, product, version=version, times=fore.obs_time)
        _write_orbit(h5, look)
        hdf5.write_group(h5, smap.GLOBAL, L1C_FIELDS, columns, grid=None)
