"""Variance of scores from sums over blocks of days, where days depend on each other for long.

A lag-1 autocorrelation says too little of a difference that is made of noise and of something slow,
as those of satellites and stations are: noise hides how long the slow part lasts. Sums over blocks
of a month average the noise away, and their own lag-1 autocorrelation tells the rest.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.validate.moments import Doubles, Moments, total

BLOCK_DAYS = 30
"""Length of a block [day]; blocks are counted from 1970-01-01, so that parts of one merge."""
FEWEST_BLOCKS = 10
"""Blocks with a value below which they say nothing about a variance."""


@dataclass(frozen=True)
class Variances:
    """Variance of each score (cell,); NaN where there are too few blocks."""

    bias: Doubles
    """[(m3 m-3)^2]."""
    spread: Doubles
    """Of the squared ubRMSD [(m3 m-3)^4]."""
    r: Doubles
    """[1]."""
    blocks: Doubles
    """Blocks that have a value."""


def departures(blocks: Moments) -> tuple[Doubles, Doubles, Doubles]:
    """Sums over each block of what each score depends on, about 0: bias, ubRMSD^2, R (cell, block).

    Args:
        blocks: moments of two series (cell, block).

    Formula:
        influence of a pair, with departures x, y from the means of all pairs and d = x - y:
        d for the bias, d^2 - s_d^2 for the squared ubRMSD, and for R
        x y / (s_x s_y) - R (x^2 / s_x^2 + y^2 / s_y^2) / 2
    """
    whole = total(blocks)
    safe = np.maximum(whole.n, 1)
    step = np.where(blocks.n > 0, blocks.mean - whole.mean[..., None], 0.0)
    power = blocks.co + blocks.n * step[:, None] * step[None, :]
    var = whole.co / safe
    spread = (var[0, 0] + var[1, 1] - 2 * var[0, 1])[..., None]
    sx, sy = (np.sqrt(np.where(v > 0, v, np.nan))[..., None] for v in (var[0, 0], var[1, 1]))
    r = var[0, 1][..., None] / (sx * sy)
    return (
        blocks.n * (step[0] - step[1]),
        power[0, 0] + power[1, 1] - 2 * power[0, 1] - blocks.n * spread,
        power[0, 1] / (sx * sy) - r * (power[0, 0] / sx**2 + power[1, 1] / sy**2) / 2,
    )


def _variance(sums: Doubles, has: Doubles, n: Doubles) -> Doubles:
    """Variance of a mean of n samples from sums over blocks that are themselves an AR(1)."""
    count = has.sum(axis=-1)
    power = (sums**2).sum(axis=-1)
    fit = power > 0
    lagged = (sums[..., 1:] * sums[..., :-1]).sum(axis=-1)
    found = np.where(fit, lagged / np.where(fit, power, 1.0), 0.0)
    safe = np.maximum(count, FEWEST_BLOCKS)
    rho = np.clip((found + 1 / safe) / (1 - 4 / safe), 0.0, 0.9)
    wider = (1 + rho) / (1 - rho) * count / np.maximum(count - 1, 1)
    return np.where(count >= FEWEST_BLOCKS, wider * power / np.maximum(n, 1) ** 2, np.nan)


def variances_of(blocks: Moments) -> Variances:
    """Variances of the scores of the first series against the second.

    Args:
        blocks: moments of two series by blocks of days (cell, block), in order of time.
    """
    has = (blocks.n > 0).astype(np.float64)
    n = blocks.n.sum(axis=-1)
    bias, spread, r = (_variance(sums, has, n) for sums in departures(blocks))
    return Variances(bias, spread, r, has.sum(axis=-1))
