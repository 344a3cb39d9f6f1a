"""Work cut into blocks or tasks, done by any executor: threads, processes, a Dask cluster."""

import multiprocessing
import multiprocessing.process
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
)
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from mcca_ml.arrays import AnyArray
from mcca_ml.errors import ConfigError

Task = TypeVar("Task")
Result = TypeVar("Result")

CLUSTER_SECONDS = 20
"""Time to wait for a scheduler [s]."""

Arrays = Sequence[AnyArray]


def _padded(array: AnyArray, start: int, size: int) -> AnyArray:
    """Rows `start` to `start + size`, the last row repeated where the array ends before."""
    block = array[start : start + size]
    short = size - len(block)
    return block if short == 0 else np.concatenate([block, np.repeat(block[-1:], short, axis=0)])


@contextmanager
def _dropping(pool: Executor) -> Iterator[Executor]:
    """A pool that drops, on an error or an interruption, what has not begun."""
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def given_or_threads(executor: Executor | None) -> Iterator[Executor]:
    """The executor given, left open, or else threads, one a processor.

    On an interruption what has not begun is dropped instead of waited for.
    """
    if executor is not None:
        yield executor
        return
    with _dropping(ThreadPoolExecutor(os.cpu_count())) as threads:
        yield threads


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    """End this process, whatever it does, when another has ended."""
    parent.join()
    os._exit(1)


def _begin_work() -> None:
    """Leave Ctrl-C, which a terminal sends to every process, to the one that waits for them.

    Where that one is killed, this one ends too: it would wait for work for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


@contextmanager
def processes(number: int) -> Iterator[Executor | None]:
    """Processes to work in; None for one, whose work the caller does itself.

    On an interruption or an error what has not begun is dropped, and what has is waited for.
    """
    if number <= 1:
        yield None
        return
    # Not forked: JAX has threads, of which a fork would copy the locks and not the threads.
    pool = ProcessPoolExecutor(
        number,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_work,
    )
    with _dropping(pool):
        yield pool


def map_blocks(
    function: Callable[[Arrays], Arrays],
    arrays: Arrays,
    *,
    size: int,
    executor: Executor,
    done: Callable[[int], None] = lambda _: None,
) -> list[AnyArray]:
    """Results of `function` over all rows, computed block by block, in the order of the rows.

    Args:
        function: takes arrays of `size` rows each, returns arrays of `size` rows each.
        arrays: inputs, all with the same number of rows (at least one).
        size: rows of a block; the last block is padded to it, so one compiled program serves all.
        executor: where the blocks run.
        done: called with the number of rows of each block that has ended.

    A row must not depend on its block: then the size of the blocks does not change any result.
    """
    rows = len(arrays[0])
    starts = range(0, rows, size)
    futures = []
    for start in starts:
        block = [_padded(array, start, size) for array in arrays]
        futures.append(executor.submit(function, block))
        if start == 0:  # alone, so that a kernel is compiled once and not by every worker
            futures[0].result()
    results: list[list[AnyArray]] = []
    for start, future in zip(starts, futures, strict=True):
        kept = min(size, rows - start)
        results.append([np.asarray(result)[:kept] for result in future.result()])
        done(kept)
    return [np.concatenate(column) for column in zip(*results, strict=True)]


def perform(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    executor: Executor | None,
    done: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """Results of `function` for each task, in the order of the tasks.

    Args:
        function: of a module, so that other processes find it.
        tasks: small descriptions of the work, not the data.
        executor: where it is done; None: here, one after the other.
        done: called with 1 after each task.

    An error of a task goes up, and tasks that have not begun are dropped.
    """
    if executor is None:
        results = []
        for task in tasks:
            results.append(function(task))
            done(1)
        return results
    futures = [executor.submit(function, task) for task in tasks]
    try:
        for future in as_completed(futures):
            future.result()
            done(1)
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return [future.result() for future in futures]


@contextmanager
def cluster(address: str, seconds: float = CLUSTER_SECONDS) -> Iterator[Executor]:
    """Workers of a Dask cluster.

    Args:
        address: of its scheduler, `tcp://host:8786` for instance.
        seconds: how long to wait for it.

    Raises:
        ConfigError: the package distributed is missing, or no scheduler answers.
    """
    try:
        from distributed import Client  # an extra, which few need
    except ImportError as error:
        raise ConfigError(
            "--cluster: found no package distributed, expected it; pip install 'mcca-ml[cluster]'"
        ) from error
    try:
        client = Client(  # type: ignore[no-untyped-call]
            address, timeout=seconds, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"--cluster {address}: no scheduler answers ({error}), expected one; start it or "
            "correct the address"
        ) from error
    with client:
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
