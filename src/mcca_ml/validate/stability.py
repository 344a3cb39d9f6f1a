"""Stability of a product: trend of its difference from a reference, and steps at known dates.

Trend and step are fitted to monthly mean differences together with a mean for each month of the
year, so that neither gaps nor the season appear as a trend. A drift of the reference also appears
as a trend: stations that are replaced, a model whose forcing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from mcca_ml.arrays import Booleans, Datetime64, Float64, Int64
from mcca_ml.metrics.lag1_autocorrelation import unbiased_lag_one
from mcca_ml.metrics.moments import compute_moments
from mcca_ml.metrics.trend import trend_santer00
from mcca_ml.sensors import SENSORS
from mcca_ml.validate.score_units import PairedSeries
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import Value

GOAL, BREAKTHROUGH, THRESHOLD = 0.005, 0.01, 0.02
"""Stability required by GCOS [m3 m-3 per decade]; GCOS-245, implementation plan of 2022."""
FEWEST_DAYS = 5
"""Least number of pairs for a monthly mean."""
FEWEST_MONTHS = 12
"""Least number of months on each side of a step."""
WINDOW_MONTHS = 24
"""Largest number of months used on each side of a step."""
_YEAR = 12
_LEAST_FREEDOM = 3.0
_NO_POWER = 1e-12
ALL_UNITS = "mean of all units"


@dataclass(frozen=True)
class Monthly:
    """Monthly mean difference of a product from the reference."""

    month: Datetime64
    """Consecutive months (month,)."""
    difference: Float64
    """Product minus reference [m3 m-3], (site, month); NaN with fewer than `FEWEST_DAYS` days."""


@dataclass(frozen=True)
class Change:
    """A trend or a step, with its 95 % interval."""

    size: float
    """Trend [m3 m-3 per decade], or step [m3 m-3]."""
    low: float
    high: float
    lag_one: float
    """Lag-1 autocorrelation of the monthly residuals [1]."""
    months: int


def monthly(pairs: PairedSeries) -> Monthly:
    """Monthly mean differences of the pairs at each site."""
    month = pairs.days.astype("M8[M]")
    number = (month - month[0]).astype(np.int64)
    count = int(number[-1]) + 1
    moments = compute_moments([pairs.estimate, pairs.reference], number, count)
    mean = np.where(moments.n >= FEWEST_DAYS, moments.mean[0] - moments.mean[1], np.nan)
    return Monthly(month[0] + np.arange(count), np.asarray(mean))


def mean_over_units(by_site: Monthly) -> Monthly:
    """Mean over sites of their differences, each minus its own mean, (1, month)."""
    valid = np.isfinite(by_site.difference)
    own = np.where(valid, by_site.difference, 0).sum(axis=1) / np.maximum(valid.sum(axis=1), 1)
    centred = np.where(valid, by_site.difference - own[:, None], 0.0)
    number = valid.sum(axis=0)
    mean = np.where(number > 0, centred.sum(axis=0) / np.maximum(number, 1), np.nan)
    return Monthly(by_site.month, mean[None])


def _deseasonalised(column: Float64, season: Int64, valid: Booleans) -> Float64:
    """Subtract the mean of each month of the year, over the valid months.

    The slope of two deseasonalised columns equals the slope of a regression with a mean for each
    month of the year (Frisch and Waugh).
    """
    n = np.bincount(season[valid], minlength=_YEAR)
    mean = np.bincount(season[valid], column[valid], minlength=_YEAR) / np.maximum(n, 1)
    return np.where(valid, column - mean[season], np.nan)


def _fitted(month: Datetime64, values: Float64, column: Float64) -> Change:
    """Slope of the values on a column, both deseasonalised, with its 95 % interval.

    The standard error of `trend_santer00` is corrected for the fitted means of the months of the
    year, for the bias of a lag-1 correlation of few months, and by Student's t.
    """
    season = month.astype(np.int64) % _YEAR
    valid = np.isfinite(values)
    n = int(valid.sum())
    x = _deseasonalised(column, season, valid)
    if not np.nansum(x**2) > _NO_POWER:  # each month of the year occurs once only
        return Change(np.nan, np.nan, np.nan, np.nan, n)
    trend = trend_santer00(np.where(valid, x, 0.0), _deseasonalised(values, season, valid))
    rho = float(unbiased_lag_one(np.array([trend.lag1]), np.array([n]))[0])
    widening = (1 + rho) / (1 - rho)
    freedom = n - np.unique(season[valid]).size - 1
    if not np.isfinite(trend.error) or freedom / widening <= _LEAST_FREEDOM:
        return Change(trend.slope, np.nan, np.nan, trend.lag1, n)
    squares = trend.error**2 * (trend.effective - 2)
    error = float(np.sqrt(squares / freedom * widening))
    half = -float(stdtrit(freedom / widening, 0.025)) * error
    return Change(trend.slope, trend.slope - half, trend.slope + half, trend.lag1, n)


def fit_trend(month: Datetime64, values: Float64) -> Change:
    """Fit the linear trend of monthly differences [m3 m-3 per decade].

    Args:
        month: consecutive months (month,).
        values: monthly differences [m3 m-3], (month,); NaN where missing.
    """
    return _fitted(month, values, month.astype(np.int64) / (10.0 * _YEAR))


def fit_step(month: Datetime64, values: Float64, date: np.datetime64) -> Change | None:
    """Fit the step of monthly differences at a date: mean after minus mean before [m3 m-3].

    Args:
        month: consecutive months (month,).
        values: monthly differences [m3 m-3], (month,); NaN where missing.
        date: first day after the change; its month is excluded unless it is the month's first day.

    Returns:
        None with fewer than `FEWEST_MONTHS` months before or after.
    """
    of_date = date.astype("M8[M]")
    since = (month - of_date).astype(np.int64)
    near = np.abs(since) <= WINDOW_MONTHS
    if date.astype("M8[D]") != of_date.astype("M8[D]"):
        near &= since != 0
    near &= np.isfinite(values)
    after = since >= 0
    if min((near & after).sum(), (near & ~after).sum()) < FEWEST_MONTHS:
        return None
    return _fitted(month, np.where(near, values, np.nan), after.astype(np.float64))


def gcos_level(trend: Change) -> str:
    """GCOS level that contains the whole 95 % interval of a trend, or the reason for none."""
    if not np.isfinite(trend.low):
        return "too few months"
    largest = max(abs(trend.low), abs(trend.high))
    for size, name in ((GOAL, "goal"), (BREAKTHROUGH, "breakthrough"), (THRESHOLD, "threshold")):
        if largest <= size:
            return name
    least = 0.0 if trend.low <= 0 <= trend.high else min(abs(trend.low), abs(trend.high))
    return "none" if least > THRESHOLD else "interval too wide to tell"


def dates(days: Datetime64) -> list[tuple[np.datetime64, str]]:
    """Days on which an imager begins, ends or changes its orbit, with a description of each."""
    changes = []
    for name, sensor in SENSORS.items():
        if name == "SMAP":
            continue
        changes.append((np.datetime64(sensor.first_day, "D"), f"{name} begins"))
        if sensor.last_day is not None:
            changes.append((np.datetime64(sensor.last_day, "D") + 1, f"{name} has ended"))
        changes += [
            (np.datetime64(orbit.since, "D"), f"{name} at {orbit.altitude_km:g} km")
            for orbit in sensor.orbits[1:]
        ]
    return sorted(change for change in changes if days[0] < change[0] <= days[-1])


TREND = (
    "product",
    "unit",
    "what",
    "date",
    "months",
    "size",
    "low",
    "high",
    "lag_one",
    "verdict",
)


def stability_rows(
    product: str, units: Sequence[Unit], pairs: PairedSeries
) -> list[tuple[Value, ...]]:
    """Trend at each site and of the mean of all sites, and steps of the mean of all sites.

    Args:
        product: name of the product.
        units: sites, in the order of the pairs.
        pairs: pairs of the product, on consecutive days.
    """
    by_month = monthly(pairs)
    mean = mean_over_units(by_month)
    rows: list[tuple[Value, ...]] = []
    names = [*(unit.name for unit in units), ALL_UNITS]
    for name, values in zip(names, [*by_month.difference, mean.difference[0]], strict=True):
        trend = fit_trend(by_month.month, values)
        if np.isfinite(trend.size):
            rows.append((product, name, "trend per decade", "", *_row(trend), gcos_level(trend)))
    for date, event in dates(pairs.days):
        step = fit_step(mean.month, mean.difference[0], date)
        if step is not None and np.isfinite(step.size):
            contains_0 = step.low <= 0 <= step.high
            verdict = "indistinguishable from 0" if contains_0 else "differs from 0"
            rows.append((product, ALL_UNITS, f"step: {event}", str(date), *_row(step), verdict))
    return rows


def _row(change: Change) -> tuple[Value, ...]:
    return (change.months, change.size, change.low, change.high, change.lag_one)
