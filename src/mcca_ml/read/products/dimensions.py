"""How the values of a file lie in place and time, told from its dimensions alone.

Five layouts: a grid with one- or two-dimensional latitude and longitude, points with a row of times
each, points whose observations stand one behind the other (contiguous or indexed ragged arrays of
CF), and plain lists of points.
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
"""Distance to which a lone point or cell holds [km]."""
_REACH = 0.75
"""Of the distance between points: half the diagonal of a square is 0.71."""


@dataclass(frozen=True)
class Layout:
    """Where the values of a variable lie."""

    lat: Float64
    """Of the places (place,) [degree]; of a grid with axes those of its rows (row,)."""
    lon: Float64
    """Of the places (place,), or of the columns (column,) [degree], -180 to 180."""
    dims: tuple[str, ...]
    """Dimensions of place: two of a grid, one of points; that of samples for ragged arrays."""
    shape: tuple[int, ...]
    """Sizes of the dimensions of place."""
    has_axes: bool
    """Whether `lat` and `lon` are those of rows and columns."""
    owner: Int64 | None = None
    """Place of each sample of a ragged array (sample,); None for others."""


def _coordinate(ds: xr.Dataset, which: str) -> str | None:
    """Name of the variable of latitude or longitude, by CF, then by name."""
    standard = _PLACES[which][1]
    for name, variable in ds.variables.items():
        if variable.attrs.get("standard_name") == standard and variable.ndim in (1, 2):
            return str(name)
    names = {str(name).lower(): str(name) for name in ds.variables}
    return next((names[one] for one in _PLACES[which] if one in names), None)


def coordinates_of(ds: xr.Dataset) -> tuple[str | None, str | None]:
    """Names of the variables of latitude and longitude; None where a file has none."""
    return _coordinate(ds, "lat"), _coordinate(ds, "lon")


def _wrapped(lon: Float64) -> Float64:
    """Longitudes from -180 to 180 [degree]."""
    return np.asarray((lon + 180.0) % 360.0 - 180.0)


def _owners(ds: xr.Dataset, sample: str, place: str) -> Int64 | None:
    """Place of each sample of a ragged array; None where the file has none."""
    for variable in ds.variables.values():
        if variable.attrs.get("sample_dimension") == sample and variable.dims == (place,):
            counts = variable.to_numpy().astype(np.int64)
            return np.repeat(np.arange(counts.size), counts)
        if variable.attrs.get("instance_dimension") == place and variable.dims == (sample,):
            return variable.to_numpy().astype(np.int64)
    return None


def layout_of(ds: xr.Dataset, variable: str, where: str) -> Layout:
    """The layout of a variable.

    Raises:
        GranuleError: no latitude and longitude that go with it.
    """
    names = coordinates_of(ds)
    dims = ds[variable].dims
    if None not in names:
        lat, lon = (ds[str(name)] for name in names)
        north = np.asarray(lat.to_numpy(), np.float64)
        east = _wrapped(np.asarray(lon.to_numpy(), np.float64))
        place = tuple(str(one) for one in dict.fromkeys((*lat.dims, *lon.dims)))
        if set(place) <= set(dims):
            if lat.ndim == lon.ndim == 1 and lat.dims != lon.dims:
                return Layout(north, east, place, (lat.size, lon.size), has_axes=True)
            if lat.dims == lon.dims:
                return Layout(north.ravel(), east.ravel(), place, lat.shape, has_axes=False)
        if len(place) == 1 and len(dims) == 1:
            owner = _owners(ds, str(dims[0]), place[0])
            if owner is not None:
                sample = (str(dims[0]),)
                return Layout(north, east, sample, (lat.size,), has_axes=False, owner=owner)
    raise GranuleError(
        f"{where}: {variable} has dimensions {dims} and the file coordinates "
        f"{shorten(map(str, ds.variables))}, expected latitude and longitude of a grid, or of "
        "points; give such a file"
    )


def _distance(lat: Float64, lon: Float64, to_lat: float, to_lon: float) -> Float64:
    """Along the sphere [km], by the haversine formula."""
    a, c = np.radians(lat), np.radians(to_lat)
    apart = np.radians(lon - to_lon)
    square = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin(apart / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(square, 1.0))))


def _nearest_on(axis: Float64, value: float, *, is_circle: bool) -> int | None:
    """Index of the cell of an axis that holds a value; None where it lies outside."""
    away = np.abs(axis - value)
    if is_circle:
        away = np.minimum(away, 360 - away)
    at = int(np.argmin(away))
    near = axis[max(at - 1, 0) : at + 2]
    half = np.abs(np.diff(near)).max() / 2 if near.size > 1 else _LONE_KM / 111
    return at if away[at] <= half + 1e-6 else None


def _reach(layout: Layout, away: Float64, nearest: float) -> float:
    """Distance up to which the nearest point holds [km], from how far its neighbour is."""
    at = int(np.nanargmin(away))
    apart = _distance(layout.lat, layout.lon, float(layout.lat[at]), float(layout.lon[at]))
    others = apart[apart > 1e-3]
    if others.size == 0 or nearest < 1e-3:
        return _LONE_KM
    return max(_REACH * float(others.min()), _LONE_KM / 2)


def places_of(layout: Layout, lat: float, lon: float) -> tuple[Int64, float]:
    """Flat indices of the place that holds a point, and its distance [km].

    A list of points may hold a place several times; all of them are told. None (an empty array) and
    infinity where the point lies outside.

    Args:
        layout: of the file.
        lat: of the point [degree].
        lon: of the point [degree].
    """
    none = np.zeros(0, np.int64), float("inf")
    if layout.has_axes:
        row = _nearest_on(layout.lat, lat, is_circle=False)
        column = _nearest_on(layout.lon, (lon + 180) % 360 - 180, is_circle=True)
        if row is None or column is None:
            return none
        centre = layout.lat[[row]], layout.lon[[column]]
        far = float(_distance(*centre, lat, lon)[0])
        return np.array([row * layout.shape[1] + column]), far
    away = _distance(layout.lat, layout.lon, lat, lon)
    if not np.isfinite(away).any():
        return none
    nearest = float(np.nanmin(away))
    if nearest > _reach(layout, away, nearest):
        return none
    return np.flatnonzero(away <= nearest + 1e-3), nearest


def centre_of(layout: Layout, place: int) -> tuple[float, float]:
    """Latitude and longitude of a place [degree], longitude from -180 to 180.

    Args:
        layout: of the file.
        place: flat index.
    """
    row, column = np.unravel_index(place, layout.shape) if layout.has_axes else (place, place)
    return float(layout.lat[row]), float(layout.lon[column])


def block_of(layout: Layout, places: Int64) -> dict[str, slice]:
    """The least part of the dimensions of place that holds some places."""
    if layout.owner is not None or places.size == 0:
        return {}
    index = np.unravel_index(places, layout.shape)
    return {
        name: slice(int(one.min()), int(one.max()) + 1)
        for name, one in zip(layout.dims, index, strict=True)
    }


class Nearest:
    """The place of a file that is nearest to each of some points.

    The files of a product nearly always have the places of the one before: only where they have
    not are the nearest looked up again.
    """

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        """Of points given as latitude and longitude [degree]."""
        self._points = points
        self._seen: Layout | None = None
        self._places: list[tuple[Int64, float]] = []

    def places(self, layout: Layout) -> list[tuple[Int64, float]]:
        """For each point the indices and the distance [km] that `places_of` gives."""
        seen = self._seen
        if (
            seen is None
            or (seen.shape, seen.has_axes) != (layout.shape, layout.has_axes)
            or not np.array_equal(seen.lat, layout.lat)
            or not np.array_equal(seen.lon, layout.lon)
        ):
            self._seen = layout
            self._places = [places_of(layout, lat, lon) for lat, lon in self._points]
        return self._places
