"""A record -> one self-contained page with its scores and figures."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path

import numpy as np

from mcca_ml import __version__
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.config import load
from mcca_ml.grid.store import open_store
from mcca_ml.intercal import coefficients
from mcca_ml.record.loading import Source
from mcca_ml.record.plan import Plan, plan_of
from mcca_ml.record.training import roles as roles_of
from mcca_ml.report import figures
from mcca_ml.report.claims import Findings, claims_of, claims_sheet
from mcca_ml.report.coverage import coverage_sheets
from mcca_ml.report.evaluate import Held, held
from mcca_ml.report.find import find
from mcca_ml.report.intervals import interval_sheet
from mcca_ml.report.reference import Truth
from mcca_ml.report.sheet import html, html_of
from mcca_ml.report.sheets import drought_sheet, scores_sheet, steps_sheet, trend_sheet

_SHOWN_CELLS = 4
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;
margin:2rem auto;padding:0 1rem;color:#1f2328}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}img{max-width:100%;height:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem;margin:.4rem 0}
th,td{padding:.2rem .8rem .2rem 0;text-align:right;border-bottom:1px solid #ddd}
th:first-child,td:first-child{text-align:left}caption{text-align:left;font-weight:600}
.note{color:#555;font-size:.85rem;margin:.1rem 0 1.2rem}
.simulated{background:#fff3cd;padding:.5rem .8rem;border-left:4px solid #b3261e}
pre{overflow-x:auto;font-size:.8rem}.wide{overflow-x:auto}
"""


@dataclass(frozen=True)
class Written:
    """A report on disk."""

    page: Path
    figures: tuple[Path, ...]
    found: Findings


def _image(path: Path, words: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'


def _drawn(plan: Plan, out: Path, truth: Truth | None) -> list[tuple[Path, str]]:
    """The figures, each with its words."""
    ds = open_store(plan.record_store, first_day=plan.first_day, last_day=plan.last_day)
    known = None if truth is None else truth.of_record(ds)
    save = partial(figures.save, is_simulated=ds.attrs.get("simulated") == "true")
    made = [
        (save(figures.draw_maps(ds, known), out / "maps.png"), "maps of the means"),
        (save(figures.draw_coverage(ds), out / "coverage.png"), "coverage by month"),
    ]
    for place in np.unique(np.linspace(0, plan.cells.size - 1, _SHOWN_CELLS).astype(int)):
        lat, lon = float(ds["lat"][place]), float(ds["lon"][place])
        words = (
            f"{abs(lat):.2f}°{'N' if lat >= 0 else 'S'}, {abs(lon):.2f}°{'E' if lon >= 0 else 'W'}"
        )
        title = f"cell {plan.cells[place]}, {words}"
        figure = figures.draw_series(ds, int(place), None if known is None else known[place], title)
        made.append((save(figure, out / f"series_{plan.cells[place]}.png"), title))
    return made


def _calibration(plan: Plan) -> str:
    texts = [
        coefficients.describe(coefficients.read(plan.coefficients(name)))
        for name in plan.imagers
        if plan.coefficients(name).is_file()
    ]
    return "".join(f"<pre>{escape(text)}</pre>" for text in texts)


def write_report(configuration: Path, out: Path, *, truth: Path | None = None) -> Written:
    """Compare a record with its target, and with the truth where it is simulated; write the page.

    Args:
        configuration: of the record, which has been made.
        out: directory for the page and its figures; made if missing.
        truth: store of the truth of a simulated world; nothing before this opens it.

    Raises:
        GranuleError: the truth is of another world, or there is no target.
        OutputError: it cannot be written.
    """
    make_directory(out)
    plan = plan_of(load(configuration), configuration.parent)
    source = Source(plan)
    compared = held(source, roles_of(source), truth)
    found = find(source, compared)
    images = _drawn(plan, out, compared.truth)
    page = out / "index.html"
    with replacing(page) as beside:
        beside.write_text(_page(plan, compared, found, images))
    return Written(page, tuple(path for path, _ in images), found)


def _scores(found: Findings) -> str:
    """The parts of the page that hold tables."""
    parts = [
        f"<h2>Scores</h2>{html_of([scores_sheet(table) for table in found.tables])}",
        f"<h2>Order of days</h2>{html_of([scores_sheet(table) for table in found.orders])}",
        f"<h2>Uncertainty</h2>{html(interval_sheet(found.intervals))}",
    ]
    if found.steps:
        parts.append(f"<h2>Steps between sensors</h2>{html(steps_sheet(found.steps))}")
    signals = []
    if found.trends:
        signals.append(trend_sheet(found.trends))
    if found.droughts:
        signals.append(drought_sheet(found.droughts))
    if signals:
        parts.append(f"<h2>Trend and drought</h2>{html_of(signals)}")
    return "".join(parts)


def _page(plan: Plan, compared: Held, found: Findings, images: Sequence[tuple[Path, str]]) -> str:
    """The page, whole."""
    days = plan.days(last=plan.learned_last)
    tested = days[compared.is_test]
    warning = (
        '<p class="simulated"><b>SIMULATED.</b> Granules, target and truth are simulated; nothing '
        "here says how well the record does on the Earth.</p>"
        if compared.record.attrs.get("simulated") == "true"
        else ""
    )
    name = escape(plan.settings.project.name)
    claims = claims_sheet(claims_of(found, tuple(compared.baselines)))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>Report: {name}</title>'
        f"<style>{_STYLE}</style><h1>Soil-moisture record: {name}</h1>{warning}"
        f"<p>{plan.cells.size:,} cells of 25 km, {plan.first_day} to {plan.last_day}; streams of "
        f"{', '.join(plan.streams)}; MCCA-ML {__version__}. Test days: "
        f"{tested.size} from {tested[0] if tested.size else '–'}. Soil moisture in m³ m⁻³; scores "
        "are medians over cells with 20 pairs or more; anomalies depart from the climatology of "
        "the training days.</p>"
        f"{html(claims)}"
        f"<h2>Maps</h2>{_image(*images[0])}"
        f"<h2>Coverage</h2>{_image(*images[1])}{html_of(coverage_sheets(compared.record))}"
        f"<h2>Series</h2>{''.join(_image(*one) for one in images[2:])}"
        f"{_scores(found)}"
        f"<h2>Calibration</h2>{_calibration(plan)}</html>\n"
    )
