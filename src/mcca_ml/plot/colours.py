"""Colours of sensors, products and quantities, and the form of figures, the same everywhere."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from mcca_ml.atomic import replacing

COLOURS: Mapping[str, str] = {
    "TMI": "#d55e00",
    "AMSRE": "#cc79a7",
    "GMI": "#009e73",
    "AMSR2": "#0072b2",
    "SMAP": "#56b4e9",
}
"""Sensor, and the stream predicted from it; from the palette of Okabe and Ito (2008), which people
with a colour vision deficiency can tell apart."""
INK = "#1f2328"
"""The record."""
OTHERS = ("#8a1c7c", "#5b8c2a", "#1799b5", "#7a4a2b", "#6b7280")
"""Products beside the record, in turn."""
TRUTH = "#b3261e"
STATIONS = "#e69f00"
BAND = "#9aa4ad"
"""Uncertainty of the record."""

SOIL_MOISTURE = "viridis_r"
"""Dry yellow to wet dark blue. As in the next three, lightness changes in one direction, so that
people with a colour vision deficiency see the same order; none has grey, the colour of the land."""
VOD = "YlGn"
UNCERTAINTY = "plasma_r"
CORRELATION = "viridis"
DIFFERENCE = "RdBu"
"""Negative red, zero white, positive blue; limits are symmetric about 0."""

GOOD_CLASS, OTHER_CLASS, EMPTY_CLASS = "#009e73", "#8c8c8c", "#c9d3e3"
"""Classes of recommended values, of rare reasons and of cells without a value."""
CLASSES = ("#e69f00", "#56b4e9", "#0072b2", "#d55e00", "#cc79a7", "#f0e442", "#000000", "#9467bd")
"""Classes of a map after the first, by number of cells; Okabe and Ito (2008), and a violet."""


def tidy(axes: Axes) -> None:
    """Remove the upper and right edge, and draw a pale grid behind the data."""
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
    """Label the x axis with dates as short as its range allows."""
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
