"""A product beside another, on the days and units that both have.

Products that follow each other in time have no day on which all have a value; two and two they do.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.scores import scores_of_days
from mcca_ml.validate.score_rows import LEVEL
from mcca_ml.validate.score_units import Held
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import Value

COLUMNS = (
    "first",
    "other",
    "kind",
    "units",
    "score",
    "median_first",
    "median_other",
    "difference",
    "difference_q25",
    "difference_q75",
)


def _scores(pairs: Held) -> dict[str, Float64]:
    """Scores of a product at all units (unit,)."""
    plain, window = scores_of_days(pairs.estimate, pairs.reference)
    return {
        "n": plain.n,
        "r": plain.r,
        "anomaly_r": window.r,
        "ubrmsd": plain.ubrmsd,
        "bias": plain.bias,
    }


def pairwise_rows(
    units: Sequence[Unit], pairs: Mapping[str, Held], saturations: frozenset[str], fewest: int
) -> list[tuple[Value, ...]]:
    """Medians of the first product and of each other one, on the days that the two have.

    Args:
        units: what was scored against.
        pairs: of each product, on one axis of days; the first is held beside each of the others.
        saturations: products in degrees of saturation, which have no level.
        fewest: common days without which a unit does not count.

    Returns:
        Rows of `COLUMNS`; the difference is that of the other less the first, unit by unit, with
        its median and quartiles. Two products without a common day at enough units have no row.
    """
    (first, *others), kinds = list(pairs), np.array([unit.kind for unit in units])
    rows: list[tuple[Value, ...]] = []
    for other in others:
        both = pairs[first].seen & pairs[other].seen
        one, two = (_scores(pairs[name].only(both)) for name in (first, other))
        for kind in dict.fromkeys(kinds.tolist()):
            fit = (one["n"] >= fewest) & (kinds == kind)
            for score in one:
                if score in LEVEL and {first, other} & saturations:
                    continue
                a, b = one[score][fit], two[score][fit]
                known = np.isfinite(a + b)
                if known.any():
                    low, middle, high = np.percentile((b - a)[known], [25, 50, 75])
                    ends = (float(np.median(a[known])), float(np.median(b[known])))
                    head = (first, other, kind, int(known.sum()), score)
                    rows.append((*head, *ends, float(middle), float(low), float(high)))
    return rows
