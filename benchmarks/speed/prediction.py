"""How fast does the kernel predict the record of a block of cells, beside JAX?

    python -m benchmarks.speed.prediction [--one-core]

26 years of 1,000 cells, 20 features, 32 units. JAX takes the cells 64 at a time, as the learner
does: what it makes on the way of all of them at once would not fit the memory. The limit is that of
the products of the gates at the rate of sgemm; the bytes of the inputs, read once, are far below
what the memory could bring, which the second line says. Runs alternate; medians. `--one-core`
is by the time of one processor, as in `training.py`. Exit status 1
where the kernel is less than ten times as fast as JAX.
"""

import argparse
import os
import sys
import time
from functools import partial

import numpy as np

from benchmarks.speed.limits import SIZE, bandwidth, gflops_of, sgemm
from benchmarks.speed.networks import JAX, NATIVE, NOT_BUILT, native, networks, told_by_jax
from benchmarks.speed.pairs import medians, on_one_core
from benchmarks.speed.peers_torch import GATES, Shape
from benchmarks.speed.result import make_result, save, verdict
from mcca_ml.config.train import TrainSettings

CELLS, DAYS = 1000, 9521
SHAPE = Shape(cells=CELLS, features=20)
RUNS = 3
LEAST = 10.0
CLOSE = 1e-4
"""Largest difference of scaled soil moisture between the two [1]."""


def flops() -> float:
    """Operations of the products of the gates, forward."""
    return 2.0 * GATES * SHAPE.hidden * (SHAPE.features + SHAPE.hidden) * CELLS * DAYS


def main() -> int:
    """Measure, and say whether it suffices."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one-core", action="store_true", help="by the time of one processor")
    one_core = parser.parse_args().one_core
    if one_core:
        on_one_core()
    random = np.random.default_rng(0)
    x = random.standard_normal((CELLS, DAYS, SHAPE.features), dtype=np.float32)
    network = networks(SHAPE)
    tasks = {JAX: partial(told_by_jax, network, x, TrainSettings().block), "limit": sgemm()}
    if native is not None:
        tasks[NATIVE] = partial(native.predict, network, x)
        apart = float(np.abs(tasks[NATIVE]() - tasks[JAX]()).max())
        print(f"largest difference between the two {apart:.1e}")
        if apart > CLOSE:
            print("they do not tell the same: no verdict")
            return 1
    else:
        print(NOT_BUILT, file=sys.stderr)
    taken = medians(tasks, RUNS, time.process_time if one_core else time.perf_counter)
    ours = NATIVE if NATIVE in taken else JAX
    count, rate = CELLS * DAYS / 1e6, CELLS * DAYS / 1e6 / taken[ours]
    where = ", one core" if one_core else ""
    memory = bandwidth(len(os.sched_getaffinity(0)), 3) / (x.nbytes + 4 * CELLS * DAYS)
    limits = {
        f"gates at the rate of sgemm of {SIZE}": gflops_of(taken["limit"]) / flops(),
        "inputs read once, triad": memory,
    }
    rows = [
        make_result(
            f"predict: 26 years of 1,000 cells{where}, {ours}",
            rate,
            "M cell days/s",
            peer=(JAX, count / taken[JAX]) if ours == NATIVE else ("", None),
            limit=(limit, of_all * 1e9 * count),
        )
        for limit, of_all in limits.items()
    ]
    save("prediction_one_core" if one_core else "prediction", rows)
    return verdict(f"{LEAST:g} times JAX", is_met=(rows[0].ratio or 0) >= LEAST)


if __name__ == "__main__":
    sys.exit(main())
