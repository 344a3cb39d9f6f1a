"""Reliability diagram: actual against nominal coverage of uncertainty intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy.special import ndtri

from mcca_ml.arrays import Float32, Float64
from mcca_ml.plot.colours import tidy
from mcca_ml.report.figures.taylor import product_colours
from mcca_ml.report.scores.compared import FUSED, Comparison
from mcca_ml.report.scores.interval_coverage import TOLERANCE
from mcca_ml.report.scores.sheet import Column, Sheet, make_sheet, percent

NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.68, 0.8, 0.9, 0.95, 0.99)
"""Nominal coverage of central intervals of a normal distribution [1]."""


@dataclass(frozen=True)
class Reliability:
    """Coverage of a product's intervals, over pairs of all cells."""

    product: str
    reference: str
    inside: tuple[float, ...]
    """Actual coverage for each nominal coverage [1]."""
    pairs: int


def measure_reliability(
    names: tuple[str, str], sm: Float32, sd: Float32, reference: Float32
) -> Reliability | None:
    """Compute the coverage of one product; None if no pair has an uncertainty.

    Args:
        names: product and reference.
        sm: soil moisture [m3 m-3], (cell, time).
        sd: its standard uncertainty [m3 m-3], same shape.
        reference: [m3 m-3], same shape.
    """
    error = np.abs(sm.astype(np.float64) - reference)
    known = np.isfinite(error) & np.isfinite(sd) & (sd > 0)
    if not known.any():
        return None
    ratio: Float64 = error[known] / sd[known]
    half = ndtri((1 + np.array(NOMINAL)) / 2)
    return Reliability(*names, tuple(float((ratio <= limit).mean()) for limit in half), ratio.size)


def measure_reliabilities(comparison: Comparison) -> list[Reliability]:
    """Compute coverage of network intervals of the target, and of published ones of the truth.

    Args:
        comparison: products and references.
    """
    days = comparison.is_test
    out = []
    for name in comparison.baselines:
        sd = comparison.streams[name]["target_sd"].to_numpy().T[:, days]
        parts = (comparison.products[name].sm[:, days], sd, comparison.target[:, days])
        out.append(measure_reliability((name, "target, test days"), *parts))
    for name, known in comparison.truths.items():
        ds = comparison.record if name == FUSED else comparison.streams[name]
        sd = ds["sm_uncertainty"].to_numpy().T
        out.append(
            measure_reliability((name, "truth, all days"), comparison.products[name].sm, sd, known)
        )
    return [curve for curve in out if curve is not None]


def draw_reliability(curves: Sequence[Reliability]) -> Figure:
    """Draw actual over nominal coverage, one panel per reference.

    Args:
        curves: at least one.
    """
    references = list(dict.fromkeys(curve.reference for curve in curves))
    colours = product_colours([curve.product for curve in curves])
    figure = Figure(figsize=(9.0, 4.6), layout="constrained")
    for number, reference in enumerate(references):
        axes = figure.add_subplot(1, len(references), number + 1)
        line = np.array([0.0, 1.0])
        axes.fill_between(line, line - TOLERANCE, line + TOLERANCE, color="#e3e8ed", linewidth=0)
        axes.plot(line, line, color="#7d8790", linewidth=0.9)
        for curve in curves:
            if curve.reference == reference:
                colour = colours[curve.product]
                axes.plot(NOMINAL, curve.inside, "o-", ms=4, color=colour, label=curve.product)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="nominal coverage")
        axes.set_ylabel("actual coverage" if not number else "")
        axes.set_title(reference, loc="left", fontsize=11)
        axes.legend(frameon=False, loc="upper left")
        tidy(axes)
    return figure


def reliability_sheet(curves: Sequence[Reliability]) -> Sheet:
    """Format the coverage as a table."""
    shares: list[Column] = [
        (f"{100 * share:.0f} %", percent, f"inside_{100 * share:.0f}") for share in NOMINAL
    ]
    return make_sheet(
        "Shares found inside intervals of a nominal share",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            *shares,
            ("pairs", "{:,}", "pairs"),
        ),
        ((curve.product, curve.reference, *curve.inside, curve.pairs) for curve in curves),
        "Central intervals of a normal distribution of the stated uncertainty; recommended values.",
    )
