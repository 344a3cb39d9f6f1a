"""Reading level 1C against what h5py alone needs for the same datasets.

    python benchmarks/read_1c.py

Whole orbits, simulated, in cached files: once as the simulator packs them (shuffled, gzip), as PPS
packs its whole orbits too, and once unpacked. Runs of both alternate; the ratio is the median over
pairs. Exit status 1 where the reader has less than 60 % of h5py's speed on packed files.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import orbit_1c

from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.simulate.gpm_1c import write_1c

ORBITS = (("AMSR2", ("S1", "S2", "S3", "S4"), 3957, 243), ("GMI", ("S1",), 2963, 221))
PAIRS = 9
LEAST = 0.6
NEEDED = (
    *("Tc", "Latitude", "Longitude", "Quality", "incidenceAngle", "incidenceAngleIndex"),
    *("ScanTime/Year", "ScanTime/DayOfYear", "ScanTime/SecondOfDay"),
)


def by_h5py(path: Path) -> int:
    """Read what the reader needs, and nothing else; the bytes of it."""
    with h5py.File(path) as h5:
        return sum(h5[f"{swath}/{name}"][()].nbytes for swath in h5 for name in NEEDED)


def seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def unpacked(path: Path) -> Path:
    """A copy with its datasets as plain arrays."""
    copy = path.with_suffix(".plain.HDF5")
    shutil.copy(path, copy)
    with h5py.File(copy, "a") as h5:
        for name in [f"{swath}/{name}" for swath in h5 for name in NEEDED]:
            values = h5[name][()]
            del h5[name]
            h5[name] = values
    return copy


def compared(path: Path, what: str) -> float:
    """Print the speeds of both on one file; the ratio."""
    size = by_h5py(path)
    read_1c(path)
    pairs = [(seconds(lambda: by_h5py(path)), seconds(lambda: read_1c(path))) for _ in range(PAIRS)]
    alone, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(first / second for first, second in pairs)
    megabytes = size / 1e6
    print(
        f"{what:22s} {megabytes:6.1f} MB  h5py {megabytes / alone:6.0f} MB/s  "
        f"read_1c {megabytes / ours:6.0f} MB/s  ratio {ratio:.2f}"
    )
    return ratio


def main() -> int:
    """Print the speeds and say whether they suffice."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for sensor, names, scans, pixels in ORBITS:
            path = Path(folder) / f"{sensor}.HDF5"
            write_1c(path, orbit_1c.granule(sensor, names, scans, pixels))
            ratios.append(compared(path, f"{sensor}, packed"))
            compared(unpacked(path), f"{sensor}, unpacked")
    enough = min(ratios) >= LEAST
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    print(f"limit {LEAST} of h5py's speed on packed orbits: {'met' if enough else 'NOT MET'}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
