"""Does the record of a SIMULATED world meet its requirements? Writes docs/acceptance_checks.md.

`make demo` first; then `python -m benchmarks.science.acceptance_checks demo` reads the same scores
as the report and lists each check with its result.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import markdown
from mcca_ml.config.load import load_settings
from mcca_ml.demo.world import CONFIGURATION, TRUTH
from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.pipeline.plan import Plan, make_plan
from mcca_ml.pipeline.train import roles
from mcca_ml.report.scores.compared import DENSE_VOD, read_comparison
from mcca_ml.report.scores.counterfactuals import OTHER, OWN
from mcca_ml.report.scores.findings import Findings, compute_findings
from mcca_ml.report.scores.sheet import filled, percent
from mcca_ml.report.scores.tables import ScoreRow, ScoreTable, rows_by_name

OUT = Path(__file__).resolve().parents[2] / "docs" / "acceptance_checks.md"
MOST_STEP = 0.005
"""Largest step between sensor periods [m3 m-3]."""
MOST_LOSS = 0.01
"""Largest loss by fusion on common days, as share of the best stream's ubRMSD [1]."""
MOST_UBRMSD = 0.04
"""Largest ubRMSD of the record against truth in light vegetation [m3 m-3]."""
SIGMAS = 2.0
"""Threshold of significance, in standard errors."""


@dataclass(frozen=True)
class Check:
    """One requirement of the record, and its result."""

    words: str
    result: str
    is_met: bool


def _beats(sensor: str, reference: str, rows: Mapping[str, ScoreRow]) -> Iterator[Check]:
    """Networks have better scores than ridge and the pooled network."""
    lstm = rows.get(f"LSTM {sensor}")
    for other in ("ridge", "pooled"):
        if lstm is None or other not in rows:
            continue
        baseline = rows[other]
        numbers = (lstm.ubrmsd, lstm.anomaly_r, baseline.ubrmsd, baseline.anomaly_r)
        yield Check(
            f"LSTM {sensor} has lower ubRMSD and higher anomaly R than {other} against {reference}",
            filled(f"{{:.4f}} and {{:.3f}}, {other} {{:.4f}} and {{:.3f}}", *numbers),
            lstm.ubrmsd < baseline.ubrmsd and lstm.anomaly_r > baseline.anomaly_r,
        )


def _fusion(
    tables: Sequence[ScoreTable], reference: str, sensors: Sequence[str]
) -> Iterator[Check]:
    """Fusion: no loss on common days, a gain over each stream on its own days."""
    rows = rows_by_name(tables, f"Common days, against {reference}")
    if "fused" in rows:
        best = min((row for name, row in rows.items() if name != "fused"), key=lambda r: r.ubrmsd)
        fused = rows["fused"].ubrmsd
        loss = fused / best.ubrmsd - 1
        yield Check(
            f"ubRMSD of the fused record at most 1 % above that of the best stream on common "
            f"days, against {reference}",
            filled(
                "ubRMSD {:.4f}, {} {:.4f} ({:+z.1f} %)", fused, best.name, best.ubrmsd, 100 * loss
            ),
            loss <= MOST_LOSS,
        )
    for sensor in sensors:
        pair = rows_by_name(tables, f"All days of {sensor}, against {reference}")
        if sensor in pair:
            fused, own = pair["fused"].ubrmsd, pair[sensor].ubrmsd
            yield Check(
                f"Lower ubRMSD of the fused record than of {sensor} on all its days, "
                f"against {reference}",
                filled("ubRMSD {:.4f}, {} {:.4f}", fused, sensor, own),
                fused < own,
            )


def _order(tables: Sequence[ScoreTable]) -> Iterator[Check]:
    """Shuffled days lower the anomaly R."""
    for table in tables:
        rows = {row.name: row.anomaly_r for row in table.rows}
        as_is = rows["as they are"]
        for name in (OWN, OTHER):
            yield Check(
                f"{table.title}: lower anomaly R with {name}",
                filled("{:.3f} as they are, {:.3f} shuffled", as_is, rows[name]),
                rows[name] < as_is,
            )


