"""The kernel of the learner against JAX and the machine: training, threads, cells, prediction.

    python benchmarks/learner_kernel.py

A step of training is that of `training.py`: 64 cells, 32 sequences of 64 days each; forward,
backward and Adam. Runs alternate, medians; on a busy machine the ratios hold better than the rates.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from limits import SIZE, gflops_of, sgemm
from pairs import medians
from peers_torch import RATE, Shape, Step
from result import Result, maker, save
from training import JAX, by_jax

from mcca_ml.config_train import TrainSettings
from mcca_ml.learn import tune
from mcca_ml.learn.kernel import native
from mcca_ml.learn.lstm import Network, initialise

RUNS = 7
SHAPES = (Shape(), Shape(features=20), Shape(hidden=16), Shape(features=20, hidden=16))
LEARNER = Shape(features=20, sequences=8)
"""What a record trains: eight sequences a step."""
MANY_CELLS = 100, 1_000, 5_000, 20_000
DAYS_26_YEARS, PREDICTED_CELLS = 9_496, 64
LIMIT = f"sgemm of {SIZE} x {SIZE} x {SIZE}"


def networks(shape: Shape) -> Network:
    """Random weights of each cell, arrays of NumPy."""
    keys = jax.random.split(jax.random.key(0), shape.cells)
    many = jax.vmap(lambda key: initialise(key, shape.features, shape.hidden))(keys)
    found: Network = jax.tree.map(np.asarray, many)
    return found


def by_kernel(shape: Shape, threads: int | None = None, instructions: str = native.BEST) -> Step:
    """A step of the kernel: forward, backward and Adam of all cells.

    Args:
        shape: of the step.
        threads: None: one for each processor.
        instructions: a name of `native.instructions()`, or the best.
    """
    x, y = shape.arrays()
    # The sequences of a cell are cut out of one series, one behind the other.
    series, none = y.reshape(shape.cells, -1), np.zeros((shape.cells, y[0].size), np.float32)
    days = native.Days(x.reshape(*series.shape, -1), series, none + 1, none)
    first = np.arange(shape.sequences, dtype=np.int32) * shape.days
    first = np.tile(first, (shape.cells, 1))
    settings = TrainSettings(
        hidden=shape.hidden,
        sequence=shape.days,
        warm_up=0,
        batch=shape.sequences,
        steps=1,
        epochs=1,
        rate=RATE,
        penalty=0.0,
    )
    start = networks(shape)
    how = {"threads": threads, "instructions": instructions}
    return lambda: native.fine_tune(days, first, start, settings, **how)


def of_shape(shape: Shape) -> list[Result]:
    """Training of one shape beside JAX and sgemm, and by one thread."""
    make = maker()
    ways = {"ours": by_kernel(shape), "one": by_kernel(shape, 1), JAX: by_jax(shape)}
    taken = medians({**ways, LIMIT: sgemm()}, RUNS)
    rate = {name: shape.flops / spent / 1e9 for name, spent in taken.items()}
    limit = {"limit": LIMIT, "limit_value": gflops_of(taken[LIMIT])}
    what = f"{shape.features} features, {shape.hidden} units, {shape.sequences} sequences"
    return [
        make(f"kernel: {what}", rate["ours"], "GFLOP/s", peer=JAX, peer_value=rate[JAX], **limit),
        make(
            f"kernel: {what}, all threads",
            rate["ours"],
            "GFLOP/s",
            peer="one thread",
            peer_value=rate["one"],
        ),
    ]


def of_instructions() -> list[Result]:
    """The first shape by each set of instructions."""
    make, names = maker(), native.instructions()
    taken = medians({name: by_kernel(SHAPES[0], None, name) for name in names}, RUNS)
    return [
        make(f"kernel: {name}", SHAPES[0].flops / taken[name] / 1e9, "GFLOP/s") for name in names
    ]


def of_cells() -> list[Result]:
    """Whether more cells cost more than their share."""
    make = maker()
    # Two sequences each, so that the series of all cells fit into memory.
    shapes = {n: replace(SHAPES[0], cells=n, sequences=2) for n in MANY_CELLS}
    taken = medians({str(n): by_kernel(shape) for n, shape in shapes.items()}, 3)
    rates = {n: n / taken[str(n)] for n in shapes}
    few = MANY_CELLS[0]
    return [
        make(f"kernel: step of {n:,} cells", rates[n], "cells/s", peer=f"{few} cells",
             peer_value=rates[few])
        for n in MANY_CELLS[1:]
    ]  # fmt: skip


def of_prediction(shape: Shape) -> Result:
    """26 years of some cells in one call, beside JAX."""
    cells = replace(shape, cells=PREDICTED_CELLS)
    network = networks(cells)
    x = np.random.default_rng(0).standard_normal(
        (cells.cells, DAYS_26_YEARS, shape.features), dtype=np.float32
    )
    on_device = jax.tree.map(jnp.asarray, network), jnp.asarray(x)
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: native.predict(network, x),
        "JAX": lambda: jax.block_until_ready(tune.predict_cells(*on_device)),
    }
    taken = medians(ways, RUNS)
    rates = {name: cells.cells / spent for name, spent in taken.items()}
    what = f"kernel: predict 26 years, {shape.features} features, {shape.hidden} units"
    return maker()(what, rates["ours"], "cells/s", peer=JAX, peer_value=rates["JAX"])


def main() -> int:
    """Measure."""
    print(f"load {os.getloadavg()[0]:.1f}, instructions {', '.join(native.instructions())}")
    rows = [row for shape in (*SHAPES, LEARNER) for row in of_shape(shape)]
    rows += [*of_instructions(), *of_cells(), *map(of_prediction, SHAPES)]
    save("kernel", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
