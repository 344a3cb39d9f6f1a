"""What a folder holds, stations or the truth of a simulated world, for `mcca-ml inspect`."""

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
    Row,
    extent,
    period,
    row_of,
    unreadable,
)
from mcca_ml.read.insitu import MAX_DEPTH, Station, read_ismn, station_files

_STORE_MARK = "zarr.json"
_SIMULATED_PREFIX = "SIM-"
MOST_VALUES = 500_000
"""Values of one variable of a store that are read, so that the answer comes at once."""
_BLOCKS = 4
_SHOWN_ROWS = 14
_ATTRIBUTE_WIDTH = 60
_SAID = ("simulated", "title")
"""Attributes that the heading says in its own words."""


def is_store(path: Path) -> bool:
    """Whether a folder is a Zarr store."""
    return (path / _STORE_MARK).is_file()


def is_stations(path: Path) -> bool:
    """Whether a folder holds files of soil-moisture stations."""
    return path.is_dir() and bool(station_files(path))


def _counted(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(names).items()))


def _network_rows(stations: Sequence[Station]) -> tuple[Row, ...]:
    """Good values of each network."""
    rows = []
    for network in sorted({station.network for station in stations}):
        own = [station.data for station in stations if station.network == network]
        good = np.concatenate([data["is_good"].to_numpy() for data in own])
        values = np.concatenate([data["soil_moisture"].to_numpy() for data in own])
        rows.append(row_of(f"{network}, good", "m3 m-3", np.where(good, values, np.nan)))
    return tuple(rows)


def describe_stations(folder: Path) -> Description:
    """What stations a folder holds, and the good values of each network.

    Args:
        folder: as `read.insitu.read_ismn` takes it.

    Raises:
        ConfigError: the package ismn is not installed.
        GranuleError: it cannot be read.
    """
    stations = read_ismn(folder)
    networks = [station.network for station in stations]
    depths = [f"{one.depth_from:.2f}-{one.depth_to:.2f} m" for one in stations]
    places = {(station.network, station.name) for station in stations}
    is_made_up = all(name.startswith(_SIMULATED_PREFIX) for name in networks)
    ends = np.array([one.data["time"].to_numpy()[[0, -1]] for one in stations])
    heading = {
        "folder": folder.name,
        "product": f"stations in ISMN's files, sensors down to {MAX_DEPTH:.2f} m",
        **({"simulated": SIMULATED} if is_made_up else {}),
        "stations": f"{len(places)} with {len(stations)} sensors",
        "networks": _counted(networks),
        "depths": _counted(depths),
        "observed": period(ends),
        "places": extent(
            np.array([one.lat for one in stations]), np.array([one.lon for one in stations])
        ),
    }
    return Description(heading, _network_rows(stations))


def _sample(variable: xr.DataArray, most: int) -> AnyArray:
    """Values of a variable: all, or those of a few blocks along its first dimension."""
    if variable.size <= most or variable.ndim == 0:
        return np.atleast_1d(variable.to_numpy())
    length = variable.shape[0]
    size = max(1, most * length // variable.size // _BLOCKS)
    starts = np.linspace(0, length - size, _BLOCKS).astype(int)
    return np.concatenate([variable[begin : begin + size].to_numpy() for begin in starts])


def _short_attributes(ds: xr.Dataset) -> dict[str, str]:
    """Attributes that fit on a line; settings and injected errors do not."""
    said = {str(name): str(value) for name, value in ds.attrs.items() if name not in _SAID}
    return {name: value for name, value in said.items() if len(value) <= _ATTRIBUTE_WIDTH}


def _store_rows(ds: xr.Dataset, most: int) -> tuple[Row, ...]:
    """Statistics of each variable of numbers, those over time first."""
    numbers = [(str(n), v) for n, v in ds.data_vars.items() if v.dtype.kind in "fiub"]
    ordered = sorted(numbers, key=lambda pair: ("time" not in pair[1].dims, pair[0]))
    return tuple(
        row_of(name, str(v.attrs.get("units", "")), _sample(v, most).astype(np.float64))
        for name, v in ordered[:_SHOWN_ROWS]
    )


def describe_store(path: Path, *, most: int = MOST_VALUES) -> Description:
    """What the truth of a simulated world holds.

    Args:
        path: Zarr store; of large variables a part is read, and the heading says so.
        most: values of a variable that are read.

    Raises:
        GranuleError: it cannot be read, or does not say that it is simulated.
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
    """Raise unless a store says that it is simulated: nothing else may be called a truth."""
    said = ds.attrs.get(smap.SIMULATED, "missing")
    if said != "true":
        raise GranuleError(
            f"{where}: the attribute {smap.SIMULATED} is {said!r}, expected 'true' as in the "
            "truth of a simulated world; give that, or a file"
        )


def _rest(ds: xr.Dataset, shown: int) -> dict[str, str]:
    """The variables that have no row."""
    rest = len(ds.data_vars) - shown
    return {"not shown": f"{rest} more variables"} if rest > 0 else {}
