"""What do the real series of `conus/` contain? SMAP soil moisture and NLDAS-2 weather."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Float64

FIRST_DAY, LAST_DAY = "2015-04-01", "2017-03-31"
YEARS = ("2015", "2016")
WEATHER = (
    "APCP_FORA",
    "DLWRF_FORA",
    "DSWRF_FORA",
    "SPFH_2_FORA",
    "TMP_2_FORA",
    "UGRD_10_FORA",
    "VGRD_10_FORA",
)
_MISSING = -9999
_HOURS = 24  # the rain of the files is a mean rate


@dataclass(frozen=True)
class Series:
    """Real series of two years, arrays (cell, day)."""

    lat: Float64
    lon: Float64
    soil_moisture: Float64
    """SMAP at 6 am [m3 m-3]; NaN where there is none."""
    rain: Float64
    """[mm day-1]."""
    weather: Float64
    """The seven inputs in their own units, rain first, (input, cell, day)."""
    first_year: int
    """Days of the first year."""


def read_series(folder: Path) -> Series:
    """The series of a folder.

    Args:
        folder: `conus` of the real data.
    """

    def both(name: str) -> Float64:
        years = [np.genfromtxt(folder / year / f"{name}.csv", delimiter=",") for year in YEARS]
        values = np.hstack(years)
        return np.where(values == _MISSING, np.nan, values)

    place = np.genfromtxt(folder / "crd.csv", delimiter=",")
    weather = np.stack([both(name) for name in WEATHER])
    first = np.genfromtxt(folder / YEARS[0] / "SMAP_AM.csv", delimiter=",").shape[1]
    return Series(place[:, 0], place[:, 1], both("SMAP_AM"), weather[0] * _HOURS, weather, first)
