"""A record -> one self-contained page with its scores and figures, and each of them as a file."""

from collections.abc import Sequence
from pathlib import Path

from mcca_ml import __version__
from mcca_ml.atomic import make_directory
from mcca_ml.config.load import load_settings
from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.pipeline.plan import make_plan
from mcca_ml.pipeline.train import roles as roles_of
from mcca_ml.report.html.files import OnDisk, looks, write_page
from mcca_ml.report.html.page import Section
from mcca_ml.report.scores.compared import held
from mcca_ml.report.scores.findings import find
from mcca_ml.report.scores.key_scores import key_scores
from mcca_ml.report.scores.score_sheets import scores_sheet
from mcca_ml.report.scores.station_scores import at_stations
from mcca_ml.report.sections import record
from mcca_ml.report.sections.record import Known
from mcca_ml.report.sections.stations import record_sections
from mcca_ml.store.read_blocks import open_store


def write_report(
    configuration: Path, out: Path, *, truth: Path | None = None, stations: Path | None = None
) -> OnDisk:
    """Compare a record with its target, its stations and a truth; write the page.

    Args:
        configuration: of the record, which has been made.
        out: directory for the page, its figures and its tables; made if missing.
        truth: store of the truth of a simulated world; nothing before this opens it.
        stations: folder as the International Soil Moisture Network delivers it; without it the one
            of `[validate]`.

    Raises:
        GranuleError: the truth is of another world, or stations cannot be read.
        OutputError: a part of the record is missing or damaged, or the page cannot be written.
    """
    make_directory(out)
    settings, base = load_settings(configuration), configuration.parent
    plan = make_plan(settings, base)
    source = SeriesSource(plan)
    compared = held(source, roles_of(source), truth)
    folder = record.stations_folder(plan, base, stations)
    known = Known(
        plan,
        open_store(plan.record_store, first_day=plan.first_day, last_day=plan.last_day),
        compared,
        find(source, compared),
        key_scores(compared, source.learned),
        at_stations(settings, base, folder),
    )
    with looks():
        sections = sections_of(known)
    title = f"Soil-moisture record: {settings.project.name}"
    return write_page(out, title, _lead(known), sections, is_simulated=known.is_simulated)


def sections_of(known: Known) -> Sequence[Section]:
    """All sections of the page, the numbers that matter first."""
    return (
        record.summary_section(known),
        record.maps_section(known),
        record.comparison_section(known),
        record.stations_section(known),
        *record_sections(known.stations.validation, is_simulated=known.is_simulated),
        record.series_section(known),
        record.coverage_section(known),
        record.uncertainty_section(known),
        record.stability_section(known),
        Section("Order of days", tuple(map(scores_sheet, known.found.orders))),
        record.calibration_section(known.plan),
        record.provenance_section(known.plan),
    )


def _lead(known: Known) -> str:
    """What the page is about."""
    plan = known.plan
    days = plan.days(last=plan.learned_last)
    tested = days[known.compared.is_test]
    first = tested[0] if tested.size else "–"
    return (
        f"{plan.cells.size:,} cells of 25 km, {plan.first_day} to {plan.last_day}; streams of "
        f"{', '.join(plan.streams)}; MCCA-ML {__version__}. Test days, of which nothing was "
        f"learned: {tested.size} from {first}. Soil moisture in m³ m⁻³; where a table does not "
        "say otherwise, scores are medians over cells with 20 pairs or more, and anomalies depart "
        "from a mean of 35 days."
    )
