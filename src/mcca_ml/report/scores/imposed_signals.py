"""Trends and droughts imposed on a simulated world, and whether its record shows them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64
from mcca_ml.config.simulate import BoxSettings, DroughtSettings, SimulateSettings
from mcca_ml.metrics.trend import Trend, trend_santer00
from mcca_ml.report.scores.calibration_error import Shift, Tilt, mean_tilt, tilt_of
from mcca_ml.report.scores.sensor_changes import MONTHS, mean_departure, month_of
from mcca_ml.sensors import networks

_FIRST = tuple(name for names in networks().values() for name in names)
"""Streams by the weight that they have where several look: whose calibration error counts."""


@dataclass(frozen=True)
class Known:
    """What was imposed on a simulated world."""

    settings: SimulateSettings
    changes: Mapping[str, Mapping[str, float]]
    """By box, as in `simulate.imposed.realised_changes`."""

    def droughts_of(self, box: BoxSettings) -> tuple[DroughtSettings, ...]:
        """Droughts of a box; one without a name is of the first box."""
        first = self.settings.box[0].name
        return tuple(d for d in self.settings.drought if (d.box or first) == box.name)


@dataclass(frozen=True)
class Series:
    """The record of one simulated world beside its truth at the same times."""

    days: Datetime64
    record: Float32
    """Recommended values [m3 m-3], (cell, time)."""
    truth: Float32
    """At their times, NaN where the record has none [m3 m-3], (cell, time)."""
    lat: Float64
    lon: Float64
    share: Mapping[str, Booleans]
    """By stream, where its calibration error is that of the record, (cell, time)."""
    shifts: Mapping[str, Shift]
    """By stream, what calibration leaves open; a reference that nothing was found of has none."""

    def inside(self, box: BoxSettings) -> Booleans:
        """Cells of a box, (cell,)."""
        lon_in = (self.lon >= box.west) & (self.lon <= box.east)
        return np.asarray((self.lat >= box.south) & (self.lat <= box.north) & lon_in)


def known_of(truth: Path) -> Known | None:
    """What was imposed on a world; None where its truth does not tell.

    Args:
        truth: store of the truth.
    """
    with xr.open_zarr(truth, chunks=None, consolidated=False) as ds:
        if not {"settings", "realised_changes"} <= set(ds.attrs):
            return None
        settings = SimulateSettings.model_validate_json(ds.attrs["settings"])
        return Known(settings, json.loads(ds.attrs["realised_changes"]))


def shares(record: xr.Dataset, bits: Mapping[str, int]) -> dict[str, Booleans]:
    """By stream, values of the record in which it has the greatest weight, (cell, time).

    Args:
        record: after schema.RECORD.
        bits: of each stream in its variable `sensor`.
    """
    sensor = record["sensor"].to_numpy().T
    left, found = sensor > 0, {}
    for name in _FIRST:
        if name in bits:
            found[name] = left & ((sensor & bits[name]) != 0)
            left = left & ~found[name]
    return found


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


FOUND = -2.0
"""Standard deviations of other years below which a dry spell counts as found; a choice."""


@dataclass(frozen=True)
class FoundDrought:
    """The mean of a dry spell less that of the same months of other years [m3 m-3]."""

    name: str
    imposed: float
    truth: float
    record: float
    deviations: float
    """Of the record, in standard deviations of other years [1]."""

    @property
    def is_found(self) -> bool:
        """Whether it stands out from other years."""
        return self.deviations < FOUND


def droughts(known: Known, series: Series) -> list[FoundDrought]:
    """Dry spells that were imposed, each within one calendar year, beside other years' months.

    Args:
        known: what was imposed.
        series: the record.
    """
    found = []
    year = series.days.astype("M8[Y]").astype(np.int64)
    month = month_of(series.days)
    for box in known.settings.box:
        cells = series.inside(box)
        for drought in known.droughts_of(box):
            first, last = np.datetime64(drought.start, "D"), np.datetime64(drought.end, "D")
            span = np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 1).astype(np.int64)
            is_dry = np.isin(month % MONTHS, span % MONTHS)
            begin = int(year[is_dry].min())
            of_year = [
                mean_departure(one[cells][:, is_dry], month[is_dry], year[is_dry] - begin)
                for one in (series.record, series.truth)
            ]
            at = int(first.astype("M8[Y]").astype(np.int64)) - begin
            if not cells.any() or not 0 <= at < of_year[0].size:
                continue
            name = f"{box.name}, {first} to {last}"
            imposed = known.changes.get(box.name, {}).get(f"drought {first}/{last}", np.nan)
            found.append(_drought_of(name, float(imposed), of_year, at))
    return found


def _drought_of(name: str, imposed: float, of_year: list[Float64], at: int) -> FoundDrought:
    """One year beside the others, of record and truth."""
    own, others = [], []
    for one in of_year:
        rest = np.delete(one, at)
        rest = rest[np.isfinite(rest)]
        own.append(float(one[at] - rest.mean()) if rest.size else float("nan"))
        others.append(float(rest.std(ddof=1)) if rest.size > 1 else float("nan"))
    return FoundDrought(name, imposed, own[1], own[0], own[0] / others[0])
