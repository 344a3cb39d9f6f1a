"""Pairs of a product at all units -> scores with intervals, unit by unit."""

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
class Held:
    """Pairs of one product on one axis of days, (unit, day)."""

    days: Datetime64
    estimate: Float64
    """[m3 m-3], NaN where there is no pair."""
    reference: Float64

    def only(self, where: Booleans) -> "Held":
        """The pairs of some days and units (unit, day), all others taken out."""
        return Held(
            self.days,
            np.where(where, self.estimate, np.nan),
            np.where(where, self.reference, np.nan),
        )

    @property
    def seen(self) -> Booleans:
        """Where there is a pair (unit, day)."""
        return mask([self.estimate, self.reference])


@dataclass(frozen=True)
class UnitScores(PairScores):
    """Scores of a product at all units (unit,).

    Those of anomalies from the climatology are NaN where there are less than three years.
    """

    climatology_95: Intervals
    r_bootstrap: Interval
    """Of R, by drawing blocks of days."""
    ubrmsd_bootstrap: Interval


def days_of(pairs: Sequence[Collocated]) -> Datetime64:
    """All UTC days from the first to the last of some pairs; none where there is no pair."""
    known = [one.day[[0, -1]] for one in pairs if one.day.size]
    if not known:
        return np.zeros(0, "M8[D]")
    ends = np.concatenate(known)
    return np.arange(ends.min(), ends.max() + np.timedelta64(1, "D"))


def held(pairs: Sequence[Collocated], days: Datetime64) -> Held:
    """The pairs of all units on one axis of days.

    Args:
        pairs: of each unit, of days within `days`.
        days: without a gap.
    """
    estimate = np.full((len(pairs), days.size), np.nan)
    reference = estimate.copy()
    for row, one in enumerate(pairs):
        if one.day.size:
            at = (one.day - days[0]).astype(np.int64)
            estimate[row, at], reference[row, at] = one.estimate, one.reference
    return Held(days, estimate, reference)


def _without_few_years(series: list[Float64], days: Datetime64) -> list[Float64]:
    """Anomalies from the climatology of each unit, NaN where there are too few years."""
    usual = climatology(moments_by_date(series, days))
    date = day_of_year(days)
    seen = mask(series)
    enough = (count_years(days, seen) >= FEWEST_YEARS)[:, None] & seen
    return [np.where(enough, one - usual[k][:, date], np.nan) for k, one in enumerate(series)]


def _bootstrapped(blocks: Moments, score: Callable[[Moments], Float64], seed: int) -> Interval:
    """Bootstrap interval of a score of each unit."""
    streams = np.random.default_rng(seed).spawn(len(blocks.n))
    found = [bootstrap(blocks.select_cell(row), score, rng) for row, rng in enumerate(streams)]
    return Interval(*(np.array([getattr(one, end) for one in found]) for end in ("low", "high")))


def score_units(pairs: Held, *, seed: int = 0) -> UnitScores:
    """Scores and intervals of a product at all units.

    Args:
        pairs: of the product.
        seed: of the bootstrap.
    """
    series, days = [pairs.estimate, pairs.reference], pairs.days
    span = MergeSpan(days[0], days[-1])
    labels, count = span.blocks(days), span.block_count
    absolute = compute_series_moments(series, labels, count)
    window = compute_series_moments(moving_anomalies(series), labels, count)
    yearly = compute_series_moments(_without_few_years(series, days), labels, count)
    r = _bootstrapped(absolute.blocks, lambda moments: compute_scores(moments).r, seed)
    ubrmsd = _bootstrapped(absolute.blocks, lambda moments: compute_scores(moments).ubrmsd, seed)
    return UnitScores(
        *with_intervals(absolute), *with_intervals(window), *with_intervals(yearly), r, ubrmsd
    )


@dataclass(frozen=True)
class CellScores:
    """What scores against the mean of stations say of scores against the cell itself (unit,)."""

    bias: Interval
    """[m3 m-3]; wider by the lasting error of the mean of stations."""
    ubrmsd: Float64
    """Less what stations vary apart from the cell [m3 m-3]."""
    ubrmsd_95: Interval
    r: Float64
    """Over the correlation of the mean of stations with the cell [1]."""
    r_95: Interval


def cell_scores(found: UnitScores, held_pairs: Held, pairs: Sequence[Collocated]) -> CellScores:
    """Scores against the cell, from those against its stations.

    Args:
        found: of a product at all units.
        held_pairs: its pairs on one axis of days.
        pairs: the same of each unit, with the errors of the mean of its stations.

    Formula:
        half width of the bias: that of the score and Student's t, of the stations less one, times
        the lasting error, added in squares;
        ubRMSD^2 = ubRMSD_stations^2 - varying^2; R = R_stations / sqrt(1 - varying^2 / var(mean of
        stations)): the errors of stations are independent of product and cell.
    """
    lasting_sd = np.array([one.lasting_sd for one in pairs])
    varying_sd = np.array([one.varying_sd for one in pairs])
    freedom = np.maximum(np.array([one.members for one in pairs]) - 1, 1)
    lasting = -stdtrit(freedom, 0.025) * lasting_sd
    seen = held_pairs.seen
    count = np.maximum(seen.sum(axis=1), 1)
    middle = np.where(seen, held_pairs.reference, 0).sum(axis=1) / count
    power = np.where(seen, held_pairs.reference - middle[:, None], 0) ** 2
    variance = power.sum(axis=1) / count
    kept = np.sqrt(np.clip(1 - varying_sd**2 / np.where(variance > 0, variance, np.nan), 1e-3, 1))
    bias, ubrmsd, r = found.absolute_95.bias, found.absolute_95.ubrmsd, found.absolute_95.r
    low, high = (
        found.absolute.bias + sign * np.hypot(end - found.absolute.bias, lasting)
        for sign, end in ((-1, bias.low), (1, bias.high))
    )

    def less(one: Float64) -> Float64:
        return np.asarray(np.sqrt(np.maximum(one**2 - varying_sd**2, 0.0)))

    def over(one: Float64) -> Float64:
        return np.asarray(np.clip(one / kept, -1.0, 1.0))

    return CellScores(
        Interval(low, high),
        less(found.absolute.ubrmsd),
        Interval(less(ubrmsd.low), less(ubrmsd.high)),
        over(found.absolute.r),
        Interval(over(r.low), over(r.high)),
    )
