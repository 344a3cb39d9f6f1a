"""How often intervals of any nominal share hold the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy.special import ndtri

from mcca_ml.arrays import Float32, Float64
from mcca_ml.plot.colours import tidy
from mcca_ml.report.figures.taylor import colours_of
from mcca_ml.report.scores.compared import FUSED, Held
from mcca_ml.report.scores.interval_coverage import TOLERANCE
from mcca_ml.report.scores.sheet import Column, Sheet, percent, sheet_of

NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.68, 0.8, 0.9, 0.95, 0.99)
"""Shares that central intervals of a normal distribution are to hold [1]."""


@dataclass(frozen=True)
class Reliability:
    """Shares of a reference that intervals of a product hold, over pairs of all cells."""

    product: str
    reference: str
    found: tuple[float, ...]
    """Of each of `NOMINAL` [1]."""
    pairs: int


def reliability_of(
    names: tuple[str, str], sm: Float32, sd: Float32, reference: Float32
) -> Reliability | None:
    """Shares of one product; None where no pair has an uncertainty.

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
    return Reliability(*names, tuple(float((ratio <= one).mean()) for one in half), ratio.size)


def reliabilities(found: Held) -> list[Reliability]:
    """Intervals of the learner against the target, published ones against truth.

    Args:
        found: what is compared.
    """
    days = found.is_test
    out = []
    for name in found.baselines:
        sd = found.streams[name]["target_sd"].to_numpy().T[:, days]
        parts = (found.products[name].sm[:, days], sd, found.target[:, days])
        out.append(reliability_of((name, "target, test days"), *parts))
    for name, known in found.known.items():
        ds = found.record if name == FUSED else found.streams[name]
        sd = ds["sm_uncertainty"].to_numpy().T
        out.append(reliability_of((name, "truth, all days"), found.products[name].sm, sd, known))
    return [one for one in out if one is not None]


def draw_reliability(found: Sequence[Reliability]) -> Figure:
    """Found shares over nominal ones, a panel for each reference.

    Args:
        found: one at least.
    """
    references = list(dict.fromkeys(one.reference for one in found))
    colours = colours_of([one.product for one in found])
    figure = Figure(figsize=(9.0, 4.6), layout="constrained")
    for number, reference in enumerate(references):
        axes = figure.add_subplot(1, len(references), number + 1)
        line = np.array([0.0, 1.0])
        axes.fill_between(line, line - TOLERANCE, line + TOLERANCE, color="#e3e8ed", linewidth=0)
        axes.plot(line, line, color="#7d8790", linewidth=0.9)
        for one in found:
            if one.reference == reference:
                colour = colours[one.product]
                axes.plot(NOMINAL, one.found, "o-", ms=4, color=colour, label=one.product)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="nominal share")
        axes.set_ylabel("share found inside" if not number else "")
        axes.set_title(reference, loc="left", fontsize=11)
        axes.legend(frameon=False, loc="upper left")
        tidy(axes)
    return figure


def reliability_sheet(found: Sequence[Reliability]) -> Sheet:
    """The shares as a table."""
    shares: list[Column] = [
        (f"{100 * one:.0f} %", percent, f"inside_{100 * one:.0f}") for one in NOMINAL
    ]
    return sheet_of(
        "Shares found inside intervals of a nominal share",
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            *shares,
            ("pairs", "{:,}", "pairs"),
        ),
        ((one.product, one.reference, *one.found, one.pairs) for one in found),
        "Central intervals of a normal distribution of the stated uncertainty; recommended values.",
    )
