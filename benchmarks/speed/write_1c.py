"""How long does writing a simulated level 1C granule take, beside what HDF5 needs?

    python -m benchmarks.speed.write_1c

Three swaths of 40 by 40 footprints, all of them with values. Times are of the processor, medians
over files. Exit status 1 above 6 ms a file.
"""

import sys
import tempfile
import time
import zlib
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from benchmarks.speed import orbit_1c
from benchmarks.speed.pairs import medians
from benchmarks.speed.result import Result, make_result, save, verdict
from mcca_ml.simulate.files import gpm_1c, hdf5_image
from mcca_ml.simulate.files.gpm_1c import granule_name, write_1c

SENSOR, NAMES, SCANS, PIXELS = "AMSR2", ("S1", "S2", "S4"), 40, 40
REPEATS = 200
MOST_MS = 6.0


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
    granule = orbit_1c.granule(SENSOR, NAMES, SCANS, PIXELS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / granule_name(granule)
        write_1c(path, granule)
        size = path.stat().st_size
        datasets, attributes, values = contents(path)
        groups = [name for name in attributes if name != "/"]
        image = hdf5_image.empty(groups, tuple(datasets.values()), {})

        def anew() -> None:
            gpm_1c._image.cache_clear()
            write_1c(path, granule)

        tasks = {
            "ours": partial(write_1c, path, granule),
            "fill": lambda: hdf5_image.filled(image, values, {}),
            "disk": lambda: path.write_bytes(image + bytes(size - len(image))),
            "pack": partial(packing, values),
        }
        slow = {
            "first": anew,
            "h5py": partial(by_h5py, Path(folder) / "h5py", datasets, attributes, values),
        }
        clock = time.process_time
        taken = medians(tasks, REPEATS, clock) | medians(slow, REPEATS // 10, clock)
    ms = {name: 1e3 * seconds for name, seconds in taken.items()}
    return [
        make_result(
            f"simulate: write a granule of {len(NAMES)} swaths of {SCANS} x {PIXELS}",
            ms["ours"],
            "ms",
            peer=("h5py's usual interface", ms["h5py"]),
            limit=(
                "HDF5's own calls to fill in a copy, and the bytes to a file",
                ms["fill"] + ms["disk"],
            ),
        ),
        make_result("simulate: shuffle and gzip of these values alone", ms["pack"], "ms"),
        make_result("simulate: first granule of a shape", ms["first"], "ms"),
    ]


def main() -> int:
    """Measure, and say whether it suffices."""
    rows = measured()
    save("write_1c", rows)
    return verdict(f"{MOST_MS} ms a file", is_met=rows[0].value <= MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
