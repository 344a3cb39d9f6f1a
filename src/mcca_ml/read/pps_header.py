"""What a level 1C file of PPS is, by its content alone: its header, the channels of a swath."""

import re
from collections.abc import Mapping

import h5py

from mcca_ml.errors import GranuleError
from mcca_ml.formats import pps_1c
from mcca_ml.formats.pps_1c import PRODUCTS, Product1C
from mcca_ml.read.granule import file_name, shorten, text

_CHANNEL = re.compile(r"([\d.]+) GHz ([VH])-Pol")  # as the text of Tc names them
_SAME_GHZ = 0.2  # GMI's 36.64 GHz goes by its nominal 36.5
_WANTED = f"level 1C of {', '.join(PRODUCTS)}"


def parse_pvl(written: str) -> dict[str, str]:
    r"""Pairs of a text of PPS.

    >>> parse_pvl("AlgorithmID=1CTMI;\nEmptyGranule=NOT_EMPTY;\n")
    {'AlgorithmID': '1CTMI', 'EmptyGranule': 'NOT_EMPTY'}
    """
    lines = (line.strip().removesuffix(";") for line in written.splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def file_header(h5: h5py.File) -> dict[str, str]:
    """Pairs of the file header; empty where there is none."""
    return parse_pvl(text(h5.attrs.get(pps_1c.HEADER)))


def is_1c(h5: h5py.File) -> bool:
    """Whether an HDF5 file says that it is level 1C of PPS, of whatever sensor."""
    return _says_1c(file_header(h5))


def _says_1c(header: Mapping[str, str]) -> bool:
    return header.get("AlgorithmID", "").startswith("1C")


def _product(where: str, header: Mapping[str, str]) -> Product1C:
    """The product that the header names.

    Raises:
        GranuleError: it is of another sensor, or remapped.
    """
    said = tuple(header.get(key, "") for key in ("SatelliteName", "InstrumentName", "AlgorithmID"))
    for product in PRODUCTS.values():
        if said == (product.satellite, product.instrument, product.algorithm):
            break
    else:
        satellite, instrument, algorithm = said
        raise GranuleError(
            f"{where}: {algorithm} of {satellite} {instrument}, expected {_WANTED}; leave it out"
        )
    if header.get("DOIshortName", "").endswith(pps_1c.REMAPPED_SUFFIX):
        raise GranuleError(
            f"{where}: 1C-R, whose swaths are remapped onto one another, expected 1C with the "
            f"places of each; give the granule 1C.{product.satellite}.{product.instrument}"
        )
    return product


def identify(h5: h5py.File) -> tuple[Product1C, dict[str, str]]:
    """Product and file header of a level 1C granule; the file's name plays no part.

    Raises:
        GranuleError: it is no level 1C, of another sensor, remapped, of an unknown version, or
            empty.
    """
    where, header = file_name(h5), file_header(h5)
    if not _says_1c(header):
        found = header.get("AlgorithmID") or f"no {pps_1c.HEADER} but {shorten(h5)}"
        raise GranuleError(f"{where}: found {found}, expected {_WANTED}; give such a granule")
    product = _product(where, header)
    version = header.get("ProductVersion", "")
    if not pps_1c.KNOWN_VERSION.fullmatch(version):
        raise GranuleError(
            f"{where}: ProductVersion {version or 'missing'!r}, expected V05, V07 or V08; "
            "give a granule of one of these"
        )
    if header.get("EmptyGranule") == pps_1c.EMPTY:
        raise GranuleError(
            f"{where}: EmptyGranule is {pps_1c.EMPTY}, expected an orbit with data; leave it out"
        )
    return product, header


def check_channels(tc: h5py.Dataset, names: tuple[str, ...]) -> None:
    """Raise where the text of Tc names other channels than those expected first.

    What it does not name is taken as laid out like the others.

    Raises:
        GranuleError: it names others.
    """
    said = _CHANNEL.findall(text(tc.attrs.get("LongName")))[: len(names)]
    wanted = [(float(name[:-1]), name[-1]) for name in names]
    found = [(float(frequency), polarisation) for frequency, polarisation in said]
    is_same = all(
        abs(ours[0] - theirs[0]) <= _SAME_GHZ and ours[1] == theirs[1]
        for ours, theirs in zip(wanted, found, strict=False)
    )
    if not is_same:
        raise GranuleError(
            f"{file_name(tc)}: {tc.name} has channels "
            f"{', '.join(f'{ghz:g}{p}' for ghz, p in found)}, expected {', '.join(names)} first; "
            "give a granule of V05, V07 or V08"
        )
