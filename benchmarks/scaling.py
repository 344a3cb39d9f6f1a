"""Training from a hundred to twenty thousand cells, and by one thread and by all.

    python benchmarks/scaling.py

Steps of 8 sequences of 64 days, as the learner takes them, 20 features, 32 units; the series of a
cell have 512 days. Peak memory is that of the whole process with its inputs. Sizes alternate;
medians. A busy machine cannot tell what two threads gain: the load stands with the figures. Exit
status 1 where the rate of a size departs by more than 10 % from their mean.
"""

import os
import resource
import statistics
import sys
from dataclasses import replace

from networks import NATIVE, NOT_BUILT, STEPS, native, steps_by_kernel
from pairs import times
from peers_torch import Shape
from result import Result, maker, save

SHAPE = Shape(sequences=8, features=20)
SIZES = (100, 1_000, 5_000, 20_000)
RUNS = 5
FLAT = 0.1
THREADED = 1_000
"""Cells that one thread and all threads are compared with."""


def rate(shape: Shape, seconds: float) -> float:
    """Rate of `STEPS` steps [1e9 operations s-1]."""
    return STEPS * shape.flops / seconds / 1e9


def by_size() -> list[Result]:
    """Rates of all sizes."""
    make, shapes = maker(), {size: replace(SHAPE, cells=size) for size in SIZES}
    tasks = {str(size): steps_by_kernel(shape) for size, shape in shapes.items()}
    # Few cells take milliseconds: the shorter a call, the more of them.
    found = times(tasks, RUNS)
    rows = [
        make(
            f"train: {size:,} cells, {NATIVE}",
            rate(shape, statistics.median(found[str(size)])),
            "GFLOP/s",
        )
        for size, shape in shapes.items()
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return [*rows, make(f"train: memory of {sum(SIZES):,} cells with their series", peak, "GB")]


def by_threads() -> Result:
    """All threads beside one."""
    shape, cores = replace(SHAPE, cells=THREADED), os.cpu_count() or 1
    tasks = {str(n): steps_by_kernel(shape, threads=n) for n in (1, cores)}
    found = times(tasks, 3 * RUNS)
    one, every = (rate(shape, statistics.median(found[str(n)])) for n in (1, cores))
    return maker()(
        f"train: {cores} threads, {THREADED:,} cells, {NATIVE}",
        every,
        "GFLOP/s",
        peer="one thread",
        peer_value=one,
        limit=f"{cores} times one thread",
        limit_value=cores * one,
    )


def main() -> int:
    """Measure, and say whether it suffices."""
    if native is None:
        print(NOT_BUILT, file=sys.stderr)
        save("scaling", [maker()(f"train: scaling, {NOT_BUILT}", None, "GFLOP/s")])
        return 0
    rows = by_size()
    save("scaling", [*rows, by_threads()])
    rates = [float(row.value or 0) for row in rows[: len(SIZES)]]
    middle = statistics.mean(rates)
    enough = all(abs(one - middle) <= FLAT * middle for one in rates)
    print(f"limit {FLAT:.0%} about their mean: {'met' if enough else 'NOT MET'}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
