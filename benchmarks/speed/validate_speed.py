"""How long does scoring daily pairs of many cells over 26 years take?

The claim: 230,000 cells x 26 years in under 10 minutes on two cores. It is shown at a tenth of the
size, and at half of that for the growth; values are simulated (an autoregression with a season and
gaps), and making them is not counted. On a busy machine the wall clock tells of the others, so
seconds of the processor are measured too, and the limit is on those: 600 s times two cores.

    python -m benchmarks.speed.validate_speed [--cells 23000] [--workers 2]
"""

import argparse
import os
import resource
import sys
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.speed.score_cells import score_cells
from mcca_ml.parallel import processes

WHOLE = 230_000
DAYS = np.arange("1998-01-01", "2024-01-01", dtype="M8[D]")
LIMIT_S = 600.0
CORES = 2
PRESENT = 0.6


@dataclass(frozen=True)
class Simulated:
    """Simulated pairs; one block is made once in each process and turned for the others."""

    def read(self, cells: slice) -> tuple[np.ndarray, np.ndarray]:
        """Estimate and reference of some cells (cell, day)."""
        rng = np.random.default_rng(cells.start)
        shape = (cells.stop - cells.start, DAYS.size)
        season = (0.25 + 0.08 * np.sin(np.arange(DAYS.size) / 58.1)).astype(np.float32)
        slow = rng.standard_normal((shape[0], DAYS.size // 8 + 1), np.float32)
        found = []
        for _ in range(2):
            noise = rng.standard_normal(shape, np.float32) * np.float32(0.03)
            values = season + np.float32(0.04) * np.repeat(slow, 8, axis=1)[:, : DAYS.size] + noise
            values[rng.random(shape, np.float32) > PRESENT] = np.nan
            found.append(values)
        return found[0], found[1]


@dataclass(frozen=True)
class Nothing:
    """What making the pairs costs, so that it can be taken off."""

    pairs: Simulated

    def read(self, cells: slice) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of a day, after all were made."""
        estimate, reference = self.pairs.read(cells)
        return estimate[:, :1], reference[:, :1]


def spent(cells: int, workers: int) -> tuple[float, float]:
    """Wall clock and processor time to score, less those to make the pairs [s]."""
    found = []
    for pairs, days in ((Simulated(), DAYS), (Nothing(Simulated()), DAYS[:1])):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with processes(workers) as pool:
            score_cells(pairs, days, 2 * workers, executor=pool, size=1)  # started and imported
            begun = time.monotonic()
            score_cells(pairs, days, cells, executor=pool)
            wall = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return found[0][0] - found[1][0], found[0][1] - found[1][1]


def main() -> int:
    """Print seconds, the rate, and what the whole costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=WHOLE // 10)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores before")
    found = {cells: spent(cells, asked.workers) for cells in (asked.cells // 2, asked.cells)}
    for cells, (wall, busy) in found.items():
        each = busy / (cells * DAYS.size) * 1e9
        print(
            f"{cells:,} cells x {DAYS.size:,} days: {wall:.1f} s, "
            f"{busy:.1f} s of processors, {each:.0f} ns a pair"
        )
    half, full = found.values()
    whole = full[1] * WHOLE / asked.cells / CORES
    print(f"twice the cells cost {full[1] / half[1]:.2f} times the processor time")
    print(f"{WHOLE:,} cells on {CORES} free cores: {whole:.0f} s, limit {LIMIT_S:.0f} s")
    print(f"load {os.getloadavg()[0]:.1f} after")
    return int(whole > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
