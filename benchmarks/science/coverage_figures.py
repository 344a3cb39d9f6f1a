"""What do the years of the record and the swaths of a day look like?"""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 (the backend has to be chosen first)
import numpy as np  # noqa: E402

from benchmarks.common.whole_orbits import orbit_footprints, orbit_number  # noqa: E402
from mcca_ml.grid import ease2  # noqa: E402
from mcca_ml.grid.ease2 import M25  # noqa: E402
from mcca_ml.grid.land import land_mask  # noqa: E402
from mcca_ml.sensors import AMSR2, GMI, SMAP, TMI, Sensor  # noqa: E402

SOFTWARE = {"Software": None}
"""No version of the library in the file, so that the bytes depend on the picture only."""
COLOURS = {"TMI": "C1", "AMSRE": "C0", "GMI": "C3", "AMSR2": "C9", "SMAP": "0.6"}
DAY = np.timedelta64(1, "D")
BAND = 5.0
"""Height of a band of latitude in the lower panel [degree]."""


def monthly(days: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Months, and the means of values (day, ...) in them; NaN where all are."""
    months = days.astype("M8[M]")
    every = np.arange(months[0], months[-1] + 1)
    mean = np.full((every.size, *values.shape[1:]), np.nan)
    for number, month in enumerate(every):
        here = values[months == month]
        if len(here) and np.isfinite(here).any():
            mean[number] = np.nanmean(here, axis=0)
    return every, mean


def record(
    path: Path,
    days: np.ndarray,
    each: Mapping[str, np.ndarray],
    together: np.ndarray,
    by_row: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Land seen a day, monthly means: per sensor and together, and by latitude.

    Args:
        path: picture to write.
        days: sampled days.
        each: share of land by sensor, (day).
        together: share of land seen by the sensors of the record.
        by_row: land cells seen (day, row), land cells of the rows, latitude of the rows.
    """
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(11, 6.4), sharex=True, height_ratios=(1, 1.05), layout="constrained"
    )
    for name, values in each.items():
        months, mean = monthly(days, values)
        upper.plot(months, mean, color=COLOURS[name], lw=1.1, label=name)
    months, mean = monthly(days, together)
    upper.plot(months, mean, color="k", lw=1.6, label="TMI, AMSR-E, GMI, AMSR2 together")
    upper.axhline(0.8, color="0.8", lw=0.8, zorder=0)
    upper.set(ylim=(0.4, 1.0), ylabel="share of land seen a day")
    upper.legend(ncols=6, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    seen, land, lat = by_row
    edges = np.arange(-60.0, 85.0 + BAND, BAND)
    which = np.digitize(lat, edges) - 1
    bands = np.array([seen[:, which == b].sum(1) for b in range(edges.size - 1)]).T
    whole = np.array([land[which == b].sum() for b in range(edges.size - 1)])
    with np.errstate(invalid="ignore"):
        months, mean = monthly(days, np.where(whole > 0, bands / whole, np.nan))
    ends = np.append(months, months[-1] + 1).astype("M8[D]")
    mesh = lower.pcolormesh(ends, edges, mean.T, vmin=0, vmax=1, cmap="viridis", rasterized=True)
    lower.set(ylabel="latitude [degree]", ylim=(-60, 85))
    lower.xaxis.set_major_locator(mpl.dates.YearLocator(2))
    lower.set_xlim(np.datetime64("1997-07-01"), ends[-1])
    figure.colorbar(mesh, ax=lower, label="share of land seen", pad=0.01)
    figure.savefig(path, dpi=95, metadata=SOFTWARE)
    plt.close(figure)


def hours(sensor: Sensor, day: np.datetime64) -> np.ndarray:
    """UTC hour of the last footprint in each cell on a day, (row, column); NaN where none is."""
    field = np.full(M25.shape, np.nan)
    first = day.astype("M8[us]")
    last = first + DAY
    for orbit in range(orbit_number(sensor, first), orbit_number(sensor, last) + 1):
        seen = orbit_footprints(sensor, orbit)
        inside = (seen.scan_time >= first) & (seen.scan_time < last)
        row, column = ease2.cell_of(M25, seen.lat[inside], seen.lon[inside])
        hour = (seen.scan_time[inside] - first) / np.timedelta64(1, "h")
        field[row, column] = hour[:, None]
    return field


def swaths(path: Path) -> None:
    """Where four sensors look on one day, coloured by time."""
    figure, panels = plt.subplots(2, 2, figsize=(11, 5.2), layout="constrained")
    shown = ((TMI, "2014-09-01"), (GMI, "2014-09-01"), (AMSR2, "2014-09-01"), (SMAP, "2015-09-01"))
    coast = land_mask(M25).astype(np.float32)
    for axes, (sensor, day) in zip(panels.flat, shown, strict=True):
        field = hours(sensor, np.datetime64(day))[::2, ::2]
        image = axes.imshow(field, vmin=0, vmax=24, cmap="viridis", interpolation="none")
        axes.contour(coast[::2, ::2], [0.5], colors="w", linewidths=0.9)
        axes.contour(coast[::2, ::2], [0.5], colors="k", linewidths=0.35)
        axes.set(xticks=[], yticks=[], title=f"{sensor.name}, {day}")
    figure.colorbar(image, ax=panels, label="hour of the day [UTC]", shrink=0.7, pad=0.01)
    figure.savefig(path, dpi=66, metadata=SOFTWARE)
    plt.close(figure)
