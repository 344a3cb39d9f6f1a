"""Commands that make a record: `run`, and a command for each of its stages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mcca_ml.record.stages import Stage, Tally

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

    from mcca_ml.terminal import Bar

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
    workers: int,
    cluster: str,
    *,
    retrain: bool = False,
) -> None:
    """Do some stages, and say of each what it has done; the last line says where the record is."""
    from mcca_ml.record.run import Workers as Crew
    from mcca_ml.record.run import run as run_stages

    with _shown() as (progress, ended):
        run_stages(
            configuration,
            stages=stages,
            workers=Crew(workers, cluster),
            retrain=retrain,
            progress=progress,
            ended=ended,
        )
