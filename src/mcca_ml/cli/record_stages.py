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
    int, typer.Option(min=1, help="Processes; they change the time, not the bytes.")
]
Cluster = Annotated[
    str, typer.Option(help="Address of a Dask scheduler, tcp://host:8786, in place of processes.")
]
Retrain = Annotated[
    bool,
    typer.Option("--retrain", help="Learn anew from the whole period, not only append to it."),
]


@contextmanager
def _shown() -> Iterator[
    tuple[Callable[["Stage", int], Callable[[int], None]], Callable[["Tally"], None]]
]:
    """A bar for each stage, and one line when it has ended."""
    import time

    from rich.console import Console

    from mcca_ml.cli.terminal import Bar

    console = Console(stderr=True)
    bars: list[Bar] = []
    begun = [time.monotonic()]

    def progress(stage: "Stage", tasks: int) -> Callable[[int], None]:
        for bar in bars:
            bar.stop()
        bars[:] = [Bar(console, f"{stage:<9}", "tasks", tasks)]
        return lambda done: bars[0].advance(done, done)

    def ended(tally: "Tally") -> None:
        for bar in bars:
            bar.stop()
        seconds, begun[0] = time.monotonic() - begun[0], time.monotonic()
        what = f"{tally.what} in {seconds:.1f} s" if tally.tasks else "was done already"
        typer.echo(f"{tally.stage:<9} {what}")
        for note in tally.notes:
            typer.echo(f"{tally.stage:<9} note: {note}")

    try:
        yield progress, ended
    finally:
        for bar in bars:
            bar.stop()


def make(
    configuration: Path,
    stages: tuple["Stage", ...],
    workers: int = 2,
    cluster: str = "",
    *,
    retrain: bool = False,
) -> None:
    """Do some stages, and say of each what it has done; the last line says where the record is."""
    from mcca_ml.pipeline.run import Workers as Crew
    from mcca_ml.pipeline.run import run as run_stages

    with _shown() as (progress, ended):
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

    What is done is kept: the same command goes on with what was stopped, and appends a longer
    period.
    """
    with errors_in_one_line(debug):
        from mcca_ml.pipeline.stage import Stage  # not above: NumPy would slow --help

        make(configuration, tuple(Stage), workers, cluster, retrain=retrain)


def _command(stage: str, what: str) -> Callable[..., None]:
    """A command that makes one stage; `what` is its help."""

    def command(
        configuration: Configuration,
        workers: Workers = 2,
        cluster: Cluster = "",
        debug: Debug = False,
    ) -> None:
        with errors_in_one_line(debug):
            from mcca_ml.pipeline.stage import Stage  # not above: NumPy would slow --help

            make(configuration, (Stage(stage),), workers, cluster)

    command.__name__, command.__doc__ = stage, what
    return command


COMMANDS = (
    run,
    _command("grid", "Grid the swaths of the imagers by UTC day, look and cell."),
    _command("calibrate", "Bring TMI to the scale of GMI and AMSR-E to that of AMSR2."),
    _command("train", "Train a network of each cell on the soil moisture of stage one."),
    _command("predict", "Apply the networks to all days of every sensor: streams."),
    _command("fuse", "Fuse the streams by the covariance of their errors."),
    _command("publish", "Write the record as daily NetCDF files and a Zarr cube."),
)
"""In the order of the help; the stage `retrieve` is the command of that name."""
