"""How much of the land seen on a day is left after each mask?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.common.markdown import table, write
from benchmarks.science import coverage_masks
from benchmarks.science.coverage_masks import MASKS

mpl.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 (the backend has to be chosen first)

from mcca_ml.grid import ease2  # noqa: E402
from mcca_ml.grid.ease2 import M25  # noqa: E402

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
IMAGE = DOCUMENT.parent / "images" / "coverage_masks.png"
RESULTS = Path(__file__).resolve().parents[1] / "geometry" / "coverage.json"
BANDS = ((-60, -40), (-40, -20), (-20, 0), (0, 20), (20, 40), (40, 60), (60, 85))
"""South and north [degree]."""
WANTED = 0.80
"""Share of the land that is wanted on a day where two sensors or more fly."""
WORDS = {
    "orbits": "seen",
    "snow": "without snow",
    "frozen": "without snow and frost",
    "interference": "and without interference",
    "target": "and with a target",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FINE = 5.0
"""Height of a band of latitude in the figure [degree]."""

Row = Mapping[str, object]


class Left:
    """Shares of the land left on each sampled day."""

    def __init__(self, days: Sequence, land: np.ndarray) -> None:
        self.days = np.array([day.day for day in days])
        self.flying = [day.flying for day in days]
        self.lat = ease2.latitude(M25)
        self.land = land.sum(axis=1)
        shares = coverage_masks.of_rows(self.days, land, coverage_masks.load())
        by_row = np.array([day.by_row for day in days], float)
        self.by_row = coverage_masks.left(by_row, shares)
        """Cells, (mask, day, row)."""

    def share(self, south: float = -90.0, north: float = 90.0) -> np.ndarray:
        """Share of the land between two latitudes that is left, (mask, day); NaN without land."""
        here = (self.lat >= south) & (self.lat < north)
        count = self.land[here].sum()
        return self.by_row[:, :, here].sum(axis=2) / (count or np.nan)


def rows_of(left: Left) -> list[Row]:
    """One row for each month and set of sensors."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for number, (day, flying) in enumerate(zip(left.days, left.flying, strict=True)):
        groups[str(day)[:7], flying].append(number)
    whole = left.share()
    bands = {f"{low} to {high}": left.share(low, high) for low, high in BANDS}
    rows = []
    for (month, flying), days in groups.items():
        row: dict[str, object] = {
            "year": int(month[:4]),
            "month": int(month[5:]),
            "sensors": " + ".join(flying),
            "days": len(days),
        }
        for number, name in enumerate(MASKS):
            row[name] = round(float(whole[number, days].mean()), 3)
        row["orbits, worst day"] = round(float(whole[0, days].min()), 3)
        for band, share in bands.items():
            row[f"orbits, {band}"] = round(float(share[0, days].mean()), 3)
            row[f"frozen, {band}"] = round(float(share[2, days].mean()), 3)
            row[f"target, {band}"] = round(float(share[4, days].mean()), 3)
        rows.append(row)
    return rows


def is_two(row: Row) -> bool:
    """Whether two sensors or more fly."""
    return " + " in str(row["sensors"])


def _mean(rows: Sequence[Row], name: str) -> float:
    """Mean over the days of some rows."""
    days = np.array([row["days"] for row in rows], float)
    return float((np.array([row[name] for row in rows], float) * days).sum() / days.sum())


def by_year_and_month(rows: Sequence[Row], name: str) -> str:
    """Share left by year and month; those below what is wanted in italics, single sensors too."""
    lines = []
    for year in sorted({int(str(row["year"])) for row in rows}):
        line = [str(year)]
        for month in range(1, 13):
            here = [row for row in rows if (row["year"], row["month"]) == (year, month)]
            text = f"{_mean(here, name):.2f}" if here else ""
            mark = "" if here and all(is_two(row) for row in here) else "*"
            line.append(f"{mark}{text}{mark}" if text else "")
        lines.append(line)
    return table(["year", *MONTHS], lines)


def by_month(rows: Sequence[Row], names: Sequence[str], heads: Sequence[str]) -> str:
    """Means of all years in which two sensors or more fly, by month of the year."""
    lines = []
    for month in range(1, 13):
        here = [row for row in rows if row["month"] == month and is_two(row)]
        lines.append([MONTHS[month - 1], *(f"{_mean(here, name):.2f}" for name in names)])
    return table(["month", *heads], lines)


