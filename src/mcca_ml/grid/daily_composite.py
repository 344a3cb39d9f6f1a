"""Several GRID_TB, half orbits for instance -> one GRID_TB of one UTC day with looks am and pm.

A bin holds one pass: of the observations of a cell in one look and UTC day, the one whose local
solar time is nearest to 06:00 (am) or 18:00 (pm) is kept with everything that belongs to it.
Nothing is averaged: two passes of a day lie up to 20 hours apart near the poles.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Float64, Int64, Integer
from mcca_ml.errors import SchemaError
from mcca_ml.grid.ease2 import by_name, cell_coordinates

TARGET_HOUR: Mapping[str, float] = {"am": 6.0, "pm": 18.0}
"""Local solar time [h] to which the kept pass is the nearest, by look."""

# Ranks below any difference of hours (0 to 12), so that these win only where nothing else is.
_TIME_UNKNOWN = 24.0
_NOT_THERE = np.inf

CONTRACT = {**schema.GRID_TB, **schema.ANCILLARY}
"""What goes in and what comes out."""


def days_of(parts: Sequence[xr.Dataset]) -> Datetime64:
    """UTC days on which the parts hold observations, rising; each once.

    Args:
        parts: after `schema.GRID_TB`, of one day or more each.
    """
    days = [part["time"].to_numpy().astype("M8[D]") for part in parts]
    return np.unique(np.concatenate([np.empty(0, "M8[D]"), *days]))


def granules_of(ds: xr.Dataset) -> list[str]:
    """Names in `attrs["granules"]`, which separates them by commas or new lines; sorted."""
    names = str(ds.attrs.get("granules", "")).replace("\n", ",").split(",")
    return sorted({name.strip() for name in names} - {""})


def compose_day(parts: Sequence[xr.Dataset], day: np.datetime64) -> xr.Dataset:
    """Return one dataset of the UTC day `day`; the parts are not modified.

    Args:
        parts: after `schema.GRID_TB` and `schema.ANCILLARY`, on one grid and with the same
            channels, each with cells, looks and days of its own.
        day: the UTC day.

    Returns:
        New dataset after the same contracts with `time` = the day, looks am and pm, and every
        cell observed that day, rising. For each look and cell it holds the whole record of one
        part: the observation nearest to 06:00 or 18:00 local solar time (around the clock, so
        that 23:30 is 5.5 h from 18:00 and 6.5 h from 06:00), of equal ones the earlier, then the
        one of the granule that comes first by name; hence the order of `parts` does not matter.
        An observation without a known time is kept where there is no other. Where nothing was
        observed, `flag` is NOT_OBSERVED, numbers are NaN, times NaT, whole numbers 0 (classes
        of land cover 255). A variable that a part lacks is missing in its records. Attributes
        are those on which all parts agree, with `granules` the sorted list of all.

    Raises:
        SchemaError: no parts, a part breaks a contract, or parts of different grids or channels.
    """
    parts = sorted(parts, key=granules_of)
    for part in parts:
        schema.check(part, CONTRACT, where="compose_day: input")
    _check_alike(parts)
    today = [_of_day(part, day) for part in parts]
    today = [part for part in today if part.sizes["time"]]
    seen = [part["cell"].to_numpy()[schema.is_observed(part).any((0, 1))] for part in today]
    cells = np.unique(np.concatenate([np.empty(0, np.int64), *seen]))
    chosen = _choose(today, cells)
    copies: list[Copy] = []
    for number, part in enumerate(today):
        spot, listed = _positions(part, cells)
        looks = part["look"].to_numpy().tolist()
        for look_number, (look, select_cell) in enumerate(chosen.items()):
            kept = select_cell[spot] == number
            if kept.any():
                to = (0, look_number, spot[kept])
                copies.append((part, to, (looks.index(look), listed[kept])))
    out = with_variables(empty(parts[0], np.atleast_1d(day), cells), copies, parts)
    out = out.assign_attrs(_common_attributes(parts))
    return schema.check(out, CONTRACT, where="compose_day: output")


def empty(like: xr.Dataset, days: Datetime64, cells: Integer) -> xr.Dataset:
    """Coordinates only: the days, both looks and the cells, on the grid and channels of `like`."""
    grid = by_name(str(like.attrs.get("grid")))
    return xr.Dataset(
        coords={
            "time": days.astype("M8[ns]"),
            "look": list(TARGET_HOUR),
            "channel": like["channel"],
            **cell_coordinates(grid, cells, like["cell"].attrs),
        },
    )


def _check_alike(parts: Sequence[xr.Dataset]) -> None:
    """Raise unless there are parts, on one grid and with the same channels."""
    if not parts:
        raise SchemaError("compose_day: found no parts, expected at least one GRID_TB")
    grids = sorted({str(part.attrs.get("grid")) for part in parts})
    if len(grids) > 1:
        raise SchemaError(
            f"compose_day: found grids {', '.join(grids)}, expected one; regrid first"
        )
    channels = sorted({" ".join(map(str, part["channel"].to_numpy())) for part in parts})
    if len(channels) > 1:
        raise SchemaError(
            f"compose_day: found channels {' and '.join(channels)}, expected the same in all parts"
        )


def _of_day(part: xr.Dataset, day: np.datetime64) -> xr.Dataset:
    """The steps of `part` that lie in the UTC day: one or none."""
    return part.isel(time=part["time"].to_numpy().astype("M8[D]") == day.astype("M8[D]"))


def _hours_off(part: xr.Dataset, look: str) -> Float64:
    """Distance of each record of a look from its target hour [h]; its rank where unknown."""
    here = part.sel(look=[look])
    difference = np.abs(here["local_time"].to_numpy()[0, 0].astype(np.float64) - TARGET_HOUR[look])
    around = np.minimum(difference, 24.0 - difference)
    known = np.where(np.isnan(around), _TIME_UNKNOWN, around)
    return np.where(schema.is_observed(here)[0, 0], known, _NOT_THERE)


def _choose(today: Sequence[xr.Dataset], cells: Int64) -> dict[str, Int64]:
    """For each look the number of the part whose record each cell keeps [1]; -1 for none."""
    chosen = {}
    for look in TARGET_HOUR:
        best = np.full(cells.size, _NOT_THERE)
        first = np.full(cells.size, np.datetime64("NaT"), "M8[ns]")
        number = np.full(cells.size, -1, np.int64)
        for n, part in enumerate(today):
            if look not in part["look"]:
                continue
            spot, listed = _positions(part, cells)
            hours = _hours_off(part, look)[listed]
            when = part["obs_time"].sel(look=look).to_numpy()[0][listed].astype("M8[ns]")
            # Parts come sorted by name, so that of records equal in both the first name stays.
            better = (hours < best[spot]) | ((hours == best[spot]) & (when < first[spot]))
            to = spot[better]
            best[to], first[to], number[to] = hours[better], when[better], n
        chosen[look] = number
    return chosen


def _positions(part: xr.Dataset, cells: Int64) -> tuple[Int64, Int64]:
    """For the cells of `part` that are among `cells`: their places in `cells`, and in `part`."""
    listed = np.flatnonzero(np.isin(part["cell"].to_numpy(), cells))
    return np.searchsorted(cells, part["cell"].to_numpy()[listed]), listed


Index = tuple[int | Int64 | slice, ...]
Copy = tuple[xr.Dataset, Index, Index]
"""Part of one day, where it goes (day, look, cell), and what of it (look, cell)."""


def with_variables(
    out: xr.Dataset, copies: Sequence[Copy], parts: Sequence[xr.Dataset]
) -> xr.Dataset:
    """`out` of `empty` with every variable of `CONTRACT` that any of `parts` has.

    Args:
        out: coordinates.
        copies: what is taken from the parts; the rest is missing.
        parts: the first with a variable gives its dims, type and attributes.
    """
    made = {}
    for name in CONTRACT:
        like = next((part[name] for part in parts if name in part), None)
        if like is None:
            continue
        shape = [out.sizes[dim] for dim in schema.LOOK] + list(like.shape[3:])
        values = np.full(shape, schema.missing_like(name, like.dtype), like.dtype)
        for part, to, source in copies:
            if name in part:
                values[to] = part[name].to_numpy()[0][source]
        made[name] = (like.dims, values, like.attrs)
    return out.assign(made)


def _common_attributes(parts: Sequence[xr.Dataset]) -> dict[str, object]:
    """Attributes on which all parts agree, and the sorted list of all granules, one a line."""
    first = parts[0].attrs
    common = {
        str(key): value
        for key, value in first.items()
        if all(str(part.attrs.get(key)) == str(value) for part in parts)
    }
    names = sorted({name for part in parts for name in granules_of(part)})
    return common | {"granules": "\n".join(names)}


def stack_days(days: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return one dataset over all the days, looks am and pm, and every cell of any day.

    Args:
        days: after `schema.GRID_TB`, one UTC day each, rising, on one grid, with the same channels.

    Returns:
        New dataset after the same contract. What a day lacks, a cell, a look or a whole variable,
        is missing there: `flag` NOT_OBSERVED, numbers NaN, times NaT. Attributes are those of the
        first day.

    Raises:
        SchemaError: no days, or days of different grids.
    """
    grids = sorted({str(day.attrs.get("grid")) for day in days})
    if len(grids) != 1:
        raise SchemaError(
            f"stack_days: found grids {', '.join(grids) or 'none'}, expected one; regrid first"
        )
    cells = np.unique(np.concatenate([day["cell"].to_numpy() for day in days]))
    dates = np.concatenate([day["time"].to_numpy() for day in days])
    looks = list(TARGET_HOUR)
    spots = [np.searchsorted(cells, day["cell"].to_numpy()) for day in days]
    copies: list[Copy] = [
        (day, (number, looks.index(look), spot), (of_day, slice(None)))
        for number, (day, spot) in enumerate(zip(days, spots, strict=True))
        for of_day, look in enumerate(day["look"].to_numpy().tolist())
    ]
    out = with_variables(empty(days[0], dates, cells), copies, days)
    out = out.assign_attrs(days[0].attrs)
    return schema.check(out, CONTRACT, where="stack_days: output")
