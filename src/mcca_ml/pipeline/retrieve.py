"""The stage `retrieve`: SMAP granules -> a store of TARGET in cells of M25, 32 days a task."""

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from mcca_ml.arrays import Datetime64
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError
from mcca_ml.parallel import perform
from mcca_ml.pipeline.checkpoints import ready_store
from mcca_ml.pipeline.granules import Granule
from mcca_ml.pipeline.plan import Plan
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.sensors import SMAP
from mcca_ml.stage_one.target import retrieve_days
from mcca_ml.store.read_blocks import digest, missing_blocks, read_frame, write_block


@dataclass(frozen=True)
class RetrieveTask:
    """32 days."""

    store: Path
    days: Datetime64
    granules: tuple[Granule, ...]
    settings: RetrieveSettings
    inputs: str


def retrieve_block(task: RetrieveTask) -> int:
    """Retrieve the days of a task into the store; returns the number of granules read."""
    paths = [one.path for one in task.granules]
    cells = read_frame(task.store).cells
    found = retrieve_days(paths, cells, task.days, task.settings)
    write_block(task.store, found, task.inputs)
    return len(paths)


def retrieve(plan: Plan, executor: Executor | None, progress: Progress) -> Tally:
    """Stage one for all days of a record.

    Raises:
        GranuleError: there are none of SMAP, or one cannot be used.
        OutputError: a store of another record stands there, or it cannot be written.
    """
    if SMAP.name not in plan.granules:
        raise GranuleError(
            "retrieve: found no granule of SMAP, expected some: the networks learn from its soil "
            "moisture; give [input.SPL3SMP]"
        )
    settings = plan.settings.retrieve
    configuration = digest("retrieve", settings.model_dump_json())
    ready_store(plan.target_store, plan.frame(SMAP.name, "TARGET", configuration))
    days = {block: plan.days_of(block) for block in plan.blocks()}
    granules = {block: plan.granules_of(SMAP.name, some) for block, some in days.items()}
    wanted = {
        block: digest(
            "retrieve",
            configuration,
            str(some[0]),
            str(some[-1]),
            *(one.identity for one in granules[block]),
        )
        for block, some in days.items()
        if granules[block]
    }
    tasks = [
        RetrieveTask(plan.target_store, days[block], granules[block], settings, wanted[block])
        for block in missing_blocks(plan.target_store, wanted)
    ]
    bar = progress(Stage.RETRIEVE, len(tasks))
    read = perform(retrieve_block, tasks, executor, bar)
    return Tally(Stage.RETRIEVE, len(tasks), f"{sum(read):,} granules")
