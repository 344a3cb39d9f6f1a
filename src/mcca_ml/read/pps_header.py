"""Identify PPS level 1C files from their content: file header and channels of a swath."""

import re
from collections.abc import Mapping

import h5py

from mcca_ml.errors import GranuleError
from mcca_ml.formats import pps_1c
from mcca_ml.formats.pps_1c import PRODUCTS, Product1C
from mcca_ml.read.granule import file_name, shorten, text

_CHANNEL = re.compile(r"([\d.]+) GHz ([VH])-Pol")  # as in the LongName of Tc
_SAME_GHZ = 0.2  # GMI's 36.64 GHz is listed as its nominal 36.5
_WANTED = f"level 1C of {', '.join(PRODUCTS)}"


def parse_pvl(written: str) -> dict[str, str]:
    r"""Parse the key-value pairs of a PPS text.

    >>> parse_pvl("AlgorithmID=1CTMI;\nEmptyGranule=NOT_EMPTY;\n")
    {'AlgorithmID': '1CTMI', 'EmptyGranule': 'NOT_EMPTY'}
    """
    lines = (line.strip().removesuffix(";") for line in written.splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def file_header(h5: h5py.File) -> dict[str, str]:
    """Return the key-value pairs of the file header; empty if there is none."""
    return parse_pvl(text(h5.attrs.get(pps_1c.HEADER)))


def is_1c(h5: h5py.File) -> bool:
    """Return True for PPS level 1C files, of any sensor."""
    return _is_1c_header(file_header(h5))


def _is_1c_header(header: Mapping[str, str]) -> bool:
    return header.get("AlgorithmID", "").startswith("1C")


def _product(where: str, header: Mapping[str, str]) -> Product1C:
    """Return the product named in the header.

    Raises:
        GranuleError: another sensor, or a remapped product.
    """
    identity = tuple(
        header.get(key, "") for key in ("SatelliteName", "InstrumentName", "AlgorithmID")
    )
    for product in PRODUCTS.values():
        if identity == (product.satellite, product.instrument, product.algorithm):
            break
    else:
        satellite, instrument, algorithm = identity
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
    """Return product and file header of a level 1C granule; the file name is not used.

    Raises:
        GranuleError: not level 1C, another sensor, remapped, an unknown version, or empty.
    """
    where, header = file_name(h5), file_header(h5)
    if not _is_1c_header(header):
        algorithm = header.get("AlgorithmID") or f"no {pps_1c.HEADER} but {shorten(h5)}"
        raise GranuleError(f"{where}: found {algorithm}, expected {_WANTED}; give such a granule")
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
    """Raise if the LongName of Tc lists other channels first than expected.

    Channels that it does not list are assumed to follow the documented order.

    Raises:
        GranuleError: other channels.
    """
    listed = _CHANNEL.findall(text(tc.attrs.get("LongName")))[: len(names)]
    wanted = [(float(name[:-1]), name[-1]) for name in names]
    channels = [(float(frequency), polarisation) for frequency, polarisation in listed]
    is_same = all(
        abs(ours[0] - theirs[0]) <= _SAME_GHZ and ours[1] == theirs[1]
        for ours, theirs in zip(wanted, channels, strict=False)
    )
    if not is_same:
        raise GranuleError(
            f"{file_name(tc)}: {tc.name} has channels "
            f"{', '.join(f'{ghz:g}{p}' for ghz, p in channels)}, "
            f"expected {', '.join(names)} first; give a granule of V05, V07 or V08"
        )
