"""Temperature and soil of some granules for the brightness temperatures of others, cell by cell."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.errors import GranuleError
from mcca_ml.read.ancillary import with_ancillary
from mcca_ml.read.by_day import Part, stamp_day
from mcca_ml.stage_one.compose_day import gather


def _fitting(parts: Sequence[Part], ds: xr.Dataset, day: np.datetime64) -> list[Part]:
    """The lenders of the day on the grid of `ds`, whether or not they saw its cells."""
    return [
        part
        for part in parts
        if part.ds.attrs["grid"] == ds.attrs["grid"]
        and (stamp_day(part.path) in (None, day) or part.holds(day))
    ]


def with_lent(
    ds: xr.Dataset,
    borrowers: Sequence[Part],
    day: np.datetime64,
    *,
    lenders: Sequence[Path] | None,
    take: Callable[[Path], Part],
) -> xr.Dataset | None:
    """`ds` with what the lenders of its day give to it; None if it is but a sliver over midnight.

    Args:
        ds: after schema.GRID_TB, of one UTC day.
        borrowers: the granules that it was made of.
        day: the UTC day.
        lenders: granules of any days; None if none lend: then `ds` is returned as it is.
        take: reads a granule in the cells that matter.

    Returns:
        New dataset with a soil temperature, NaN where the lenders have none. None where no lender
        is of the day and no borrower begins on it: what a half orbit of the day before saw after
        midnight.

    Raises:
        GranuleError: no lender of the day, on this grid, for granules that begin on it.
    """
    if lenders is None:
        return ds
    near = (None, day, day - np.timedelta64(1, "D"))
    read = [take(path) for path in lenders if stamp_day(path) in near]
    fitting = _fitting(read, ds, day)
    if not fitting:
        # By their names, not by what they saw of some cells: it must not depend on those.
        if all(stamp_day(part.path) not in (None, day) for part in borrowers):
            return None
        found = sorted({str(part.ds.attrs["grid"]) for part in read})
        raise GranuleError(
            f"{borrowers[0].path.name}: found lenders on {', '.join(found) or 'no grid'} for "
            f"{day}, expected one of that UTC day on {ds.attrs['grid']}; give one"
        )
    saw = [part for part in fitting if part.holds(day)]
    if saw:
        return with_ancillary(ds, gather(saw, day, grid="native", look="both", lenders=None).ds)
    if "soil_temperature" in ds:
        return ds
    none = np.full(ds["flag"].shape, np.nan, np.float32)
    return ds.assign(soil_temperature=(ds["flag"].dims, none, {"units": "K"}))
