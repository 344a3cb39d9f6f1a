"""The record at one place, as CSV and as PNG."""

import csv
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans
from mcca_ml.atomic import replacing
from mcca_ml.plot.colours import date_axis, write_png
from mcca_ml.schema import is_simulated

COLOURS = {"sm_tmi": "#b8843f", "sm_amsre": "#7b3294", "sm_gmi": "#1b9e77", "sm_amsr2": "#d95f02"}
"""Of the streams; told apart by people who see red and green alike, with the record in blue."""

_RECORD = "#14539a"
_DPI = 150

Columns = dict[str, list[str]]


def _cells(values: AnyArray) -> list[str]:
    return [f"{value:.4f}" if np.isfinite(value) else "" for value in values.astype(float)]


def table_of(ds: xr.Dataset, recommended: Booleans, said: dict[str, list[str]]) -> Columns:
    """Columns of the CSV: time, soil moisture, whether recommended, words, streams.

    Args:
        ds: over time, of `read.products.point_series.read_series`.
        recommended: of each day.
        said: columns in words, such as sensors and flag.
    """
    time = ds["time"].to_numpy()
    is_daily = bool((time == time.astype("M8[D]")).all())
    columns = {"time": np.datetime_as_string(time, unit="D" if is_daily else "s").tolist()}
    columns["sm"] = _cells(ds["sm"].to_numpy())
    if "sm_uncertainty" in ds:
        columns["sm_uncertainty"] = _cells(ds["sm_uncertainty"].to_numpy())
    columns["recommended"] = [str(int(good)) for good in recommended]
    columns |= said
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


def write_series(ds: xr.Dataset, recommended: Booleans, path: Path) -> Path:
    """Draw the series with its uncertainty, and its streams below, into a PNG; return its path.

    Raises:
        OutputError: the file cannot be written.
    """
    layers = {s: n for s, n in schema.LAYERS.items() if n in ds and ds[n].notnull().any()}
    rows = 2 if layers else 1
    figure = Figure(figsize=(11, 3.3 * rows + 0.6), dpi=_DPI, layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    time, sm = ds["time"].to_numpy(), ds["sm"].to_numpy()
    if "sm_uncertainty" in ds:
        sd = ds["sm_uncertainty"].to_numpy()
        axes[0].fill_between(time, sm - sd, sm + sd, color=_RECORD, alpha=0.2, lw=0, label="± 1 σ")
    axes[0].plot(time, sm, color=_RECORD, lw=0.7)
    for shown, face, label in ((recommended, _RECORD, "recommended"), (~recommended, "w", "other")):
        seen = shown & np.isfinite(sm)
        if seen.any():
            axes[0].scatter(
                time[seen], sm[seen], 7, color=face, edgecolors=_RECORD, lw=0.5,
                label=f"{label}, {int(seen.sum()):,} days", zorder=3,
            )  # fmt: skip
    for sensor, name in layers.items():
        axes[1].plot(time, ds[name].to_numpy(), ".", ms=2.5, color=COLOURS[name], label=sensor)
    for each, title in zip(axes, ("Soil moisture", "Its streams"), strict=False):
        each.set_title(title, loc="left", fontsize=10)
        each.set_ylabel("[m³ m⁻³]", fontsize=9)
        each.grid(color="#dddddd", lw=0.5)
        each.spines[["top", "right"]].set_visible(False)
        if each.get_legend_handles_labels()[1]:
            each.legend(fontsize=8, frameon=False, ncols=4, loc="upper right")
    date_axis(axes[-1])
    axes[0].set_ylim(bottom=0.0)
    place = f"{float(ds['lat']):.3f}° N, {float(ds['lon']):.3f}° E"
    mark = "SIMULATED — " if is_simulated(ds) else ""
    figure.suptitle(f"{mark}{place}", fontweight="bold", x=0.01, ha="left")
    return write_png(figure, path)
