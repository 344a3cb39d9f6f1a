"""Scores of an estimate against a reference: bias, RMSD, ubRMSD, R and anomaly R.

All are functions of mergeable moments. They follow the recommendations of Gruber et al. (2020),
Remote Sens. Environ. 244, 111806; the paper's text was not at hand, the formulas are tested against
pytesmo.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from mcca_ml.arrays import Booleans, Float64, Floating
from mcca_ml.metrics.anomalies import moving_anomalies
from mcca_ml.metrics.moments import Moments, compute_moments

FEWEST_PAIRS = 20
"""Smallest number of days with estimate and reference for the score of a cell or site."""


@dataclass(frozen=True)
class Scores:
    """Scores of an estimate against a reference (...); NaN where they are not defined."""

    n: Float64
    """Number of pairs."""
    bias: Float64
    """Mean of estimate less reference [m3 m-3]."""
    rmsd: Float64
    """Root mean squared difference [m3 m-3]."""
    ubrmsd: Float64
    """Unbiased RMSD, sqrt(RMSD^2 - bias^2) [m3 m-3]."""
    r: Float64
    """Pearson correlation [1]."""
    slope: Float64
    """Slope of the estimate on the reference, ordinary least squares [1]."""

    def only(self, where: Booleans) -> "Scores":
        """Scores where `where` (...) is True, NaN elsewhere; `n` is unchanged."""
        values = (self.bias, self.rmsd, self.ubrmsd, self.r, self.slope)
        return Scores(self.n, *(np.where(where, score, np.nan) for score in values))


def _ratio(above: Float64, below: Float64) -> Float64:
    """Quotient; NaN where the divisor is not above 0."""
    fit = below > 0
    return np.where(fit, above / np.where(fit, below, 1.0), np.nan)


def compute_scores(pair: Moments) -> Scores:
    """Scores of the first series, the estimate, against the second, the reference.

    Args:
        pair: moments of two series (...), at least one pair for bias and RMSD, two for the rest.

    Formula:
        sums of squares are divided by n, as RMSD^2 = bias^2 + ubRMSD^2 needs.
    """
    n = pair.n
    power = pair.co[0, 0] + pair.co[1, 1] - 2 * pair.co[0, 1]
    has_pair, has_two = n >= 1, n >= 2
    bias = np.where(has_pair, pair.mean[0] - pair.mean[1], np.nan)
    # ubRMSD^2; rounding may make it negative for equal series.
    variance = np.where(has_pair, _ratio(np.maximum(power, 0.0), n), np.nan)
    r = _ratio(pair.co[0, 1], np.sqrt(pair.co[0, 0] * pair.co[1, 1]))
    return Scores(
        n,
        bias,
        np.sqrt(variance + bias**2),  # RMSD^2 = ubRMSD^2 + bias^2
        np.where(has_two, np.sqrt(variance), np.nan),
        # Rounding may give |r| > 1 for equal series.
        np.where(has_two, np.clip(r, -1.0, 1.0), np.nan),
        np.where(has_two, _ratio(pair.co[0, 1], pair.co[1, 1]), np.nan),
    )


def score_pairs(estimate: Floating, reference: Floating) -> Scores:
    """Scores of one series against another, all times together; each number without an axis.

    Args:
        estimate: NaN where there is no value, (time,).
        reference: same unit and shape.
    """
    return compute_scores(compute_moments([estimate[None], reference[None]]).select_cell(0))


def score_days(
    estimate: Floating, reference: Floating, *, fewest: float = 0
) -> tuple[Scores, Scores]:
    """Scores of the values and of their anomalies, of which the correlation is "anomaly R".

    Anomaly R means one thing everywhere: the correlation of the departures of both series from
    their means over `WINDOW_DAYS` days about each day, the mean and the departures of the days
    that both have, with `FEWEST_IN_WINDOW` of them or more in the window. It needs neither
    training days nor years of record, and so is the same for any product, at cells and stations.

    Args:
        estimate: daily values, NaN where there is none, (cell, time).
        reference: same unit and shape.
        fewest: pairs below which a cell has no score, neither of values nor of anomalies.
    """
    series = [estimate, reference]
    values, anomalies = (
        compute_scores(compute_moments(one)) for one in (series, moving_anomalies(series))
    )
    enough = values.n >= fewest
    return values.only(enough), anomalies.only(enough)


def median(values: Floating) -> float:
    """Median of the finite values; NaN where there is none.

    >>> median(np.array([1.0, np.nan, 3.0]))
    2.0
    """
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def crps_gneiting07(error: Float64, sd: Float64) -> Float64:
    """Continuous ranked probability score of a normal distribution [m3 m-3], any shape.

    It is the mean absolute error where sd goes to 0; less is better.

    Args:
        error: mean of the distribution less the observed value [m3 m-3].
        sd: its standard deviation, above 0 [m3 m-3].

    Formula:
        sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), z = error / sd

    Source: Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359-378, eq. 21, from memory; a
    test integrates its definition (eq. 20) numerically.
    """
    z = error / sd
    share = erf(z / np.sqrt(2))  # 2 Phi(z) - 1
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)  # phi(z)
    return np.asarray(sd * (z * share + 2 * density - 1 / np.sqrt(np.pi)))
