"""The handful of numbers that come first: scores of each product with their 95 % intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64
from mcca_ml.metrics.intervals import Interval
from mcca_ml.metrics.mergeable import MergeSpan, PairScores, in_parts, pair_scores
from mcca_ml.metrics.scores import FEWEST_PAIRS, median
from mcca_ml.report.scores.compared import FUSED, Held
from mcca_ml.report.scores.sheet import Column, Sheet, sheet_of

TARGET, TRUTH = "target", "truth"
_DAYS_AT_A_TIME = 1826
_HEADS = ("R", "anomaly R", "ubRMSD", "bias")
_OF_SCORE = ("r", "anomaly_r", "ubrmsd", "bias")


@dataclass(frozen=True)
class Summed:
    """A score over cells."""

    median: float
    low: float
    """Median of the lower ends of the 95 % intervals of the cells."""
    high: float


@dataclass(frozen=True)
class KeyScores:
    """Scores of one product against one reference."""

    product: str
    reference: str
    which: str
    """Which days: of the test, or all."""
    scores: Mapping[str, Summed]
    """R, anomaly R, ubRMSD and bias [1, 1, m3 m-3, m3 m-3] by `r`, `anomaly_r`, `ubrmsd`, `bias`;
    anomalies depart from a mean of 35 days."""
    pairs: int
    cells: int
    """With a score."""
    days: int
    """UTC days on which at least one of these cells has a pair."""
    of_cells: PairScores
    """Of every cell (cell,), those with too few pairs among them."""
    has: Booleans
    """Cells with enough pairs (cell,)."""


def _summed(values: Float64, ends: Interval, has: Booleans) -> Summed:
    """Median over cells, and medians of the ends of their intervals."""
    return Summed(*(median(one[has]) for one in (values, ends.low, ends.high)))


def score(
    names: tuple[str, str, str], sm: Float32, reference: Float32, days: Datetime64, mask: Booleans
) -> KeyScores:
    """Scores of a product on its own days.

    Args:
        names: product, reference, and which days these are.
        sm: soil moisture [m3 m-3], NaN where there is none, (cell, time).
        reference: [m3 m-3], same shape.
        days: UTC days without a gap, (time,).
        mask: days that count, (time,).
    """
    at = np.flatnonzero(mask)
    some = slice(int(at[0]), int(at[-1]) + 1) if at.size else slice(0, 1)
    nothing = np.float32(np.nan)
    series = [np.where(mask[some], one[:, some], nothing) for one in (sm, reference)]
    span = MergeSpan(days[some][0], days[some][-1])
    found = pair_scores(in_parts(series, days[some], span, _DAYS_AT_A_TIME))
    has = np.asarray(found.absolute.n >= FEWEST_PAIRS)
    seen = np.isfinite(series[0] + series[1]) & has[:, None]
    plain, window = found.absolute_95, found.window_95
    return KeyScores(
        *names,
        {
            "r": _summed(found.absolute.r, plain.r, has),
            "anomaly_r": _summed(found.window.r, window.r, has),
            "ubrmsd": _summed(found.absolute.ubrmsd, plain.ubrmsd, has),
            "bias": _summed(found.absolute.bias, plain.bias, has),
        },
        int(seen.sum()),
        int(has.sum()),
        int(seen.any(axis=0).sum()),
        found,
        has,
    )


def key_scores(found: Held, days: Datetime64) -> list[KeyScores]:
    """The record and its streams on test days against the target, and all against truth.

    Streams of sensors that never met the target have no test days: all of theirs count.

    Args:
        found: what is compared.
        days: of it, (time,).
    """
    products = {name: found.products[name].sm for name in (FUSED, *found.streams)}
    tested = (FUSED, *found.baselines)
    wanted = [(name, TARGET, "test", products[name], found.target) for name in tested]
    wanted += [
        (name, TRUTH, "test" if name in tested else "all", products[name], known)
        for name, known in found.known.items()
    ]
    if FUSED in found.known:
        known = found.known[FUSED]
        wanted.append((FUSED, TRUTH, "all", products[FUSED], known))
        wanted.append(("target itself", TRUTH, "test", found.target, known))
    masks = {"test": found.is_test, "all": np.ones(days.size, np.bool_)}
    out = [
        score((name, reference, which), sm, values, days, masks[which])
        for name, reference, which, sm, values in wanted
    ]
    out.sort(key=lambda one: (one.reference, one.which != "test", one.product != FUSED))
    return [one for one in out if one.cells]


def key_sheet(found: Sequence[KeyScores]) -> Sheet:
    """The numbers as a table."""
    ends = "{:.2f}\n{:.2f} to {:.2f}", "{:.3f}\n{:.3f} to {:.3f}"
    shows = (ends[0], ends[0], ends[1], ends[1].replace(":", ":+z"))
    scores: list[Column] = [
        (head, show, name, f"{name}_low", f"{name}_high")
        for head, show, name in zip(_HEADS, shows, _OF_SCORE, strict=True)
    ]
    return sheet_of(
        "Scores with 95 % intervals",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            ("days", "{}", "which_days"),
            *scores,
            ("pairs", "{:,}", "pairs"),
            ("cells", "{:,}", "cells"),
            ("days seen", "{:,}", "days"),
        ),
        (
            (one.product, one.reference, one.which)
            + tuple(end for name in _OF_SCORE for end in astuple(one.scores[name]))
            + (one.pairs, one.cells, one.days)
            for one in found
        ),
        "Medians over cells with 20 pairs or more; below them medians of the ends of the cells' "
        "own 95 % intervals, which know that a day is like the one before. Each product on all its "
        "own days. ubRMSD and bias in m3 m-3; anomalies depart from a mean of 35 days.",
    )
