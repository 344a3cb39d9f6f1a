"""How much of the land seen on a day is left after each mask?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common.json_rows import write_rows
from benchmarks.common.markdown import table, write
from benchmarks.common.pictures import save
from benchmarks.science import coverage_figures, coverage_masks
from benchmarks.science.coverage_masks import MASKS
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25

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
COLOURS = ("k", "C9", "C0", "C1", "C3")
"""Of the masks in the figure."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def shares(left: np.ndarray, land: np.ndarray, days: pd.Index) -> pd.DataFrame:
    """Share of the land that is left on each day: of all land by mask, and by mask and band [1].

    Args:
        left: land cells left, (mask, day, row).
        land: land cells of the rows.
        days: of `left`.
    """
    lat = ease2.latitude(M25)
    columns = dict(zip(MASKS, left.sum(axis=2) / land.sum(), strict=True))
    for low, high in BANDS:
        here = (lat >= low) & (lat < high)
        for name in ("orbits", "frozen", "target"):
            cells = left[MASKS.index(name)][:, here]
            columns[f"{name}, {low} to {high}"] = cells.sum(axis=1) / land[here].sum()
    return pd.DataFrame(columns, days)


def by_sensors(sensors: pd.Series, left: pd.DataFrame) -> pd.DataFrame:
    """One row for each month and set of sensors: means over its days, to three digits."""
    month = left.index.to_numpy().astype("M8[D]").astype(str).astype("U7")
    groups = left.groupby([month, sensors.to_numpy()], sort=False)
    rows = groups.mean()
    rows.insert(len(MASKS), "orbits, worst day", groups["orbits"].min())
    rows = rows.map(lambda share: round(share, 3))
    months, names = (rows.index.get_level_values(level) for level in (0, 1))
    head = {
        "year": months.str[:4].astype(int),
        "month": months.str[5:].astype(int),
        "sensors": names,
        "days": groups.size().to_numpy(),
    }
    return pd.DataFrame(head).join(rows.reset_index(drop=True))


def has_two(rows: pd.DataFrame) -> pd.Series:
    """Whether two sensors or more fly."""
    return rows["sensors"].str.contains(" + ", regex=False)


def mean(rows: pd.DataFrame, name: str) -> float:
    """Mean over the days of some rows."""
    return float((rows[name] * rows["days"]).sum() / rows["days"].sum())


def by_year_and_month(rows: pd.DataFrame, name: str) -> str:
    """Share left by year and month; those with a single sensor on some days in italics."""
    lines = []
    for year, of_year in rows.groupby("year"):
        texts = dict.fromkeys(range(1, 13), "")
        for month, here in of_year.groupby("month"):
            mark = "" if has_two(here).all() else "*"
            texts[month] = f"{mark}{mean(here, name):.2f}{mark}"
        lines.append([str(year), *texts.values()])
    return table(["year", *MONTHS], lines)


def by_month(rows: pd.DataFrame, names: Sequence[str], heads: Sequence[str]) -> str:
    """Means of all years in which two sensors or more fly, by month of the year."""
    lines = [
        [MONTHS[month - 1], *(f"{mean(here, name):.2f}" for name in names)]
        for month, here in rows[has_two(rows)].groupby("month")
    ]
    return table(["month", *heads], lines)


def below(rows: pd.DataFrame) -> str:
    """In how many months with two sensors or more each share is below what is wanted, and which."""
    two = rows[has_two(rows)]
    lines = []
    for name in MASKS:
        low, worst = two[two[name] < WANTED], two.loc[two[name].idxmin()]
        months = ", ".join(MONTHS[month - 1] for month in sorted(set(low["month"])))
        lowest = f"{worst[name]:.2f} ({worst['year']}-{worst['month']:02d})"
        lines.append([WORDS[name], f"{len(low)} of {len(two)}", months or "none", lowest])
    return table(["land", "months below 0.80", "months of the year among them", "lowest"], lines)


def single(rows: pd.DataFrame) -> str:
    """Spans of months with one sensor."""
    lines = []
    for name, here in rows[~has_two(rows)].groupby("sensors", sort=False):
        gaps = (12 * here["year"] + here["month"]).diff() > 1
        for _, some in here.groupby(gaps.cumsum()):
            ends = (some.iloc[0], some.iloc[-1])
            span = " to ".join(f"{row['year']}-{row['month']:02d}" for row in ends)
            lines.append([name, span, *(f"{mean(some, mask):.2f}" for mask in MASKS)])
    return table(["sensors", "months", *(WORDS[name] for name in MASKS)], lines)


def figure(left: pd.DataFrame, by_band: np.ndarray) -> None:
    """Monthly means: what is left of all land, and of each latitude without snow and frost."""
    curves = [(WORDS[m], colour, 1.1, left[m]) for m, colour in zip(MASKS, COLOURS, strict=True)]
    label = "share of land without snow and frost"
    drawn, upper = coverage_figures.years(curves, pd.DataFrame(by_band, left.index), label)
    upper.axhline(WANTED, color="0.7", lw=0.8, zorder=0)
    upper.set(ylim=(0, 1), ylabel="share of land on a day")
    upper.legend(ncols=5, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    save(drawn, IMAGE, dpi=95)


def write_all(sensors: pd.Series, by_row: np.ndarray, land: np.ndarray) -> None:
    """Write geometry/coverage.json and docs/coverage.md anew.

    Args:
        sensors: that fly, by day.
        by_row: land cells seen, (day, row).
        land: cells that count, (row, column) of EASE2_M25.
    """
    masks = coverage_masks.of_rows(sensors.index.to_numpy().astype("M8[D]"), land)
    cells, of_row = coverage_masks.left(by_row, masks), land.sum(axis=1)
    left = shares(cells, of_row, sensors.index)
    rows = by_sensors(sensors, left)
    write_rows(RESULTS, rows.to_dict("records"))
    frozen = cells[MASKS.index("frozen")]
    figure(left, coverage_figures.by_latitude(frozen, of_row))
    tables = {
        "below": below(rows),
        "single": single(rows),
        "by month": by_month(rows, MASKS, [WORDS[name] for name in MASKS]),
    }
    heads = [f"{low}° to {high}°" for low, high in BANDS]
    for mask in ("orbits", "frozen", "target"):
        tables[mask] = by_year_and_month(rows, mask)
        names = [f"{mask}, {low} to {high}" for low, high in BANDS]
        tables[f"{mask} by latitude"] = by_month(rows, names, heads)
    write(DOCUMENT, tables)
