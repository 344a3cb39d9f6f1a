"""The command that shows what a record, or any product, is worth: `report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcca_ml.cli.errors import Debug, errors_in_one_line

if TYPE_CHECKING:
    from mcca_ml.report.html.files import OnDisk

PLACE = "report"
"""Folder of the page, beside the configuration or below the working directory."""


def _product_page(
    arguments: list[str], out: Path | None, stations: Path | None, *, all_values: bool
) -> "OnDisk":
    """The page of products at stations.

    Raises:
        ConfigError: no stations.
        MccaMlError: as `report.product_page.write_product_report` does.
    """
    from mcca_ml.config.validate import ValidateSettings
    from mcca_ml.errors import ConfigError
    from mcca_ml.read.products.open import parse_product
    from mcca_ml.report.product_report import write_product_report

    if stations is None:
        raise ConfigError(
            "report: found products but no stations, expected --stations DIR to hold them "
            "against; name one, or give the configuration (.toml) of a record"
        )
    settings = ValidateSettings(quality="any") if all_values else ValidateSettings()
    products = [parse_product(one) for one in arguments]
    return write_product_report(products, stations, settings, out or Path(PLACE))


def report(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="CONFIG_OR_PRODUCT",
            help="The configuration (.toml) of a record, or files, folders or cubes of "
            "any soil moisture, PATH::VARIABLE for one of several.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory for page, figures and tables.",
            show_default="report, beside the configuration or here",
        ),
    ] = None,
    stations: Annotated[
        Path | None, typer.Option(help="Folder of stations as ISMN delivers them.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Store of the truth of a simulated world.")
    ] = None,
    all_values: Annotated[
        bool, typer.Option("--all-values", help="Also values that a product does not recommend.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Write one page on a record, or on any products at stations: scores, maps, series, coverage.

    Every figure stands beside it as PNG, every table as CSV.
    """
    with errors_in_one_line(debug):
        # Imported here, not above: xarray and matplotlib would slow --help.
        import time

        from mcca_ml.cli.arguments import SETTINGS
        from mcca_ml.errors import ConfigError

        begun = time.monotonic()
        is_record = [name.endswith(SETTINGS) for name in arguments]
        if any(is_record):
            if len(arguments) > 1 or all_values:
                raise ConfigError(
                    "report: found a configuration with other products or --all-values, expected "
                    "it alone; name products in its [[validate.product]], and quality in "
                    "[validate]"
                )
            from mcca_ml.report.record_report import write_report

            path = Path(arguments[0])
            folder = out or path.parent / PLACE
            files: OnDisk = write_report(path, folder, truth=truth, stations=stations)
        elif truth is not None:
            raise ConfigError(
                "report: found --truth with products, expected it with the configuration of a "
                "simulated record; leave it out"
            )
        else:
            files = _product_page(arguments, out, stations, all_values=all_values)
        size = files.page.stat().st_size / 1e6
        typer.echo(
            f"{files.page}: {size:.1f} MB, {len(files.figures)} figures, "
            f"{len(files.tables)} tables in {time.monotonic() - begun:.1f} s"
        )
