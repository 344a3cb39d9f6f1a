"""What do the years of the record and the swaths of a day look like?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import YearLocator
from matplotlib.figure import Figure

from benchmarks.common.pictures import save
from benchmarks.common.whole_orbits import orbit_footprints, orbit_number
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_mask
from mcca_ml.sensors import AMSR2, GMI, SMAP, TMI, Sensor

COLOURS = {"TMI": "C1", "AMSRE": "C0", "GMI": "C3", "AMSR2": "C9", "SMAP": "0.6"}
DAY = np.timedelta64(1, "D")
BAND = 5.0
"""Height of a band of latitude in the lower panel [degree]."""
EDGES = np.arange(-60.0, 85.0 + BAND, BAND)


def by_latitude(cells: np.ndarray, land: np.ndarray) -> np.ndarray:
    """Share of the land in bands between `EDGES`, (day, band) [1]; NaN without land.

    Args:
        cells: land cells that count, (day, row).
        land: land cells of the rows.
    """
    lat = ease2.latitude(M25)
    bands = [(lat >= low) & (lat < low + BAND) for low in EDGES[:-1]]
    return np.stack([cells[:, b].sum(1) / (land[b].sum() or np.nan) for b in bands], axis=1)


def monthly(values: pd.DataFrame | pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Months, and the means of values (day, ...) in them; NaN where all are."""
    mean = values.groupby(values.index.to_numpy().astype("M8[M]").astype("M8[s]")).mean()
    return mean.index.to_numpy().astype("M8[M]"), mean.to_numpy()


def years(
    curves: Sequence[tuple[str, str, float, pd.Series]], by_band: pd.DataFrame, label: str
) -> tuple[Figure, Axes]:
    """Monthly means of shares of land over the years, and of one of them by latitude.

    Args:
        curves: label, colour, width of the line and share by day, of the upper panel.
        by_band: share by day and band between `EDGES`, of the lower panel.
        label: of the lower panel's colours.

    Returns:
        The picture, and its upper panel, whose limits and legend are open.
    """
    figure = Figure(figsize=(11, 6.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.05))
    for name, colour, width, values in curves:
        upper.plot(*monthly(values), color=colour, lw=width, label=name)
    months, mean = monthly(by_band)
    ends = np.append(months, months[-1] + 1).astype("M8[D]")
    mesh = lower.pcolormesh(ends, EDGES, mean.T, vmin=0, vmax=1, cmap="viridis", rasterized=True)
    lower.set(ylabel="latitude [degree]", ylim=(-60, 85))
    lower.xaxis.set_major_locator(YearLocator(2))
    lower.set_xlim(np.datetime64("1997-07-01"), ends[-1])
    figure.colorbar(mesh, ax=lower, label=label, pad=0.01)
    return figure, upper


def record(path: Path, each: pd.DataFrame, together: pd.Series, by_band: np.ndarray) -> None:
    """Land seen a day, monthly means: per sensor and together, and by latitude.

    Args:
        path: picture to write.
        each: share of land by day and sensor.
        together: share of land seen by the sensors of the record, by day.
        by_band: of `by_latitude`, of the same days.
    """
    curves = [(name, COLOURS[name], 1.1, values) for name, values in each.items()]
    curves.append(("TMI, AMSR-E, GMI, AMSR2 together", "k", 1.6, together))
    figure, upper = years(curves, pd.DataFrame(by_band, together.index), "share of land seen")
    upper.axhline(0.8, color="0.8", lw=0.8, zorder=0)
    upper.set(ylim=(0.4, 1.0), ylabel="share of land seen a day")
    upper.legend(ncols=6, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    save(figure, path, dpi=95)


def hours(sensor: Sensor, day: np.datetime64) -> np.ndarray:
    """UTC hour of the last footprint in each cell on a day, (row, column); NaN where none is."""
    field = np.full(M25.shape, np.nan)
    first = day.astype("M8[us]")
    last = first + DAY
    for orbit in range(orbit_number(sensor, first), orbit_number(sensor, last) + 1):
        seen = orbit_footprints(sensor, orbit)
        inside = (seen.scan_time >= first) & (seen.scan_time < last)
        row, column = ease2.find_cell(M25, seen.lat[inside], seen.lon[inside])
        hour = (seen.scan_time[inside] - first) / np.timedelta64(1, "h")
        field[row, column] = hour[:, None]
    return field


def swaths(path: Path) -> None:
    """Where four sensors look on one day, coloured by time."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    panels = figure.subplots(2, 2)
    shown = ((TMI, "2014-09-01"), (GMI, "2014-09-01"), (AMSR2, "2014-09-01"), (SMAP, "2015-09-01"))
    coast = land_mask(M25).astype(np.float32)
    for axes, (sensor, day) in zip(panels.flat, shown, strict=True):
        field = hours(sensor, np.datetime64(day))[::2, ::2]
        image = axes.imshow(field, vmin=0, vmax=24, cmap="viridis", interpolation="none")
        axes.contour(coast[::2, ::2], [0.5], colors="w", linewidths=0.9)
        axes.contour(coast[::2, ::2], [0.5], colors="k", linewidths=0.35)
        axes.set(xticks=[], yticks=[], title=f"{sensor.name}, {day}")
    figure.colorbar(image, ax=panels, label="hour of the day [UTC]", shrink=0.7, pad=0.01)
    save(figure, path, dpi=66)
