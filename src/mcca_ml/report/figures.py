"""Figures of a report: the mean map, series with streams and truth, coverage by year."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from mcca_ml.atomic import replacing
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.publish.map import DRY_TO_WET
from mcca_ml.report.coverage import monthly
from mcca_ml.report.tables import mean_of_days
from mcca_ml.schema import LAYERS

Floats = npt.NDArray[np.float32]

COLOURS: Mapping[str, str] = {
    "TMI": "#c2703d",
    "AMSRE": "#7b5ea7",
    "GMI": "#2f8f83",
    "AMSR2": "#3b6fb6",
}
"""Colour of each stream, the same in every figure."""

_INK, _TRUTH = "#1f2328", "#b3261e"
_DPI = 130


def save(figure: Figure, path: Path, *, is_simulated: bool) -> Path:
    """Write a figure as PNG, whole or not at all; the same figure gives the same bytes.

    Args:
        figure: to be written.
        path: made or replaced.
        is_simulated: whether what it shows is simulated, which it then says itself.

    Raises:
        OutputError: it cannot be written.
    """
    if is_simulated:
        figure.suptitle("SIMULATED", x=0.01, ha="left", weight="bold", fontsize=11)
    with replacing(path) as beside:
        figure.savefig(beside, format="png", dpi=_DPI, metadata={"Software": None})
    return path


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.6)
    axes.set_axisbelow(True)


def _date_axis(axes: Axes) -> None:
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def draw_series(
    ds: xr.Dataset, place: int, truth: Floats | None, title: str, *, last_days: int = 730
) -> Figure:
    """The record of one cell: fused with its uncertainty, streams as points, truth as a line.

    Args:
        ds: after schema.RECORD.
        place: of the cell in it.
        truth: true soil moisture of that cell [m3 m-3], (time,); None: unknown.
        title: of the figure.
        last_days: of these the lower panel shows the details.
    """
    figure = Figure(figsize=(10.5, 5.6), layout="constrained")
    one = ds.isel(cell=place)
    for number, days in enumerate((ds.sizes["time"], last_days)):
        axes = figure.add_subplot(2, 1, number + 1)
        part = one.isel(time=slice(-days, None))
        _draw_part(axes, part, None if truth is None else truth[-days:])
        if not number:
            axes.set_title(title, loc="left", fontsize=11)
            axes.legend(ncols=6, fontsize=8, frameon=False, loc="upper right", markerscale=2)
    return figure


def _draw_part(axes: Axes, one: xr.Dataset, truth: Floats | None) -> None:
    time = one["time"].to_numpy()
    good = is_recommended(one["flag"].to_numpy().astype(FLAG_DTYPE))
    for name, layer in LAYERS.items():
        values = one[layer].to_numpy()
        if np.isfinite(values).any():
            axes.plot(time, values, ".", ms=2, color=COLOURS[name], alpha=0.5, label=name)
    sm = np.where(good, one["sm"].to_numpy(), np.nan)
    sd = one["sm_uncertainty"].to_numpy()
    axes.fill_between(time, sm - sd, sm + sd, color="#9aa4ad", alpha=0.35, linewidth=0)
    axes.plot(time, sm, color=_INK, linewidth=0.8, label="fused, ± 1 sd")
    if truth is not None:
        axes.plot(time, truth, color=_TRUTH, linewidth=0.8, alpha=0.8, label="truth (simulated)")
    axes.set_ylabel("soil moisture [m³ m⁻³]", fontsize=9)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    _date_axis(axes)
    _tidy(axes)


def draw_coverage(ds: xr.Dataset) -> Figure:
    """Share of cells with a value, by month: of all, recommended, and of each stream.

    Args:
        ds: after schema.RECORD.
    """
    days = ds["time"].to_numpy()
    good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE))
    has = np.isfinite(ds["sm"].to_numpy())
    figure = Figure(figsize=(10.5, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for name, layer in LAYERS.items():
        months, share = monthly(np.isfinite(ds[layer].to_numpy()), days)
        if share.any():
            axes.plot(months, share, color=COLOURS[name], linewidth=1, label=name)
    axes.plot(*monthly(has, days), color=_INK, linewidth=1.6, label="record")
    axes.plot(*monthly(has & good, days), color=_INK, linewidth=1.2, ls=":", label="recommended")
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of cells a day", fontsize=9)
    axes.legend(ncols=6, fontsize=8, frameon=False, loc="lower right")
    axes.margins(x=0.01)
    _date_axis(axes)
    _tidy(axes)
    return figure


def draw_maps(ds: xr.Dataset, truth: Floats | None) -> Figure:
    """Mean of each cell, of the record and of the truth, box by box.

    Args:
        ds: after schema.RECORD.
        truth: true soil moisture at the times of the record [m3 m-3], (cell, time).
    """
    good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE))
    sm = np.where(good, ds["sm"].to_numpy(), np.nan).T
    panels = {"record, mean": mean_of_days(sm)}
    if truth is not None:
        panels["truth at its times, mean"] = mean_of_days(np.where(np.isfinite(sm), truth, np.nan))
        panels["record less truth"] = mean_of_days(sm - truth)
    lat, lon = ds["lat"].to_numpy(), ds["lon"].to_numpy()
    boxes = _boxes(lat, lon)
    figure = Figure(figsize=(3.4 * len(panels) + 0.8, 3.0 * len(boxes)), layout="constrained")
    grid = figure.subplots(len(boxes), len(panels), squeeze=False)
    for axes_row, box in zip(grid, boxes, strict=True):
        for axes, (title, values) in zip(axes_row, panels.items(), strict=True):
            is_off = "less" in title
            marks = axes.scatter(
                lon[box],
                lat[box],
                c=values[box],
                marker="s",
                s=70,
                cmap="RdBu" if is_off else DRY_TO_WET,
                vmin=-0.1 if is_off else 0.0,
                vmax=0.1 if is_off else 0.5,
            )
            axes.set_title(title, fontsize=9, loc="left")
            axes.tick_params(labelsize=7)
            figure.colorbar(marks, ax=axes, shrink=0.8).ax.tick_params(labelsize=7)
    return figure


def _boxes(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], gap: float = 3.0
) -> list[npt.NDArray[np.int64]]:
    """Cells that lie together, by gaps of latitude and then of longitude [degree]."""
    parts = [np.arange(lat.size)]
    for degrees in (lat, lon):
        parts = [
            piece
            for part in parts
            for piece in np.split(
                part[np.argsort(degrees[part], kind="stable")],
                np.flatnonzero(np.diff(np.sort(degrees[part])) > gap) + 1,
            )
        ]
    return parts
