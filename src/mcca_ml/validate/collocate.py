"""Collocate a product with stations: one pair of values per UTC day, no interpolation in time.

An instantaneous observation is paired with the nearest reading within the time window. A daily or
longer average is paired with the mean of the readings in its interval. If a product has several
values in a day, the value nearest to 06:00 local solar time is used, when soil and canopy
temperatures are closest, so that products with one and with many values per day are comparable.
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
"""Preferred local solar time where a day has several values [h]."""
NO_READING = "no station reading in the time window"
TOO_FEW = "fewer stations than required"
LATER = "another value of the day nearer to 06:00"


@dataclass(frozen=True)
class Collocated:
    """Daily pairs of a product and the reference at one site."""

    day: Datetime64
    """UTC days, ascending, each once."""
    begin: Datetime64
    """Observation time, or start of the averaging interval, of the product's value [UTC]."""
    estimate: Float64
    """Soil moisture of the product [m3 m-3]."""
    reference: Float64
    """Soil moisture of the station, or mean of the stations [m3 m-3]."""
    members: int
    """Number of stations that contribute to the reference."""
    lasting_sd: float
    """Standard error of the reference's long-term mean as that of the cell [m3 m-3]; NaN for a
    single probe."""
    varying_sd: float
    """Standard error of a single reference value about that mean [m3 m-3]; NaN for a single
    probe."""
    excluded: Mapping[str, int]
    """Number of product values without a pair, by reason."""


def _nearest(time: Datetime64, at: Datetime64, window: np.timedelta64) -> tuple[Int64, Booleans]:
    """Index of the reading nearest to each time, and True where it is within the window."""
    if time.size == 0:
        return np.zeros(at.size, np.int64), np.zeros(at.size, np.bool_)
    after = np.clip(np.searchsorted(time, at), 0, time.size - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(at - time[before]) <= np.abs(time[after] - at)
    nearest = np.where(is_before, before, after)
    return nearest, np.asarray(np.abs(time[nearest] - at) <= window)


def readings(probe: Probe, series: PlaceSeries, window_hours: float) -> Float64:
    """Reading of a probe for each value of a product [m3 m-3], (value,); NaN where there is none.

    Args:
        probe: good readings of one sensor.
        series: values of the product at the site.
        window_hours: largest time difference of an instantaneous value and its reading [h].
    """
    reading = np.full(series.value.size, np.nan)
    instant = series.begin == series.end
    window = np.timedelta64(round(window_hours * 3600), "s")
    index, near = _nearest(probe.time, series.begin[instant], window)
    if probe.time.size:
        reading[instant] = np.where(near, probe.value[index], np.nan)
        first = np.searchsorted(probe.time, series.begin[~instant])
        last = np.searchsorted(probe.time, series.end[~instant])  # interval without its end
        sums = np.concatenate([[0.0], np.cumsum(probe.value)])
        count = last - first
        mean = (sums[last] - sums[first]) / np.maximum(count, 1)
        reading[~instant] = np.where(count > 0, mean, np.nan)
    return reading


def _daily_values(series: PlaceSeries, is_usable: Booleans, lon: float) -> Int64:
    """Indices of the usable value nearest to 06:00 local solar time of each day, by day."""
    at = np.flatnonzero(is_usable)
    begin = series.begin[at]
    day = begin.astype("M8[D]")
    hour = (begin - day) / np.timedelta64(1, "h") + lon / 15
    away = np.abs((hour - LOCAL_HOUR + 12) % 24 - 12)
    order = np.lexsort((away, day))
    first = np.r_[True, np.diff(day[order]) > np.timedelta64(0, "D")] if order.size else order > 0
    return np.asarray(at[order[first]])


def _station_means(probes: Sequence[Probe], values: Float64) -> tuple[Float64, Float64, Float64]:
    """Mean of the probes of each station (station, value), and the stations' coordinates."""
    names = list(dict.fromkeys(probe.station for probe in probes))
    rows, lat, lon = [], [], []
    for name in names:
        members = [number for number, probe in enumerate(probes) if probe.station == name]
        subset = values[members]
        valid = np.isfinite(subset)
        total = np.where(valid, subset, 0.0).sum(axis=0)
        rows.append(np.where(valid.any(axis=0), total / np.maximum(valid.sum(axis=0), 1), np.nan))
        lat.append(probes[members[0]].lat)
        lon.append(probes[members[0]].lon)
    return np.stack(rows), np.array(lat), np.array(lon)


def collocate(
    series: PlaceSeries, unit: Unit, *, window_hours: float, fewest: int, weights: str = "equal"
) -> Collocated:
    """Pair a product with the readings at one site.

    Args:
        series: values of the product at the site.
        unit: dense network or single probe.
        window_hours: largest time difference of an instantaneous value and its reading [h].
        fewest: least number of stations for the mean of a network.
        weights: `equal`, or `thiessen` for the fraction of the cell nearest to each station.
    """
    by_probe = np.stack([readings(probe, series, window_hours) for probe in unit.probes])
    any_reading = np.isfinite(by_probe).any(axis=0)
    count = Counter[str]({NO_READING: int((~any_reading).sum())})
    members, lasting, varying = 1, float("nan"), float("nan")
    if unit.kind == DENSE:
        values, lat, lon = _station_means(unit.probes, by_probe)
        share = np.full(len(lat), 1 / len(lat))
        if weights == "thiessen":
            share = thiessen_weights(lat, lon)
        mean = average(values, share, fewest)
        reference, members = mean.value, mean.members
        lasting, varying = mean.lasting_sd, mean.varying_sd
        count[TOO_FEW] += int((any_reading & ~np.isfinite(reference)).sum())
    else:
        reference = by_probe[0]
    is_usable = np.isfinite(reference)
    chosen = _daily_values(series, is_usable, unit.lon)
    count[LATER] += int(is_usable.sum()) - chosen.size
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
