"""What do the whole planet and 26 years take: bytes, operations, hours?

Counted is the work of each stage over all land cells until the end of 2023, and the processor time
of a unit of it, taken from `results/*.json`. Hours on more cores are those of one divided by their
number: nothing of 26 years was ever run. `performance.py` puts the tables into the document.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.common.markdown import table
from benchmarks.speed.all_land import DRY
from benchmarks.speed.all_land_tables import NETWORKS, days_of, units
from benchmarks.speed.networks import NATIVE
from benchmarks.speed.peers_torch import GATES, Shape
from benchmarks.speed.result import load
from mcca_ml.config.train import TrainSettings
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.sensors import AMSR2, GMI

SHAPE = Shape(features=20)
GPU_GFLOPS = 0.05 * 67_000
"""A twentieth of what the data sheet of an H100 states for float32 (67 TFLOP/s; not verified): no
GPU was at hand."""
GPU_CORES = 16
TASK_S = 1e-3
"""Of a scheduler for each task [s]; a thousandth of a second is what Dask's documents tell."""
DISK_GB_S = 1.0
"""Of the disk that all share [1e9 byte s-1], assumed."""
TOLD = {"TMI": 7, "AMSRE": 7, "GMI": 1, "AMSR2": 1}
"""Times that each stream is told: of a calibrated sensor once for each channel besides."""


@dataclass(frozen=True)
class Work:
    """What a stage has to do."""

    stage: str
    amount: str
    """In words."""
    hours: float
    """Of one core."""
    source: str
    """Where the rate is from."""
    read: float
    """[1e9 byte]."""
    written: float
    """[1e9 byte]."""
    flops: float = 0.0
    """Products of the gates [1e15]; 0: not counted."""


