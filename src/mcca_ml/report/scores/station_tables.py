"""Tables of scores at stations."""

from collections import Counter
from collections.abc import Iterator
from typing import cast

import numpy as np

from mcca_ml.metrics.scores import median
from mcca_ml.report.scores.sheet import Sheet, filled, make_sheet, percent
from mcca_ml.validate.run import Validation
from mcca_ml.validate.stations import DENSE, SINGLE
from mcca_ml.validate.tables import Value

OWN, COMMON, ALL, NETWORK = "own", "common", "all", "network"
KINDS = {DENSE: "dense networks", SINGLE: "single stations"}
_FORMATS = {
    "r": "{:.2f}",
    "anomaly_r": "{:.2f}",
    "climatology_r": "{:.2f}",
    "ubrmsd": "{:.3f}",
    "bias": "{:+z.3f}",
    "n": "{:,.0f}",
}
_HEADS = ("R", "anomaly R", "climatology R", "ubRMSD", "bias", "pairs")
_MEDIANS = (
    "Medians over units, below them the quartiles; a unit is a dense network in a cell, or a "
    "probe of a single station. Networks and stations are never pooled."
)


def days_compared(validation: Validation) -> str:
    """Return the days on which products are compared: `common` or `own`.

    Common days if all products keep most of their units. Successive products, such as the streams
    of a record, have hardly a day in common; then each is scored on its own days.

    Args:
        validation: scores of one or more products at stations.
    """
    units = Counter[tuple[str, str]]()
    for (product, days, _, group, _), scores in _summary(validation).items():
        if group == ALL and "r" in scores:
            units[product, days] += scores["r"][0]
    products = [compared.product.name for compared in validation.compared]
    has_most = [2 * units[name, COMMON] >= units[name, OWN] for name in products]
    return COMMON if len(products) > 1 and all(has_most) else OWN


Head = tuple[str, str, str, str, str]
"""Product, days, kind of unit, group, class."""


def _summary(validation: Validation) -> dict[Head, dict[str, tuple[int, float, float, float]]]:
    """Return number of units, median and quartiles of each score, by head."""
    scores_by_head: dict[Head, dict[str, tuple[int, float, float, float]]] = {}
    for *head, units, score, middle, low, high in validation.table("summary").rows:
        key = cast(Head, tuple(map(str, head)))
        of_key = scores_by_head.setdefault(key, {})
        of_key[str(score)] = (int(units), float(middle), float(low), float(high))
    return scores_by_head


def _cells(scores: dict[str, tuple[int, float, float, float]]) -> tuple[str, ...]:
    """Format the number of units and medians with quartiles."""
    texts = []
    for name, form in _FORMATS.items():
        units, *ends = scores.get(name, (0, float("nan")))
        texts.append(filled(f"{form}\n{form} to {form}" if units > 1 else form, *ends))
    return (f"{max(units for units, *_ in scores.values())}", *texts)


def _values(scores: dict[str, tuple[int, float, float, float]]) -> tuple[Value, ...]:
    nothing = (0, float("nan"), float("nan"), float("nan"))
    numbers = [value for name in _FORMATS for value in scores.get(name, nothing)[1:]]
    return (max(units for units, *_ in scores.values()), *numbers)


_WORDS = {COMMON: "Days that all products have", OWN: "Each product on its own days"}
_COLUMNS = tuple(f"{name}{end}" for name in _FORMATS for end in ("", "_q25", "_q75"))


def _medians_sheet(
    title: str,
    first: str,
    scores: dict[Head, dict[str, tuple[int, float, float, float]]],
    days: str,
) -> Sheet:
    """Format scores over units, a row for each head.

    Args:
        title: title of the table.
        first: column of the row names, `product` or `class`; the other one is second.
        scores: entries of `_summary`.
        days: sentences about the days.
    """
    names = ("product", "days", "kind", "group", "class")
    second = "days" if first == "product" else "product"
    at = [names.index(name) for name in (first, second, "kind")]
    heads = {key: [key[i] for i in at] for key in scores}
    return Sheet(
        title,
        ("", second, "against", "units", *_HEADS),
        tuple((*two, KINDS[kind], *_cells(scores[key])) for key, (*two, kind) in heads.items()),
        f"{_MEDIANS} {days}",
        (first, second, "kind", "units", *_COLUMNS),
        tuple((*head, *_values(scores[key])) for key, head in heads.items()),
    )


