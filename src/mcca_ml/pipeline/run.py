"""Run the stages of a record in order; finished work is kept."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcca_ml import parallel
from mcca_ml.config.load import load_settings
from mcca_ml.errors import GranuleError
from mcca_ml.pipeline.calibrate import calibrate
from mcca_ml.pipeline.checkpoints import sweep
from mcca_ml.pipeline.fuse import fuse
from mcca_ml.pipeline.grid import grid
from mcca_ml.pipeline.plan import Plan, make_plan
from mcca_ml.pipeline.predict import predict
from mcca_ml.pipeline.publish import publish
from mcca_ml.pipeline.retrieve import retrieve
from mcca_ml.pipeline.stage import Progress, Stage, Tally, silent
from mcca_ml.pipeline.train import train

STAGES: Mapping[Stage, Callable[[Plan, Executor | None, Progress], Tally]] = {
    Stage.GRID: grid,
    Stage.RETRIEVE: retrieve,
    Stage.CALIBRATE: calibrate,
    Stage.TRAIN: train,
    Stage.PREDICT: predict,
    Stage.FUSE: fuse,
    Stage.PUBLISH: publish,
}
"""Function of each stage, in order."""


@dataclass(frozen=True)
class Workers:
    """Process pool or Dask cluster."""

    processes: int = 1
    cluster: str = ""
    """Address of a Dask scheduler; empty: processes of this machine."""
    seconds: float = parallel.CLUSTER_SECONDS
    """Time to wait for the scheduler [s]."""

    @contextmanager
    def executor(self) -> Iterator[Executor | None]:
        """Yield the executor of the tasks, until the work ends.

        Raises:
            ConfigError: no scheduler answers.
        """
        if self.cluster:
            with parallel.cluster(self.cluster, self.seconds) as executor:
                yield executor
        else:
            with parallel.processes(self.processes) as pool:
                yield pool


def run(
    configuration: str | Path,
    *,
    stages: tuple[Stage, ...] = tuple(Stage),
    workers: Workers | None = None,
    retrain: bool = False,
    progress: Progress = silent,
    ended: Callable[[Tally], None] = lambda _: None,
) -> tuple[Tally, ...]:
    """Make the record that a configuration describes, or some stages of it.

    Finished work is not repeated, unless a granule, a setting or a store that it depends on has
    changed. A run that was killed and started again writes the same bytes.

    Args:
        configuration: TOML file; its paths are relative to its directory.
        stages: stages to run; each needs those before it.
        workers: pool or cluster; default one process. Results do not depend on it.
        retrain: learn calibration, networks and fusion again from the whole period; otherwise
            they are kept, and a longer period is appended.
        progress: called with each stage and its number of tasks; see `stage.Progress`.
        ended: called with the result of each finished stage.

    Raises:
        ConfigError: a bad configuration.
        GranuleError: a granule, or all of a kind, cannot be used.
        OutputError: something cannot be written.
    """
    path = Path(configuration)
    plan = make_plan(load_settings(path), path.parent, retrain=retrain)
    for folder in (plan.work, plan.output):
        sweep(folder)
    tallies = []
    with (workers or Workers()).executor() as executor:
        if stages:
            _check_before(plan, stages[0])
        for stage in stages:
            tallies.append(STAGES[stage](plan, executor, progress))
            ended(tallies[-1])
    return tuple(tallies)


def _check_before(plan: Plan, stage: Stage) -> None:
    """Raise an error if an earlier stage is incomplete.

    Raises:
        GranuleError: an earlier stage is incomplete; the message names it.
    """

    def refuse(before: Stage, tasks: int) -> Callable[[int], None]:
        if tasks:
            raise GranuleError(
                f"{stage}: found {tasks} tasks of the stage {before} not done, or done of other "
                f"granules or settings, expected none; run mcca-ml {before} first, or mcca-ml run"
            )
        return lambda _done: None

    order = list(Stage)
    for before in order[: order.index(stage)]:
        STAGES[before](plan, None, refuse)
