"""Days of SPL3SMP cut to the fields that are read, written from an image of an empty day.

Most of the time that a small granule takes goes into making its datasets and their attributes. They
are the same every day, so they are made once, in memory.
"""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from mcca_ml.formats import smap
from mcca_ml.formats.smap import Field
from mcca_ml.grid import ease2
from mcca_ml.simulate.files import hdf5
from mcca_ml.simulate.files.smap_products import Look, columns_of, fields_of

PRODUCT = smap.PRODUCTS["SPL3SMP"]
VERSION = 9
GROUPS = (smap.AM, smap.PM)
LEFT_OUT = (
    "freeze_thaw_fraction", "albedo", "vegetation_opacity", "vegetation_water_content",
    "soil_moisture", "soil_moisture_error", "tb_3_corrected", "tb_4_corrected",
    "tb_qual_flag_3", "tb_qual_flag_4", "sand_fraction", "organic_content", "grid_surface_status",
    "surface_water_fraction_mb_h", "surface_water_fraction_mb_v", "latitude_centroid",
    "longitude_centroid",
)  # fmt: skip
"""Fields that a cut granule does not have, nor those of single algorithms (`_dca` and others)."""


def cut_fields() -> tuple[Field, ...]:
    """Fields of a cut granule."""
    of_algorithm = ("_dca", "_scah", "_scav")
    return tuple(
        field
        for field in fields_of(PRODUCT, VERSION)
        if field.name not in LEFT_OUT and not field.name.endswith(of_algorithm)
    )


def empty_day() -> bytes:
    """Image of an HDF5 file with both groups of a day, all fill."""
    with h5py.File("empty", "w", driver="core", backing_store=False) as h5:
        for group in GROUPS:
            hdf5.write_group(h5, group, cut_fields(), {}, grid=ease2.M36, fills_text=False)
        h5.flush()
        image: bytes = h5.id.get_file_image()
    return image


def write_cut_day(path: Path, looks: Mapping[smap.Look, Look], image: bytes) -> None:
    """Write a day of SPL3SMP with the fields that are read.

    Args:
        path: file to write.
        looks: what was seen at 6 am and 6 pm; a look that is left out stays fill.
        image: of `empty_day`.

    Raises:
        OutputError: the file cannot be written.
    """
    times = np.concatenate([look.obs_time for look in looks.values()])
    with hdf5.new_file(path, image) as h5:
        hdf5.write_metadata(h5, path.name, PRODUCT, version=VERSION, times=times)
        for group in GROUPS:
            seen = looks.get(group.look) if group.look else None
            if seen is not None:
                columns = columns_of(seen, ease2.M36)
                hdf5.fill_group(h5, group, cut_fields(), columns, grid=ease2.M36)
