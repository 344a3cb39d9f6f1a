"""Compose the granules of a UTC day into one GRID_TB with its ancillary fields.

Used for daily NetCDF files (`pipeline.daily_product`) and for the target of the record
(`stage_one.target`).
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
    """Dataset after schema.GRID_TB and schema.ANCILLARY."""
    paths: tuple[Path, ...]
    """Granules, ancillary ones last."""


class EmptyDayError(GranuleError):
    """A UTC day without a product though its granules are valid: few minutes around midnight.

    Reported as a note if other days have a product, as an error if none has.

    Args:
        note: the day and what is missing.
        advice: cause, and what to do.
    """

    def __init__(self, note: str, advice: str) -> None:
        super().__init__(f"{note}; {advice}")
        self.note = note


def by_product(parts: Sequence[LoadedGranule], grid: Grid) -> list[list[LoadedGranule]]:
    """Group the granules of a day by product, one per sensor and grid.

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
    """Compose granules into one GRID_TB; the message names granules that do not match."""
    try:
        return compose_day([part.ds for part in parts], day)
    except SchemaError as error:
        names = shorten(part.path.name for part in parts)
        raise GranuleError(
            f"{names}: {error}; give granules of one grid and set of channels, or each by itself"
        ) from error


def observed_looks(ds: xr.Dataset, look: Look) -> xr.Dataset:
    """Select the requested looks that have observations.

    Args:
        ds: dataset after schema.GRID_TB.
        look: am, pm or both.

    Raises:
        EmptyDayError: no requested look has an observation.
    """
    observed = ds["flag"].copy(data=schema.is_observed(ds)).any(("time", "cell")).to_numpy()
    names = [str(name) for name in ds["look"].to_numpy()[observed]]
    wanted = [name for name in names if look in ("both", name)]
    if not wanted:
        day = str(ds["time"].to_numpy()[0])[:10]
        raise EmptyDayError(
            f"{day}: nothing of look {look}, no product",
            f"found {' and '.join(names) or 'no look'} in the granules, expected {look}; choose "
            "another --look or give the granules of that look",
        )
    return ds.sel(look=wanted)


def _fitting(
    ancillary: Sequence[LoadedGranule],
    parts: Sequence[LoadedGranule],
    ds: xr.Dataset,
    day: np.datetime64,
) -> list[LoadedGranule]:
    """Ancillary granules on the grid of `ds`, those of its sensor if there are any.

    Without any, granules with only the minutes around midnight raise EmptyDayError, others
    GranuleError.
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
    same_sensor = [part for part in on_grid if part.ds.attrs["sensor"] == ds.attrs["sensor"]]
    return same_sensor or on_grid


def compose(
    parts: Sequence[LoadedGranule],
    day: np.datetime64,
    *,
    look: Look = "both",
    ancillary: Sequence[LoadedGranule] | None = None,
) -> Day:
    """Compose the GRID_TB of one UTC day, with the ancillary fields of the inversion.

    Args:
        parts: granules of one sensor and grid with observations of the day.
        day: UTC day.
        look: looks to keep.
        ancillary: granules of the day with soil temperature and soil properties; None: those of
            `parts`.

    Raises:
        EmptyDayError: no observation of the look, or no ancillary granule for granules with only
            the minutes around midnight.
        GranuleError: granules of different grids or channels, or no ancillary granule.
    """
    ds = observed_looks(_compose(parts, day), look)
    used = list(parts)
    if ancillary is not None:
        fitting = _fitting(ancillary, parts, ds, day)
        ds = with_ancillary(ds, observed_looks(_compose(fitting, day), "both"))
        used += fitting
    # A day with any simulated granule is simulated.
    simulated = any(schema.is_simulated(part.ds) for part in used)
    ds = ds.assign_attrs(simulated="true" if simulated else "false")
    return Day(ds, tuple(part.path for part in used))


def to_grid(ds: xr.Dataset, grid: Grid, cells: Int64 | None = None) -> xr.Dataset:
    """Regrid brightness temperature and ancillary fields to the grid of the inversion.

    Soil moisture is not linear in brightness temperature: the input is regridded, not the result.

    Args:
        ds: dataset after schema.GRID_TB and schema.ANCILLARY, of one day or more.
        grid: native returns the dataset unchanged.
        cells: cell numbers on EASE2_M25, rising; all land cells if not given.
    """
    if grid == "native" or ds.attrs["grid"] == ease2.M25.name:
        return ds
    return to_m25(ds, cells)
