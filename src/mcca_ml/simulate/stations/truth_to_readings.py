"""Simulated dense networks of soil-moisture stations: what they measure, and how far it is off.

A station measures a point, a cell is 25 km wide. Their difference, the representativeness error, is
made of a gain, an offset and a slowly varying part, and is kept beside what the station says.
"""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, UInt8
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth.fields import autoregression
from mcca_ml.simulate.truth.types import KM_PER_DEGREE, WorldTruth

Rng = np.random.Generator

SPREAD_KM = 10.0
"""Stations lie up to this far north or south, and east or west, of the centre of the cell [km]."""
TOO_WET = 0.60
"""What ISMN's check C02 doubts lies above [m3 m-3]."""
_DECIMALS = 4  # genuine values have three or four


class Check(IntFlag):
    """ISMN's checks that a simulated value can fail; none is `G`, good."""

    GOOD = 0
    C01 = 1
    """Below 0."""
    C02 = 2
    """Above TOO_WET."""
    C03 = 4
    """Above saturation."""
    D01 = 8
    """Frozen soil."""
    D06 = 16
    """A spike."""
    M = 32
    """Missing."""
    ABSENT = 64
    """No line at all."""


@dataclass(frozen=True)
class StationSettings:
    """Sizes of what makes a station differ from its cell, and of its failures.

    Famiglietti et al. (2008), Water Resour. Res. 44, W01423 (its abstract was read), find the
    standard deviation over an area to grow with its extent up to 50 km. Genuine good hourly values
    of REMEDHUS (16 stations, 35 km) have 0.09 m3 m-3 in all, 0.08 of it lasting and 0.034 varying,
    with a correlation of 0.59 over 10 days; OzNet 0.054, 0.030 and 0.045. The defaults, 0.05 in
    all, are on the side of similar stations. Values an hour apart differ there by a noise of 0.001;
    the 0.01 to 0.03 of a capacitance probe's stated accuracy last: they are part of the offset.
    """

    stations: int = 8
    """In each network."""
    interval_minutes: int = 60
    gain_sd: float = 0.10
    """Of the gain, about 1 [1]."""
    offset_sd: float = 0.04
    """[m3 m-3]."""
    varying_sd: float = 0.03
    """Of the slowly varying part [m3 m-3]."""
    varying_days: float = 20.0
    """Time in which the correlation of the varying part falls to 1/e [day]."""
    noise_sd: float = 0.002
    """Of a single reading, on top of the representativeness error [m3 m-3]."""
    outages_per_year: float = 4.0
    outage_days: float = 5.0
    """Mean length of an outage; no line is written in it [day]."""
    missing_share: float = 0.005
    """Share of single values that are missing, flagged M [1]."""
    spikes_per_year: float = 20.0
    """Single readings that are too high, flagged D06."""
    spike_height: float = 0.15
    """Mean height of a spike [m3 m-3]."""


@dataclass(frozen=True)
class Site:
    """A cell that a network stands in, and what is true of it; arrays (step)."""

    network: str
    lat: float
    """Centre of the cell [degree]."""
    lon: float
    """[degree]."""
    elevation: float
    """[m]."""
    porosity: float
    """[m3 m-3]."""
    clay: float
    """[1]."""
    sand: float
    """[1]."""
    land_cover: int
    """IGBP class."""
    time: Datetime64
    """UTC, ascending."""
    soil_moisture: Float32
    """Liquid water of 0-5 cm [m3 m-3]."""
    temperature: Float32
    """Of the soil at 0-5 cm [K]."""


@dataclass(frozen=True)
class SimulatedStation:
    """One station; arrays (time) of its network."""

    name: str
    lat: float
    """[degree]."""
    lon: float
    """[degree]."""
    elevation: float
    """[m]."""
    value: Float32
    """What it reports [m3 m-3]; NaN where missing or absent."""
    check: UInt8
    """Bits of `Check`."""
    representativeness: Float32
    """Truth at the station less truth of the cell [m3 m-3], also where nothing is reported."""


@dataclass(frozen=True)
class StationNetwork:
    """Stations in one cell."""

    site: Site
    time: Datetime64
    """UTC of the readings."""
    stations: tuple[SimulatedStation, ...]


def make_site(truth: WorldTruth, cell: int, network: str) -> Site:
    """The cell of a simulated world that a network stands in.

    Args:
        truth: the world.
        cell: index among its cells.
        network: name that says so, `SIM-PLATEAU` for instance.
    """
    land, cells, state = truth.land, truth.cells, truth.state
    return Site(
        network=network,
        lat=float(cells.lat[cell]),
        lon=float(cells.lon[cell]),
        elevation=float(land.elevation[cell]),
        porosity=float(land.porosity[cell]),
        clay=float(land.clay[cell]),
        sand=float(land.sand[cell]),
        land_cover=int(land.first.land_cover[cell]),
        time=truth.time,
        soil_moisture=state.soil_moisture[:, cell],
        temperature=state.surface_temperature[:, cell],
    )


