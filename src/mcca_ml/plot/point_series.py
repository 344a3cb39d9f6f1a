"""The record at one place, as CSV and as PNG."""

import csv
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans
from mcca_ml.atomic import replacing
from mcca_ml.grid.place_text import place_text
from mcca_ml.plot.colours import BAND, COLOURS, INK, date_axis, tidy, write_png
from mcca_ml.schema import is_simulated

_DPI = 150

Columns = dict[str, list[str]]


def _cells(values: AnyArray) -> list[str]:
    return [f"{value:.4f}" if np.isfinite(value) else "" for value in values.astype(float)]


def make_table(ds: xr.Dataset, recommended: Booleans, words: dict[str, list[str]]) -> Columns:
    """Columns of the CSV: time, soil moisture, whether recommended, words, streams.

    Args:
        ds: over time, of `read.products.point_series.read_series`.
        recommended: of each day.
        words: columns in words, such as sensors and flag.
    """
    time = ds["time"].to_numpy()
    is_daily = bool((time == time.astype("M8[D]")).all())
    columns = {"time": np.datetime_as_string(time, unit="D" if is_daily else "s").tolist()}
    columns["sm"] = _cells(ds["sm"].to_numpy())
    if "sm_uncertainty" in ds:
        columns["sm_uncertainty"] = _cells(ds["sm_uncertainty"].to_numpy())
    columns["recommended"] = [str(int(good)) for good in recommended]
    columns |= words
    for layer in schema.LAYERS.values():
        for name in (layer, f"{layer}_uncertainty"):
            if name in ds:
                columns[name] = _cells(ds[name].to_numpy())
    return columns


def write_csv(columns: Columns, path: Path) -> Path:
    """Write columns to a CSV file, whole or not at all; return its path.

    Raises:
        OutputError: the file cannot be written.
    """
    with replacing(path) as beside, beside.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def _draw_values(axes: Axes, time: AnyArray, sm: AnyArray, good: Booleans, colour: str) -> None:
    """A line through the recommended values, their points above the others, which are pale."""
    axes.plot(time[good], sm[good], color=colour, lw=0.7, zorder=3)
    for shown, opacity, size, label in ((good, 1.0, 9, "recommended"), (~good, 0.3, 6, "other")):
        seen = shown & np.isfinite(sm)
        if seen.any():
            axes.scatter(
                time[seen], sm[seen], size, color=colour, alpha=opacity, lw=0,
                label=f"{label}, {int(seen.sum()):,} days", zorder=2 + opacity,
            )  # fmt: skip


def draw_series(ds: xr.Dataset, recommended: Booleans) -> Figure:
    """Series with its uncertainty, and its streams below.

    Args:
        ds: over time, from `read.products.point_series.read_series`.
        recommended: (time,).
    """
    layers = {s: n for s, n in schema.LAYERS.items() if n in ds and ds[n].notnull().any()}
    rows = 2 if layers else 1
    figure = Figure(figsize=(11, 3.3 * rows + 0.6), dpi=_DPI, layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    time, sm = ds["time"].to_numpy(), ds["sm"].to_numpy()
    if "sm_uncertainty" in ds:
        sd = np.where(recommended, ds["sm_uncertainty"].to_numpy(), np.nan)
        axes[0].fill_between(time, sm - sd, sm + sd, color=BAND, alpha=0.35, lw=0, label="± 1 sd")
    _draw_values(axes[0], time, sm, recommended, INK)
    for sensor, name in layers.items():
        values, colour = ds[name].to_numpy(), COLOURS[sensor]
        strong = np.where(recommended, values, np.nan)
        axes[1].plot(time, values, ".", ms=2.5, color=colour, alpha=0.25)
        axes[1].plot(time, strong, ".", ms=2.5, color=colour, label=sensor)
    for each, title in zip(axes, ("Soil moisture", "Single sensors"), strict=False):
        each.set_title(f"{title}; pale: not recommended", loc="left", fontsize=10)
        each.set_ylabel("[m³ m⁻³]", fontsize=9)
        tidy(each)
        if each.get_legend_handles_labels()[1]:
            each.legend(
                fontsize=8, frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1)
            )
    date_axis(axes[-1])
    axes[0].set_ylim(bottom=0.0)
    place = place_text(float(ds["lat"]), float(ds["lon"]))
    mark = "SIMULATED — " if is_simulated(ds) else ""
    figure.suptitle(f"{mark}{place}", fontweight="bold", x=0.01, ha="left")
    return figure


def write_series(ds: xr.Dataset, recommended: Booleans, path: Path) -> Path:
    """Write the figure of `draw_series` to a PNG; return its path.

    Raises:
        OutputError: the file cannot be written.
    """
    return write_png(draw_series(ds, recommended), path)
