"""Cells of a world with a dense network of stations, and the simulated networks."""

import numpy as np

from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.simulate.observe.instrument import named_generator
from mcca_ml.simulate.stations.truth_to_readings import (
    Site,
    StationNetwork,
    StationSettings,
    make_network,
    make_site,
)
from mcca_ml.simulate.truth.types import Patch, WorldTruth

WETTEST = 0.05
"""Largest fraction of open water in a cell with a network [1]."""


def _chosen(truth: WorldTruth, patch: Patch, count: int) -> list[int]:
    """Cells for the networks of a box: little open water, evenly spaced in the list of cells."""
    index = np.arange(patch.cells.start, patch.cells.stop)
    is_dry = truth.land.water_fraction[patch.cells] <= WETTEST
    fit = truth.cells.is_core[patch.cells] & is_dry
    at = index[fit] if fit.any() else index[truth.cells.is_core[patch.cells]]
    steps = (np.arange(count) + 0.5) / count * at.size
    return [int(cell) for cell in np.unique(at[steps.astype(int)])]


def network_sites(truth: WorldTruth, settings: SimulateSettings) -> list[Site]:
    """Sites of the networks of a world; their names start with `SIM-`."""
    return [
        make_site(truth, cell, f"SIM-{patch.name.upper()}-{number + 1}")
        for patch in truth.cells.patches
        for number, cell in enumerate(_chosen(truth, patch, settings.networks))
    ]


def simulate_network(site: Site, settings: SimulateSettings) -> StationNetwork:
    """Simulate the stations of a network; they depend only on its name and the seed."""
    rng = named_generator(settings.seed, "stations", site.network)
    return make_network(site, rng, StationSettings(stations=settings.stations))


def network_errors(network: StationNetwork) -> dict[str, object]:
    """Representativeness errors of the stations of a network [m3 m-3], for the truth store."""
    return {
        "lat": network.site.lat,
        "lon": network.site.lon,
        "stations": {
            station.name: {
                "representativeness_mean": float(np.nanmean(station.representativeness)),
                "representativeness_sd": float(np.nanstd(station.representativeness)),
            }
            for station in network.stations
        },
    }
