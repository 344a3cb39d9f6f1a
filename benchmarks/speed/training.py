"""How fast do many small networks train: the kernel beside JAX and PyTorch?

    python -m benchmarks.speed.training [--quick] [--one-core]

A step is forward, backward and Adam of 64 cells, 32 sequences of 64 days each, counted as the
products of its gates (`peers_torch.Shape.flops`); the limit is a product of two matrices of 2048 in
single precision by all cores. Peers stand in `peers_torch.py` and `networks.py`; they are compiled
outside the clock, have the same threads, numbers and optimiser. Runs alternate; medians. `--quick`
leaves out the slowest. `--one-core` gives all of them one core and takes the time of the processor,
which tells the same on a busy machine, where threads that wait for each other lose most.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from itertools import chain

from benchmarks.speed import peers_torch
from benchmarks.speed.limits import SGEMM, gflops_of, sgemm
from benchmarks.speed.networks import (
    JAX,
    NATIVE,
    NOT_BUILT,
    STEPS,
    native,
    step_by_jax,
    steps_by_kernel,
)
from benchmarks.speed.pairs import medians, on_one_core
from benchmarks.speed.peers_torch import PEERS, Shape
from benchmarks.speed.result import Result, make_result, save

RUNS = 5
SHAPES = (Shape(), Shape(features=20), Shape(hidden=16), Shape(features=20, hidden=16))
FIRST_ONLY = ("torch.compile", "torch, one nn.LSTM a cell, no oneDNN")
"""Peers of the first shape alone: one takes minutes to compile, the other is far behind."""


def ways(shape: Shape, *, quick: bool) -> dict[str, Callable[[], object]]:
    """Steps of all that are here, by name."""
    found: dict[str, Callable[[], object]] = {SGEMM: sgemm(), JAX: step_by_jax(shape)}
    if native is not None:
        found[NATIVE] = steps_by_kernel(shape)
    if peers_torch.INSTALLED:
        peers_torch.use_threads(len(os.sched_getaffinity(0)))
        is_full = shape == SHAPES[0] and not quick
        names = [name for name in PEERS if is_full or name not in FIRST_ONLY]
        found |= {name: PEERS[name](shape) for name in names}
    return found


def measured(shape: Shape, *, quick: bool, one_core: bool) -> list[Result]:
    """Rates of one shape: ours beside each peer."""
    clock = time.process_time if one_core else time.perf_counter
    taken = medians(ways(shape, quick=quick), RUNS, clock)
    most = gflops_of(taken.pop(SGEMM))
    calls = {NATIVE: STEPS}
    rates = {n: calls.get(n, 1) * shape.flops / spent / 1e9 for n, spent in taken.items()}
    ours, where = NATIVE if NATIVE in rates else JAX, ", one core" if one_core else ""
    peers = [p for p in (JAX, *PEERS) if p in rates and p != ours]
    if not peers_torch.INSTALLED and shape == SHAPES[0]:
        peers += PEERS
    return [
        make_result(
            f"train: {shape.features} features, {shape.hidden} units{where}, {ours}",
            rates[ours],
            "GFLOP/s",
            peer=(peer, rates.get(peer)),
            limit=(SGEMM, most),
        )
        for peer in peers or [""]
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the slowest peers")
    parser.add_argument("--one-core", action="store_true", help="by the time of one processor")
    asked = parser.parse_args()
    if asked.one_core:
        on_one_core()
    if not peers_torch.INSTALLED:
        print("PyTorch is not installed: no peers (make peers)", file=sys.stderr)
    if native is None:
        print(NOT_BUILT, file=sys.stderr)
    parts = (measured(shape, quick=asked.quick, one_core=asked.one_core) for shape in SHAPES)
    save("training_one_core" if asked.one_core else "training", chain.from_iterable(parts))


if __name__ == "__main__":
    main()
