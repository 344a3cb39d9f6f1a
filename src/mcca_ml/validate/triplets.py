"""Triple collocation of all triplets of products at all sites; refused ones with the reason."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.metrics.bootstrap import bootstrap
from mcca_ml.metrics.mergeable import MergeSpan
from mcca_ml.metrics.moments import Moments, compute_moments, mask
from mcca_ml.metrics.triple_collocation import FEWEST, triple_collocation, why_not
from mcca_ml.validate.score_units import PairedSeries
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


def triplet_errors(moments: Moments) -> Float64:
    """Error standard deviations of three products (3, ...) [m3 m-3].

    For bootstrap samples too, so the least number of days is not checked here.
    """
    return triple_collocation(moments, fewest=2).error_sd


def _rows_at_site(
    head: tuple[str, str], names: Sequence[str], series: Sequence[Float64], days: Datetime64
) -> list[tuple[Value, ...]]:
    """Rows of one triplet at one site; series (1, day)."""
    moments = compute_moments(series)
    estimates = triple_collocation(moments)
    span = MergeSpan(days[0], days[-1])
    blocks = compute_moments(series, span.blocks(days), span.block_count)
    ends = bootstrap(blocks.select_cell(0), triplet_errors, np.random.default_rng(0))
    return [
        (
            *head,
            name,
            float(moments.n[0]),
            float(estimates.error_sd[k, 0]),
            float(ends.low[k]),
            float(ends.high[k]),
            float(estimates.r_truth[k, 0]),
            float(estimates.snr_db[k, 0]),
            float(estimates.scale[k, 0]),
            "",
        )
        for k, name in enumerate(names)
    ]


def triplet_rows(
    units: Sequence[Unit], pairs: Mapping[str, PairedSeries], shares: Mapping[str, frozenset[str]]
) -> list[tuple[Value, ...]]:
    """Triple collocation of every two products with the stations, and of every three products.

    Args:
        units: sites, in the order of the pairs.
        pairs: pairs by product, on a common axis of days.
        shares: names of the data from which each product is made, by product.
    """
    names = list(pairs)
    rows: list[tuple[Value, ...]] = []
    triplets = [(*pair, STATIONS) for pair in combinations(names, 2)]
    triplets += combinations(names, 3)
    for triplet in triplets:
        title = " / ".join(triplet)
        reason = why_not(triplet, [shares.get(name, frozenset()) for name in triplet])
        if reason:
            rows.append(("", title, "", 0, *(float("nan"),) * 6, reason))
            continue
        first = pairs[triplet[0]]
        of_triplet: list[tuple[Value, ...]] = []
        most = 0
        for row, unit in enumerate(units):
            series = [
                first.reference[[row]] if name == STATIONS else pairs[name].estimate[[row]]
                for name in triplet
            ]
            n = int(mask(series).sum())
            most = max(most, n)
            if n >= FEWEST:
                of_triplet += _rows_at_site((unit.name, title), triplet, series, first.days)
        few = f"{most} days in common at any station, expected {FEWEST} or more"
        rows += of_triplet or [("", title, "", most, *(float("nan"),) * 6, few)]
    return rows
