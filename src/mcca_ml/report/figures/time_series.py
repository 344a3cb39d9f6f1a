"""Figures of a report over time: series with streams, truth and stations; coverage by month."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcca_ml.arrays import Float32
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.plot.colours import BAND, COLOURS, INK, STATIONS, TRUTH, date_axis, moisture_axis, tidy
from mcca_ml.report.scores.station_scores import Readings
from mcca_ml.report.scores.temporal_coverage import monthly
from mcca_ml.schema import LAYERS

_MANY_DAYS = 1000
_WIDTH = 9.0
"""Width of a figure [inch]."""


def draw_series(
    ds: xr.Dataset,
    place: int,
    truth: Float32 | None,
    title: str,
    *,
    last_days: int = 730,
    stations: Readings | None = None,
) -> Figure:
    """Draw the record of one cell with its uncertainty, streams as points, truth and stations.

    Args:
        ds: after schema.RECORD.
        place: index of the cell.
        truth: true soil moisture of that cell [m3 m-3], (time,); None: unknown.
        title: title of the figure.
        last_days: days in the lower panel.
        stations: within the cell; None: there are none.
    """
    figure = Figure(figsize=(_WIDTH, 6.6), layout="constrained")
    cell = ds.isel(cell=place)
    top = None
    for number, days in enumerate((ds.sizes["time"], last_days)):
        axes = figure.add_subplot(2, 1, number + 1)
        part = cell.isel(time=slice(-days, None))
        _draw_part(axes, part, None if truth is None else truth[-days:], stations)
        if not number:
            axes.set_title(title, loc="left")
            top = axes
    if top is not None:
        handles, labels = top.get_legend_handles_labels()
        figure.legend(
            handles, labels, ncols=4, frameon=False, loc="outside lower center", markerscale=4
        )
    return figure


def _draw_part(
    axes: Axes, cell: xr.Dataset, truth: Float32 | None, stations: Readings | None
) -> None:
    time = cell["time"].to_numpy()
    good = is_recommended(cell["flag"].to_numpy().astype(FLAG_DTYPE))
    for name, layer in LAYERS.items():
        values = cell[layer].to_numpy()
        if np.isfinite(values).any():
            axes.plot(time, values, ".", ms=2, color=COLOURS[name], alpha=0.5, label=name)
    sm = np.where(good, cell["sm"].to_numpy(), np.nan)
    sd = cell["sm_uncertainty"].to_numpy()
    axes.fill_between(time, sm - sd, sm + sd, color=BAND, alpha=0.35, linewidth=0)
    if truth is not None:
        axes.plot(time, truth, color=TRUTH, linewidth=0.7, alpha=0.7, label="truth (simulated)")
    axes.plot(time, sm, color=INK, linewidth=0.9, label="record, ± 1 sd")
    if stations is not None:
        inside = (stations.days >= time[0]) & (stations.days <= time[-1])
        axes.plot(
            stations.days[inside],
            stations.values[inside],
            ".",
            color=STATIONS,
            ms=1.5 if time.size > _MANY_DAYS else 3,
            label=stations.label,
        )
    axes.set_xlim(time[0], time[-1])
    moisture_axis(axes)


def draw_coverage(ds: xr.Dataset) -> Figure:
    """Draw the monthly share of cells with a value: all, recommended, and of each stream.

    Args:
        ds: after schema.RECORD.
    """
    days = ds["time"].to_numpy()
    good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE))
    has_value = np.isfinite(ds["sm"].to_numpy())
    figure = Figure(figsize=(_WIDTH, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, layer in LAYERS.items():
        months, share = monthly(np.isfinite(ds[layer].to_numpy()), days)
        if share.any():
            axes.plot(months, share, color=COLOURS[name], linewidth=1.1, label=name)
    axes.plot(*monthly(has_value, days), color=INK, linewidth=1.8, label="record")
    axes.plot(
        *monthly(has_value & good, days), color=INK, linewidth=1.3, ls=":", label="recommended"
    )
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of cells a day")
    axes.margins(x=0.01)
    date_axis(axes)
    tidy(axes)
    figure.legend(ncols=6, frameon=False, loc="outside lower center")
    return figure
