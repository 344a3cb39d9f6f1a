"""Select good readings of the International Soil Moisture Network, and group them into sites.

A site (class `Unit`) is the average of a dense network over a cell of the record (EASE-Grid 2.0,
25 km), or a single probe of a sparse network. A point is not a cell, so the two are never pooled.
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
"""Flags of accepted values: good, and `U` of old archives, which were not checked."""
FROZEN = ("D01", "D02", "D03")
"""ISMN flags that depend only on the temperature of soil or air."""
_KNOWN = re.compile(r"^(G|U|M|C0[1-3]|D0[1-9]|D10)$")
DENSE = "network"
SINGLE = "station"


@dataclass(frozen=True)
class Probe:
    """Good readings of one sensor of a station."""

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
    """Number of rejected readings, by reason."""


@dataclass(frozen=True)
class Unit:
    """A validation site: a dense network in one cell, or a single probe."""

    kind: str
    """`network`: several stations in a cell, averaged; `station`: one probe."""
    name: str
    """Network and cell, or network, station and sensor."""
    network: str
    cell: int
    """Flat index of EASE2_M25."""
    lat: float
    """Mean latitude of the stations [degree]; the product's cell at this point is validated."""
    lon: float
    probes: tuple[Probe, ...]

    @property
    def stations(self) -> int:
        """Number of stations."""
        return len({probe.station for probe in self.probes})


def _reason(flag: str) -> str:
    """Reason for which a reading with a flag is rejected."""
    codes = [code.strip() for code in flag.split(",")]
    if any(not _KNOWN.match(code) for code in codes):
        return f"station flag not known: {flag}"
    if "M" in codes:
        return "station value missing"
    if all(code in FROZEN for code in codes):
        return "station flag of frozen soil"
    if any(code.startswith("C") for code in codes):
        return "station flag C: out of range"
    return "station flag D: dubious"


def _accepted(flag: npt.NDArray[np.str_], *, keeps_frozen: bool) -> tuple[Booleans, Counter[str]]:
    """True for readings accepted by their flag, and the number of others by reason."""
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


def filter_readings(station: Station, *, keeps_frozen: bool = False) -> Probe:
    """Select the good readings of a sensor.

    Args:
        station: readings and flags of one sensor.
        keeps_frozen: True to accept readings flagged for low temperature only, for products of
            liquid water in frozen soil.
    """
    value = station.data["soil_moisture"].to_numpy().astype(np.float64)
    is_good, count = _accepted(station.data["flag"].to_numpy(), keeps_frozen=keeps_frozen)
    for reason, is_rejected in (
        ("station value missing", is_good & ~np.isfinite(value)),
        ("station value outside 0 to 1", is_good & ((value < 0) | (value > 1))),
    ):
        count[reason] += int(is_rejected.sum())
        is_good = is_good & ~is_rejected
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
    """Read the good readings of all sensors of an ISMN archive.

    Args:
        folder: folder of station files, see `read.insitu.read_ismn`.
        max_depth: greatest lower depth of a sensor [m].
        keeps_frozen: see `filter_readings`.

    Raises:
        GranuleError: the folder is no ISMN archive, or has no good reading.
        ConfigError: the package ismn is not installed.
    """
    stations = read_ismn(folder, max_depth=max_depth)
    probes = tuple(filter_readings(station, keeps_frozen=keeps_frozen) for station in stations)
    if not any(probe.time.size for probe in probes):
        flags = Counter[str]()
        for probe in probes:
            flags.update(probe.excluded)
        reasons = "; ".join(f"{reason} ({number:,})" for reason, number in flags.most_common(3))
        raise GranuleError(
            f"{folder}: {len(probes)} sensors without one good reading ({reasons or 'no lines'}), "
            "expected flag G, or U of old archives; download them again"
        )
    return probes


def group_probes(probes: Sequence[Probe], fewest: int) -> tuple[Unit, ...]:
    """Group probes into sites: dense networks by cell, and each probe of the other stations.

    Args:
        probes: probes of one or several networks.
        fewest: least number of stations of one network in a 25 km cell for a dense network.

    Returns:
        Dense networks first; their stations are not repeated as single sites.
    """
    cells = _cells(probes)
    groups: dict[tuple[str, int], list[Probe]] = {}
    for probe, cell in zip(probes, cells, strict=True):
        if probe.time.size:
            groups.setdefault((probe.network, cell), []).append(probe)
    dense, single = [], []
    for (network, cell), members in sorted(groups.items()):
        if len({probe.station for probe in members}) >= fewest:
            place = _mean_place(members)
            name = f"{network} cell {cell}"
            dense.append(Unit(DENSE, name, network, cell, *place, tuple(members)))
            continue
        for probe in members:
            name = f"{network} {probe.station} {probe.sensor}"
            single.append(Unit(SINGLE, name, network, cell, probe.lat, probe.lon, (probe,)))
    return (*dense, *single)


def _cells(probes: Sequence[Probe]) -> list[int]:
    """EASE2_M25 cell of each probe; -1 beyond the grid's 84 degrees of latitude."""
    lat, lon = np.array([(probe.lat, probe.lon) for probe in probes]).reshape(-1, 2).T
    row, column = ease2.find_cell(ease2.M25, lat, lon)
    cells = np.atleast_1d(ease2.flat_cell(ease2.M25, row, column))
    return [int(cell) for cell in cells]


def _mean_place(members: Sequence[Probe]) -> tuple[float, float]:
    """Mean latitude and longitude of the stations [degree], each station once."""
    places = {probe.station: (probe.lat, probe.lon) for probe in members}
    lat, lon = np.array(list(places.values())).T
    return float(lat.mean()), float(lon.mean())
