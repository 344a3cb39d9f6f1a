"""The command that shows what a record is worth: `report`."""

from pathlib import Path
from typing import Annotated

import typer

from mcca_ml.one_line import Debug, errors_in_one_line

PLACE = "report"
"""Folder of the page, beside the configuration."""


def report(
    configuration: Annotated[
        Path, typer.Argument(help="The configuration (.toml) of a record that has been made.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory for page, figures and tables.",
            show_default="report, beside the configuration",
        ),
    ] = None,
    stations: Annotated[
        Path | None, typer.Option(help="Folder of stations as ISMN delivers them.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Store of the truth of a simulated world.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write one page on a record: scores, maps, series, coverage, uncertainty, provenance.

    Every figure stands beside it as PNG, every table as CSV.
    """
    with errors_in_one_line(debug):
        # Imported here, not above: xarray and matplotlib would slow --help.
        import time

        from mcca_ml.arguments import SETTINGS
        from mcca_ml.errors import ConfigError

        if configuration.suffix != SETTINGS:
            raise ConfigError(
                f"{configuration}: found no {SETTINGS}, expected the configuration of a record; "
                "give the one that `mcca-ml run` made it from"
            )
        from mcca_ml.report.summary import write_report

        begun = time.monotonic()
        folder = out or configuration.parent / PLACE
        made = write_report(configuration, folder, truth=truth, stations=stations)
        size = made.page.stat().st_size / 1e6
        typer.echo(
            f"{made.page}: {size:.1f} MB, {len(made.figures)} figures, {len(made.tables)} tables "
            f"in {time.monotonic() - begun:.1f} s"
        )
