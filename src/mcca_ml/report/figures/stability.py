"""Stability of a record: trends of differences, compared with GCOS levels, and steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.plot.colours import STATIONS, TRUTH, date_axis, tidy
from mcca_ml.report.figures.taylor import product_colours
from mcca_ml.report.scores.compared import FUSED, Comparison
from mcca_ml.report.scores.sheet import Sheet, make_sheet
from mcca_ml.report.scores.station_scores import product_of_report
from mcca_ml.validate.run import Validation
from mcca_ml.validate.score_units import PairedSeries as Pairs
from mcca_ml.validate.score_units import align_pairs, day_axis
from mcca_ml.validate.stability import (
    BREAKTHROUGH,
    GOAL,
    THRESHOLD,
    Change,
    dates,
    fit_step,
    fit_trend,
    gcos_level,
    mean_over_units,
    monthly,
)
from mcca_ml.validate.tables import Value

STEP, TREND = "step", "trend per decade"
_LEVELS = ((THRESHOLD, "#eef1f4"), (BREAKTHROUGH, "#dfe6ec"), (GOAL, "#c9d6e0"))
_FEWEST_SHARE = 0.25
"""Smallest share of cells or sites for a monthly mean [1], relative to the usual number."""
_ROOM = 1.7
"""Ratio of upper to lower limit of a panel, to leave space for labels."""
_HEIGHTS = (0.98, 0.9, 0.82)
_CLOSE_DAYS = 500.0
_SMALLEST_PANEL = 0.03
"""Half height of a panel of differences [m3 m-3]."""


@dataclass(frozen=True)
class Stability:
    """Trend and steps of the difference between a product and a reference."""

    product: str
    reference: str
    month: Datetime64
    difference: Float64
    """Mean over cells or sites of departures from their means [m3 m-3], (month,); NaN if none."""
    trend: Change
    """[m3 m-3 per decade]."""
    steps: tuple[tuple[np.datetime64, str, Change], ...]
    """Date, event and step [m3 m-3]."""


def measure_stability(names: tuple[str, str], pairs: Pairs) -> Stability | None:
    """Compute trend and steps of a difference; None with too few months for a trend.

    Args:
        names: product and reference.
        pairs: pairs of cells or sites.
    """
    by_month = monthly(pairs)
    share = np.isfinite(by_month.difference).mean(axis=0)
    usual_count = np.isfinite(by_month.difference).any(axis=1).mean()
    many = np.where(share >= _FEWEST_SHARE * usual_count, by_month.difference, np.nan)
    whole = mean_over_units(replace(by_month, difference=many))
    values = whole.difference[0]
    trend = fit_trend(whole.month, values)
    if not np.isfinite(trend.size):
        return None
    candidates = (
        (date, what, fit_step(whole.month, values, date)) for date, what in dates(pairs.days)
    )
    steps = tuple(
        (date, what, step)
        for date, what, step in candidates
        if step is not None and np.isfinite(step.size)
    )
    return Stability(*names, whole.month, values, trend, steps)


def measure_stabilities(comparison: Comparison, validation: Validation | None) -> list[Stability]:
    """Compare record and streams with truth, and with the mean of all stations.

    Args:
        comparison: products and references.
        validation: scores of record and streams at stations; None without stations.
    """
    days = comparison.record["time"].to_numpy().astype("M8[D]")
    order = [FUSED, *(name for name in comparison.truths if name != FUSED)]
    changes = []
    for name in order:
        if name in comparison.truths:
            series = (comparison.products[name].sm, comparison.truths[name])
            pairs = Pairs(days, *(values.astype(np.float64) for values in series))
            changes.append(measure_stability((name, "truth"), pairs))
    for compared in validation.compared if validation is not None else ():
        name = product_of_report(compared.product.name) or compared.product.name
        axis = day_axis(compared.pairs)
        if axis.size:
            changes.append(measure_stability((name, "stations"), align_pairs(compared.pairs, axis)))
    return [change for change in changes if change is not None]


def _draw_months(axes: Axes, changes: Sequence[Stability], reference: str) -> None:
    """Draw monthly differences of the record and the dates of sensor changes."""
    change = next(s for s in changes if (s.product, s.reference) == (FUSED, reference))
    colour = TRUTH if reference == "truth" else STATIONS
    axes.axhline(0, color="#7d8790", linewidth=0.8)
    axes.plot(change.month, change.difference, "o-", ms=3, linewidth=0.9, color=colour)
    most = max(float(np.nanmax(np.abs(change.difference))) * 1.15, _SMALLEST_PANEL)
    axes.set_ylim(-most, _ROOM * most)
    axes.set_title(
        f"record minus {reference}, monthly mean over all cells or sites [m³ m⁻³]", loc="left"
    )
    level, last = 0, -np.inf
    for date, what in dates(change.month.astype("M8[D]")):
        at = float(date2num(date))  # type: ignore[no-untyped-call]
        # Labels of close dates are staggered.
        level = (level + 1) % len(_HEIGHTS) if at - last < _CLOSE_DAYS else 0
        last = at
        axes.axvline(at, color="#57606a", linewidth=0.8, ls=":")
        axes.text(
            at,
            _HEIGHTS[level],
            f" {what}",
            transform=axes.get_xaxis_transform(),
            va="top",
            fontsize=9,
            color="#57606a",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3, "alpha": 0.85},
        )
    date_axis(axes)
    tidy(axes)


def _draw_trends(axes: Axes, changes: Sequence[Stability]) -> None:
    """Draw trends with their intervals on the GCOS levels."""
    for size, colour in _LEVELS:
        axes.axvspan(-size, size, color=colour, linewidth=0)
    axes.axvline(0, color="#7d8790", linewidth=0.8)
    colours = product_colours([change.product for change in changes])
    for row, change in enumerate(changes):
        colour = colours[change.product]
        if np.isfinite(change.trend.low):
            axes.plot(
                [change.trend.low, change.trend.high], [row, row], color=colour, linewidth=1.6
            )
        axes.plot(change.trend.size, row, "o", color=colour, ms=6)
    names = [
        f"{'record' if change.product == FUSED else change.product}, {change.reference}"
        for change in changes
    ]
    axes.set_yticks(range(len(changes)), names)
    axes.set_ylim(len(changes) - 0.4, -0.6)
    axes.set_xlabel("trend of the difference [m³ m⁻³ per decade]")
    axes.set_title("trends, 95 % intervals; bands: GCOS goal, breakthrough, threshold", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_stability(changes: Sequence[Stability]) -> Figure:
    """Draw monthly differences of the record and trends of all products.

    Args:
        changes: at least one.
    """
    references = [change.reference for change in changes if change.product == FUSED]
    heights = [2.3] * len(references) + [0.9 + 0.32 * len(changes)]
    figure = Figure(figsize=(9.0, sum(heights) + 0.6), layout="constrained")
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, reference in zip(panels, references, strict=False):
        _draw_months(axes, changes, reference)
    _draw_trends(panels[-1], changes)
    return figure


def stability_sheet(changes: Sequence[Stability]) -> Sheet:
    """Format trends and steps as a table."""
    data: list[tuple[Value, ...]] = []
    for product in changes:
        step_rows = [
            (
                STEP,
                what,
                str(date),
                step,
                "indistinguishable from 0" if step.low <= 0 <= step.high else "",
            )
            for date, what, step in product.steps
        ]
        for kind, what, date, change, level_met in (
            (TREND, "", "", product.trend, gcos_level(product.trend)),
            *step_rows,
        ):
            verdict = level_met or (
                "differs from 0" if np.isfinite(change.low) else "too few months"
            )
            numbers = (change.size, change.low, change.high, change.lag_one, change.months)
            data.append((product.product, product.reference, kind, what, date, *numbers, verdict))
    return make_sheet(
        "Trends and steps of differences",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            ("what", lambda kind, what: f"{kind}: {what}" if what else kind, "kind", "what"),
            ("date", "{}", "date"),
            ("size", "{:+z.4f}\n{:+z.4f} to {:+z.4f}", "size", "low", "high"),
            # The lag-1 autocorrelation is in the file only.
            ("months", lambda _, months: f"{months}", "lag_one", "months"),
            ("verdict", "{}", "verdict"),
        ),
        data,
        "Monthly differences averaged over cells or sites, minus the mean of each calendar "
        "month; trends in m3 m-3 per decade, compared with the levels of GCOS: goal "
        f"{GOAL:.3f}, breakthrough {BREAKTHROUGH:.2f}, threshold {THRESHOLD:.2f}; steps in m3 m-3 "
        "over two years on either side. Only months with a mean in a quarter of the cells or sites "
        "are used. A level is met if it contains the whole 95 % interval.",
    )
