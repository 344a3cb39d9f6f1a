"""A configuration -> a simulated world: truth, stations and granules in one folder, by any workers.

OUT/truth.zarr                      the truth and every injected error; no stage opens it
OUT/stations/NETWORK/STATION/*.stm  dense networks, in the form of the ISMN
OUT/granules/SPL3SMP/2015/*.h5      one file a day
OUT/granules/1C-TMI/BOX/2011/*.HDF5 one file an orbit and box
OUT/world.json                      written last: what the world is, and that it is complete
OUT/begun.json                      until then: of which world the folder holds a part
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, as_completed, wait
from functools import partial
from pathlib import Path
from typing import TypeVar

from mcca_ml.atomic import make_directory
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.parallel import processes
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.granule_tasks import TaskResult, blocks, perform, tasks, truth_slices
from mcca_ml.simulate.manifest import World, begin, end, find_world
from mcca_ml.simulate.observe.instrument import calibration_error
from mcca_ml.simulate.observe.overpass_errors import table
from mcca_ml.simulate.stations.ismn_files import write_stations
from mcca_ml.simulate.stations.networks import network_errors, network_sites, simulate_network
from mcca_ml.simulate.stations.truth_to_readings import Site
from mcca_ml.simulate.truth.imposed_signals import change_jobs
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.truth_store import write_truth
from mcca_ml.simulate.truth.types import WorldTruth

TRUTH, GRANULES, STATIONS = "truth.zarr", "granules", "stations"

Progress = Callable[[int, int, int], None]
"""Called with the tasks done and the granules written since the last call, and all tasks."""

Result = TypeVar("Result")
Errors = dict[str, object]

_AHEAD = 2
"""Tasks a worker whose pieces of the truth wait in memory."""


def _stations(site: Site, settings: SimulateSettings, folder: Path) -> Errors:
    """Write the network of a site; return its errors."""
    found = simulate_network(site, settings)
    write_stations(folder, [found])
    return {site.network: network_errors(found)}


def _mapped(
    jobs: Iterable[Callable[[], Result]], pool: Executor | None, ahead: int
) -> Iterator[Result]:
    """Results of some jobs in the order in which they end, `ahead` of them under way at a time."""
    if pool is None:
        yield from (job() for job in jobs)
        return
    waiting: set[Future[Result]] = set()
    for job in jobs:
        waiting.add(pool.submit(job))
        if len(waiting) >= ahead:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ended)
    yield from (future.result() for future in as_completed(waiting))


def injected_errors(settings: SimulateSettings) -> Errors:
    """Lasting errors of the sensors, by sensor, for the truth store.

    Those of single passes stand in the table of `pass_errors`.
    """
    return {
        name: calibration_error(SENSORS[name], settings.instrument, settings.seed).as_text()
        | {"channels": [channel.name for channel in SENSORS[name].channels]}
        for name in settings.sensors
    }


def _granules(
    truth: WorldTruth,
    settings: SimulateSettings,
    folder: Path,
    *,
    pool: Executor | None,
    ahead: int,
    progress: Progress,
) -> list[TaskResult]:
    """Write all granules of a world."""
    every = tasks(settings, truth.cells)
    jobs = (partial(perform, task, truth_slices(truth, task), settings, folder) for task in every)
    made = []
    for one in _mapped(jobs, pool, ahead):
        made.append(one)
        progress(1, one.granules, len(every))
    return made


def simulate_world(
    settings: SimulateSettings,
    folder: str | Path,
    *,
    workers: int = 1,
    progress: Progress = lambda _done, _granules, _all: None,
) -> World:
    """Make a simulated world: truth, stations, and the granules of every sensor over its boxes.

    Args:
        settings: the `[simulate]` table.
        folder: where it goes; made if missing. A complete world of the same settings is left as
            it is.
        workers: processes; the bytes do not depend on it.
        progress: told how far the work is.

    Returns:
        What stands in the folder.

    Raises:
        ConfigError: a box without land, no sensor in these days, or a folder that holds another
            world or a part of one.
        OutputError: something cannot be written.
    """
    folder = make_directory(Path(folder))
    found = find_world(folder, settings)
    if found is not None:
        return found
    if not any(blocks(settings, SENSORS[name]) for name in settings.sensors):
        raise ConfigError(
            f"simulate: no sensor of {', '.join(settings.sensors)} gave data from "
            f"{settings.first_day} to {settings.last_day}, expected at least one; change the days "
            "or the sensors"
        )
    with processes(workers) as pool:
        truth = make_truth(settings, pool)
        begin(folder, settings)
        changes: dict[str, Mapping[str, float]] = {}
        for of_box in _mapped(change_jobs(truth, settings), pool, workers):
            changes |= of_box
        networks = (
            partial(_stations, site, settings, folder / STATIONS)
            for site in network_sites(truth, settings)
        )
        errors = injected_errors(settings)
        for of_network in _mapped(networks, pool, workers):
            errors |= of_network
        made = _granules(
            truth, settings, folder / GRANULES, pool=pool, ahead=_AHEAD * workers, progress=progress
        )
    rows = [row for one in made for row in one.passes]
    passes = table(rows, truth.cells, truth.land.has_rfi)
    write_truth(truth, folder / TRUTH, settings, errors, changes, passes)
    world = World(
        folder,
        {name: sum(m.granules for m in made if m.sensor == name) for name in settings.sensors},
        sum(m.size for m in made),
        int(truth.cells.is_core.sum()),
    )
    end(world, settings)
    return world
