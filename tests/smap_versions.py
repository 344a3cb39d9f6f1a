"""Simulated SPL3SMP of any version and grid, for tests of its readers."""

from collections.abc import Mapping
from pathlib import Path

from mcca_ml.formats import smap
from mcca_ml.formats.smap import SmapField, SmapProduct
from mcca_ml.simulate.files import smap_products
from mcca_ml.simulate.files.smap_products import Look

FIRST_TWO_LOOKS = 4
FIRST_LATER_FIELDS = {"SPL3SMP": 8, "SPL3SMP_E": 5, "SPL2SMP": 8, "SPL2SMP_E": 5}
"""Version from which on a product holds soil texture and one field per algorithm. Clay and bulk
density came some versions earlier; these granules leave them out of those."""


def fields_in(product: SmapProduct, version: int) -> tuple[SmapField, ...]:
    """Fields of a version of a product."""
    if version < FIRST_LATER_FIELDS[product.short_name]:
        return smap.FIRST_FIELDS
    return smap.L3_FIELDS if product.level == "L3" else smap.L2_FIELDS


def write_version(
    path: Path, looks: Mapping[smap.Look, Look], version: int, *, is_enhanced: bool = False
) -> None:
    """Write a day of SPL3SMP or SPL3SMP_E; up to version 3 it has one group, of the morning."""
    product = smap.PRODUCTS["SPL3SMP_E" if is_enhanced else "SPL3SMP"]
    has_pm = is_enhanced or version >= FIRST_TWO_LOOKS
    smap_products.write_spl3smp(
        path,
        looks,
        product,
        version,
        groups=(smap.AM, smap.PM) if has_pm else (smap.SINGLE_AM,),
        fields=fields_in(product, version),
    )
