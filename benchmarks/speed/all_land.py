"""What do the stages of a record cost over all land, in seconds, memory and bytes?

    python -m benchmarks.speed.all_land FOLDER [--workers 1] [--from STAGE] [--write]

Everything is SIMULATED. Seven days of SMAP, AMSR2, GMI and TMI (of this one those before its end)
are made over the whole Earth by `all_land_granules`, in the sensors' own formats; then each stage
makes the record of all 233,516 land cells for one block of 32 days. The block is as full of cells
and days as any of a real record; only granules are few, so networks are trained in few short epochs
and learn little. An hour on two cores, 8 GB of disk. FOLDER keeps what is made; `--from STEP` goes
on there. `--write` puts the figures into docs/all_land.md.
"""

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.speed import all_land_granules
from benchmarks.speed.all_land_tables import results_of, write_document
from benchmarks.speed.cost import MAIN, cost_of
from benchmarks.speed.result import save
from mcca_ml.config.load import load_settings
from mcca_ml.pipeline.stage import Stage
from mcca_ml.sensors import AMSR2, GMI, TMI

STAGE = """
import sys
from pathlib import Path
from mcca_ml.pipeline.run import Workers, run
from mcca_ml.config.load import load_settings
from mcca_ml.pipeline.stage import Stage
path, stage, workers = sys.argv[1:]
for tally in run(Path(path), stages=(Stage(stage),), workers=Workers(int(workers))):
    print(tally.stage, tally.what, *tally.notes)
"""
"""One stage of `mcca-ml run` in a process of its own; `mcca-ml retrieve` makes other files."""
RECORD = Path(__file__).with_name("all_land.toml")
BOX = Path(__file__).with_name("all_land_box.toml")
PERIOD = load_settings(RECORD).period
TRAIN = ("2015-04-01", "2015-04-02", "2015-04-03", "2015-04-04")
STOP, CALIBRATE, TEST = "2015-04-16", "2015-04-20", "2015-04-24"
"""Days with granules, as the configuration uses them."""
DAYS = tuple(np.datetime64(day) for day in (*TRAIN, STOP, CALIBRATE, TEST))
TMI_DAYS = tuple(np.datetime64(day) for day in TRAIN)
DRY = {
    "granule days": 2 * len(DAYS) + len(TMI_DAYS),
    "target days": len(DAYS),
    "days": (PERIOD.end - PERIOD.start).days + 1,
}
"""What the dry run has, by the names of `all_land_tables.units`."""


def make(folder: Path) -> None:
    """Write the granules."""
    ground, out = all_land_granules.make_ground(), folder / "granules"
    count = sum(1 for _ in all_land_granules.write_smap(ground, DAYS, out))
    for sensor, days in ((TMI, TMI_DAYS), (GMI, DAYS), (AMSR2, DAYS)):
        count += sum(1 for _ in all_land_granules.write_imager(ground, sensor, days, out))
    print(f"SIMULATED: {count} granules")


def size_gb(path: Path) -> float:
    """Bytes of all files of a folder."""
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file()) / 1e9


def steps(folder: Path, workers: int) -> dict[str, list[str]]:
    """The commands, in order."""
    run = [sys.executable, "-c", MAIN]
    record = str(folder / "record.toml")
    box = [str(folder / "box.toml"), "--out", str(folder / "box"), "--workers", "1"]
    return {
        "simulate a box": [*run, "simulate", *box],
        "simulate all land": [sys.executable, "-m", __spec__.name, str(folder), "--make"],
        **{
            str(stage): [sys.executable, "-c", STAGE, record, str(stage), str(workers)]
            for stage in Stage
        },
        "run, nothing to do": [*run, "run", record, "--workers", str(workers)],
    }


def sizes(folder: Path) -> list[dict[str, object]]:
    """Bytes of what was made, as a list of objects."""
    parts = sorted([*folder.glob("granules/*"), *folder.glob("work/*"), *folder.glob("product/*")])
    return [
        {"folder": str(one.relative_to(folder)), "gb": round(size_gb(one), 3)}
        for one in parts
        if one.is_dir()
    ]


def main() -> int:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--from", dest="first", default="", help="step to go on with")
    parser.add_argument("--make", action="store_true", help="write the granules, nothing else")
    parser.add_argument("--write", action="store_true", help="write docs/all_land.md anew")
    asked = parser.parse_args()
    folder = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    if asked.make:
        make(folder)
        return 0
    shutil.copy(RECORD, folder / "record.toml")
    shutil.copy(BOX, folder / "box.toml")
    path = folder / "costs.json"
    known = {one["step"]: one for one in json.loads(path.read_text())} if path.is_file() else {}
    todo = steps(folder, asked.workers)
    names = list(todo)
    for name in names[names.index(asked.first) if asked.first else 0 :]:
        cost = cost_of(todo[name], folder / f"{name.replace(' ', '_')}.log")
        print(f"{name}: {cost}", flush=True)
        workers = 1 if name.startswith("simulate") else asked.workers
        known[name] = {"step": name, **asdict(cost), "workers": workers}
        path.write_text(json.dumps([known[n] for n in names if n in known], indent=1))
        if cost.status and name != "simulate a box":
            print(f"FAILED {name}: {cost.last_line}")
            return 1
    if asked.write:
        costs, made = [known[n] for n in names if n in known], sizes(folder)
        save("all_land", results_of(costs, made))
        write_document(costs, made, DRY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
