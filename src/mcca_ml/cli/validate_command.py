"""The command that scores products against stations: `validate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcca_ml.cli.errors import Debug, errors_in_one_line

if TYPE_CHECKING:
    from mcca_ml.config.validate import ValidateSettings
    from mcca_ml.read.products.open import MoistureProduct
    from mcca_ml.validate.run import Validation

_SCORES = ("r", "anomaly_r", "ubrmsd", "bias", "n")


def _lines(validation: "Validation") -> list[str]:
    """A few lines of the summary: medians and quartiles over units, all of a kind together."""
    summary = validation.table("summary")
    heads: dict[tuple[str, ...], dict[str, str]] = {}
    counts: dict[tuple[str, ...], int] = {}
    for product, days, kind, group, _, units, score, *numbers in summary.rows:
        if group == "all" and score in _SCORES:
            key = (str(product), str(days), str(kind))
            middle, low, high = (float(number) for number in numbers)
            digits = 0 if score == "n" else 3
            text = f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
            heads.setdefault(key, {})[str(score)] = text
            counts[key] = max(counts.get(key, 0), int(units))
    lines = []
    for (product, days, kind), scores in heads.items():
        text = ", ".join(f"{name} {scores[name]}" for name in _SCORES if name in scores)
        lines.append(f"{product}, {days} days, {counts[product, days, kind]} x {kind}: {text}")
    return lines


def _too_few(validation: "Validation", fewest: int) -> list[str]:
    """A line for each product whose pairs are too few for any median, so that none is silent."""
    scores = validation.table("scores")
    scored = {
        (str(row[0]), str(row[1])) for row in validation.table("summary").rows if row[3] == "all"
    }
    at = scores.columns.index("n")
    kinds = ("own", "common") if len(validation.compared) > 1 else ("own",)
    lines = []
    for name in (compared.product.name for compared in validation.compared):
        for days in kinds:
            n = [int(row[at]) for row in scores.rows if row[:2] == (name, days)]
            if (name, days) not in scored:
                lines.append(
                    f"{name}, {days} days: no median, a station or network has {max([0, *n])} days "
                    f"with a pair at most, expected {fewest} (fewest_pairs)"
                )
    return lines


def _refused(validation: "Validation") -> list[str]:
    """How many triplets were refused, and why the first of them; the others stand in the table."""
    triple = validation.table("triple")
    rows = [row for row in triple.rows if row[-1]]
    if not rows:
        return []
    number = f"{len(rows)} triplet{'s' if len(rows) > 1 else ''}"
    return [f"not collocated: {number}, the first {rows[0][1]}: {rows[0][-1]}"]


def _asked(
    arguments: list[str], stations: Path | None, out: Path | None
) -> "tuple[list[MoistureProduct], Path, Path | None, ValidateSettings]":
    """Products, stations, directory of the tables and settings that the arguments name.

    Raises:
        ConfigError: a bad configuration, no stations or no product.
    """
    from mcca_ml.cli.arguments import configuration_among
    from mcca_ml.config.load import Settings, load_settings
    from mcca_ml.errors import ConfigError
    from mcca_ml.read.products.configured import configured_products
    from mcca_ml.read.products.open import parse_product

    file, names = configuration_among(arguments)
    settings = load_settings(file) if file else Settings()
    base = file.parent if file else Path()
    products = [parse_product(name) for name in names]
    products += configured_products(settings, base)
    if stations is None and settings.validation.stations is not None:
        stations = base / settings.validation.stations
    if stations is None:
        raise ConfigError(
            "validate: no stations, expected --stations DIR or [validate] stations; give one"
        )
    if not products:
        raise ConfigError("validate: found no product, expected at least one; name one")
    if out is None and settings.output is not None:
        out = base / settings.output.directory / "validation"
    return products, stations, out, settings.validation


def validate(
    products: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders or cubes of soil moisture, PATH::VARIABLE for one of several, or "
            "the configuration of a record (.toml)."
        ),
    ],
    stations: Annotated[
        Path | None, typer.Option(help="Folder of stations as ISMN delivers them.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for tables (CSV).")] = None,
    all_values: Annotated[
        bool, typer.Option("--all-values", help="Also values that the product does not recommend.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Score soil-moisture products against stations, on their own and on common days.

    Dense networks and single stations are kept apart; medians stand with quartiles.
    """
    with errors_in_one_line(debug):
        # Imported here, not above: xarray and ismn would slow --help.
        from rich.console import Console

        from mcca_ml.cli.terminal import shown_bar
        from mcca_ml.validate.run import validate as score
        from mcca_ml.validate.tables import write_tables

        named, folder, out, settings = _asked(products, stations, out)
        if all_values:
            settings = settings.model_copy(update={"quality": "any"})
        with shown_bar(Console(stderr=True), "reading", "files") as bar:
            validation = score(
                named, folder, settings, progress=lambda done: bar.advance(done, done)
            )
        for line in (
            *_lines(validation),
            *_too_few(validation, settings.fewest_pairs),
            *_refused(validation),
        ):
            typer.echo(line)
        if out is not None:
            files = write_tables(out, validation.tables)
            typer.echo(f"wrote {len(files)} tables to {out}")
