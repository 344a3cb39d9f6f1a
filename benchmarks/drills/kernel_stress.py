"""Does the kernel survive 100,000 short fits when it is built to find its own faults?

    python -m benchmarks.drills.kernel_stress [--fits 100000] [--sanitize address,undefined]

The kernel is compiled once more, with the sanitizers of the compiler (`thread` finds races), and
run in a process of its own: random shapes, all instructions, one to four threads, cells without
targets, with NaN, with infinite weights, and calls that are broken off. Exit status 0: no finding.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mcca_ml" / "learn" / "kernel"
CELLS = 50
SOUND = 0
BROKEN_OFF = 40
"""One call in so many is broken off."""


def build(folder: Path, sanitize: str) -> Path:
    """The kernel compiled with sanitizers."""
    flags = f"-fsanitize={sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer -g"
    options = [
        f"-DCMAKE_CXX_FLAGS={flags}",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
        f"-DPython_EXECUTABLE={sys.executable}",
    ]
    commands = (
        ["cmake", "-S", SOURCE, "-B", folder, *options],
        ["cmake", "--build", folder, "--parallel"],
    )
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("_native.*"))


def environment(sanitize: str) -> dict[str, str]:
    """The library of the sanitizer before all others, since Python is not built with it.

    That of C++ too: the sanitizer looks once, at the beginning, for what throws.
    """
    names = "tsan" if "thread" in sanitize else "asan", "stdc++"
    found = [
        subprocess.run(
            ["c++", f"-print-file-name=lib{name}.so"], check=True, capture_output=True, text=True
        )
        for name in names
    ]
    # Python itself keeps memory until its end.
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(done.stdout.strip() for done in found),
        "ASAN_OPTIONS": "detect_leaks=0",
        "OPENBLAS_NUM_THREADS": "1",
    }


def loaded(path: Path) -> ModuleType:
    """The module at a path."""
    spec = importlib.util.spec_from_file_location("_native", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def networks(rng: np.random.Generator, features: int, hidden: int) -> list[np.ndarray]:
    """Random weights of all cells."""
    gates = 4 * hidden
    shapes = (features, gates), (hidden, gates), (gates,), (hidden,), ()
    return [rng.normal(0, 0.3, (CELLS, *shape)).astype(np.float32) for shape in shapes]


def spoil(rng: np.random.Generator, series: list[np.ndarray], weights: list[np.ndarray]) -> None:
    """Cells without a target, with one, with two, with NaN, with an infinite weight."""
    x, _target, train, stop = series
    train[:3] = 0
    train[1, 5], train[2, 5:7] = 1, 1
    stop[3] = 0
    x[4, rng.integers(x.shape[1]), 0] = np.nan
    weights[3][5, 0] = np.inf


def fit(native: ModuleType, rng: np.random.Generator, number: int) -> None:
    """One call for all cells, of random shape, then its gradient and its answers."""
    features, hidden = int(rng.integers(1, 25)), int(rng.integers(1, 41))
    sequence, batch = int(rng.integers(8, 25)), int(rng.integers(1, 13))
    days, epochs, steps = sequence + int(rng.integers(30)), int(rng.integers(1, 4)), 2
    series = [rng.normal(size=(CELLS, days, features)), rng.normal(size=(CELLS, days))]
    series += [rng.random((CELLS, days)) < share for share in (0.4, 0.2)]
    series = [array.astype(np.float32) for array in series]
    start = networks(rng, features, hidden)
    spoil(rng, series, start)
    draws = epochs * steps * batch
    first = rng.integers(0, days - sequence + 1, (CELLS, draws)).astype(np.int32)
    settings = (epochs, steps, batch, sequence, int(rng.integers(sequence)), 2, 3e-3, 0.03)
    found = tuple(np.empty_like(leaf) for leaf in start)
    errors, counts = np.empty((CELLS, 2), np.float32), np.empty((CELLS, 3), np.int32)
    names, threads = native.instructions(), int(rng.integers(1, 5))
    name, given, begun = names[number % len(names)], tuple(series), tuple(start)

    def progress(_done: int) -> None:
        if number % BROKEN_OFF == 0:
            raise InterruptedError

    try:
        native.fine_tune(
            name, given, first, begun, settings, threads, progress, found, errors, counts
        )
    except InterruptedError:
        return
    if np.any((counts[6:, 2] != SOUND) | ~np.isfinite(errors[6:, 1])):
        raise AssertionError(f"call {number}: a sound cell has a status or no error")
    loss, answer = np.empty(CELLS, np.float32), np.empty((CELLS, days), np.float32)
    some = np.ascontiguousarray(first[:, :batch])
    native.gradient(name, given, some, begun, sequence, settings[4], threads, found, loss)
    native.predict(name, series[0], begun, threads, None, answer)


def stress(path: Path, fits: int) -> int:
    """All calls; exit status."""
    native, rng = loaded(path), np.random.default_rng(0)
    for number in range(1, -(-fits // CELLS) + 1):
        fit(native, rng, number)
        if number % 200 == 0:
            print(f"{number * CELLS:,} fits", flush=True)
    print(f"{fits:,} fits by {', '.join(native.instructions())}: no finding")
    return 0


def main() -> int:
    """Build, then run in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=100_000)
    parser.add_argument("--sanitize", default="address,undefined")
    parser.add_argument("--module", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.module:
        return stress(given.module, given.fits)
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder), given.sanitize)
        again = [sys.executable, "-m", "benchmarks.drills.kernel_stress", "--fits", str(given.fits)]
        again += ["--module", path]
        return subprocess.run(again, env=environment(given.sanitize), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
