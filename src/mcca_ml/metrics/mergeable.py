"""All that the scores of a record need, of a part of its days; parts are merged in order of time.

What a part must know of its neighbours, and what is added up:

- pairs: nothing; moments are merged;
- lag-1 autocorrelation: one sample, which `chain.Chain` carries along;
- anomalies from a moving mean: `anomalies.HALO_DAYS` days on each side;
- anomalies from the climatology: nothing; moments by date of the year are merged, and the
  climatology is taken off when all are there;
- blocks of days for intervals and the bootstrap: nothing; blocks are counted from 1970, and the
  moments of a block that was cut are merged.
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
from mcca_ml.metrics.intervals import Intervals, intervals_of
from mcca_ml.metrics.lagged_moments import Chain, chain_of, follow
from mcca_ml.metrics.moments import Moments, merge, moments_of, total
from mcca_ml.metrics.scores import Scores, scores_of


@dataclass(frozen=True)
class Span:
    """First and last day of everything that will be merged."""

    first: np.datetime64
    last: np.datetime64

    def blocks(self, days: Datetime64) -> Int64:
        """Block of each day, from 0 on."""
        return np.asarray(_block(days) - _block(self.first))

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        return int(_block(self.last) - _block(self.first)) + 1


def _block(day: Datetime64 | np.datetime64) -> Int64 | np.int64:
    """Block of days that a day is in, counted from 1970."""
    return day.astype("M8[D]").astype(np.int64) // BLOCK_DAYS


@dataclass(frozen=True)
class Kind:
    """Moments of absolute values, or of anomalies."""

    chain: Chain
    blocks: Moments
    """By blocks of days (cell, block)."""


@dataclass(frozen=True)
class Parts:
    """Of a part of the days, or of all."""

    absolute: Kind
    window: Kind
    """Of departures from a mean of 35 days."""
    by_date: Moments
    """By date of the year (cell, 366)."""


def kind_of(series: Sequence[Floating], labels: Int64, count: int) -> Kind:
    """Moments of k series (cell, day), with the block of each day, of `count` blocks."""
    blocks = moments_of(series, labels, count)
    return Kind(chain_of(series, total(blocks)), blocks)


def parts_of(
    series: Sequence[Floating], days: Datetime64, span: Span, core: slice = slice(None)
) -> Parts:
    """Moments of some days.

    Args:
        series: k arrays (cell, day) [m3 m-3], NaN where there is no value.
        days: UTC days without a gap (day,).
        span: of everything that will be merged.
        core: the days to count; those before and after, at least `HALO_DAYS` wherever the record
            goes on, are known only for the moving mean.

    Raises:
        SchemaError: the days have gaps, so that a window would have another length.
    """
    day = days.astype("M8[D]")
    if day.size > 1 and not bool((np.diff(day) == np.timedelta64(1, "D")).all()):
        raise SchemaError(
            "validate: found days with gaps, expected each day once; fill the gaps with NaN"
        )
    # Before the core is cut out: days of the halo fill the windows at its ends.
    anomalies = moving_anomalies(series)
    core_days = day[core]
    labels, count = span.blocks(core_days), span.block_count
    absolute = [one[:, core] for one in series]
    return Parts(
        kind_of(absolute, labels, count),
        kind_of([one[:, core] for one in anomalies], labels, count),
        moments_by_date(absolute, core_days),
    )


def _follow(a: Kind, b: Kind) -> Kind:
    return Kind(follow(a.chain, b.chain), merge(a.blocks, b.blocks))


def merged(parts: Sequence[Parts]) -> Parts:
    """Parts that follow each other in time, as one."""
    return reduce(
        lambda a, b: Parts(
            _follow(a.absolute, b.absolute),
            _follow(a.window, b.window),
            merge(a.by_date, b.by_date),
        ),
        parts,
    )


def in_parts(series: Sequence[Floating], days: Datetime64, span: Span, length: int) -> Parts:
    """Moments of many days, some at a time, each with its halo: little memory, the same numbers.

    Args:
        series: k arrays (cell, day) [m3 m-3].
        days: UTC days without a gap (day,).
        span: of everything that will be merged.
        length: days at a time.
    """
    found = []
    for begin in range(0, days.size, length):
        end = min(begin + length, days.size)
        first, last = max(begin - HALO_DAYS, 0), min(end + HALO_DAYS, days.size)
        known = [one[:, first:last] for one in series]
        core = slice(begin - first, end - first)
        found.append(parts_of(known, days[first:last], span, core))
    return merged(found)


@dataclass(frozen=True)
class PairScores:
    """Scores of one series against another, with intervals (cell,)."""

    absolute: Scores
    absolute_95: Intervals
    window: Scores
    """Of anomalies from a mean of 35 days."""
    window_95: Intervals
    climatology: Scores
    """Of anomalies from the climatology."""


def _picked(chain: Chain, pair: tuple[int, int]) -> Chain:
    k = chain.pairs.series
    # Neighbours hold the k series of a sample, then the k series of the next.
    both = [*pair, *(k + one for one in pair)]
    index = list(pair)
    return Chain(
        chain.pairs.pick(*pair), chain.neighbours.pick(*both), chain.first[index], chain.last[index]
    )


def pair_scores(parts: Parts, estimate: int = 0, reference: int = 1) -> PairScores:
    """Scores and intervals of one of the series against another.

    Args:
        parts: of all days.
        estimate: number of the series that is scored.
        reference: number of the series that it is scored against.
    """
    pair = (estimate, reference)
    by_climatology = scores_of(climatology_anomaly_moments(parts.by_date.pick(*pair)))
    return PairScores(
        *with_intervals(parts.absolute, pair), *with_intervals(parts.window, pair), by_climatology
    )


def with_intervals(kind: Kind, pair: tuple[int, int] = (0, 1)) -> tuple[Scores, Intervals]:
    """Scores of one series against another, and their intervals."""
    chain = _picked(kind.chain, pair)
    return scores_of(chain.pairs), intervals_of(chain, kind.blocks.pick(*pair))
