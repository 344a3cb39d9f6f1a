"""Stability of a product: trend of its difference from a reference, and steps at known dates.

Differences are taken by month, and trend and step are fitted beside a mean of each month of the
year, so that neither gaps nor the season make one. A reference of its own drift gives a trend too:
stations that are replaced, a model whose forcing changes.
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
from mcca_ml.validate.score_units import Held
from mcca_ml.validate.stations import Unit
from mcca_ml.validate.tables import Value

GOAL, BREAKTHROUGH, THRESHOLD = 0.005, 0.01, 0.02
"""Stability that GCOS asks for [m3 m-3 per decade]; GCOS-245, implementation plan of 2022."""
FEWEST_DAYS = 5
"""Pairs of a month without which it has no mean."""
FEWEST_MONTHS = 12
"""Months on each side of a step."""
WINDOW_MONTHS = 24
"""Months on each side of a step that are looked at."""
_YEAR = 12
_LEAST_FREEDOM = 3.0
_NO_POWER = 1e-12
ALL_UNITS = "mean of all units"


@dataclass(frozen=True)
class Monthly:
    """Difference of a product from the reference by month (unit, month)."""

    month: Datetime64
    """(month,)."""
    difference: Float64
    """[m3 m-3]; NaN where there are too few days."""


@dataclass(frozen=True)
class Change:
    """A trend or a step, with its 95 % interval."""

    size: float
    """[m3 m-3 per decade], or [m3 m-3]."""
    low: float
    high: float
    lag_one: float
    """Of the months [1]."""
    months: int


def monthly(pairs: Held) -> Monthly:
    """Mean difference of each month."""
    month = pairs.days.astype("M8[M]")
    number = (month - month[0]).astype(np.int64)
    count = int(number[-1]) + 1
    found = compute_moments([pairs.estimate, pairs.reference], number, count)
    mean = np.where(found.n >= FEWEST_DAYS, found.mean[0] - found.mean[1], np.nan)
    return Monthly(month[0] + np.arange(count), np.asarray(mean))


def together(found: Monthly) -> Monthly:
    """Mean over units of their differences, each about its own mean (1, month)."""
    seen = np.isfinite(found.difference)
    own = np.where(seen, found.difference, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    about = np.where(seen, found.difference - own[:, None], 0.0)
    number = seen.sum(axis=0)
    mean = np.where(number > 0, about.sum(axis=0) / np.maximum(number, 1), np.nan)
    return Monthly(found.month, mean[None])


def _beside_season(column: Float64, season: Int64, seen: Booleans) -> Float64:
    """A column less its mean of each month of the year, over the months seen.

    With both columns so freed, a slope is that of a fit with a mean for each month of the year
    (Frisch and Waugh).
    """
    n = np.bincount(season[seen], minlength=_YEAR)
    mean = np.bincount(season[seen], column[seen], minlength=_YEAR) / np.maximum(n, 1)
    return np.where(seen, column - mean[season], np.nan)


def _fitted(month: Datetime64, values: Float64, column: Float64) -> Change:
    """Slope of the values on a column, beside the season, with its 95 % interval.

    The error of `trend_santer00` is widened for what it does not know: the means of the months of
    the year that were fitted too, the bias of a lag-1 correlation of few months, and Student's t.
    """
    season = month.astype(np.int64) % _YEAR
    seen = np.isfinite(values)
    x = _beside_season(column, season, seen)
    if not np.nansum(x**2) > _NO_POWER:  # no month of the year comes twice
        return Change(np.nan, np.nan, np.nan, np.nan, int(seen.sum()))
    found = trend_santer00(np.where(seen, x, 0.0), _beside_season(values, season, seen))
    n = int(seen.sum())
    rho = float(unbiased_lag_one(np.array([found.lag1]), np.array([n]))[0])
    widening = (1 + rho) / (1 - rho)
    left = n - np.unique(season[seen]).size - 1  # degrees of freedom of the residuals
    if not np.isfinite(found.error) or left / widening <= _LEAST_FREEDOM:
        return Change(found.slope, np.nan, np.nan, found.lag1, n)
    squares = found.error**2 * (found.effective - 2)
    error = float(np.sqrt(squares / left * widening))
    half = -float(stdtrit(left / widening, 0.025)) * error
    return Change(found.slope, found.slope - half, found.slope + half, found.lag1, n)


def trend_of(month: Datetime64, values: Float64) -> Change:
    """Trend of monthly differences per decade.

    Args:
        month: without a gap (month,).
        values: [m3 m-3], NaN where there is none (month,).
    """
    return _fitted(month, values, month.astype(np.int64) / (10.0 * _YEAR))


def step_of(month: Datetime64, values: Float64, date: np.datetime64) -> Change | None:
    """Step of monthly differences at a date: after less before.

    Args:
        month: without a gap (month,).
        values: [m3 m-3], NaN where there is none (month,).
        date: first day after the change; its month is left out unless it begins with it.

    Returns:
        None where a side has less than a year of months.
    """
    of_date = date.astype("M8[M]")
    away = (month - of_date).astype(np.int64)
    near = np.abs(away) <= WINDOW_MONTHS
    if date.astype("M8[D]") != of_date.astype("M8[D]"):
        near &= away != 0
    near &= np.isfinite(values)
    after = away >= 0
    if min((near & after).sum(), (near & ~after).sum()) < FEWEST_MONTHS:
        return None
    return _fitted(month, np.where(near, values, np.nan), after.astype(np.float64))


def meets(found: Change) -> str:
    """The level of GCOS that a trend's whole interval lies within, or why none is told."""
    if not np.isfinite(found.low):
        return "too few months"
    most = max(abs(found.low), abs(found.high))
    for size, name in ((GOAL, "goal"), (BREAKTHROUGH, "breakthrough"), (THRESHOLD, "threshold")):
        if most <= size:
            return name
    least = 0.0 if found.low <= 0 <= found.high else min(abs(found.low), abs(found.high))
    return "none" if least > THRESHOLD else "interval too wide to tell"


