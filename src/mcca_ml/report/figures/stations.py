"""Figures of scores at stations: Taylor diagram, map of the sites, series."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcca_ml.plot.coast_lines import draw_outlines, outlines_in
from mcca_ml.plot.colours import CORRELATION, INK, STATIONS, moisture_axis
from mcca_ml.plot.frames import MapFrame
from mcca_ml.plot.maps import label_degrees
from mcca_ml.report.figures.taylor import Point, point, product_colours
from mcca_ml.report.scores.station_tables import COMMON, KINDS, days_compared
from mcca_ml.validate.run import Validation
from mcca_ml.validate.score_units import align_pairs, day_axis
from mcca_ml.validate.stations import DENSE, SINGLE, Unit

_MARGIN = 2.0
"""Margin around the sites [degree]."""
MOST_MAPS = 6
"""Largest number of products with a map."""
_FAR = 30.0
"""Gap in longitude between sites that starts another map [degree]."""
_MOST_PARTS = 3
_MOST_ACROSS = 4
_MOST_SIDE = 3.2
"""Longest side of a map [inch]."""
_WIDTH = 9.0
"""Width of a figure [inch]."""
_GAP_DAYS = 10
"""Gap that breaks a line [day]."""


def points_at_units(validation: Validation) -> list[Point]:
    """Compute correlation and ratio of standard deviations at dense networks and stations.

    Medians over sites, on the days of `days_compared`; a product in degrees of saturation has
    no standard deviation to compare and no point.

    Args:
        validation: scores of one or more products at stations.
    """
    days = day_axis([pair for compared in validation.compared for pair in compared.pairs])
    pairs = [align_pairs(compared.pairs, days) for compared in validation.compared]
    every = np.ones(pairs[0].is_paired.shape, np.bool_)
    day_set = days_compared(validation)
    common = np.all([pair.is_paired for pair in pairs], axis=0) if day_set == COMMON else every
    kinds = np.array([unit.kind for unit in validation.units])
    out = []
    for kind, reference in KINDS.items():
        mask = common & (kinds == kind)[:, None]
        for compared, series in zip(validation.compared, pairs, strict=True):
            if compared.extract.conversion.is_volumetric:
                names = (compared.product.name, reference, f"{day_set} days")
                out.append(point(names, series.estimate, series.reference, mask))
    return [item for item in out if item.cells]


def _site_r(validation: Validation, product: str, day_set: str) -> dict[str, float]:
    """Return R of a product by site, on own or common days."""
    table = validation.table("scores")
    at_unit, at_r = (table.columns.index(name) for name in ("unit", "r"))
    return {
        str(row[at_unit]): float(row[at_r]) for row in table.rows if row[:2] == (product, day_set)
    }


def _land(axes: Axes, lat: tuple[float, float], lon: tuple[float, float]) -> None:
    """Draw land, coast lines, borders and graticule, as on all maps."""
    frame = MapFrame(*lon, *lat)
    draw_outlines(axes, outlines_in(frame))
    axes.set(xlim=lon, ylim=lat)
    label_degrees(axes, frame, (3, 4))
    axes.set_aspect(frame.stretch)


def _around(values: Sequence[float], most: float) -> tuple[float, float]:
    """Return the limits of an axis around all values [degree]."""
    return max(min(values) - _MARGIN, -most), min(max(values) + _MARGIN, most)


def _parts(units: Sequence[Unit]) -> list[list[Unit]]:
    """Group sites far apart in longitude, a map for each group; one map for many groups."""
    ordered = sorted(units, key=lambda unit: unit.lon)
    parts = [[ordered[0]]]
    for last, unit in pairwise(ordered):
        if unit.lon - last.lon > _FAR:
            parts.append([])
        parts[-1].append(unit)
    return parts if len(parts) <= _MOST_PARTS else [ordered]


def _shape(parts: Sequence[Sequence[Unit]], products: int) -> tuple[int, int, tuple[float, float]]:
    """Return columns and rows of maps and the size of the figure [inch]."""
    beside = min(max(_MOST_ACROSS // len(parts), 1), products)
    across, down = beside * len(parts), -(-products // beside)
    ratios = []
    for some in parts:
        lat = _around([unit.lat for unit in some], 84.0)
        lon = _around([unit.lon for unit in some], 180.0)
        ratios.append((lat[1] - lat[0]) / ((lon[1] - lon[0]) * np.cos(np.radians(np.mean(lat)))))
    side = (_WIDTH - 1.2) / across - 0.5
    side = min(side, _MOST_SIDE) if across > 1 else min(side, _MOST_SIDE / min(*ratios, 1.0))
    height = float(np.clip(side * max(ratios), 0.8, _MOST_SIDE)) + 0.6
    return across, down, (across * (side + 0.5) + 1.2, down * height + 0.3)


def draw_units(validation: Validation) -> Figure:
    """Draw sites coloured by R of each product: circles are stations, squares networks.

    Args:
        validation: scores of one or more products at stations; only the first products are drawn.
    """
    shown, day_set = validation.compared[:MOST_MAPS], days_compared(validation)
    parts = _parts(validation.units)
    across, down, size = _shape(parts, len(shown))
    figure = Figure(figsize=size, layout="compressed")
    grid = figure.subplots(down, across, squeeze=False).ravel()
    wanted = [(compared, some) for compared in shown for some in parts]
    for axes in grid[len(wanted) :]:
        axes.set_axis_off()
    for axes, (compared, some) in zip(grid, wanted, strict=False):
        lat = _around([unit.lat for unit in some], 84.0)
        _land(axes, lat, _around([unit.lon for unit in some], 180.0))
        _draw_r(axes, some, _site_r(validation, compared.product.name, day_set))
        if some is parts[0]:
            axes.set_title(compared.product.name, loc="left", fontsize=11)
    figure.colorbar(
        grid[0].collections[-1], ax=list(grid), label="R", extend="min", shrink=0.7, aspect=30
    )
    return figure


def _draw_r(axes: Axes, units: Sequence[Unit], r: Mapping[str, float]) -> None:
    for kind, marker, size in ((SINGLE, "o", 30), (DENSE, "s", 55)):
        some = [unit for unit in units if unit.kind == kind]
        axes.scatter(
            [unit.lon for unit in some],
            [unit.lat for unit in some],
            c=[r.get(unit.name, np.nan) for unit in some],
            marker=marker,
            s=size,
            cmap=CORRELATION,
            vmin=0,
            vmax=1,
            edgecolors=INK,
            linewidths=0.6,
            plotnonfinite=True,
        )


def draw_unit_series(validation: Validation, place: int, title: str) -> Figure:
    """Draw the series of all products and of the stations at one site.

    Args:
        validation: scores of one or more products at stations.
        place: index of the unit.
        title: title of the figure.
    """
    figure = Figure(figsize=(_WIDTH, 3.6), layout="constrained")
    axes = figure.add_subplot()
    colours = product_colours([compared.product.name for compared in validation.compared])
    drawn = [
        compared for compared in validation.compared if compared.extract.conversion.is_volumetric
    ]
    known = {
        day: value
        for compared in drawn
        for day, value in zip(
            compared.pairs[place].day, compared.pairs[place].reference, strict=True
        )
    }
    day = np.array(sorted(known), "M8[D]")
    gap = np.flatnonzero(np.diff(day) > np.timedelta64(_GAP_DAYS, "D")) + 1
    values = np.insert(np.array([known[date] for date in day]), gap, np.nan)
    axes.plot(np.insert(day, gap, day[gap]), values, color=STATIONS, lw=1.2, label="stations")
    for compared in drawn:
        pair = compared.pairs[place]
        if pair.day.size:
            name = compared.product.name
            axes.plot(pair.day, pair.estimate, ".", ms=3, color=colours[name], label=name)
    axes.set_title(title, loc="left")
    moisture_axis(axes)
    figure.legend(ncols=4, frameon=False, loc="outside lower center", markerscale=3)
    return figure
