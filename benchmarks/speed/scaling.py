"""Does training scale from a hundred to twenty thousand cells, and over threads?

    python -m benchmarks.speed.scaling

Steps of 8 sequences of 64 days, as the learner takes them, 20 features, 32 units; the series of a
cell have 512 days. Sizes are compared by the time of the processor, one thread, which others on a
machine hardly change; threads by elapsed time, which a busy machine cannot tell: the load stands by
the figures. Peak memory is that of the whole process with its inputs. Runs alternate; medians. Exit
status 1 where the rate of a size departs by more than 10 % from their mean.
"""

import os
import resource
import statistics
import sys
import time
from dataclasses import replace

from benchmarks.speed.networks import NATIVE, NOT_BUILT, native, steps_by_kernel
from benchmarks.speed.pairs import medians
from benchmarks.speed.peers_torch import Shape
from benchmarks.speed.result import Result, make_result, save, verdict

SHAPE = Shape(sequences=8, features=20)
SIZES = (100, 1_000, 5_000, 20_000)
RUNS = 3
STEPS = 2  # as the learner takes in an epoch
FLAT = 0.1
THREADED = 1_000
"""Cells that one thread and all threads are compared with."""


def rate(shape: Shape, seconds: float) -> float:
    """Rate of `STEPS` steps [1e9 operations s-1]."""
    return STEPS * shape.flops / seconds / 1e9


def by_size() -> list[Result]:
    """Rates of all sizes."""
    shapes = {size: replace(SHAPE, cells=size) for size in SIZES}
    tasks = {str(size): steps_by_kernel(shape, 1, STEPS) for size, shape in shapes.items()}
    taken = medians(tasks, RUNS, time.process_time)
    rows = [
        make_result(
            f"train: {size:,} cells, one core, {NATIVE}", rate(shape, taken[str(size)]), "GFLOP/s"
        )
        for size, shape in shapes.items()
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    memory = make_result(f"train: memory of {sum(SIZES):,} cells with their series", peak, "GB")
    return [*rows, memory]


def by_threads() -> Result:
    """All threads beside one."""
    shape, cores = replace(SHAPE, cells=THREADED), os.cpu_count() or 1
    tasks = {str(n): steps_by_kernel(shape, n, STEPS) for n in (1, cores)}
    taken = medians(tasks, 3 * RUNS)
    one, every = (rate(shape, taken[str(n)]) for n in (1, cores))
    return make_result(
        f"train: {cores} threads, {THREADED:,} cells, {NATIVE}",
        every,
        "GFLOP/s",
        peer=("one thread", one),
        limit=(f"{cores} times one thread", cores * one),
    )


def main() -> int:
    """Measure, and say whether it suffices."""
    if native is None:
        print(NOT_BUILT, file=sys.stderr)
        save("scaling", [make_result(f"train: scaling, {NOT_BUILT}", None, "GFLOP/s")])
        return 0
    rows = by_size()
    save("scaling", [*rows, by_threads()])
    rates = [float(row.value or 0) for row in rows[: len(SIZES)]]
    middle = statistics.mean(rates)
    is_met = all(abs(one - middle) <= FLAT * middle for one in rates)
    return verdict(f"{FLAT:.0%} about their mean", is_met=is_met)


if __name__ == "__main__":
    sys.exit(main())
