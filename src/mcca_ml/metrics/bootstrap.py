"""Block bootstrap of scores from sums over blocks of days, for exchangeable blocks.

Used at stations and for triple collocation; over all land cells `intervals` is used.
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
"""Largest number of blocks joined: 90 days, several autocorrelation times of soil moisture."""
_ENOUGH = 60  # smallest number of blocks after joining
_FEWEST_DRAWN = 4
_MOST_FAILED = 0.1  # largest fraction of draws without a score

Rng = np.random.Generator


def group_blocks(blocks: Moments, length: int) -> Moments:
    """Join every `length` neighbouring blocks (block,); the last one may be shorter."""
    count = blocks.n.shape[-1]
    parts = [
        total(blocks, slice(begin, min(begin + length, count))) for begin in range(0, count, length)
    ]
    names = ("n", "mean", "co")
    return Moments(*(np.stack([getattr(part, name) for part in parts], -1) for name in names))


def draw_blocks(
    blocks: Moments, rng: Rng, draws: int = DRAWS, number: int | None = None
) -> Moments:
    """Moments of blocks drawn with replacement (draw,).

    Args:
        blocks: moments of one set of series by blocks of days (block,); empty ones are not drawn.
        rng: random generator.
        draws: number of draws.
        number: number of blocks in each draw; all if not given.
    """
    at = np.flatnonzero(blocks.n > 0)
    chosen = at[rng.integers(0, at.size, (draws, number or at.size))]
    return total(Moments(blocks.n[chosen], blocks.mean[:, chosen], blocks.co[:, :, chosen]))


def _left_out(blocks: Moments) -> Moments:
    """Jackknife: moments without each block in turn (block,)."""
    count = blocks.n.size
    others = np.array([np.delete(np.arange(count), block) for block in range(count)])
    return total(Moments(blocks.n[others], blocks.mean[:, others], blocks.co[:, :, others]))


def independent_blocks(left_out: Float64, modes: int) -> int:
    """Effective number of independent blocks for a score.

    Args:
        left_out: score without each of the blocks in turn, in order of time (block,).
        modes: number of slowest modes used for the variance of the score.

    Formula:
        B sum d^2 / (mean over modes of 2 (sum d cos)^2 (B - 1) / B) of the departures d of B
        values; a quarter to four times as many
    """
    count = left_out.size
    apart = left_out - left_out.mean()
    order = np.arange(1, modes + 1)[:, None]
    # Cosines of the slowest modes over the blocks, as in `compute_modes`.
    wave = np.cos(np.pi * order * (np.arange(count) + 0.5) / count)
    power = 2 / count * np.mean((wave @ apart) ** 2) * (count - 1)
    # No slow departures: the blocks are independent.
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
    """Percentile intervals of scores, with the effective number of blocks in each draw.

    The percentiles are expanded by Student's t, with the number of modes less two as degrees of
    freedom: the expanded percentile interval of Hesterberg (2015), Am. Stat. 69, 371-386, from
    memory. A test measures the coverage.

    Args:
        blocks: moments of one set of series by blocks of days (block,), in order of time.
        score: function of moments (draw,) that returns scores (..., draw).
        rng: random generator.
        draws: number of draws.
        confidence: confidence level [1].

    Returns:
        Ends (...); NaN with fewer than ten blocks with a value, where the score without one of them
        is NaN, and where more than one draw in ten has no score.
    """
    some = blocks.n > 0
    blocks = Moments(blocks.n[some], blocks.mean[:, some], blocks.co[:, :, some])
    if blocks.n.size < FEWEST_BLOCKS:
        return Interval(*np.full((2, *np.shape(score(total(blocks)))), np.nan))
    # Longer blocks, where there are enough, cut slow signals less often.
    blocks = group_blocks(blocks, int(np.clip(blocks.n.size // _ENOUGH, 1, LONGEST)))
    count = blocks.n.size
    # The dependence of blocks is estimated from the jackknife.
    left_out = score(_left_out(blocks))
    modes = min(count // 2, MOST_MODES)
    # Percentile of the normal distribution that Student's t puts at the same distance.
    tail = 100 * float(ndtr(stdtrit(modes - 2, (1 - confidence) / 2)))
    ends = np.full((2, *left_out.shape[:-1]), np.nan)
    for at in np.ndindex(left_out.shape[:-1]):
        if np.isfinite(left_out[at]).all():
            number = independent_blocks(left_out[at], modes)
            scores = score(draw_blocks(blocks, rng, draws, number))[at]
            if np.isnan(scores).mean() <= _MOST_FAILED:
                ends[(slice(None), *at)] = np.nanpercentile(scores, [tail, 100 - tail])
    return Interval(np.asarray(ends[0]), np.asarray(ends[1]))
