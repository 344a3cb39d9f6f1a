"""How near is reading level 1C to what h5py alone needs for the same datasets?

    python -m benchmarks.speed.read_1c

Whole orbits, simulated, in cached files: once as the simulator packs them (shuffled, gzip), as PPS
packs its whole orbits too, and once unpacked. h5py alone is the limit; the peer is xarray's own
reader of netCDF (`open_dataset`, a group a swath), which neither masks quality nor makes times.
Runs alternate; medians. Exit status 1 where the reader has less than 60 % of h5py's speed on packed
files.
"""

import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import h5py
import xarray as xr

from benchmarks.speed import orbit_1c
from benchmarks.speed.pairs import medians
from benchmarks.speed.result import Result, make_result, save, verdict
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.simulate.files.gpm_1c import write_1c

ORBITS = (("AMSR2", ("S1", "S2", "S3", "S4"), 3957, 243), ("GMI", ("S1",), 2963, 221))
RUNS = 9
LEAST = 0.6
PEER = "xarray.open_dataset"
NEEDED = (
    *("Tc", "Latitude", "Longitude", "Quality", "incidenceAngle", "incidenceAngleIndex"),
    *("ScanTime/Year", "ScanTime/DayOfYear", "ScanTime/SecondOfDay"),
)


def by_h5py(path: Path) -> int:
    """Read what the reader needs, and nothing else; the bytes of it."""
    with h5py.File(path) as h5:
        return sum(h5[f"{swath}/{name}"][()].nbytes for swath in h5 for name in NEEDED)


def by_xarray(path: Path, swaths: tuple[str, ...]) -> None:
    """The same datasets by xarray."""
    for swath in swaths:
        for group in (swath, f"{swath}/ScanTime"):
            wanted = [name.split("/")[-1] for name in NEEDED if ("/" in name) == ("/" in group)]
            with xr.open_dataset(path, group=group, engine="netcdf4") as ds:
                ds[wanted].load()


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


def compared(path: Path, what: str, swaths: tuple[str, ...]) -> Result:
    """Speeds on one file."""
    megabytes = by_h5py(path) / 1e6
    tasks = {"h5py": partial(by_h5py, path), "ours": partial(read_1c, path)}
    if ".plain" not in path.name:  # a dataset made anew has lost the dimensions xarray asks for
        tasks[PEER] = partial(by_xarray, path, swaths)
    taken = medians(tasks, RUNS)
    return make_result(
        f"read: {what}",
        megabytes / taken["ours"],
        "MB/s",
        peer=(PEER, megabytes / taken[PEER]) if PEER in taken else ("", None),
        limit=("h5py alone, the same datasets", megabytes / taken["h5py"]),
    )


def main() -> int:
    """Measure, and say whether it suffices."""
    packed, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        for sensor, names, scans, pixels in ORBITS:
            path = Path(folder) / f"{sensor}.HDF5"
            write_1c(path, orbit_1c.granule(sensor, names, scans, pixels))
            packed.append(compared(path, f"1C {sensor}, packed", names))
            plain.append(compared(unpacked(path), f"1C {sensor}, unpacked", names))
    save("read_1c", [*packed, *plain])
    is_met = min(row.value / row.limit_value for row in packed) >= LEAST
    return verdict(f"{LEAST} of h5py's speed on packed orbits", is_met=is_met)


if __name__ == "__main__":
    sys.exit(main())
