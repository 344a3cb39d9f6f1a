"""Taylor diagram: correlation as angle, standard deviation as radius, for many products."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.projections.polar import PolarAxes

from mcca_ml.arrays import Booleans, Floating
from mcca_ml.metrics.moments import compute_moments
from mcca_ml.metrics.scores import FEWEST_PAIRS, compute_scores
from mcca_ml.plot.colours import COLOURS, INK, OTHERS
from mcca_ml.report.scores.compared import BASELINES, FUSED, Comparison
from mcca_ml.report.scores.sheet import Sheet, make_sheet
from mcca_ml.report.scores.station_scores import RECORD

_MARKS: Mapping[str, str] = {"climatology": "v", "ridge": "s", "pooled": "D"}
_TARGET = "target"
_GREY = "#7d7d7d"
ALL_DAYS = "all its days"
_PAD = 0.22
"""Padding of a diagram [inch]: the layout ignores labels below its axis."""
_RMSD = "#9a7b2f"
_RMSD_LINES = (0.25, 0.5, 0.75, 1.0)
_R_LINES = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Point:
    """Position of a product in the diagram, medians over cells."""

    product: str
    reference: str
    day_set: str
    """Days compared, in words."""
    r: float
    ratio: float
    """Standard deviation over that of the reference [1]."""
    pairs: int
    cells: int


def point(names: tuple[str, str, str], sm: Floating, reference: Floating, mask: Booleans) -> Point:
    """Compute correlation and ratio of standard deviations of a product.

    Args:
        names: product, reference, days in words.
        sm: soil moisture [m3 m-3], (cell, time).
        reference: [m3 m-3], same shape.
        mask: True for days and cells to use, same shape.
    """
    pair = compute_moments([np.where(mask, sm, np.float32(np.nan)), reference])
    is_scored = (pair.n >= FEWEST_PAIRS) & (pair.co[0, 0] > 0) & (pair.co[1, 1] > 0)
    if not is_scored.any():
        return Point(*names, float("nan"), float("nan"), 0, 0)
    r = compute_scores(pair).r[is_scored]
    ratio = np.sqrt(pair.co[0, 0][is_scored] / pair.co[1, 1][is_scored])
    middle = (float(np.median(r)), float(np.median(ratio)))
    return Point(*names, *middle, int(pair.n[is_scored].sum()), int(is_scored.sum()))


def points(comparison: Comparison) -> list[Point]:
    """Place record, streams and baselines, on the test days common to all.

    Streams without days in common with the target are compared with truth on all their days.

    Args:
        comparison: products and references.
    """
    products = {name: comparison.products[name].sm for name in (FUSED, *comparison.baselines)}
    for sensor, baselines in comparison.baselines.items():
        products |= {
            name if name == BASELINES[0] else f"{name} {sensor}": baselines[name]
            for name in BASELINES
        }
    references = {"target": comparison.target}
    if FUSED in comparison.truths:
        references["truth"] = comparison.truths[FUSED]
    common = np.all([np.isfinite(sm) for sm in products.values()], axis=0)
    common &= np.isfinite(comparison.target) & comparison.is_test
    out = []
    for reference, values in references.items():
        others = products if reference == "target" else {**products, "target": comparison.target}
        out += [
            point((name, reference, "common test days"), sm, values, common)
            for name, sm in others.items()
        ]
    everywhere = np.ones(comparison.target.shape, np.bool_)
    for name, known in comparison.truths.items():
        if name not in products:
            sm = comparison.products[name].sm
            out.append(point((name, "truth", ALL_DAYS), sm, known, everywhere))
    return [item for item in out if item.cells]


def product_colours(names: Sequence[str]) -> dict[str, str]:
    """Choose a colour for each product, the same in every figure of a page.

    The record and its target have ink, streams and their baselines that of the sensor, a baseline
    of no stream is grey, others have theirs in turn: the first ink, where there is no record.

    >>> product_colours(["record", "stream GMI"])["stream GMI"] == COLOURS["GMI"]
    True
    """
    own = (FUSED, RECORD, _TARGET)
    rest = list(OTHERS) if {*own} & {*names} else [INK, *OTHERS]
    colours: dict[str, str] = {}
    streams: set[str] = set()
    for name in dict.fromkeys(names):
        first, _, last = name.partition(" ")
        if name in own:
            colours[name] = INK
        elif first in _MARKS and (not last or last in COLOURS):
            colours[name] = COLOURS.get(last, _GREY)
        elif (stream := COLOURS.get(last) or COLOURS.get(name)) and stream not in streams:
            colours[name] = stream
            streams.add(stream)
        else:
            colours[name] = rest[0]
            rest = [*rest[1:], rest[0]]
    return colours


def _mark(name: str) -> str:
    """Return the marker: star for the record, circle for a stream, triangle for others."""
    first, _, last = name.partition(" ")
    if name in (FUSED, RECORD, _TARGET):
        return "P" if name == _TARGET else "*"
    return _MARKS.get(first, "o" if {name, last} & {*COLOURS} else "^")


def _draw(
    axes: PolarAxes, some: Sequence[Point], reference: str, colours: Mapping[str, str]
) -> None:
    most = max(1.3, *(item.ratio for item in some)) * 1.05
    least = min(0.0, *(item.r for item in some))
    widest = float(np.ceil(np.degrees(np.arccos(max(least, -1.0))) / 15) * 15)
    axes.set_thetamin(0)
    axes.set_thetamax(widest)
    axes.set_rmax(most)
    axes.set_rorigin(0)
    lines = [r for r in (-0.4, -0.2, 0.0, *_R_LINES) if np.degrees(np.arccos(r)) <= widest]
    axes.set_thetagrids(np.degrees(np.arccos(lines)), [f"{r:g}" for r in lines])
    axes.set_rgrids([0.5, 1.0], ["0.5", "1"], fontsize=9)
    # Centred RMSD over the standard deviation of the reference: circles about the reference.
    angle, radius = np.meshgrid(np.radians(np.linspace(0, widest, 200)), np.linspace(0, most, 120))
    off = np.sqrt(1 + radius**2 - 2 * radius * np.cos(angle))
    circles = axes.contour(
        angle, radius, off, _RMSD_LINES, colors=_RMSD, linewidths=0.8, linestyles="dashed"
    )
    axes.clabel(circles, fmt="%g", fontsize=8)
    axes.plot(0, 1, marker="o", color="#b3261e", ms=8, clip_on=False, zorder=5)
    for item in some:
        colour, marker = colours[item.product], _mark(item.product)
        is_open = item.day_set == ALL_DAYS
        axes.plot(
            np.arccos(np.clip(item.r, -1, 1)),
            item.ratio,
            marker,
            color=colour,
            mfc="none" if is_open else colour,
            ms=11 if marker == "*" else 7,
            label=f"{item.product}{f' ({ALL_DAYS})' if is_open else ''}",
            zorder=4,
        )
    axes.set_title(f"against {reference}", fontsize=11, pad=14)


def draw_taylor(products: Sequence[Point], colours: Mapping[str, str]) -> Figure:
    """Draw a diagram for each reference, side by side.

    Args:
        products: positions for at least one reference.
        colours: result of `product_colours`.
    """
    references = list(dict.fromkeys(item.reference for item in products))
    figure = Figure(figsize=(9.0, 5.4), layout=ConstrainedLayoutEngine(h_pad=_PAD))
    named: dict[str, Artist] = {}
    for at, reference in enumerate(references):
        axes = figure.add_subplot(1, len(references), at + 1, projection="polar")
        some = [item for item in products if item.reference == reference]
        _draw(cast(PolarAxes, axes), some, reference, colours)
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(named.values()), list(named), ncols=4, frameon=False, loc="outside lower center"
    )
    return figure


def taylor_sheet(
    products: Sequence[Point], title: str = "Points of the Taylor diagram", over: str = "cells"
) -> Sheet:
    """Format the positions as a table.

    Args:
        products: positions in the diagram.
        title: title of the table.
        over: what medians are taken over, `cells` or `units`.
    """
    return make_sheet(
        title,
        (
            ("", "{}", "product"),
            ("against", "{}", "reference"),
            ("days", "{}", "which_days"),
            ("R", "{:.3f}", "r"),
            ("ratio of standard deviations", "{:.3f}", "sd_ratio"),
            ("pairs", "{:,}", "pairs"),
            (over, "{:,}", over),
        ),
        map(astuple, products),
        f"Medians over {over} with 20 pairs or more.",
    )
