"""Times of several ways to do the same work, taken in turns, so that all meet the same machine."""

import statistics
import time
from collections.abc import Callable, Mapping

Task = Callable[[], object]


def seconds(task: Task) -> float:
    """Elapsed time of one call [s]."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def times(tasks: Mapping[str, Task], runs: int, *, warm: bool = True) -> dict[str, list[float]]:
    """Elapsed times of each task [s], one of each in turn, `runs` times.

    Args:
        tasks: by name.
        runs: rounds that count.
        warm: first call each once, which does not count: compilation, files that come from disk.
    """
    if warm:
        for task in tasks.values():
            task()
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            found[name].append(seconds(task))
    return found


def medians(tasks: Mapping[str, Task], runs: int, *, warm: bool = True) -> dict[str, float]:
    """Median elapsed time of each task [s], as `times` takes them."""
    found = times(tasks, runs, warm=warm)
    return {name: statistics.median(values) for name, values in found.items()}
