"""Spatial layout of the values of a file, derived from its dimensions.

Five layouts: a grid with one- or two-dimensional latitude and longitude, points with a time series
each, points with concatenated observations (contiguous or indexed ragged arrays of CF), and plain
lists of points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml.arrays import Float64, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.read.granule import shorten

_EARTH_KM = 6371.0
_PLACES = {"lat": ("lat", "latitude"), "lon": ("lon", "longitude")}
_LONE_KM = 25.0
"""Radius represented by an isolated point or cell [km]."""
_REACH = 0.75
"""Radius represented by a point, relative to the point spacing; half the diagonal of a square is
0.71."""


@dataclass(frozen=True)
class SpatialLayout:
    """Positions of the values of a variable."""

    lat: Float64
    """Latitude of the places (place,) [degree]; of the rows (row,) for a grid with axes."""
    lon: Float64
    """Longitude of the places (place,) or of the columns (column,) [degree], -180 to 180."""
    dims: tuple[str, ...]
    """Spatial dimensions: two of a grid, one of points; the sample dimension of ragged arrays."""
    shape: tuple[int, ...]
    """Sizes of the spatial dimensions."""
    has_axes: bool
    """True if `lat` and `lon` belong to rows and columns."""
    owner: Int64 | None = None
    """Place of each sample of a ragged array (sample,); None for other layouts."""


def _coordinate(ds: xr.Dataset, axis: str) -> str | None:
    """Return the name of the latitude or longitude variable, by CF, then by name."""
    standard = _PLACES[axis][1]
    for name, variable in ds.variables.items():
        if variable.attrs.get("standard_name") == standard and variable.ndim in (1, 2):
            return str(name)
    names = {str(name).lower(): str(name) for name in ds.variables}
    return next((names[candidate] for candidate in _PLACES[axis] if candidate in names), None)


def find_coordinates(ds: xr.Dataset) -> tuple[str | None, str | None]:
    """Return the names of the latitude and longitude variables; None if there is none."""
    return _coordinate(ds, "lat"), _coordinate(ds, "lon")


def _wrapped(lon: Float64) -> Float64:
    """Wrap longitudes to -180 to 180 [degree]."""
    return np.asarray((lon + 180.0) % 360.0 - 180.0)


def _owners(ds: xr.Dataset, sample: str, place: str) -> Int64 | None:
    """Return the place of each sample of a ragged array; None if the file has no such array."""
    for variable in ds.variables.values():
        if variable.attrs.get("sample_dimension") == sample and variable.dims == (place,):
            counts = variable.to_numpy().astype(np.int64)
            return np.repeat(np.arange(counts.size), counts)
        if variable.attrs.get("instance_dimension") == place and variable.dims == (sample,):
            return variable.to_numpy().astype(np.int64)
    return None


def find_layout(ds: xr.Dataset, variable: str, where: str) -> SpatialLayout:
    """Return the spatial layout of a variable.

    Raises:
        GranuleError: no latitude and longitude on its dimensions.
    """
    names = find_coordinates(ds)
    dims = ds[variable].dims
    if None not in names:
        lat, lon = (ds[str(name)] for name in names)
        north = np.asarray(lat.to_numpy(), np.float64)
        east = _wrapped(np.asarray(lon.to_numpy(), np.float64))
        place = tuple(str(dim) for dim in dict.fromkeys((*lat.dims, *lon.dims)))
        if set(place) <= set(dims):
            if lat.ndim == lon.ndim == 1 and lat.dims != lon.dims:
                return SpatialLayout(north, east, place, (lat.size, lon.size), has_axes=True)
            if lat.dims == lon.dims:
                return SpatialLayout(north.ravel(), east.ravel(), place, lat.shape, has_axes=False)
        if len(place) == 1 and len(dims) == 1:
            owner = _owners(ds, str(dims[0]), place[0])
            if owner is not None:
                sample = (str(dims[0]),)
                return SpatialLayout(north, east, sample, (lat.size,), has_axes=False, owner=owner)
    raise GranuleError(
        f"{where}: {variable} has dimensions {dims} and the file coordinates "
        f"{shorten(map(str, ds.variables))}, expected latitude and longitude of a grid, or of "
        "points; give such a file"
    )


def _distance(lat: Float64, lon: Float64, to_lat: float, to_lon: float) -> Float64:
    """Return the great-circle distance [km], by the haversine formula."""
    a, c = np.radians(lat), np.radians(to_lat)
    apart = np.radians(lon - to_lon)
    square = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin(apart / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(square, 1.0))))


def _nearest_index(axis: Float64, value: float, *, is_circle: bool) -> int | None:
    """Return the index of the cell of an axis that contains a value; None if outside."""
    away = np.abs(axis - value)
    if is_circle:
        away = np.minimum(away, 360 - away)
    nearest = int(np.argmin(away))
    near = axis[max(nearest - 1, 0) : nearest + 2]
    half = np.abs(np.diff(near)).max() / 2 if near.size > 1 else _LONE_KM / 111
    return nearest if away[nearest] <= half + 1e-6 else None


def _reach(layout: SpatialLayout, away: Float64, nearest: float) -> float:
    """Return the radius that the nearest point represents [km], from the point spacing."""
    at = int(np.nanargmin(away))
    apart = _distance(layout.lat, layout.lon, float(layout.lat[at]), float(layout.lon[at]))
    others = apart[apart > 1e-3]
    if others.size == 0 or nearest < 1e-3:
        return _LONE_KM
    return max(_REACH * float(others.min()), _LONE_KM / 2)


def nearest_places(layout: SpatialLayout, lat: float, lon: float) -> tuple[Int64, float]:
    """Return the flat indices of the place that contains a point, and its distance [km].

    If a list of points contains a place several times, all its indices are returned. Outside the
    product the result is an empty array and infinity.

    Args:
        layout: spatial layout of the file.
        lat: latitude of the point [degree].
        lon: longitude of the point [degree].
    """
    none = np.zeros(0, np.int64), float("inf")
    if layout.has_axes:
        row = _nearest_index(layout.lat, lat, is_circle=False)
        column = _nearest_index(layout.lon, (lon + 180) % 360 - 180, is_circle=True)
        if row is None or column is None:
            return none
        centre = layout.lat[[row]], layout.lon[[column]]
        distance = float(_distance(*centre, lat, lon)[0])
        return np.array([row * layout.shape[1] + column]), distance
    away = _distance(layout.lat, layout.lon, lat, lon)
    if not np.isfinite(away).any():
        return none
    nearest = float(np.nanmin(away))
    if nearest > _reach(layout, away, nearest):
        return none
    return np.flatnonzero(away <= nearest + 1e-3), nearest


def place_centre(layout: SpatialLayout, place: int) -> tuple[float, float]:
    """Return latitude and longitude of a place [degree], longitude from -180 to 180.

    Args:
        layout: spatial layout of the file.
        place: flat index.
    """
    row, column = np.unravel_index(place, layout.shape) if layout.has_axes else (place, place)
    return float(layout.lat[row]), float(layout.lon[column])


def enclosing_slices(layout: SpatialLayout, places: Int64) -> dict[str, slice]:
    """Return the smallest slices of the spatial dimensions that contain some places."""
    if layout.owner is not None or places.size == 0:
        return {}
    index = np.unravel_index(places, layout.shape)
    return {
        name: slice(int(positions.min()), int(positions.max()) + 1)
        for name, positions in zip(layout.dims, index, strict=True)
    }


class NearestPlaces:
    """Nearest place in a file to each of some points.

    Successive files of a product usually have the same places; only if they differ is the search
    repeated.
    """

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        """Search for the places nearest to points given as latitude and longitude [degree]."""
        self._points = points
        self._layout: SpatialLayout | None = None
        self._places: list[tuple[Int64, float]] = []

    def places(self, layout: SpatialLayout) -> list[tuple[Int64, float]]:
        """Return, for each point, the indices and the distance [km] of `nearest_places`."""
        previous = self._layout
        if (
            previous is None
            or (previous.shape, previous.has_axes) != (layout.shape, layout.has_axes)
            or not np.array_equal(previous.lat, layout.lat)
            or not np.array_equal(previous.lon, layout.lon)
        ):
            self._layout = layout
            self._places = [nearest_places(layout, lat, lon) for lat, lon in self._points]
        return self._places
