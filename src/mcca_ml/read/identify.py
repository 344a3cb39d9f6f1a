"""Identify SMAP product, version and layout of a file from its metadata and groups."""

import re
from pathlib import Path

import h5py

from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import GROUPS, LOOK_OF_ORBIT, PRODUCTS, Group, SmapLayout, SmapProduct
from mcca_ml.grid import ease2
from mcca_ml.read.granule import shorten, simulated_attribute, text

IDENTIFICATIONS = ("Metadata/DatasetIdentification", "Metadata/SeriesIdentification")
_ALGORITHM = re.compile(r"AlgorithmID=([^;\s]*)")


def metadata(h5: h5py.File, name: str) -> str:
    """Return an attribute of the product identification as text; empty if absent."""
    values = (text(h5[group].attrs.get(name)) for group in IDENTIFICATIONS if group in h5)
    return next((value for value in values if value), "")


def describe(h5: h5py.File) -> str:
    """Describe the content of an HDF5 file in a few words.

    From SMAP metadata, the header of PPS products, then the title of NetCDF products.
    """
    smap = metadata(h5, "shortName") or metadata(h5, "SMAPShortName")
    pps = _ALGORITHM.search(text(h5.attrs.get("FileHeader")))
    title = text(h5.attrs.get("title") or h5.attrs.get("Title"))
    if smap:
        return f"the product {smap}"
    if pps:
        return f"the PPS product {pps.group(1)}"
    return f"{title[:60]!r}" if title else f"an unnamed product with {shorten(h5)}"


def _rows(h5: h5py.File, groups: tuple[Group, ...]) -> int | None:
    """Return the rows of the first gridded dataset; None if there is none."""
    for field in h5[groups[0].name].values():
        if isinstance(field, h5py.Dataset) and field.ndim >= 2 and field.shape[1] > 3:
            return int(field.shape[0])
    return None


def _groups(h5: h5py.File, level: str) -> tuple[Group, ...]:
    """Return the groups of observations present in the file, for a product level."""
    for groups in GROUPS[level]:
        if all(group.name in h5 for group in groups):
            return groups
    return ()


def _product_from_groups(h5: h5py.File) -> SmapProduct | None:
    """Identify the product by groups and shapes, for a file without metadata.

    Lists of cells are assumed to be on the 36 km grid; the reader reports indices outside it.
    """
    for product in PRODUCTS.values():
        groups = _groups(h5, product.level)
        if not groups:
            continue
        rows = _rows(h5, groups)
        if (rows is None) == (product.level == "L3"):
            continue
        if rows is None or ease2.by_name(product.grid).rows == rows:
            return product
    return None


def _version(h5: h5py.File, product: SmapProduct, where: str) -> int | None:
    """Return the version of the product; None if the metadata do not contain it.

    Raises:
        GranuleError: an unknown version.
    """
    version = metadata(h5, "ECSVersionID")
    if not version:
        return None
    known = product.versions
    if not version.isdigit() or int(version) not in known:
        release = metadata(h5, "CompositeReleaseID")
        raise GranuleError(
            f"{where}: version {version!r} of {product.short_name} (release {release or 'none'}) "
            f"is not known, expected {known[0]} to {known[-1]}; give a granule of one of those"
        )
    return int(version)


def is_smap(h5: h5py.File) -> bool:
    """Return True for files with SMAP metadata or groups, of any product."""
    return bool(metadata(h5, "shortName") or metadata(h5, "SMAPShortName")) or any(
        _groups(h5, level) for level in GROUPS
    )


def identify_layout(h5: h5py.File) -> SmapLayout:
    """Identify product, version and layout of an open SMAP granule; its name is not used.

    Raises:
        GranuleError: another product, an unknown version, or a missing group.
    """
    where = Path(h5.filename).name
    short_name = metadata(h5, "shortName")
    smap_name = metadata(h5, "SMAPShortName")
    by_smap_name = {product.smap_name: product for product in PRODUCTS.values()}
    product = PRODUCTS.get(short_name) if short_name else by_smap_name.get(smap_name)
    if product is None and not (short_name or smap_name):
        product = _product_from_groups(h5)
    if product is None:
        raise GranuleError(
            f"{where}: found {describe(h5)}, expected one of {', '.join(PRODUCTS)}; "
            "give a granule of one of these"
        )
    version = _version(h5, product, where)
    groups = _groups(h5, product.level)
    if not groups:
        wanted = " or ".join(g.name for g in GROUPS[product.level][-1] + GROUPS[product.level][0])
        raise GranuleError(
            f"{where}: {product.short_name} without its group {wanted}, found {shorten(h5)}; "
            "give a complete granule"
        )
    return SmapLayout(product, version, groups, simulated_attribute(h5))


def orbit_look(h5: h5py.File) -> str:
    """Return `am` or `pm` from the orbit direction in the metadata, never from the time.

    Raises:
        GranuleError: the metadata do not contain the direction.
    """
    group = "Metadata/OrbitMeasuredLocation"
    direction = text(h5[group].attrs.get("orbitDirection")) if group in h5 else ""
    if direction.lower() not in LOOK_OF_ORBIT:
        raise GranuleError(
            f"{Path(h5.filename).name}: orbitDirection in {group} is {direction or 'missing'!r}, "
            "expected Ascending or Descending; give a complete granule"
        )
    return LOOK_OF_ORBIT[direction.lower()]
