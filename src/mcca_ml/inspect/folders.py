"""Describe folders of stations, or the truth of a SIMULATED world, for `mcca-ml inspect`."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray
from mcca_ml.errors import GranuleError
from mcca_ml.formats import smap
from mcca_ml.inspect.description import (
    SIMULATED,
    Description,
    VariableRow,
    extent,
    period,
    unreadable,
    variable_row,
)
from mcca_ml.read.insitu import MAX_DEPTH, Station, read_ismn, station_files

_STORE_FILE = "zarr.json"
_SIMULATED_PREFIX = "SIM-"
MOST_VALUES = 500_000
"""Largest number of values read of one variable of a store, for a fast answer."""
_BLOCKS = 4
_SHOWN_ROWS = 14
_ATTRIBUTE_WIDTH = 60
_SHOWN_ATTRIBUTES = ("simulated", "title")
"""Attributes shown in other lines of the heading."""


def is_store(path: Path) -> bool:
    """Return True if a folder is a Zarr store."""
    return (path / _STORE_FILE).is_file()


def is_stations(path: Path) -> bool:
    """Return True if a folder contains files of soil-moisture stations."""
    return path.is_dir() and bool(station_files(path))


def _count_names(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(names).items()))


def _network_rows(stations: Sequence[Station]) -> tuple[VariableRow, ...]:
    """Return the statistics of good values of each network."""
    rows = []
    for network in sorted({station.network for station in stations}):
        own = [station.data for station in stations if station.network == network]
        good = np.concatenate([data["is_good"].to_numpy() for data in own])
        values = np.concatenate([data["soil_moisture"].to_numpy() for data in own])
        rows.append(variable_row(f"{network}, good", "m3 m-3", np.where(good, values, np.nan)))
    return tuple(rows)


def describe_stations(folder: Path) -> Description:
    """Describe the stations of a folder, and the good values of each network.

    Args:
        folder: folder for `read.insitu.read_ismn`.

    Raises:
        ConfigError: the package ismn is not installed.
        GranuleError: the folder cannot be read.
    """
    stations = read_ismn(folder)
    networks = [station.network for station in stations]
    depths = [f"{station.depth_from:.2f}-{station.depth_to:.2f} m" for station in stations]
    places = {(station.network, station.name) for station in stations}
    is_simulated = all(name.startswith(_SIMULATED_PREFIX) for name in networks)
    ends = np.array([station.data["time"].to_numpy()[[0, -1]] for station in stations])
    heading = {
        "folder": folder.name,
        "product": f"stations in ISMN's files, sensors down to {MAX_DEPTH:.2f} m",
        **({"simulated": SIMULATED} if is_simulated else {}),
        "stations": f"{len(places)} with {len(stations)} sensors",
        "networks": _count_names(networks),
        "depths": _count_names(depths),
        "observed": period(ends),
        "places": extent(
            np.array([station.lat for station in stations]),
            np.array([station.lon for station in stations]),
        ),
    }
    return Description(heading, _network_rows(stations))


def _sample(variable: xr.DataArray, most: int) -> AnyArray:
    """Read values of a variable: all, or a few blocks along its first dimension."""
    if variable.size <= most or variable.ndim == 0:
        return np.atleast_1d(variable.to_numpy())
    length = variable.shape[0]
    size = max(1, most * length // variable.size // _BLOCKS)
    starts = np.linspace(0, length - size, _BLOCKS).astype(int)
    return np.concatenate([variable[begin : begin + size].to_numpy() for begin in starts])


def _short_attributes(ds: xr.Dataset) -> dict[str, str]:
    """Return the attributes short enough for a line, without settings and injected errors."""
    attributes = {str(k): str(v) for k, v in ds.attrs.items() if k not in _SHOWN_ATTRIBUTES}
    return {name: value for name, value in attributes.items() if len(value) <= _ATTRIBUTE_WIDTH}


def _store_rows(ds: xr.Dataset, most: int) -> tuple[VariableRow, ...]:
    """Return the statistics of each numeric variable, time-dependent ones first."""
    numbers = [(str(n), v) for n, v in ds.data_vars.items() if v.dtype.kind in "fiub"]
    ordered = sorted(numbers, key=lambda pair: ("time" not in pair[1].dims, pair[0]))
    return tuple(
        variable_row(name, str(v.attrs.get("units", "")), _sample(v, most).astype(np.float64))
        for name, v in ordered[:_SHOWN_ROWS]
    )


def describe_store(path: Path, *, most: int = MOST_VALUES) -> Description:
    """Describe the truth of a simulated world.

    Args:
        path: Zarr store; large variables are sampled, as stated in the heading.
        most: largest number of values read of a variable.

    Raises:
        GranuleError: the store cannot be read, or is not declared simulated.
    """
    try:
        with xr.open_zarr(path, chunks=None, consolidated=False) as ds:
            _check_simulated(ds, path.name)
            is_sampled = any(v.size > most for v in ds.data_vars.values())
            rows = _store_rows(ds, most)
            place = [ds[name].to_numpy() if name in ds else np.zeros(0) for name in ("lat", "lon")]
            heading = {
                "store": path.name,
                "product": "SIMULATED TRUTH of a world; no observation in it",
                "dimensions": ", ".join(f"{name} {size:,}" for name, size in ds.sizes.items()),
                **({"period": period(ds["time"].to_numpy())} if "time" in ds else {}),
                "places": extent(*place),
                **_short_attributes(ds),
                **({"statistics": f"of {_BLOCKS} parts of the record"} if is_sampled else {}),
                **_rest(ds, len(rows)),
            }
    except (OSError, ValueError, KeyError) as error:
        expected = "a store with the truth of a simulated world; simulate it again"
        raise unreadable(path, error, expected) from error
    return Description(heading, rows)


def _check_simulated(ds: xr.Dataset, where: str) -> None:
    """Raise unless a store is declared simulated: only then it is a truth."""
    attribute = ds.attrs.get(smap.SIMULATED, "missing")
    if attribute != "true":
        raise GranuleError(
            f"{where}: the attribute {smap.SIMULATED} is {attribute!r}, expected 'true' as in the "
            "truth of a simulated world; give that, or a file"
        )


def _rest(ds: xr.Dataset, shown: int) -> dict[str, str]:
    """Return the number of variables without a row."""
    rest = len(ds.data_vars) - shown
    return {"not shown": f"{rest} more variables"} if rest > 0 else {}
