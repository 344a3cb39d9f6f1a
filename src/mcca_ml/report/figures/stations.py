"""What a validation found at stations -> a Taylor diagram, a map of the units, their series."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mcca_ml.grid import ease2
from mcca_ml.grid.land import land_mask
from mcca_ml.plot.colours import INK, STATIONS, moisture_axis
from mcca_ml.report.figures.taylor import Point, colours_of, point
from mcca_ml.report.scores.station_tables import COMMON, KINDS, days_compared
from mcca_ml.validate.run import Validation
from mcca_ml.validate.score_units import days_of, held
from mcca_ml.validate.stations import DENSE, SINGLE, Unit

_MARGIN = 2.0
"""Land shown around the units [degree]."""
MOST_MAPS = 6
"""Products that have a map."""
_FAR = 30.0
"""Degrees of longitude without a unit that part two maps."""
_MOST_PARTS = 3
_MOST_ACROSS = 4
_MOST_SIDE = 3.2
"""Of a map [inch]."""
_WIDTH = 9.0
"""Of a figure [inch]."""
_GAP_DAYS = 10
"""Without a value, over which a line is broken."""


def points_at_units(validation: Validation) -> list[Point]:
    """Correlation and ratio of standard deviations of each product at dense networks and stations.

    Medians over units, on the days of `days_compared`; a product in degrees of saturation has
    no standard deviation to compare and no point.

    Args:
        validation: of one product or of several.
    """
    days = days_of([pair for one in validation.compared for pair in one.pairs])
    pairs = [held(one.pairs, days) for one in validation.compared]
    every = np.ones(pairs[0].seen.shape, np.bool_)
    which = days_compared(validation)
    common = np.all([one.seen for one in pairs], axis=0) if which == COMMON else every
    kinds = np.array([unit.kind for unit in validation.units])
    out = []
    for kind, reference in KINDS.items():
        mask = common & (kinds == kind)[:, None]
        for one, series in zip(validation.compared, pairs, strict=True):
            if one.extract.conversion.is_volumetric:
                names = (one.product.name, reference, f"{which} days")
                out.append(point(names, series.estimate, series.reference, mask))
    return [one for one in out if one.cells]


def _r_of(validation: Validation, product: str, which: str) -> dict[str, float]:
    """R of a product at each unit, on days of a kind."""
    table = validation.table("scores")
    at_unit, at_r = (table.columns.index(name) for name in ("unit", "r"))
    return {
        str(row[at_unit]): float(row[at_r]) for row in table.rows if row[:2] == (product, which)
    }


def _land(axes: Axes, lat: tuple[float, float], lon: tuple[float, float]) -> None:
    """Cells of land in grey, as background; degrees, stretched as EASE2 is."""
    mask = land_mask(ease2.M25)
    edges_lat = ease2.map_latitude(ease2.y_edges(ease2.M25))
    edges_lon = ease2.map_longitude(ease2.x_edges(ease2.M25)[1:-1])
    edges_lon = np.concatenate([[-180.0], edges_lon, [180.0]])
    rows = (edges_lat[1:] <= lat[1]) & (edges_lat[:-1] >= lat[0])
    columns = (edges_lon[1:] >= lon[0]) & (edges_lon[:-1] <= lon[1])
    r, c = np.flatnonzero(rows), np.flatnonzero(columns)
    shown = np.where(mask[r[0] : r[-1] + 1, c[0] : c[-1] + 1], 1.0, np.nan)
    axes.pcolormesh(
        edges_lon[c[0] : c[-1] + 2],
        edges_lat[r[0] : r[-1] + 2],
        shown,
        cmap="Greys",
        vmin=0,
        vmax=8,
        rasterized=True,
    )
    axes.set_xlim(*lon)
    axes.set_ylim(*lat)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}°")
        axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.tick_params(labelsize=9)
    axes.set_aspect(1 / max(np.cos(np.radians(np.mean(lat))), 0.2))


def _around(values: Sequence[float], most: float) -> tuple[float, float]:
    """Ends of an axis that shows all values and some land around them [degree]."""
    return max(min(values) - _MARGIN, -most), min(max(values) + _MARGIN, most)


def _parts(units: Sequence[Unit]) -> list[list[Unit]]:
    """Units far apart in longitude, which a map each shows; all on one map if these are many."""
    ordered = sorted(units, key=lambda unit: unit.lon)
    parts = [[ordered[0]]]
    for last, one in pairwise(ordered):
        if one.lon - last.lon > _FAR:
            parts.append([])
        parts[-1].append(one)
    return parts if len(parts) <= _MOST_PARTS else [ordered]


def _shape(parts: Sequence[Sequence[Unit]], products: int) -> tuple[int, int, tuple[float, float]]:
    """Maps beside each other, rows of maps, and the size of the figure [inch]."""
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
    """Where the units are, and R of each product at each: circles stations, squares networks.

    Args:
        validation: of one product or of several, of which the first ones are shown.
    """
    shown, which = validation.compared[:MOST_MAPS], days_compared(validation)
    parts = _parts(validation.units)
    across, down, size = _shape(parts, len(shown))
    figure = Figure(figsize=size, layout="compressed")
    grid = figure.subplots(down, across, squeeze=False).ravel()
    wanted = [(one, some) for one in shown for some in parts]
    for axes in grid[len(wanted) :]:
        axes.set_axis_off()
    for axes, (one, some) in zip(grid, wanted, strict=False):
        lat = _around([unit.lat for unit in some], 84.0)
        _land(axes, lat, _around([unit.lon for unit in some], 180.0))
        _draw_r(axes, some, _r_of(validation, one.product.name, which))
        if some is parts[0]:
            axes.set_title(one.product.name, loc="left", fontsize=11)
    figure.colorbar(
        grid[0].collections[-1], ax=list(grid), label="R", extend="min", shrink=0.7, aspect=30
    )
    return figure


def _draw_r(axes: Axes, units: Sequence[Unit], r: Mapping[str, float]) -> None:
    for kind, mark, size in ((SINGLE, "o", 30), (DENSE, "s", 55)):
        some = [unit for unit in units if unit.kind == kind]
        axes.scatter(
            [unit.lon for unit in some],
            [unit.lat for unit in some],
            c=[r.get(unit.name, np.nan) for unit in some],
            marker=mark,
            s=size,
            cmap="viridis",
            vmin=0,
            vmax=1,
            edgecolors=INK,
            linewidths=0.6,
            plotnonfinite=True,
        )


def draw_unit_series(validation: Validation, place: int, title: str) -> Figure:
    """What all products say at a unit, and what its stations say.

    Args:
        validation: of one product or of several.
        place: of the unit in it.
        title: of the figure.
    """
    figure = Figure(figsize=(_WIDTH, 3.6), layout="constrained")
    axes = figure.add_subplot()
    colours = colours_of([one.product.name for one in validation.compared])
    drawn = [one for one in validation.compared if one.extract.conversion.is_volumetric]
    known = {
        day: value
        for one in drawn
        for day, value in zip(one.pairs[place].day, one.pairs[place].reference, strict=True)
    }
    day = np.array(sorted(known), "M8[D]")
    gap = np.flatnonzero(np.diff(day) > np.timedelta64(_GAP_DAYS, "D")) + 1
    values = np.insert(np.array([known[one] for one in day]), gap, np.nan)
    axes.plot(np.insert(day, gap, day[gap]), values, color=STATIONS, lw=1.2, label="stations")
    for one in drawn:
        pair = one.pairs[place]
        if pair.day.size:
            name = one.product.name
            axes.plot(pair.day, pair.estimate, ".", ms=3, color=colours[name], label=name)
    axes.set_title(title, loc="left")
    moisture_axis(axes)
    figure.legend(ncols=4, frameon=False, loc="outside lower center", markerscale=3)
    return figure
