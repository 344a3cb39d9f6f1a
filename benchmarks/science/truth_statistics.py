"""Are simulated soil moisture and rain like real SMAP and NLDAS series?

Prints the tables of docs/simulation_truth.md; `--write` puts them there. The simulated world holds
boxes spread over three regions; its truth is taken at 6 am local time, on the days on which SMAP
saw a real cell there, not where it is frozen, and once more with noise as a retrieval has.
"""

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.common import real_granules
from benchmarks.common.conus import FIRST_DAY, LAST_DAY, Series, read_series
from benchmarks.common.markdown import table, write
from benchmarks.common.ridge import ridge_scores
from mcca_ml.arrays import Float32, Float64, Int64
from mcca_ml.config.simulate import BoxSettings, SimulateSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.rain import STEPS_OF_DAY
from mcca_ml.simulate.truth.types import WorldTruth

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "simulation_truth.md"
NOISE = 0.02
"""Of a retrieval, white in time [m3 m-3]: the real lag 1 of 0.74 to 0.85 leaves room for little
more in a standard deviation of 0.05 to 0.065."""
WET_MM = 1.0
"""A day of more rain is wet [mm]."""
LAGS = (1, 2, 3, 5, 10)
FEWEST = 40
"""Values, or pairs, below which a cell's statistic is left out."""
EFOLDING_DAYS = np.geomspace(1.0, 40.0, 60)
SPELL_DAYS, SPELL_VALUES, SPELL_AFTER_MM = 4, 3, 4.0


@dataclass(frozen=True)
class Region:
    """Where real cells and simulated boxes are compared."""

    climate: str
    lat: tuple[float, float]
    """South and north [degree]."""
    lon: tuple[float, float]
    """West and east [degree]."""
    elevation: float
    boxes: tuple[tuple[float, float], ...]
    """South-west corners of the simulated boxes, lat and lon [degree]."""


REGIONS = (
    Region("temperate", (38, 48), (-96, -75), 250,
           ((39, -94), (42, -92), (40, -86), (44, -89), (41, -79))),
    Region("semiarid", (31, 48), (-117, -102), 1200,
           ((32, -105), (36, -108), (39, -112), (42, -107), (45, -105))),
    Region("savanna", (28, 37), (-101, -82), 200,
           ((29, -99), (33, -98), (35, -96), (32, -92), (33, -85))),
)  # fmt: skip
BOX_LAT, BOX_LON = 1.1, 1.3


@dataclass(frozen=True)
class Sample:
    """Series of one region, arrays (cell, day)."""

    soil_moisture: Float64
    """NaN where not seen [m3 m-3]."""
    rain: Float64
    """[mm day-1]."""


def world(seed: int = 0) -> SimulateSettings:
    """Settings of the world: two years of boxes in the three regions, no trend, no drought."""
    boxes = tuple(
        BoxSettings(
            name=f"{region.climate}{index}",
            south=south,
            north=south + BOX_LAT,
            west=west,
            east=west + BOX_LON,
            elevation=region.elevation,
            climate=region.climate,  # type: ignore[arg-type]
        )
        for region in REGIONS
        for index, (south, west) in enumerate(region.boxes)
    )
    days = {"first_day": date.fromisoformat(FIRST_DAY), "last_day": date.fromisoformat(LAST_DAY)}
    return SimulateSettings(seed=seed, rim=2, trend=0.0, drought=(), box=boxes, **days)


def at_six(truth: WorldTruth, values: Float32) -> Float64:
    """A field at 6 am local time, (cell, day): the nearest step of the UTC day."""
    by_day = values.reshape(-1, STEPS_OF_DAY, values.shape[1])
    step = np.rint((6 - truth.cells.lon / 15) % 24 * STEPS_OF_DAY / 24).astype(int) % STEPS_OF_DAY
    return by_day[:, step, np.arange(step.size)].T.astype(np.float64)


def daily(values: Float32) -> Float64:
    """Daily means of a field, (cell, day)."""
    return values.reshape(-1, STEPS_OF_DAY, values.shape[1]).mean(1).T.astype(np.float64)


def seen_as_real(moisture: Float64, is_frozen: Float64, real: Float64) -> Float64:
    """Simulated values on the days on which some real cell of the region was seen."""
    mask = np.isfinite(real)[np.arange(len(moisture)) % len(real)]
    return np.where(mask & ~is_frozen.astype(bool), moisture, np.nan)


def autocorrelation(series: Float64, lag: int) -> float:
    """Correlation of a gappy series with itself some days on [1]; NaN for few pairs."""
    a, b = series[:-lag], series[lag:]
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < FEWEST:
        return np.nan
    a, b = a[both] - np.nanmean(series), b[both] - np.nanmean(series)
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def spells(series: Float64, rain: Float64) -> list[tuple[Int64, Float64]]:
    """Days since the rain and values of the dry spells of one cell."""
    found = []
    wet = np.flatnonzero(rain > WET_MM)
    for start, end in zip(wet, np.append(wet, rain.size)[1:], strict=True):
        if rain[start] < SPELL_AFTER_MM or end - start <= SPELL_DAYS:
            continue
        days = np.arange(start + 1, end)
        days = days[np.isfinite(series[days])]
        if days.size >= SPELL_VALUES:
            found.append((days - start, series[days]))
    return found


