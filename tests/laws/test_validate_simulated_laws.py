"""SIMULATED networks in cells whose truth is known: estimated scores agree with the true ones."""

import numpy as np

from mcca_ml.metrics.intervals import Interval
from mcca_ml.read.products.extract import PlaceSeries
from mcca_ml.simulate.stations.truth_to_readings import Site, StationSettings, make_network
from mcca_ml.validate.collocate import Collocated, collocate
from mcca_ml.validate.score_units import align_pairs, cell_scores, day_axis, score_units
from mcca_ml.validate.stations import DENSE, Probe, Unit

NETWORKS = 100
DAYS = 730
TIME = np.datetime64("2015-04-01", "ns") + np.arange(DAYS * 4) * np.timedelta64(6, "h")
BIAS, NOISE, GAIN = 0.02, 0.03, 0.9
SETTINGS = StationSettings(stations=8, interval_minutes=360)


def memory(rng: np.random.Generator, size: int, rho: float) -> np.ndarray:
    """A first-order autoregression of standard deviation 1."""
    x = rng.normal(0, 1, size)
    for step in range(1, size):
        x[step] = rho * x[step - 1] + np.sqrt(1 - rho**2) * x[step]
    return x


def a_site(rng: np.random.Generator) -> Site:
    """A cell with a season and rains that dry for some days."""
    age = np.arange(TIME.size) / 4
    truth = 0.24 + 0.04 * np.sin(age * 2 * np.pi / 365) + 0.05 * memory(rng, TIME.size, 0.97)
    return Site(
        network="SIM",
        lat=42.0,
        lon=10.0,
        elevation=100.0,
        porosity=0.5,
        clay=0.2,
        sand=0.4,
        land_cover=10,
        time=TIME,
        soil_moisture=np.clip(truth, 0.03, 0.48).astype(np.float32),
        temperature=np.full(TIME.size, 285.0, np.float32),
    )


def unit_of(site: Site, rng: np.random.Generator) -> Unit:
    """The good readings of a network in a cell."""
    network = make_network(site, rng, SETTINGS)
    probes = []
    for one in network.stations:
        good = (one.check == 0) & np.isfinite(one.value)
        place = (one.lat, one.lon, "", "")
        values = one.value[good].astype(float)
        probes.append(Probe("SIM", one.name, "probe", *place, network.time[good], values, {}))
    return Unit(DENSE, "SIM", "SIM", 0, site.lat, site.lon, tuple(probes))


def share(interval: Interval, truth: np.ndarray) -> float:
    told = np.isfinite(interval.low)
    assert told.mean() > 0.9
    return float(100 * ((interval.low <= truth) & (truth <= interval.high))[told].mean())


def test_scores_against_stations_agree_with_those_against_the_truth():
    rng = np.random.default_rng(40)
    pairs: list[Collocated] = []
    true = []
    for _ in range(NETWORKS):
        site = a_site(rng)
        at = np.sort(rng.choice(DAYS, DAYS // 2, replace=False)) * 4 + 1
        truth = site.soil_moisture[at].astype(float)
        error = BIAS + NOISE * memory(rng, at.size, 0.5)
        estimate = GAIN * (truth - truth.mean()) + truth.mean() + error
        series = PlaceSeries(TIME[at], TIME[at], estimate, 0.0, {})
        pairs.append(collocate(series, unit_of(site, rng), window_hours=1.0, fewest=4))
        where = np.isin(TIME[at], pairs[-1].begin)
        x, y = estimate[where], truth[where]
        true.append((np.mean(x - y), np.std(x - y), np.corrcoef(x, y)[0, 1]))
    bias, ubrmsd, r = np.array(true).T
    found = align_pairs(pairs, day_axis(pairs))
    scores = score_units(found)
    cell = cell_scores(scores, found, pairs)
    assert share(cell.bias, bias) >= 90
    assert share(cell.ubrmsd_95, ubrmsd) >= 90
    assert share(cell.r_95, r) >= 90
    # Stations alone make the product look worse than it is; what they vary is taken off.
    assert np.median(scores.absolute.ubrmsd - ubrmsd) > 0.001
    assert abs(np.median(cell.ubrmsd - ubrmsd)) < 0.0008
    assert np.median(scores.absolute.r - r) < -0.005
    assert abs(np.median(cell.r - r)) < 0.006
    # Without the lasting error of the stations' mean the intervals of the bias would be too short.
    assert share(scores.absolute_95.bias, bias) < 80
