"""Shrink lines of cells toward that of their class, by their number of pairs (empirical Bayes).

Arrays in, arrays out; the first axis is cells (or classes), the last channels.
"""

from typing import NamedTuple

import numpy as np

from mcca_ml.arrays import Booleans, Float64
from mcca_ml.intercal.deming_regression import Line

_HALVINGS = 60
_CAP = 9.0
"""Largest squared departure in sd that counts, to limit the influence of an outlying cell."""


class LineVariance(NamedTuple):
    """Variance of the true lines of cells about that of their class, (channel)."""

    level_var: Float64
    """Variance of the level [K2]."""
    slope_var: Float64
    """Variance of the slope [1]."""


def between_variance(departure: Float64, variance: Float64) -> Float64:
    """Variance between cells of a quantity estimated with errors of known variance, (channel).

    Solves sum min(d^2 / (tau^2 + var), 9) = n - 1 for tau^2; zero where the errors alone explain
    the departures. The estimator of Paule and Mandel 1982 (not verified), with a cap.

    Args:
        departure: estimate of each cell less its expectation, (cell, channel); NaN is ignored.
        variance: error variance of each departure; infinite values are ignored.

    >>> between_variance(np.array([[2.0], [-2.0]]), np.zeros((2, 1))).round(6).tolist()
    [8.0]
    """
    counts = np.isfinite(departure) & np.isfinite(variance)
    d2 = np.where(counts, departure, 0.0) ** 2
    var = np.where(counts, variance, 1.0)
    freedom = np.maximum(counts.sum(axis=0) - 1, 0)
    # The sum of squares bounds the root from above.
    low, high = np.zeros(departure.shape[1:]), d2.sum(axis=0) + 1e-12

    def square_sum(tau2: Float64) -> Float64:
        return np.asarray((np.minimum(d2 / (tau2 + var + 1e-30), _CAP) * counts).sum(axis=0))

    # The sum decreases with tau^2: bisection finds the only root.
    is_zero = square_sum(low) <= freedom
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        is_more = square_sum(middle) > freedom
        low, high = np.where(is_more, middle, low), np.where(is_more, high, middle)
    return np.where(is_zero, 0.0, 0.5 * (low + high))


def estimate_line_variance(own: Line, prior: Line, has_enough_pairs: Booleans) -> LineVariance:
    """Variance of true lines about `prior`, from cells with enough pairs.

    Args:
        own: lines of cells (cell, channel).
        prior: line of the class of each cell, same shape.
        has_enough_pairs: True for cells to use, same shape.
    """
    level = np.where(has_enough_pairs, own.level - prior.at(own.centre), np.nan)
    slope = np.where(has_enough_pairs & np.isfinite(own.slope_var), own.slope - prior.slope, np.nan)
    # Only variance that the errors of the lines do not explain is between cells.
    return LineVariance(
        between_variance(level, own.level_var), between_variance(slope, own.slope_var)
    )


def _weight(between: Float64, variance: Float64) -> Float64:
    """Weight of an estimate, between / (between + variance); 0 where that is not finite."""
    is_finite = np.isfinite(variance)
    total = between + np.where(is_finite, variance, 1.0)
    return np.where(is_finite & (total > 0), between / np.maximum(total, 1e-300), 0.0)


def shrink(own: Line, prior: Line, between: LineVariance) -> tuple[Line, Float64, Float64]:
    """Shrink lines toward their prior; returns also the weights of own level and slope [1].

    Level (at the mean of the cell's pairs) and slope are shrunk separately, as their errors are
    independent there: w = tau^2 / (tau^2 + var), and var falls as 1 / n.

    Args:
        own: lines of cells (cell, channel); NaN, or an infinite variance, where not estimated.
        prior: line of the class of each cell, same shape, with the variance of that line itself.
        between: variance tau^2 of true lines about the prior.

    Returns:
        Line with variance tau^2 (1 - w) + (1 - w)^2 var(prior). Without pairs it is the prior about
        its own centre, with tau^2 added to the variance.
    """
    has_own = np.isfinite(own.level)
    about = prior.recentred(np.where(has_own, own.centre, prior.centre))
    level_weight = _weight(between.level_var, np.where(has_own, own.level_var, np.inf))
    slope_weight = _weight(between.slope_var, np.where(has_own, own.slope_var, np.inf))
    # shrunk = prior + w (own - prior), Var = tau^2 (1 - w) + (1 - w)^2 Var(prior)
    step = np.where(has_own, own.level - about.level, 0.0)
    turn = np.where(slope_weight > 0, own.slope - about.slope, 0.0)
    line = Line(
        about.centre,
        about.level + level_weight * step,
        about.slope + slope_weight * turn,
        between.level_var * (1 - level_weight) + (1 - level_weight) ** 2 * about.level_var,
        between.slope_var * (1 - slope_weight) + (1 - slope_weight) ** 2 * about.slope_var,
        (1 - level_weight) * (1 - slope_weight) * about.covariance,
    )
    return line, level_weight, slope_weight
