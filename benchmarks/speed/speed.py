"""How many retrievals a second, beside scipy's least_squares on the same cells?

    python -m benchmarks.speed.speed

Cells are those of the real day where it is at hand, else simulated ones, repeated to a million.
Exit status 1 where MCCA is not 1,000 times as fast or stays below 500,000 cells a second.
"""

import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.common import peers, real_granules
from benchmarks.common import rows as tabular
from benchmarks.speed import operations
from benchmarks.speed.result import make_result, save, verdict
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.retrieve import search
from mcca_ml.retrieve.inputs import Rows, input_errors
from mcca_ml.retrieve.screen import is_attempted
from mcca_ml.retrieve.self_constraint import RetrievalModel, costs
from mcca_ml.retrieve.single_look import BLOCK_ROWS, Solver
from mcca_ml.retrieve.uncertainty import InputError, uncertainty_cell
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.scene import scene_tb, uniform_scene

CELLS = 1_000_000
SCIPY_CELLS = 300
REPEATS = 5
LEAST_RATE, LEAST_RATIO = 500_000, 1_000


@dataclass(frozen=True)
class Timing:
    """One way of retrieving."""

    wall: float
    """Cells a second of elapsed time, the best of some runs [s-1]."""
    core: float
    """Time of processors a cell [s], the best of some runs."""


def cells_to_time() -> tuple[Rows, RetrievalModel, str]:
    """Rows to time, and what they are."""
    settings = RetrieveSettings()
    path = real_granules.path_of(real_granules.DAY)
    if path.is_file():
        ds = real_granules.read_smap(path)
        rows, model = tabular.rows_from(ds, settings)
        solved = tabular.taken(rows, is_attempted(rows.flag))
        return solved, model, f"real cells of {path.name}"
    rng = np.random.default_rng(0)
    moisture, vod = (rng.uniform(0, high, 50_000).astype(np.float32) for high in (0.5, 1.2))
    scene = uniform_scene(moisture + np.float32(0.02), vod)
    tb = scene_tb(scene, SMAP.channels, rng)
    return tabular.rows_of_scene(scene, tb, settings), tabular.smap_model(settings), "simulated"


def repeated(rows: Rows, count: int) -> Rows:
    """The rows, over and over until there are `count` or a few more."""
    times = -(-count // len(rows.flag))
    return tabular.taken(rows, np.tile(np.arange(len(rows.flag)), times))


def time_mcca(rows: Rows, model: RetrievalModel) -> tuple[Timing, float]:
    """Speed of MCCA once compiled, and the seconds of the first block, compilation included."""
    error, everywhere = input_errors(RetrieveSettings()), np.ones(len(rows.flag), np.bool_)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        solver = Solver(model, threads, lambda _: None)
        start = time.perf_counter()
        first = np.arange(len(everywhere)) < BLOCK_ROWS
        solver(rows, first, error)
        compiling = time.perf_counter() - start
        walls, cores = [], []
        for _ in range(REPEATS):
            start, used = time.perf_counter(), time.process_time()
            solver(rows, everywhere, error)
            walls.append(time.perf_counter() - start)
            cores.append(time.process_time() - used)
    count = len(everywhere)
    return Timing(count / min(walls), min(cores) / count), compiling


def time_scipy(rows: Rows, model: RetrievalModel) -> tuple[Timing, float]:
    """Speed of least_squares on some of the cells, and the median difference of soil moisture."""
    some = np.linspace(0, len(rows.flag) - 1, SCIPY_CELLS).astype(int)
    taken = tabular.taken(rows, some)
    start, used = time.perf_counter(), time.process_time()
    found = peers.two_channels_scipy(taken.cell, model.polarization_mixing)
    wall, core = time.perf_counter() - start, time.process_time() - used
    ours = tabular.mcca(taken, model, RetrieveSettings())
    apart = float(np.nanmedian(np.abs(ours.soil_moisture - found.soil_moisture)))
    return Timing(SCIPY_CELLS / wall, core / SCIPY_CELLS), apart


def operations_of_cell(rows: Rows, model: RetrievalModel) -> dict[str, operations.Operations]:
    """Operations of one retrieval, by its parts."""
    cell = jax.tree.map(lambda value: jnp.asarray(value[0]), rows.cell)
    error = InputError(*(jnp.float32(0.01) for _ in range(6)))
    low = jnp.float32(model.soil_moisture_min)

    def cost(m: jax.Array) -> jax.Array:
        return jnp.minimum(*costs(m, cell, model))

    def minimum() -> jax.Array:
        return search.minimise(cost, low, cell.soil_moisture_max)[0]

    trips = search.GRID_POINTS
    solution = search.Solution(
        jnp.float32(0.2), jnp.int32(0), jnp.float32(0.3), jnp.float32(0.0), jnp.bool_(True)
    )
    one = operations.count(cost, low)
    both = operations.count(minimum, trips=trips)
    whole = operations.count(lambda: search.search_cell(cell, model), trips=trips)
    last = operations.count(lambda: uncertainty_cell(solution, cell, error, model))
    return {
        "one evaluation of the cost": one,
        f"grid of {trips} points": one * trips,
        "golden section": both + one * -trips,
        "polish and outcome": whole + both * -1,
        "uncertainty": last,
        "whole retrieval": whole + last,
    }


def limit_rate(rows: Rows, model: RetrievalModel) -> float:
    """Retrievals a second of all cores if every operation ran at the machine's own rates."""
    best = operations.machine(os.cpu_count() or 1)
    parts = operations_of_cell(rows, model)
    print("Operations of one retrieval (cheap: add, multiply, compare, choose; costly: divide,")
    print("root, exponential, logarithm, power, sine), counted from its program as written:")
    for name, found in parts.items():
        print(f"  {name:28s} {found.cheap:7,d} cheap {found.costly:6,d} costly")
    print(f"float32, elementwise: {best.gpoly:.0f} GFLOP/s, exponentials {best.gexp:.2f} G/s")
    whole = parts["whole retrieval"]
    return 1 / (whole.cheap / best.gpoly / 1e9 + whole.costly / best.gexp / 1e9)


def main() -> int:
    """Measure, and say whether it suffices."""
    rows, model, what = cells_to_time()
    many = repeated(rows, CELLS)
    ours, compiling = time_mcca(many, model)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    theirs, apart = time_scipy(rows, model)
    cores = os.cpu_count() or 1
    peer, limit = "scipy least_squares, cell by cell", "its operations at elementwise rates"
    most = (limit, limit_rate(rows, model))
    rates = {
        f"retrieve: MCCA with uncertainty, {what}": (ours.wall, theirs.wall),
        "retrieve: by time of processors, all cores": (cores / ours.core, 1 / theirs.core),
    }
    results = [
        make_result(name, rate, "cells/s", peer=(peer, rate_of_peer), limit=most)
        for name, (rate, rate_of_peer) in rates.items()
    ]
    results += [
        make_result("retrieve: first block, compilation included", compiling, "s"),
        make_result("retrieve: peak memory, a million cells", peak, "GB"),
    ]
    save("retrieve", results)
    print(f"median difference of soil moisture from scipy {apart:.5f} m3 m-3")
    is_met = ours.wall >= LEAST_RATE and ours.wall / theirs.wall >= LEAST_RATIO
    return verdict(f"{LEAST_RATE:,} cells/s and ratio {LEAST_RATIO:,}", is_met=is_met)


if __name__ == "__main__":
    sys.exit(main())
