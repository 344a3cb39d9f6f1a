"""The command line. Only light modules are imported here, so that --help answers at once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mcca_ml import __version__
from mcca_ml.cli import (
    demo_commands,
    product_commands,
    record_stages,
    report_command,
    validate_command,
)
from mcca_ml.cli.errors import Debug, OneLineGroup, errors_in_one_line

if TYPE_CHECKING:
    from mcca_ml.cli.arguments import Work
    from mcca_ml.pipeline.daily_product import Options

app = typer.Typer(
    cls=OneLineGroup,
    help="Soil moisture and vegetation optical depth from passive microwave satellites.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help costs as much time as everything else together
)


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"mcca-ml {__version__}")
        raise typer.Exit


@app.callback()
def common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Soil moisture and vegetation optical depth from passive microwave satellites."""


for shown in demo_commands.COMMANDS:
    app.command()(shown)


def _retrieve(work: "Work", options: "Options") -> None:
    """Do the work with a bar and one line at its end; exit status 1 if it is incomplete."""
    from rich.console import Console

    from mcca_ml.cli.terminal import shown_bar, summary_line
    from mcca_ml.pipeline.daily_product import retrieve_granules

    with shown_bar(Console(stderr=True), "granules", "cells", len(work.granules)) as bar:
        summary = retrieve_granules(
            work.granules, work.out, work.settings, options, progress=bar.advance
        )
    for failure in summary.failures:
        typer.echo(f"failed: {failure}", err=True)
    typer.echo(summary_line(summary, work.out, bar.seconds))
    if not summary.is_complete:
        raise typer.Exit(1)


@app.command()
def retrieve(  # noqa: PLR0913 one parameter an option
    granules: Annotated[
        list[str], typer.Argument(help="Granules, patterns, or a configuration (.toml).")
    ],
    out: Annotated[Path | None, typer.Option(help="Directory for the products.")] = None,
    grid: Annotated[
        Literal["native", "m25"],
        typer.Option(help="Grid of the granules, or EASE-Grid 2.0 of 25 km."),
    ] = "native",
    look: Annotated[Literal["am", "pm", "both"], typer.Option(help="Look or looks.")] = "both",
    mode: Annotated[
        Literal["look", "season"] | None,
        typer.Option(help="Each look alone, or a season at once.", show_default="look"),
    ] = None,
    ancillary: Annotated[
        list[Path] | None,
        typer.Option(help="Ancillary granule: temperature and soil for granules without (repeat)."),
    ] = None,
    png: Annotated[bool, typer.Option("--png", help="Draw a map of each look.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Go on after a bad granule; list it at the end.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Retrieve soil moisture and VOD: one NetCDF file a UTC day.

    With the configuration of a record: its stage one, the target of the networks.
    """
    with errors_in_one_line(debug):
        # Imported here, not above: --help must not wait for pydantic, which checks the settings.
        from mcca_ml.cli.arguments import expand, find_record, plan_work

        options = (out, mode, ancillary, png, keep_going, grid != "native", look != "both")
        record = find_record(granules, is_plain=not any(options))
        if record is not None:
            from mcca_ml.pipeline.stage import Stage  # not above: NumPy would slow --help

            record_stages.make(record, (Stage.RETRIEVE,))
            return
        work = plan_work(granules, out, mode)
        sources = tuple(path for name in ancillary or () for path in expand(str(name)))
        # Imported here, not above: JAX and xarray take seconds; bad arguments are reported before.
        from mcca_ml.pipeline.daily_product import Options

        _retrieve(work, Options(grid, look, sources, has_maps=png, keeps_going=keep_going))


@app.command()
def simulate(
    world: Annotated[Path, typer.Argument(help="A configuration (.toml) with [simulate].")],
    out: Annotated[Path | None, typer.Option(help="Directory for the world.")] = None,
    workers: record_stages.Workers = 2,
    debug: Debug = False,
) -> None:
    """Simulate a world: granules of all sensors, stations, truth."""
    with errors_in_one_line(debug):
        # Imported here, not above: --help must not wait for pydantic, which checks the settings.
        from mcca_ml.cli.arguments import read_world

        settings, folder = read_world(world, out)
        # Imported here, not above: JAX and xarray take seconds; bad arguments are reported before.
        from rich.console import Console

        from mcca_ml.cli.terminal import shown_bar, world_line
        from mcca_ml.simulate.run import simulate_world

        with shown_bar(Console(stderr=True), "simulating", "granules") as bar:
            simulated = simulate_world(settings, folder, workers=workers, progress=bar.advance)
        typer.echo(world_line(simulated, bar.seconds))


@app.command()
def inspect(
    path: Annotated[
        Path,
        typer.Argument(
            help="A granule, a product or its folder, a store, coefficients or networks of a "
            "record, stations, or a truth.zarr."
        ),
    ],
    debug: Debug = False,
) -> None:
    """Show the contents of a granule, a record, a store or a truth."""
    with errors_in_one_line(debug):
        # Imported here, not above: h5py and xarray would slow --help.
        from rich.console import Console

        from mcca_ml.cli.terminal import show_description
        from mcca_ml.inspect.describe import describe

        show_description(Console(), describe(path))


for command in record_stages.COMMANDS:
    app.command()(command)
app.command()(product_commands.series)
app.command(name="map")(product_commands.map_day)
app.command()(validate_command.validate)
app.command()(report_command.report)


@app.command()
def config() -> None:
    """Print every setting with its default and its meaning, as TOML."""
    from mcca_ml.config.defaults import as_toml  # not above: pydantic would slow --help

    typer.echo(as_toml(), nl=False)


def main() -> None:
    """Run the command line; the entry point `mcca-ml`."""
    sys.exit(app())
