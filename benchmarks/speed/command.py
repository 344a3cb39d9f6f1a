"""How long does `mcca-ml retrieve` take for a whole day, start-up and all, and in what memory?

    python -m benchmarks.speed.command

The real day on its own and on the 25 km grid where it is at hand, and a simulated day of all land
on the 9 km grid. Exit status 1 where the real day takes more than 15 s or any day more than 2 GB.
"""

import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import real_granules
from benchmarks.speed.result import Result, maker, save
from mcca_ml.formats.smap import PRODUCTS
from mcca_ml.grid import ease2
from mcca_ml.grid.land import land_mask
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.files.smap_products import Look, granule_name, write_spl3smp
from mcca_ml.simulate.scene import scene_tb, uniform_scene

WALL_LIMIT_S, MEMORY_LIMIT_GB = 15.0, 2.0
MAIN = "from mcca_ml.cli.app import main; main()"
DAY = np.datetime64("2015-07-01")
VERSION = 6


@dataclass(frozen=True)
class Cost:
    """What one call of the command took."""

    wall_s: float
    cpu_s: float
    peak_gb: float
    last_line: str


def run(arguments: list[str]) -> Cost:
    """The cost of one call; in a process that has no other children, whose peak would count."""
    start = time.perf_counter()
    command = [sys.executable, "-c", MAIN, "retrieve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = done.stdout.strip().splitlines() or [""]
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6, lines[-1])


def measured(arguments: list[str]) -> Cost:
    """`run` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (arguments,))


def simulated_m09(folder: Path) -> Path:
    """A simulated SPL3SMP_E granule, 6 am, of every land cell."""
    grid = ease2.M09
    # The mask is of M25: a cell of 9 km is land where its centre lies in a 25 km cell of land.
    rows = np.searchsorted(-ease2.y_edges(ease2.M25), -ease2.y(grid)) - 1
    columns = np.searchsorted(ease2.x_edges(ease2.M25), ease2.x(grid)) - 1
    is_land = land_mask(ease2.M25)[
        np.ix_(rows.clip(0, ease2.M25.rows - 1), columns.clip(0, ease2.M25.columns - 1))
    ]
    row, column = (index.astype(np.int32) for index in np.nonzero(is_land))
    rng = np.random.default_rng(0)
    scene = uniform_scene(
        rng.uniform(0.03, 0.4, row.size).astype(np.float32),
        rng.uniform(0.0, 0.8, row.size).astype(np.float32),
    )
    tb = scene_tb(scene, SMAP.channels, rng)
    hours = np.mod(6.0 - ease2.longitude(grid)[column] / 15.0, 24.0)
    none = np.zeros(row.size, np.uint16)
    look = Look(
        row=row,
        column=column,
        obs_time=DAY.astype("M8[ns]") + np.round(hours * 3600e3).astype("m8[ms]"),
        tb_v=tb[:, 0],
        tb_h=tb[:, 1],
        incidence=scene.incidence,
        soil_temperature=scene.soil_temperature,
        clay_fraction=scene.clay,
        bulk_density=np.full(row.size, 1.35, np.float32),
        roughness_h=scene.roughness_h,
        water_fraction=np.zeros(row.size, np.float32),
        land_cover=np.tile(np.array([10, 12, 99], np.uint8), (row.size, 1)),
        land_cover_fraction=np.tile(np.array([0.7, 0.3, np.nan], np.float32), (row.size, 1)),
        surface_flag=none,
        quality_v=none,
        quality_h=none,
    )
    path = folder / granule_name(PRODUCTS["SPL3SMP_E"], VERSION, DAY)
    write_spl3smp(path, {"am": look}, PRODUCTS["SPL3SMP_E"], VERSION)
    return path


def results_of(what: str, cost: Cost) -> list[Result]:
    """Figures of one call."""
    make, name = maker(), f"command: retrieve, {what}"
    print(f"{what}: {cost.last_line}")
    return [
        make(f"{name}, elapsed", cost.wall_s, "s"),
        make(f"{name}, processor", cost.cpu_s, "s CPU"),
        make(f"{name}, peak memory", cost.peak_gb, "GB"),
    ]


def main() -> int:
    """Measure, and say whether time and memory keep within the limits."""
    found: list[Result] = []
    enough = True
    real = real_granules.path_of(real_granules.DAY)
    with tempfile.TemporaryDirectory() as folder:
        for grid in ("native", "m25") if real.is_file() else ():
            cost = measured([str(real), "--out", folder, "--grid", grid])
            found += results_of(f"real day, {grid}", cost)
            enough &= cost.wall_s <= WALL_LIMIT_S and cost.peak_gb <= MEMORY_LIMIT_GB
        if not real.is_file():
            print(f"no real day: {real} is no file; name its folder in MCCA_ML_DATA")
        cost = measured([str(simulated_m09(Path(folder))), "--out", folder])
        found += results_of("simulated day, all land at 9 km", cost)
        enough &= cost.peak_gb <= MEMORY_LIMIT_GB
    save("command", found)
    verdict = "met" if enough else "NOT MET"
    print(f"limits {WALL_LIMIT_S:g} s for the real day, {MEMORY_LIMIT_GB:g} GB for any: {verdict}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
