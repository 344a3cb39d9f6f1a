"""All triplets of a set of products at all units, collocated or refused with the reason."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from mcca_ml.validate.bootstrap import drawn, lengthened
from mcca_ml.validate.moments import Doubles, Moments, moments_of
from mcca_ml.validate.parts import Span
from mcca_ml.validate.scored import Held
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import Value
from mcca_ml.validate.triple import FEWEST, triple_collocation, why_not

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
_FEWEST_BLOCKS = 10
_MOST_FAILED = 0.1  # of the draws; beyond it an interval of the others would be too narrow


def _interval(blocks: Moments, seed: int) -> tuple[Doubles, Doubles]:
    """95 % interval of the error of each of three products, by drawing blocks of days (3,)."""
    none = np.full(3, np.nan)
    if (blocks.n > 0).sum() < _FEWEST_BLOCKS:
        return none, none
    found = triple_collocation(drawn(lengthened(blocks), np.random.default_rng(seed))).error_sd
    told = np.isnan(found).mean(axis=1) <= _MOST_FAILED
    low, high = (np.nanpercentile(np.where(told[:, None], found, 0.0), q, 1) for q in (2.5, 97.5))
    return np.where(told, low, np.nan), np.where(told, high, np.nan)


def _of_unit(
    head: tuple[str, str], names: Sequence[str], series: Sequence[Doubles], held: Held
) -> tuple[list[tuple[Value, ...]], float]:
    """The rows of one triplet at one unit, none of too few days, and its days; series (1, day)."""
    whole = moments_of(series)
    n = float(whole.n[0])
    if n < FEWEST:
        return [], n
    found = triple_collocation(whole)
    span = Span(held.days[0], held.days[-1])
    blocks = moments_of(series, span.blocks(held.days), span.block_count)
    low, high = _interval(Moments(blocks.n[0], blocks.mean[:, 0], blocks.co[:, :, 0]), 0)
    return [
        (
            *head,
            name,
            n,
            float(found.error_sd[k, 0]),
            float(low[k]),
            float(high[k]),
            float(found.r_truth[k, 0]),
            float(found.snr_db[k, 0]),
            float(found.scale[k, 0]),
            "",
        )
        for k, name in enumerate(names)
    ], n


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
            of_unit, n = _of_unit((unit.name, title), triplet, series, first)
            found += of_unit
            most = max(most, int(n))
        few = f"{most} days in common at any station, expected {FEWEST} or more"
        rows += found or [("", title, "", most, *(float("nan"),) * 6, few)]
    return rows
