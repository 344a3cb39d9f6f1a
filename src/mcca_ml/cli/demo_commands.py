"""Commands that show what this package does, on data that they simulate: `demo` and `demo-day`."""

from pathlib import Path
from typing import Annotated

import typer

from mcca_ml.cli.errors import Debug, errors_in_one_line
from mcca_ml.cli.record_stages import Workers, make


def demo(
    out: Annotated[Path, typer.Option(help="Directory for all files.")] = Path("demo"),
    world: Annotated[
        Path | None,
        typer.Option(
            help="A world (.toml) with [simulate], worlds/full.toml for instance.",
            show_default="two boxes, 2011 to 2018",
        ),
    ] = None,
    workers: Workers = 2,
    debug: Debug = False,
) -> None:
    """Make the record of a simulated world, and a report on it.

    Simulates the granules of five sensors, makes their record by `run`, and compares it with the
    known truth. Some ten minutes on two cores; finished work is kept, and a second call continues.
    """
    with errors_in_one_line(debug):
        # Imported here, not above: --help must not wait for pydantic, which checks the settings.
        from mcca_ml.cli.arguments import world_or_default

        settings = world_or_default(world)
        # Imported here, not above: JAX and xarray take seconds; bad arguments are reported before.
        import time

        from rich.console import Console

        from mcca_ml.cli.terminal import shown_bar, world_line
        from mcca_ml.demo.world import CONFIGURATION, make_world, report
        from mcca_ml.pipeline.stage import Stage

        with shown_bar(Console(stderr=True), "simulating", "granules") as bar:
            simulated = make_world(out, settings, workers=workers, progress=bar.advance)
        typer.echo(world_line(simulated, bar.seconds))
        make(out / CONFIGURATION, tuple(Stage), workers)
        begun = time.monotonic()
        page = report(out).page
        typer.echo(f"{'report':<9} {page} in {time.monotonic() - begun:.1f} s")
        typer.echo(f"SIMULATED: open {page} in a browser (record and its scores)")


def demo_day(
    out: Annotated[Path, typer.Option(help="Directory for all files.")] = Path("demo-day"),
    seed: Annotated[int, typer.Option(help="Random seed of the simulation.")] = 0,
    debug: Debug = False,
) -> None:
    """Retrieve a small simulated SMAP day, and score it: seconds."""
    with errors_in_one_line(debug):
        # Imported here, not above: JAX and xarray would slow --help.
        from rich.console import Console

        from mcca_ml.cli.terminal import show_report, shown_bar, summary_line
        from mcca_ml.demo.day import run_demo_day

        with shown_bar(Console(stderr=True), "granules", "cells", 1) as bar:
            report = run_demo_day(out, seed=seed, progress=bar.advance)
        show_report(Console(), report)
        typer.echo(f"SIMULATED: {summary_line(report.summary, out, bar.seconds)}")


COMMANDS = (demo, demo_day)
"""In the order of the help."""
