"""Simulate dense networks of soil-moisture stations: readings and representativeness errors.

A station measures a point, a cell is 25 km wide. Their difference, the representativeness error, is
the sum of a gain error, an offset and a slowly varying term, and is stored with the readings.
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
"""Largest north-south and east-west distance of stations from the centre of the cell [km]."""
TOO_WET = 0.60
"""Upper limit of ISMN check C02 [m3 m-3]."""
_DECIMALS = 4  # genuine values have three or four


class Check(IntFlag):
    """ISMN quality checks that a simulated value can fail; 0 is good (`G`)."""

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
    """Outage: no line in the file."""


@dataclass(frozen=True)
class StationSettings:
    """Error statistics of the stations, and rates of their failures.

    Famiglietti et al. (2008), Water Resour. Res. 44, W01423 (abstract read only), find that the
    spatial standard deviation grows with the extent of an area up to 50 km. Genuine good hourly
    values of REMEDHUS (16 stations, 35 km) have a standard deviation of 0.09 m3 m-3 in total, 0.08
    lasting and 0.034 varying, with a correlation of 0.59 over 10 days; OzNet has 0.054, 0.030 and
    0.045. The defaults, 0.05 in total, assume rather similar stations. Hourly values of these
    networks have a noise of 0.001; the stated accuracy of capacitance probes, 0.01 to 0.03, is
    lasting and is part of the offset.
    """

    stations: int = 8
    """Stations per network."""
    interval_minutes: int = 60
    """Interval of the readings [min]."""
    gain_sd: float = 0.10
    """Standard deviation of the gain about 1 [1]."""
    offset_sd: float = 0.04
    """Standard deviation of the offset [m3 m-3]."""
    varying_sd: float = 0.03
    """Standard deviation of the slowly varying term [m3 m-3]."""
    varying_days: float = 20.0
    """Autocorrelation time (1/e) of the varying term [day]."""
    noise_sd: float = 0.002
    """Noise of a single reading, in addition to the representativeness error [m3 m-3]."""
    outages_per_year: float = 4.0
    outage_days: float = 5.0
    """Mean length of an outage, without lines in the file [day]."""
    missing_share: float = 0.005
    """Fraction of single missing values, flagged M [1]."""
    spikes_per_year: float = 20.0
    """Number of single readings that are too high, flagged D06."""
    spike_height: float = 0.15
    """Mean height of a spike [m3 m-3]."""


@dataclass(frozen=True)
class Site:
    """A cell with a network, and its truth; time series are arrays (step)."""

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
    """Soil temperature of 0-5 cm [K]."""


@dataclass(frozen=True)
class SimulatedStation:
    """One station; arrays (time) at the times of its network."""

    name: str
    lat: float
    """[degree]."""
    lon: float
    """[degree]."""
    elevation: float
    """[m]."""
    value: Float32
    """Reported soil moisture [m3 m-3]; NaN where missing or absent."""
    check: UInt8
    """Bits of `Check`."""
    representativeness: Float32
    """Truth at the station minus truth of the cell [m3 m-3], also without a reading."""


@dataclass(frozen=True)
class StationNetwork:
    """All stations of one cell."""

    site: Site
    time: Datetime64
    """UTC of the readings."""
    stations: tuple[SimulatedStation, ...]


def make_site(truth: WorldTruth, cell: int, network: str) -> Site:
    """Site of a network in a simulated world.

    Args:
        truth: truth of the world.
        cell: index of the cell in the world.
        network: name of the network, for example `SIM-PLATEAU`.
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
    """Values at `time` by linear interpolation of the known ones."""
    seconds, known_seconds = ((t - known[0]) / np.timedelta64(1, "s") for t in (time, known))
    return np.asarray(np.interp(seconds, known_seconds, values), np.float64)


