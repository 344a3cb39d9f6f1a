"""Colours, axes and files that figures have in common."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from mcca_ml.atomic import replacing

COLOURS: Mapping[str, str] = {
    "TMI": "#c2703d",
    "AMSRE": "#7b5ea7",
    "GMI": "#2f8f83",
    "AMSR2": "#3b6fb6",
}
"""Of each stream."""
INK = "#1f2328"
"""Of the record."""
OTHERS = ("#8a1c7c", "#5b8c2a", "#1799b5", "#7a4a2b", "#6b7280")
"""Of products beside the record, in turn."""
TRUTH = "#b3261e"
STATIONS = "#d98c00"
BAND = "#9aa4ad"
"""Of the uncertainty of the record."""


def tidy(axes: Axes) -> None:
    """Leave only what helps to read the values."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.6)
    axes.set_axisbelow(True)


def moisture_axis(axes: Axes) -> None:
    """Soil moisture from 0 over days."""
    axes.set_ylabel("soil moisture [m³ m⁻³]")
    axes.set_ylim(bottom=0)
    date_axis(axes)
    tidy(axes)


def date_axis(axes: Axes) -> None:
    """Short words for days."""
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def write_png(figure: Figure, path: Path) -> Path:
    """Write a figure, whole or not at all; return its path.

    Raises:
        OutputError: the file cannot be written.
    """
    with replacing(path) as beside, beside.open("wb") as file:
        # No software version or date in the file: the same data give the same bytes.
        figure.savefig(file, format="png", metadata={"Software": None})
    return path
