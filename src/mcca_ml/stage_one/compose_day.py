"""Granules of one UTC day -> the GRID_TB of that day with its ancillary fields.

Both ways through stage one compose their days here: daily NetCDF files (`pipeline.daily_product`)
and the target of the record (`stage_one.target`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Int64
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.grid import ease2
from mcca_ml.grid.daily_composite import compose_day
from mcca_ml.grid.regrid import to_m25
from mcca_ml.read.ancillary import with_ancillary
from mcca_ml.read.by_day import LoadedGranule
from mcca_ml.read.granule import shorten

Grid = Literal["native", "m25"]
Look = Literal["am", "pm", "both"]


@dataclass(frozen=True)
class Day:
    """One UTC day of brightness temperature of one sensor on the grid of its granules."""

    ds: xr.Dataset
    """After schema.GRID_TB and schema.ANCILLARY."""
    paths: tuple[Path, ...]
    """Its granules, the ancillary ones last."""


class EmptyDayError(GranuleError):
    """A UTC day that gives no product though its granules are sound: a sliver over midnight.

    It is a note where other days give a product, an error where none does.

    Args:
        note: the day and what is missing.
        advice: observed cause, and what to do.
    """

    def __init__(self, note: str, advice: str) -> None:
        super().__init__(f"{note}; {advice}")
        self.note = note


def by_product(parts: Sequence[LoadedGranule], grid: Grid) -> list[list[LoadedGranule]]:
    """Granules of a day sorted into the products that they make: one a sensor and grid.

    Args:
        parts: granules of any sensors and grids.
        grid: grid of the products.
    """
    groups: dict[tuple[str, str], list[LoadedGranule]] = {}
    for part in parts:
        target = str(part.ds.attrs["grid"]) if grid == "native" else ease2.M25.name
        groups.setdefault((str(part.ds.attrs["sensor"]), target), []).append(part)
    return [groups[key] for key in sorted(groups)]


def _compose(parts: Sequence[LoadedGranule], day: np.datetime64) -> xr.Dataset:
    """One GRID_TB of the granules; those that do not belong together are named."""
    try:
        return compose_day([part.ds for part in parts], day)
    except SchemaError as error:
        names = shorten(part.path.name for part in parts)
        raise GranuleError(
            f"{names}: {error}; give granules of one grid and set of channels, or each by itself"
        ) from error


def observed_looks(ds: xr.Dataset, look: Look) -> xr.Dataset:
    """The looks asked for, without those that observed nothing.

    Raises:
        EmptyDayError: none of those asked for observed anything.
    """
    seen = ds["flag"].copy(data=schema.is_observed(ds)).any(("time", "cell")).to_numpy()
    names = [str(name) for name in ds["look"].to_numpy()[seen]]
    wanted = [name for name in names if look in ("both", name)]
    if not wanted:
        day = str(ds["time"].to_numpy()[0])[:10]
        raise EmptyDayError(
            f"{day}: nothing of look {look}, no product",
            f"found the look {' and '.join(names) or 'of no cell'} in the granules, expected "
            f"{look}; choose another --look or give the granules of that look",
        )
    return ds.sel(look=wanted)


def _fitting(
    ancillary: Sequence[LoadedGranule],
    parts: Sequence[LoadedGranule],
    ds: xr.Dataset,
    day: np.datetime64,
) -> list[LoadedGranule]:
    """The ancillary granules on the grid of `ds`, those of its sensor if there are any.

    Without any, a sliver of granules over midnight is a note, a whole granule a failure.
    """
    on_grid = [part for part in ancillary if part.ds.attrs.get("grid") == ds.attrs["grid"]]
    if not on_grid:
        grids = sorted({str(part.ds.attrs.get("grid")) for part in ancillary})
        empty = EmptyDayError(
            f"{day}: no granule given with --ancillary fits, no product",
            f"found {', '.join(grids) or 'none of this day'}, expected one of the same UTC "
            f"day on {ds.attrs['grid']}; give one",
        )
        over_midnight = all(part.ds.sizes["time"] > 1 for part in parts)
        raise empty if over_midnight else GranuleError(str(empty))
    of_sensor = [part for part in on_grid if part.ds.attrs["sensor"] == ds.attrs["sensor"]]
    return of_sensor or on_grid


def compose(
    parts: Sequence[LoadedGranule],
    day: np.datetime64,
    *,
    look: Look = "both",
    ancillary: Sequence[LoadedGranule] | None = None,
) -> Day:
    """GRID_TB of one UTC day, with the soil temperature that the inversion needs.

    Args:
        parts: granules of one sensor and grid that contain observations of the day.
        day: UTC day.
        look: which to keep.
        ancillary: granules of the day with temperature and soil for those that have none; None if
            none were given.

    Raises:
        EmptyDayError: nothing of the look, or no ancillary granule for a sliver over midnight.
        GranuleError: granules that do not belong together, or no ancillary granule for a whole one.
    """
    ds = observed_looks(_compose(parts, day), look)
    used = list(parts)
    if ancillary is not None:
        fitting = _fitting(ancillary, parts, ds, day)
        ds = with_ancillary(ds, observed_looks(_compose(fitting, day), "both"))
        used += fitting
    # One simulated granule makes the whole day simulated.
    simulated = any(schema.is_simulated(part.ds) for part in used)
    ds = ds.assign_attrs(simulated="true" if simulated else "false")
    return Day(ds, tuple(part.path for part in used))


def to_grid(ds: xr.Dataset, grid: Grid, cells: Int64 | None = None) -> xr.Dataset:
    """Brightness temperature and ancillary fields on the grid of the inversion.

    Soil moisture is not linear in brightness temperature: the input is regridded, not the result.

    Args:
        ds: after schema.GRID_TB and schema.ANCILLARY, of one day or more.
        grid: native leaves the dataset as it is.
        cells: flat indices on EASE2_M25, rising; all land cells if not given.
    """
    if grid == "native" or ds.attrs["grid"] == ease2.M25.name:
        return ds
    return to_m25(ds, cells)
