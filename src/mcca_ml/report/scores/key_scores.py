"""Main scores of each product with their 95 % intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64
from mcca_ml.metrics.intervals import Interval
from mcca_ml.metrics.mergeable import MergeSpan, PairScores, in_parts, pair_scores
from mcca_ml.metrics.scores import FEWEST_PAIRS, median
from mcca_ml.report.scores.compared import FUSED, Comparison
from mcca_ml.report.scores.sheet import Column, Sheet, make_sheet

TARGET, TRUTH = "target", "truth"
_DAYS_AT_A_TIME = 1826
_HEADS = ("R", "anomaly R", "ubRMSD", "bias")
_OF_SCORE = ("r", "anomaly_r", "ubrmsd", "bias")


@dataclass(frozen=True)
class MedianScore:
    """Median of a score over cells, with its interval."""

    median: float
    low: float
    """Median of the lower ends of the 95 % intervals of the cells."""
    high: float


@dataclass(frozen=True)
class KeyScores:
    """Scores of one product against one reference."""

    product: str
    reference: str
    day_set: str
    """`test` or `all`."""
    scores: Mapping[str, MedianScore]
    """R, anomaly R, ubRMSD and bias [1, 1, m3 m-3, m3 m-3] by `r`, `anomaly_r`, `ubrmsd`, `bias`;
    anomalies depart from a mean of 35 days."""
    pairs: int
    cells: int
    """Number of scored cells."""
    days: int
    """Number of UTC days with a pair in at least one of these cells."""
    cell_scores: PairScores
    """Scores of every cell (cell,), also of those with too few pairs."""
    is_scored: Booleans
    """True for cells with enough pairs, (cell,)."""


def _median_score(values: Float64, ends: Interval, is_scored: Booleans) -> MedianScore:
    """Return the median over cells and the medians of the interval ends."""
    return MedianScore(*(median(ends_[is_scored]) for ends_ in (values, ends.low, ends.high)))


def score(
    names: tuple[str, str, str], sm: Float32, reference: Float32, days: Datetime64, mask: Booleans
) -> KeyScores:
    """Score a product on its own days.

    Args:
        names: product, reference and day set.
        sm: soil moisture [m3 m-3], NaN without a value, (cell, time).
        reference: [m3 m-3], same shape.
        days: consecutive UTC days, (time,).
        mask: days to score, (time,).
    """
    at = np.flatnonzero(mask)
    some = slice(int(at[0]), int(at[-1]) + 1) if at.size else slice(0, 1)
    nothing = np.float32(np.nan)
    series = [np.where(mask[some], moisture[:, some], nothing) for moisture in (sm, reference)]
    span = MergeSpan(days[some][0], days[some][-1])
    scores = pair_scores(in_parts(series, days[some], span, _DAYS_AT_A_TIME))
    is_scored = np.asarray(scores.absolute.n >= FEWEST_PAIRS)
    is_paired = np.isfinite(series[0] + series[1]) & is_scored[:, None]
    plain, window = scores.absolute_95, scores.window_95
    return KeyScores(
        *names,
        {
            "r": _median_score(scores.absolute.r, plain.r, is_scored),
            "anomaly_r": _median_score(scores.window.r, window.r, is_scored),
            "ubrmsd": _median_score(scores.absolute.ubrmsd, plain.ubrmsd, is_scored),
            "bias": _median_score(scores.absolute.bias, plain.bias, is_scored),
        },
        int(is_paired.sum()),
        int(is_scored.sum()),
        int(is_paired.any(axis=0).sum()),
        scores,
        is_scored,
    )


def key_scores(comparison: Comparison, days: Datetime64) -> list[KeyScores]:
    """Score record and streams against the target on test days, and all products against truth.

    Streams without days in common with the target are scored on all their days.

    Args:
        comparison: products and references.
        days: their UTC days, (time,).
    """
    products = {name: comparison.products[name].sm for name in (FUSED, *comparison.streams)}
    tested = (FUSED, *comparison.baselines)
    wanted = [(name, TARGET, "test", products[name], comparison.target) for name in tested]
    wanted += [
        (name, TRUTH, "test" if name in tested else "all", products[name], known)
        for name, known in comparison.truths.items()
    ]
    if FUSED in comparison.truths:
        known = comparison.truths[FUSED]
        wanted.append((FUSED, TRUTH, "all", products[FUSED], known))
        wanted.append(("target itself", TRUTH, "test", comparison.target, known))
    masks = {"test": comparison.is_test, "all": np.ones(days.size, np.bool_)}
    out = [
        score((name, reference, day_set), sm, values, days, masks[day_set])
        for name, reference, day_set, sm, values in wanted
    ]
    out.sort(
        key=lambda scores: (scores.reference, scores.day_set != "test", scores.product != FUSED)
    )
    return [scores for scores in out if scores.cells]


def key_sheet(rows: Sequence[KeyScores]) -> Sheet:
    """Format the scores as a table."""
    ends = "{:.2f}\n{:.2f} to {:.2f}", "{:.3f}\n{:.3f} to {:.3f}"
    shows = (ends[0], ends[0], ends[1], ends[1].replace(":", ":+z"))
    scores: list[Column] = [
        (head, show, name, f"{name}_low", f"{name}_high")
        for head, show, name in zip(_HEADS, shows, _OF_SCORE, strict=True)
    ]
    return make_sheet(
        "Scores with 95 % intervals",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            ("days", "{}", "which_days"),
            *scores,
            ("pairs", "{:,}", "pairs"),
            ("cells", "{:,}", "cells"),
            ("days with a pair", "{:,}", "days"),
        ),
        (
            (row.product, row.reference, row.day_set)
            + tuple(end for name in _OF_SCORE for end in astuple(row.scores[name]))
            + (row.pairs, row.cells, row.days)
            for row in rows
        ),
        "Medians over cells with 20 pairs or more; below them typical 95 % confidence intervals in "
        "one cell, allowing for autocorrelation. Each product on all its own days. ubRMSD and bias "
        "in m3 m-3; anomalies are departures from a moving mean of 35 days.",
    )
