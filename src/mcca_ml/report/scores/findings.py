"""Everything that a report says of a record, found from its stores."""

import numpy as np

from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.report.scores.calibration_error import shift_of
from mcca_ml.report.scores.claims import Findings
from mcca_ml.report.scores.compared import FUSED, Held, beyond_tables, record_tables, stream_tables
from mcca_ml.report.scores.counterfactuals import order_table, record_without
from mcca_ml.report.scores.imposed_signals import Series, droughts, known_of, shares, trends
from mcca_ml.report.scores.interval_coverage import intervals
from mcca_ml.report.scores.reference import Truth
from mcca_ml.report.scores.sensor_changes import PeriodStep, periods_of, steps_of
from mcca_ml.report.scores.tables import product_of
from mcca_ml.sensors import SENSORS

RECORD, WITHOUT = "record", "without cross-calibration"


def _steps(source: SeriesSource, found: Held, truth: Truth) -> list[PeriodStep]:
    """Steps of the record and of the record without calibration."""
    periods, days = periods_of(found.streams), source.learned
    off = found.products[FUSED].sm - found.known[FUSED]
    steps = list(steps_of(RECORD, off, days, periods))
    if any(source.plan.coefficients(name).is_file() for name in source.plan.streams):
        other = record_without(source, found)
        off = product_of(other, "sm").sm - truth.at(other["t0"].to_numpy().T)
        steps += steps_of(WITHOUT, off, days, periods)
    return steps


def _series(source: SeriesSource, found: Held) -> Series:
    """The record beside its truth at the same times."""
    sm = found.products[FUSED].sm
    bits = {name: SENSORS[name].cci_bit for name in found.streams}
    return Series(
        source.learned,
        sm,
        np.where(np.isfinite(sm), found.known[FUSED], np.float32(np.nan)),
        found.record["lat"].to_numpy(),
        found.record["lon"].to_numpy(),
        shares(found.record, bits),
        {name: one for name in found.streams if (one := shift_of(source, name)) is not None},
    )


def find(source: SeriesSource, found: Held) -> Findings:
    """Compare a record with its target, and with the truth where it is simulated.

    Args:
        source: of the series.
        found: what is compared.
    """
    tables = stream_tables(found) + record_tables(found)
    orders = [order_table(source, found, sensor) for sensor in found.baselines]
    told = intervals(found)
    if found.truth is None:
        return Findings(tables, orders, told)
    tables += beyond_tables(found)
    steps = _steps(source, found, found.truth)
    known = known_of(found.truth.path)
    if known is None:
        return Findings(tables, orders, told, steps)
    series = _series(source, found)
    return Findings(tables, orders, told, steps, trends(known, series), droughts(known, series))
