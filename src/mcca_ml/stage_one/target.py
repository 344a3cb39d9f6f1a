"""Retrieve the target, daily soil moisture and VOD in the cells of the record, from SMAP granules.

Brightness temperature and ancillary fields are read, composed and regridded only in source cells
that overlap the requested cells. The result in a cell depends neither on the other requested cells
nor on the other requested days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Int64
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.grid import ease2
from mcca_ml.grid.daily_composite import TARGET_HOUR, stack_days
from mcca_ml.grid.regrid import compute_cover
from mcca_ml.read.any_granule import open_granule
from mcca_ml.read.by_day import LoadedGranule, by_day
from mcca_ml.read.granule_names import check_versions, stamp_day
from mcca_ml.retrieve.channels import choose_channels
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.sensors import SMAP
from mcca_ml.stage_one.compose_day import EmptyDayError, compose, to_grid

ONE_DAY = np.timedelta64(1, "D")

CELLS_AT_ONCE = 1 << 19
"""Cells times days regridded in one step: few steps for a region, and for all land the memory of
two days."""

CARRIED = ("soil_temperature", "clay_fraction", "roughness_h", "water_fraction")
"""Ancillary variables of the target, copied from the granules."""

_DTYPES: Mapping[str, npt.DTypeLike] = {
    "flag": FLAG_DTYPE,
    "obs_time": np.dtype("M8[ns]"),
    "land_cover_main": np.uint8,
}
"""Data types of the variables that are not float32."""


@dataclass
class _Reader:
    """Read granules in the source cells of the requested cells."""

    cells: Int64
    """Cell numbers on EASE2_M25, rising."""
    is_simulated: bool = False
    """True if any granule read so far is simulated, even without an observation of the cells."""
    sources: dict[str, Int64] = field(default_factory=dict)
    """Cell numbers of overlapping source cells, by grid."""

    def source_cells(self, grid: ease2.Grid) -> Int64:
        """Cell numbers of `grid` that overlap the requested cells, rising."""
        if grid.name not in self.sources:
            every = np.arange(grid.size)
            cover = compute_cover(grid, ease2.M25, source_cells=every, target_cells=self.cells)
            self.sources[grid.name] = np.unique(cover.index[cover.weight > 0]).astype(np.int64)
        return self.sources[grid.name]

    def __call__(self, path: Path) -> LoadedGranule:
        """Read one granule."""
        ds = open_granule(path, self.source_cells)
        if ds.attrs["sensor"] != SMAP.name:
            raise GranuleError(
                f"{path.name}: found sensor {ds.attrs['sensor']}, expected {SMAP.name}, from which "
                "the target is retrieved; remove it from the input"
            )
        self.is_simulated |= schema.is_simulated(ds)
        return LoadedGranule(path, ds)


def _raise(error: GranuleError | SchemaError) -> None:
    raise error


def near(paths: Sequence[Path], days: Datetime64) -> list[Path]:
    """Select granules that may have observations of the days, by the date in their names.

    Args:
        paths: granules; selected if the name has a day, the day before, or no date.
        days: UTC days.
    """
    begins = {None, *days.tolist(), *(days - ONE_DAY).tolist()}
    stamps = ((path, stamp_day(path)) for path in paths)
    return [path for path, day in stamps if (day if day is None else day.item()) in begins]


def _one_day(parts: Sequence[LoadedGranule], day: np.datetime64) -> xr.Dataset | None:
    """GRID_TB of a day on the grid of its granules; None without an observation on it."""
    try:
        ds = compose(parts, day).ds
    except EmptyDayError:
        return None
    if "soil_temperature" not in ds:
        raise GranuleError(
            f"{parts[0].path.name}: no soil temperature found, which the inversion needs; give "
            "SPL2SMP or SPL3SMP granules of the same day"
        )
    return ds


def _composed(granules: Sequence[Path], days: Datetime64, reader: _Reader) -> Iterator[xr.Dataset]:
    """Yield the GRID_TB of each day with observations, on the grid of its granules."""
    wanted = set(days.tolist())
    for day, parts in by_day(near(granules, days), _raise, lambda: None, reader):
        ds = _one_day(parts, day) if day.item() in wanted else None
        del parts  # frees memory before the next day is read
        if ds is not None:
            yield ds


def _key(ds: xr.Dataset) -> tuple[object, ...]:
    """Key of days that can be regridded together: grid, channels and variables."""
    return (ds.attrs["grid"], tuple(ds["channel"].to_numpy().tolist()), frozenset(ds.data_vars))


def _batches(days: Iterator[xr.Dataset], number: int) -> Iterator[list[xr.Dataset]]:
    """Yield batches of at most `number` successive days of equal `_key`."""
    batch: list[xr.Dataset] = []
    for ds in days:
        if batch and (len(batch) == number or _key(batch[0]) != _key(ds)):
            yield batch
            batch = []
        batch.append(ds)
    if batch:
        yield batch


def _blank(shape: tuple[int, int, int]) -> dict[str, AnyArray]:
    """Missing values of the variables of schema.TARGET; shape: days, looks and cells."""
    types = {name: np.dtype(_DTYPES.get(name, np.float32)) for name in schema.TARGET}
    return {
        name: np.full(shape, schema.missing_like(name, dtype), dtype)
        for name, dtype in types.items()
    }


def _put(
    target: Mapping[str, AnyArray],
    place: tuple[AnyArray, ...],
    is_observed: Booleans,
    retrieved: xr.Dataset,
) -> None:
    """Copy retrieved values into the target.

    Args:
        target: arrays (day, look, cell) by variable; modified.
        place: positions of the days, looks and cells of `retrieved` in the target.
        is_observed: True where a bin of `retrieved` is an observation, including one without a
            valid brightness temperature.
        retrieved: dataset after schema.RETRIEVAL, with the other variables of schema.TARGET.
    """
    at = tuple(axis[index] for axis, index in zip(place, np.nonzero(is_observed), strict=True))
    for name, values in target.items():
        if name in retrieved:
            values[at] = retrieved[name].to_numpy()[is_observed]


def _attributes(settings: RetrieveSettings, *, simulated: bool) -> dict[str, object]:
    channels = choose_channels(SMAP, names=settings.channels, core=settings.core)
    return {
        "sensor": SMAP.name,
        "grid": ease2.M25.name,
        "simulated": "true" if simulated else "false",
        "channels": ", ".join(channels.names),
        "vod_frequency_ghz": channels.core_channel.frequency_ghz,
    }


def retrieve_days(
    granules: Sequence[Path],
    cells: Int64,
    days: Datetime64,
    settings: RetrieveSettings,
    *,
    cells_at_once: int = CELLS_AT_ONCE,
) -> xr.Dataset:
    """Retrieve the target in some cells of EASE2_M25 on some days from SMAP granules.

    Args:
        granules: SPL3SMP, SPL2SMP or their 9 km versions, in any order; granules with another day
            in their name are not opened.
        cells: cell numbers on EASE2_M25, rising.
        days: UTC days, rising.
        settings: the `[retrieve]` table; each look is retrieved separately, whatever its mode.
        cells_at_once: cells times days regridded in one step; the result does not depend on it.

    Returns:
        Dataset after `schema.TARGET`, with every day, looks am and pm, and every cell. Without an
        observation `flag` is NOT_OBSERVED, numbers are NaN, times NaT, classes 255. Attributes
        sensor, grid, simulated, channels, vod_frequency_ghz.

    Raises:
        GranuleError: a granule is not usable or has no soil temperature, two are versions of the
            same, or their grids or channels differ.
        SchemaError: granules on an unknown grid.
        ConfigError: the settings name an unknown channel.
    """
    check_versions(granules)
    cells, days = np.asarray(cells, np.int64), np.asarray(days, "M8[D]")
    reader = _Reader(cells)
    target = _blank((days.size, len(TARGET_HOUR), cells.size))
    number = max(1, cells_at_once // max(1, cells.size))
    for batch in _batches(_composed(granules, days, reader), number):
        ds = to_grid(stack_days(batch), "m25", cells)
        if not ds.sizes["cell"]:
            continue
        ground = {name: ds[name] for name in CARRIED if name in ds}
        if "land_cover" in ds:  # the first class has the largest fraction
            ground["land_cover_main"] = ds["land_cover"].isel(cover=0)
        place = (
            np.searchsorted(days, ds["time"].to_numpy().astype("M8[D]")),
            np.arange(len(TARGET_HOUR)),
            np.searchsorted(cells, ds["cell"].to_numpy()),
        )
        retrieved = retrieve(ds, settings).assign(ground)
        _put(target, place, schema.is_observed(ds), retrieved)
    out = xr.Dataset(
        {
            name: (var.dims, target[name], {} if var.units is None else {"units": var.units})
            for name, var in schema.TARGET.items()
        },
        coords={
            "time": days.astype("M8[ns]"),
            "look": list(TARGET_HOUR),
            **ease2.cell_coordinates(ease2.M25, cells, {}),
        },
        attrs=_attributes(settings, simulated=reader.is_simulated),
    )
    return schema.check(out, schema.TARGET, where="retrieve_days")
