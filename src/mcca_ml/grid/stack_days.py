"""GRID_TB of several days -> one GRID_TB over all of them, for what looks at a season at once."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray
from mcca_ml.errors import SchemaError
from mcca_ml.grid.daily_composite import CONTRACT, TARGET_HOUR, empty


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
    spots = [np.searchsorted(cells, day["cell"].to_numpy()) for day in days]
    out = empty(days[0], dates, cells).assign(
        {
            name: _stacked(name, days, spots, cells.size)
            for name in CONTRACT
            if any(name in day for day in days)
        }
    )
    out = out.assign_attrs(days[0].attrs)
    return schema.check(out, CONTRACT, where="stack_days: output")


def _stacked(
    name: str, days: Sequence[xr.Dataset], spots: Sequence[AnyArray], size: int
) -> xr.Variable:
    """Variable `name` over all days and `size` cells; `spots` are the places of those of a day."""
    like = next(day[name] for day in days if name in day)
    inner = [like.sizes[dim] for dim in like.dims[3:]]
    shape = (len(days), len(TARGET_HOUR), size, *inner)
    values = np.full(shape, schema.missing_like(name, like.dtype), like.dtype)
    for number, (day, spot) in enumerate(zip(days, spots, strict=True)):
        looks = day["look"].to_numpy().tolist()
        for look_number, look in enumerate(TARGET_HOUR):
            if name in day and look in looks:
                values[number, look_number, spot] = day[name].to_numpy()[0, looks.index(look)]
    return xr.Variable(like.dims, values, like.attrs)
