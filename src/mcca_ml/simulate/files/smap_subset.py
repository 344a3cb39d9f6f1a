"""Days of SPL3SMP with only the fields that are read, copied from an empty file in memory.

Creating datasets and attributes takes most of the time of writing a small granule. They are the
same every day, so they are created once.
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
"""Omitted fields, in addition to those of single algorithms (`_dca` and others)."""
CUT_FIELDS = tuple(
    field
    for field in smap.L3_FIELDS
    if field.name not in LEFT_OUT and not field.name.endswith(("_dca", "_scah", "_scav"))
)
"""Fields of a subset granule, those that are read."""


def empty_day() -> bytes:
    """Bytes of an HDF5 file with both groups of a day, all fill values."""
    with h5py.File("empty", "w", driver="core", backing_store=False) as h5:
        for group in (smap.AM, smap.PM):
            hdf5.write_group(h5, group, CUT_FIELDS, {}, grid=ease2.M36, fills_text=False)
        h5.flush()
        image: bytes = h5.id.get_file_image()
    return image