def _signals(findings: Findings) -> Iterator[Check]:
    """Steps, trend and drought."""
    for step in findings.steps:
        if step.product == "record":
            yield Check(
                f"Step {step.before} → {step.after} below {MOST_STEP} m3 m-3",
                filled("{:+z.4f} ± {:.4f}", step.size, step.error),
                abs(step.size) < MOST_STEP,
            )
    for trend in findings.trends:
        slope, error = trend.record.slope, trend.record.error
        yield Check(
            f"Trend, {trend.box}: differs from 0 by 2 σ or more, from the imposed one by less",
            filled("{:+z.4f} ± {:.4f} a decade, imposed {:+z.4f}: ", slope, error, trend.imposed)
            + filled("{:.1f} σ and {:.1f} σ", trend.from_zero, trend.from_imposed),
            trend.from_zero >= SIGMAS and trend.from_imposed < SIGMAS,
        )
    for dry in findings.droughts:
        numbers = (dry.record, dry.truth, dry.deviations)
        yield Check(
            f"Drought detected: {dry.name}",
            filled("{:+z.3f} (truth {:+z.3f}), {:.1f} standard deviations", *numbers),
            dry.is_detected,
        )


def acceptance_checks(findings: Findings, sensors: Sequence[str]) -> Iterator[Check]:
    """All checks, those of single networks first.

    Args:
        findings: tables and signals of the record.
        sensors: sensors that have a network.
    """
    for reference in ("the target", "truth"):
        for sensor in sensors:
            rows = rows_by_name(findings.tables, f"{sensor} against {reference}")
            yield from _beats(sensor, reference, rows)
        yield from _fusion(findings.tables, reference, sensors)
    light = rows_by_name(findings.tables, "By vegetation, against truth")
    name = f"fused, VOD below {DENSE_VOD}"
    if name in light and light[name].cells:
        ubrmsd = light[name].ubrmsd
        yield Check(
            f"ubRMSD of the record at most {MOST_UBRMSD} in cells with VOD below {DENSE_VOD}",
            filled("{:.4f}", ubrmsd),
            ubrmsd <= MOST_UBRMSD,
        )
    yield from _order(findings.orders)
    for coverage in findings.intervals:
        if coverage.reference.startswith("target"):
            yield Check(
                f"68 and 95 % intervals of {coverage.name} contain 65-71 and 92-98 % of the target",
                f"{percent(coverage.inside_68, 1)} and {percent(coverage.inside_95, 1)}",
                coverage.is_nominal,
            )
    yield from _signals(findings)


def page(plan: Plan, checks: Iterable[Check]) -> str:
    """The checks as a page of the documents."""
    rows = [(check.words, check.result, "yes" if check.is_met else "NO") for check in checks]
    met = sum(met == "yes" for _, _, met in rows)
    return (
        "# Acceptance checks\n\n"
        f"Requirements on the record of a SIMULATED world ({plan.cells.size:,} cells of 25 km, "
        f"{plan.first_day} to\n{plan.last_day}; streams of {', '.join(plan.streams)}): {met} of "
        f"{len(rows)} are met.\nThe scores are those of its {{doc}}`report`; networks have "
        "scores of the test days.\nEverything here is SIMULATED and says nothing about real "
        "satellites.\n\n"
        "`python -m benchmarks.science.acceptance_checks FOLDER` writes this page from the folder "
        "of a finished `mcca-ml demo`.\n\n"
        f"{markdown.table(('requirement', 'result', 'met'), rows)}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="folder of `mcca-ml demo`")
    folder = parser.parse_args().demo
    plan = make_plan(load_settings(folder / CONFIGURATION), folder)
    source = SeriesSource(plan)
    comparison = read_comparison(source, roles(source), folder / TRUTH)
    checks = acceptance_checks(compute_findings(source, comparison), tuple(comparison.baselines))
    OUT.write_text(page(plan, checks), encoding="utf-8")


if __name__ == "__main__":
    main()
