"""Detection of trends and droughts that were imposed on a simulated world."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64
from mcca_ml.config.simulate import BoxSettings, DroughtSettings, SimulateSettings
from mcca_ml.metrics.trend import Trend, trend_santer00
from mcca_ml.report.scores.calibration_error import Shift, SlopeError, mean_slope_error, slope_error
from mcca_ml.report.scores.sensor_changes import MONTHS, mean_departure, months_since_1970
from mcca_ml.sensors import networks

_FIRST = tuple(name for names in networks().values() for name in names)
"""Streams by decreasing weight; the calibration error of the first one with data counts."""


@dataclass(frozen=True)
class ImposedSignals:
    """Trends and droughts imposed on a simulated world."""

    settings: SimulateSettings
    changes: Mapping[str, Mapping[str, float]]
    """Changes by box, as in `simulate.imposed.realised_changes`."""

    def droughts_in(self, box: BoxSettings) -> tuple[DroughtSettings, ...]:
        """Return the droughts of a box; those without a box belong to the first."""
        first = self.settings.box[0].name
        return tuple(d for d in self.settings.drought if (d.box or first) == box.name)


@dataclass(frozen=True)
class RecordSeries:
    """Record of a simulated world and the truth at the same times."""

    days: Datetime64
    record: Float32
    """Recommended values [m3 m-3], (cell, time)."""
    truth: Float32
    """Truth at their times, NaN without a record [m3 m-3], (cell, time)."""
    lat: Float64
    lon: Float64
    share: Mapping[str, Booleans]
    """By stream: True where its calibration error is that of the record, (cell, time)."""
    shifts: Mapping[str, Shift]
    """Effects of calibration errors by stream; a reference without drift has none."""

    def inside(self, box: BoxSettings) -> Booleans:
        """Return True for cells in a box, (cell,)."""
        lon_in = (self.lon >= box.west) & (self.lon <= box.east)
        return np.asarray((self.lat >= box.south) & (self.lat <= box.north) & lon_in)


def read_imposed_signals(truth: Path) -> ImposedSignals | None:
    """Read the imposed signals of a world; None if its truth store does not list them.

    Args:
        truth: truth store.
    """
    with xr.open_zarr(truth, chunks=None, consolidated=False) as ds:
        if not {"settings", "realised_changes"} <= set(ds.attrs):
            return None
        settings = SimulateSettings.model_validate_json(ds.attrs["settings"])
        return ImposedSignals(settings, json.loads(ds.attrs["realised_changes"]))


def shares(record: xr.Dataset, bits: Mapping[str, int]) -> dict[str, Booleans]:
    """Return, by stream, True where it has the largest weight in the record, (cell, time).

    Args:
        record: after schema.RECORD.
        bits: bit of each stream in the variable `sensor`.
    """
    sensor = record["sensor"].to_numpy().T
    left, is_main = sensor > 0, {}
    for name in _FIRST:
        if name in bits:
            is_main[name] = left & ((sensor & bits[name]) != 0)
            left = left & ~is_main[name]
    return is_main


MONTHS_OF_DECADE = 120.0
SETTLES_DAYS = 365
"""Time after a drought that is excluded from the trend [day]."""


@dataclass(frozen=True)
class DetectedTrend:
    """Imposed and measured trend of a box [m3 m-3 per decade]."""

    box: str
    imposed: float
    truth: Trend
    """Trend of the truth at the times of the record, weather included."""
    record: Trend
    """Trend of the record; its error includes the calibration error."""
    off: Trend
    """Trend of record minus truth; its error includes the calibration error."""
    calibration: float
    """Calibration error included in these errors."""

    @property
    def from_zero(self) -> float:
        """Trend of the record in its standard errors [1]."""
        return abs(self.record.slope) / self.record.error

    @property
    def from_imposed(self) -> float:
        """Difference of the record from the imposed trend in standard errors [1]."""
        return abs(self.record.slope - self.imposed) / self.record.error


def _share_monthly(is_of: Booleans, has_value: Booleans, months: Int64) -> Float64:
    """Return the share of each month's values from a stream, (month,)."""
    place = months - months[0]
    mine = np.bincount(place, is_of.sum(axis=0).astype(np.float64))
    every = np.bincount(place, has_value.sum(axis=0).astype(np.float64))
    return np.asarray(mine / np.maximum(every, 1))


def _tilt(
    series: RecordSeries, cells: Booleans, first_of_month: Datetime64, calm: Booleans
) -> SlopeError:
    """Compute the calibration error of the slope [m3 m-3 per month]."""
    has_value = np.isfinite(series.record[cells])
    months = months_since_1970(series.days)
    share = {
        name: _share_monthly(is_of[cells] & has_value, has_value, months)
        for name, is_of in series.share.items()
    }
    return slope_error(series.shifts, share, first_of_month, cells, calm)