def medians_sheet(validation: Validation) -> Sheet:
    """Format scores of each product over all units, on its own and on common days."""
    return _medians_sheet(
        "Products at stations",
        "product",
        {key: scores for key, scores in _summary(validation).items() if key[3] == ALL},
        "Days: own, all days of the product; common, the days of all products: only these compare "
        "products rather than days. ubRMSD and bias in m3 m-3; a product in degrees of saturation "
        "has neither.",
    )


_PAIRWISE = {"r": "R", "anomaly_r": "anomaly R", "ubrmsd": "ubRMSD", "bias": "bias"}


def pairwise_sheet(validation: Validation) -> Sheet | None:
    """Compare the first product with each other on common days; None for a single product."""
    table = validation.table("pairwise")
    scores_by_product: dict[tuple[str, str], dict[str, list[Value]]] = {}
    for _, other, kind, units, score, *numbers in table.rows:
        scores_by_product.setdefault((str(other), str(kind)), {})[str(score)] = [units, *numbers]
    if not scores_by_product:
        return None
    first, rows = str(table.rows[0][0]), []
    for (other, kind), scores in scores_by_product.items():
        cells = []
        for name in _PAIRWISE:
            _, *numbers = scores.get(name, [0, *(float("nan"),) * 5])
            own, its, _, low, high = map(float, numbers)
            form = _FORMATS[name]
            ends = form.replace("{:.", "{:+z.")
            cells += [filled(form, own), filled(f"{form}\n{ends} to {ends}", its, low, high)]
        units, days = scores["n"][:2]
        rows.append((other, KINDS[kind], f"{units}", f"{float(days):,.0f}", *cells))
    heads = [
        word
        for head in _PAIRWISE.values()
        for word in (f"{head}, first", f"{head}, other (difference)")
    ]
    return Sheet(
        f"Others beside {first}, on days of both",
        ("", "against", "units", "days", *heads),
        tuple(rows),
        f"Medians over units of the first, {first}, and of the other on the days on which both "
        "have a value; below the other's, quartiles of the difference, the other minus the first, "
        "by unit. ubRMSD and bias in m3 m-3.",
        table.columns,
        table.rows,
    )


def strata_sheets(validation: Validation) -> Iterator[Sheet]:
    """Yield a table for each classification: VOD, land cover, climate, season, sensors.

    Classifications with a single or unknown class are left out.
    """
    summary, day_set = _summary(validation), days_compared(validation)
    heads = [key for key in summary if key[1] == day_set and key[3] != ALL]
    for group in dict.fromkeys(key[3] for key in heads):
        some = [key for key in heads if key[3] == group]
        classes = list(dict.fromkeys(key[4] for key in some))
        is_each = all(units == 1 for key in some for units, *_ in summary[key].values())
        if len(classes) == 1 or (group == NETWORK and is_each):
            continue  # already in another table
        some.sort(key=lambda key: classes.index(key[4]))
        yield _medians_sheet(
            f"At stations by {group}",
            "class",
            {key: summary[key] for key in some},
            f"{_WORDS[day_set]}; ubRMSD and bias in m3 m-3.",
        )


def _kinds(validation: Validation) -> dict[str, str]:
    """Return the kind of each unit by name."""
    return {unit.name: unit.kind for unit in validation.units}


