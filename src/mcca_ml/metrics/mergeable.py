"""Moments of a subset of days for all scores of a record; subsets are merged in order of time.

What a subset needs from its neighbours, and what is merged:

- scores: nothing; moments are merged;
- lag-1 autocorrelation: one sample, which `lagged_moments.LaggedMoments` contains;
- anomalies from a moving mean: `anomalies.HALO_DAYS` days on each side;
- anomalies from the climatology: nothing; moments by date of the year are merged, and the
  climatology is subtracted afterwards;
- blocks of days for intervals and the bootstrap: nothing; blocks are counted from 1970, and the
  moments of a divided block are merged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from mcca_ml.arrays import Datetime64, Floating, Int64
from mcca_ml.errors import SchemaError
from mcca_ml.metrics.anomalies import (
    HALO_DAYS,
    climatology_anomaly_moments,
    moments_by_date,
    moving_anomalies,
)
from mcca_ml.metrics.effective_samples import BLOCK_DAYS
from mcca_ml.metrics.intervals import Intervals, confidence_intervals
from mcca_ml.metrics.lagged_moments import LaggedMoments, compute_lagged_moments, follow
from mcca_ml.metrics.moments import Moments, compute_moments, merge, total
from mcca_ml.metrics.scores import Scores, compute_scores


@dataclass(frozen=True)
class MergeSpan:
    """First and last day of all subsets to be merged."""

    first: np.datetime64
    last: np.datetime64

    def blocks(self, days: Datetime64) -> Int64:
        """Block of each day, counted from 0."""
        return np.asarray(_block(days) - _block(self.first))

    @property
    def block_count(self) -> int:
        """Number of blocks."""
        return int(_block(self.last) - _block(self.first)) + 1


def _block(day: Datetime64 | np.datetime64) -> Int64 | np.int64:
    """Block of days that a day is in, counted from 1970."""
    return day.astype("M8[D]").astype(np.int64) // BLOCK_DAYS


@dataclass(frozen=True)
class SeriesMoments:
    """Moments of absolute values or of anomalies."""

    chain: LaggedMoments
    blocks: Moments
    """Moments by blocks of days (cell, block)."""


@dataclass(frozen=True)
class Parts:
    """Moments of a subset of the days, or of all."""

    absolute: SeriesMoments
    """Moments of the values."""
    window: SeriesMoments
    """Moments of anomalies from a moving mean of 35 days."""
    by_date: Moments
    """Moments by date of the year (cell, 366)."""


def compute_series_moments(series: Sequence[Floating], labels: Int64, count: int) -> SeriesMoments:
    """Moments of k series (cell, day), with the block of each day, of `count` blocks."""
    blocks = compute_moments(series, labels, count)
    return SeriesMoments(compute_lagged_moments(series, total(blocks)), blocks)


def compute_parts(
    series: Sequence[Floating], days: Datetime64, span: MergeSpan, core: slice = slice(None)
) -> Parts:
    """Compute the moments of a subset of days.

    Args:
        series: k arrays (cell, day) [m3 m-3], NaN where missing.
        days: consecutive UTC days (day,).
        span: first and last day of all subsets.
        core: days to count; the days before and after, `HALO_DAYS` where the record continues, are
            used for the moving mean only.

    Raises:
        SchemaError: the days have gaps.
    """
    day = days.astype("M8[D]")
    if day.size > 1 and not bool((np.diff(day) == np.timedelta64(1, "D")).all()):
        raise SchemaError(
            "validate: found days with gaps, expected each day once; fill the gaps with NaN"
        )
    # Before selecting the core, so that windows at its ends include the halo.
    anomalies = moving_anomalies(series)
    core_days = day[core]
    labels, count = span.blocks(core_days), span.block_count
    absolute = [one[:, core] for one in series]
    return Parts(
        compute_series_moments(absolute, labels, count),
        compute_series_moments([one[:, core] for one in anomalies], labels, count),
        moments_by_date(absolute, core_days),
    )


def _follow(a: SeriesMoments, b: SeriesMoments) -> SeriesMoments:
    return SeriesMoments(follow(a.chain, b.chain), merge(a.blocks, b.blocks))


def merge_parts(parts: Sequence[Parts]) -> Parts:
    """Merge subsets in order of time."""
    return reduce(
        lambda a, b: Parts(
            _follow(a.absolute, b.absolute),
            _follow(a.window, b.window),
            merge(a.by_date, b.by_date),
        ),
        parts,
    )


def in_parts(series: Sequence[Floating], days: Datetime64, span: MergeSpan, length: int) -> Parts:
    """Compute the moments of many days in subsets, to limit memory, with equal results.

    Args:
        series: k arrays (cell, day) [m3 m-3].
        days: consecutive UTC days (day,).
        span: first and last day of all subsets.
        length: days of a subset.
    """
    parts = []
    for begin in range(0, days.size, length):
        end = min(begin + length, days.size)
        first, last = max(begin - HALO_DAYS, 0), min(end + HALO_DAYS, days.size)
        known = [values[:, first:last] for values in series]
        core = slice(begin - first, end - first)
        parts.append(compute_parts(known, days[first:last], span, core))
    return merge_parts(parts)


@dataclass(frozen=True)
class PairScores:
    """Scores of one series against another, with intervals (cell,)."""

    absolute: Scores
    absolute_95: Intervals
    window: Scores
    """Scores of anomalies from a moving mean of 35 days."""
    window_95: Intervals
    climatology: Scores
    """Scores of anomalies from the climatology."""


def _pick_pair(chain: LaggedMoments, pair: tuple[int, int]) -> LaggedMoments:
    k = chain.pairs.series
    # Neighbours have the k series of a sample, then the k series of the next.
    both = [*pair, *(k + one for one in pair)]
    index = list(pair)
    return LaggedMoments(
        chain.pairs.pick(*pair), chain.neighbours.pick(*both), chain.first[index], chain.last[index]
    )


def pair_scores(parts: Parts, estimate: int = 0, reference: int = 1) -> PairScores:
    """Scores and intervals of one of the series against another.

    Args:
        parts: moments of all days.
        estimate: index of the estimate.
        reference: index of the reference.
    """
    pair = (estimate, reference)
    by_climatology = compute_scores(climatology_anomaly_moments(parts.by_date.pick(*pair)))
    return PairScores(
        *with_intervals(parts.absolute, pair), *with_intervals(parts.window, pair), by_climatology
    )


def with_intervals(kind: SeriesMoments, pair: tuple[int, int] = (0, 1)) -> tuple[Scores, Intervals]:
    """Scores of one series against another, and their intervals."""
    chain = _pick_pair(kind.chain, pair)
    return compute_scores(chain.pairs), confidence_intervals(chain, kind.blocks.pick(*pair))
