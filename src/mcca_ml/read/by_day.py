"""Granules -> their UTC days, with little more than one day in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.grid.daily_composite import observed_days
from mcca_ml.read.any_granule import open_granule
from mcca_ml.read.granule_names import stamp, stamp_day


@dataclass(frozen=True)
class LoadedGranule:
    """One granule in memory."""

    path: Path
    ds: xr.Dataset

    def has_day(self, day: np.datetime64) -> bool:
        """Return True if the granule has observations of that UTC day."""
        return day in observed_days([self.ds])


Days = Iterator[tuple[np.datetime64, list[LoadedGranule]]]


def load_granule(path: Path) -> LoadedGranule:
    """Read one granule.

    Raises:
        GranuleError: the granule is unreadable or has no brightness temperature.
    """
    ds = open_granule(path)
    if not bool(np.isfinite(ds["tb"]).any()):
        raise GranuleError(
            f"{path.name}: no brightness temperature in any cell (all fill), expected some; "
            "leave the granule out"
        )
    return LoadedGranule(path, ds)


def _complete(
    granules: list[LoadedGranule], after: np.datetime64 | None, before: np.datetime64 | None
) -> Days:
    """Yield the days of `granules` between two days, each with its granules.

    Granules not needed for later days are removed from `granules`.
    """
    for day in observed_days([granule.ds for granule in granules]):
        if after is not None and day <= after:
            continue  # already yielded; a granule of it also has the next day
        if before is not None and day >= before:
            return
        today = [granule for granule in granules if granule.has_day(day)]
        granules[:] = [granule for granule in granules if observed_days([granule.ds])[-1] > day]
        yield day, today
        del today


def by_day(
    paths: Sequence[Path],
    bad: Callable[[GranuleError | SchemaError], None],
    done: Callable[[], None],
    take: Callable[[Path], LoadedGranule] | None = None,
) -> Days:
    """Yield every UTC day, increasing, with the granules that have observations of it.

    Each granule is read once, in the order of the times in the names; a day is yielded as soon as
    the next name is later. If any name has no time, all granules are read before the first day is
    yielded.

    Args:
        paths: granules in any order.
        bad: called with the error of an unusable granule, which is then omitted; may raise.
        done: called after each granule.
        take: function that reads one granule; default `load_granule`. Granules without
            observations are dropped.
    """
    ordered = sorted(paths, key=lambda path: (stamp(path), path.name))
    is_dated = all(stamp_day(path) is not None for path in ordered)
    granules: list[LoadedGranule] = []
    last: np.datetime64 | None = None
    for path in ordered:
        if is_dated:
            for day, today in _complete(granules, last, stamp_day(path)):
                last = day
                yield day, today
                del today  # frees its memory before the next day is read
        try:
            granule = (take or load_granule)(path)
            days = observed_days([granule.ds])
            if last is not None and days.size and days[0] <= last:
                raise GranuleError(
                    f"{path.name}: found observations of {days[0]}, expected none "
                    "before the day in its name; give it its provider's name"
                )
            if days.size:
                granules.append(granule)
        except (GranuleError, SchemaError) as error:
            bad(error)
        done()
    yield from _complete(granules, last, None)


def load_day(paths: Sequence[Path], day: np.datetime64) -> list[LoadedGranule]:
    """Read the granules that have observations of a day.

    Args:
        paths: granules; only names with the day, the day before or no date are read.
        day: UTC day.
    """
    near = (None, day, day - np.timedelta64(1, "D"))
    parts = [load_granule(path) for path in paths if stamp_day(path) in near]
    return [part for part in parts if part.has_day(day)]
