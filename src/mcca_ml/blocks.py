"""Map a function over blocks of cells of one fixed size, with any `concurrent.futures` executor."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

Arrays = Sequence[npt.NDArray[np.generic]]


def _padded(array: npt.NDArray[np.generic], start: int, size: int) -> npt.NDArray[np.generic]:
    """Rows `start` to `start + size`, the last row repeated where the array ends before."""
    block = array[start : start + size]
    short = size - len(block)
    return block if short == 0 else np.concatenate([block, np.repeat(block[-1:], short, axis=0)])


def map_blocks(
    function: Callable[[Arrays], Arrays],
    arrays: Arrays,
    *,
    size: int,
    executor: Executor,
    done: Callable[[int], None] = lambda _: None,
) -> list[npt.NDArray[np.generic]]:
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
    futures = [
        executor.submit(function, [_padded(array, start, size) for array in arrays])
        for start in starts
    ]
    results: list[list[npt.NDArray[np.generic]]] = []
    for start, future in zip(starts, futures, strict=True):
        kept = min(size, rows - start)
        results.append([np.asarray(result)[:kept] for result in future.result()])
        done(kept)
    return [np.concatenate(column) for column in zip(*results, strict=True)]