def slow_noise(time: Datetime64, sd: float, days: float, stations: int, rng: Rng) -> Float64:
    """Autocorrelated noise, (station, time), in the unit of `sd`.

    A first-order autoregression with daily steps, linearly interpolated in time.

    Args:
        time: UTC, ascending, (time,).
        sd: standard deviation.
        days: autocorrelation time (1/e) [day].
        stations: number of independent series.
        rng: random generator.
    """
    since = (time - time[0]) / np.timedelta64(1, "D")
    knots = np.arange(int(since[-1]) + 2)
    innovations = rng.standard_normal((knots.size, stations)) * sd
    series = autoregression(innovations, np.exp(-1.0 / days))
    return np.stack([np.interp(since, knots, column) for column in series.T])


def _outages(time: Datetime64, settings: StationSettings, rng: Rng) -> Booleans:
    """Return True at times within an outage of a station."""
    since = (time - time[0]) / np.timedelta64(1, "D")
    count = rng.poisson(settings.outages_per_year * since[-1] / 365.25)
    begins = rng.uniform(0, since[-1], count)
    ends = begins + rng.exponential(settings.outage_days, count)
    first, last = np.searchsorted(since, begins), np.searchsorted(since, ends)
    change = np.zeros(time.size + 1, np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, last, -1)
    return np.cumsum(change)[:-1] > 0


def _checked(values: Float64, frozen: Booleans, porosity: float) -> UInt8:
    """Failed checks of range and of frozen soil, as bits of `Check`."""
    failed = np.zeros(values.shape, np.uint8)
    for check, fails in (
        (Check.C01, values < 0),
        (Check.C02, values > TOO_WET),
        (Check.C03, values > porosity),
        (Check.D01, frozen),
    ):
        failed |= np.where(fails, np.uint8(check), np.uint8(0))
    return failed


def _read_off(
    point: Float64,
    frozen: Booleans,
    network: tuple[Site, Datetime64],
    settings: StationSettings,
    rng: Rng,
) -> tuple[Float32, UInt8]:
    """Readings of a station [m3 m-3] from the truth at its position, and failed checks."""
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
    is_reported = check < Check.M
    return np.where(is_reported, values, np.nan).astype(np.float32), check


def make_network(site: Site, rng: Rng, settings: StationSettings) -> StationNetwork:
    """Simulate a network of stations in one cell.

    A station's truth is gain * (cell - its mean) + mean + offset + a slowly varying term, clipped
    to 0 and the porosity; its reading adds noise, spikes, gaps and ISMN flags. Frozen soil is
    flagged by the temperature of the cell.

    Args:
        site: cell and its truth.
        rng: random generator; the same state gives the same network.
        settings: error statistics and failure rates.
    """
    time = _reading_times(site.time, settings.interval_minutes)
    cell = _at(time, site.time, site.soil_moisture)
    frozen = _at(time, site.time, site.temperature) < WATER_FREEZING_POINT
    count = settings.stations
    gain = 1 + settings.gain_sd * rng.standard_normal(count)
    offset = settings.offset_sd * rng.standard_normal(count)
    varying = slow_noise(time, settings.varying_sd, settings.varying_days, count, rng)
    shift = rng.uniform(-SPREAD_KM, SPREAD_KM, (count, 2)) / KM_PER_DEGREE
    mean = cell.mean()
    stations = []
    for number in range(count):
        point = gain[number] * (cell - mean) + mean + offset[number] + varying[number]
        point = np.clip(point, 0, site.porosity)
        value, check = _read_off(point, frozen, (site, time), settings, rng)
        stations.append(
            SimulatedStation(
                name=f"Sim{number + 1:02d}",
                lat=site.lat + float(shift[number, 0]),
                lon=site.lon + float(shift[number, 1] / np.cos(np.radians(site.lat))),
                elevation=site.elevation,
                value=value,
                check=check,
                representativeness=(point - cell).astype(np.float32),
            )
        )
    return StationNetwork(site, time, tuple(stations))
