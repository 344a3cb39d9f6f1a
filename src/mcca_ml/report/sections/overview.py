"""First part of the report of a record: three sentences, a map and a series."""

import numpy as np

from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.grid.place_text import latitude_text, longitude_text
from mcca_ml.metrics.scores import median
from mcca_ml.plot import cell_maps
from mcca_ml.plot.colours import DIFFERENCE
from mcca_ml.plot.day_map import MOISTURE_SCALE
from mcca_ml.plot.maps import ColourScale
from mcca_ml.report.html.page import Picture, Section
from mcca_ml.report.scores import station_scores
from mcca_ml.report.scores.compared import FUSED
from mcca_ml.report.scores.key_scores import TARGET, TRUTH
from mcca_ml.report.scores.tables import mean_of_days
from mcca_ml.report.sections.record import (
    RecordResults,
    draw_cell,
    draw_site,
    report_picture,
    shown_sites,
)

_SCORES = (
    "R {:.2f} ({:.2f} to {:.2f}), ubRMSD {:.3f} ({:.3f} to {:.3f}) m³ m⁻³ and bias "
    "{:+z.3f} ({:+z.3f} to {:+z.3f}) m³ m⁻³"
)
_NAMES = ("r", "ubrmsd", "bias")


def lead(results: RecordResults) -> str:
    """Three sentences, one per line: sensors, cells and period, scores with intervals."""
    return "\n".join((_content(results), _extent(results), _skill(results)))


def _content(results: RecordResults) -> str:
    streams = ", ".join(results.plan.streams)
    return (
        f"This is a daily record of surface soil moisture, estimated from {streams} by a small "
        "neural network for each 25 km cell and sensor, and merged into one series per cell."
    )


def _extent(results: RecordResults) -> str:
    lat, lon = results.whole["lat"].to_numpy(), results.whole["lon"].to_numpy()
    good = is_recommended(results.whole["flag"].to_numpy().astype(FLAG_DTYPE))
    share = 100 * float((good & np.isfinite(results.whole["sm"].to_numpy())).mean())
    return (
        f"It covers {results.plan.cells.size:,} cells between {latitude_text(lat.min(), 1)} and "
        f"{latitude_text(lat.max(), 1)}, {longitude_text(lon.min(), 1)} and "
        f"{longitude_text(lon.max(), 1)}, from {results.plan.first_day} to "
        f"{results.plan.last_day}, with a recommended value on {share:.0f} % of all days and cells."
    )


def _skill(results: RecordResults) -> str:
    """Scores against truth and stations, else against the target of the test days."""
    comparisons = [
        words for words in (_against_truth(results), _against_stations(results)) if words
    ]
    if comparisons:
        return f"Scores (medians, in brackets typical 95 % intervals): {'; '.join(comparisons)}."
    target = _key_words(results, TARGET, "test")
    against = f"; against its own target on test days, the record has {target}" if target else ""
    return f"No independent data were compared: neither stations nor a truth were given{against}."


def _key_words(results: RecordResults, reference: str, days: str) -> str:
    for scores in results.scores:
        if (scores.product, scores.reference, scores.day_set) == (FUSED, reference, days):
            ends = [scores.scores[name] for name in _NAMES]
            numbers = [x for score in ends for x in (score.median, score.low, score.high)]
            return f"{_SCORES.format(*numbers)} over {scores.cells:,} cells"
    return ""


def _against_truth(results: RecordResults) -> str:
    words = _key_words(results, TRUTH, "all")
    return f"against the simulated truth of all days, {words}" if words else ""


def _against_stations(results: RecordResults) -> str:
    validation = results.stations.validation
    if validation is None:
        return ""
    sheet = station_scores.network_sheet(None, validation)
    rows = [dict(zip(sheet.columns, row, strict=True)) for row in sheet.data]
    rows = [row for row in rows if row["product"] == station_scores.RECORD]
    columns = [f"{name}{end}" for name in _NAMES for end in ("", "_low", "_high")]
    values = np.array([[float(row[column]) for column in columns] for row in rows])
    values = values.reshape(-1, len(columns))
    count = int(np.isfinite(values[:, 0]).sum())
    if not count:
        return ""
    kind = "simulated stations" if results.is_simulated else "stations"
    return f"against {kind}, {_SCORES.format(*map(median, values.T))} at {count} sites"


def record_section(results: RecordResults) -> Section:
    """Map of the mean and series at one site, or at the middle cell without stations."""
    validation, sites = results.stations.validation, shown_sites(results)
    if validation is None or not sites:
        series = draw_cell(results, results.plan.cells.size // 2)
    else:
        series = draw_site(results, validation, sites[0])
    return Section("The record", (_map_of_means(results), series))


def _map_of_means(results: RecordResults) -> Picture:
    good = is_recommended(results.whole["flag"].to_numpy().astype(FLAG_DTYPE))
    sm = np.where(good, results.whole["sm"].to_numpy(), np.nan).T
    panels = [("mean of the record [m³ m⁻³]", mean_of_days(sm), MOISTURE_SCALE)]
    if results.truth is not None:
        truth = np.where(np.isfinite(sm), results.truth, np.nan)
        difference = mean_of_days(sm - results.truth)
        limit = cell_maps.limit_of(difference)
        panels += [
            ("mean of the truth [m³ m⁻³]", mean_of_days(truth), MOISTURE_SCALE),
            ("record minus truth [m³ m⁻³]", difference, ColourScale(-limit, limit, DIFFERENCE)),
        ]
    caption = "Mean of the recommended values of each cell" + (
        ", of the truth at the same times, and their difference." if len(panels) > 1 else "."
    )
    figure = cell_maps.draw_cell_maps(results.plan.cells, panels)
    return report_picture(results, figure, "map means", "Maps of means", caption)
