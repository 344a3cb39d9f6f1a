"""Several GRID_TB, for instance half orbits -> one GRID_TB of one UTC day with looks am and pm.

A bin contains one overpass: of the observations of a cell in one look and UTC day, the one whose
local solar time is nearest to 06:00 (am) or 18:00 (pm), with all its variables. Nothing is
averaged: near the poles two overpasses of a day can be 20 hours apart.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Float64, Int64, Integer
from mcca_ml.errors import SchemaError
from mcca_ml.grid.ease2 import by_name, cell_coordinates

TARGET_HOUR: Mapping[str, float] = {"am": 6.0, "pm": 18.0}
"""Local solar time [h] nearest to which an overpass is chosen, by look."""

# Larger than any difference of hours (0 to 12): chosen only where there is no other observation.
_TIME_UNKNOWN = 24.0
_NOT_THERE = np.inf

CONTRACT = {**schema.GRID_TB, **schema.ANCILLARY}
"""Contract of the input and of the output."""


def observed_days(parts: Sequence[xr.Dataset]) -> Datetime64:
    """Return the UTC days with observations in any dataset, increasing, each once.

    Args:
        parts: datasets after `schema.GRID_TB`, of one or more days each.
    """
    days = [part["time"].to_numpy().astype("M8[D]") for part in parts]
    return np.unique(np.concatenate([np.empty(0, "M8[D]"), *days]))


def granule_names(ds: xr.Dataset) -> list[str]:
    """Return the names in `attrs["granules"]`, separated by commas or new lines; sorted."""
    names = str(ds.attrs.get("granules", "")).replace("\n", ",").split(",")
    return sorted({name.strip() for name in names} - {""})


def compose_day(parts: Sequence[xr.Dataset], day: np.datetime64) -> xr.Dataset:
    """Return one dataset of the UTC day `day`; the input is not modified.

    Args:
        parts: datasets after `schema.GRID_TB` and `schema.ANCILLARY`, on one grid and with the same
            channels; cells, looks and days may differ.
        day: UTC day.

    Returns:
        New dataset after the same contracts with `time` = the day, looks am and pm, and every
        cell observed that day, increasing. Each look and cell contains all variables of one
        observation: the one nearest to 06:00 or 18:00 local solar time (modulo 24 h: 23:30 is
        5.5 h from 18:00 and 6.5 h from 06:00), then the earlier, then the granule first by name,
        so the order of `parts` does not matter. An observation without a known time is used only
        if there is no other. Where nothing was observed, `flag` is NOT_OBSERVED, numbers are
        NaN, times NaT, integers 0 (land-cover classes 255). A variable missing in one dataset
        is missing for its observations. Attributes are those common to all parts; `granules` is
        the sorted list of all.

    Raises:
        SchemaError: no parts, a part breaks a contract, or grids or channels differ.
    """
    parts = sorted(parts, key=granule_names)
    for part in parts:
        schema.check(part, CONTRACT, where="compose_day: input")
    _check_alike(parts)
    today = [_select_day(part, day) for part in parts]
    today = [part for part in today if part.sizes["time"]]
    observed = [part["cell"].to_numpy()[schema.is_observed(part).any((0, 1))] for part in today]
    cells = np.unique(np.concatenate([np.empty(0, np.int64), *observed]))
    chosen = _choose(today, cells)
    copies: list[Copy] = []
    for number, part in enumerate(today):
        position, listed = _positions(part, cells)
        looks = part["look"].to_numpy().tolist()
        for look_number, (look, of_cell) in enumerate(chosen.items()):
            kept = of_cell[position] == number
            if kept.any():
                target = (0, look_number, position[kept])
                copies.append((part, target, (looks.index(look), listed[kept])))
    out = with_variables(empty(parts[0], np.atleast_1d(day), cells), copies, parts)
    out = out.assign_attrs(_common_attributes(parts))
    return schema.check(out, CONTRACT, where="compose_day: output")


def empty(like: xr.Dataset, days: Datetime64, cells: Integer) -> xr.Dataset:
    """Return a dataset of coordinates: days, both looks, cells, grid and channels of `like`."""
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
    """Raise unless there is at least one part and all have the same grid and channels."""
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


def _select_day(part: xr.Dataset, day: np.datetime64) -> xr.Dataset:
    """Select the step of `part` on the UTC day: one or none."""
    return part.isel(time=part["time"].to_numpy().astype("M8[D]") == day.astype("M8[D]"))


def _hours_off(part: xr.Dataset, look: str) -> Float64:
    """Return the distance of each observation from its target hour [h]; large if unknown."""
    here = part.sel(look=[look])
    difference = np.abs(here["local_time"].to_numpy()[0, 0].astype(np.float64) - TARGET_HOUR[look])
    around = np.minimum(difference, 24.0 - difference)
    known = np.where(np.isnan(around), _TIME_UNKNOWN, around)
    return np.where(schema.is_observed(here)[0, 0], known, _NOT_THERE)


def _choose(today: Sequence[xr.Dataset], cells: Int64) -> dict[str, Int64]:
    """Return, for each look, the number of the part chosen in each cell [1]; -1 for none."""
    chosen = {}
    for look in TARGET_HOUR:
        best = np.full(cells.size, _NOT_THERE)
        first = np.full(cells.size, np.datetime64("NaT"), "M8[ns]")
        number = np.full(cells.size, -1, np.int64)
        for n, part in enumerate(today):
            if look not in part["look"]:
                continue
            position, listed = _positions(part, cells)
            hours = _hours_off(part, look)[listed]
            when = part["obs_time"].sel(look=look).to_numpy()[0][listed].astype("M8[ns]")
            # Parts are sorted by name: of equal observations the first name is kept.
            better = (hours < best[position]) | (
                (hours == best[position]) & (when < first[position])
            )
            cell = position[better]
            best[cell], first[cell], number[cell] = hours[better], when[better], n
        chosen[look] = number
    return chosen


def _positions(part: xr.Dataset, cells: Int64) -> tuple[Int64, Int64]:
    """Return the positions of the common cells in `cells` and in `part`."""
    listed = np.flatnonzero(np.isin(part["cell"].to_numpy(), cells))
    return np.searchsorted(cells, part["cell"].to_numpy()[listed]), listed


Index = tuple[int | Int64 | slice, ...]
Copy = tuple[xr.Dataset, Index, Index]
"""Dataset of one day, target index (day, look, cell) and source index (look, cell)."""


def with_variables(
    out: xr.Dataset, copies: Sequence[Copy], parts: Sequence[xr.Dataset]
) -> xr.Dataset:
    """Return `out` with every variable of `CONTRACT` that any of `parts` contains.

    Args:
        out: dataset of coordinates, from `empty`.
        copies: values copied from the parts; all others are missing.
        parts: datasets; the first with a variable defines its dimensions, type and attributes.
    """
    variables = {}
    for name in CONTRACT:
        like = next((part[name] for part in parts if name in part), None)
        if like is None:
            continue
        shape = [out.sizes[dim] for dim in schema.LOOK] + list(like.shape[3:])
        values = np.full(shape, schema.missing_like(name, like.dtype), like.dtype)
        for part, target, source in copies:
            if name in part:
                values[target] = part[name].to_numpy()[0][source]
        variables[name] = (like.dims, values, like.attrs)
    return out.assign(variables)


def _common_attributes(parts: Sequence[xr.Dataset]) -> dict[str, object]:
    """Return the attributes common to all parts, and the sorted list of granules, one per line."""
    first = parts[0].attrs
    common = {
        str(key): value
        for key, value in first.items()
        if all(str(part.attrs.get(key)) == str(value) for part in parts)
    }
    names = sorted({name for part in parts for name in granule_names(part)})
    return common | {"granules": "\n".join(names)}


def stack_days(days: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return one dataset over all days, the looks am and pm, and the cells of all days.

    Args:
        days: datasets after `schema.GRID_TB`, one UTC day each, increasing, with one grid and the
            same channels.

    Returns:
        New dataset after the same contract. Cells, looks and variables absent from a day are
        missing on it: `flag` NOT_OBSERVED, numbers NaN, times NaT. Attributes are those of the
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
