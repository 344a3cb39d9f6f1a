"""How often the stated intervals hold what they should, how wide they are, and their score."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.metrics.scores import crps_gneiting07
from mcca_ml.report.scores.compared import FUSED, Held
from mcca_ml.report.scores.sheet import Sheet, percent, sheet_of

NORMAL_95 = 1.96
"""Half width of the central 95 % of a normal distribution, in standard deviations [1]."""
NOMINAL = (0.68, 0.95)
TOLERANCE = 0.03
"""Within which the share inside is to be nominal [1]."""


@dataclass(frozen=True)
class Interval:
    """Intervals of one product against one reference, over pairs of all cells."""

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
    untold: int
    """Pairs without an uncertainty, which are not counted."""

    @property
    def is_nominal(self) -> bool:
        """Whether both shares are within the tolerance."""
        found = (self.inside_68, self.inside_95)
        return all(abs(a - b) <= TOLERANCE for a, b in zip(found, NOMINAL, strict=True))


def interval_of(
    names: tuple[str, str], sm: Float32, sd: Float32, reference: Float32, ratio: float = NORMAL_95
) -> Interval:
    """Intervals of one product against one reference.

    Args:
        names: of product and reference.
        sm: soil moisture [m3 m-3], NaN where there is none.
        sd: half width of its 68 % interval [m3 m-3], same shape.
        reference: [m3 m-3], same shape.
        ratio: half width of the 95 % interval in units of `sd` [1].
    """
    error = sm.astype(np.float64) - reference
    is_told = np.isfinite(sd) & (sd > 0)
    known = np.isfinite(error) & is_told
    untold = int((np.isfinite(error) & ~is_told).sum())
    if not known.any():
        return Interval(*names, *(float("nan"),) * 5, 0, untold)
    error, half = error[known], sd[known].astype(np.float64)
    off = np.abs(error)
    return Interval(
        *names,
        float((off <= half).mean()),
        float((off <= ratio * half).mean()),
        float(2 * half.mean()),
        float(2 * ratio * half.mean()),
        float(crps_gneiting07(error, half).mean()),
        int(known.sum()),
        untold,
    )


def intervals(found: Held) -> list[Interval]:
    """Streams against the target on test days; what is published against truth, as it is.

    TMI and AMSR-E have no target: theirs is the published uncertainty on all their days.
    """
    days = found.is_test
    out = []
    for name in found.baselines:
        ds = found.streams[name]
        sd, ratio = ds["target_sd"].to_numpy().T, float(ds.attrs.get("interval_ratio", NORMAL_95))
        parts = (found.products[name].sm[:, days], sd[:, days], found.target[:, days])
        out.append(interval_of((name, "target, test days"), *parts, ratio))
    if found.truth is None:
        return out
    sd = found.record["sm_uncertainty"].to_numpy().T[:, days]
    parts = (found.products[FUSED].sm[:, days], sd, found.known[FUSED][:, days])
    out.append(interval_of((FUSED, "truth, test days"), *parts))
    for name, ds in found.streams.items():
        given = (found.products[name].sm, ds["sm_uncertainty"].to_numpy().T, found.known[name])
        out.append(interval_of((name, "truth, all days"), *given))
    return out


def interval_sheet(found: Sequence[Interval]) -> Sheet:
    """The intervals as a table."""
    share = partial(percent, digits=1)
    return sheet_of(
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
            ("untold", "{:,}", "untold"),
        ),
        map(astuple, found),
        "Looks with a recommended value; widths and CRPS (of a normal distribution whose standard "
        "deviation is the half width of 68 %) in m3 m-3; untold: pairs without an uncertainty. "
        "Against the target these are the intervals of the learner; against truth the published "
        "uncertainty, as it is.",
    )
