"""Days of SPL3SMP cut to the fields that are read, written from an image of an empty day.

Most of the time that a small granule takes goes into making its datasets and their attributes. They
are the same every day, so they are made once, in memory.
"""

import h5py

from mcca_ml.formats import smap
from mcca_ml.grid import ease2
from mcca_ml.simulate.files import hdf5

LEFT_OUT = (
    "freeze_thaw_fraction", "albedo", "vegetation_opacity", "vegetation_water_content",
    "soil_moisture", "soil_moisture_error", "tb_3_corrected", "tb_4_corrected",
    "tb_qual_flag_3", "tb_qual_flag_4", "sand_fraction", "organic_content", "grid_surface_status",
    "surface_water_fraction_mb_h", "surface_water_fraction_mb_v", "latitude_centroid",
    "longitude_centroid",
)  # fmt: skip
"""Fields that a cut granule does not have, nor those of single algorithms (`_dca` and others)."""
CUT_FIELDS = tuple(
    field
    for field in smap.L3_FIELDS
    if field.name not in LEFT_OUT and not field.name.endswith(("_dca", "_scah", "_scav"))
)
"""Fields of a cut granule, those that are read."""


def empty_day() -> bytes:
    """Image of an HDF5 file with both groups of a day, all fill."""
    with h5py.File("empty", "w", driver="core", backing_store=False) as h5:
        for group in (smap.AM, smap.PM):
            hdf5.write_group(h5, group, CUT_FIELDS, {}, grid=ease2.M36, fills_text=False)
        h5.flush()
        image: bytes = h5.id.get_file_image()
    return image
