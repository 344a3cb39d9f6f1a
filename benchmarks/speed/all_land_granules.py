"""What do granules of all land look like that are cheap enough to make? SIMULATED.

`mcca-ml simulate` averages each footprint over the cells of its box, with matrices of footprints by
rows and columns: of the whole Earth they would have eight gigabytes an orbit. Here a footprint sees
the one cell that it looks at, each UTC day has one state in the morning and one in the evening, and
there is no water balance: soil moisture is a smooth field of each day. Land, emission, orbits,
scans, calibration errors, noise and files are those of the simulator.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.common.whole_orbits import orbit_footprints, orbit_number
from benchmarks.science.orbit_coverage import seen_at
from mcca_ml.arrays import Datetime64, Float32, Float64, Floating, Int64
from mcca_ml.atomic import make_directory
from mcca_ml.config.simulate import BoxSettings, SimulateSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.formats import pps_1c
from mcca_ml.formats.smap import NO_COVER
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25, M36
from mcca_ml.grid.land import land_mask
from mcca_ml.sensors import SMAP, Sensor
from mcca_ml.simulate.files.gpm_1c import SimulatedGranule, SimulatedSwath, granule_name, write_1c
from mcca_ml.simulate.files.smap_products import PRODUCT, VERSION, Look, write_spl3smp
from mcca_ml.simulate.files.smap_products import granule_name as name_smap
from mcca_ml.simulate.files.smap_subset import CUT_FIELDS, empty_day
from mcca_ml.simulate.granule_tasks import product_folder
from mcca_ml.simulate.observe.emission import brightness_temperature
from mcca_ml.simulate.observe.instrument import Instrument, named_generator, noise
from mcca_ml.simulate.observe.observe_1c import (
    GLINT,
    GLINT_SHARE,
    PLACE_STEP,
    TB_STEP,
    USED_SWATHS,
)
from mcca_ml.simulate.observe.overpasses import (
    PassFootprints,
    revolution_ends,
)
from mcca_ml.simulate.truth.fields import Smoother, smoother, static_field
from mcca_ml.simulate.truth.heat import seasonal_temperature
from mcca_ml.simulate.truth.land import make_land
from mcca_ml.simulate.truth.land_classes import LEAFY, ROUGHNESS, WOODY, class_values
from mcca_ml.simulate.truth.types import Cells, Land, Patch, State

NOTE = "whole orbit; each footprint sees one cell"
HOURS = {"AMSR2": (1.5, 13.5), "AMSRE": (1.5, 13.5)}
"""Local solar time of the two states of a day [h]; 6 and 18 for the other sensors."""
ONE_DAY = np.timedelta64(1, "D")
_WEATHER_KM, _SEED = 300.0, 0
_BOX = BoxSettings(name="all", south=-84.0, north=84.0, west=-180.0, east=180.0)
SETTINGS = SimulateSettings(seed=_SEED, box=(_BOX,), networks=0, drought=())


@dataclass(frozen=True)
class Ground:
    """All land cells of EASE2_M25 and, last, one of the sea."""

    cell: Int64
    lat: Float64
    land: Land
    place: Int64
    """Of each cell of the grid among those, (row * column)."""
    weather: Smoother
    base: Float32
    """What lasts of the wetness, variance 1 [1], (cell)."""


def make_ground() -> Ground:
    """The land of the whole grid, as the simulator makes that of a box."""
    patch = Patch(_BOX.name, 0, 0, M25.shape, 0)
    every = np.arange(M25.size)
    where = ease2.cell_latlon(M25, every)
    is_land = land_mask(M25).ravel()
    land = make_land(Cells((patch,), every, where.lat, where.lon, is_land, is_land), SETTINGS)
    chosen = np.append(np.flatnonzero(is_land), np.flatnonzero(~is_land)[0])
    place = np.full(M25.size, chosen.size - 1)
    place[chosen] = np.arange(chosen.size)
    # The map's stretching is that of 45 degrees everywhere.
    smooth = smoother(patch, np.array([45.0]), _WEATHER_KM)
    base = static_field(smooth, _SEED, "all", "base")[chosen]
    return Ground(chosen, where.lat[chosen], land.at(chosen), place, smooth, base)


def state_at(ground: Ground, day: np.datetime64, hour: float) -> State:
    """State of the land on a UTC day at a local solar time [h]; values are choices, not physics."""
    fresh = static_field(ground.weather, _SEED, "all", "weather", str(day))[ground.cell]
    wet = np.sqrt(0.6) * ground.base + np.sqrt(0.4) * fresh
    land = ground.land
    season, _ = seasonal_temperature(np.array([day]), ground.lat, land.elevation, land.climate)
    air = season[0] - 2 * fresh + 5 * np.cos(2 * np.pi * (hour - 15) / 24)
    total = 0.04 + (land.porosity - 0.06) * 0.7 / (1 + np.exp(-1.2 * wet))
    vod = [class_values(WOODY, s.land_cover) + 0.7 * class_values(LEAFY, s.land_cover)
           for s in (land.first, land.second)]  # fmt: skip
    rain = np.where(fresh > 1.7, 2.0, 0.0)
    values = {
        "soil_moisture": np.where(air < WATER_FREEZING_POINT - 1, np.minimum(total, 0.05), total),
        "total_water": total,
        "surface_temperature": air,
        "deep_temperature": season[0],
        "canopy_temperature": air,
        "air_temperature": air,
        "vod_v": land.first_share * vod[0] + (1 - land.first_share) * vod[1],
        "snow_water": np.where(season[0] < WATER_FREEZING_POINT - 3, 40.0, 0.0),
        "rain_rate": rain,
        "vapour": np.clip(15 + (air - 283) + 5 * fresh, 2, 60),
        "cloud_water": 0.1 * rain,
    }
    return State(**{name: np.asarray(one, np.float32) for name, one in values.items()})


def fields(ground: Ground, seen: Instrument, day: np.datetime64) -> tuple[Float32, Float32]:
    """Brightness temperature of all cells before and after noon, (place, channel) [K]."""
    sensor = seen.sensor
    angle = np.full(ground.cell.size, np.deg2rad(sensor.incidence_deg), np.float32)
    both = [
        brightness_temperature(
            ground.land, state_at(ground, day, hour), angle, sensor.channels, seen.effects
        )
        for hour in HOURS.get(sensor.name, (6.0, 18.0))
    ]
    return both[0], both[1]


def _stepped(values: Floating, step: float) -> Float32:
    return np.asarray(np.round(values / step) * step, np.float32)


def _seen_tb(
    ground: Ground, seen: Instrument, where: PassFootprints, tb: tuple[Float32, Float32], orbit: int
) -> Float32:
    """What the sensor gives of one orbit, (scan, pixel, channel) [K]."""
    row, column = ease2.find_cell(M25, where.lat, where.lon)
    place = ground.place[ease2.flat_cell(M25, row, column)]
    of_day = (where.scan_time - where.scan_time.astype("M8[D]")) / np.timedelta64(1, "h")
    is_pm = (of_day[:, None] + where.lon / 15) % 24 >= 12
    received = np.where(is_pm[..., None], tb[1][place], tb[0][place])
    given = seen.errors.apply(received, where.scan_time[where.scan_time.size // 2])
    rng = named_generator(seen.seed, "all land", seen.sensor.name, orbit)
    given += noise(given.shape, seen.sensor, seen.settings, rng)
    return given


def orbit_granule(
    ground: Ground, seen: Instrument, orbit: int, tb: tuple[Float32, Float32]
) -> SimulatedGranule:
    """One whole orbit of an imager."""
    sensor = seen.sensor
    where = orbit_footprints(sensor, orbit)
    given = _seen_tb(ground, seen, where, tb, orbit)
    names = [channel.name for channel in sensor.channels]
    glint = (
        named_generator(seen.seed, "glint", sensor.name, orbit).random(where.lat.shape)
        < GLINT_SHARE
    )
    product = pps_1c.PRODUCTS[sensor.name]
    swaths = []
    for layout in (one for one in product.swaths if one.name in USED_SWATHS[sensor.name]):
        values = np.full((*where.lat.shape, len(layout.channels)), np.nan, np.float32)
        for number, name in enumerate(layout.channels):
            if name in names:
                values[..., number] = _stepped(given[..., names.index(name)], TB_STEP)
        swaths.append(
            SimulatedSwath(
                name=layout.name,
                tb=values,
                lat=_stepped(where.lat, PLACE_STEP),
                lon=_stepped((where.lon + 180) % 360 - 180, PLACE_STEP),
                incidence=where.incidence,
                quality=np.where(glint, GLINT, 0).astype(np.int8),
                scan_time=where.scan_time,
            )
        )
    start, stop = revolution_ends(sensor, [orbit - 1])
    return SimulatedGranule(product, orbit, start[0], stop[0], tuple(swaths), NOTE)


def orbits_of(sensor: Sensor, days: Sequence[np.datetime64]) -> list[int]:
    """Numbers of the orbits that touch some UTC days."""
    found: set[int] = set()
    for day in days:
        first = orbit_number(sensor, day.astype("M8[us]"))
        last = orbit_number(sensor, (day + ONE_DAY).astype("M8[us]"))
        found |= set(range(first, last + 1))
    return sorted(found)


def write_imager(
    ground: Ground, sensor: Sensor, days: Sequence[np.datetime64], out: Path
) -> Iterator[Path]:
    """Write the orbits of an imager that touch some days."""
    seen = Instrument(sensor, SETTINGS.instrument, SETTINGS.effects, _SEED)

    @cache
    def of_day(day: str) -> tuple[Float32, Float32]:
        return fields(ground, seen, np.datetime64(day))

    for orbit in orbits_of(sensor, days):
        start, stop = revolution_ends(sensor, [orbit - 1])
        middle = (start[0] + (stop[0] - start[0]) / 2).astype("M8[D]")
        one = orbit_granule(ground, seen, orbit, of_day(str(middle)))
        path = make_directory(out / product_folder(sensor) / str(one.start)[:4]) / granule_name(one)
        write_1c(path, one)
        yield path


def _smap_look(
    ground: Ground, seen: Instrument, tb: Float32, state: State, time: Datetime64
) -> Look:
    """What SMAP gives of one look; `time` is that of each cell of EASE2_M25, NaT where unseen."""
    every = np.arange(M36.size)
    middle = ease2.cell_latlon(M36, every)
    under = ease2.flat_cell(M25, *ease2.find_cell(M25, middle.lat, middle.lon)).astype(np.int64)
    kept = ~np.isnat(time.ravel()[under]) & (ground.place[under] < ground.cell.size - 1)
    when, at = time.ravel()[under[kept]], ground.place[under[kept]]
    land, rng = ground.land.at(at), named_generator(seen.seed, "smap", str(when.min()))
    given = tb[at] + noise((at.size, 2), seen.sensor, seen.settings, rng)
    cover = np.stack([land.first.land_cover, land.second.land_cover], axis=1)
    none = np.full((at.size, 1), NO_COVER, np.uint8)
    share = np.stack([land.first_share, 1 - land.first_share, np.full(at.size, np.nan)], axis=1)
    temperature = state.surface_temperature[at] + 2 * rng.standard_normal(at.size)
    frozen = np.where(temperature < WATER_FREEZING_POINT, 1 << 8, 0)
    snowy = np.where(state.snow_water[at] > 0, 1 << 5, 0)
    return Look(
        row=(every[kept] // M36.columns).astype(np.int32),
        column=(every[kept] % M36.columns).astype(np.int32),
        obs_time=when.astype("M8[ns]"),
        tb_v=given[:, 0],
        tb_h=given[:, 1],
        incidence=np.full(at.size, np.deg2rad(40.0), np.float32),
        soil_temperature=temperature.astype(np.float32),
        clay_fraction=land.clay,
        bulk_density=land.bulk_density,
        roughness_h=class_values(ROUGHNESS, land.first.land_cover),
        water_fraction=land.water_fraction,
        land_cover=np.concatenate([cover, none], axis=1),
        land_cover_fraction=share.astype(np.float32),
        surface_flag=(frozen | snowy).astype(np.uint16),
        quality_v=np.zeros(at.size, np.uint16),
        quality_h=np.zeros(at.size, np.uint16),
    )


def write_smap(ground: Ground, days: Sequence[np.datetime64], out: Path) -> Iterator[Path]:
    """Write days of SPL3SMP, all land."""
    seen = Instrument(SMAP, SETTINGS.instrument, SETTINGS.effects, _SEED)
    image = empty_day()
    for day in days:
        north, south = seen_at(SMAP, day)
        tb, looks = fields(ground, seen, day), {}
        for which, number, hour, time in (("am", 0, 6.0, south), ("pm", 1, 18.0, north)):
            state = state_at(ground, day, hour)
            looks[which] = _smap_look(ground, seen, tb[number], state, time)
        folder = make_directory(out / product_folder(SMAP) / str(day)[:4])
        path = folder / name_smap(PRODUCT, VERSION, day)
        write_spl3smp(path, looks, fields=CUT_FIELDS, image=image)
        yield path
