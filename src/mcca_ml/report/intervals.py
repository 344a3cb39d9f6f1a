"""How often the stated intervals hold what they should, how wide they are, and their score."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcca_ml.learn.roles import Floats
from mcca_ml.learn.scores import crps_gneiting07
from mcca_ml.report.evaluate import Held, values
from mcca_ml.report.reference import truth_at

NORMAL_95 = 1.96
"""Half width of the central 95 % of a normal distribution, in standard deviations [1]."""


@dataclass(frozen=True)
class Interval:
    """Intervals of one product against one reference, over test days."""

    name: str
    reference: str
    inside_68: float
    inside_95: float
    """Shares of the references inside the nominal intervals [1]."""
    width: float
    """Mean width of the nominal 68 % interval [m3 m-3]."""
    crps: float
    """Mean continuous ranked probability score of a normal distribution [m3 m-3]."""
    pairs: int


def interval_of(
    names: tuple[str, str], sm: Floats, sd: Floats, reference: Floats, ratio: float = NORMAL_95
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
    known = np.isfinite(error) & np.isfinite(sd) & (sd > 0)
    if not known.any():
        return Interval(*names, np.nan, np.nan, np.nan, np.nan, 0)
    error, half = error[known], sd[known].astype(np.float64)
    off = np.abs(error)
    return Interval(
        *names,
        float((off <= half).mean()),
        float((off <= ratio * half).mean()),
        float(2 * half.mean()),
        float(crps_gneiting07(error, half).mean()),
        int(known.sum()),
    )


def intervals(found: Held, truth: Path | None, cells: npt.NDArray[np.int64]) -> list[Interval]:
    """Streams against the target, and the published uncertainty against truth as it is.

    Args:
        found: what is compared.
        truth: of a simulated world; None: against the target only.
        cells: flat cells of EASE2_M25.
    """
    days = found.is_test
    out = []
    for name in found.baselines:
        ds = found.streams[name]
        sd, ratio = ds["target_sd"].to_numpy().T, float(ds.attrs.get("interval_ratio", NORMAL_95))
        parts = (values(ds)[:, days], sd[:, days], found.target[:, days])
        out.append(interval_of((name, "target"), *parts, ratio))
    if truth is not None:
        record = found.record
        known = truth_at(truth, cells, record["t0"].to_numpy().T)[:, days]
        sd = record["sm_uncertainty"].to_numpy().T[:, days]
        out.append(interval_of(("fused", "truth"), values(record, "sm")[:, days], sd, known))
    return out
