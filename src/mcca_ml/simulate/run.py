"""Simulate a world in one folder: truth, stations and granules, in any number of processes.

OUT/truth.zarr                      the truth and all injected errors; no stage opens it
OUT/stations/NETWORK/STATION/*.stm  dense networks, in the format of the ISMN
OUT/granules/SPL3SMP/2015/*.h5      one file per day
OUT/granules/1C-TMI/BOX/2011/*.HDF5 one file per orbit and box
OUT/world.json                      written last: identity of the complete world
OUT/begun.json                      until then: identity of the incomplete world
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
"""Called with the tasks and granules completed since the last call, and the number of all tasks."""

Result = TypeVar("Result")
Errors = dict[str, object]

_AHEAD = 2
"""Queued tasks per worker, whose subsets of the truth are in memory."""


def _stations(site: Site, settings: SimulateSettings, folder: Path) -> Errors:
    """Write the network of a site; return its representativeness errors."""
    network = simulate_network(site, settings)
    write_stations(folder, [network])
    return {site.network: network_errors(network)}


def _mapped(
    jobs: Iterable[Callable[[], Result]], pool: Executor | None, ahead: int
) -> Iterator[Result]:
    """Results of jobs in order of completion, with at most `ahead` jobs submitted at a time."""
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
    """Calibration errors by sensor, for the truth store.

    Errors of single passes are in `overpass_errors.table`.
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
    todo = tasks(settings, truth.cells)
    jobs = (partial(perform, task, truth_slices(truth, task), settings, folder) for task in todo)
    results = []
    for result in _mapped(jobs, pool, ahead):
        results.append(result)
        progress(1, result.granules, len(todo))
    return results


def simulate_world(
    settings: SimulateSettings,
    folder: str | Path,
    *,
    workers: int = 1,
    progress: Progress = lambda _done, _granules, _all: None,
) -> World:
    """Simulate a world: truth, stations, and the granules of all sensors over its boxes.

    Args:
        settings: the `[simulate]` table.
        folder: output folder, created if missing. A complete world of the same settings is kept.
        workers: number of processes; the files are identical for any number.
        progress: called after each task, see `Progress`.

    Returns:
        Contents of the folder.

    Raises:
        ConfigError: a box has no land, no sensor has data in these days, or the folder contains
            another world.
        OutputError: a file cannot be written.
    """
    folder = make_directory(Path(folder))
    complete = find_world(folder, settings)
    if complete is not None:
        return complete
    if not any(blocks(settings, SENSORS[name]) for name in settings.sensors):
        raise ConfigError(
            f"simulate: no sensor of {', '.join(settings.sensors)} has data from "
            f"{settings.first_day} to {settings.last_day}, expected at least one; change the days "
            "or the sensors"
        )
    with processes(workers) as pool:
        truth = make_truth(settings, pool)
        begin(folder, settings)
        changes: dict[str, Mapping[str, float]] = {}
        for box_changes in _mapped(change_jobs(truth, settings), pool, workers):
            changes |= box_changes
        networks = (
            partial(_stations, site, settings, folder / STATIONS)
            for site in network_sites(truth, settings)
        )
        errors = injected_errors(settings)
        for station_errors in _mapped(networks, pool, workers):
            errors |= station_errors
        results = _granules(
            truth, settings, folder / GRANULES, pool=pool, ahead=_AHEAD * workers, progress=progress
        )
    rows = [row for result in results for row in result.passes]
    passes = table(rows, truth.cells, truth.land.has_rfi)
    write_truth(truth, folder / TRUTH, settings, errors, changes, passes)
    world = World(
        folder,
        {name: sum(r.granules for r in results if r.sensor == name) for name in settings.sensors},
        sum(r.size for r in results),
        int(truth.cells.is_core.sum()),
    )
    end(world, settings)
    return world
