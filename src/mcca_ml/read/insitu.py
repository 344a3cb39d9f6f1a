"""Stations of the International Soil Moisture Network, through the `ismn` package.

That package writes into the data folder, prints, shows a progress bar, and skips unreadable files
and stations. Here its logs go to a temporary folder, its output is suppressed, and a skipped file
raises an error.
"""

import contextlib
import io
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.read.granule import shorten

MAX_DEPTH = 0.10
"""Greatest lower end of a surface sensor [m]."""
GOOD = "G"
"""ISMN flag of a value that passes all checks."""
_LEAST = -1.0  # below any reading; the fill value of the files is a large negative number
_NO_ELEVATION = -99.0  # -99.9 in genuine headers
_VARIABLE = "_sm_"  # marks soil moisture in a file name
_LEVELS = ("", "*/", "*/*/")
_NOTES = ("ERROR ", "WARNING ", "INFO ")  # first words of log entries
_ARCHIVE_PARTS = 3  # network, station, file
_NAME_PARTS = 8  # CSE_Network_Station_sm_from_to_Sensor_first_last, the sensor with any more


@dataclass(frozen=True)
class Station:
    """One soil-moisture sensor of one station."""

    network: str
    name: str
    lat: float
    """[degree]."""
    lon: float
    """[degree]."""
    elevation: float
    """[m]; NaN if unknown."""
    depth_from: float
    """[m]."""
    depth_to: float
    """[m]."""
    sensor: str
    climate: str
    """Koeppen-Geiger class; empty if unknown."""
    land_cover: str
    """ESA CCI class of 2010; empty if unknown."""
    data: xr.Dataset
    """soil_moisture (time) [m3 m-3], flag (time) of ISMN, is_good (time); UTC, ascending. The
    attribute `duplicates` is the number of lines with a repeated time; the first line is used."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the output and the warnings of the package."""
    nowhere = io.StringIO()
    with (
        warnings.catch_warnings(action="ignore"),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def _below(folder: Path, name: str) -> list[Path]:
    """Return the files with a name pattern in a station, network or folder of networks; sorted."""
    return sorted(path for level in _LEVELS for path in folder.glob(f"{level}{name}"))


def station_files(folder: Path) -> list[Path]:
    """Return the soil moisture files in a station, a network or a folder of networks; sorted."""
    return _below(folder, f"*{_VARIABLE}*.stm")


def _link(folder: Path, files: list[Path], archive: Path) -> None:
    """Link the files into an archive of networks and stations for the package.

    This allows a single network or station, a plain list of files and any folder name; nothing is
    written next to the data, and other variables are not read.

    Raises:
        GranuleError: a file name without network and station.
    """
    is_archive = all(len(file.relative_to(folder).parts) == _ARCHIVE_PARTS for file in files)
    for file in [*files, *_below(folder, "*_static_variables.csv")]:
        parts = file.name.split("_")
        if file.suffix == ".stm" and len(parts) < _NAME_PARTS:
            raise GranuleError(
                f"{file.name}: found a name of {len(parts)} parts, expected "
                "NETWORK_NETWORK_STATION_sm_FROM_TO_SENSOR_FIRST_LAST.stm; keep the provider's name"
            )
        # Folders and headers spell a network alike, file names differ: FR_Aqui, FR-Aqui.
        below = file.parent.relative_to(folder) if is_archive else Path(parts[1], parts[2])
        place = archive / below
        place.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # the same file twice below the folder
            (place / file.name).symlink_to(file.resolve())


def _why(notes: Path) -> str:
    """Return the last line of the first error in the logs of the package."""
    lines = [line for log in notes.glob("*.log") for line in log.read_text().splitlines()]
    starts = [number for number, line in enumerate(lines) if line.startswith(_NOTES)]
    faults = [number for number in starts if lines[number].startswith(_NOTES[0])]
    if not faults:
        return "reason unknown"
    end = next((number for number in starts if number > faults[0]), None)
    messages = [line for line in lines[faults[0] : end] if line and not line.startswith((" ", "-"))]
    return messages[-1][:100]


def _interface(archive: Path, notes: Path, where: str) -> Any:
    """Open a folder with the package.

    Raises:
        ConfigError: the package is not installed.
        GranuleError: the package cannot read the folder.
    """
    try:
        # Imported here: an optional dependency that takes a second to import.
        from ismn.interface import ISMN_Interface
    except ImportError as error:
        raise ConfigError(
            "read_ismn: the package ismn is not installed, expected it for reading stations; "
            'pip install "mcca-ml[insitu]"'
        ) from error
    try:
        return ISMN_Interface(archive, meta_path=notes)
    except (TypeError, ValueError, KeyError, IndexError, OSError) as error:
        # Its exceptions are uninformative (None is not iterable); its logs are not.
        raise GranuleError(
            f"{where}: ismn could read no station ({_why(notes)}), expected files of ISMN in "
            "header_values or CEOP format; download them again"
        ) from error


def _text(value: object) -> str:
    """Convert a class to text; empty if missing."""
    text = "" if value is None else str(value)
    return "" if text.lower() in ("nan", "none", "unknown") else text.removesuffix(".0")


def _series(sensor: Any, where: str) -> xr.Dataset:
    """Read the values of a sensor.

    Raises:
        GranuleError: the values are unreadable, or not in m3 m-3.
    """
    try:
        frame = sensor.read_data()
        values = frame["soil_moisture"].to_numpy(np.float64)
        flag = frame["soil_moisture_flag"].to_numpy().astype(str)
        time = frame.index.to_numpy().astype("M8[ns]")
    except (TypeError, ValueError, KeyError, IndexError, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise GranuleError(
            f"{where}: ismn cannot read the values ({reason}), expected date, time, value, flag "
            "and the provider's flag; download it again"
        ) from error
    lines = time.size
    time, first = np.unique(time, return_index=True)
    duplicates = lines - time.size
    known = ~np.isnat(time)  # lines without a time have no day
    time, values, flag = time[known], values[first][known], flag[first][known]
    values = np.where(values < _LEAST, np.nan, values)
    is_good = (flag == GOOD) & np.isfinite(values)
    if is_good.any() and values[is_good].max() > 1:
        raise GranuleError(
            f"{where}: good values of up to {values[is_good].max():g}, expected m3 m-3, at most 1; "
            "divide by 100 if they are percent"
        )
    return xr.Dataset(
        {
            "soil_moisture": ("time", values.astype(np.float32), {"units": "m3 m-3"}),
            "flag": ("time", flag),
            "is_good": ("time", is_good),
        },
        coords={"time": time},
        attrs={"duplicates": duplicates},
    )


def _station(network: str, station: Any, sensor: Any) -> Station:
    """Read one sensor with the metadata of its position.

    Raises:
        GranuleError: the position is not on the Earth, or the values are unreadable.
    """
    metadata = {variable.name: variable.val for variable in sensor.metadata}
    where = Path(sensor.filehandler.file_path).name
    lat, lon, elevation = (float(metadata[name]) for name in ("latitude", "longitude", "elevation"))
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise GranuleError(
            f"{where}: found latitude {lat:g} and longitude {lon:g}, expected a place on the "
            "Earth, to 90 and 180 degrees; download it again"
        )
    return Station(
        network=network,
        name=str(station.name),
        lat=lat,
        lon=lon,
        elevation=elevation if elevation > _NO_ELEVATION else np.nan,
        depth_from=float(sensor.depth.start),
        depth_to=float(sensor.depth.end),
        sensor=str(sensor.instrument),
        climate=_text(metadata.get("climate_KG")),
        land_cover=_text(metadata.get("lc_2010")),
        data=_series(sensor, where),
    )


def _check_none_lost(interface: Any, files: list[Path], notes: Path, where: str) -> None:
    """Raise if the package has skipped a soil moisture file."""
    read = {Path(str(name)).name for name in interface.metadata["file_path"].to_numpy().ravel()}
    lost = sorted({file.name for file in files} - read)
    if lost:
        raise GranuleError(
            f"{where}: ismn could not read {len(lost)} of {len(files)} files, the first {lost[0]} "
            f"({_why(notes)}), expected all; download them again or remove them"
        )


def read_ismn(folder: Path, *, max_depth: float = MAX_DEPTH) -> tuple[Station, ...]:
    """Read the soil moisture of all stations in a folder as ISMN delivers it.

    Args:
        folder: networks of stations, one network, one station, or files; nothing is written to it.
        max_depth: lower end of the deepest sensor to take [m].

    Returns:
        One entry per sensor, sorted by network, station and depth. Values are as delivered, NaN
        where missing; `is_good` is True for values that pass all ISMN checks. Lines without a
        time are omitted.

    Raises:
        ConfigError: the package ismn is not installed.
        GranuleError: no station in the folder, no sensor within `max_depth`, a position off the
            Earth, or an unreadable file.
    """
    where = folder.name or str(folder)
    if folder.is_file():
        raise GranuleError(
            f"{where}: found a file, expected a folder of stations; unpack it and give the folder"
        )
    if not folder.is_dir():
        raise GranuleError(f"{where}: found no such folder, expected one of stations; check it")
    files = station_files(folder)
    if not files:
        raise GranuleError(
            f"{where}: found {shorten(path.name for path in folder.iterdir())}, expected stations "
            f"of ISMN (*{_VARIABLE}*.stm); give the folder that was unpacked"
        )
    with tempfile.TemporaryDirectory() as temporary, _quiet():
        archive, notes = Path(temporary) / "archive", Path(temporary) / "notes"
        _link(folder, files, archive)
        interface = _interface(archive, notes, where)
        _check_none_lost(interface, files, notes, where)
        sensors = [
            (network.name, station, sensor)
            for network in interface.networks.values()
            for station in network.stations.values()
            for sensor in station.sensors.values()
            if sensor.variable == "soil_moisture"
        ]
        shallow = [entry for entry in sensors if entry[2].depth.end <= max_depth + 1e-6]
        if not shallow:
            least = min((sensor.depth.end for _, _, sensor in sensors), default=np.nan)
            raise GranuleError(
                f"{where}: the shallowest sensor ends at {least:g} m, expected one at "
                f"{max_depth:g} m or above; raise max_depth"
            )
        stations = [_station(*entry) for entry in shallow]
    return tuple(sorted(stations, key=lambda s: (s.network, s.name, s.depth_to, s.sensor)))
