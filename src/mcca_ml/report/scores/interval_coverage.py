"""Coverage, width and CRPS of the stated uncertainty intervals."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.metrics.scores import crps_gneiting07
from mcca_ml.report.scores.compared import FUSED, Comparison
from mcca_ml.report.scores.sheet import Sheet, make_sheet, percent

NORMAL_95 = 1.96
"""Half width of the central 95 % of a normal distribution, in standard deviations [1]."""
NOMINAL = (0.68, 0.95)
TOLERANCE = 0.03
"""Largest deviation from nominal coverage [1]."""


@dataclass(frozen=True)
class IntervalCoverage:
    """Interval coverage of one product against one reference, over pairs of all cells."""

    name: str
    reference: str
    inside_68: float
    inside_95: float
    """Shares of the references inside the nominal intervals [1]."""
    width: float
    """Mean width of the nominal 68 % interval [m3 m-3]."""
    width_95: float
    crps: float
    """Mean continuous ranked probability score of a normal distribution [m3 m-3]."""
    pairs: int
    without_sd: int
    """Number of pairs without an uncertainty, which are not counted."""

    @property
    def is_nominal(self) -> bool:
        """Return True if both shares are within the tolerance."""
        shares = (self.inside_68, self.inside_95)
        return all(abs(a - b) <= TOLERANCE for a, b in zip(shares, NOMINAL, strict=True))


def score_intervals(
    names: tuple[str, str], sm: Float32, sd: Float32, reference: Float32, ratio: float = NORMAL_95
) -> IntervalCoverage:
    """Compute coverage, width and CRPS of one product against one reference.

    Args:
        names: product and reference.
        sm: soil moisture [m3 m-3], NaN without a value.
        sd: half width of its 68 % interval [m3 m-3], same shape.
        reference: [m3 m-3], same shape.
        ratio: half width of the 95 % interval in units of `sd` [1].
    """
    error = sm.astype(np.float64) - reference
    has_sd = np.isfinite(sd) & (sd > 0)
    known = np.isfinite(error) & has_sd
    without_sd = int((np.isfinite(error) & ~has_sd).sum())
    if not known.any():
        return IntervalCoverage(*names, *(float("nan"),) * 5, 0, without_sd)
    error, half = error[known], sd[known].astype(np.float64)
    off = np.abs(error)
    return IntervalCoverage(
        *names,
        float((off <= half).mean()),
        float((off <= ratio * half).mean()),
        float(2 * half.mean()),
        float(2 * ratio * half.mean()),
        float(crps_gneiting07(error, half).mean()),
        int(known.sum()),
        without_sd,
    )


def intervals(comparison: Comparison) -> list[IntervalCoverage]:
    """Score streams against the target on test days, and published uncertainty against truth.

    TMI and AMSR-E have no target; their published uncertainty is scored on all their days.
    """
    days = comparison.is_test
    out = []
    for name in comparison.baselines:
        ds = comparison.streams[name]
        sd, ratio = ds["target_sd"].to_numpy().T, float(ds.attrs.get("interval_ratio", NORMAL_95))
        parts = (comparison.products[name].sm[:, days], sd[:, days], comparison.target[:, days])
        out.append(score_intervals((name, "target, test days"), *parts, ratio))
    if comparison.truth is None:
        return out
    sd = comparison.record["sm_uncertainty"].to_numpy().T[:, days]
    parts = (comparison.products[FUSED].sm[:, days], sd, comparison.truths[FUSED][:, days])
    out.append(score_intervals((FUSED, "truth, test days"), *parts))
    for name, ds in comparison.streams.items():
        given = (
            comparison.products[name].sm,
            ds["sm_uncertainty"].to_numpy().T,
            comparison.truths[name],
        )
        out.append(score_intervals((name, "truth, all days"), *given))
    return out


def interval_sheet(coverages: Sequence[IntervalCoverage]) -> Sheet:
    """Format the coverage of the intervals as a table."""
    share = partial(percent, digits=1)
    return make_sheet(
        "Pairs of all cells together that lie inside the stated intervals",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            ("68 %", share, "inside_68"),
            ("95 %", share, "inside_95"),
            ("width 68", "{:.4f}", "width_68"),
            ("width 95", "{:.4f}", "width_95"),
            ("CRPS", "{:.4f}", "crps"),
            ("pairs", "{:,}", "pairs"),
            ("without uncertainty", "{:,}", "untold"),
        ),
        map(astuple, coverages),
        "Looks with a recommended value; widths and CRPS (of a normal distribution whose standard "
        "deviation is half the width of the 68 % interval) in m3 m-3; pairs without an uncertainty "
        "are counted apart. Against the target: intervals of the networks; against truth: the "
        "published uncertainty.",
    )
