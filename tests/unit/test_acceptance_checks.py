"""Acceptance checks of a record: each is computed from the scores of the report."""

import re

import pytest
from benchmarks.science.acceptance_checks import OUT, acceptance_checks

from mcca_ml.report.scores.counterfactuals import OTHER, OWN
from mcca_ml.report.scores.findings import Findings
from mcca_ml.report.scores.imposed_signals import DetectedDrought
from mcca_ml.report.scores.interval_coverage import IntervalCoverage
from mcca_ml.report.scores.sensor_changes import PeriodStep
from mcca_ml.report.scores.tables import ScoreRow, ScoreTable


def row(name, ubrmsd, anomaly_r=0.5):
    return ScoreRow(name, 100, 3, 0.5, anomaly_r, ubrmsd, 0.0)


def test_a_check_that_fails_is_reported_as_failed():
    tables = [
        ScoreTable("AMSR2 against truth", (row("LSTM AMSR2", 0.03), row("ridge", 0.04, 0.4)), ""),
        ScoreTable("Common days, against truth", (row("fused", 0.0311), row("AMSR2", 0.03)), ""),
        ScoreTable(
            "All days of AMSR2, against truth", (row("fused", 0.029), row("AMSR2", 0.03)), ""
        ),
    ]
    results = [check.is_met for check in acceptance_checks(Findings(tables, [], []), ("AMSR2",))]
    assert results == [True, False, True]
    worse = [
        ScoreTable("AMSR2 against truth", (row("LSTM AMSR2", 0.03, 0.3), row("ridge", 0.04)), "")
    ]
    assert not next(acceptance_checks(Findings(worse, [], []), ("AMSR2",))).is_met


def results(**signals):
    defaults = {"tables": [], "orders": [], "intervals": []}
    return [check.is_met for check in acceptance_checks(Findings(**defaults | signals), ())]


@pytest.mark.parametrize(("size", "is_met"), [(0.004, True), (-0.006, False)])
def test_a_step_of_the_record_is_small_or_fails(size, is_met):
    steps = [PeriodStep("a", "b", name, size, 0.001, 3, 9) for name in ("record", "other")]
    assert results(steps=steps) == [is_met]


@pytest.mark.parametrize(("share", "is_met"), [(0.66, True), (0.6, False)])
def test_intervals_of_the_target_contain_their_nominal_share(share, is_met):
    references = ("target, test days", "truth")
    rows = [
        IntervalCoverage("AMSR2", name, share, 0.95, 0.1, 0.2, 0.01, 9, 0) for name in references
    ]
    assert results(intervals=rows) == [is_met]


@pytest.mark.parametrize(("deviations", "is_met"), [(-2.5, True), (-0.5, False)])
def test_a_drought_stands_out_from_other_years_or_fails(deviations, is_met):
    assert results(droughts=[DetectedDrought("dry", -0.05, -0.05, -0.04, deviations)]) == [is_met]


def test_shuffled_days_have_to_lower_the_anomaly_r():
    rows = (row("as they are", 0.03, 0.5), row(OWN, 0.03, 0.4), row(OTHER, 0.03, 0.6))
    assert results(orders=[ScoreTable("Order of days", rows, "")]) == [True, False]


def test_the_page_counts_its_checks():
    text = OUT.read_text(encoding="utf-8")
    verdicts = re.findall(r"\| (yes|NO) \|$", text, re.M)
    assert f"{verdicts.count('yes')} of {len(verdicts)} are met" in text
