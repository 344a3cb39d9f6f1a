"""Tasks that write the granules of a simulated world: a sensor, one patch or all, a block of days.

A task depends only on its subset of the truth and on the seed, so that any number of workers, in
any order, write the same bytes. Blocks of days start at a fixed epoch, not at the first day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.atomic import make_directory
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.formats.smap import Look
from mcca_ml.sensors import SENSORS, SMAP, Sensor
from mcca_ml.simulate.files.gpm_1c import write_1c
from mcca_ml.simulate.files.granule_1c import granule_name as name_1c
from mcca_ml.simulate.files.smap_products import PRODUCT, VERSION, write_spl3smp
from mcca_ml.simulate.files.smap_products import Look as SmapLook
from mcca_ml.simulate.files.smap_products import granule_name as name_smap
from mcca_ml.simulate.files.smap_subset import CUT_FIELDS, empty_day
from mcca_ml.simulate.observe import observe_1c, observe_smap, smap_day
from mcca_ml.simulate.observe.instrument import Instrument
from mcca_ml.simulate.observe.overpass_errors import PassErrors
from mcca_ml.simulate.observe.overpasses import ONE_DAY, Target, days_flown
from mcca_ml.simulate.observe.smap_cells import targets
from mcca_ml.simulate.observe.truth_slice import TruthSlice, slice_truth
from mcca_ml.simulate.truth.types import KM_PER_DEGREE, Cells, Patch, WorldTruth

BLOCK_DAYS = 32
"""Days per task, as in the shards of all stores."""
EPOCH = np.datetime64("1997-01-01", "D")
MARGIN_KM = 15.0
"""Margin of footprints beyond the outermost cell centres of a box [km]: half a cell."""


@dataclass(frozen=True)
class Task:
    """One sensor over some patches on some days."""

    sensor: Sensor
    patches: tuple[Patch, ...]
    first: np.datetime64
    """UTC day."""
    last: np.datetime64
    """UTC day, included."""


@dataclass(frozen=True)
class TaskResult:
    """Granules written by a task, and errors of its passes."""

    sensor: str
    granules: int
    size: int
    """Total size [byte]."""
    passes: tuple[PassErrors, ...]
    """Errors of each pass."""


def product_folder(sensor: Sensor) -> str:
    """Name of the product of a sensor and of its folder: SPL3SMP, 1C-TMI."""
    return "SPL3SMP" if sensor == SMAP else f"1C-{sensor.name}"


def blocks(settings: SimulateSettings, sensor: Sensor) -> list[tuple[np.datetime64, np.datetime64]]:
    """First and last UTC day of each block of days in which a sensor flies; may be empty."""
    days = (np.datetime64(day, "D") for day in (settings.first_day, settings.last_day))
    first, last = days_flown(sensor, *days)
    before = (first - EPOCH).astype(int) % BLOCK_DAYS
    starts = np.arange(first - before * ONE_DAY, last + ONE_DAY, BLOCK_DAYS)
    return [(max(first, start), min(last, start + (BLOCK_DAYS - 1) * ONE_DAY)) for start in starts]


def tasks(settings: SimulateSettings, cells: Cells) -> list[Task]:
    """All tasks of a world: one per patch for imagers, one for all patches for SMAP."""
    todo = []
    # Without duplicates: two workers would write the same file.
    for sensor in (SENSORS[name] for name in dict.fromkeys(settings.sensors)):
        groups = [cells.patches] if sensor == SMAP else [(patch,) for patch in cells.patches]
        todo += [
            Task(sensor, group, *days) for days in blocks(settings, sensor) for group in groups
        ]
    return todo


def truth_slices(truth: WorldTruth, task: Task) -> tuple[TruthSlice, ...]:
    """Subsets of the truth for a task: its patches and days, and one day before and after."""
    first, last = task.first - ONE_DAY, task.last + 2 * ONE_DAY
    return tuple(slice_truth(truth, patch, first, last) for patch in task.patches)


def box_target(truth: TruthSlice) -> Target:
    """Disc that encloses the cells of a box, for its footprints."""
    lat, lon = (values[truth.cells.is_core] for values in (truth.cells.lat, truth.cells.lon))
    middle = float((lat.min() + lat.max()) / 2), float((lon.min() + lon.max()) / 2)
    north = (lat - middle[0]) * KM_PER_DEGREE
    east = (lon - middle[1]) * KM_PER_DEGREE * np.cos(np.deg2rad(lat))
    return Target(*middle, radius_km=float(np.hypot(north, east).max()) + MARGIN_KM)


Written = tuple[list[Path], list[PassErrors]]


def _imager(instrument: Instrument, truth: TruthSlice, task: Task, out: Path) -> Written:
    """Write the granules of an imager over one patch."""
    passes = observe_1c.overpasses(instrument, box_target(truth), task.first, task.last)
    paths = []
    for granule in observe_1c.granules(truth, instrument, passes):
        folder = out / product_folder(instrument.sensor) / truth.patch.name / str(granule.start)[:4]
        paths.append(make_directory(folder) / name_1c(granule))
        write_1c(paths[-1], granule)
    return paths, [observe_1c.draw_pass_errors(truth, instrument, overpass) for overpass in passes]


def _smap(instrument: Instrument, whole: Sequence[TruthSlice], task: Task, out: Path) -> Written:
    """Write the days of SMAP over all patches."""
    passes: list[dict[Look, list[SmapLook]]] = []
    rows = []
    for truth in whole:
        target = targets(truth, instrument)
        looks: dict[Look, list[SmapLook]] = {"am": [], "pm": []}
        for overpass in observe_smap.overpasses(truth, instrument, target, task.first, task.last):
            looks[observe_smap.look_name(overpass.flown)].append(
                observe_smap.observe(truth, instrument, target, overpass)
            )
            rows.append(observe_smap.draw_pass_errors(truth, instrument, overpass))
        passes.append(looks)
    return _smap_days(passes, task, out), rows


def _smap_days(
    passes: Sequence[Mapping[Look, Sequence[SmapLook]]], task: Task, out: Path
) -> list[Path]:
    """Write the days of a task; `passes` are the looks of the passes over each patch."""
    image, paths = empty_day(), []
    for day in np.arange(task.first, task.last + ONE_DAY):
        composites = {
            name: smap_day.compose_patches(passes, day, name) for name in smap_day.TARGET_HOUR
        }
        observed = {name: look for name, look in composites.items() if look is not None}
        if observed:
            folder = make_directory(out / product_folder(SMAP) / str(day)[:4])
            paths.append(folder / name_smap(PRODUCT, VERSION, day))
            write_spl3smp(paths[-1], observed, fields=CUT_FIELDS, image=image)
    return paths


def perform(
    task: Task, whole: Sequence[TruthSlice], settings: SimulateSettings, out: Path
) -> TaskResult:
    """Write all granules of a task.

    Args:
        task: sensor, patches and days.
        whole: subset of the truth for each patch, from `truth_slices`.
        settings: settings of the world.
        out: folder of the granules; each product has a subfolder.

    Raises:
        OutputError: a granule cannot be written; earlier granules are kept.
    """
    instrument = Instrument(task.sensor, settings.instrument, settings.effects, settings.seed)
    if task.sensor == SMAP:
        written = [_smap(instrument, whole, task, out)]
    else:
        written = [_imager(instrument, truth, task, out) for truth in whole]
    sizes = [path.stat().st_size for paths, _ in written for path in paths]
    rows = tuple(row for _, rows in written for row in rows)
    return TaskResult(task.sensor.name, len(sizes), sum(sizes), rows)
