"""Scores of a product with 95 % intervals, site by site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from mcca_ml.arrays import Booleans, Datetime64, Float64
from mcca_ml.metrics.anomalies import (
    FEWEST_YEARS,
    climatology,
    count_years,
    day_of_year,
    moments_by_date,
    moving_anomalies,
)
from mcca_ml.metrics.bootstrap import bootstrap
from mcca_ml.metrics.intervals import Interval, Intervals
from mcca_ml.metrics.mergeable import MergeSpan, PairScores, compute_series_moments, with_intervals
from mcca_ml.metrics.moments import Moments, mask
from mcca_ml.metrics.scores import compute_scores
from mcca_ml.validate.collocate import Collocated


@dataclass(frozen=True)
class PairedSeries:
    """Pairs of one product at all sites on a common axis of days, arrays (site, day)."""

    days: Datetime64
    estimate: Float64
    """Soil moisture of the product [m3 m-3]; NaN where there is no pair."""
    reference: Float64
    """Soil moisture of the stations [m3 m-3]; NaN where there is no pair."""

    def only(self, where: Booleans) -> "PairedSeries":
        """Pairs where the mask (site, day) is True; all others are NaN."""
        return PairedSeries(
            self.days,
            np.where(where, self.estimate, np.nan),
            np.where(where, self.reference, np.nan),
        )

    @property
    def is_paired(self) -> Booleans:
        """True where there is a pair, (site, day)."""
        return mask([self.estimate, self.reference])


@dataclass(frozen=True)
class UnitScores(PairScores):
    """Scores of a product at all sites, arrays (site,).

    Scores of anomalies from the climatology are NaN with fewer than three years of pairs.
    """

    climatology_95: Intervals
    r_bootstrap: Interval
    """95 % interval of R by block bootstrap."""
    ubrmsd_bootstrap: Interval
    """95 % interval of the ubRMSD by block bootstrap [m3 m-3]."""


def day_axis(pairs: Sequence[Collocated]) -> Datetime64:
    """All UTC days from the first to the last pair; empty if there is no pair."""
    known = [pair.day[[0, -1]] for pair in pairs if pair.day.size]
    if not known:
        return np.zeros(0, "M8[D]")
    ends = np.concatenate(known)
    return np.arange(ends.min(), ends.max() + np.timedelta64(1, "D"))


def align_pairs(pairs: Sequence[Collocated], days: Datetime64) -> PairedSeries:
    """Put the pairs of all sites on a common axis of days.

    Args:
        pairs: pairs of each site, on days within `days`.
        days: consecutive UTC days (day,).
    """
    estimate = np.full((len(pairs), days.size), np.nan)
    reference = estimate.copy()
    for row, pair in enumerate(pairs):
        if pair.day.size:
            at = (pair.day - days[0]).astype(np.int64)
            estimate[row, at], reference[row, at] = pair.estimate, pair.reference
    return PairedSeries(days, estimate, reference)


def _climatology_anomalies(series: list[Float64], days: Datetime64) -> list[Float64]:
    """Anomalies from the climatology of each site; NaN with fewer than `FEWEST_YEARS` years."""
    mean = climatology(moments_by_date(series, days))
    date = day_of_year(days)
    is_paired = mask(series)
    enough = (count_years(days, is_paired) >= FEWEST_YEARS)[:, None] & is_paired
    return [np.where(enough, sm - mean[k][:, date], np.nan) for k, sm in enumerate(series)]


def _bootstrapped(blocks: Moments, score: Callable[[Moments], Float64], seed: int) -> Interval:
    """Block-bootstrap interval of a score at each site."""
    generators = np.random.default_rng(seed).spawn(len(blocks.n))
    ends = [bootstrap(blocks.select_cell(row), score, rng) for row, rng in enumerate(generators)]
    return Interval(np.array([end.low for end in ends]), np.array([end.high for end in ends]))


def score_units(pairs: PairedSeries, *, seed: int = 0) -> UnitScores:
    """Scores of a product and their 95 % intervals at all sites.

    Args:
        pairs: pairs of the product, on consecutive days.
        seed: random seed of the bootstrap.
    """
    series, days = [pairs.estimate, pairs.reference], pairs.days
    span = MergeSpan(days[0], days[-1])
    labels, count = span.blocks(days), span.block_count
    absolute = compute_series_moments(series, labels, count)
    window = compute_series_moments(moving_anomalies(series), labels, count)
    yearly = compute_series_moments(_climatology_anomalies(series, days), labels, count)
    r = _bootstrapped(absolute.blocks, lambda moments: compute_scores(moments).r, seed)
    ubrmsd = _bootstrapped(absolute.blocks, lambda moments: compute_scores(moments).ubrmsd, seed)
    return UnitScores(
        *with_intervals(absolute), *with_intervals(window), *with_intervals(yearly), r, ubrmsd
    )


@dataclass(frozen=True)
class CellScores:
    """Scores against the cell mean, corrected for the sampling error of the stations, (site,)."""

    bias: Interval
    """95 % interval [m3 m-3]; includes the lasting error of the station mean."""
    ubrmsd: Float64
    """ubRMSD without the varying error of the station mean [m3 m-3]."""
    ubrmsd_95: Interval
    r: Float64
    """R divided by the correlation of the station mean with the cell mean [1]."""
    r_95: Interval


def cell_scores(
    scores: UnitScores, series: PairedSeries, pairs: Sequence[Collocated]
) -> CellScores:
    """Correct scores against stations for the sampling error of the station mean.

    Args:
        scores: scores of a product against the stations at all sites.
        series: pairs of the product on a common axis of days.
        pairs: the same pairs by site, with the standard errors of the station mean.

    Formula:
        half width of the bias = hypot(half width of the score, t lasting), t: Student's t with
        (stations - 1) degrees of freedom;
        ubRMSD^2 = ubRMSD_stations^2 - varying^2;
        R = R_stations / sqrt(1 - varying^2 / var(station mean)), for errors of stations that are
        independent of product and cell.
    """
    lasting_sd = np.array([pair.lasting_sd for pair in pairs])
    varying_sd = np.array([pair.varying_sd for pair in pairs])
    freedom = np.maximum(np.array([pair.members for pair in pairs]) - 1, 1)
    lasting = -stdtrit(freedom, 0.025) * lasting_sd
    is_paired = series.is_paired
    count = np.maximum(is_paired.sum(axis=1), 1)
    mean = np.where(is_paired, series.reference, 0).sum(axis=1) / count
    square = np.where(is_paired, series.reference - mean[:, None], 0) ** 2
    variance = square.sum(axis=1) / count
    variance = np.where(variance > 0, variance, np.nan)
    r_of_stations = np.sqrt(np.clip(1 - varying_sd**2 / variance, 1e-3, 1))
    absolute, interval = scores.absolute, scores.absolute_95
    low, high = (
        absolute.bias + sign * np.hypot(end - absolute.bias, lasting)
        for sign, end in ((-1, interval.bias.low), (1, interval.bias.high))
    )

    def without_varying(ubrmsd: Float64) -> Float64:
        return np.asarray(np.sqrt(np.maximum(ubrmsd**2 - varying_sd**2, 0.0)))

    def against_cell(r: Float64) -> Float64:
        return np.asarray(np.clip(r / r_of_stations, -1.0, 1.0))

    return CellScores(
        Interval(low, high),
        without_varying(absolute.ubrmsd),
        Interval(without_varying(interval.ubrmsd.low), without_varying(interval.ubrmsd.high)),
        against_cell(absolute.r),
        Interval(against_cell(interval.r.low), against_cell(interval.r.high)),
    )
