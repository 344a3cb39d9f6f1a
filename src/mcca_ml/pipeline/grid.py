"""The stage `grid`: swaths of the imagers -> a store of GRID_TB a sensor, 32 days a task."""

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64
from mcca_ml.errors import GranuleError
from mcca_ml.grid.swaths import grid_swaths
from mcca_ml.parallel import perform
from mcca_ml.pipeline.checkpoints import ready_store
from mcca_ml.pipeline.granules import InputGranule, granules_on
from mcca_ml.pipeline.plan import DaysTask, Plan, missing_days
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.read.any_granule import open_swaths
from mcca_ml.schema import is_simulated
from mcca_ml.sensors import SENSORS, Sensor, band_of
from mcca_ml.store.layout import Frame, digest, read_frame
from mcca_ml.store.write_blocks import write_block

CLOCK_TOLERANCE = np.timedelta64(150, "m")
"""Between the start in a granule's name and its observations: an orbit and a margin. A clock that
is off by less moves no observation to another pass and cannot be told from the file alone."""

CELL_DAYS = 200_000
"""Days at a time times cells: one day of all land."""


def select_channels(sensor: Sensor, wanted: Sequence[str]) -> tuple[str, ...]:
    """Channels of a sensor that look at the bands that the learner takes, in its own order.

    >>> select_channels(SENSORS["TMI"], ("18.7V", "36.5H"))
    ('19.35V', '37H')
    """
    return tuple(channel.name for channel in sensor.channels if band_of(channel.name) in wanted)


def _swaths(granule: InputGranule) -> tuple[xr.Dataset, ...]:
    """Swaths of a granule, whose times have to be near those in its name."""
    swaths = open_swaths(granule.path, may_be_empty=True)
    for swath in swaths:
        if str(swath.attrs.get("sensor")) != granule.sensor:
            raise GranuleError(
                f"{granule.path}: found sensor {swath.attrs.get('sensor')}, expected "
                f"{granule.sensor}; put it under the product that it is of"
            )
        times = swath.variables["time"].to_numpy()
        times = times[~np.isnat(times)]
        if not times.size:
            continue
        early, late = granule.start - times.min(), times.max() - granule.start
        if max(early, late) > CLOCK_TOLERANCE:
            raise GranuleError(
                f"{granule.path.name}: found observations of {str(times.min())[:19]} to "
                f"{str(times.max())[:19]}, expected them within {CLOCK_TOLERANCE} of its name; its "
                "clock or its name is wrong: get it again or take it out"
            )
    return swaths


def _gridded(task: DaysTask, frame: Frame, days: Datetime64) -> xr.Dataset:
    """Some days of a task, each following the one before."""
    swaths = (swath for granule in granules_on(task.granules, days) for swath in _swaths(granule))
    sensor = SENSORS[frame.sensor]
    ends = days[0], days[-1]
    return grid_swaths(swaths, frame.cells, *ends, sensor=sensor, channels=frame.channels)


def grid_block(task: DaysTask, *, cell_days: int = CELL_DAYS) -> int:
    """Grid the days of a task into its store; returns the number of granules read.

    What is in memory is the sums of some days: of one where all land is wanted, of more where there
    are few cells. A day does not depend on the others.
    """
    frame = read_frame(task.store)
    at_once = max(cell_days // max(frame.cells.size, 1), 1)
    starts = range(0, task.days.size, at_once)
    parts = [_gridded(task, frame, task.days[start : start + at_once]) for start in starts]
    simulated = any(map(is_simulated, parts))
    block = xr.concat(
        parts, "time", coords="minimal", compat="override", combine_attrs="drop_conflicts"
    )
    block.attrs = {
        "sensor": frame.sensor,
        "grid": parts[0].attrs["grid"],
        "simulated": "true" if simulated else "false",
    }
    parts.clear()  # the block holds a copy; of all land they are 0.7 GB
    write_block(task.store, block, task.inputs)
    return len(task.granules)


def _tasks(plan: Plan, name: str) -> list[DaysTask]:
    """Blocks of one sensor that are missing."""
    channels = select_channels(SENSORS[name], plan.settings.train.channels)
    store = plan.grid_store(name)
    ready_store(store, plan.frame(name, "GRID_TB", digest("grid", *channels), channels))
    return missing_days(plan, store, name, "grid")


def grid(
    plan: Plan, executor: Executor | None, progress: Progress, *, cell_days: int = CELL_DAYS
) -> Tally:
    """Grid every imager of a record, so many days times cells at a time.

    Raises:
        GranuleError: a granule cannot be used.
        OutputError: a store of another record stands there, or it cannot be written.
    """
    tasks = [task for name in plan.imagers for task in _tasks(plan, name)]
    bar = progress(Stage.GRID, len(tasks))
    read = perform(partial(grid_block, cell_days=cell_days), tasks, executor, bar)
    return Tally(Stage.GRID, len(tasks), f"{sum(read):,} granules")
