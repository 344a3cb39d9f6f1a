"""Block bootstrap of scores from sums over blocks of days: no assumption but that blocks are alike.

Used at stations and for triple collocation; over all land cells the intervals of `intervals` do.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, stdtrit

from mcca_ml.arrays import Float64
from mcca_ml.metrics.effective_samples import FEWEST_BLOCKS, MOST_MODES
from mcca_ml.metrics.intervals import CONFIDENCE, Interval
from mcca_ml.metrics.moments import Moments, total

DRAWS = 1000
LONGEST = 3
"""Blocks that are put together at most: 90 days, some times the memory of soil moisture."""
_ENOUGH = 60  # blocks that are left when others are put together
_FEWEST_DRAWN = 4
_MOST_FAILED = 0.1  # of the draws; beyond it an interval of the others would be too narrow

Rng = np.random.Generator


def grouped(blocks: Moments, length: int) -> Moments:
    """Every `length` neighbouring blocks as one (block,), the last one shorter."""
    count = blocks.n.shape[-1]
    parts = [
        total(blocks, slice(begin, min(begin + length, count))) for begin in range(0, count, length)
    ]
    names = ("n", "mean", "co")
    return Moments(*(np.stack([getattr(part, name) for part in parts], -1) for name in names))


def drawn(blocks: Moments, rng: Rng, draws: int = DRAWS, number: int | None = None) -> Moments:
    """Moments of blocks drawn with replacement (draw,).

    Args:
        blocks: moments of one set of series by blocks of days (block,); empty ones are not drawn.
        rng: source of randomness.
        draws: how many times.
        number: of blocks in each draw; as many as there are if not given.
    """
    at = np.flatnonzero(blocks.n > 0)
    # Blocks without a value are not drawn: each draw has as many that tell something.
    chosen = at[rng.integers(0, at.size, (draws, number or at.size))]
    return total(Moments(blocks.n[chosen], blocks.mean[:, chosen], blocks.co[:, :, chosen]))


def _left_out(blocks: Moments) -> Moments:
    """Moments of all blocks but each in turn (block,)."""
    count = blocks.n.size
    others = np.array([np.delete(np.arange(count), one) for one in range(count)])
    return total(Moments(blocks.n[others], blocks.mean[:, others], blocks.co[:, :, others]))


def independent_blocks(left_out: Float64, modes: int) -> int:
    """How many independent blocks would tell as much of a score as these, which are not.

    Args:
        left_out: the score without each of the blocks in turn, in order of time (block,).
        modes: slowest modes from which the variance of the score is taken.

    Formula:
        B sum d^2 / (mean over modes of 2 (sum d cos)^2 (B - 1) / B) of the departures d of B
        values; a quarter to four times as many
    """
    count = left_out.size
    apart = left_out - left_out.mean()
    order = np.arange(1, modes + 1)[:, None]
    # Cosines of the slowest modes over the blocks, as in `modes_of`.
    wave = np.cos(np.pi * order * (np.arange(count) + 0.5) / count)
    power = 2 / count * np.mean((wave @ apart) ** 2) * (count - 1)
    # All departures are fast or none: the blocks are as good as independent.
    if power <= 0:
        return count
    most = max(count // 4, _FEWEST_DRAWN), 4 * count
    return int(np.clip(round(count * np.sum(apart**2) / power), *most))


def bootstrap(
    blocks: Moments,
    score: Callable[[Moments], Float64],
    rng: Rng,
    *,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile intervals of scores of moments, by drawing as many blocks as are independent.

    The percentiles lie farther out, as Student's t does with the modes that told how many, less
    two: the expanded percentile interval of Hesterberg (2015), Am. Stat. 69, 371-386, from memory.
    A test counts how often intervals hold the truth.

    Args:
        blocks: moments of one set of series by blocks of days (block,), in order of time.
        score: a function of moments (draw,); scores (..., draw).
        rng: source of randomness; the same gives the same interval.
        draws: how many times.
        confidence: of the interval [1].

    Returns:
        Ends (...); NaN below ten blocks with a value, where the score needs one of them, and where
        one draw in ten has no score.
    """
    has = blocks.n > 0
    blocks = Moments(blocks.n[has], blocks.mean[:, has], blocks.co[:, :, has])
    if blocks.n.size < FEWEST_BLOCKS:
        return Interval(*np.full((2, *np.shape(score(total(blocks)))), np.nan))
    # Blocks as long as their number allows cut less often what lasts for a month.
    blocks = grouped(blocks, int(np.clip(blocks.n.size // _ENOUGH, 1, LONGEST)))
    count = blocks.n.size
    # The jackknife: how a score changes without each block tells how blocks depend.
    left_out = score(_left_out(blocks))
    modes = min(count // 2, MOST_MODES)
    # Percentile of the normal distribution that Student's t puts at the same distance.
    tail = 100 * float(ndtr(stdtrit(modes - 2, (1 - confidence) / 2)))
    ends = np.full((2, *left_out.shape[:-1]), np.nan)
    for at in np.ndindex(left_out.shape[:-1]):
        if np.isfinite(left_out[at]).all():
            number = independent_blocks(left_out[at], modes)
            found = score(drawn(blocks, rng, draws, number))[at]
            if np.isnan(found).mean() <= _MOST_FAILED:
                ends[(slice(None), *at)] = np.nanpercentile(found, [tail, 100 - tail])
    return Interval(np.asarray(ends[0]), np.asarray(ends[1]))
