"""Settings -> the truth of a simulated world: cells, land, and its state every three hours."""

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
"""Between two steps of the state."""

SUBSTEPS = 2
"""Of the water balance in a step."""

DAYS_OF_DECADE = 3652.5

_SNOW_COVERS = 2.0  # snow from which on nothing evaporates from the soil [mm]
_VEGETATION_KM = 60.0
_START = 0.5  # wetness with which the spin-up begins, residual to field capacity [1]


def make_truth(settings: SimulateSettings, executor: Executor | None = None) -> WorldTruth:
    """The truth of a world, every three hours from the first day to the end of the last.

    Args:
        settings: of the world.
        executor: where the boxes are made, each by itself; None: here, one after the other.

    Returns:
        Values of every cell, sea and rim too. What a box holds on a day depends on the seed, the
        box and the first day, not on other boxes and not on the last day.

    Raises:
        ConfigError: the period, a box or a drought makes no sense; see also `make_cells`.
    """
    days = _days(settings)
    droughts = group_droughts(settings)
    cells = make_cells(settings)
    land = make_land(cells, settings)
    steps = (days.size - 1 - settings.spin_up_days) * STEPS_OF_DAY
    empty = (np.empty((steps, cells.cell.size), np.float32) for _ in fields(State))
    state = State(*empty)
    jobs = [
        partial(_patch_state, cells.of(p), land.at(p.cells), settings, days, droughts[p.name])
        for p in cells.patches
    ]
    # One after the other as they are wanted: of a large world only some patches lie in memory.
    states = map(call, jobs) if executor is None else executor.map(call, jobs)
    for patch, made in zip(cells.patches, states, strict=True):
        for field in fields(State):
            getattr(state, field.name)[:, patch.cells] = getattr(made, field.name)
        # Else it would lie in memory until the next patch is made.
        del made
    return WorldTruth(cells, land, step_times(settings), state)


def step_times(settings: SimulateSettings) -> Datetime64:
    """UTC of the steps of a world, datetime64[s]."""
    first = np.datetime64(settings.first_day, "s")
    last = np.datetime64(settings.last_day, "s") + np.timedelta64(1, "D")
    return np.arange(first, last, STEP).astype("datetime64[s]")


def _days(settings: SimulateSettings) -> Datetime64:
    """Days of the spin-up and of the world, and one more."""
    if settings.last_day < settings.first_day:
        raise ConfigError(
            f"simulate.last_day: found {settings.last_day}, expected {settings.first_day} (the "
            "first day) or later; change one of them"
        )
    start = np.datetime64(settings.first_day, "D") - settings.spin_up_days
    return np.arange(start, np.datetime64(settings.last_day, "D") + 2)


def group_droughts(settings: SimulateSettings) -> dict[str, tuple[DroughtSettings, ...]]:
    """Droughts of each box, by its name.

    Raises:
        ConfigError: a drought is in no box, or ends before it starts.
    """
    names = [box.name for box in settings.box]
    found: dict[str, tuple[DroughtSettings, ...]] = dict.fromkeys(names, ())
    for drought in settings.drought:
        name = drought.box or names[0]
        if name not in found:
            raise ConfigError(
                f"simulate.drought: found box {name!r}, expected one of {', '.join(names)}; "
                "name one of them"
            )
        if drought.end < drought.start:
            raise ConfigError(
                f"simulate.drought of {name!r}: found its end {drought.end} before its start "
                f"{drought.start}, expected it after; change one of them"
            )
        found[name] = (*found[name], drought)
    return found


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
    """Snow that lies, what reaches the soil, and rain, of each step, (step, cell) [mm]."""
    share = water.snow_share(weather.air)
    fallen = weather.precipitation * share
    rain = weather.precipitation - fallen
    sublimation = zones.zone_values("sublimation", land.climate).astype(np.float64)
    lying = np.zeros_like(weather.air)
    into_soil = np.empty_like(weather.air)
    snow = np.zeros(share.shape[1])
    for step, new in enumerate(fallen):
        snow, melted, _ = water.snow_step(snow, new, weather.air[step], sublimation, STEP_HOURS)
        lying[step] = snow
        into_soil[step] = melted + rain[step]
    return lying, into_soil, np.asarray(rain, np.float32)


def _soil_water(
    weather: Weather, snow: Float32, into_soil: Float32, limit: Float32, soil: water.Soil
) -> tuple[Float32, Float32]:
    """Water of 0-5 cm at each step [m3 m-3], and wetness of the root zone each day [1]."""
    range_ = soil.field_capacity - soil.residual
    start = soil.residual + _START * range_
    stores = water.Stores(start * water.SURFACE_MM, start * water.ROOT_MM)
    total = np.empty_like(into_soil)
    root = np.empty((len(total) // STEPS_OF_DAY, total.shape[1]), np.float32)
    potential = np.where(snow < _SNOW_COVERS, weather.potential, 0)
    for step, given in enumerate(into_soil.astype(np.float64) / SUBSTEPS):
        wanted, most = potential[step].astype(np.float64), limit[step].astype(np.float64)
        for _ in range(SUBSTEPS):
            stores, _ = water.soil_step(
                stores, soil, given, wanted, most, hours=STEP_HOURS / SUBSTEPS
            )
        total[step] = stores.surface / water.SURFACE_MM
        if step % STEPS_OF_DAY == STEPS_OF_DAY - 1:
            held = (stores.root / water.ROOT_MM - soil.residual) / range_
            root[step // STEPS_OF_DAY] = np.clip(held, 0, 1)
    return total, root
