"""How are real and simulated values of some quantities shown side by side?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from mcca_ml.arrays import Float64

SHARES = (5, 25, 50, 75, 95)
"""Quantiles of the tables [%]."""
HEADS = tuple(f"{share} %" for share in SHARES)


def quantiles(values: Float64, digits: int) -> list[str]:
    """Quantiles of some values; a dash for each where there are none."""
    if not values.size:
        return ["-"] * len(SHARES)
    return [f"{quantile:.{digits}f}" for quantile in np.percentile(values, SHARES)]


@dataclass(frozen=True)
class Line:
    """How one kind of values is drawn."""

    label: str
    colour: str
    width: float


@dataclass(frozen=True)
class Row:
    """One quantity of a figure."""

    label: str
    edges: Float64
    """Of the bins; values beyond count in the first and last."""
    columns: Sequence[Sequence[Float64]]
    """Values of each column and kind."""


def histograms(
    rows: Sequence[Row], titles: Sequence[str], lines: Sequence[Line], size: tuple[float, float]
) -> tuple[Figure, np.ndarray]:
    """Histograms, a row for each quantity.

    Args:
        rows: quantities, from above.
        titles: of the columns.
        lines: of the kinds.
        size: of the figure, width and height [inch].

    Returns:
        The figure and its axes, (row, column).
    """
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), len(titles), sharex="row")
    for panels, row in zip(grid, rows, strict=True):
        low, high = row.edges[[0, -1]]
        for axes, kinds in zip(panels, row.columns, strict=True):
            for values, line in zip(kinds, lines, strict=True):
                if values.size:
                    axes.hist(
                        np.clip(values, low, high),
                        row.edges,
                        density=True,
                        histtype="step",
                        color=line.colour,
                        lw=line.width,
                        label=line.label,
                    )
            axes.set(yticks=[], xlim=(low, high))
        panels[0].set_ylabel(row.label)
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title)
    handles = grid[-1, 0].get_legend_handles_labels()
    place = "outside upper right"
    figure.legend(*handles, loc=place, ncols=len(lines), fontsize=9, frameon=False)
    return figure, grid
