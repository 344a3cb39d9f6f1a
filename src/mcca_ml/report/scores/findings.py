"""Scores, steps, trends and droughts of a record, computed from its stores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.report.scores.calibration_error import calibration_shift
from mcca_ml.report.scores.compared import (
    FUSED,
    Comparison,
    beyond_tables,
    record_tables,
    stream_tables,
)
from mcca_ml.report.scores.counterfactuals import order_table, record_without
from mcca_ml.report.scores.imposed_signals import (
    DetectedDrought,
    DetectedTrend,
    RecordSeries,
    droughts,
    read_imposed_signals,
    shares,
    trends,
)
from mcca_ml.report.scores.interval_coverage import IntervalCoverage, intervals
from mcca_ml.report.scores.reference import TruthSeries
from mcca_ml.report.scores.sensor_changes import PeriodStep, period_steps, sensor_periods
from mcca_ml.report.scores.tables import ScoreTable, recommended_product
from mcca_ml.sensors import SENSORS

RECORD, WITHOUT = "record", "without cross-calibration"


@dataclass(frozen=True)
class Findings:
    """All tables and signals of a record."""

    tables: Sequence[ScoreTable]
    orders: Sequence[ScoreTable]
    intervals: Sequence[IntervalCoverage]
    steps: Sequence[PeriodStep] = ()
    trends: Sequence[DetectedTrend] = ()
    droughts: Sequence[DetectedDrought] = ()


def _steps(source: SeriesSource, comparison: Comparison, truth: TruthSeries) -> list[PeriodStep]:
    """Compute steps of the record with and without cross-calibration."""
    periods, days = sensor_periods(comparison.streams), source.learned
    off = comparison.products[FUSED].sm - comparison.truths[FUSED]
    steps = list(period_steps(RECORD, off, days, periods))
    if any(source.plan.coefficients(name).is_file() for name in source.plan.streams):
        other = record_without(source, comparison)
        off = recommended_product(other, "sm").sm - truth.at(other["t0"].to_numpy().T)
        steps += period_steps(WITHOUT, off, days, periods)
    return steps


def _series(source: SeriesSource, comparison: Comparison) -> RecordSeries:
    """Combine the record with its truth at the same times."""
    sm = comparison.products[FUSED].sm
    bits = {name: SENSORS[name].cci_bit for name in comparison.streams}
    return RecordSeries(
        source.learned,
        sm,
        np.where(np.isfinite(sm), comparison.truths[FUSED], np.float32(np.nan)),
        comparison.record["lat"].to_numpy(),
        comparison.record["lon"].to_numpy(),
        shares(comparison.record, bits),
        {
            name: shift
            for name in comparison.streams
            if (shift := calibration_shift(source, name)) is not None
        },
    )


def compute_findings(source: SeriesSource, comparison: Comparison) -> Findings:
    """Score a record against its target, and against the truth of a simulated world.

    Args:
        source: stores of the series.
        comparison: products and references.
    """
    tables = stream_tables(comparison) + record_tables(comparison)
    orders = [order_table(source, comparison, sensor) for sensor in comparison.baselines]
    coverages = intervals(comparison)
    if comparison.truth is None:
        return Findings(tables, orders, coverages)
    tables += beyond_tables(comparison)
    steps = _steps(source, comparison, comparison.truth)
    known = read_imposed_signals(comparison.truth.path)
    if known is None:
        return Findings(tables, orders, coverages, steps)
    series = _series(source, comparison)
    return Findings(
        tables, orders, coverages, steps, trends(known, series), droughts(known, series)
    )