def dates(days: Datetime64) -> list[tuple[np.datetime64, str]]:
    """Days within a record on which an imager comes, goes or is boosted, with what happens."""
    found = []
    for name, sensor in SENSORS.items():
        if name == "SMAP":
            continue
        found.append((np.datetime64(sensor.first_day, "D"), f"{name} begins"))
        if sensor.last_day is not None:
            found.append((np.datetime64(sensor.last_day, "D") + 1, f"{name} has ended"))
        found += [
            (np.datetime64(one.since, "D"), f"{name} at {one.altitude_km:g} km")
            for one in sensor.orbits[1:]
        ]
    return sorted(one for one in found if days[0] < one[0] <= days[-1])


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


def stability_rows(product: str, units: Sequence[Unit], pairs: Held) -> list[tuple[Value, ...]]:
    """Trend of each unit and of all together, and the steps of all together.

    Args:
        product: its name.
        units: what was scored against.
        pairs: of the product.
    """
    by_month = monthly(pairs)
    whole = together(by_month)
    rows: list[tuple[Value, ...]] = []
    names = [*(unit.name for unit in units), ALL_UNITS]
    for name, values in zip(names, [*by_month.difference, whole.difference[0]], strict=True):
        found = trend_of(by_month.month, values)
        if np.isfinite(found.size):
            rows.append((product, name, "trend per decade", "", *_row(found), meets(found)))
    for date, what in dates(pairs.days):
        step = step_of(whole.month, whole.difference[0], date)
        if step is not None and np.isfinite(step.size):
            is_none = step.low <= 0 <= step.high
            verdict = "not told from 0" if is_none else "differs from 0"
            rows.append((product, ALL_UNITS, f"step: {what}", str(date), *_row(step), verdict))
    return rows


def _row(found: Change) -> tuple[Value, ...]:
    return (found.months, found.size, found.low, found.high, found.lag_one)
