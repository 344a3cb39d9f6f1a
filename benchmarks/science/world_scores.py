"""How good is the record of a SIMULATED world? Tables for docs/full_world.md.

`make demo-full` first; then `python -m benchmarks.science.world_scores demo-full` prints what its
report shows, table by table.
"""

import argparse
from pathlib import Path

from benchmarks.common.markdown import table
from mcca_ml.config.load import load_settings
from mcca_ml.demo.world import CONFIGURATION, TRUTH
from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.pipeline.plan import make_plan
from mcca_ml.pipeline.train import roles
from mcca_ml.report.scores.compared import read_comparison
from mcca_ml.report.scores.findings import compute_findings
from mcca_ml.report.scores.interval_coverage import interval_sheet
from mcca_ml.report.scores.score_sheets import drought_sheet, scores_sheet, steps_sheet, trend_sheet
from mcca_ml.report.scores.sheet import Sheet
from mcca_ml.report.scores.temporal_coverage import coverage_sheets


def markdown_of(sheet: Sheet) -> str:
    """A sheet as Markdown, its title above and its note below."""
    body = table(sheet.head, sheet.rows)
    note = f"\n\n{sheet.note}" if sheet.note else ""
    return f"**{sheet.title}**\n\n{body}{note}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="folder of `mcca-ml demo`")
    folder = parser.parse_args().demo
    path = folder / CONFIGURATION
    plan = make_plan(load_settings(path), folder)
    source = SeriesSource(plan)
    comparison = read_comparison(source, roles(source), folder / TRUTH)
    findings = compute_findings(source, comparison)
    sheets = [
        *map(scores_sheet, (*findings.tables, *findings.orders)),
        interval_sheet(findings.intervals),
        steps_sheet(findings.steps),
        trend_sheet(findings.trends),
        drought_sheet(findings.droughts),
        *coverage_sheets(comparison.record),
    ]
    print("\n".join(map(markdown_of, sheets)))


if __name__ == "__main__":
    main()
