"""How long do several ways of the same work take on the same machine, taken in turns?"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping

Task = Callable[[], object]
Clock = Callable[[], float]


def on_one_core() -> None:
    """Start this program again, on one core; returns in the one that was started."""
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    alone |= {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    if alone.items() <= os.environ.items():
        return
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **alone})


def seconds(task: Task, clock: Clock = time.perf_counter) -> float:
    """Time of one call [s], elapsed or by another clock."""
    start = clock()
    task()
    return clock() - start


def times(
    tasks: Mapping[str, Task], runs: int, *, warm: bool = True, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Times of each task [s], one of each in turn, `runs` times.

    Args:
        tasks: by name.
        runs: rounds that count.
        warm: first call each once, which does not count: compilation, files that come from disk.
        clock: elapsed time, or `time.process_time`, which others on the machine hardly change.
    """
    if warm:
        for task in tasks.values():
            task()
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            found[name].append(seconds(task, clock))
    return found


def medians(
    tasks: Mapping[str, Task], runs: int, *, warm: bool = True, clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Median time of each task [s], as `times` takes them."""
    found = times(tasks, runs, warm=warm, clock=clock)
    return {name: statistics.median(values) for name, values in found.items()}
