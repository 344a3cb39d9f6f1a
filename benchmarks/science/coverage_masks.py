"""What share of the land do snow, frost, interference and cells without target take?

    python -m benchmarks.science.coverage_masks   measures the cells without target anew (real data)

Nothing here comes from a pass: each mask is a share of the land of a row of the grid on a day, and
masks are taken to be independent of orbits. Snow and frost come from the climate of the simulated
world, the cells without target from one real day of SMAP, interference is a guess.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy.special import ndtr

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
DATA = Path(os.environ.get("MCCA_ML_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
GRANULE = DATA / "smap" / "SMAP_L3_SM_P_20150401_R13080_001.h5"
DAY = "2015-04-01"

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
    zones = np.full(lat.shape, climate.index_of(zone), np.uint8)
    heights = np.full(lat.shape, height, np.float32)
    sd = WEATHER_SD * (1 - 0.7 * climate.tropical(lat))

    def season(when: np.ndarray) -> np.ndarray:
        return seasonal_temperature(when, lat, heights, zones)[0]

    before = [season(days - np.timedelta64(lag, "D")) for lag in range(0, SNOW_DAYS, 5)]
    air = np.stack([np.mean(before, axis=0), season(days)])
    return np.asarray(ndtr((WATER_FREEZING_POINT - air) / sd))


def of_rows(days: np.ndarray, land: np.ndarray, no_target: Iterable[Mapping[str, float]]) -> Shares:
    """What each mask takes of the land of each row.

    Args:
        days: UTC days.
        land: cells that count, (row, column) of EASE2_M25.
        no_target: rows of geometry/no_target.json.
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
    for band in no_target:
        target[(lat >= band["south"]) & (lat < band["north"])] = band["share"]
    return Shares(snow, np.maximum(snow, frozen), target)


def left(by_row: np.ndarray, shares: Shares) -> np.ndarray:
    """Land seen in each row that is left after each mask, (mask, day, row) [cell].

    Args:
        by_row: land cells seen, (day, row).
        shares: of the same days.
    """
    steps = [
        np.ones_like(shares.snow),
        1 - shares.snow,
        1 - shares.frozen,
        (1 - shares.frozen) * (1 - INTERFERENCE),
        (1 - shares.frozen) * (1 - INTERFERENCE) * (1 - shares.target),
    ]
    return np.stack([by_row * step for step in steps])


def _dense_by_provider() -> np.ndarray:
    """Whether the provider calls the vegetation of each cell of EASE2_M25 dense, by its NDVI."""
    with h5py.File(GRANULE) as h5:
        bits = h5["Soil_Moisture_Retrieval_Data/surface_flag"][:]
    where = ease2.cell_latlon(M25, land_cells(M25).astype(np.int64))
    row, column = ease2.cell_of(M36, where.lat, where.lon)
    return (bits[row, column] >> _DENSE_BIT & 1).astype(np.bool_)


def measured() -> list[dict[str, float]]:
    """Share of land without target by band of latitude, from stage one on one real day of SMAP."""
    cells = land_cells(M25).astype(np.int64)
    ds = retrieve_days([GRANULE], cells, np.array([DAY], "M8[D]"), RetrieveSettings())
    flag, lat = ds["flag"].to_numpy()[0, 0], ds["lat"].to_numpy()
    seen = ((flag & int(Flag.NOT_OBSERVED)) == 0) & soil().ravel()[cells]
    frozen = (flag & int(Flag.FROZEN | Flag.SNOW)) != 0
    by_vod, by_ndvi = (flag & int(Flag.DENSE_VEGETATION)) != 0, _dense_by_provider()
    rows = []
    for south in np.arange(-60.0, 85.0, BAND):
        here = seen & (lat >= south) & (lat < south + BAND)
        if not here.any():
            continue
        row: dict[str, float] = {"south": south, "north": south + BAND, "cells": int(here.sum())}
        fixed = np.zeros(flag.shape, np.bool_)
        for name, bit in STATIC.items():
            has = (flag & int(bit)) != 0
            fixed |= has
            row[name] = round(float(has[here].mean()), 4)
        warm = here & ~frozen
        is_told = bool(warm.sum() >= FEWEST)
        some, dense = (warm, by_vod) if is_told else (here, by_ndvi)
        row |= {"dense": round(float(dense[some].mean()), 4), "dense_by_vod": int(is_told)}
        row["share"] = round(float((fixed | dense)[some].mean()), 4)
        rows.append(row)
    return rows


def load() -> list[dict[str, float]]:
    """What was measured."""
    found: list[dict[str, float]] = json.loads(RESULTS.read_text())
    return found


def save(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as JSON, one a line."""
    path.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    save(RESULTS, measured())
