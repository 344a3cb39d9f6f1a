"""Everything that a report says of a record, found from its stores."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.learn import store
from mcca_ml.learn.start import of_cells
from mcca_ml.learn.stream import sensitivity
from mcca_ml.record.loading import Source, groups, inputs_for
from mcca_ml.record.predicting import network_of
from mcca_ml.record.training import GROUP_CELLS
from mcca_ml.report.claims import Findings
from mcca_ml.report.evaluate import Held, beyond_tables, record_tables, stream_tables
from mcca_ml.report.found_drought import droughts
from mcca_ml.report.found_trend import trends
from mcca_ml.report.intervals import intervals
from mcca_ml.report.order import order_table
from mcca_ml.report.periods import PeriodStep, periods_of, steps_of
from mcca_ml.report.reference import truth_at
from mcca_ml.report.signals import Series, known_of, shares
from mcca_ml.report.tables import Floats, product_of
from mcca_ml.report.uncalibrated import record_without
from mcca_ml.sensors import SENSORS

RECORD, WITHOUT = "record", "without cross-calibration"
_CELLS_OF_GROUP = 32
"""Cells of each file of weights by which the share of calibration is told."""


@dataclass(frozen=True)
class _Off:
    """A record beside its truth, (cell, time)."""

    record: Floats
    truth: Floats


def _beside_truth(record: xr.Dataset, truth: Path, source: Source) -> _Off:
    """Recommended values of a record, and the truth at their times."""
    sm = product_of(record, "sm").sm
    known = truth_at(truth, source.plan.cells, record["t0"].to_numpy().T)
    return _Off(sm, np.where(np.isfinite(sm), known, np.float32(np.nan)))


def calibration_sd(source: Source, sensor: str) -> float:
    """Root mean square of what calibration leaves open in a stream [m3 m-3]; 0 for a reference.

    Args:
        source: of the series.
        sensor: of the stream.
    """
    plan = source.plan
    if not plan.coefficients(sensor).is_file():
        return 0.0
    total, count = 0.0, 0
    for number, cells in enumerate(groups(plan.cells.size, GROUP_CELLS)):
        some = slice(cells.start, min(cells.stop, cells.start + _CELLS_OF_GROUP))
        inputs = inputs_for(source, sensor, some, source.learned)
        weights = store.load(plan.network(network_of(sensor)) / f"{number:04d}.npz")
        weights = of_cells(weights, np.arange(some.stop - some.start))
        sd = sensitivity(weights, inputs.x, inputs.names, inputs.channels, inputs.calibration_sd)
        seen = np.isfinite(sd) & (inputs.nobs > 0)
        total += float((sd[seen].astype(np.float64) ** 2).sum())
        count += int(seen.sum())
    return float(np.sqrt(total / max(count, 1)))


def _steps(source: Source, found: Held, truth: Path, own: _Off) -> list[PeriodStep]:
    """Steps of the record and of the record without calibration."""
    periods = periods_of(found.streams)
    steps = list(steps_of(RECORD, own.record - own.truth, source.learned, periods))
    if any(source.plan.coefficients(name).is_file() for name in source.plan.streams):
        other = _beside_truth(record_without(source, found.roles), truth, source)
        off = other.record - other.truth
        steps += steps_of(WITHOUT, off, source.learned, periods)
    return steps


def find(source: Source, found: Held, truth: Path | None) -> Findings:
    """Compare a record with its target, and with the truth where it is simulated.

    Args:
        source: of the series.
        found: what is compared.
        truth: store of the truth of a simulated world.

    Raises:
        GranuleError: the truth is of another world.
    """
    cells = source.plan.cells
    tables = stream_tables(found, truth, cells) + record_tables(found, truth, cells)
    orders = [order_table(source, found, sensor) for sensor in found.baselines]
    told = intervals(found, truth, cells)
    if truth is None:
        return Findings(tables, orders, told)
    tables += beyond_tables(found, truth, cells)
    own = _beside_truth(found.record, truth, source)
    steps = _steps(source, found, truth, own)
    known = known_of(truth)
    if known is None:
        return Findings(tables, orders, told, steps)
    bits = {name: SENSORS[name].cci_bit for name in found.streams}
    series = Series(
        source.learned,
        own.record,
        own.truth,
        found.record["lat"].to_numpy(),
        found.record["lon"].to_numpy(),
        shares(found.record, bits),
        {name: calibration_sd(source, name) for name in found.streams},
    )
    return Findings(tables, orders, told, steps, trends(known, series), droughts(known, series))
