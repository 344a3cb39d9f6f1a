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
from pathlib import Path
from typing import Any

from benchmarks.common.markdown import table, write
from benchmarks.speed.cost import MAIN, Cost, cost_of
from benchmarks.speed.result import verdict
from mcca_ml.config.load import load_settings
from mcca_ml.simulate.manifest import MANIFEST

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = PROJECT / "docs" / "simulation.md"
NAMES = ("demo", "two_boxes", "full", "boost_trmm", "boost_gpm")
WORKERS = 2
WALL_LIMIT_S, SIZE_LIMIT_GB = 180.0, 2.0


def measured(name: str) -> tuple[Cost, dict[str, Any]]:
    """Make a world in a folder of its own: what it took, and its manifest."""
    with tempfile.TemporaryDirectory() as folder:
        config = str(PROJECT / "worlds" / f"{name}.toml")
        command = [sys.executable, "-c", MAIN, "simulate", config]
        command += ["--out", f"{folder}/world", "--workers", str(WORKERS)]
        cost = cost_of(command, Path(folder) / "log")
        if cost.status:
            raise subprocess.CalledProcessError(cost.status, command, cost.last_line)
        return cost, json.loads((Path(folder) / "world" / MANIFEST).read_text(encoding="utf-8"))


def row(name: str, cost: Cost, made: dict[str, Any]) -> list[object]:
    """One line of the table."""
    world = load_settings(PROJECT / "worlds" / f"{name}.toml").simulate
    of_each = ", ".join(f"{key} {count:,}" for key, count in made["granules"].items() if count)
    return [
        f"`worlds/{name}.toml`",
        f"{made['cells']} in {len(world.box)}",
        f"{world.first_day} to {world.last_day}",
        of_each,
        f"{made['size'] / 1e9:.2f} GB",
        f"{cost.wall_s:.0f} s",
        f"{cost.largest_gb:.1f} GB",
    ]


def main(given: list[str]) -> int:
    """Make the worlds, print and write their costs."""
    print(f"load before: {os.getloadavg()[0]:.1f}")
    costs = {}
    for name in given or NAMES:
        costs[name] = measured(name)
        print(f"{name}: {costs[name][0]}", flush=True)
    if set(costs) == set(NAMES):
        head = [
            "configuration", "cells in boxes", "days", "granules", "size", "time on two cores",
            "peak memory of a process",
        ]  # fmt: skip
        write(DOCUMENT, {"worlds": table(head, [row(name, *item) for name, item in costs.items()])})
    if "demo" not in costs:
        return 0
    demo, made = costs["demo"]
    is_met = demo.wall_s <= WALL_LIMIT_S and made["size"] <= 1e9 * SIZE_LIMIT_GB
    return verdict(f"{WALL_LIMIT_S:g} s and {SIZE_LIMIT_GB:g} GB for the demo world", is_met=is_met)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
