"""What would 26 years take, from the costs of a dry run over all land?"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.common.markdown import table, write
from benchmarks.speed.result import Result, make_result
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.sensors import AMSR2, AMSRE, GMI, SMAP, TMI, Sensor

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "all_land.md"
LAST_DAY = np.datetime64("2023-12-31")
IMAGERS = (TMI, AMSRE, GMI, AMSR2)
PAIRS = ((AMSRE, TMI), (TMI, AMSR2), (TMI, GMI), (AMSR2, GMI))
"""Sensors whose pairs the calibration reads."""
NETWORKS = 2
"""Networks of each cell: AMSR2's and GMI's."""
SECONDS_A_CELL = 0.24
"""Training of one network with the default settings on the days of 2015 to 2018, elapsed on two
cores: 45 s for the 189 cells of the demonstration, compilation included."""

Row = Mapping[str, object]


def days_of(*sensors: Sensor) -> int:
    """Days on which all of some sensors give data, until the end of 2023."""
    first = max(np.datetime64(one.first_day) for one in sensors)
    ends = [np.datetime64(one.last_day) if one.last_day else LAST_DAY for one in sensors]
    return max(int((min(ends) - first).astype(int)) + 1, 0)


def units(dry: Mapping[str, int]) -> dict[str, tuple[str, int, int]]:
    """What the time of each stage is counted by: words, number in the dry run, number in 26 years.

    Args:
        dry: `granule days` of all imagers together, `target days`, and `days` of the period.
    """
    sensor_days = sum(days_of(one) for one in IMAGERS)
    period = int((LAST_DAY - np.datetime64(TMI.first_day)).astype(int)) + 1
    pairs = sum(days_of(*pair) for pair in PAIRS)
    return {
        "grid": ("days of a sensor with granules", dry["granule days"], sensor_days),
        "retrieve": ("days of SMAP with a granule", dry["target days"], days_of(SMAP)),
        "calibrate": ("days of two sensors", 3 * dry["days"], pairs),
        "predict": ("days of a sensor", 3 * dry["days"], sensor_days),
        "fuse": ("days", dry["days"], period),
        "publish": ("days", dry["days"], period),
    }


def costs_table(costs: Iterable[Row]) -> str:
    """What each step took."""
    head = ["step", "elapsed [s]", "processor [s]", "peak memory [GB]", "read [GB]", "written [GB]"]
    rows = []
    for one in costs:
        seconds = [f"{one[name]:,.0f}" for name in ("wall_s", "cpu_s")]
        gigabytes = [f"{one[name]:.2f}" for name in ("peak_gb", "read_gb", "written_gb")]
        rows.append([one["step"], *seconds, *gigabytes])
    return table(head, rows)


def years_table(costs: Iterable[Row], dry: Mapping[str, int]) -> str:
    """What 26 years would take of processors, in proportion."""
    known = {str(one["step"]): one for one in costs}
    rows, total = [], 0.0
    for stage, (words, here, there) in units(dry).items():
        if stage not in known:
            continue
        hours = float(str(known[stage]["cpu_s"])) * there / here / 3600
        total += hours
        rows.append(
            [stage, words, f"{here:,}", f"{there:,}", f"{there / here:,.0f}", f"{hours:.1f}"]
        )
    networks = NETWORKS * land_cells(M25).size
    hours = 2 * SECONDS_A_CELL * networks / 3600
    rows.append(["train", "networks, default settings", "", f"{networks:,}", "", f"{hours:.0f}"])
    rows.append(["all", "", "", "", "", f"{total + hours:.0f}"])
    head = ["stage", "in proportion to", "dry run", "26 years", "times", "processor hours"]
    return table(head, rows)


def sizes_table(sizes: Iterable[Row], dry: Mapping[str, int]) -> str:
    """Bytes of what was made, and of 26 years by days with observations."""
    times = {stage: there / here for stage, (_, here, there) in units(dry).items()}
    by_observed_day = units(dry)["fuse"][2] / dry["target days"]
    counted = {
        "work/grid": times["grid"],
        "work/target.zarr": times["retrieve"],
        "work/networks": 1.0,
        "work/streams": times["predict"],
        "work/record.zarr": by_observed_day,
        "product/2015": by_observed_day,
        "product/record.zarr": by_observed_day,
    }
    rows = []
    for one in sizes:
        name, gb = str(one["folder"]), float(str(one["gb"]))
        factor = counted.get(name)
        years = ["", ""] if factor is None else [f"{factor:,.0f}", f"{gb * factor:,.0f}"]
        rows.append([f"`{name}`", f"{gb:.2f}", *years])
    return table(["folder", "dry run [GB]", "times", "26 years [GB]"], rows)


def write_document(costs: list[Row], sizes: list[Row], dry: Mapping[str, int]) -> None:
    """Put the tables into the document."""
    tables = {"costs": costs_table(costs), "years": years_table(costs, dry)}
    write(DOCUMENT, {**tables, "sizes": sizes_table(sizes, dry)})


def results_of(costs: Iterable[Row], sizes: Iterable[Row]) -> list[Result]:
    """Costs and bytes as results, one figure each."""
    figures = {
        "elapsed": ("wall_s", "s"),
        "processor": ("cpu_s", "s CPU"),
        "peak memory": ("peak_gb", "GB"),
        "read": ("read_gb", "GB"),
        "written": ("written_gb", "GB"),
    }
    found = [
        make_result(f"all land: {one['step']}, {what}", float(str(one[key])), unit)
        for one in costs
        for what, (key, unit) in figures.items()
    ]
    return found + [
        make_result(f"all land: bytes of {one['folder']}", float(str(one["gb"])), "GB")
        for one in sizes
    ]
