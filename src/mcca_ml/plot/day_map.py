"""The map of one look of a day, as PNG: soil moisture, optical depth, uncertainty and flags."""

from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from mcca_ml import __version__
from mcca_ml.arrays import Int64
from mcca_ml.flags import FLAG_DTYPE, Flag, is_recommended
from mcca_ml.grid import ease2
from mcca_ml.plot.colours import SOIL_MOISTURE, UNCERTAINTY, VOD, write_png
from mcca_ml.plot.flag_classes import own_flag_layer
from mcca_ml.plot.maps import ColourScale, MapLayer, Raster, draw_maps
from mcca_ml.schema import is_simulated

_Scalar = TypeVar("_Scalar", bound=np.generic)
_WIDTH = 16.0
"""Of the figure [inch]: a column of EASE2_M36 on the globe is about a pixel wide."""
SOURCES = f"Coast lines and borders: Natural Earth. MCCA-ML {__version__}."
"""Below all maps."""
NOTE = f"Pale: not recommended. Grey: land without a value. {SOURCES}"
"""Below the maps of a day."""
MOISTURE_SCALE = ColourScale(0.0, 0.5, SOIL_MOISTURE)
"""Soil moisture [m3 m-3] in all maps."""
UNCERTAINTY_SCALE = ColourScale(0.0, 0.12, UNCERTAINTY)


def unfold(
    values: npt.NDArray[_Scalar], cell: Int64, grid: ease2.Grid, background: float = np.nan
) -> npt.NDArray[_Scalar]:
    """Values of cells on their grid, (row, column); `background` elsewhere.

    Args:
        values: (cell,).
        cell: flat cell numbers, (cell,).
        grid: grid of the cells.
        background: value of all other cells.
    """
    whole = np.full(grid.size, background, values.dtype)
    whole[cell] = values
    return whole.reshape(grid.shape)


def _layers(look: xr.Dataset, cell: Int64, grid: ease2.Grid, vod_ghz: float) -> list[MapLayer]:
    flag = unfold(look["flag"].to_numpy().astype(FLAG_DTYPE), cell, grid, int(Flag.NOT_OBSERVED))
    good = is_recommended(flag)
    numbers = [
        MapLayer(title, unfold(look[name].to_numpy(), cell, grid), scale, good)
        for name, title, scale in (
            ("soil_moisture", "Soil moisture [m³ m⁻³]", MOISTURE_SCALE),
            (
                "vod_v",
                f"VOD at nadir, {vod_ghz:g} GHz, V [1]",
                ColourScale(0.0, 1.2, VOD),
            ),
            ("sm_uncertainty", "Uncertainty of soil moisture, 1 sd [m³ m⁻³]", UNCERTAINTY_SCALE),
        )
    ]
    return [*numbers, own_flag_layer("Flag: recommended, or first reason why not", flag)]


def draw_look(ds: xr.Dataset, look: str) -> Figure:
    """Maps of one look of a day.

    Args:
        ds: after schema.RETRIEVAL, one UTC day.
        look: the look to draw, one of those in `ds`.
    """
    grid = ease2.by_name(ds.attrs["grid"])
    cell = ds["cell"].to_numpy().astype(np.int64)
    day = str(ds["time"].to_numpy()[0].astype("datetime64[D]"))
    heading = (
        f"{'SIMULATED — ' * is_simulated(ds)}{ds.attrs['sensor']}, {day}, {look} look, "
        f"{grid.name} ({grid.cell_m / 1000:.0f} km)"
    )
    of_look = ds.isel(time=0).sel(look=look)
    layers = _layers(of_look, cell, grid, float(ds.attrs["vod_frequency_ghz"]))
    note = f"Soil moisture: yellow dry, dark blue wet. {NOTE}"
    raster = Raster(ease2.latitude(grid), ease2.longitude(grid))
    return draw_maps(raster, layers, heading, note, _WIDTH)


def write_map(ds: xr.Dataset, look: str, path: Path) -> Path:
    """Write the figure of `draw_look` to a PNG; return its path.

    Args:
        ds: after schema.RETRIEVAL, one UTC day.
        look: the look to draw, one of those in `ds`.
        path: file to make or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    return write_png(draw_look(ds, look), path)
