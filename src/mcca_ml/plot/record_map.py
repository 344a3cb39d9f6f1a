"""The map of a day of the record, or of another product, as PNG."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from mcca_ml.plot.colours import write_png
from mcca_ml.plot.day_map import DRY_TO_WET
from mcca_ml.schema import is_simulated

_DPI = 150


def write_day(ds: xr.Dataset, variable: str, path: Path) -> Path:
    """Draw one variable of a day into a PNG on the product's own grid; return its path.

    Args:
        ds: of `read.products.point_series.read_day`, over latitude and longitude.
        variable: name of a variable of numbers.
        path: file to make or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    down, across = ds["lat"].dims[0], ds["lon"].dims[0]
    field = ds[variable].transpose(down, across)
    values = field.to_numpy().astype(np.float64)
    # Rows of EASE-Grid 2.0 lie evenly in y, not in latitude: y is drawn, latitude is written.
    is_map = "x" in ds and "y" in ds
    x, y = (ds[name].to_numpy() for name in (("x", "y") if is_map else ("lon", "lat")))
    width, height = np.ptp(x) or 1.0, np.ptp(y) or 1.0
    tall = float(np.clip(9.0 * height / width, 3.0, 8.0))
    figure = Figure(figsize=(10, tall + 1.0), dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("#eeeeee")
    is_moisture = variable.startswith("sm") and not variable.endswith("_uncertainty")
    known = values[np.isfinite(values)]
    top = float(np.quantile(known, 0.98)) if known.size else 1.0
    units = str(field.attrs.get("units", ""))
    has_fixed_scale = is_moisture and units.replace(" ", "") in ("m3m-3", "m^3m^-3")
    image = axes.pcolormesh(
        x, y, values, cmap=DRY_TO_WET if is_moisture else "magma_r", vmin=0.0,
        vmax=0.5 if has_fixed_scale else top, shading="nearest",
    )  # fmt: skip
    bar = figure.colorbar(image, ax=axes, fraction=0.03, pad=0.015, extend="max")
    bar.set_label(f"{field.attrs.get('long_name', variable)} [{units or '1'}]", fontsize=8)
    axes.set_aspect("equal")
    lat, lon = ds["lat"].to_numpy(), ds["lon"].to_numpy()
    for axis, at, degrees in ((axes.xaxis, x, lon), (axes.yaxis, y, lat)):
        few = np.unique(np.linspace(0, len(at) - 1, 6).astype(int))
        axis.set_ticks(at[few], [f"{degrees[i]:.1f}°" for i in few])
    axes.tick_params(labelsize=7)
    day = str(ds["time"].to_numpy())[:10]
    mark = "SIMULATED — " if is_simulated(ds) else ""
    axes.set_title(f"{mark}{variable}, {day}", loc="left", fontweight="bold")
    return write_png(figure, path)