def efolding(series: Float64, rain: Float64) -> float:
    """E-folding time of the dry spells of a cell [day]: one for all, each spell its own height.

    Least squares of floor + height exp(-t / time); the floor is the cell's 5th percentile.
    """
    found = spells(series, rain)
    if len(found) < 4:
        return np.nan
    floor = np.nanpercentile(series, 5)
    cost = np.zeros(EFOLDING_DAYS.size)
    for days, values in found:
        shape = np.exp(-days / EFOLDING_DAYS[:, None])
        above = values - floor
        height = np.maximum((shape * above).sum(1) / (shape**2).sum(1), 0)
        cost += ((above - height[:, None] * shape) ** 2).sum(1)
    return float(EFOLDING_DAYS[cost.argmin()])


def statistics(sample: Sample) -> dict[str, Float64]:
    """Statistics of each cell, (cell)."""
    series, rain = sample.soil_moisture, sample.rain
    enough = np.isfinite(series).sum(1) >= FEWEST
    series, rain = series[enough], rain[enough]
    wet = rain > WET_MM
    return {
        "mean": np.nanmean(series, 1),
        "sd": np.nanstd(series, axis=1),
        **{f"lag {lag}": np.array([autocorrelation(s, lag) for s in series]) for lag in LAGS},
        "e-folding [day]": np.array([efolding(s, r) for s, r in zip(series, rain, strict=True)]),
        "wet days": wet.mean(1),
        "rain of a wet day [mm]": np.array([r[w].mean() for r, w in zip(rain, wet, strict=True)]),
        "rain, lag 1": np.array([autocorrelation(w.astype(float), 1) for w in wet]),
        "rain [mm a year]": rain.mean(1) * 365.25,
    }


def quartiles(values: Float64) -> str:
    """Median and the quartiles beside it."""
    low, mid, high = np.nanpercentile(values, [25, 50, 75])
    digits = 0 if mid >= 100 else 1 if mid >= 2 else 3 if mid < 0.1 else 2
    return f"{mid:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def samples(
    real: Series, truth: WorldTruth, region: Region, rng: np.random.Generator
) -> dict[str, Sample]:
    """Real and simulated series of a region."""
    (south, north), (west, east) = region.lat, region.lon
    here = (real.lat >= south) & (real.lat <= north) & (real.lon >= west) & (real.lon <= east)
    seen = Sample(real.soil_moisture[here], real.rain[here])
    core = np.zeros(truth.cells.cell.size, bool)
    for patch in truth.cells.patches:
        if patch.name.startswith(region.climate):
            core[patch.cells] = truth.cells.is_core[patch.cells]
    state = truth.state
    moisture = at_six(truth, state.soil_moisture)[core]
    temperature, snow = (
        at_six(truth, values)[core] for values in (state.surface_temperature, state.snow_water)
    )
    frozen = (temperature < WATER_FREEZING_POINT) | (snow > 0)
    moisture = seen_as_real(moisture, frozen, seen.soil_moisture)
    rain = daily(state.rain_rate)[core] * 24
    noisy = np.maximum(moisture + rng.normal(0, NOISE, moisture.shape), 0.02)
    return {"real": seen, "simulated": Sample(moisture, rain), "with noise": Sample(noisy, rain)}


def ridge_table(real: Series, truth: WorldTruth, seen: dict[str, Sample]) -> str:
    """The ridge on the real series and on the simulated, all regions."""
    core = truth.cells.is_core
    state = truth.state
    by_day = state.air_temperature.reshape(-1, STEPS_OF_DAY, core.size)
    means = (state.rain_rate, state.air_temperature, state.vapour, state.cloud_water)
    span = np.ptp(by_day, axis=1).T.astype(np.float64)
    weather = np.stack([*map(daily, means), span])[:, core]
    rows = [("real, 7 inputs", ridge_scores(real.weather, real.soil_moisture, real.first_year))]
    for name, sample in seen.items():
        scores = ridge_scores(weather, sample.soil_moisture, real.first_year)
        rows.append((f"{name}, 5 inputs", scores))
    head = ("ridge per cell", "cells", "RMSE", "ubRMSE", "R")
    lines = [(n, s.cells, f"{s.rmse:.4f}", f"{s.ubrmse:.4f}", f"{s.r:.2f}") for n, s in rows]
    return table(head, lines)


def tables(real: Series, truth: WorldTruth) -> dict[str, str]:
    """The tables of the document, by their names.

    Args:
        real: of `read_series`.
        truth: of `world`.
    """
    rng = np.random.default_rng(1)
    by_region = {region.climate: samples(real, truth, region, rng) for region in REGIONS}
    rows = []
    for climate, found in by_region.items():
        columns = [statistics(sample) for sample in found.values()]
        rows += [(climate, n, *(quartiles(column[n]) for column in columns)) for n in columns[0]]
    joined = {}
    for name in ("simulated", "with noise"):
        parts = [found[name] for found in by_region.values()]
        joined[name] = Sample(
            np.concatenate([part.soil_moisture for part in parts]),
            np.concatenate([part.rain for part in parts]),
        )
    head = ("region", "statistic", "real", "simulated", f"with noise of {NOISE}")
    return {"statistics": table(head, rows), "ridge": ridge_table(real, truth, joined)}


def main() -> None:
    """Print the tables, of another seed with `--seed N`; with `--write` put them into the text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the simulated world")
    parser.add_argument("--write", action="store_true", help="put the tables into the document")
    asked = parser.parse_args()
    folder = real_granules.path_of(Path("conus"))
    if not folder.is_dir():
        print(f"no real data: {folder} is no folder; name the one above it in MCCA_ML_DATA")
        return
    found = tables(read_series(folder), make_truth(world(asked.seed)))
    print("\n\n".join(found.values()))
    if asked.write:
        write(DOCUMENT, found)


if __name__ == "__main__":
    main()
