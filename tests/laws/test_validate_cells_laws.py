"""Scores of all cells: the same numbers for any cutting and any number of workers."""

from dataclasses import dataclass, fields

import numpy as np
import pytest
from benchmarks.speed import score_cells as cells

from mcca_ml.metrics.mergeable import MergeSpan, compute_parts, pair_scores
from mcca_ml.parallel import processes

DAYS = np.arange("2014-06-10", "2017-06-10", dtype="M8[D]")
CELLS = 23


@dataclass(frozen=True)
class Made:
    """Pairs of some cells, a function of the cell alone."""

    def read(self, which: slice) -> tuple[np.ndarray, np.ndarray]:
        found = []
        for cell in range(which.start, which.stop):
            rng = np.random.default_rng(cell)
            truth = 0.25 + np.cumsum(rng.normal(0, 0.004, DAYS.size))
            both = truth + rng.normal(0, 0.03, (2, DAYS.size))
            both[rng.random(both.shape) < 0.5] = np.nan
            found.append(both.astype(np.float32))
        stacked = np.stack(found, axis=1)
        return stacked[0], stacked[1]


def numbers(tree: object) -> list[np.ndarray]:
    if isinstance(tree, np.ndarray):
        return [tree]
    found = (numbers(getattr(tree, one.name)) for one in fields(tree))  # type: ignore[arg-type]
    return [array for part in found for array in part]


def assert_same(a: object, b: object) -> None:
    for one, other in zip(numbers(a), numbers(b), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.fixture(scope="module")
def whole() -> object:
    """The scores of all cells over all days at once."""
    series = Made().read(slice(0, CELLS))
    return pair_scores(compute_parts(series, DAYS, MergeSpan(DAYS[0], DAYS[-1])))


@pytest.mark.parametrize(("size", "length"), [(1, 4000), (7, 100), (100, 365), (23, 61)])
def test_any_cutting_gives_the_same_scores(whole, size, length):
    assert_same(whole, cells.score_cells(Made(), DAYS, CELLS, size=size, length=length))


def test_any_number_of_workers_gives_the_same_scores(whole):
    with processes(2) as pool:
        found = cells.score_cells(Made(), DAYS, CELLS, executor=pool, size=5, length=200)
    assert_same(whole, found)
    assert np.isfinite(found.absolute_95.r.low).mean() > 0.8
