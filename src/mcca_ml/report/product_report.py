"""Self-contained page on any soil-moisture products compared with stations."""

from collections.abc import Sequence
from pathlib import Path

from mcca_ml import __version__, schema
from mcca_ml.atomic import make_directory
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.publish.attributes import commit
from mcca_ml.read.products.open import MoistureProduct
from mcca_ml.report.html.files import OnDisk, figure_style, write_page
from mcca_ml.report.html.page import Section
from mcca_ml.report.scores.sheet import Sheet, facts_sheet, make_sheet
from mcca_ml.report.sections import stations as sections
from mcca_ml.validate.pair_product import Compared
from mcca_ml.validate.run import Validation, validate
from mcca_ml.validate.stations import DENSE

_METADATA = ("title", "product_version", "version", "institution", "date_created", "license")
"""Global attributes on the origin of a product."""
_LONGEST = 160
"""Longest attribute text on the page, in characters."""
_SIMULATED_NETWORK = "SIM-"
"""Prefix of the names of simulated networks."""


def is_simulated(validation: Validation) -> bool:
    """Return True if a product or a network is simulated."""
    return any(
        schema.is_simulated(product.extract.attrs) for product in validation.compared
    ) or any(unit.network.startswith(_SIMULATED_NETWORK) for unit in validation.units)


def _metadata_rows(compared: Compared) -> tuple[tuple[str, str, str], ...]:
    """List file, variable and metadata of a product: product, item, value."""
    attrs, name = compared.extract.attrs, compared.product.name
    rows = [
        ("read from", compared.product.path.name),
        ("variable", compared.extract.variable),
        ("units", compared.extract.conversion.description),
        ("made from", ", ".join(sorted(compared.product.shares)) or "unknown"),
        *((key, str(attrs[key])) for key in _METADATA if attrs.get(key)),
    ]
    if compared.extract.passed_over:
        rows.append(("files without soil moisture", f"{compared.extract.passed_over:,}"))
    return tuple((name, what, value) for what, value in rows)


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def products_sheet(validation: Validation) -> Sheet:
    """Format files and metadata of the products."""
    return make_sheet(
        "Products",
        (("", "{}", "product"), ("what", "{}", "what"), ("value", _cut, "value")),
        (row for compared in validation.compared for row in _metadata_rows(compared)),
    )


def settings_sheet(settings: ValidateSettings, stations: Path) -> Sheet:
    """Format the settings of the matching."""
    data = tuple(
        (name, str(value))
        for name, value in settings.model_dump(mode="json").items()
        if name not in ("product", "stations")
    )
    software = f"MCCA-ML {__version__}, commit {commit() or 'unknown'}"
    rows = (("software of this report", software), ("stations", stations.name), *data)
    return facts_sheet("How it was compared", rows)


def _lead(validation: Validation) -> str:
    """Describe products, stations and days in one paragraph."""
    names = ", ".join(compared.product.name for compared in validation.compared)
    places = range(len(validation.units))
    met = [i for i in places if any(compared.pairs[i].day.size for compared in validation.compared)]
    dense = sum(validation.units[i].kind == DENSE for i in met)
    single, rest = len(met) - dense, len(validation.units) - len(met)
    left = f" ({rest} others have no pair)" if rest else ""
    days = [
        pair.day[[0, -1]]
        for compared in validation.compared
        for pair in compared.pairs
        if pair.day.size
    ]
    first, last = min(day[0] for day in days), max(day[1] for day in days)
    return (
        f"{names} against {dense} dense networks and {single} probes of single stations"
        f"{left}, {first} to {last}; MCCA-ML {__version__}. Soil moisture in m³ m⁻³. Each value "
        "of a product is paired with the reading nearest in time, without interpolation; anomalies "
        "are departures from a moving mean of 35 days, or from the climatology of the pairs."
    )


def page_sections(
    validation: Validation, settings: ValidateSettings, stations: Path
) -> Sequence[Section]:
    """List the sections of the page, main scores first."""
    simulated = is_simulated(validation)
    return (
        sections.compared_section(validation, is_simulated=simulated),
        sections.units_section(validation),
        sections.series_section(validation, is_simulated=simulated),
        sections.strata_section(validation),
        sections.triple_section(validation),
        *sections.time_sections(validation),
        Section("Provenance", (products_sheet(validation), settings_sheet(settings, stations))),
    )


def write_product_report(
    products: Sequence[MoistureProduct], stations: Path, settings: ValidateSettings, out: Path
) -> OnDisk:
    """Score products against stations and write the page, its figures and its tables.

    Args:
        products: one product or more.
        stations: folder as the International Soil Moisture Network delivers it.
        settings: the `[validate]` table.
        out: directory for the page; made if missing.

    Raises:
        GranuleError: stations or a product cannot be read, or have nothing in common.
        OutputError: the page cannot be written.
        ConfigError: the package ismn is not installed.
    """
    make_directory(out)
    validation = validate(products, stations, settings)
    with figure_style():
        contents = page_sections(validation, settings, stations)
    title = f"Soil moisture at stations: {', '.join(product.name for product in products)}"
    return write_page(
        out, title, _lead(validation), contents, is_simulated=is_simulated(validation)
    )
