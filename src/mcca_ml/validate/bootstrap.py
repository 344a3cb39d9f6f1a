"""Block bootstrap of scores from sums over blocks of days: no assumption but that blocks are alike.

Used at stations and for triple collocation; over all land cells the intervals of `intervals` do.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, stdtrit

from mcca_ml.validate.intervals import CONFIDENCE, Interval
from mcca_ml.validate.moments import Doubles, Moments, total

DRAWS = 1000
FEWEST_BLOCKS = 10
"""Blocks with a value below which nothing is drawn."""
LONGEST = 3
"""Blocks that are put together at most: 90 days, some times the memory of soil moisture."""
_ENOUGH = 30  # blocks that are left when others are put together

Rng = np.random.Generator


def grouped(blocks: Moments, length: int) -> Moments:
    """Every `length` neighbouring blocks as one (block,), the last one shorter."""
    count = blocks.n.shape[-1]
    parts = [
        total(blocks, slice(begin, min(begin + length, count))) for begin in range(0, count, length)
    ]
    return Moments(
        np.stack([part.n for part in parts], -1),
        np.stack([part.mean for part in parts], -1),
        np.stack([part.co for part in parts], -1),
    )


def lengthened(blocks: Moments) -> Moments:
    """Blocks as long as their number allows: what lasts for a month is cut less often by them."""
    number = int((blocks.n > 0).sum())
    return grouped(blocks, int(np.clip(number // _ENOUGH, 1, LONGEST)))


def drawn(blocks: Moments, rng: Rng, draws: int = DRAWS) -> Moments:
    """Moments of as many blocks as there are, drawn with replacement (draw,).

    Args:
        blocks: moments of one set of series by blocks of days (block,); empty ones are not drawn.
        rng: source of randomness.
        draws: how many times.
    """
    at = np.flatnonzero(blocks.n > 0)
    chosen = at[rng.integers(0, at.size, (draws, at.size))]
    return total(Moments(blocks.n[chosen], blocks.mean[:, chosen], blocks.co[:, :, chosen]))


def bootstrap(
    blocks: Moments,
    score: Callable[[Moments], Doubles],
    rng: Rng,
    *,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile interval of any score of moments, by drawing blocks.

    The percentiles lie farther out for few blocks, as Student's t does, after Hesterberg (2015),
    Am. Stat. 69, 371-386 (the expanded percentile interval, from memory; a test counts how often it
    holds the truth).

    Args:
        blocks: moments of one set of series by blocks of days (block,).
        score: a function of moments (draw,).
        rng: source of randomness; the same gives the same interval.
        draws: how many times.
        confidence: of the interval [1].

    Returns:
        Ends, each of no dimension; NaN below ten blocks with a value.
    """
    if (blocks.n > 0).sum() < FEWEST_BLOCKS:
        return Interval(np.asarray(np.nan), np.asarray(np.nan))
    blocks = lengthened(blocks)
    found = score(drawn(blocks, rng, draws))
    number = int((blocks.n > 0).sum())
    quantile = stdtrit(number - 1, (1 - confidence) / 2) * np.sqrt(number / (number - 1))
    tail = 100 * float(ndtr(quantile))
    low, high = np.nanpercentile(found, [tail, 100 - tail])
    return Interval(np.asarray(low), np.asarray(high))
