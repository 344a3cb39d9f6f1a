"""Which land does each sensor see on a day? Writes the documents on coverage anew.

    python -m benchmarks.science.coverage

Days are taken every fifth, which meets all days of the 8- and 16-day repeats of the ground tracks
in turn; a few minutes on one core. `coverage_masks` holds what is not geometry. Land is that of the
record, without Antarctica and Greenland.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common.markdown import table, write
from benchmarks.science import coverage_figures, coverage_left
from benchmarks.science.orbit_coverage import BANDS, flies, fraction_by_band, seen_cells, soil
from mcca_ml.arrays import Booleans
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.sensors import AMSR2, AMSRE, GMI, SENSORS, SMAP, TMI, Sensor

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "simulation_coverage.md"
MONTHS = DOCUMENT.with_name("simulation_coverage_months.md")
IMAGES = DOCUMENT.parent / "images"

FIRST, LAST = np.datetime64("1997-12-07"), np.datetime64("2023-12-31")
EVERY = 5
"""Days from one sample to the next; shares no factor with 8 and 16."""
RECORD = (TMI, AMSRE, GMI, AMSR2)
"""The sensors whose soil moisture makes the record; SMAP is its target."""
CASE_DAYS = 20

Names = tuple[str, ...]


@dataclass(frozen=True)
class Day:
    """What was seen on one day; shares of land by band."""

    day: np.datetime64
    flying: Names
    """Sensors of the record."""
    together: Mapping[str, float]
    each: Mapping[str, float]
    """Share of all land by sensor, SMAP too."""
    by_row: np.ndarray
    """Land cells seen in each row of the grid, by the sensors of the record together."""


def union(sensors: Iterable[Sensor], day: np.datetime64) -> Booleans:
    """Cells that at least one of some sensors sees."""
    seen = np.zeros(M25.shape, np.bool_)
    for sensor in sensors:
        seen |= np.logical_or(*seen_cells(sensor, day))
    return seen


def sampled(land: Booleans) -> list[Day]:
    """All sampled days."""
    out = []
    for day in np.arange(FIRST, LAST + 1, EVERY):
        flying = [sensor for sensor in RECORD if flies(sensor, day)]
        found = {sensor.name: union([sensor], day) for sensor in (*flying, SMAP)}
        together = np.zeros(M25.shape, np.bool_)
        for sensor in flying:
            together |= found[sensor.name]
        each = {name: fraction_by_band(seen, land)["all"] for name, seen in found.items()}
        out.append(
            Day(
                day=day,
                flying=tuple(sensor.name for sensor in flying),
                together=fraction_by_band(together, land),
                each={name: each[name] for name in each if flies(SENSORS[name], day)},
                by_row=(together & land).sum(axis=1),
            )
        )
    return out


def by_year(days: list[Day]) -> str:
    """Mean share of land seen, by year and set of sensors; the sets of parts of a year apart."""
    groups: dict[tuple[int, Names], list[Day]] = defaultdict(list)
    for day in days:
        groups[int(str(day.day)[:4]), day.flying].append(day)
    rows = []
    for (year, flying), members in sorted(groups.items(), key=lambda item: item[1][0].day):
        months = defaultdict(list)
        for member in members:
            months[str(member.day)[:7]].append(member.together["all"])
        means = [np.mean(values) for values in months.values()]
        bands = [f"{low}-{high}" for low, high in BANDS]
        shares = [f"{np.mean([m.together[band] for m in members]):.2f}" for band in (*bands, "all")]
        span = f"{str(members[0].day)[5:7]}-{str(members[-1].day)[5:7]}"
        name = " + ".join(flying) or "none"
        rows.append([str(year), name, span, *shares, f"{min(means):.2f}-{max(means):.2f}"])
    head = ["year", "sensors", "months", *(f"{low}-{high}°" for low, high in BANDS), "all land"]
    return table([*head, "monthly means"], rows)


def by_month(days: list[Day]) -> str:
    """Mean share of land seen, by month, set of sensors and band of latitude."""
    groups: dict[tuple[str, Names], list[Day]] = defaultdict(list)
    for day in days:
        groups[str(day.day)[:7], day.flying].append(day)
    bands = [f"{low}-{high}" for low, high in BANDS]
    rows = []
    for (month, flying), members in groups.items():
        shares = [f"{np.mean([m.together[band] for m in members]):.3f}" for band in (*bands, "all")]
        rows.append([month, " + ".join(flying) or "none", str(len(members)), *shares])
    head = ["month", "sensors", "days", *(f"{low}-{high}°" for low, high in BANDS), "all land"]
    return table(head, rows)


# Name, what is seen, first sampled day, and what an earlier simulation gave (science notes; on a
# grid of 0.25 degrees, land without Antarctica but with Greenland).
CASES = (
    ("TMI before the boost of 2001", ((TMI, "both"),), "2000-01-01", 0.54),
    ("TMI after it", ((TMI, "both"),), "2005-01-01", 0.57),
    ("GMI", ((GMI, "both"),), "2016-01-01", 0.71),
    ("AMSR, one node", ((AMSR2, "south"),), "2016-01-01", 0.71),
    ("AMSR", ((AMSR2, "both"),), "2016-01-01", 0.89),
    ("SMAP, one node", ((SMAP, "south"),), "2016-01-01", 0.52),
    ("SMAP", ((SMAP, "both"),), "2016-01-01", 0.74),
    ("TMI + GMI", ((TMI, "both"), (GMI, "both")), "2014-04-01", 0.90),
    ("TMI + AMSR, one node", ((TMI, "both"), (AMSRE, "south")), "2005-01-01", 0.93),
    ("TMI + AMSR", ((TMI, "both"), (AMSRE, "both")), "2005-01-01", 0.98),
    ("GMI + AMSR, one node", ((GMI, "both"), (AMSR2, "south")), "2016-01-01", 0.91),
    ("GMI + AMSR", ((GMI, "both"), (AMSR2, "both")), "2016-01-01", 0.96),
    ("TMI + GMI + AMSR", ((TMI, "both"), (GMI, "both"), (AMSR2, "both")), "2014-04-01", 0.99),
)


def by_case(land: Booleans) -> str:
    """Share of land by choice of sensors and nodes, and what was found before."""
    rows = []
    for name, parts, first, before in CASES:
        shares = []
        for day in np.datetime64(first) + EVERY * np.arange(CASE_DAYS):
            seen = np.zeros(M25.shape, np.bool_)
            for sensor, node in parts:
                north, south = seen_cells(sensor, day)
                seen |= south if node == "south" else north | south
            shares.append(fraction_by_band(seen, land)["all"])
        mean = float(np.mean(shares))
        spread = f"{min(shares):.2f}-{max(shares):.2f}"
        rows.append([name, f"{mean:.2f}", spread, f"{before:.2f}", f"{mean - before:+.2f}"])
    return table(["sensors", "land seen a day", "range of days", "before", "difference"], rows)


# Name, sensor, first sampled day, and what the earlier simulation gave in the bands.
SEEN_BEFORE = (
    ("TMI before the boost", TMI, "2000-01-01", (0.80, 0.90, 0.0, 0.0)),
    ("TMI after it", TMI, "2005-01-01", (0.85, 0.94, 0.0, 0.0)),
    ("AMSR-E", AMSRE, "2005-01-01", (0.81, 0.88, 0.97, 1.0)),
    ("GMI before the boost", GMI, "2016-01-01", (0.66, 0.71, 0.90, 0.58)),
    ("GMI after it", GMI, "2023-11-20", None),
    ("AMSR2", AMSR2, "2016-01-01", (0.80, 0.88, 0.97, 1.0)),
    ("SMAP", SMAP, "2016-01-01", (0.62, 0.75, 0.82, 1.0)),
)


def by_band() -> str:
    """Share of all cells, sea too, by band of latitude and sensor, and what was found before."""
    every, rows = np.ones(M25.shape, np.bool_), []
    for name, sensor, first, before in SEEN_BEFORE:
        days = np.datetime64(first) + EVERY * np.arange(8)
        found = [fraction_by_band(union([sensor], day), every) for day in days]
        shares = [f"{np.mean([one[f'{a}-{b}'] for one in found]):.2f}" for a, b in BANDS]
        if before is not None:
            shares = [f"{now} / {then:.2f}" for now, then in zip(shares, before, strict=True)]
        rows.append([name, *shares])
    return table(["sensor", *(f"{low}-{high}°" for low, high in BANDS)], rows)


def main() -> None:
    """Write the document anew."""
    land = soil()
    IMAGES.mkdir(exist_ok=True)
    days = sampled(land)
    coverage_figures.record(
        IMAGES / "coverage_1997_2023.png",
        np.array([day.day for day in days]),
        {name: np.array([day.each.get(name, np.nan) for day in days]) for name in SENSORS},
        np.array([day.together["all"] for day in days]),
        (np.array([day.by_row for day in days]), land.sum(axis=1), ease2.latitude(M25)),
    )
    coverage_figures.swaths(IMAGES / "swaths_one_day.png")
    contents = {"by year": by_year(days), "by case": by_case(land), "by band": by_band()}
    write(DOCUMENT, contents)
    write(MONTHS, {"by month": by_month(days)})
    coverage_left.write_all(days, land)
    print(f"{len(contents)} tables and 2 figures written for docs/{DOCUMENT.name}")


if __name__ == "__main__":
    main()