def triple_sheet(validation: Validation) -> Sheet | None:
    """Format errors by triple collocation, medians over units; None without a triplet."""
    table = validation.table("triple")
    collocated = [row for row in table.rows if not row[-1]]
    if not collocated:
        return None
    kinds = _kinds(validation)
    rows = []
    for kind, triplet, product in dict.fromkeys((kinds[str(r[0])], r[1], r[2]) for r in collocated):
        some = [r for r in collocated if (kinds[str(r[0])], r[1], r[2]) == (kind, triplet, product)]
        n, error, low, high, r, snr = (
            median(np.array([float(row[at]) for row in some])) for at in (3, 4, 5, 6, 7, 8)
        )
        ends = "\n{:.3f} to {:.3f}" if np.isfinite(low + high) else ""
        rows.append(
            (str(triplet), str(product), KINDS[kind], f"{len(some)}", f"{n:,.0f}")
            + (filled("{:.3f}" + ends, error, low, high), filled("{:.2f}", r))
            + (filled("{:.1f}", snr),)
        )
    return Sheet(
        "Triple collocation",
        ("", "error of", "at", "units", "triplets of values", "error", "R with truth", "SNR [dB]"),
        tuple(rows),
        "Standard deviation of the random error of each of three, in the units of the first, and "
        "correlation with their common truth (extended triple collocation): medians over units, "
        "with medians of the ends of 95 % intervals. Valid if the three have independent errors; "
        "the error of stations includes their representativeness error. The file has each unit.",
        table.columns,
        tuple(collocated),
    )


def refused_sheet(validation: Validation) -> Sheet | None:
    """Format refused triplets by reason; None without any."""
    table = validation.table("triple")
    refused = [row for row in table.rows if row[-1]]
    if not refused:
        return None
    reasons: dict[str, list[str]] = {}
    for row in refused:
        reasons.setdefault(str(row[-1]), []).append(str(row[1]))
    return Sheet(
        "Triplets that were refused",
        ("", "triplets", "for instance"),
        tuple((reason, f"{len(some)}", some[0]) for reason, some in reasons.items()),
        "Dependent errors would be underestimated; too few days give no estimate.",
        ("triplet", "reason"),
        tuple((row[1], row[-1]) for row in refused),
    )


def years_sheet(validation: Validation) -> Sheet:
    """Format the share of days with a pair by year, median over units."""
    table = validation.table("coverage")
    kinds = _kinds(validation)
    shares: dict[tuple[str, str, str], list[float]] = {}
    for product, _, unit, year, share in table.rows:
        key = (str(product), kinds[str(unit)], str(year))
        shares.setdefault(key, []).append(float(share))
    products, kinds_shown = (list(dict.fromkeys(key[at] for key in shares)) for at in (0, 1))
    rows = tuple(
        (
            year,
            KINDS[kind],
            *(
                percent(median(np.array(shares.get((product, kind, year), []))))
                for product in products
            ),
        )
        for year in sorted({key[2] for key in shares})
        for kind in kinds_shown
    )
    return Sheet(
        "Days with a pair by year",
        ("", "against", *products),
        rows,
        "Median over units of the share of days on which product and stations both have a value.",
        table.columns,
        table.rows,
    )


def changes_sheet(validation: Validation) -> Sheet:
    """Format trends of the difference from stations, and steps where an imager begins or ends."""
    table = validation.table("stability")
    return make_sheet(
        "Stability at stations",
        (
            ("", "{}", "unit"),
            ("product", "{}", "product"),
            ("what", lambda what, date: f"{what}, {date}" if date else what, "what", "date"),
            ("months", "{}", "months"),
            ("size", "{:+z.3f}\n{:+z.3f} to {:+z.3f}", "size", "low", "high"),
            ("verdict", "{}", "verdict"),
        ),
        table.rows,
        "Monthly differences from the stations, minus the mean of each calendar month, in m3 m-3 "
        "(trends: per decade) with 95 % intervals, compared with the levels of GCOS (0.005, 0.01, "
        "0.02 per decade). They include any drift of the stations.",
        table.columns,
    )
