"""What share of the land do snow, frost, interference and cells without target take?

    python -m benchmarks.science.coverage_masks   measures the cells without target anew (real data)

Nothing here comes from a pass: each mask is a share of the land of a row of the grid on a day, and
masks are taken to be independent of orbits. Snow and frost come from the climate of the simulated
world, the cells without target from one real day of SMAP, interference is a guess.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy.special import ndtr

from benchmarks.common.json_rows import read_rows, write_rows
from benchmarks.common.real_granules import DAY, GROUP, path_of
from benchmarks.science.orbit_coverage import soil
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25, M36
from mcca_ml.grid.land import land_cells
from mcca_ml.simulate.truth import climate
from mcca_ml.simulate.truth.heat import seasonal_temperature
from mcca_ml.stage_one.target import retrieve_days

RESULTS = Path(__file__).resolve().parents[1] / "geometry" / "no_target.json"
DATE = np.array(["2015-04-01"], "M8[D]")
"""Of the real granule."""

MASKS = ("orbits", "snow", "frozen", "interference", "target")
"""What is taken away, one after the other; each share is what is left after it and those before."""

PLATEAU = (28.0, 38.0, 75.0, 102.0)
"""South, north, west, east of the land taken to lie at 4,500 m: Tibet [degree]. The rest is at sea
level."""
PLATEAU_M = 4500.0
WEATHER_SD = 4.2
"""Departure of the air of a day from its season, 1 sd [K]: that of the simulated world."""
SNOW_DAYS = 20
"""Snow lies where these last days were cold in the mean."""
INTERFERENCE = 0.03
"""Share of the land whose looks are all taken to be lost to interference at 10.65 GHz: the cells
with a transmitter in the simulated world, where each is on in half of the passes. A guess."""
BAND = 5.0
"""Height of the bands of latitude of the cells without target [degree]."""
FEWEST = 200
"""Cells free of frost below which a band's dense vegetation is the provider's, from NDVI."""
STATIC = {
    "water": Flag.OPEN_WATER,
    "ice": Flag.PERMANENT_ICE,
    "built-up": Flag.URBAN,
    "mountains": Flag.TOPOGRAPHY,
}
_DENSE_BIT = 10  # of the provider's `surface_flag`


@dataclass(frozen=True)
class Shares:
    """Share of the land of each row that a mask takes, (day, row) or (row,) [1]."""

    snow: np.ndarray
    frozen: np.ndarray
    """Snow, frost or both: the larger of the two, as if they lay in the same places."""
    target: np.ndarray


def cold_shares(days: np.ndarray, lat: np.ndarray, height: float, zone: str) -> np.ndarray:
    """Share of land that is under snow, and that is frozen, (2, day, row) [1].

    Args:
        days: UTC days.
        lat: of the rows [degree].
        height: of the land [m].
        zone: climate zone, a name of `simulate.climate`.

    Formula:
        The air of a day departs from its season by a normal error. Ground is frozen where the air
        is below freezing, snow lies where the mean of the last twenty days was.
    """
    zones = np.full(lat.shape, climate.zone_index(zone), np.uint8)
    heights = np.full(lat.shape, height, np.float32)
    sd = WEATHER_SD * (1 - 0.7 * climate.tropical(lat))

    def season(when: np.ndarray) -> np.ndarray:
        return seasonal_temperature(when, lat, heights, zones)[0]

    before = [season(days - np.timedelta64(lag, "D")) for lag in range(0, SNOW_DAYS, 5)]
    air = np.stack([np.mean(before, axis=0), season(days)])
    return np.asarray(ndtr((WATER_FREEZING_POINT - air) / sd))


def of_rows(days: np.ndarray, land: np.ndarray) -> Shares:
    """What each mask takes of the land of each row.

    Args:
        days: UTC days.
        land: cells that count, (row, column) of EASE2_M25.
    """
    lat, lon = ease2.latitude(M25), ease2.longitude(M25)
    south, north, west, east = PLATEAU
    in_rows, in_columns = (lat >= south) & (lat <= north), (lon >= west) & (lon <= east)
    count = np.maximum(land.sum(axis=1), 1)
    high = np.where(in_rows, (land & in_columns).sum(axis=1) / count, 0.0)
    low_land = cold_shares(days, lat, 0.0, "temperate")
    high_land = cold_shares(days, lat, PLATEAU_M, "plateau")
    snow, frozen = low_land + high * (high_land - low_land)
    target = np.zeros(lat.size)
    for band in read_rows(RESULTS):
        target[(lat >= band["south"]) & (lat < band["north"])] = band["share"]
    return Shares(snow, np.maximum(snow, frozen), target)


def left(by_row: np.ndarray, shares: Shares) -> np.ndarray:
    """Land seen in each row that is left after each mask, (mask, day, row) [cell].

    Args:
        by_row: land cells seen, (day, row).
        shares: of the same days.
    """
    thawed = 1 - shares.frozen
    heard = thawed * (1 - INTERFERENCE)
    steps = (np.ones_like(thawed), 1 - shares.snow, thawed, heard, heard * (1 - shares.target))
    return np.stack([by_row * step for step in steps])


def _dense_by_provider() -> np.ndarray:
    """Whether the provider calls the vegetation of each cell of EASE2_M25 dense, by its NDVI."""
    with h5py.File(path_of(DAY)) as h5:
        bits = h5[GROUP]["surface_flag"][:]
    where = ease2.cell_latlon(M25, land_cells(M25).astype(np.int64))
    row, column = ease2.find_cell(M36, where.lat, where.lon)
    return (bits[row, column] >> _DENSE_BIT & 1).astype(np.bool_)


def measured() -> list[dict[str, object]]:
    """Share of land without target by band of latitude, from stage one on one real day of SMAP."""
    cells = land_cells(M25).astype(np.int64)
    ds = retrieve_days([path_of(DAY)], cells, DATE, RetrieveSettings())
    flag, lat = ds["flag"].to_numpy()[0, 0], ds["lat"].to_numpy()

    def has(bits: Flag) -> np.ndarray:
        return (flag & int(bits)) != 0

    causes = pd.DataFrame({name: has(bit) for name, bit in STATIC.items()})
    fixed = causes.any(axis=1).to_numpy()
    seen = ~has(Flag.NOT_OBSERVED) & soil().ravel()[cells]
    warm, by_ndvi = seen & ~has(Flag.FROZEN | Flag.SNOW), _dense_by_provider()
    rows = []
    for south in np.arange(-60.0, 85.0, BAND):
        band = (lat >= south) & (lat < south + BAND)
        if not (seen & band).any():
            continue
        is_by_vod = bool((warm & band).sum() >= FEWEST)
        some, dense = (warm, has(Flag.DENSE_VEGETATION)) if is_by_vod else (seen, by_ndvi)
        shares = {
            **causes[seen & band].mean(),
            "dense": dense[some & band].mean(),
            "dense_by_vod": int(is_by_vod),
            "share": (fixed | dense)[some & band].mean(),
        }
        head = {"south": south, "north": south + BAND, "cells": int((seen & band).sum())}
        rows.append(head | {name: round(value, 4) for name, value in shares.items()})
    return rows


if __name__ == "__main__":
    write_rows(RESULTS, measured())
