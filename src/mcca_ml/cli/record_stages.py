"""Commands that make a record: `run`, and a command for each of its stages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcca_ml.cli.errors import Debug, errors_in_one_line

if TYPE_CHECKING:
    from mcca_ml.pipeline.stage import Stage, Tally

Configuration = Annotated[Path, typer.Argument(help="A configuration (.toml).")]
Workers = Annotated[
    int, typer.Option(min=1, help="Parallel processes; results are identical for any number.")
]
Cluster = Annotated[
    str, typer.Option(help="Address of a Dask scheduler, tcp://host:8786, in place of processes.")
]
Retrain = Annotated[
    bool,
    typer.Option("--retrain", help="Train again on the whole period, do not only append to it."),
]


@contextmanager
def _shown(
    stages: tuple["Stage", ...],
) -> Iterator[tuple[Callable[["Stage", int], Callable[[int], None]], Callable[["Tally"], None]]]:
    """Progress over the stages, and one line when each has ended."""
    import time

    from rich.console import Console

    from mcca_ml.cli.terminal import StageProgress

    shown = StageProgress(Console(stderr=True), stages)
    begun = [time.monotonic()]

    def ended(tally: "Tally") -> None:
        shown.stop()
        seconds, begun[0] = time.monotonic() - begun[0], time.monotonic()
        result = f"{tally.what} in {seconds:.1f} s" if tally.tasks else "was done already"
        typer.echo(f"{tally.stage:<9} {result}")
        for note in tally.notes:
            typer.echo(f"{tally.stage:<9} note: {note}")

    try:
        yield shown.begin, ended
    finally:
        shown.stop()


def make(
    configuration: Path,
    stages: tuple["Stage", ...],
    workers: int = 2,
    cluster: str = "",
    *,
    retrain: bool = False,
) -> None:
    """Run stages, and print the result of each; the last line states the folder of the record."""
    from mcca_ml.pipeline.run import Workers as Crew
    from mcca_ml.pipeline.run import run as run_stages

    with _shown(stages) as (progress, ended):
        run_stages(
            configuration,
            stages=stages,
            workers=Crew(workers, cluster),
            retrain=retrain,
            progress=progress,
            ended=ended,
        )


def run(
    configuration: Configuration,
    workers: Workers = 2,
    cluster: Cluster = "",
    retrain: Retrain = False,
    debug: Debug = False,
) -> None:
    """Make the record: every stage in order.

    Finished work is kept: the same command continues an interrupted run, and appends days to a
    record if the period is longer.
    """
    with errors_in_one_line(debug):
        from mcca_ml.pipeline.stage import Stage  # not above: NumPy would slow --help

        make(configuration, tuple(Stage), workers, cluster, retrain=retrain)


def _stage_command(stage: str, text: str) -> Callable[..., None]:
    """Return the command of one stage."""

    def command(
        configuration: Configuration,
        workers: Workers = 2,
        cluster: Cluster = "",
        debug: Debug = False,
    ) -> None:
        with errors_in_one_line(debug):
            from mcca_ml.pipeline.stage import Stage  # not above: NumPy would slow --help

            make(configuration, (Stage(stage),), workers, cluster)

    command.__name__, command.__doc__ = stage, text
    return command


COMMANDS = (
    run,
    _stage_command("grid", "Grid the swaths of the imagers by UTC day, look and cell."),
    _stage_command("calibrate", "Bring TMI to the scale of GMI and AMSR-E to that of AMSR2."),
    _stage_command("train", "Train a network of each cell on the soil moisture of stage one."),
    _stage_command("predict", "Apply the networks to all days of every sensor: streams."),
    _stage_command("fuse", "Fuse the streams by the covariance of their errors."),
    _stage_command("publish", "Write the record as daily NetCDF files and a Zarr cube."),
)
"""Commands in the order of the help; the stage `retrieve` is the command of that name."""
