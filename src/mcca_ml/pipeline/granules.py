"""The granules of a record: their sensors, days and hashes.

A granule counts for the UTC day on which it begins, and for the next if it crosses midnight; both
follow from its name. So the granules of a day do not depend on the length of the record.
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Datetime64
from mcca_ml.atomic import replacing
from mcca_ml.config.load import InputSettings
from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.read.granule_names import check_versions, granule_start
from mcca_ml.sensors import products

PRODUCTS: Mapping[str, str] = products()
"""Sensor by the name of a product, the `<product>` of `[input.<product>]`."""

SUFFIXES = (".h5", ".hdf5", ".nc", ".nc4")
"""Endings of the files that are taken from a directory."""

ONE_DAY = np.timedelta64(1, "D")
_THREADS = 4


@dataclass(frozen=True)
class InputGranule:
    """One file of input."""

    path: Path
    sensor: str
    start: np.datetime64
    """UTC, after its name, to the second."""
    crosses_midnight: bool
    sha256: str

    @property
    def identity(self) -> str:
        """Name and sha256, which identify a version of the granule."""
        return f"{self.path.name} {self.sha256}"


def _files(where: Path, product: str) -> list[Path]:
    """The files of one `[input.<product>]` table, sorted by name."""
    if where.is_dir():
        paths = [path for path in where.rglob("*") if path.suffix.lower() in SUFFIXES]
    else:
        paths = [path for path in where.parent.glob(where.name) if path.is_file()]
    if not paths:
        raise GranuleError(
            f"[input.{product}] {where}: found no file that ends in {', '.join(SUFFIXES)}, "
            "expected granules; check the path"
        )
    return sorted(paths)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise GranuleError(f"{path}: {error.strerror}; make it readable or remove it") from error


def _hashes(paths: Sequence[Path], cache: Path) -> list[str]:
    """Sha256 of each file, in the order given.

    Those of files that have not changed since are in the cache, so that an archive is not read at
    each run.
    """
    known: dict[str, list[str]] = {}  # size and time of change, and hash, by path
    with suppress(OSError, ValueError):
        known = json.loads(cache.read_text())
    stamps = [f"{stat.st_size} {stat.st_mtime_ns}" for stat in map(Path.stat, paths)]
    # Folder by folder: an archive has a hundred thousand files, and links mostly above them.
    folders = {folder: folder.resolve() for folder in {path.parent for path in paths}}
    keys = [str(folders[path.parent] / path.name) for path in paths]
    stale = [i for i, key in enumerate(keys) if known.get(key, [""])[0] != stamps[i]]
    with ThreadPoolExecutor(_THREADS) as threads:
        hashes = threads.map(_sha256, (paths[i] for i in stale))
        known |= {keys[i]: [stamps[i], sha] for i, sha in zip(stale, hashes, strict=True)}
    if stale:
        with replacing(cache) as beside:
            beside.write_text(json.dumps(known, indent=0, sort_keys=True))
    return [known[key][1] for key in keys]


def find_granules(
    inputs: Mapping[str, InputSettings], base: Path, cache: Path
) -> dict[str, tuple[InputGranule, ...]]:
    """The granules of each sensor, by their start.

    Args:
        inputs: the `[input.<product>]` tables.
        base: directory to which their paths are relative.
        cache: file of hashes; its directory exists.

    Raises:
        ConfigError: an unknown product, or none at all.
        GranuleError: no file in one of them, a name without a date, two versions of one granule.
    """
    unknown = sorted(set(inputs) - set(PRODUCTS))
    if unknown or not inputs:
        raise ConfigError(
            f"[input]: found {', '.join(unknown) or 'no product'}, expected "
            f"{', '.join(PRODUCTS)}; name the products so"
        )
    by_sensor: dict[str, list[InputGranule]] = {}
    for product in sorted(inputs):
        paths = _files(base / inputs[product].path, product)
        check_versions(paths)
        for path, sha in zip(paths, _hashes(paths, cache), strict=True):
            granule = InputGranule(path, PRODUCTS[product], *granule_start(path), sha)
            by_sensor.setdefault(granule.sensor, []).append(granule)
    # Without copies. One name with other bytes is another part of an orbit: it stays.
    unique = {
        sensor: {granule.identity: granule for granule in some}
        for sensor, some in by_sensor.items()
    }
    return {
        sensor: tuple(sorted(some.values(), key=attrgetter("start", "identity")))
        for sensor, some in sorted(unique.items())
    }


def granules_on(granules: Sequence[InputGranule], days: Datetime64) -> tuple[InputGranule, ...]:
    """The granules that may hold observations of some UTC days.

    Args:
        granules: by their start.
        days: each following the one before.
    """
    first, last = days[0].astype("M8[D]"), days[-1].astype("M8[D]")
    begin = bisect_left(granules, first - ONE_DAY, key=attrgetter("start"))
    end = bisect_left(granules, last + ONE_DAY, key=attrgetter("start"))
    return tuple(
        granule
        for granule in granules[begin:end]
        if granule.start >= first or granule.crosses_midnight
    )
