"""Does a record stay the same? Trends of differences, held against GCOS, and steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.plot.colours import STATIONS, TRUTH, date_axis, tidy
from mcca_ml.report.figures.taylor import colours_of
from mcca_ml.report.scores.compared import FUSED, Held
from mcca_ml.report.scores.sheet import Sheet, sheet_of
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
"""Of the cells or units that ever have a month [1]: fewer, as in winter, say nothing of all."""
_ROOM = 1.7
"""Upper end of a panel over its lower one: words stand above the values."""
_HEIGHTS = (0.98, 0.9, 0.82)
_CLOSE_DAYS = 500.0
_SMALLEST_PANEL = 0.03
"""Half height of a panel of differences [m3 m-3]."""


@dataclass(frozen=True)
class Stability:
    """How the difference of a product from a reference changes."""

    product: str
    reference: str
    month: Datetime64
    difference: Float64
    """Mean over cells or units, each about its own mean [m3 m-3], (month,); NaN where none."""
    trend: Change
    """[m3 m-3 per decade]."""
    steps: tuple[tuple[np.datetime64, str, Change], ...]
    """Date, what happens then, and the step [m3 m-3]."""


def stability_of(names: tuple[str, str], pairs: Pairs) -> Stability | None:
    """Trend and steps of a difference; None where there are too few months for a trend.

    Args:
        names: product and reference.
        pairs: of cells or units.
    """
    by_month = monthly(pairs)
    share = np.isfinite(by_month.difference).mean(axis=0)
    has = np.isfinite(by_month.difference).any(axis=1).mean()
    many = np.where(share >= _FEWEST_SHARE * has, by_month.difference, np.nan)
    whole = mean_over_units(replace(by_month, difference=many))
    values = whole.difference[0]
    trend = fit_trend(whole.month, values)
    if not np.isfinite(trend.size):
        return None
    found = ((date, what, fit_step(whole.month, values, date)) for date, what in dates(pairs.days))
    steps = tuple(
        (date, what, step)
        for date, what, step in found
        if step is not None and np.isfinite(step.size)
    )
    return Stability(*names, whole.month, values, trend, steps)


def stabilities(found: Held, validation: Validation | None) -> list[Stability]:
    """The record and its streams against truth, and against the mean of all stations.

    Args:
        found: what is compared.
        validation: of which the products are the record and its streams; None: no stations.
    """
    days = found.record["time"].to_numpy().astype("M8[D]")
    order = [FUSED, *(name for name in found.known if name != FUSED)]
    made = []
    for name in order:
        if name in found.known:
            series = (found.products[name].sm, found.known[name])
            pairs = Pairs(days, *(one.astype(np.float64) for one in series))
            made.append(stability_of((name, "truth"), pairs))
    for one in validation.compared if validation is not None else ():
        name = product_of_report(one.product.name) or one.product.name
        axis = day_axis(one.pairs)
        if axis.size:
            made.append(stability_of((name, "stations"), align_pairs(one.pairs, axis)))
    return [one for one in made if one is not None]


def _draw_months(axes: Axes, found: Sequence[Stability], reference: str) -> None:
    """Monthly differences of the record, with the changes of the imagers."""
    one = next(s for s in found if (s.product, s.reference) == (FUSED, reference))
    colour = TRUTH if reference == "truth" else STATIONS
    axes.axhline(0, color="#7d8790", linewidth=0.8)
    axes.plot(one.month, one.difference, "o-", ms=3, linewidth=0.9, color=colour)
    most = max(float(np.nanmax(np.abs(one.difference))) * 1.15, _SMALLEST_PANEL)
    axes.set_ylim(-most, _ROOM * most)
    axes.set_title(f"record less {reference}, by month, mean of all [m³ m⁻³]", loc="left")
    level, last = 0, -np.inf
    for date, what in dates(one.month.astype("M8[D]")):
        at = float(date2num(date))  # type: ignore[no-untyped-call]
        # Words of dates that lie close together stand below each other.
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


def _draw_trends(axes: Axes, found: Sequence[Stability]) -> None:
    """Trends with their intervals, on the levels of GCOS."""
    for size, colour in _LEVELS:
        axes.axvspan(-size, size, color=colour, linewidth=0)
    axes.axvline(0, color="#7d8790", linewidth=0.8)
    colours = colours_of([one.product for one in found])
    for row, one in enumerate(found):
        colour = colours[one.product]
        if np.isfinite(one.trend.low):
            axes.plot([one.trend.low, one.trend.high], [row, row], color=colour, linewidth=1.6)
        axes.plot(one.trend.size, row, "o", color=colour, ms=6)
    names = [
        f"{'record' if one.product == FUSED else one.product}, {one.reference}" for one in found
    ]
    axes.set_yticks(range(len(found)), names)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlabel("trend of the difference [m³ m⁻³ per decade]")
    axes.set_title("trends, 95 % intervals; bands: GCOS goal, breakthrough, threshold", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_stability(found: Sequence[Stability]) -> Figure:
    """Monthly differences of the record, and trends of all.

    Args:
        found: one at least.
    """
    references = [one.reference for one in found if one.product == FUSED]
    heights = [2.3] * len(references) + [0.9 + 0.32 * len(found)]
    figure = Figure(figsize=(9.0, sum(heights) + 0.6), layout="constrained")
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, reference in zip(panels, references, strict=False):
        _draw_months(axes, found, reference)
    _draw_trends(panels[-1], found)
    return figure


def stability_sheet(found: Sequence[Stability]) -> Sheet:
    """Trends and steps as a table."""
    data: list[tuple[Value, ...]] = []
    for one in found:
        step_rows = [
            (
                STEP,
                what,
                str(date),
                step,
                "indistinguishable from 0" if step.low <= 0 <= step.high else "",
            )
            for date, what, step in one.steps
        ]
        for kind, what, date, change, said in (
            (TREND, "", "", one.trend, gcos_level(one.trend)),
            *step_rows,
        ):
            verdict = said or ("differs from 0" if np.isfinite(change.low) else "too few months")
            numbers = (change.size, change.low, change.high, change.lag_one, change.months)
            data.append((one.product, one.reference, kind, what, date, *numbers, verdict))
    return sheet_of(
        "Trends and steps of differences",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            ("what", lambda kind, what: f"{kind}: {what}" if what else kind, "kind", "what"),
            ("date", "{}", "date"),
            ("size", "{:+z.4f}\n{:+z.4f} to {:+z.4f}", "size", "low", "high"),
            # The lag-1 autocorrelation stands in the file only.
            ("months", lambda _, months: f"{months}", "lag_one", "months"),
            ("verdict", "{}", "verdict"),
        ),
        data,
        "Of the mean over cells or units of monthly differences, beside a mean of each month of "
        "the year; trends in m3 m-3 per decade, held against the levels of GCOS: goal "
        f"{GOAL:.3f}, breakthrough {BREAKTHROUGH:.2f}, threshold {THRESHOLD:.2f}; steps in m3 m-3 "
        "over two years on either side. Months count in which a quarter of the cells or "
        "units or more have a mean. A level is met where the whole 95 % interval lies in it.",
    )
