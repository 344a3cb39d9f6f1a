"""What do simulated worlds cost by `mcca-ml simulate`: seconds, memory, bytes?

    python -m benchmarks.speed.worlds [NAME ...]

NAME is a file of worlds/ without its end; without any, all of them. Writes the table of
docs/simulation.md anew if all were made. Exit status 1 where the demo world takes more than 180 s
or 2 GB of granules.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.markdown import table, write
from mcca_ml.config.load import load
from mcca_ml.simulate.manifest import MANIFEST

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = PROJECT / "docs" / "simulation.md"
NAMES = ("demo", "full", "boost_trmm", "boost_gpm")
WORKERS = 2
WALL_LIMIT_S, SIZE_LIMIT_GB = 180.0, 2.0


@dataclass(frozen=True)
class Cost:
    """What one world took."""

    wall_s: float
    cpu_s: float
    """Of all processes."""
    peak_gb: float
    """Of the largest process."""
    granules: dict[str, int]
    size_gb: float
    """Of the granules."""
    cells: int


def measured(name: str) -> Cost:
    """Make a world in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        config = PROJECT / "worlds" / f"{name}.toml"
        command = [str(Path(sys.executable).with_name("mcca-ml")), "simulate", str(config)]
        start = time.perf_counter()
        child = subprocess.Popen([*command, "--out", folder, "--workers", str(WORKERS)])
        # Of this child and its own alone: RUSAGE_CHILDREN would keep the peak of an earlier world.
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, command)
        wall = time.perf_counter() - start
        made = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    cpu = used.ru_utime + used.ru_stime
    return Cost(
        wall, cpu, used.ru_maxrss / 1e6, made["granules"], made["size"] / 1e9, made["cells"]
    )


def row(name: str, cost: Cost) -> list[object]:
    """One line of the table."""
    world = load(PROJECT / "worlds" / f"{name}.toml").simulate
    of_each = ", ".join(f"{key} {count:,}" for key, count in cost.granules.items() if count)
    return [
        f"`worlds/{name}.toml`",
        f"{cost.cells} in {len(world.box)}",
        f"{world.first_day} to {world.last_day}",
        of_each,
        f"{cost.size_gb:.2f} GB",
        f"{cost.wall_s:.0f} s",
        f"{cost.peak_gb:.1f} GB",
    ]


def main(given: list[str]) -> int:
    """Make the worlds, print and write their costs."""
    print(f"load before: {os.getloadavg()[0]:.1f}")
    costs = {}
    for name in given or NAMES:
        costs[name] = measured(name)
        print(f"{name}: {costs[name]}", flush=True)
    if set(costs) == set(NAMES):
        head = [
            "configuration", "cells in boxes", "days", "granules", "size", "time on two cores",
            "peak memory of a process",
        ]  # fmt: skip
        write(DOCUMENT, {"worlds": table(head, [row(*item) for item in costs.items()])})
    demo = costs.get("demo")
    failed = demo is not None and (demo.wall_s > WALL_LIMIT_S or demo.size_gb > SIZE_LIMIT_GB)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
