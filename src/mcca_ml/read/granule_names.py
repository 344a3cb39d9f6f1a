"""What the names of granules say: start, day, and which of them are versions of one granule.

Data centres process again and keep the old files beside the new ones, so that both are easily
downloaded. Taken together they would count one observation twice.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcca_ml.errors import GranuleError

_STAMP = re.compile(r"(?<!\d)((?:19|20)\d{2}[01]\d[0-3]\d)(?:T(\d{6}))?(?!\d)")
_ENDS = re.compile(r"[-_]S(\d{6})[-_]E(\d{6})(?!\d)")
_LATE = "210000"
"""A granule whose name gives no end is taken to cross midnight if it begins after this [hhmmss]:
no orbit is longer than 2 hours, and a granule of another day costs a look and nothing else."""
_SMAP = re.compile(
    r"SMAP_(?P<product>L[1-3]C?_(?:SM_P|TB)(?:_E)?)_"
    r"(?:(?P<orbit>\d+)_(?P<way>[AD])_)?(?P<day>\d{8})(?:T\d{6})?_R\d+_\d+"
)
_1C = re.compile(
    r"1C(?:-R)?\.(?P<platform>[^.]+)\.(?P<sensor>[^.]+)\.[^.]+\."
    r"(?P<start>\d{8}-S\d{6})-E\d{6}\.(?P<orbit>\d+)\."
)


def stamp(path: Path) -> str:
    """Start of a granule after its name; empty where the name has none.

    >>> stamp(Path("SMAP_L1C_TB_03721_D_20151013T000528_R11920_001.h5"))
    '20151013T000528'
    """
    found = _STAMP.search(path.name)
    return f"{found[1]}T{found[2] or '000000'}" if found else ""


def stamp_day(path: Path) -> np.datetime64 | None:
    """UTC day on which a granule begins, after its name; None where the name has none."""
    digits = stamp(path)
    try:
        return np.datetime64(f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}") if digits else None
    except ValueError:  # 20150231
        return None


def start_of(path: Path) -> tuple[np.datetime64, bool]:
    """Start of a granule [UTC], to the second, and whether it crosses midnight, after its name.

    Raises:
        GranuleError: the name has no date.
    """
    digits = stamp(path)
    times = _ENDS.search(path.name)
    if times:
        digits = f"{digits[:8]}T{times[1]}"
    try:
        day, hour = digits[:8], digits[9:]
        text = f"{day[:4]}-{day[4:6]}-{day[6:]}T{hour[:2]}:{hour[2:4]}:{hour[4:]}"
        start = np.datetime64(text, "s")
    except ValueError as error:
        raise GranuleError(
            f"{path}: found no date in the name, expected that of its first observation, "
            "20150401 for instance; keep the names that the provider gave"
        ) from error
    return start, times[2] < times[1] if times else hour > _LATE


def granule_key(name: str) -> tuple[str, ...] | None:
    """What all versions of a granule have in common in their names; None for an unknown name.

    A day or half orbit of a SMAP product; platform, sensor, start and orbit of a 1C granule.

    Args:
        name: of the file.

    >>> granule_key("SMAP_L3_SM_P_20150401_R19240_001.h5")
    ('L3_SM_P', '20150401')
    >>> granule_key("SMAP_L1C_TB_03721_D_20151013T000528_R11920_001.h5")
    ('L1C_TB', '03721', 'D')
    >>> granule_key("1C.GPM.GMI.XCAL2016-C.20140304-S033921-E051205.000081.V07A.HDF5")
    ('GPM', 'GMI', '20140304-S033921', '000081')
    """
    smap, imager = _SMAP.search(name), _1C.search(name)
    if smap:
        # Versions of a half orbit may begin at other seconds: its number says which it is.
        place = (smap["orbit"], smap["way"]) if smap["orbit"] else (smap["day"],)
        return (smap["product"], *place)
    return (
        (imager["platform"], imager["sensor"], imager["start"], imager["orbit"]) if imager else None
    )


def check_versions(paths: Sequence[Path]) -> None:
    """Raise where two of the granules are versions of one.

    Args:
        paths: granules in any order. Files of one name in several folders are one version, cut to
            several boxes for instance. Names that are neither SMAP's nor PPS's are passed over.

    Raises:
        GranuleError: there are two; both are named.
    """
    seen: dict[tuple[str, ...], str] = {}
    for name in sorted({path.name for path in paths}):
        key = granule_key(name)
        if key is None:
            continue
        if key in seen:
            raise GranuleError(
                f"{seen[key]} and {name}: found two versions of one granule, expected one; "
                "remove one"
            )
        seen[key] = name
