"""Information in granule names: start, day, and versions of the same granule.

Data centres keep reprocessed granules next to the earlier ones, so both are easily downloaded.
Reading both would use the same observation twice.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcca_ml.errors import GranuleError

_STAMP = re.compile(r"(?<!\d)((?:19|20)\d{2}[01]\d[0-3]\d)(?:T(\d{6}))?(?!\d)")
_ENDS = re.compile(r"[-_]S(\d{6})[-_]E(\d{6})(?!\d)")
_LATE = "210000"
"""A granule without an end time in its name is assumed to cross midnight if it begins after this
[hhmmss]: no orbit is longer than 2 hours, and reading one granule too many is harmless."""
_SMAP = re.compile(
    r"SMAP_(?P<product>L[1-3]C?_(?:SM_P|TB)(?:_E)?)_"
    r"(?:(?P<orbit>\d+)_(?P<way>[AD])_)?(?P<day>\d{8})(?:T\d{6})?_R\d+_\d+"
)
_1C = re.compile(
    r"1C(?:-R)?\.(?P<platform>[^.]+)\.(?P<sensor>[^.]+)\.[^.]+\."
    r"(?P<start>\d{8}-S\d{6})-E\d{6}\.(?P<orbit>\d+)\."
)


def stamp(path: Path) -> str:
    """Return the start time in the name of a granule; empty if there is none.

    >>> stamp(Path("SMAP_L1C_TB_03721_D_20151013T000528_R11920_001.h5"))
    '20151013T000528'
    """
    match = _STAMP.search(path.name)
    return f"{match[1]}T{match[2] or '000000'}" if match else ""


def stamp_day(path: Path) -> np.datetime64 | None:
    """Return the UTC start day in the name of a granule; None if there is none."""
    digits = stamp(path)
    try:
        return np.datetime64(f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}") if digits else None
    except ValueError:  # 20150231
        return None


def granule_start(path: Path) -> tuple[np.datetime64, bool]:
    """Return the start [UTC] in the name of a granule, and True if it crosses midnight.

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
    """Return the part of the name common to all versions of a granule; None if unknown.

    Product and day or half orbit for SMAP; platform, sensor, start and orbit for 1C granules.

    Args:
        name: file name.

    >>> granule_key("SMAP_L3_SM_P_20150401_R19240_001.h5")
    ('L3_SM_P', '20150401')
    >>> granule_key("SMAP_L1C_TB_03721_D_20151013T000528_R11920_001.h5")
    ('L1C_TB', '03721', 'D')
    >>> granule_key("1C.GPM.GMI.XCAL2016-C.20140304-S033921-E051205.000081.V07A.HDF5")
    ('GPM', 'GMI', '20140304-S033921', '000081')
    """
    smap, imager = _SMAP.search(name), _1C.search(name)
    if smap:
        # Start seconds of a half orbit differ between versions: use its orbit number.
        place = (smap["orbit"], smap["way"]) if smap["orbit"] else (smap["day"],)
        return (smap["product"], *place)
    return (
        (imager["platform"], imager["sensor"], imager["start"], imager["orbit"]) if imager else None
    )


def check_versions(paths: Sequence[Path]) -> None:
    """Raise if two granules are versions of the same granule.

    Args:
        paths: granules in any order. Files with one name in several folders are one version, for
            instance subsets of several boxes. Names other than those of SMAP and PPS are ignored.

    Raises:
        GranuleError: two versions of a granule; the message names both.
    """
    names_by_key: dict[tuple[str, ...], str] = {}
    for name in sorted({path.name for path in paths}):
        key = granule_key(name)
        if key is None:
            continue
        if key in names_by_key:
            raise GranuleError(
                f"{names_by_key[key]} and {name}: found two versions of one granule, expected one; "
                "remove one"
            )
        names_by_key[key] = name
