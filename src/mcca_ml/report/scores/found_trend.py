"""Is the trend that was imposed on a simulated world found in its record?"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float64, Int64
from mcca_ml.metrics.trend import Trend, trend_santer00
from mcca_ml.report.scores.calibration_error import Tilt, mean_tilt, tilt_of
from mcca_ml.report.scores.imposed_signals import Known, Series
from mcca_ml.report.scores.months import mean_departure, month_of

MONTHS_OF_DECADE = 120.0
SETTLES_DAYS = 365
"""After a drought, during which the imposed trend is not told either [day]."""


@dataclass(frozen=True)
class FoundTrend:
    """A trend of the record [m3 m-3 per decade]."""

    box: str
    imposed: float
    truth: Trend
    """Of the truth at the times of the record, its weather and all."""
    record: Trend
    """Its error holds that of calibration."""
    off: Trend
    """Of record less truth; its error holds that of calibration."""
    calibration: float
    """The share of calibration in these errors."""

    @property
    def from_zero(self) -> float:
        """Of the record, in standard errors [1]."""
        return abs(self.record.slope) / self.record.error

    @property
    def from_imposed(self) -> float:
        """Of the record from what was imposed, in standard errors [1]."""
        return abs(self.record.slope - self.imposed) / self.record.error


def _share_monthly(is_of: Booleans, has: Booleans, months: Int64) -> Float64:
    """Share of the values of each month that a stream has, (month,)."""
    place = months - months[0]
    mine = np.bincount(place, is_of.sum(axis=0).astype(np.float64))
    every = np.bincount(place, has.sum(axis=0).astype(np.float64))
    return np.asarray(mine / np.maximum(every, 1))


def _tilt(series: Series, cells: Booleans, first_of_month: Datetime64, calm: Booleans) -> Tilt:
    """Error of the slope from what calibration leaves open [m3 m-3 per month]."""
    has = np.isfinite(series.record[cells])
    months = month_of(series.days)
    share = {
        name: _share_monthly(is_of[cells] & has, has, months)
        for name, is_of in series.share.items()
    }
    return tilt_of(series.shifts, share, first_of_month, cells, calm)


def _scaled(found: Trend, calibration: float) -> Trend:
    """A trend per month -> per decade, its error with that of calibration."""
    error = float(np.hypot(found.error, calibration)) * MONTHS_OF_DECADE
    return Trend(found.slope * MONTHS_OF_DECADE, error, found.lag1, found.effective)


def trends(known: Known, series: Series) -> list[FoundTrend]:
    """Trends of each box and of all boxes together, outside droughts and the year after each.

    All boxes together are the mean of the boxes with equal weight.

    Args:
        known: what was imposed.
        series: the record.
    """
    months = month_of(series.days)
    first_of_month = np.arange(months[0], months[-1] + 1).astype("M8[M]").astype("M8[D]")
    rows, parts, imposed, tilts = [], [], [], []
    for box in known.settings.box:
        cells = series.inside(box)
        calm = np.ones(first_of_month.size, np.bool_)
        for drought in known.droughts_of(box):
            begin, end = np.datetime64(drought.start, "M"), np.datetime64(drought.end, "D")
            calm &= (first_of_month < begin) | (first_of_month > end + SETTLES_DAYS)
        if not cells.any() or not calm.any():
            continue
        both = [
            np.where(calm, mean_departure(one[cells], months, months - months[0]), np.nan)
            for one in (series.record, series.truth)
        ]
        of_box = known.changes.get(box.name, {}).get("trend", np.nan)
        tilts.append(_tilt(series, cells, first_of_month, calm))
        rows.append(_trend_of(box.name, of_box, both, tilts[-1].error))
        parts.append(both)
        imposed.append(of_box)
    if len(parts) > 1:
        both = [np.asarray(np.mean([part[k] for part in parts], axis=0)) for k in range(2)]
        calibration = mean_tilt(tilts).error
        rows.append(_trend_of("all boxes", float(np.mean(imposed)), both, calibration))
    return rows


def _trend_of(box: str, imposed: float, both: list[Float64], calibration: float) -> FoundTrend:
    """The trends of one pair of monthly series, record and truth."""
    record, truth = both
    time = np.arange(record.size, dtype=np.float64)
    return FoundTrend(
        box,
        imposed,
        _scaled(trend_santer00(time, truth), 0.0),
        _scaled(trend_santer00(time, record), calibration),
        _scaled(trend_santer00(time, record - truth), calibration),
        calibration * MONTHS_OF_DECADE,
    )
