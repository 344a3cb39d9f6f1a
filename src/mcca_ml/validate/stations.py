"""Stations of the International Soil Moisture Network -> good readings, and units to score against.

A unit is what a product is scored against: the average of a dense network over a cell of the record
(EASE-Grid 2.0, 25 km), or one probe of a station that stands alone. A point is not a cell, so the
two are never pooled.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Datetime64, Float64
from mcca_ml.errors import GranuleError
from mcca_ml.grid import ease2
from mcca_ml.read.insitu import MAX_DEPTH, Station, read_ismn

GOOD = ("G", "U")
"""Flags of a value that counts: good, and `U` of old archives, to which no check was applied."""
FROZEN = ("D01", "D02", "D03")
"""Checks of ISMN that doubt a value only for the temperature of soil or air."""
_KNOWN = re.compile(r"^(G|U|M|C0[1-3]|D0[1-9]|D10)$")
DENSE = "network"
SINGLE = "station"


@dataclass(frozen=True)
class Probe:
    """One sensor of a station, its good readings only."""

    network: str
    station: str
    sensor: str
    lat: float
    """[degree]."""
    lon: float
    """[degree]."""
    climate: str
    land_cover: str
    time: Datetime64
    """UTC, ascending."""
    value: Float64
    """[m3 m-3]."""
    excluded: Mapping[str, int]
    """Readings that are not used, by reason."""


@dataclass(frozen=True)
class Unit:
    """What a product is scored against."""

    kind: str
    """`network`: several stations in a cell, averaged; `station`: one probe."""
    name: str
    """Of the network and cell, or of the station and probe."""
    network: str
    cell: int
    """Flat index of EASE2_M25."""
    lat: float
    """Mean of the stations [degree]; the product's cell that holds it is scored."""
    lon: float
    probes: tuple[Probe, ...]

    @property
    def stations(self) -> int:
        """How many stations it has."""
        return len({probe.station for probe in self.probes})


def _reason(flag: str) -> str:
    """Why a reading with a flag does not count."""
    parts = [one.strip() for one in flag.split(",")]
    if any(not _KNOWN.match(one) for one in parts):
        return f"station flag not known: {flag}"
    if "M" in parts:
        return "station value missing"
    if all(one in FROZEN for one in parts):
        return "station flag of frozen soil"
    if any(one.startswith("C") for one in parts):
        return "station flag C: out of range"
    return "station flag D: dubious"


def _accepted(flag: npt.NDArray[np.str_], *, keeps_frozen: bool) -> tuple[Booleans, Counter[str]]:
    """Which readings count by their flag, and how many do not, by reason."""
    kinds, number = np.unique(flag, return_inverse=True)
    good = np.zeros(kinds.size, np.bool_)
    count = Counter[str]()
    for at, kind in enumerate(kinds.tolist()):
        reason = _reason(kind)
        is_frozen = reason == "station flag of frozen soil"
        good[at] = kind in GOOD or (keeps_frozen and is_frozen)
        if not good[at]:
            count[reason] += int((number == at).sum())
    return good[number], count


def probe_of(station: Station, *, keeps_frozen: bool = False) -> Probe:
    """The good readings of a sensor.

    Args:
        station: as read.
        keeps_frozen: whether readings that only the temperature makes doubtful count, for a
            product of liquid water in frozen soil.
    """
    value = station.data["soil_moisture"].to_numpy().astype(np.float64)
    is_good, count = _accepted(station.data["flag"].to_numpy(), keeps_frozen=keeps_frozen)
    for reason, is_so in (
        ("station value missing", is_good & ~np.isfinite(value)),
        ("station value outside 0 to 1", is_good & ((value < 0) | (value > 1))),
    ):
        count[reason] += int(is_so.sum())
        is_good = is_good & ~is_so
    count["station time given twice"] = int(station.data.attrs.get("duplicates", 0))
    return Probe(
        station.network,
        station.name,
        station.sensor,
        station.lat,
        station.lon,
        station.climate,
        station.land_cover,
        station.data["time"].to_numpy()[is_good],
        value[is_good],
        {reason: number for reason, number in count.items() if number},
    )


def read_probes(
    folder: Path, *, max_depth: float = MAX_DEPTH, keeps_frozen: bool = False
) -> tuple[Probe, ...]:
    """The good readings of all sensors of an archive.

    Args:
        folder: an archive of ISMN, see `read.insitu.read_ismn`.
        max_depth: lower end of the deepest sensor [m].
        keeps_frozen: see `probe_of`.

    Raises:
        GranuleError: no archive, or not one good reading in it.
        ConfigError: the package ismn is not installed.
    """
    found = read_ismn(folder, max_depth=max_depth)
    probes = tuple(probe_of(station, keeps_frozen=keeps_frozen) for station in found)
    if not any(probe.time.size for probe in probes):
        flags = Counter[str]()
        for probe in probes:
            flags.update(probe.excluded)
        why = "; ".join(f"{reason} ({number:,})" for reason, number in flags.most_common(3))
        raise GranuleError(
            f"{folder}: {len(probes)} sensors without one good reading ({why or 'no lines'}), "
            "expected flag G, or U of old archives; download them again"
        )
    return probes


def units_of(probes: Sequence[Probe], fewest: int) -> tuple[Unit, ...]:
    """What to score against: dense networks by cell, and each probe of the stations left.

    Args:
        probes: of one or several networks.
        fewest: stations of one network in a cell of 25 km from which on they are averaged.

    Returns:
        Networks first; a station of a dense network is in its average only.
    """
    cells = _cells(probes)
    groups: dict[tuple[str, int], list[Probe]] = {}
    for probe, cell in zip(probes, cells, strict=True):
        if probe.time.size:
            groups.setdefault((probe.network, cell), []).append(probe)
    dense, single = [], []
    for (network, cell), members in sorted(groups.items()):
        if len({one.station for one in members}) >= fewest:
            middle = _middle(members)
            name = f"{network} cell {cell}"
            dense.append(Unit(DENSE, name, network, cell, *middle, tuple(members)))
            continue
        for one in members:
            name = f"{network} {one.station} {one.sensor}"
            single.append(Unit(SINGLE, name, network, cell, one.lat, one.lon, (one,)))
    return (*dense, *single)


def _cells(probes: Sequence[Probe]) -> list[int]:
    """Cell of EASE2_M25 of each probe; -1 beyond the grid's 84 degrees."""
    lat, lon = np.array([one.lat for one in probes]), np.array([one.lon for one in probes])
    row, column = ease2.find_cell(ease2.M25, lat, lon)
    found = np.atleast_1d(ease2.flat_cell(ease2.M25, row, column))
    return [int(cell) for cell in found]


def _middle(members: Sequence[Probe]) -> tuple[float, float]:
    """Mean place of the stations [degree], each once."""
    places = {one.station: (one.lat, one.lon) for one in members}
    lat, lon = np.array(list(places.values())).T
    return float(lat.mean()), float(lon.mean())
