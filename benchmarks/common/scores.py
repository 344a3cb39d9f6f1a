"""How good is an estimate: bias, ubRMSD, R, failure rate, coverage?"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Floating
from mcca_ml.metrics.scores import score_pairs

FEWEST = 3
"""Pairs below which no score is given."""


@dataclass(frozen=True)
class Scores:
    """How an estimate compares with a reference over the pairs in which both have a value."""

    cells: int
    """Cells looked at."""
    pairs: int
    """Cells in which both have a value."""
    bias: float
    """Mean of estimate minus reference, in their unit."""
    ubrmsd: float
    """Standard deviation (over n) of estimate minus reference, in their unit."""
    r: float
    """Pearson correlation [1]."""
    failure: float
    """Share of the cells in which the estimate failed [1]."""


def score(estimate: Floating, reference: Floating, failed: Booleans | None = None) -> Scores:
    """All scores of an estimate.

    A failure that still has a value (at a bound, not converged) counts in the scores too: else a
    method would be rewarded for failing where it is hard.

    Args:
        estimate: values, NaN where there is none.
        reference: values of the same shape, NaN where there is none.
        failed: cells in which the estimate failed; those without a value always count as failed.
    """
    missing = ~np.isfinite(estimate)
    lost = missing if failed is None else failed | missing
    known = np.isfinite(reference)
    both = known & ~missing
    cells, pairs = int(known.sum()), int(both.sum())
    failure = float(lost[known].mean()) if cells else float("nan")
    if pairs < FEWEST:
        return Scores(cells, pairs, *(float("nan"),) * 3, failure)
    of_pairs = score_pairs(estimate[both], reference[both])
    values = (float(one) for one in (of_pairs.bias, of_pairs.ubrmsd, of_pairs.r))
    return Scores(cells, pairs, *values, failure)


def coverage(estimate: Floating, sd: Floating, truth: Floating, sigmas: float = 1.0) -> float:
    """Share of cells whose truth lies within `sigmas` standard deviations [1]; 0.683 if nominal.

    >>> coverage(np.array([1.0, 5.0]), np.array([1.0, 1.0]), np.array([1.5, 1.0]))
    0.5
    """
    known = np.isfinite(estimate) & np.isfinite(sd)
    inside = np.abs(estimate - truth)[known] <= sigmas * sd[known]
    return float(inside.mean())
