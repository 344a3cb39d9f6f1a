"""Make the truth of a simulated world: cells, land, and the state every three hours."""

from concurrent.futures import Executor
from dataclasses import fields
from functools import partial
from operator import call

import numpy as np

from mcca_ml.arrays import Datetime64, Float32
from mcca_ml.config.simulate import DroughtSettings, SimulateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.simulate.truth import climate as zones
from mcca_ml.simulate.truth import water
from mcca_ml.simulate.truth.fields import smoother, static_field
from mcca_ml.simulate.truth.heat import canopy_temperature, local_hour, soil_temperatures
from mcca_ml.simulate.truth.land import make_land
from mcca_ml.simulate.truth.patches import make_cells
from mcca_ml.simulate.truth.rain import STEP_HOURS, STEPS_OF_DAY
from mcca_ml.simulate.truth.types import Cells, Land, State, WorldTruth
from mcca_ml.simulate.truth.vegetation import between_ends, daily_vod, vegetation_cover
from mcca_ml.simulate.truth.weather import Weather, make_weather

STEP = np.timedelta64(3, "h")
"""Interval of the state."""

SUBSTEPS = 2
"""Steps of the water balance in one step of the state."""

DAYS_OF_DECADE = 3652.5

_SNOW_COVERS = 2.0  # snow water above which the soil does not evaporate [mm]
_VEGETATION_KM = 60.0
_START = 0.5  # initial wetness of the spin-up, residual (0) to field capacity (1) [1]


def make_truth(settings: SimulateSettings, executor: Executor | None = None) -> WorldTruth:
    """Make the truth of a world, every three hours from the first day to the end of the last.

    Args:
        settings: settings of the world.
        executor: process pool for the boxes; None computes them here, one after the other.

    Returns:
        Values of all cells, sea and rim included. The values of a box depend on the seed, the box
        and the first day, but not on other boxes or on the last day.

    Raises:
        ConfigError: the period, a box or a drought is invalid; see also `make_cells`.
    """
    days = _days(settings)
    droughts = group_droughts(settings)
    cells = make_cells(settings)
    land = make_land(cells, settings)
    steps = (days.size - 1 - settings.spin_up_days) * STEPS_OF_DAY
    empty = (np.empty((steps, cells.cell.size), np.float32) for _ in fields(State))
    state = State(*empty)
    jobs = [
        partial(_patch_state, cells.select(p), land.at(p.cells), settings, days, droughts[p.name])
        for p in cells.patches
    ]
    # Lazily, so that only some patches of a large world are in memory.
    states = map(call, jobs) if executor is None else executor.map(call, jobs)
    for patch, patch_state in zip(cells.patches, states, strict=True):
        for field in fields(State):
            getattr(state, field.name)[:, patch.cells] = getattr(patch_state, field.name)
        # Free its memory before the next patch is computed.
        del patch_state
    return WorldTruth(cells, land, step_times(settings), state)


def step_times(settings: SimulateSettings) -> Datetime64:
    """UTC of the steps of a world, datetime64[s]."""
    first = np.datetime64(settings.first_day, "s")
    last = np.datetime64(settings.last_day, "s") + np.timedelta64(1, "D")
    return np.arange(first, last, STEP).astype("datetime64[s]")


def _days(settings: SimulateSettings) -> Datetime64:
    """UTC days of the spin-up and of the world, and one more."""
    if settings.last_day < settings.first_day:
        raise ConfigError(
            f"simulate.last_day: found {settings.last_day}, expected {settings.first_day} (the "
            "first day) or later; change one of them"
        )
    start = np.datetime64(settings.first_day, "D") - settings.spin_up_days
    return np.arange(start, np.datetime64(settings.last_day, "D") + 2)


def group_droughts(settings: SimulateSettings) -> dict[str, tuple[DroughtSettings, ...]]:
    """Droughts by the name of their box.

    Raises:
        ConfigError: a drought names no box of the world, or ends before it starts.
    """
    names = [box.name for box in settings.box]
    droughts: dict[str, tuple[DroughtSettings, ...]] = dict.fromkeys(names, ())
    for drought in settings.drought:
        name = drought.box or names[0]
        if name not in droughts:
            raise ConfigError(
                f"simulate.drought: found box {name!r}, expected one of {', '.join(names)}; "
                "name one of them"
            )
        if drought.end < drought.start:
            raise ConfigError(
                f"simulate.drought of {name!r}: found its end {drought.end} before its start "
                f"{drought.start}, expected it after; change one of them"
            )
        droughts[name] = (*droughts[name], drought)
    return droughts


