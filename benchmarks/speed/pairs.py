"""How long do several ways of the same work take on the same machine, taken in turns?"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping

Task = Callable[[], object]


def on_one_core() -> None:
    """Start this program again, on one core; returns in the one that was started."""
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    alone |= {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    if alone.items() <= os.environ.items():
        return
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **alone})


def times(
    tasks: Mapping[str, Task], runs: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Times of each task [s], one of each in turn, `runs` times.

    Each is called once before, which does not count: compilation, files that come from disk.

    Args:
        tasks: by name.
        runs: rounds that count.
        clock: elapsed time, or `time.process_time`, which others on the machine hardly change.
    """
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(runs + 1):
        for name, task in tasks.items():
            start = clock()
            task()
            found[name].append(clock() - start)
    return {name: values[1:] for name, values in found.items()}


def medians(
    tasks: Mapping[str, Task], runs: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Median time of each task [s], as `times` takes them."""
    return {name: statistics.median(values) for name, values in times(tasks, runs, clock).items()}
