"""Which cells of a world have a dense network of stations, and what its stations say."""

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
"""Open water above which no network stands in a cell [1]."""


def _chosen(truth: WorldTruth, patch: Patch, count: int) -> list[int]:
    """Cells for the networks of a box: dry land, spread evenly over the list of its cells."""
    index = np.arange(patch.cells.start, patch.cells.stop)
    fit = truth.cells.is_core[patch.cells] & (truth.land.water_fraction[patch.cells] <= WETTEST)
    at = index[fit] if fit.any() else index[truth.cells.is_core[patch.cells]]
    steps = (np.arange(count) + 0.5) / count * at.size
    return [int(cell) for cell in np.unique(at[steps.astype(int)])]


def network_sites(truth: WorldTruth, settings: SimulateSettings) -> list[Site]:
    """Where the networks of a world stand; their names say that they are simulated."""
    return [
        make_site(truth, cell, f"SIM-{patch.name.upper()}-{number + 1}")
        for patch in truth.cells.patches
        for number, cell in enumerate(_chosen(truth, patch, settings.networks))
    ]


def simulate_network(site: Site, settings: SimulateSettings) -> StationNetwork:
    """The stations of a network; they depend on its name and the seed alone."""
    rng = named_generator(settings.seed, "stations", site.network)
    return make_network(site, rng, StationSettings(stations=settings.stations))


def network_errors(found: StationNetwork) -> dict[str, object]:
    """What sets the stations of a network apart from their cell, for the truth store."""
    return {
        "lat": found.site.lat,
        "lon": found.site.lon,
        "stations": {
            one.name: {
                "representativeness_mean": float(np.nanmean(one.representativeness)),
                "representativeness_sd": float(np.nanstd(one.representativeness)),
            }
            for one in found.stations
        },
    }