def _scaled(trend: Trend, calibration: float) -> Trend:
    """Convert a trend per month to one per decade and add the calibration error."""
    error = float(np.hypot(trend.error, calibration)) * MONTHS_OF_DECADE
    return Trend(trend.slope * MONTHS_OF_DECADE, error, trend.lag1, trend.effective)


def trends(known: ImposedSignals, series: RecordSeries) -> list[DetectedTrend]:
    """Compute the trend of each box and of all boxes, outside droughts and the year after each.

    All boxes together are the mean of the boxes with equal weight.

    Args:
        known: imposed signals.
        series: record and truth.
    """
    months = months_since_1970(series.days)
    first_of_month = np.arange(months[0], months[-1] + 1).astype("M8[M]").astype("M8[D]")
    rows, parts, imposed, tilts = [], [], [], []
    for box in known.settings.box:
        cells = series.inside(box)
        calm = np.ones(first_of_month.size, np.bool_)
        for drought in known.droughts_in(box):
            begin, end = np.datetime64(drought.start, "M"), np.datetime64(drought.end, "D")
            calm &= (first_of_month < begin) | (first_of_month > end + SETTLES_DAYS)
        if not cells.any() or not calm.any():
            continue
        both = [
            np.where(calm, mean_departure(moisture[cells], months, months - months[0]), np.nan)
            for moisture in (series.record, series.truth)
        ]
        of_box = known.changes.get(box.name, {}).get("trend", np.nan)
        tilts.append(_tilt(series, cells, first_of_month, calm))
        rows.append(_detect_trend(box.name, of_box, both, tilts[-1].error))
        parts.append(both)
        imposed.append(of_box)
    if len(parts) > 1:
        both = [np.asarray(np.mean([part[k] for part in parts], axis=0)) for k in range(2)]
        calibration = mean_slope_error(tilts).error
        rows.append(_detect_trend("all boxes", float(np.mean(imposed)), both, calibration))
    return rows


def _detect_trend(
    box: str, imposed: float, both: list[Float64], calibration: float
) -> DetectedTrend:
    """Compute the trends of monthly series of record and truth."""
    record, truth = both
    time = np.arange(record.size, dtype=np.float64)
    return DetectedTrend(
        box,
        imposed,
        _scaled(trend_santer00(time, truth), 0.0),
        _scaled(trend_santer00(time, record), calibration),
        _scaled(trend_santer00(time, record - truth), calibration),
        calibration * MONTHS_OF_DECADE,
    )


DETECTION_LIMIT = -2.0
"""Threshold of detection in standard deviations of other years; a choice."""


@dataclass(frozen=True)
class DetectedDrought:
    """Mean of a drought minus that of the same months of other years [m3 m-3]."""

    name: str
    imposed: float
    truth: float
    record: float
    deviations: float
    """Departure of the record in standard deviations of other years [1]."""

    @property
    def is_detected(self) -> bool:
        """Return True if the departure exceeds the threshold."""
        return self.deviations < DETECTION_LIMIT


def droughts(known: ImposedSignals, series: RecordSeries) -> list[DetectedDrought]:
    """Compare each imposed drought, within one calendar year, with the same months of other years.

    Args:
        known: imposed signals.
        series: record and truth.
    """
    rows = []
    year = series.days.astype("M8[Y]").astype(np.int64)
    month = months_since_1970(series.days)
    for box in known.settings.box:
        cells = series.inside(box)
        for drought in known.droughts_in(box):
            first, last = np.datetime64(drought.start, "D"), np.datetime64(drought.end, "D")
            span = np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 1).astype(np.int64)
            is_dry = np.isin(month % MONTHS, span % MONTHS)
            begin = int(year[is_dry].min())
            of_year = [
                mean_departure(moisture[cells][:, is_dry], month[is_dry], year[is_dry] - begin)
                for moisture in (series.record, series.truth)
            ]
            at = int(first.astype("M8[Y]").astype(np.int64)) - begin
            if not cells.any() or not 0 <= at < of_year[0].size:
                continue
            name = f"{box.name}, {first} to {last}"
            imposed = known.changes.get(box.name, {}).get(f"drought {first}/{last}", np.nan)
            rows.append(_detect_drought(name, float(imposed), of_year, at))
    return rows


def _detect_drought(name: str, imposed: float, of_year: list[Float64], at: int) -> DetectedDrought:
    """Compare one year with the others, for record and truth."""
    own, others = [], []
    for means in of_year:
        rest = np.delete(means, at)
        rest = rest[np.isfinite(rest)]
        own.append(float(means[at] - rest.mean()) if rest.size else float("nan"))
        others.append(float(rest.std(ddof=1)) if rest.size > 1 else float("nan"))
    return DetectedDrought(name, imposed, own[1], own[0], own[0] / others[0])
