"""Classes of units and of days by which scores are told apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Int64
from mcca_ml.sensors import SENSORS
from mcca_ml.validate.stations import Unit

SEASONS = ("DJF", "MAM", "JJA", "SON")
_MONTHS = 12
LAND_COVERS = (
    ("cropland", range(10, 41)),
    ("forest", range(50, 101)),
    ("shrub and mosaic", range(100, 130)),
    ("grass", range(130, 141)),
    ("sparse", range(140, 161)),
    ("wetland", range(160, 181)),
    ("urban", range(190, 191)),
    ("bare", range(200, 203)),
    ("water or ice", range(210, 221)),
)
"""Groups of the classes of ESA CCI land cover, which ISMN tells for each station."""
CLIMATES = {
    "A": "tropical",
    "B": "arid",
    "C": "temperate",
    "D": "cold",
    "E": "polar",
}
"""Main groups of Koeppen and Geiger."""
VOD_CLASSES = ((0.3, "VOD below 0.3"), (0.6, "VOD 0.3 to 0.6"), (np.inf, "VOD from 0.6"))
UNKNOWN = "not told"


@dataclass(frozen=True)
class Classes:
    """A way to tell days apart."""

    name: str
    classes: tuple[str, ...]
    labels: Int64
    """Class of each day (day,)."""


def seasons(days: Datetime64) -> Classes:
    """Meteorological season of each day."""
    month = days.astype("M8[M]").astype(np.int64) % _MONTHS + 1
    return Classes("season", SEASONS, month % _MONTHS // 3)


def changes(first: np.datetime64, last: np.datetime64) -> tuple[np.datetime64, ...]:
    """Days within a period on which an imager of the record begins or ends, ascending."""
    found = set()
    for sensor in SENSORS.values():
        for day, step in ((sensor.first_day, 0), (sensor.last_day, 1)):
            if day is not None and sensor.name != "SMAP":
                found.add(np.datetime64(day, "D") + np.timedelta64(step, "D"))
    return tuple(sorted(day for day in found if first < day <= last))


def sensor_periods(days: Datetime64) -> Classes:
    """Period between two changes of the imagers that each day lies in."""
    edges = changes(days[0], days[-1])
    begins = (days[0], *edges)
    ends = (*(day - np.timedelta64(1, "D") for day in edges), days[-1])
    names = tuple(f"{a} to {b}" for a, b in zip(begins, ends, strict=True))
    labels = np.searchsorted(np.array(edges, "M8[D]"), days, side="right")
    return Classes("sensor period", names, np.asarray(labels, np.int64))


def land_cover_of(unit: Unit) -> str:
    """Group of land cover that most of a unit's probes have."""
    told = [probe.land_cover for probe in unit.probes if probe.land_cover.isdigit()]
    if not told:
        return UNKNOWN
    most = int(max(sorted(set(told)), key=told.count))
    return next((name for name, classes in LAND_COVERS if most in classes), UNKNOWN)


def climate_of(unit: Unit) -> str:
    """Main group of climate that most of a unit's probes have."""
    told = [probe.climate[:1] for probe in unit.probes if probe.climate[:1] in CLIMATES]
    return CLIMATES[max(sorted(set(told)), key=told.count)] if told else UNKNOWN


def vod_class(vod: float) -> str:
    """Class of a mean vegetation optical depth [1]; that of no class for NaN."""
    if not np.isfinite(vod):
        return UNKNOWN
    return next(name for edge, name in VOD_CLASSES if vod < edge)


def of_units(units: Sequence[Unit], vod: Sequence[float]) -> dict[str, tuple[str, ...]]:
    """Class of each unit, by the kind of class.

    Args:
        units: what was scored against.
        vod: mean vegetation optical depth of each [1]; NaN where no product tells it.
    """
    return {
        "all": ("all",) * len(units),
        "network": tuple(unit.network for unit in units),
        "VOD": tuple(vod_class(one) for one in vod),
        "land cover": tuple(land_cover_of(unit) for unit in units),
        "climate": tuple(climate_of(unit) for unit in units),
    }
