"""Classes of sites and of days for which scores are summarised separately."""

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
"""Groups of ESA CCI land-cover classes, which the ISMN gives for each station."""
CLIMATES = {
    "A": "tropical",
    "B": "arid",
    "C": "temperate",
    "D": "cold",
    "E": "polar",
}
"""Main groups of the Koeppen-Geiger climate classification."""
VOD_CLASSES = ((0.3, "VOD below 0.3"), (0.6, "VOD 0.3 to 0.6"), (np.inf, "VOD from 0.6"))
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Classes:
    """A classification of days."""

    name: str
    classes: tuple[str, ...]
    labels: Int64
    """Index of the class of each day (day,)."""


def seasons(days: Datetime64) -> Classes:
    """Meteorological season of each day."""
    month = days.astype("M8[M]").astype(np.int64) % _MONTHS + 1
    return Classes("season", SEASONS, month % _MONTHS // 3)


def changes(first: np.datetime64, last: np.datetime64) -> tuple[np.datetime64, ...]:
    """Days within a period on which an imager of the record begins or ends, ascending."""
    days = set()
    for sensor in SENSORS.values():
        for day, step in ((sensor.first_day, 0), (sensor.last_day, 1)):
            if day is not None and sensor.name != "SMAP":
                days.add(np.datetime64(day, "D") + np.timedelta64(step, "D"))
    return tuple(sorted(day for day in days if first < day <= last))


def sensor_periods(days: Datetime64) -> Classes:
    """Period with the same imagers that contains each day."""
    edges = changes(days[0], days[-1])
    begins = (days[0], *edges)
    ends = (*(day - np.timedelta64(1, "D") for day in edges), days[-1])
    names = tuple(f"{a} to {b}" for a, b in zip(begins, ends, strict=True))
    labels = np.searchsorted(np.array(edges, "M8[D]"), days, side="right")
    return Classes("sensor period", names, np.asarray(labels, np.int64))


def main_land_cover(unit: Unit) -> str:
    """Most frequent land-cover group of a site's probes."""
    known = [probe.land_cover for probe in unit.probes if probe.land_cover.isdigit()]
    if not known:
        return UNKNOWN
    most = int(max(sorted(set(known)), key=known.count))
    return next((name for name, classes in LAND_COVERS if most in classes), UNKNOWN)


def main_climate(unit: Unit) -> str:
    """Most frequent climate group of a site's probes."""
    known = [probe.climate[:1] for probe in unit.probes if probe.climate[:1] in CLIMATES]
    return CLIMATES[max(sorted(set(known)), key=known.count)] if known else UNKNOWN


def vod_class(vod: float) -> str:
    """Class of a mean vegetation optical depth [1]; `UNKNOWN` for NaN."""
    if not np.isfinite(vod):
        return UNKNOWN
    return next(name for edge, name in VOD_CLASSES if vod < edge)


def classify_units(units: Sequence[Unit], vod: Sequence[float]) -> dict[str, tuple[str, ...]]:
    """Class of each site, by kind of class.

    Args:
        units: sites.
        vod: mean vegetation optical depth of each site [1]; NaN where no product has it.
    """
    return {
        "all": ("all",) * len(units),
        "network": tuple(unit.network for unit in units),
        "VOD": tuple(vod_class(mean) for mean in vod),
        "land cover": tuple(main_land_cover(unit) for unit in units),
        "climate": tuple(main_climate(unit) for unit in units),
    }
