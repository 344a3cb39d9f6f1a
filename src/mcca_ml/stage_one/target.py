"""Granules of SMAP -> the retrieval in some cells of the record, day by day: the target.

Brightness temperature and ancillary fields are read, composed and regridded in the source cells
that the chosen cells meet, and nowhere else. What a cell gets depends neither on the other cells
nor on the other days that are asked for.
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
from mcca_ml.read.any_granule import read
from mcca_ml.read.by_day import LoadedGranule, by_day
from mcca_ml.read.granule_names import check_versions, stamp_day
from mcca_ml.retrieve.channels import choose_channels
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.sensors import SMAP
from mcca_ml.stage_one.compose_day import EmptyDayError, compose, to_grid

ONE_DAY = np.timedelta64(1, "D")

CELLS_AT_ONCE = 1 << 19
"""Cells, counted once a day, that are regridded in one step: few steps for a region, and for all
land no more memory than two days take."""

CARRIED = ("soil_temperature", "clay_fraction", "roughness_h", "water_fraction")
"""Variables of the target that are not retrieved."""

_DTYPES: Mapping[str, npt.DTypeLike] = {
    "flag": FLAG_DTYPE,
    "obs_time": np.dtype("M8[ns]"),
    "land_cover_main": np.uint8,
}
"""Types of the variables that are not float32."""


@dataclass
class _Reader:
    """Reads granules where the chosen cells are."""

    cells: Int64
    """Flat indices on EASE2_M25, rising."""
    has_simulated: bool = False
    """Whether one of the granules read so far is simulated, though it saw none of the cells."""
    sources: dict[str, Int64] = field(default_factory=dict)
    """The source cells that the chosen cells meet, by grid."""

    def cells_of(self, grid: ease2.Grid) -> Int64:
        """The cells of `grid` that the chosen cells meet, rising."""
        if grid.name not in self.sources:
            every = np.arange(grid.size)
            cover = compute_cover(grid, ease2.M25, source_cells=every, target_cells=self.cells)
            self.sources[grid.name] = np.unique(cover.index[cover.weight > 0]).astype(np.int64)
        return self.sources[grid.name]

    def __call__(self, path: Path) -> LoadedGranule:
        """Read one granule."""
        ds = read(path, self.cells_of)
        if ds.attrs["sensor"] != SMAP.name:
            raise GranuleError(
                f"{path.name}: is of {ds.attrs['sensor']}, expected {SMAP.name}, from which the "
                "target is made; take it out of the input"
            )
        self.has_simulated |= schema.is_simulated(ds)
        return LoadedGranule(path, ds)


def _raise(error: GranuleError | SchemaError) -> None:
    raise error


def near(paths: Sequence[Path], days: Datetime64) -> list[Path]:
    """The granules that may contain observations of the days, by their names, in the order given.

    Args:
        paths: granules; by its name one may begin on the day or the day before, or have no date.
        days: UTC days.
    """
    begins = {None, *days.tolist(), *(days - ONE_DAY).tolist()}
    stamps = ((path, stamp_day(path)) for path in paths)
    return [path for path, day in stamps if (day if day is None else day.item()) in begins]


def _one_day(parts: Sequence[LoadedGranule], day: np.datetime64) -> xr.Dataset | None:
    """GRID_TB of a day on the grid of its granules; None where they observed nothing on it."""
    try:
        ds = compose(parts, day).ds
    except EmptyDayError:
        return None
    if "soil_temperature" not in ds:
        raise GranuleError(
            f"{parts[0].path.name}: holds no soil temperature, which the inversion needs; give "
            "SPL2SMP or SPL3SMP granules of the same day"
        )
    return ds


def _composed(granules: Sequence[Path], days: Datetime64, reader: _Reader) -> Iterator[xr.Dataset]:
    """The days on which something was observed, each on its own grid."""
    wanted = set(days.tolist())
    for day, parts in by_day(near(granules, days), _raise, lambda: None, reader):
        ds = _one_day(parts, day) if day.item() in wanted else None
        del parts  # or they would stay in memory while the next day is read
        if ds is not None:
            yield ds


def _key(ds: xr.Dataset) -> tuple[object, ...]:
    """What days must share to be regridded together; also which fields they have."""
    return (ds.attrs["grid"], tuple(ds["channel"].to_numpy().tolist()), frozenset(ds.data_vars))


def _batches(days: Iterator[xr.Dataset], number: int) -> Iterator[list[xr.Dataset]]:
    """Successive days alike in `_key`, at most `number` at once."""
    batch: list[xr.Dataset] = []
    for ds in days:
        if batch and (len(batch) == number or _key(batch[0]) != _key(ds)):
            yield batch
            batch = []
        batch.append(ds)
    if batch:
        yield batch


def _blank(shape: tuple[int, int, int]) -> dict[str, AnyArray]:
    """The variables of schema.TARGET with nothing observed; shape: days, looks and cells."""
    types = {name: np.dtype(_DTYPES.get(name, np.float32)) for name in schema.TARGET}
    return {
        name: np.full(shape, schema.missing_like(name, dtype), dtype)
        for name, dtype in types.items()
    }


def _put(
    target: Mapping[str, AnyArray],
    place: tuple[AnyArray, ...],
    is_seen: Booleans,
    retrieved: xr.Dataset,
) -> None:
    """Set what was retrieved of the observations in the target.

    Args:
        target: arrays (day, look, cell) by variable; changed.
        place: positions of the days, looks and cells of `retrieved` in them.
        is_seen: whether each of its bins is an observation. A bin without a valid brightness
            temperature counts, though the retrieval then says that nothing was observed.
        retrieved: after schema.RETRIEVAL, with the other variables of schema.TARGET.
    """
    at = tuple(axis[index] for axis, index in zip(place, np.nonzero(is_seen), strict=True))
    for name, values in target.items():
        if name in retrieved:
            values[at] = retrieved[name].to_numpy()[is_seen]


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
    """The target in some cells of EASE2_M25 on some days, from the granules of SMAP.

    Args:
        granules: SPL3SMP, SPL2SMP or their 9 km siblings, in any order; those whose names place
            them on other days are not opened.
        cells: flat indices on EASE2_M25, rising.
        days: UTC days, rising.
        settings: the `[retrieve]` table; each look is retrieved by itself, whatever its mode.
        cells_at_once: cells, counted once a day, that are regridded in one step; the result does
            not depend on it.

    Returns:
        After `schema.TARGET`, with every day, looks am and pm, and every cell. Where nothing was
        observed, `flag` is NOT_OBSERVED, numbers are NaN, times NaT, classes 255. Attributes
        sensor, grid, simulated, channels, vod_frequency_ghz.

    Raises:
        GranuleError: a granule cannot be used, two are versions of one, they do not belong
            together, or one gives no soil temperature.
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
        if "land_cover" in ds:  # the first class has the largest share
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
        attrs=_attributes(settings, simulated=reader.has_simulated),
    )
    return schema.check(out, schema.TARGET, where="retrieve_days")
