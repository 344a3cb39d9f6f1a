"""Compare products two by two, on the days and sites that both have.

Several products may have no day in common to all, but still days in common two by two.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.scores import score_days
from mcca_ml.validate.score_rows import LEVEL
from mcca_ml.validate.score_units import PairedSeries
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


def _scores(pairs: PairedSeries) -> dict[str, Float64]:
    """Scores of a product at all sites (site,)."""
    plain, window = score_days(pairs.estimate, pairs.reference)
    return {
        "n": plain.n,
        "r": plain.r,
        "anomaly_r": window.r,
        "ubrmsd": plain.ubrmsd,
        "bias": plain.bias,
    }


def pairwise_rows(
    units: Sequence[Unit],
    pairs: Mapping[str, PairedSeries],
    saturations: frozenset[str],
    fewest: int,
) -> list[tuple[Value, ...]]:
    """Median scores of the first product and of each other product on their common days.

    Args:
        units: sites, in the order of the pairs.
        pairs: pairs by product, on a common axis of days; each is compared with the first.
        saturations: products in degree of saturation, for which bias and ubRMSD are not defined.
        fewest: least number of common days for a site to count.

    Returns:
        Rows of `COLUMNS`; the difference is other minus first at each site, given by its median
        and quartiles. Two products without enough common days at any site have no row.
    """
    (first, *others), kinds = list(pairs), np.array([unit.kind for unit in units])
    rows: list[tuple[Value, ...]] = []
    for other in others:
        both = pairs[first].is_paired & pairs[other].is_paired
        of_first, of_other = (_scores(pairs[name].only(both)) for name in (first, other))
        for kind in dict.fromkeys(kinds.tolist()):
            enough = (of_first["n"] >= fewest) & (kinds == kind)
            for score in of_first:
                if score in LEVEL and {first, other} & saturations:
                    continue
                a, b = of_first[score][enough], of_other[score][enough]
                known = np.isfinite(a + b)
                if known.any():
                    low, middle, high = np.percentile((b - a)[known], [25, 50, 75])
                    ends = (float(np.median(a[known])), float(np.median(b[known])))
                    head = (first, other, kind, int(known.sum()), score)
                    rows.append((*head, *ends, float(middle), float(low), float(high)))
    return rows
