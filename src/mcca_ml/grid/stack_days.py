"""GRID_TB of several days -> one GRID_TB over all of them, for what looks at a season at once."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.errors import SchemaError
from mcca_ml.grid.daily_composite import CONTRACT, TARGET_HOUR, Copy, empty, with_variables


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
