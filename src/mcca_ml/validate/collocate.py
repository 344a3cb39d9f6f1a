"""A product and stations -> pairs of values, one a UTC day, without any interpolation in time.

An observation at an instant meets the reading nearest to it, if that is within the time window. A
value that stands for a day or a longer window meets the mean of the readings in it. Of several
values of a day the one nearest to 06:00 local solar time counts, when soil and canopy are nearest
to equal temperature, so that products of one and of many values a day are scored alike.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float64, Int64
from mcca_ml.read.products.extract import PlaceSeries
from mcca_ml.validate.station_mean import average, thiessen_weights
from mcca_ml.validate.stations import DENSE, Probe, Unit

LOCAL_HOUR = 6.0
"""Local solar time that is preferred of several values of a day [h]."""
NO_READING = "no station reading in the time window"
TOO_FEW = "fewer stations than asked for"
LATER = "another value of the day nearer to 06:00"


@dataclass(frozen=True)
class Collocated:
    """A product at a unit, a pair a day."""

    day: Datetime64
    """UTC days, ascending, each once."""
    begin: Datetime64
    """Of what the value of the product stands for [UTC]."""
    estimate: Float64
    """Of the product [m3 m-3]."""
    reference: Float64
    """Of the station, or of the mean of stations [m3 m-3]."""
    members: int
    """Stations that have a part in the reference."""
    lasting_sd: float
    """Of the level of the mean of stations as that of the cell [m3 m-3]; NaN for one probe."""
    varying_sd: float
    """Of a value of that mean [m3 m-3]; NaN for one probe."""
    excluded: Mapping[str, int]
    """Values of the product that have no pair, by reason."""


def _nearest(time: Datetime64, at: Datetime64, window: np.timedelta64) -> tuple[Int64, Booleans]:
    """Index of the reading nearest to each time, and whether it is within the window."""
    if time.size == 0:
        return np.zeros(at.size, np.int64), np.zeros(at.size, np.bool_)
    after = np.clip(np.searchsorted(time, at), 0, time.size - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(at - time[before]) <= np.abs(time[after] - at)
    nearest = np.where(is_before, before, after)
    return nearest, np.asarray(np.abs(time[nearest] - at) <= window)


def readings(probe: Probe, series: PlaceSeries, window_hours: float) -> Float64:
    """What a probe says for each value of a product [m3 m-3]; NaN where it says nothing.

    Args:
        probe: its good readings.
        series: of the product.
        window_hours: largest distance of a reading to an instant [h].
    """
    found = np.full(series.value.size, np.nan)
    instant = series.begin == series.end
    window = np.timedelta64(round(window_hours * 3600), "s")
    index, near = _nearest(probe.time, series.begin[instant], window)
    if probe.time.size:
        found[instant] = np.where(near, probe.value[index], np.nan)
        first = np.searchsorted(probe.time, series.begin[~instant])
        last = np.searchsorted(probe.time, series.end[~instant])  # the end is not part of it
        sums = np.concatenate([[0.0], np.cumsum(probe.value)])
        count = last - first
        mean = (sums[last] - sums[first]) / np.maximum(count, 1)
        found[~instant] = np.where(count > 0, mean, np.nan)
    return found


def _one_a_day(series: PlaceSeries, fit: Booleans, lon: float) -> Int64:
    """Indices of the value of each day that counts, of those that fit, by day."""
    at = np.flatnonzero(fit)
    begin = series.begin[at]
    day = begin.astype("M8[D]")
    hour = (begin - day) / np.timedelta64(1, "h") + lon / 15
    away = np.abs((hour - LOCAL_HOUR + 12) % 24 - 12)
    order = np.lexsort((away, day))
    first = np.r_[True, np.diff(day[order]) > np.timedelta64(0, "D")] if order.size else order > 0
    return np.asarray(at[order[first]])


def _station_means(probes: Sequence[Probe], values: Float64) -> tuple[Float64, Float64, Float64]:
    """Mean of the probes of each station (station, value), and places of the stations."""
    names = list(dict.fromkeys(probe.station for probe in probes))
    rows, lat, lon = [], [], []
    for name in names:
        of_station = [number for number, probe in enumerate(probes) if probe.station == name]
        part = values[of_station]
        seen = np.isfinite(part)
        total = np.where(seen, part, 0.0).sum(axis=0)
        rows.append(np.where(seen.any(axis=0), total / np.maximum(seen.sum(axis=0), 1), np.nan))
        lat.append(probes[of_station[0]].lat)
        lon.append(probes[of_station[0]].lon)
    return np.stack(rows), np.array(lat), np.array(lon)


def collocate(
    series: PlaceSeries, unit: Unit, *, window_hours: float, fewest: int, weights: str = "equal"
) -> Collocated:
    """Pairs of a product with a unit.

    Args:
        series: of the product at the unit's place.
        unit: a dense network or one probe.
        window_hours: largest distance of a reading to an instant [h].
        fewest: stations without which the mean of a network is not taken.
        weights: `equal`, or `thiessen` for shares of the cell that are nearest to each station.
    """
    found = np.stack([readings(probe, series, window_hours) for probe in unit.probes])
    any_reading = np.isfinite(found).any(axis=0)
    count = Counter[str]({NO_READING: int((~any_reading).sum())})
    members, lasting, varying = 1, float("nan"), float("nan")
    if unit.kind == DENSE:
        values, lat, lon = _station_means(unit.probes, found)
        share = np.full(len(lat), 1 / len(lat))
        if weights == "thiessen":
            share = thiessen_weights(lat, lon)
        mean = average(values, share, fewest)
        reference, members = mean.value, mean.members
        lasting, varying = mean.lasting_sd, mean.varying_sd
        count[TOO_FEW] += int((any_reading & ~np.isfinite(reference)).sum())
    else:
        reference = found[0]
    fit = np.isfinite(reference)
    chosen = _one_a_day(series, fit, unit.lon)
    count[LATER] += int(fit.sum()) - chosen.size
    return Collocated(
        series.begin[chosen].astype("M8[D]"),
        series.begin[chosen],
        series.value[chosen],
        reference[chosen],
        members,
        lasting,
        varying,
        {reason: number for reason, number in count.items() if number},
    )
