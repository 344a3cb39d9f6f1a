"""A cell's own line drawn to that of its class, the less the more pairs it has (empirical Bayes).

Arrays in, arrays out; the first axis is that of cells (or classes), the last that of channels.
"""

from typing import NamedTuple

import numpy as np

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.intercal.deming_regression import Line

_HALVINGS = 60
_CAP = 9.0
"""Square of the departure in sd beyond which a cell counts no more: an odd cell is no spread."""


class Spread(NamedTuple):
    """How far true lines of cells lie from that of their class, (channel)."""

    level_var: Float64
    """[K2]."""
    slope_var: Float64
    """[1]."""


def between_variance(departure: Float64, variance: Float64) -> Float64:
    """Variance of what is estimated with errors of known variance, (channel).

    Solves sum min(d^2 / (tau^2 + var), 9) = n - 1 for tau^2, zero where the errors alone explain
    the departures. The estimator of Paule and Mandel 1982 (not verified), with a cap.

    Args:
        departure: (cell, channel); NaN does not count.
        variance: of the error of each, infinite where it says nothing.

    >>> between_variance(np.array([[2.0], [-2.0]]), np.zeros((2, 1))).round(6).tolist()
    [8.0]
    """
    counts = np.isfinite(departure) & np.isfinite(variance)
    d2 = np.where(counts, departure, 0.0) ** 2
    var = np.where(counts, variance, 1.0)
    wanted = np.maximum(counts.sum(axis=0) - 1, 0)
    # The sum of squares bounds the root from above.
    low, high = np.zeros(departure.shape[1:]), d2.sum(axis=0) + 1e-12

    def found(tau2: Float64) -> Float64:
        return np.asarray((np.minimum(d2 / (tau2 + var + 1e-30), _CAP) * counts).sum(axis=0))

    # The sum falls as tau^2 rises: bisection finds the one root.
    is_zero = found(low) <= wanted
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        is_more = found(middle) > wanted
        low, high = np.where(is_more, middle, low), np.where(is_more, high, middle)
    return np.where(is_zero, 0.0, 0.5 * (low + high))


def spread_of(own: Line, prior: Line, is_sure: Booleans) -> Spread:
    """Spread of true lines about `prior`, from cells that have a line of their own.

    Args:
        own: lines of cells (cell, channel).
        prior: line of the class of each, of that shape.
        is_sure: cells to use, of that shape.
    """
    level = np.where(is_sure, own.level - prior.at(own.centre), np.nan)
    slope = np.where(is_sure & np.isfinite(own.slope_var), own.slope - prior.slope, np.nan)
    # Only what the errors of the lines do not explain is a spread of true lines.
    return Spread(between_variance(level, own.level_var), between_variance(slope, own.slope_var))


def _weight(spread: Float64, variance: Float64) -> Float64:
    """Share of the spread in spread + variance, n / (n + n0); 0 where that is not finite."""
    is_told = np.isfinite(variance)
    total = spread + np.where(is_told, variance, 1.0)
    return np.where(is_told & (total > 0), spread / np.maximum(total, 1e-300), 0.0)


def shrink(own: Line, prior: Line, spread: Spread) -> tuple[Line, Float64, Float64]:
    """Lines drawn to their prior, and the weights of a cell's own level and slope [1].

    Level (at the middle of the cell's pairs) and slope are drawn apart from each other, as their
    errors are independent there: w = tau^2 / (tau^2 + var), and var falls as 1 / n.

    Args:
        own: lines of cells (cell, channel); NaN, or an infinite variance, where there is none.
        prior: line of the class of each, of that shape, with the variance of that line itself.
        spread: of true lines about it.

    Returns:
        Line with variance tau^2 (1 - w) + (1 - w)^2 var(prior). Without pairs it is the prior about
        its own centre, with the spread as part of the variance.
    """
    has_own = np.isfinite(own.level)
    about = prior.recentred(np.where(has_own, own.centre, prior.centre))
    of_level = _weight(spread.level_var, np.where(has_own, own.level_var, np.inf))
    of_slope = _weight(spread.slope_var, np.where(has_own, own.slope_var, np.inf))
    # shrunk = prior + w (own - prior), Var = tau^2 (1 - w) + (1 - w)^2 Var(prior)
    step = np.where(has_own, own.level - about.level, 0.0)
    turn = np.where(of_slope > 0, own.slope - about.slope, 0.0)
    line = Line(
        about.centre,
        about.level + of_level * step,
        about.slope + of_slope * turn,
        spread.level_var * (1 - of_level) + (1 - of_level) ** 2 * about.level_var,
        spread.slope_var * (1 - of_slope) + (1 - of_slope) ** 2 * about.slope_var,
        (1 - of_level) * (1 - of_slope) * about.covariance,
    )
    return line, of_level, of_slope