class Kept:
    """Figures by their names."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._rows = {row.name: row for part in parts for row in load(part)}

    def of(self, name: str) -> float:
        """The value of a figure."""
        return float(self._rows[name].value or 0)

    def gb(self, folder: str) -> float:
        """Bytes of a folder of the dry run [1e9]."""
        return self.of(f"all land: bytes of {folder}")

    def network_gflops(self, stage: str) -> tuple[float, str]:
        """Rate of the networks [1e9 operations s-1] by all cores, and whose it is."""
        wanted = [n for n in self._rows if n.startswith(stage)]
        best = next((n for n in wanted if n.endswith(NATIVE)), wanted[0])
        return self.of(best), best.split(", ")[-1]


def _in_proportion(kept: Kept) -> list[Work]:
    """Stages whose time and bytes are those of the dry run, times the days."""
    times = {name: there / here for name, (_, here, there) in units(DRY).items()}
    words = {name: f"{there:,} {what}" for name, (what, _, there) in units(DRY).items()}
    grid = kept.gb("work/grid") * times["grid"]
    granules = sum(kept.gb(f"granules/1C-{name}") for name in ("AMSR2", "GMI", "TMI"))
    target = kept.gb("work/target.zarr") * times["retrieve"]
    of_stage = {
        "grid": (granules * times["grid"], grid),
        "retrieve": (kept.gb("granules/SPL3SMP") * times["retrieve"], target),
        "calibrate": (grid, kept.gb("work/calibration")),
    }
    return [
        Work(
            stage,
            words[stage],
            kept.of(f"all land: {stage}, processor") * times[stage] / 3600,
            "dry run over all land, in proportion",
            *bytes_of,
        )
        for stage, bytes_of in of_stage.items()
    ]


def _forward() -> float:
    """Operations of a cell and day, forward."""
    return 2.0 * GATES * SHAPE.hidden * (SHAPE.features + SHAPE.hidden)


def train_flops(settings: TrainSettings, days: int) -> float:
    """Operations of one network: its steps, and its stop days told after each epoch.

    Args:
        settings: of the training; all epochs run.
        days: until the last stop day.
    """
    one = Shape(1, settings.batch, settings.sequence, SHAPE.features, settings.hidden)
    return settings.epochs * (settings.steps * one.flops + days * _forward())


def _networks(kept: Kept, cores: int) -> list[Work]:
    """Training and prediction, by operations."""
    cells, period = land_cells(M25).size, units(DRY)["fuse"][2]
    trained = [train_flops(TrainSettings(), days_of(sensor)) for sensor in (AMSR2, GMI)]
    flops = sum(trained) * cells
    rate, whose = kept.network_gflops("train: 20 features, 32 units")
    grid = kept.gb("work/grid") * units(DRY)["grid"][2] / units(DRY)["grid"][1]
    of_days = (days_of(AMSR2) + days_of(GMI)) / units(DRY)["grid"][2]
    told = sum(TOLD.values()) * period * cells
    speed, teller = kept.network_gflops("predict: 26 years")
    weights = kept.gb("work/networks")
    return [
        Work(
            "train",
            f"{NETWORKS * cells:,} networks, all epochs",
            cores * flops / rate / 1e9 / 3600,
            f"products of the gates at the rate of {whose}",
            3 * 4 * grid * of_days,
            weights,
            flops / 1e15,
        ),
        Work(
            "predict",
            f"{told / 1e9:.1f} billion cell days, with those of the calibration's error",
            cores * told / speed / 1e6 / 3600,
            f"rate of {teller}",
            grid + weights,
            kept.gb("work/streams") * period / DRY["days"],
            told * _forward() / 1e15,
        ),
    ]


def _product(kept: Kept) -> list[Work]:
    """Fusion and publishing, by days."""
    cells, period = land_cells(M25).size, units(DRY)["fuse"][2]
    times = period / DRY["target days"]
    fused = period * cells / kept.of("fuse: four streams, one core") / 1e6 / 3600
    by_file = 1 / kept.of("publish: daily NetCDF of all land, one core")
    each = by_file + 1 / kept.of("publish: cube, 32 days of all land, one core")
    record = kept.gb("work/record.zarr") * times
    product = (kept.gb("product/2015") + kept.gb("product/record.zarr")) * times
    amount = f"{period * cells / 1e9:.1f} billion cell days"
    streams = kept.gb("work/streams") * times
    files = "rates of daily files and cube"
    return [
        Work("fuse", amount, fused, "rate of one core, streams in memory", streams, record),
        Work("publish", f"{period:,} days", period * each / 3600, files, 2 * record, product),
    ]


def works(cores: int = 2) -> list[Work]:
    """All stages.

    Args:
        cores: that the kept rates of the networks are of.
    """
    kept = Kept(("all_land", "training", "prediction", "stages"))
    return [*_in_proportion(kept), *_networks(kept, cores), *_product(kept)]


def _total(found: Sequence[Work]) -> Work:
    """All stages together."""
    columns = zip(*((one.hours, one.read, one.written, one.flops) for one in found), strict=True)
    hours, read, written, flops = map(sum, columns)
    return Work("all", "", hours, "", read, written, flops)


def _stages_table(found: Sequence[Work]) -> str:
    head = ["stage", "work", "read [GB]", "written [GB]", "operations [10^15]"]
    head += ["core hours", "two cores [h]", "64 cores [h]", "rate from"]
    rows = [
        [
            one.stage,
            one.amount,
            f"{one.read:,.0f}",
            f"{one.written:,.0f}",
            f"{one.flops:.2f}" if one.flops else "",
            f"{one.hours:,.1f}",
            f"{one.hours / 2:,.1f}",
            f"{one.hours / 64:,.2f}",
            one.source,
        ]
        for one in (*found, _total(found))
    ]
    return table(head, rows)


def _tasks() -> int:
    """Tasks that a scheduler hands out: blocks of days, groups of 256 and blocks of 1,024 cells."""
    cells = land_cells(M25).size
    days = {name: there for name, (_, _, there) in units(DRY).items()}
    of_days = (days["grid"] + days["retrieve"] + 2 * days["publish"]) // 32
    groups, blocks = -(-cells // 256), -(-cells // 1024)
    return of_days + NETWORKS * 3 * groups + 4 * blocks + 2 * blocks


def _machines_table(found: Sequence[Work]) -> str:
    total = _total(found)
    hours = total.hours
    moved = (total.read + total.written) / DISK_GB_S / 3600
    on_gpu = total.flops * 1e15 / GPU_GFLOPS / 1e9 / 3600
    left = sum(one.hours for one in found if not one.flops) / GPU_CORES
    rows = [
        ["two cores", hours / 2, "processor time as measured, both cores always busy"],
        ["64 cores of one machine", hours / 64, "all tasks are independent; the disk keeps up"],
        [
            f"one GPU, {GPU_CORES} cores beside it",
            on_gpu + left,
            f"networks at {GPU_GFLOPS / 1e3:.1f} TFLOP/s (assumed), the rest on the cores",
        ],
        [
            "Dask, 8 machines of 8 cores",
            hours / 64 + _tasks() * TASK_S / 3600,
            f"{_tasks():,} tasks of {TASK_S * 1e3:g} ms for the scheduler (assumed)",
        ],
        ["any, by its disk alone", moved, f"all bytes at {DISK_GB_S:g} GB/s (assumed)"],
    ]
    return table(
        ["machine", "hours", "what is assumed"],
        [[name, f"{value:,.1f}", words] for name, value, words in rows],
    )


def plan_tables() -> dict[str, str]:
    """Tables of the document by the names of their markers."""
    found = works()
    return {"plan": _stages_table(found), "plan-machines": _machines_table(found)}
