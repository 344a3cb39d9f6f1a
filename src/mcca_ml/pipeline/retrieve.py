"""The stage `retrieve`: SMAP granules -> a store of TARGET in cells of M25, 32 days a task."""

from concurrent.futures import Executor
from functools import partial

from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError
from mcca_ml.parallel import perform
from mcca_ml.pipeline.checkpoints import ready_store
from mcca_ml.pipeline.plan import DaysTask, Plan, missing_days
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.sensors import SMAP
from mcca_ml.stage_one.target import retrieve_days
from mcca_ml.store.layout import digest, read_frame
from mcca_ml.store.write_blocks import write_block


def retrieve_block(task: DaysTask, settings: RetrieveSettings) -> int:
    """Retrieve the days of a task into the store; returns the number of granules read."""
    paths = [granule.path for granule in task.granules]
    cells = read_frame(task.store).cells
    target = retrieve_days(paths, cells, task.days, settings)
    write_block(task.store, target, task.inputs)
    return len(paths)


def retrieve(plan: Plan, executor: Executor | None, progress: Progress) -> Tally:
    """Stage one for all days of a record.

    Raises:
        GranuleError: no granule of SMAP, or one cannot be used.
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
    tasks = missing_days(plan, plan.target_store, SMAP.name, "retrieve", configuration)
    bar = progress(Stage.RETRIEVE, len(tasks))
    read = perform(partial(retrieve_block, settings=settings), tasks, executor, bar)
    return Tally(Stage.RETRIEVE, len(tasks), f"{sum(read):,} granules")