def below(rows: Sequence[Row]) -> str:
    """In how many months with two sensors or more each share is below what is wanted, and which."""
    two = [row for row in rows if is_two(row)]
    lines = []
    for name in MASKS:
        low = [row for row in two if float(str(row[name])) < WANTED]
        months = sorted({int(str(row["month"])) for row in low})
        worst = min(two, key=lambda row: float(str(row[name])))
        lines.append(
            [
                WORDS[name],
                f"{len(low)} of {len(two)}",
                ", ".join(MONTHS[month - 1] for month in months) or "none",
                f"{worst[name]:.2f} ({worst['year']}-{worst['month']:02d})",
            ]
        )
    return table(["land", "months below 0.80", "months of the year among them", "lowest"], lines)


def single(rows: Sequence[Row]) -> str:
    """Months with one sensor."""
    lines = []
    for name in dict.fromkeys(str(row["sensors"]) for row in rows if not is_two(row)):
        here = [row for row in rows if row["sensors"] == name]
        gaps = np.flatnonzero(np.diff([_index(row) for row in here]) > 1) + 1
        for part in np.split(np.arange(len(here)), gaps):
            some = [here[number] for number in part]
            first, last = (f"{row['year']}-{row['month']:02d}" for row in (some[0], some[-1]))
            shares = [f"{_mean(some, mask):.2f}" for mask in MASKS]
            lines.append([name, f"{first} to {last}", *shares])
    return table(["sensors", "months", *(WORDS[name] for name in MASKS)], lines)


def _index(row: Row) -> int:
    return int(str(row["year"])) * 12 + int(str(row["month"]))


def figure(left: Left) -> None:
    """Monthly means: what is left of all land, and of each latitude without snow and frost."""
    months = left.days.astype("M8[M]")
    every = np.arange(months[0], months[-1] + 1)

    def monthly(values: np.ndarray) -> np.ndarray:
        return np.array([values[months == month].mean(axis=0) for month in every])

    drawn, (upper, lower) = plt.subplots(
        2, 1, figsize=(11, 6.4), sharex=True, height_ratios=(1, 1.05), layout="constrained"
    )
    colours = ("k", "C9", "C0", "C1", "C3")
    for name, values, colour in zip(MASKS, left.share(), colours, strict=True):
        upper.plot(every, monthly(values), color=colour, lw=1.1, label=WORDS[name])
    upper.axhline(WANTED, color="0.7", lw=0.8, zorder=0)
    upper.set(ylim=(0, 1), ylabel="share of land on a day")
    upper.legend(ncols=5, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    edges = np.arange(-60.0, 85.0 + FINE, FINE)
    mesh = np.array([monthly(left.share(low, low + FINE)[2]) for low in edges[:-1]])
    ends = np.append(every, every[-1] + 1).astype("M8[D]")
    image = lower.pcolormesh(ends, edges, mesh, vmin=0, vmax=1, cmap="viridis", rasterized=True)
    lower.set(ylabel="latitude [degree]", ylim=(-60, 85))
    lower.xaxis.set_major_locator(mpl.dates.YearLocator(2))
    lower.set_xlim(np.datetime64("1997-07-01"), ends[-1])
    drawn.colorbar(image, ax=lower, label="share of land without snow and frost", pad=0.01)
    drawn.savefig(IMAGE, dpi=95, metadata={"Software": None})
    plt.close(drawn)


def write_all(days: Sequence, land: np.ndarray) -> None:
    """Write geometry/coverage.json and docs/coverage.md anew."""
    left = Left(days, land)
    rows = rows_of(left)
    coverage_masks.save(RESULTS, rows)
    figure(left)
    names = [f"{low} to {high}" for low, high in BANDS]
    heads = [f"{low}° to {high}°" for low, high in BANDS]
    tables = {
        "below": below(rows),
        "single": single(rows),
        "by month": by_month(rows, MASKS, [WORDS[name] for name in MASKS]),
        "orbits": by_year_and_month(rows, "orbits"),
        "frozen": by_year_and_month(rows, "frozen"),
        "target": by_year_and_month(rows, "target"),
    } | {
        f"{mask} by latitude": by_month(rows, [f"{mask}, {name}" for name in names], heads)
        for mask in ("orbits", "frozen", "target")
    }
    write(DOCUMENT, tables)
