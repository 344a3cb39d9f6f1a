"""All triplets of a set of products at all units, collocated or refused with the reason."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.bootstrap import bootstrap
from mcca_ml.metrics.mergeable import MergeSpan
from mcca_ml.metrics.moments import Moments, compute_moments, mask
from mcca_ml.metrics.triple_collocation import FEWEST, triple_collocation, why_not
from mcca_ml.validate.score_units import Held
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import Value

STATIONS = "stations"
COLUMNS = (
    "unit",
    "triplet",
    "product",
    "n",
    "error_sd",
    "error_sd_low",
    "error_sd_high",
    "r_truth",
    "snr_db",
    "scale",
    "refused",
)


def errors_of(moments: Moments) -> Float64:
    """Errors of three products (3, ...); of parts of the days too, for all were found enough."""
    return triple_collocation(moments, fewest=2).error_sd


def _of_unit(
    head: tuple[str, str], names: Sequence[str], series: Sequence[Float64], held: Held
) -> list[tuple[Value, ...]]:
    """The rows of one triplet at one unit; series (1, day)."""
    whole = compute_moments(series)
    found = triple_collocation(whole)
    span = MergeSpan(held.days[0], held.days[-1])
    blocks = compute_moments(series, span.blocks(held.days), span.block_count)
    ends = bootstrap(blocks.select_cell(0), errors_of, np.random.default_rng(0))
    return [
        (
            *head,
            name,
            float(whole.n[0]),
            float(found.error_sd[k, 0]),
            float(ends.low[k]),
            float(ends.high[k]),
            float(found.r_truth[k, 0]),
            float(found.snr_db[k, 0]),
            float(found.scale[k, 0]),
            "",
        )
        for k, name in enumerate(names)
    ]


def triplet_rows(
    units: Sequence[Unit], pairs: Mapping[str, Held], shares: Mapping[str, frozenset[str]]
) -> list[tuple[Value, ...]]:
    """Triple collocation of every two products with the stations, and of every three products.

    Args:
        units: what was scored against.
        pairs: of each product on one axis of days.
        shares: words for what each product is made from.
    """
    names = list(pairs)
    rows: list[tuple[Value, ...]] = []
    triplets = [(*two, STATIONS) for two in combinations(names, 2)] + list(combinations(names, 3))
    for triplet in triplets:
        title = " / ".join(triplet)
        reason = why_not(triplet, [shares.get(name, frozenset()) for name in triplet])
        if reason:
            rows.append(("", title, "", 0, *(float("nan"),) * 6, reason))
            continue
        first = pairs[triplet[0]]
        found: list[tuple[Value, ...]] = []
        most = 0
        for row, unit in enumerate(units):
            series = [
                first.reference[[row]] if name == STATIONS else pairs[name].estimate[[row]]
                for name in triplet
            ]
            n = int(mask(series).sum())
            most = max(most, n)
            if n >= FEWEST:
                found += _of_unit((unit.name, title), triplet, series, first)
        few = f"{most} days in common at any station, expected {FEWEST} or more"
        rows += found or [("", title, "", most, *(float("nan"),) * 6, few)]
    return rows