def _patch_state(
    cells: Cells,
    land: Land,
    settings: SimulateSettings,
    days: Datetime64,
    droughts: tuple[DroughtSettings, ...],
) -> State:
    """State of one patch, without its spin-up."""
    weather = make_weather(cells, land, days, droughts, settings.seed)
    cover = vegetation_cover(land)
    soil = water.soil_properties(land.clay, land.porosity, cover)
    snow, into_soil, rain = _snow(weather, land)
    hour = local_hour(len(snow), cells.lon)
    surface, deep = soil_temperatures(weather.heat, hour, cover, snow)
    limit = np.asarray(water.liquid_limit_anderson72(soil, surface), np.float32)
    total, rooted = _soil_water(weather, snow, into_soil, limit, soil)
    since = np.arange(len(total)) / STEPS_OF_DAY - settings.spin_up_days
    shift = np.asarray(settings.trend / DAYS_OF_DECADE * np.maximum(since, 0), np.float32)
    bounds = (soil.residual.astype(np.float32), soil.porosity.astype(np.float32))
    total = np.clip(total + shift[:, None], *bounds)
    patch = cells.patches[0]
    smooth = smoother(patch, cells.lat, _VEGETATION_KM)
    variation = static_field(smooth, settings.seed, patch.name, "vegetation")
    vod = daily_vod(land, weather.heat.air[:-1], rooted, variation)
    whole = State(
        soil_moisture=np.minimum(total, limit),
        total_water=total,
        surface_temperature=surface,
        deep_temperature=deep,
        canopy_temperature=canopy_temperature(weather.heat, hour),
        air_temperature=weather.air,
        vod_v=between_ends(vod),
        snow_water=snow,
        rain_rate=rain / np.float32(STEP_HOURS),
        vapour=weather.vapour,
        cloud_water=weather.cloud_water,
    )
    return whole.at(slice(settings.spin_up_days * STEPS_OF_DAY, None))


def _snow(weather: Weather, land: Land) -> tuple[Float32, Float32, Float32]:
    """Snow water, water input to the soil, and rain of each step, (step, cell) [mm]."""
    share = water.snow_share(weather.air)
    snowfall = weather.precipitation * share
    rain = weather.precipitation - snowfall
    sublimation = zones.zone_values("sublimation", land.climate).astype(np.float64)
    snow_water = np.zeros_like(weather.air)
    into_soil = np.empty_like(weather.air)
    snow = np.zeros(share.shape[1])
    for step, fallen in enumerate(snowfall):
        snow, melt, _ = water.snow_step(snow, fallen, weather.air[step], sublimation, STEP_HOURS)
        snow_water[step] = snow
        into_soil[step] = melt + rain[step]
    return snow_water, into_soil, np.asarray(rain, np.float32)


def _soil_water(
    weather: Weather, snow: Float32, into_soil: Float32, limit: Float32, soil: water.Soil
) -> tuple[Float32, Float32]:
    """Soil water of 0-5 cm at each step [m3 m-3], and wetness of the root zone each day [1]."""
    range_ = soil.field_capacity - soil.residual
    start = soil.residual + _START * range_
    stores = water.Stores(start * water.SURFACE_MM, start * water.ROOT_MM)
    total = np.empty_like(into_soil)
    root = np.empty((len(total) // STEPS_OF_DAY, total.shape[1]), np.float32)
    potential = np.where(snow < _SNOW_COVERS, weather.potential, 0)
    for step, water_in in enumerate(into_soil.astype(np.float64) / SUBSTEPS):
        demand, liquid = potential[step].astype(np.float64), limit[step].astype(np.float64)
        for _ in range(SUBSTEPS):
            stores, _ = water.soil_step(
                stores, soil, water_in, demand, liquid, hours=STEP_HOURS / SUBSTEPS
            )
        total[step] = stores.surface / water.SURFACE_MM
        if step % STEPS_OF_DAY == STEPS_OF_DAY - 1:
            wetness = (stores.root / water.ROOT_MM - soil.residual) / range_
            root[step // STEPS_OF_DAY] = np.clip(wetness, 0, 1)
    return total, root
