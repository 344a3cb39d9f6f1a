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
from mcca_ml.report.evaluate import (
    Held,
    Table,
    beyond_tables,
    held,
    record_tables,
    stream_tables,
)
from mcca_ml.report.intervals import Interval, intervals
from mcca_ml.report.reference import truth_at

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
    tables: tuple[Table, ...]


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def _table(table: Table) -> str:
    head = "".join(
        f"<th>{name}</th>" for name in ("", "pairs", "cells", "R", "anomaly R", "ubRMSD", "bias")
    )
    rows = "".join(
        f"<tr><td>{escape(row.name)}</td><td>{row.days:,}</td><td>{row.cells:,}</td>"
        f"<td>{_number(row.r, 3)}</td><td>{_number(row.anomaly_r, 3)}</td>"
        f"<td>{_number(row.ubrmsd, 4)}</td><td>{_number(row.bias, 4)}</td></tr>"
        for row in table.rows
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="wide"><table><caption>{escape(table.title)}</caption>'
        f"<tr>{head}</tr>{rows}</table></div>{note}"
    )


def _intervals(found: Sequence[Interval]) -> str:
    rows = "".join(
        f"<tr><td>{one.name}</td><td>{one.reference}</td>"
        f"<td>{_number(100 * one.inside_68, 1)} %</td><td>{_number(100 * one.inside_95, 1)} %</td>"
        f"<td>{_number(one.width, 4)}</td><td>{_number(one.crps, 4)}</td>"
        f"<td>{one.pairs:,}</td></tr>"
        for one in found
    )
    return (
        "<table><caption>Pairs of all cells on test days inside the stated intervals; mean width "
        "of the 68 % interval and mean CRPS of a normal distribution in m3 m-3</caption>"
        "<tr><th></th><th>against</th>"
        f"<th>68 %</th><th>95 %</th><th>width</th><th>CRPS</th><th>pairs</th></tr>{rows}</table>"
    )


def _image(path: Path, words: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'


def _drawn(plan: Plan, out: Path, truth: Path | None) -> list[tuple[Path, str]]:
    """The figures, each with its words."""
    ds = open_store(plan.record_store, first_day=plan.first_day, last_day=plan.last_day)
    known = None
    if truth is not None:
        noon = ds["time"].to_numpy() + np.timedelta64(12, "h")
        when = np.where(np.isnat(ds["t0"].to_numpy()), noon[:, None], ds["t0"].to_numpy())
        known = truth_at(truth, plan.cells, when.T)
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
        GranuleError: the truth is of another world.
        OutputError: it cannot be written.
    """
    make_directory(out)
    plan = plan_of(load(configuration), configuration.parent)
    source = Source(plan)
    roles = roles_of(source)
    found = held(source, roles)
    tables = stream_tables(found, truth, plan.cells) + record_tables(found, truth, plan.cells)
    if truth is not None:
        tables += beyond_tables(source, found, truth, plan.cells)
    told = intervals(found, truth, plan.cells)
    images = _drawn(plan, out, truth)
    page = out / "index.html"
    with replacing(page) as beside:
        beside.write_text(
            _page(plan, found, (tables, told), images, is_simulated=truth is not None)
        )
    return Written(page, tuple(path for path, _ in images), tuple(tables))


def _page(
    plan: Plan,
    found: Held,
    scores: tuple[Sequence[Table], Sequence[Interval]],
    images: Sequence[tuple[Path, str]],
    *,
    is_simulated: bool,
) -> str:
    days = plan.days(last=plan.learned_last)
    tested = days[found.is_test]
    warning = (
        '<p class="simulated"><b>SIMULATED.</b> Granules, target and truth are simulated; nothing '
        "here says how well the record does on the Earth.</p>"
        if is_simulated
        else ""
    )
    name = escape(plan.settings.project.name)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>Report: {name}</title>'
        f"<style>{_STYLE}</style><h1>Soil-moisture record: {name}</h1>{warning}"
        f"<p>{plan.cells.size:,} cells of 25 km, {plan.first_day} to {plan.last_day}; streams of "
        f"{', '.join(plan.streams)}; MCCA-ML {__version__}. Test days: "
        f"{tested.size} from {tested[0] if tested.size else '–'}. All numbers in m³ m⁻³, medians "
        "over cells; anomalies depart from the climatology of the training days.</p>"
        f"<h2>Maps</h2>{_image(*images[0])}<h2>Coverage</h2>{_image(*images[1])}"
        f"<h2>Series</h2>{''.join(_image(*one) for one in images[2:])}"
        f"<h2>Scores</h2>{''.join(map(_table, scores[0]))}"
        f"<h2>Uncertainty</h2>{_intervals(scores[1])}"
        f"<h2>Calibration</h2>{_calibration(plan)}</html>\n"
    )
