"""Granules -> the UTC days that they hold, with little more than one day in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.grid.daily_composite import observed_days
from mcca_ml.read.any_granule import read
from mcca_ml.read.granule_names import stamp, stamp_day


@dataclass(frozen=True)
class Part:
    """One granule in memory."""

    path: Path
    ds: xr.Dataset

    def holds(self, day: np.datetime64) -> bool:
        """Whether it has observations of that UTC day."""
        return day in observed_days([self.ds])


Days = Iterator[tuple[np.datetime64, list[Part]]]


def read_part(path: Path) -> Part:
    """Read one granule.

    Raises:
        GranuleError: it is not readable or holds no brightness temperature.
    """
    ds = read(path)
    if not bool(np.isfinite(ds["tb"]).any()):
        raise GranuleError(
            f"{path.name}: no brightness temperature in any cell (all fill), expected some; "
            "leave the granule out"
        )
    return Part(path, ds)


def _complete(held: list[Part], after: np.datetime64 | None, before: np.datetime64 | None) -> Days:
    """The days of `held` after one and before another, each with the parts that hold it.

    What no later day needs is dropped from `held`.
    """
    for day in observed_days([part.ds for part in held]):
        if after is not None and day <= after:
            continue  # given out, yet a part of it also holds the next
        if before is not None and day >= before:
            return
        today = [part for part in held if part.holds(day)]
        held[:] = [part for part in held if observed_days([part.ds])[-1] > day]
        yield day, today
        del today


def by_day(
    paths: Sequence[Path],
    bad: Callable[[GranuleError | SchemaError], None],
    done: Callable[[], None],
    take: Callable[[Path], Part] | None = None,
) -> Days:
    """Every UTC day, rising, with the granules that hold observations of it.

    Each granule is read once, in the order of the times in the names, and a day is given out as
    soon as the next name lies behind it. A name without a time may belong anywhere: then all are
    read before the first day is given out.

    Args:
        paths: granules in any order.
        bad: called with the error of a granule that cannot be used, which is then left out; it
            may raise.
        done: called after each granule.
        take: reads one granule; `read_part` if not given. What holds no day is let go.
    """
    ordered = sorted(paths, key=lambda path: (stamp(path), path.name))
    is_dated = all(stamp_day(path) is not None for path in ordered)
    held: list[Part] = []
    last: np.datetime64 | None = None
    for path in ordered:
        if is_dated:
            for day, today in _complete(held, last, stamp_day(path)):
                last = day
                yield day, today
                del today  # or it would stay in memory while the next day is read
        try:
            part = (take or read_part)(path)
            holds = observed_days([part.ds])
            if last is not None and holds.size and holds[0] <= last:
                raise GranuleError(
                    f"{path.name}: holds observations of {holds[0]}, expected none "
                    "before the day in its name; give it its provider's name"
                )
            if holds.size:
                held.append(part)
        except (GranuleError, SchemaError) as error:
            bad(error)
        done()
    yield from _complete(held, last, None)


def of_day(paths: Sequence[Path], day: np.datetime64) -> list[Part]:
    """The granules that hold observations of a day, of those whose names allow it.

    Args:
        paths: granules; by its name one may begin on the day or the day before, or have no date.
        day: UTC day.
    """
    near = (None, day, day - np.timedelta64(1, "D"))
    parts = [read_part(path) for path in paths if stamp_day(path) in near]
    return [part for part in parts if part.holds(day)]
