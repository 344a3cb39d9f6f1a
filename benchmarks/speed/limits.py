"""What can the machine do at best: matrix products, memory, files?

python -m benchmarks.speed.limits
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np

from benchmarks.speed.pairs import Task, medians
from benchmarks.speed.result import Result, make_result, save

SIZE = 2048
SGEMM = f"sgemm of {SIZE} x {SIZE} x {SIZE}"
ELEMENTS = 1 << 25
_BLOCK = 1 << 14  # float64 of three arrays that stay in the cache
RUNS = 7
BYTES = 1 << 28


def gflops_of(seconds: float, size: int = SIZE) -> float:
    """Rate of a product of two square matrices [1e9 operations s-1]."""
    return 2 * size**3 / seconds / 1e9


def sgemm(size: int = SIZE) -> Task:
    """A product of two matrices in single precision by NumPy's BLAS, all its threads."""
    random = np.random.default_rng(0)
    a, b = (random.random((size, size), np.float32) for _ in range(2))
    return partial(np.matmul, a, b, out=np.empty_like(a))


class Triad:
    """a = b + 3 c over arrays far larger than the cache, split over threads.

    After McCalpin's STREAM (1995): 24 bytes an element count, the line that is fetched before it
    is written does not. Block by block, so that the two steps of NumPy pass memory once.
    """

    def __init__(self, threads: int, elements: int = ELEMENTS) -> None:
        self._threads, self._pool = threads, ThreadPoolExecutor(threads)
        self._a = np.zeros(elements)
        self._b, self._c = np.ones(elements), np.ones(elements)
        self.bytes = 24 * elements

    def _part(self, number: int) -> None:
        share = -(-self._a.size // self._threads)
        for start in range(number * share, min((number + 1) * share, self._a.size), _BLOCK):
            of = slice(start, min(start + _BLOCK, (number + 1) * share))
            np.multiply(self._c[of], 3.0, out=self._a[of])
            np.add(self._a[of], self._b[of], out=self._a[of])

    def __call__(self) -> None:
        """The triad."""
        list(self._pool.map(self._part, range(self._threads)))


def bandwidth(threads: int, runs: int = RUNS) -> float:
    """Rate of the triad [1e9 byte s-1]."""
    task = Triad(threads)
    return task.bytes / medians({"triad": task}, runs)["triad"] / 1e9


def _read(path: Path) -> None:
    with h5py.File(path) as file:
        _ = [file[name][()] for name in file]


def file_rates() -> dict[str, float]:
    """Rates of h5py in one process, cached files, plain and as PPS packs them [1e9 byte s-1]."""
    values = np.round(np.random.default_rng(0).normal(250, 20, BYTES // 16).astype(np.float32), 2)
    with TemporaryDirectory() as folder:
        plain, packed = Path(folder) / "plain.h5", Path(folder) / "packed.h5"
        with h5py.File(plain, "w") as file:
            file["tb"] = np.tile(values, 4)
        with h5py.File(packed, "w") as file:
            file.create_dataset("tb", data=values, chunks=(1 << 18,), shuffle=True, compression=4)
        found = medians({"plain": partial(_read, plain), "packed": partial(_read, packed)}, 3)
    return {
        "plain": 4 * values.nbytes / found["plain"] / 1e9,
        "packed": values.nbytes / found["packed"] / 1e9,
    }


def measured() -> list[Result]:
    """The limits of this machine."""
    cores = os.cpu_count() or 1
    product = medians({"sgemm": sgemm()}, RUNS)["sgemm"]
    files = file_rates()
    return [
        make_result(f"machine: {SGEMM}", gflops_of(product), "GFLOP/s"),
        make_result("machine: triad, one thread", bandwidth(1), "GB/s"),
        make_result(f"machine: triad, {cores} threads", bandwidth(cores), "GB/s"),
        make_result("machine: h5py, plain file in the cache", files["plain"], "GB/s"),
        make_result("machine: h5py, shuffled and gzipped file", files["packed"], "GB/s"),
    ]


if __name__ == "__main__":
    save("machine", measured())