def _reading_times(time: Datetime64, minutes: int) -> Datetime64:
    """Times of the readings, from the first step to the last."""
    step = np.timedelta64(minutes, "m")
    count = int((time[-1] - time[0]) / step) + 1
    times: Datetime64 = (time[0] + step * np.arange(count)).astype("M8[ns]")
    return times


def _at(time: Datetime64, known: Datetime64, values: Float32) -> Float64:
    """Values at `time`, straight between those known."""
    age, known_age = ((t - known[0]) / np.timedelta64(1, "s") for t in (time, known))
    return np.asarray(np.interp(age, known_age, values), np.float64)


def slow_noise(time: Datetime64, sd: float, days: float, stations: int, rng: Rng) -> Float64:
    """Noise that keeps its value for about `days`, over (station, time).

    A first-order autoregression of daily steps, straight between them.

    Args:
        time: UTC, ascending.
        sd: standard deviation.
        days: time in which its correlation falls to 1/e [day].
        stations: independent series.
        rng: source of randomness.
    """
    age = (time - time[0]) / np.timedelta64(1, "D")
    knots = np.arange(int(age[-1]) + 2)
    fresh = rng.standard_normal((knots.size, stations)) * sd
    series = autoregression(fresh, np.exp(-1.0 / days))
    return np.stack([np.interp(age, knots, column) for column in series.T])


def _outages(time: Datetime64, settings: StationSettings, rng: Rng) -> Booleans:
    """Whether a station is out of order at each time."""
    age = (time - time[0]) / np.timedelta64(1, "D")
    count = rng.poisson(settings.outages_per_year * age[-1] / 365.25)
    begins = rng.uniform(0, age[-1], count)
    ends = begins + rng.exponential(settings.outage_days, count)
    first, last = np.searchsorted(age, begins), np.searchsorted(age, ends)
    change = np.zeros(time.size + 1, np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, last, -1)
    return np.cumsum(change)[:-1] > 0


def _checked(values: Float64, frozen: Booleans, porosity: float) -> UInt8:
    """The checks that a reading fails by its own value, and by the temperature of the soil."""
    failed = np.zeros(values.shape, np.uint8)
    for check, is_so in (
        (Check.C01, values < 0),
        (Check.C02, values > TOO_WET),
        (Check.C03, values > porosity),
        (Check.D01, frozen),
    ):
        failed |= np.where(is_so, np.uint8(check), np.uint8(0))
    return failed


def _read_off(
    point: Float64,
    frozen: Booleans,
    network: tuple[Site, Datetime64],
    settings: StationSettings,
    rng: Rng,
) -> tuple[Float32, UInt8]:
    """What a station reports of the truth at its place, and the checks that it fails."""
    site, time = network
    values = point + rng.standard_normal(time.size) * settings.noise_sd
    year = 365.25 * 24 * 60 / settings.interval_minutes
    has_spike = rng.random(time.size) < settings.spikes_per_year / year
    values += np.where(has_spike, rng.gamma(4.0, settings.spike_height / 4, time.size), 0)
    values = np.round(values, _DECIMALS)
    check = _checked(values, frozen, site.porosity)
    check |= np.where(has_spike, np.uint8(Check.D06), np.uint8(0))
    check[rng.random(time.size) < settings.missing_share] = Check.M
    check[_outages(time, settings, rng)] = Check.ABSENT
    is_there = check < Check.M
    return np.where(is_there, values, np.nan).astype(np.float32), check


def make_network(site: Site, rng: Rng, settings: StationSettings) -> StationNetwork:
    """A network of simulated stations in one cell.

    A station's truth is gain * (cell - its mean) + mean + offset + a slowly varying part; its
    reading adds noise, spikes, gaps and the flags that ISMN would give. Frozen soil is flagged by
    the temperature of the cell. A truth below 0 or above the porosity cannot be, and is cut.

    Args:
        site: the cell and its truth.
        rng: source of randomness; the same gives the same network.
        settings: sizes of all errors.
    """
    time = _reading_times(site.time, settings.interval_minutes)
    cell = _at(time, site.time, site.soil_moisture)
    frozen = _at(time, site.time, site.temperature) < WATER_FREEZING_POINT
    count = settings.stations
    gain = 1 + settings.gain_sd * rng.standard_normal(count)
    offset = settings.offset_sd * rng.standard_normal(count)
    varying = slow_noise(time, settings.varying_sd, settings.varying_days, count, rng)
    away = rng.uniform(-SPREAD_KM, SPREAD_KM, (count, 2)) / KM_PER_DEGREE
    mean = cell.mean()
    made = []
    for number in range(count):
        point = gain[number] * (cell - mean) + mean + offset[number] + varying[number]
        point = np.clip(point, 0, site.porosity)
        value, check = _read_off(point, frozen, (site, time), settings, rng)
        made.append(
            SimulatedStation(
                name=f"Sim{number + 1:02d}",
                lat=site.lat + float(away[number, 0]),
                lon=site.lon + float(away[number, 1] / np.cos(np.radians(site.lat))),
                elevation=site.elevation,
                value=value,
                check=check,
                representativeness=(point - cell).astype(np.float32),
            )
        )
    return StationNetwork(site, time, tuple(made))
