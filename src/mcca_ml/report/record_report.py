"""Self-contained page on a record; figures and tables are also written as files."""

from collections.abc import Sequence
from pathlib import Path

from mcca_ml.atomic import make_directory
from mcca_ml.config.load import load_settings
from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.pipeline.plan import make_plan
from mcca_ml.pipeline.train import roles as assign_roles
from mcca_ml.report.html.files import OnDisk, figure_style, write_page
from mcca_ml.report.html.page import Section
from mcca_ml.report.scores.compared import read_comparison
from mcca_ml.report.scores.findings import compute_findings
from mcca_ml.report.scores.key_scores import key_scores
from mcca_ml.report.scores.score_sheets import scores_sheet
from mcca_ml.report.scores.station_scores import at_stations
from mcca_ml.report.sections import overview, record
from mcca_ml.report.sections.record import RecordResults
from mcca_ml.report.sections.stations import record_sections
from mcca_ml.store.read_blocks import open_store


def write_report(
    configuration: Path, out: Path, *, truth: Path | None = None, stations: Path | None = None
) -> OnDisk:
    """Compare a record with its target, its stations and a truth; write the page.

    Args:
        configuration: configuration of a finished record.
        out: directory for the page, its figures and its tables; made if missing.
        truth: truth store of a simulated world; no earlier stage opens it.
        stations: folder of the International Soil Moisture Network; default: that of
            `[validate]`.

    Raises:
        GranuleError: the truth belongs to another world, or stations cannot be read.
        OutputError: a part of the record is missing or damaged, or the page cannot be written.
    """
    make_directory(out)
    settings, base = load_settings(configuration), configuration.parent
    plan = make_plan(settings, base)
    source = SeriesSource(plan)
    comparison = read_comparison(source, assign_roles(source), truth)
    folder = record.stations_folder(plan, base, stations)
    results = RecordResults(
        plan,
        open_store(plan.record_store, first_day=plan.first_day, last_day=plan.last_day),
        comparison,
        compute_findings(source, comparison),
        key_scores(comparison, source.learned),
        at_stations(settings, base, folder),
    )
    with figure_style():
        sections = page_sections(results)
    title = f"Soil-moisture record: {settings.project.name}"
    return write_page(
        out, title, overview.lead(results), sections, is_simulated=results.is_simulated
    )


def page_sections(results: RecordResults) -> Sequence[Section]:
    """List the sections of the page: the record and its scores, then details."""
    return (
        overview.record_section(results),
        record.scores_section(results),
        record.maps_section(results),
        record.comparison_section(results),
        record.stations_section(results),
        *record_sections(results.stations.validation, is_simulated=results.is_simulated),
        record.series_section(results),
        record.coverage_section(results),
        record.uncertainty_section(results),
        record.stability_section(results),
        Section("Order of days", tuple(map(scores_sheet, results.findings.orders))),
        record.calibration_section(results.plan),
        record.provenance_section(results.plan),
    )
