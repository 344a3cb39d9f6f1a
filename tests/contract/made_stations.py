"""Two small networks of simulated stations in cells whose truth is simple."""

import numpy as np

from mcca_ml.simulate.stations.truth_to_readings import Site, StationSettings, make_network

DAYS = 120
TIME = np.arange(
    np.datetime64("2016-01-01T00:00", "ns"),
    np.datetime64("2016-01-01T00:00", "ns") + np.timedelta64(DAYS, "D"),
    np.timedelta64(3, "h"),
)
MEAN, HALF_RANGE, POROSITY = 0.25, 0.08, 0.45


def a_site(network="SIM-PLATEAU", lat=34.0, lon=92.0):
    """Slow waves of soil moisture; soil that freezes every night of the first half."""
    age = (TIME - TIME[0]) / np.timedelta64(1, "D")
    moisture = MEAN + HALF_RANGE * np.sin(2 * np.pi * age / 30)
    temperature = 278 + 8 * np.sin(2 * np.pi * age) + np.where(age < DAYS / 2, 0, 10)
    return Site(
        network=network,
        lat=lat,
        lon=lon,
        elevation=4500.0,
        porosity=POROSITY,
        clay=0.2,
        sand=0.45,
        land_cover=10,
        time=TIME,
        soil_moisture=moisture.astype(np.float32),
        temperature=temperature.astype(np.float32),
    )


SITES = (a_site(), a_site("SIM-NORTH", lat=55.0, lon=-106.0))


def some_networks(seed=0, settings=None):
    """The networks of both sites."""
    chosen = settings or StationSettings(stations=3)
    streams = np.random.default_rng(seed).spawn(len(SITES))
    pairs = zip(SITES, streams, strict=True)
    return tuple(make_network(site, stream, chosen) for site, stream in pairs)
