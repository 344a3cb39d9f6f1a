"""How long does `mcca-ml retrieve` take for a whole day, start-up and all, and in what memory?

    python -m benchmarks.speed.command

The real day on its own and on the 25 km grid where it is at hand, and a simulated day of all land
on the 9 km grid. Exit status 1 where the real day takes more than 15 s or any day more than 2 GB.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.common import real_granules
from benchmarks.common.on_land import on_land
from benchmarks.speed.cost import MAIN, Cost, cost_of
from benchmarks.speed.result import Result, make_result, save, verdict
from mcca_ml.formats.smap import PRODUCTS
from mcca_ml.grid import ease2
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.files.smap_products import Look, granule_name, write_spl3smp
from mcca_ml.simulate.scene import scene_tb, uniform_scene

WALL_LIMIT_S, MEMORY_LIMIT_GB = 15.0, 2.0
DAY = np.datetime64("2015-07-01")
VERSION = 6


def measured(arguments: list[str], folder: Path) -> Cost:
    """The cost of one call of `mcca-ml retrieve`, which writes into a folder.

    Raises:
        CalledProcessError: the call failed; its message says how.
    """
    command = [sys.executable, "-c", MAIN, "retrieve", *arguments, "--out", str(folder)]
    cost = cost_of(command, folder / "log")
    if cost.status:
        raise subprocess.CalledProcessError(cost.status, command, cost.last_line)
    return cost


def simulated_m09(folder: Path) -> Path:
    """A simulated SPL3SMP_E granule, 6 am, of every land cell."""
    grid = ease2.M09
    row, column = (index.astype(np.int32) for index in np.nonzero(on_land(grid)))
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
    name = f"command: retrieve, {what}"
    print(f"{what}: {cost.last_line}")
    return [
        make_result(f"{name}, elapsed", cost.wall_s, "s"),
        make_result(f"{name}, processor", cost.cpu_s, "s CPU"),
        make_result(f"{name}, peak memory", cost.largest_gb, "GB"),
    ]


def main() -> int:
    """Measure, and say whether time and memory keep within the limits."""
    costs: dict[str, Cost] = {}
    real = real_granules.path_of(real_granules.DAY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if real.is_file():
            for grid in ("native", "m25"):
                costs[f"real day, {grid}"] = measured([str(real), "--grid", grid], folder)
        else:
            print(f"no real day: {real} is no file; name its folder in MCCA_ML_DATA")
        is_quick = all(cost.wall_s <= WALL_LIMIT_S for cost in costs.values())
        made = str(simulated_m09(folder))
        costs["simulated day, all land at 9 km"] = measured([made], folder)
    save("command", [row for what, cost in costs.items() for row in results_of(what, cost)])
    is_small = all(cost.largest_gb <= MEMORY_LIMIT_GB for cost in costs.values())
    limit = f"{WALL_LIMIT_S:g} s for the real day, {MEMORY_LIMIT_GB:g} GB for any"
    return verdict(limit, is_met=is_quick and is_small)


if __name__ == "__main__":
    sys.exit(main())
