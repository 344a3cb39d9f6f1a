"""Which SMAP product, version and layout a file holds, from its metadata and its groups."""

import re
from pathlib import Path

import h5py

from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import GROUPS, LOOK_OF_ORBIT, PRODUCTS, Group, SmapLayout, SmapProduct
from mcca_ml.grid import ease2
from mcca_ml.read.granule import shorten, simulated, text

IDENTIFICATIONS = ("Metadata/DatasetIdentification", "Metadata/SeriesIdentification")
_ALGORITHM = re.compile(r"AlgorithmID=([^;\s]*)")


def metadata(h5: h5py.File, name: str) -> str:
    """An attribute of the product's identification, as text; empty where it is absent."""
    values = (text(h5[group].attrs.get(name)) for group in IDENTIFICATIONS if group in h5)
    return next((value for value in values if value), "")


def describe(h5: h5py.File) -> str:
    """What an HDF5 file says that it is, in a few words.

    Looks at SMAP's metadata, the header of PPS products, then the title of NetCDF products.
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
    """Rows of the grid that the first dataset over a grid tells; None where there is none."""
    for found in h5[groups[0].name].values():
        if isinstance(found, h5py.Dataset) and found.ndim >= 2 and found.shape[1] > 3:
            return int(found.shape[0])
    return None


def _groups(h5: h5py.File, level: str) -> tuple[Group, ...]:
    """The groups of observations that the file holds, of those that the level may have."""
    for groups in GROUPS[level]:
        if all(group.name in h5 for group in groups):
            return groups
    return ()


def _product_from_groups(h5: h5py.File) -> SmapProduct | None:
    """The product by groups and shapes, for a file whose metadata were stripped.

    Cells in a list do not tell their grid: those are taken for the 36 km product unless an index
    lies beyond it, which the reader then reports.
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
    """Version of the product; None where the metadata are silent.

    Raises:
        GranuleError: a version that no one has read yet.
    """
    found = metadata(h5, "ECSVersionID")
    if not found:
        return None
    known = product.versions
    if not found.isdigit() or int(found) not in known:
        release = metadata(h5, "CompositeReleaseID")
        raise GranuleError(
            f"{where}: version {found!r} of {product.short_name} (release {release or 'none'}) "
            f"is not known, expected {known[0]} to {known[-1]}; give a granule of one of those"
        )
    return int(found)


def is_smap(h5: h5py.File) -> bool:
    """Whether the file carries SMAP's metadata or groups, of whichever product."""
    return bool(metadata(h5, "shortName") or metadata(h5, "SMAPShortName")) or any(
        _groups(h5, level) for level in GROUPS
    )


def layout_of(h5: h5py.File) -> SmapLayout:
    """Product, version and layout of an open SMAP granule; the file's name plays no part.

    Raises:
        GranuleError: another product, an unknown version, a group missing.
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
            f"{where}: holds {describe(h5)}, expected one of {', '.join(PRODUCTS)}; "
            "give a granule of one of these"
        )
    version = _version(h5, product, where)
    groups = _groups(h5, product.level)
    if not groups:
        wanted = " or ".join(g.name for g in GROUPS[product.level][-1] + GROUPS[product.level][0])
        raise GranuleError(
            f"{where}: {product.short_name} without its group {wanted}, found {shorten(h5)}; "
            "give a whole granule"
        )
    return SmapLayout(product, version, groups, simulated(h5))


def look_of_orbit(h5: h5py.File) -> str:
    """`am` or `pm`, by the orbit's direction in the metadata and never by the clock.

    Raises:
        GranuleError: the metadata do not say.
    """
    group = "Metadata/OrbitMeasuredLocation"
    found = text(h5[group].attrs.get("orbitDirection")) if group in h5 else ""
    if found.lower() not in LOOK_OF_ORBIT:
        raise GranuleError(
            f"{Path(h5.filename).name}: orbitDirection in {group} is {found or 'missing'!r}, "
            "expected Ascending or Descending; give a whole granule"
        )
    return LOOK_OF_ORBIT[found.lower()]
