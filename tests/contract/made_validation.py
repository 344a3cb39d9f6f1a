"""A small product and stations in the layout of ISMN, of known values, SIMULATED."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

DAYS = np.arange("2016-01-01", "2016-05-01", dtype="M8[D]")
LAT = np.array([42.125, 41.875, 41.625, 41.375])
LON = np.array([-5.625, -5.375, -5.125])
ROW, COLUMN = 1, 1
"""The cell of the stations."""
NETWORK = "SIM-NET"


def wave(days: np.ndarray = DAYS) -> np.ndarray:
    """Soil moisture of the cell [m3 m-3], one value a day."""
    age = (days - DAYS[0]).astype(float)
    return 0.25 + 0.1 * np.sin(age / 7.0) + 0.02 * np.sin(age * 1.7)


def product(factor: float = 1.0, bias: float = 0.03, days: np.ndarray = DAYS) -> xr.Dataset:
    """Daily maps: the wave and a bias in the cell of the stations, another level elsewhere."""
    values = np.full((days.size, LAT.size, LON.size), 0.1, np.float32)
    values[:, ROW, COLUMN] = wave(days) + bias
    values[days == np.datetime64("2016-02-03"), ROW, COLUMN] = np.nan
    return xr.Dataset(
        {
            "sm": (
                ("time", "lat", "lon"),
                values * np.float32(factor),
                {"units": "m3 m-3", "long_name": "Volumetric Soil Moisture"},
            )
        },
        coords={
            "time": ("time", days.astype("M8[ns]"), {"standard_name": "time"}),
            "lat": ("lat", LAT, {"standard_name": "latitude", "units": "degrees_north"}),
            "lon": ("lon", LON, {"standard_name": "longitude", "units": "degrees_east"}),
        },
    )


def write_product(path: Path, ds: xr.Dataset | None = None) -> Path:
    """A product as one NetCDF file."""
    (product() if ds is None else ds).to_netcdf(path)
    return path


def write_station(
    folder: Path,
    lines: Sequence[str],
    *,
    name: str = "A",
    network: str = NETWORK,
    place: tuple[float, float] = (41.88, -5.37),
) -> Path:
    """A station of some lines, `2016/01/01 00:00 0.25 G M` each."""
    at = folder / network / name
    at.mkdir(parents=True)
    head = f"{network} {network} {name} {place[0]:.5f} {place[1]:.5f} 700.0 0.0000 0.0500 Probe"
    file = f"{network}_{network}_{name}_sm_0.000000_0.050000_Probe_20160101_20160430.stm"
    (at / file).write_text("\n".join([head, *lines]) + "\n")
    static = f"{network}_{network}_{name}_static_variables.csv"
    columns = (
        "quantity_name;unit;depth_from[m];depth_to[m];value;description;quantity_source_name;"
        "quantity_source_description;quantity_source_provider;quantity_source_version;"
        "quantity_source_resolution;quantity_source_timerange;quantity_source_url;"
    )
    rows = [
        "land cover classification;;;;10;;CCI_landcover_2010;;;;;;;",
        "climate classification;;;;Csb;;koeppen_geiger_2007;;;;;;;",
    ]
    (at / static).write_text("\n".join([columns, *rows]) + "\n")
    return at / file


def hourly(values: np.ndarray | None = None, flag: str = "G", days: np.ndarray = DAYS) -> list[str]:
    """Lines every six hours of a value a day."""
    known = wave(days) if values is None else values
    return [
        f"{str(day).replace('-', '/')} {hour:02d}:00 {value:.6f} {flag} M"
        for day, value in zip(days, known, strict=True)
        for hour in range(0, 24, 6)
    ]


def write_stations(folder: Path, count: int = 5) -> Path:
    """A dense network in the cell: levels of their own that are 0 together."""
    levels = np.linspace(-0.04, 0.04, count)
    for number, level in enumerate(levels):
        place = 41.85 + 0.01 * number, -5.37
        write_station(folder, hourly(wave() + level), name=f"S{number}", place=place)
    return folder
