"""The map of a day of the record, or of another product, as PNG."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from mcca_ml.arrays import Booleans
from mcca_ml.errors import ConfigError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.plot.colours import DIFFERENCE, UNCERTAINTY, write_png
from mcca_ml.plot.day_map import MOISTURE_SCALE, NOTE, SOURCES, UNCERTAINTY_SCALE
from mcca_ml.plot.flag_classes import class_layer, own_flag_layer, parse_meanings
from mcca_ml.plot.maps import ColourScale, MapLayer, Raster, draw_maps
from mcca_ml.schema import is_simulated

_VOLUMETRIC = ("m3m-3", "m^3m^-3")


def _scale(field: xr.DataArray, good: Booleans) -> ColourScale:
    """Fixed scales for soil moisture and its uncertainty; else 2 to 98 % of recommended values."""
    name, units = str(field.name), str(field.attrs.get("units", ""))
    is_error = "uncertainty" in name
    if name.startswith("sm") and units.replace(" ", "") in _VOLUMETRIC:
        return UNCERTAINTY_SCALE if is_error else MOISTURE_SCALE
    known = np.isfinite(field.to_numpy())
    known = field.to_numpy()[known & good if (known & good).any() else known]
    low, high = (float(q) for q in np.quantile(known, [0.02, 0.98])) if known.size else (0.0, 1.0)
    palette = MOISTURE_SCALE.palette if name.startswith("sm") and not is_error else UNCERTAINTY
    low = 0.0 if 0.0 < low < high / 2 else low
    return ColourScale(low, high if high > low else low + 1.0, palette)


def _units(field: xr.DataArray) -> str:
    """Units as they stand on a map."""
    return str(field.attrs.get("units", "1")).replace("m3 m-3", "m³ m⁻³") or "1"


def _raster(source: xr.Dataset | xr.DataArray) -> Raster:
    """Cells by the latitude and longitude of a dataset or field."""
    lat, lon = (source[name].to_numpy().astype(np.float64) for name in ("lat", "lon"))
    return Raster(lat, lon)


def _layer(ds: xr.Dataset, variable: str, good: Booleans) -> MapLayer:
    """Classes for a flag, colours of a scale for a number."""
    field = ds[variable].transpose(ds["lat"].dims[0], ds["lon"].dims[0])
    title = str(field.attrs.get("long_name", variable))
    if variable == "flag" and field.dtype == FLAG_DTYPE:
        return own_flag_layer(title, field.to_numpy())
    values = field.to_numpy().astype(np.float64)
    meanings, is_bits = parse_meanings(field.attrs)
    if not meanings:
        return MapLayer(f"{title} [{_units(field)}]", values, _scale(field, good), good)
    is_quality = "flag" in variable
    if not is_quality:
        values[~np.isfinite(ds["sm"].transpose(*field.dims).to_numpy())] = np.nan
    elif is_bits:  # all bits: ESA CCI soil moisture has no value there
        every = sum(bit for bit, _ in meanings)
        values[np.nan_to_num(values).astype(np.int64) & every == every] = np.nan
    return class_layer(title, values, field.attrs, good if is_quality else None)


def draw_day(ds: xr.Dataset, variable: str) -> Figure:
    """Map of one variable of a day.

    Args:
        ds: from `read.products.point_series.read_day`, over latitude and longitude.
        variable: name of a variable of numbers.
    """
    good = ds["is_recommended"].transpose(ds["lat"].dims[0], ds["lon"].dims[0]).to_numpy()
    heading = f"{'SIMULATED — ' * is_simulated(ds)}{variable}, {str(ds['time'].to_numpy())[:10]}"
    return draw_maps(_raster(ds), [_layer(ds, variable, good)], heading, NOTE, width=11.0)


def draw_map(field: xr.DataArray, heading: str = "") -> Figure:
    """Map of any field of a record, with coast lines: a day, a mean, an anomaly.

    >>> import mcca_ml
    >>> record = mcca_ml.open_record("product")  # doctest: +SKIP
    >>> mcca_ml.draw_map(record.sm.mean("time"), "Mean").savefig("mean.png")  # doctest: +SKIP

    Args:
        field: numbers over the two dimensions of `lat` and `lon` [degree], NaN where there is none.
            Values of both signs get colours that meet at 0.
        heading: first line of the figure.

    Raises:
        ConfigError: the field has other dimensions, or no latitude and longitude.
    """
    is_placed = "lat" in field.coords and "lon" in field.coords
    dims = [field[name].dims[0] for name in ("lat", "lon")] if is_placed else []
    if set(field.dims) != set(dims) or len(dims) != 2:
        raise ConfigError(
            f"draw_map: found dimensions {', '.join(map(str, field.dims)) or 'none'}, expected "
            "those of lat and lon alone; select a day, or take a mean over the others"
        )
    field = field.transpose(*dims).rename(field.name or "field")
    values = field.to_numpy().astype(np.float64)
    is_known = np.isfinite(values)
    known, scale = values[is_known], _scale(field, is_known)
    if known.size and known.min() < 0 < known.max():
        most = float(np.abs(known).max())
        scale = ColourScale(-most, most, DIFFERENCE)
    title = str(field.attrs.get("long_name", field.name))
    if "units" in field.attrs:
        title += f" [{_units(field)}]"
    mark = "SIMULATED — " * is_simulated(field.attrs)
    layers = [MapLayer(title, values, scale)]
    return draw_maps(_raster(field), layers, mark + heading, SOURCES, width=11.0)


def write_day(ds: xr.Dataset, variable: str, path: Path) -> Path:
    """Write the figure of `draw_day` to a PNG; return its path.

    Raises:
        OutputError: the file cannot be written.
    """
    return write_png(draw_day(ds, variable), path)
