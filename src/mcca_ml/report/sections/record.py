"""Sections of the report of a record, from its scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from mcca_ml import schema
from mcca_ml.arrays import Float32
from mcca_ml.grid.place_text import place_text
from mcca_ml.intercal import coefficients
from mcca_ml.pipeline.plan import Plan
from mcca_ml.plot import cell_maps
from mcca_ml.plot.colours import CORRELATION, DIFFERENCE, UNCERTAINTY
from mcca_ml.plot.maps import ColourScale
from mcca_ml.report.figures import reliability, stability, taylor
from mcca_ml.report.figures.time_series import draw_coverage, draw_series
from mcca_ml.report.html.files import pictured
from mcca_ml.report.html.page import Block, Picture, Section
from mcca_ml.report.scores import station_scores
from mcca_ml.report.scores.compared import FUSED, Comparison
from mcca_ml.report.scores.findings import Findings
from mcca_ml.report.scores.interval_coverage import interval_sheet
from mcca_ml.report.scores.key_scores import TARGET, TRUTH, KeyScores, key_sheet
from mcca_ml.report.scores.score_sheets import drought_sheet, scores_sheet, steps_sheet, trend_sheet
from mcca_ml.report.scores.station_scores import Readings
from mcca_ml.report.scores.temporal_coverage import coverage_sheets
from mcca_ml.report.sections import calibration, provenance
from mcca_ml.validate.run import Validation

_SHOWN_CELLS = 4
_SHOWN_UNITS = 6


@dataclass(frozen=True)
class RecordResults:
    """Record, scores and settings that the page shows."""

    plan: Plan
    whole: xr.Dataset
    """Record of all days, also of those after the training period."""
    comparison: Comparison
    findings: Findings
    scores: Sequence[KeyScores]
    stations: station_scores.AtStations

    @property
    def is_simulated(self) -> bool:
        """Return True if granules, target and truth are simulated."""
        return schema.is_simulated(self.comparison.record)

    @cached_property
    def truth(self) -> Float32 | None:
        """Truth at the times of `whole` [m3 m-3], (cell, time); None for a real record."""
        truth = self.comparison.truth
        return None if truth is None else truth.of_record(self.whole)


def report_picture(
    results: RecordResults, figure: Figure, name: str, alt: str, caption: str
) -> Picture:
    """Figure with caption; marked where the record is simulated."""
    return pictured(figure, name, alt, caption, is_simulated=results.is_simulated)


def scores_section(results: RecordResults) -> Section:
    """Scores of record and streams with their intervals."""
    days = results.plan.days(last=results.plan.learned_last)[results.comparison.is_test]
    period = f", {days.size} from {days[0]}" if days.size else ": none"
    return Section(
        "Scores",
        (
            f"Test days are days that no network was trained on{period}. Soil moisture is in "
            "m³ m⁻³. Unless a table states otherwise, scores are medians over cells with 20 pairs "
            "or more, and anomalies are departures from a moving mean of 35 days.",
            key_sheet(results.scores),
        ),
    )


def maps_section(results: RecordResults) -> Section:
    """Maps of the scores of each cell."""
    blocks: list[Block] = []
    for reference in (TARGET, TRUTH):
        scores = next(
            (k for k in results.scores if (k.product, k.reference) == (FUSED, reference)), None
        )
        if scores is not None:
            blocks.append(_score_maps(results, scores))
    return Section("Maps of scores", tuple(blocks))


def _score_maps(results: RecordResults, scores: KeyScores) -> Picture:
    """Maps of the scores of the record."""
    plain, nothing = scores.cell_scores.absolute, np.nan
    most = cell_maps.limit_of(plain.bias[scores.is_scored])
    panels = [
        (title, np.where(scores.is_scored, values, nothing), ColourScale(low, high, palette))
        for title, values, low, high, palette in (
            ("R [1]", plain.r, 0.0, 1.0, CORRELATION),
            ("anomaly R [1]", scores.cell_scores.window.r, 0.0, 1.0, CORRELATION),
            ("ubRMSD [m³ m⁻³]", plain.ubrmsd, 0.0, 0.08, UNCERTAINTY),
            ("bias [m³ m⁻³]", plain.bias, -most, most, DIFFERENCE),
        )
    ]
    caption = (
        f"Scores of the record against the {scores.reference}, {scores.day_set} days; grey: "
        f"fewer than 20 pairs. Medians: R {scores.scores['r'].median:.2f}, "
        f"ubRMSD {scores.scores['ubrmsd'].median:.3f} m³ m⁻³."
    )
    figure = cell_maps.draw_cell_maps(results.plan.cells, panels)
    name = f"map scores against {scores.reference}"
    return report_picture(
        results, figure, name, f"Maps of scores against the {scores.reference}", caption
    )


def comparison_section(results: RecordResults) -> Section:
    """Taylor diagrams, and all tables of scores."""
    blocks: list[Block] = []
    points = taylor.points(results.comparison)
    if points:
        caption = (
            "Taylor diagram: the angle is the correlation, the distance from the origin the "
            "standard deviation over that of the reference, which is the red point; dashed circles "
            "are the centred RMSD over the same. Medians over cells."
        )
        figure = taylor.draw_taylor(
            points, taylor.product_colours([item.product for item in points])
        )
        alt = "Taylor diagrams against target and truth"
        blocks += [
            report_picture(results, figure, "taylor", alt, caption),
            taylor.taylor_sheet(points),
        ]
    blocks += [scores_sheet(table) for table in results.findings.tables]
    return Section("Comparison on common days", tuple(blocks))


def _place_text(ds: xr.Dataset, place: int) -> str:
    return place_text(float(ds["lat"][place]), float(ds["lon"][place]))


def _draw_place(
    results: RecordResults,
    place: int,
    title: str,
    readings: Readings | None = None,
) -> Picture:
    truth = None if results.truth is None else results.truth[place]
    figure = draw_series(results.whole, place, truth, title, stations=readings)
    caption = (
        f"{title}: recommended values of the record with its standard uncertainty, the streams of "
        "single sensors as points; below the last two years."
    )
    return report_picture(
        results, figure, f"series {title.split(',')[0]}", f"Series at {title}", caption
    )


def shown_sites(results: RecordResults) -> list[int]:
    """Numbers of the sites whose series are drawn, in the order of the validation."""
    validation = results.stations.validation
    if validation is None:
        return []
    return station_scores.shown_units(validation, results.plan.cells.tolist(), _SHOWN_UNITS)


def draw_site(results: RecordResults, validation: Validation, number: int) -> Picture:
    """Series of the record, its streams and the stations at one site."""
    unit = validation.units[number]
    place = int(np.searchsorted(results.plan.cells, unit.cell))
    title = f"{unit.name}, {_place_text(results.whole, place)}"
    return _draw_place(results, place, title, station_scores.site_readings(validation, number))


def draw_cell(results: RecordResults, place: int) -> Picture:
    """Series of the record and its streams in one cell."""
    return _draw_place(
        results, place, f"cell {results.plan.cells[place]}, {_place_text(results.whole, place)}"
    )


def stations_section(results: RecordResults) -> Section:
    """Scores and series at stations; the first series is at the top of the page."""
    validation = results.stations.validation
    if validation is None:
        return Section("Stations", (results.stations.why_not,))
    return Section(
        "Stations",
        (
            station_scores.network_sheet(results.comparison, validation),
            *(draw_site(results, validation, number) for number in shown_sites(results)[1:]),
            station_scores.excluded_sheet(validation, (station_scores.RECORD,)),
        ),
    )


def series_section(results: RecordResults) -> Section:
    """Series of evenly spaced cells, without the one at the top of the page."""
    last = results.plan.cells.size - 1
    places = np.unique(np.linspace(0, last, _SHOWN_CELLS).astype(int)).tolist()
    top = None if shown_sites(results) else results.plan.cells.size // 2
    return Section("Series", tuple(draw_cell(results, place) for place in places if place != top))


def coverage_section(results: RecordResults) -> Section:
    """Coverage by month."""
    caption = "Monthly mean of the daily share of cells with a value."
    picture = report_picture(
        results, draw_coverage(results.whole), "coverage", "Coverage by month", caption
    )
    return Section("Coverage", (picture, *coverage_sheets(results.whole)))


def uncertainty_section(results: RecordResults) -> Section:
    """Coverage of the stated uncertainty."""
    blocks: list[Block] = []
    curves = reliability.measure_reliabilities(results.comparison)
    if curves:
        caption = (
            "Share of the reference inside intervals of a nominal coverage: on the line the "
            "uncertainty is right, below it too small; the band is 3 percentage points wide on "
            "either side."
        )
        figure = reliability.draw_reliability(curves)
        alt = "Actual against nominal coverage of intervals"
        blocks += [
            report_picture(results, figure, "reliability", alt, caption),
            reliability.reliability_sheet(curves),
        ]
    blocks.append(interval_sheet(results.findings.intervals))
    return Section("Uncertainty", tuple(blocks))


def stability_section(results: RecordResults) -> Section:
    """Stability against stations and truth; steps, trend and drought of a simulated world."""
    blocks: list[Block] = []
    changes = stability.measure_stabilities(results.comparison, results.stations.validation)
    if changes:
        caption = (
            "Above, monthly differences of the record, with the days on which an imager begins, "
            "ends or is boosted; below, trends of all differences with 95 % intervals. They "
            "include any drift of the reference."
        )
        figure = stability.draw_stability(changes)
        blocks += [
            report_picture(
                results, figure, "stability", "Differences by month, and trends", caption
            ),
            stability.stability_sheet(changes),
        ]
    if results.findings.steps:
        blocks.append(steps_sheet(results.findings.steps))
    if results.findings.trends:
        blocks.append(trend_sheet(results.findings.trends))
    if results.findings.droughts:
        blocks.append(drought_sheet(results.findings.droughts))
    return Section("Stability, trend and drought", tuple(blocks))


def calibration_section(plan: Plan) -> Section:
    """Coefficients of the cross-calibration."""
    blocks: list[Block] = []
    for name in plan.imagers:
        if plan.coefficients(name).is_file():
            ds = coefficients.read(plan.coefficients(name))
            if ds.attrs["sensor"] != ds.attrs["reference"]:  # a reference has drifts only
                blocks.append(calibration.lines_sheet(ds))
            changes = calibration.changes_sheet(ds)
            blocks += [] if changes is None else [changes]
    return Section("Calibration of the sensors", tuple(blocks))


def provenance_section(plan: Plan) -> Section:
    """Software, settings, inputs, and how to cite."""
    settings = plan.settings
    return Section(
        "Provenance",
        (
            *provenance.citation(settings, settings.publish.version),
            provenance.origin_sheet(plan),
            provenance.learned_sheet(plan),
            provenance.settings_sheet(settings),
        ),
    )


def stations_folder(plan: Plan, base: Path, asked: Path | None) -> Path | None:
    """Return the folder of stations: the given one, else that of the configuration."""
    named = plan.settings.validation.stations
    if asked is not None or named is None:
        return asked
    return base / named
