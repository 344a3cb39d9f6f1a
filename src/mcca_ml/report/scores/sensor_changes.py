"""Steps of a record against truth where sensors begin or end, by calendar month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64
from mcca_ml.sensors import SENSORS

SHORTEST = 60
"""Shortest period [day]."""
FEWEST = 5
"""Fewest days of a calendar month in each of two periods for a comparison."""


@dataclass(frozen=True)
class Period:
    """Days with the same sensors, before or after a boost."""

    name: str
    is_in: Booleans
    """True on days of the period, (time,)."""


@dataclass(frozen=True)
class PeriodStep:
    """Change of a product's error from one period to another."""

    before: str
    after: str
    product: str
    size: float
    """Change of product minus truth, mean over cells and calendar months [m3 m-3]."""
    error: float
    """Standard error over calendar months [m3 m-3]."""
    cells: int
    days: int
    """Number of pairs in both periods, in calendar months of both."""


def _words(sensor: str, days: Datetime64) -> npt.NDArray[np.str_]:
    """Return the label of a sensor on each day: its name, and whether it is boosted by then."""
    orbits = SENSORS[sensor].orbits
    is_later = np.zeros(days.size, np.bool_)
    if len(orbits) > 1:
        boost = np.datetime64(orbits[1].since, "D")
        is_later = (days >= boost) & (days[0] < boost)
    return np.where(is_later, f"{sensor} after its boost", sensor)


def sensor_periods(streams: Mapping[str, xr.Dataset]) -> list[Period]:
    """Split the record into periods of the same sensors; those below `SHORTEST` are left out.

    A sensor counts from its first look to its last; a boost starts a new period.

    Args:
        streams: after schema.STREAM, by sensor, of the same days.
    """
    days: Datetime64 = next(iter(streams.values()))["time"].to_numpy().astype("M8[D]")
    parts: list[list[str]] = [[] for _ in days]
    for sensor, ds in streams.items():
        looks = np.flatnonzero((ds["nobs"].to_numpy() > 0).any(axis=1))
        words = _words(sensor, days)
        for at in range(looks[0], looks[-1] + 1) if looks.size else ():
            parts[at].append(str(words[at]))
    names = np.array([" + ".join(part) for part in parts])
    edges = np.flatnonzero(names[1:] != names[:-1]) + 1
    periods = []
    for run in np.split(np.arange(days.size), edges):
        if names[run[0]] and run.size >= SHORTEST:
            is_in = np.zeros(days.size, np.bool_)
            is_in[run] = True
            periods.append(Period(f"{names[run[0]]}, from {days[run[0]]}", is_in))
    return periods


def step_between(
    product: str, error: Float32, days: Datetime64, before: Period, after: Period
) -> PeriodStep | None:
    """Compute the change of an error between two periods; None if no cell has both.

    In each cell, each calendar month of both periods counts once, so that a period of one summer
    and no winter is compared with summers only.

    Args:
        product: name of the product.
        error: product minus truth [m3 m-3], NaN without a value, (cell, time).
        days: UTC days, (time,).
        before: first period.
        after: second period.
    """
    months = months_since_1970(days)
    sides = [means_by_month(error[:, p.is_in], months[p.is_in]) for p in (before, after)]
    is_compared = (sides[0][1] >= FEWEST) & (sides[1][1] >= FEWEST)
    if not is_compared.any():
        return None
    change = np.where(is_compared, sides[1][0] - sides[0][0], 0)
    size = (
        change.sum(axis=1)[is_compared.any(axis=1)]
        / is_compared.sum(axis=1)[is_compared.any(axis=1)]
    )
    of_month = (change.sum(axis=0) / np.maximum(is_compared.sum(axis=0), 1))[
        is_compared.any(axis=0)
    ]
    scatter = float(of_month.std(ddof=1) / np.sqrt(of_month.size)) if of_month.size > 1 else np.nan
    pairs = int((sides[0][1] + sides[1][1])[is_compared].sum())
    return PeriodStep(
        before.name, after.name, product, float(size.mean()), scatter, int(size.size), pairs
    )


def period_steps(
    product: str, error: Float32, days: Datetime64, periods: Sequence[Period]
) -> tuple[PeriodStep, ...]:
    """Compute steps from each period to the next, and from the first to the last.

    Args:
        product: name of the product.
        error: product minus truth [m3 m-3], (cell, time).
        days: UTC days, (time,).
        periods: periods in order.
    """
    pairs = list(zip(periods, periods[1:], strict=False))
    if len(periods) > 2:
        pairs.append((periods[0], periods[-1]))
    steps = [step_between(product, error, days, *pair) for pair in pairs]
    return tuple(step for step in steps if step is not None)


MONTHS = 12


def months_since_1970(days: Datetime64) -> Int64:
    """Return months since January 1970; modulo 12 the calendar month, 0 for January."""
    return days.astype("M8[M]").astype(np.int64)


def means_by_month(values: Float32, months: Int64) -> tuple[Float64, Float64]:
    """Return mean and number of values by cell and calendar month, (cell, 12); 0 without any.

    Args:
        values: NaN without a value, (cell, time).
        months: result of `months_since_1970`, (time,).
    """
    total, count = np.zeros((2, len(values), MONTHS))
    for number in range(MONTHS):
        part = values[:, months % MONTHS == number]
        is_known = np.isfinite(part)
        count[:, number] = is_known.sum(axis=1)
        total[:, number] = np.where(is_known, part, 0).sum(axis=1, dtype=np.float64)
    return total / np.maximum(count, 1), count


def mean_departure(values: Float32, months: Int64, place: Int64) -> Float64:
    """Return mean departures from each cell's calendar-month mean, (place,); NaN without any.

    Args:
        values: NaN without a value, (cell, time).
        months: result of `months_since_1970`, (time,).
        place: index of each day in the result, (time,).
    """
    usual, _ = means_by_month(values, months)
    departure = values - usual[:, months % MONTHS]
    is_known = np.isfinite(departure)
    total = np.bincount(place, np.where(is_known, departure, 0).sum(axis=0, dtype=np.float64))
    count = np.bincount(place, is_known.sum(axis=0))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
