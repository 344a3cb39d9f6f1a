"""How long does writing a simulated level 1C granule take, beside what HDF5 needs?

    python -m benchmarks.speed.write_1c

Three swaths of 40 by 40 footprints, all of them with values. Times are of the processor, medians
over files. Exit status 1 above 6 ms a file.
"""

import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from benchmarks.speed import orbit_1c
from benchmarks.speed.result import Result, maker, save
from mcca_ml.simulate.files import gpm_1c, hdf5_image
from mcca_ml.simulate.files.gpm_1c import granule_name, write_1c

SENSOR, NAMES, SCANS, PIXELS = "AMSR2", ("S1", "S2", "S4"), 40, 40
REPEATS = 200
MOST_MS = 6.0


def milliseconds(task: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median time of the processor that a task takes [ms]."""
    task()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return 1e3 * statistics.median(times)


def contents(path: Path) -> tuple[dict, dict, dict]:
    """Datasets as they are written, attributes of groups, and values, of a file."""
    datasets, attributes, values = {}, {}, {}
    with h5py.File(path) as h5:
        members = ["/"]
        h5.visit(members.append)
        for name in members:
            texts = {k: bytes(v) for k, v in h5[name].attrs.items() if k != "_FillValue"}
            if isinstance(h5[name], h5py.Group):
                attributes[name] = texts
                continue
            values[name] = found = h5[name][()]
            dtype = found.dtype.str[1:]
            fill = float(h5[name].attrs["_FillValue"])
            datasets[name] = hdf5_image.Dataset(name, dtype, found.shape, fill, texts)
    return datasets, attributes, values


def by_h5py(path: Path, datasets: dict, attributes: dict, values: dict) -> None:
    """The same objects by h5py's comfortable interface."""
    with h5py.File(path, "w", libver=("v110", "v110")) as h5:
        for name, made in datasets.items():
            is_packed = values[name].nbytes > 1024
            more = {"chunks": made.shape, "shuffle": True} if is_packed else {}
            found = h5.create_dataset(
                name, data=values[name], compression=1 if is_packed else None, **more
            )
            found.attrs["_FillValue"] = np.array(made.fill, made.dtype)
            for key, value in made.attributes.items():
                found.attrs[key] = np.bytes_(value)
        for name, texts in attributes.items():
            for key, value in texts.items():
                h5[name].attrs[key] = np.bytes_(value)


def packing(values: dict) -> None:
    """What shuffle and gzip cost without HDF5."""
    for array in values.values():
        if array.nbytes > 1024:
            octets = np.ascontiguousarray(array).view(np.uint8).reshape(-1, array.itemsize)
            zlib.compress(np.ascontiguousarray(octets.T), 1)


def measured() -> list[Result]:
    """Times of a granule and of its parts."""
    make, granule = maker(), orbit_1c.granule(SENSOR, NAMES, SCANS, PIXELS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / granule_name(granule)
        ours = milliseconds(lambda: write_1c(path, granule))
        size = path.stat().st_size

        def anew() -> None:
            gpm_1c._image.cache_clear()
            write_1c(path, granule)

        first = milliseconds(anew)
        datasets, attributes, values = contents(path)
        groups = [name for name in attributes if name != "/"]
        made = tuple(datasets.values())
        image = hdf5_image.empty(groups, made, {})
        fill = milliseconds(lambda: hdf5_image.filled(image, values, {}))
        comfortable = milliseconds(
            lambda: by_h5py(Path(folder) / "h5py", datasets, attributes, values), REPEATS // 10
        )
        disk = milliseconds(lambda: path.write_bytes(image + bytes(size - len(image))))
        pack = milliseconds(lambda: packing(values))
    return [
        make(
            f"simulate: write a granule of {len(NAMES)} swaths of {SCANS} x {PIXELS}",
            ours,
            "ms",
            peer="h5py's usual interface",
            peer_value=comfortable,
            limit="HDF5's own calls to fill in a copy, and the bytes to a file",
            limit_value=fill + disk,
        ),
        make("simulate: shuffle and gzip of these values alone", pack, "ms"),
        make("simulate: first granule of a shape", first, "ms"),
    ]


def main() -> int:
    """Measure, and say whether it suffices."""
    rows = measured()
    save("write_1c", rows)
    enough = rows[0].value <= MOST_MS
    print(f"limit {MOST_MS} ms a file: {'met' if enough else 'NOT MET'}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
