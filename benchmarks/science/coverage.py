"""Which land does each sensor see on a day? Writes the documents on coverage anew.

    python -m benchmarks.science.coverage

Days are taken every fifth, which meets all days of the 8- and 16-day repeats of the ground tracks
in turn; a few minutes on one core. `coverage_masks` holds what is not geometry. Land is that of the
record, without Antarctica and Greenland.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common.markdown import table, write
from benchmarks.science import coverage_figures, coverage_left
from benchmarks.science.orbit_coverage import BANDS, flies, fraction_by_band, seen_cells, soil
from mcca_ml.arrays import Booleans
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
COLUMNS = (*(f"{low}-{high}" for low, high in BANDS), "all")
"""Names that `fraction_by_band` gives its shares."""
HEADS = (*(f"{low}-{high}°" for low, high in BANDS), "all land")


@dataclass(frozen=True)
class Sampled:
    """What was seen on the sampled days."""

    table: pd.DataFrame
    """A row for each day: `month`, `sensors` of the record that fly, and the share of the land that
    they see together, by band and in `all` [1]."""
    each: pd.DataFrame
    """Share of all land by sensor, SMAP too; NaN where it does not fly, (day, sensor) [1]."""
    by_row: np.ndarray
    """Land cells seen by the sensors of the record together, (day, row of the grid)."""

    @property
    def days(self) -> np.ndarray:
        """UTC days."""
        return self.table.index.to_numpy().astype("M8[D]")


def union(sensors: Iterable[Sensor], day: np.datetime64) -> Booleans:
    """Cells that at least one of some sensors sees."""
    seen = np.zeros(M25.shape, np.bool_)
    for sensor in sensors:
        seen |= np.logical_or(*seen_cells(sensor, day))
    return seen


def sampled(land: Booleans) -> Sampled:
    """All sampled days."""
    days = np.arange(FIRST, LAST + 1, EVERY)
    rows, each, by_row = [], [], []
    for day in days:
        seen = {s.name: union([s], day) for s in (*RECORD, SMAP) if flies(s, day)}
        flying = [sensor.name for sensor in RECORD if sensor.name in seen]
        together = np.any([seen[name] for name in flying], axis=0)
        shares = fraction_by_band(together, land)
        rows.append({"month": str(day)[:7], "sensors": " + ".join(flying), **shares})
        each.append({name: fraction_by_band(of, land)["all"] for name, of in seen.items()})
        by_row.append((together & land).sum(axis=1))
    return Sampled(pd.DataFrame(rows, days), pd.DataFrame(each, days), np.array(by_row))


def by_year(seen: pd.DataFrame) -> str:
    """Mean share of land seen, by year and set of sensors; the sets of parts of a year apart."""
    rows = []
    for (year, sensors), days in seen.groupby([seen["month"].str[:4], "sensors"], sort=False):
        monthly = days.groupby("month")["all"].mean()
        span = f"{monthly.index[0][5:]}-{monthly.index[-1][5:]}"
        shares = [f"{share:.2f}" for share in days[[*COLUMNS]].mean()]
        rows.append([year, sensors, span, *shares, f"{monthly.min():.2f}-{monthly.max():.2f}"])
    return table(["year", "sensors", "months", *HEADS, "monthly means"], rows)


def by_month(seen: pd.DataFrame) -> str:
    """Mean share of land seen, by month, set of sensors and band of latitude."""
    rows = [
        [*month, str(len(days)), *(f"{share:.3f}" for share in days[[*COLUMNS]].mean())]
        for month, days in seen.groupby(["month", "sensors"], sort=False)
    ]
    return table(["month", "sensors", "days", *HEADS], rows)


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
        found = pd.DataFrame(fraction_by_band(union([sensor], day), every) for day in days)
        shares = [f"{share:.2f}" for share in found[[*COLUMNS[:-1]]].mean()]
        if before is not None:
            shares = [f"{now} / {then:.2f}" for now, then in zip(shares, before, strict=True)]
        rows.append([name, *shares])
    return table(["sensor", *HEADS[:-1]], rows)


def main() -> None:
    """Write the documents anew."""
    land = soil()
    IMAGES.mkdir(exist_ok=True)
    seen = sampled(land)
    by_band_of_rows = coverage_figures.by_latitude(seen.by_row, land.sum(axis=1))
    coverage_figures.record(
        IMAGES / "coverage_1997_2023.png", seen.each[[*SENSORS]], seen.table["all"], by_band_of_rows
    )
    coverage_figures.swaths(IMAGES / "swaths_one_day.png")
    contents = {
        "by year": by_year(seen.table),
        "by case": by_case(land),
        "by band": by_band(),
    }
    write(DOCUMENT, contents)
    write(MONTHS, {"by month": by_month(seen.table)})
    coverage_left.write_all(seen.table["sensors"], seen.by_row, land)
    print(f"{len(contents)} tables and 2 figures written for docs/{DOCUMENT.name}")


if __name__ == "__main__":
    main()
