"""Granules of SMAP -> the retrieval in some cells of the record, day by day: the target.

Brightness temperature and ancillary fields are read, composed and regridded in the source cells
that the chosen cells meet, and nowhere else. What a cell gets depends neither on the other cells
nor on the other days that are asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Int64
from mcca_ml.config.load import RetrieveSettings
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.grid import ease2
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.grid.regrid import cover_of, to_m25
from mcca_ml.grid.stack_days import stack_days
from mcca_ml.publish.attributes import is_simulated
from mcca_ml.read.any_granule import read
from mcca_ml.read.by_day import Part, by_day, stamp_day
from mcca_ml.read.granule_names import check_versions
from mcca_ml.retrieve.channels import choose_channels
from mcca_ml.retrieve.single_look import BLOCK_ROWS, retrieve
from mcca_ml.sensors import SMAP
from mcca_ml.stage_one.compose_day import EmptyDayError, by_product, gather
from mcca_ml.stage_one.fill_ancillary import with_lent
from mcca_ml.stage_one.observation_rows import Rows, Table, rows_of

ONE_DAY = np.timedelta64(1, "D")

CELLS_AT_ONCE = 1 << 19
"""Cells, counted once a day, that are regridded in one step: few steps for a region, and for all
land no more memory than two days take."""

ROWS_AT_ONCE = 64 * BLOCK_ROWS
"""Observations that are retrieved in one step, the last block of which may not be full."""


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
            cover = cover_of(grid, ease2.M25, source_cells=every, target_cells=self.cells)
            self.sources[grid.name] = np.unique(cover.index[cover.weight > 0]).astype(np.int64)
        return self.sources[grid.name]

    def __call__(self, path: Path) -> Part:
        """Read one granule."""
        ds = read(path, self.cells_of)
        if ds.attrs["sensor"] != SMAP.name:
            raise GranuleError(
                f"{path.name}: is of {ds.attrs['sensor']}, expected {SMAP.name}, from which the "
                "target is made; take it out of the input"
            )
        self.has_simulated |= is_simulated(ds)
        return Part(path, ds)


def _raise(error: GranuleError | SchemaError) -> None:
    raise error


def near(paths: Sequence[Path], days: Datetime64) -> list[Path]:
    """The granules that may hold observations of the days, by their names, in the order given.

    Args:
        paths: granules; by its name one may begin on the day or the day before, or have no date.
        days: UTC days.
    """
    begins = {None, *days.tolist(), *(days - ONE_DAY).tolist()}
    stamps = ((path, stamp_day(path)) for path in paths)
    return [path for path, day in stamps if (day if day is None else day.item()) in begins]


def _one_day(
    parts: Sequence[Part], day: np.datetime64, lend: Callable[..., xr.Dataset | None]
) -> xr.Dataset | None:
    """GRID_TB of the day on its own grid, with what is lent; None if nothing was seen."""
    groups = by_product(parts, "m25")
    try:
        ds = gather(groups[0], day, grid="native", look="both", lenders=None).ds
    except EmptyDayError:
        return None
    lent = lend(ds, parts, day)
    if lent is not None and "soil_temperature" not in lent:
        raise GranuleError(
            f"{parts[0].path.name}: holds no soil temperature, which the inversion needs; give "
            "granules of the same day that have it as lenders (SPL2SMP or SPL3SMP)"
        )
    return lent


def _key(ds: xr.Dataset) -> tuple[object, ...]:
    """What days must share to be regridded together; also which fields they have."""
    return (ds.attrs["grid"], tuple(ds["channel"].to_numpy().tolist()), frozenset(ds.data_vars))


def _together(days: Iterator[xr.Dataset], number: int) -> Iterator[list[xr.Dataset]]:
    """Successive days alike in `_key`, at most `number` at once."""
    held: list[xr.Dataset] = []
    for ds in days:
        if held and (len(held) == number or _key(held[0]) != _key(ds)):
            yield held
            held = []
        held.append(ds)
    if held:
        yield held


def _on_m25(days: Sequence[xr.Dataset], cells: Int64) -> xr.Dataset:
    """The days in the chosen cells, as far as they were seen."""
    stack = stack_days(days)
    if stack.attrs["grid"] == ease2.M25.name:
        return stack
    return to_m25(stack, cells)


def _gridded(
    granules: Sequence[Path], lenders: Sequence[Path], days: Datetime64, reader: _Reader
) -> Iterator[xr.Dataset]:
    """The days of which something was seen, each on its own grid."""
    wanted = set(days.tolist())
    lend = partial(with_lent, lenders=near(lenders, days) if lenders else None, take=reader)
    for day, parts in by_day(near(granules, days), _raise, lambda: None, reader):
        ds = _one_day(parts, day, lend) if day.item() in wanted else None
        del parts
        if ds is not None:
            yield ds


def _gathered(parts: Iterable[Rows], at_least: int) -> Iterator[Rows]:
    """Rows that fill the blocks of the kernel: at least so many, but for the last ones."""
    held: list[Rows] = []
    for rows in parts:
        if rows.size:
            held.append(rows)
        if sum(one.size for one in held) >= at_least:
            yield Rows.joined(held)
            held = []
    if held:
        yield Rows.joined(held)


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
    lenders: Sequence[Path] = (),
    *,
    cells_at_once: int = CELLS_AT_ONCE,
    rows_at_once: int = ROWS_AT_ONCE,
) -> xr.Dataset:
    """The target in some cells of EASE2_M25 on some days, from the granules of SMAP.

    Args:
        granules: SPL3SMP, SPL2SMP, SPL1CTB or their 9 km siblings, in any order; those whose
            names place them on other days are not opened.
        cells: flat indices on EASE2_M25, rising.
        days: UTC days, rising.
        settings: the `[retrieve]` table; each look is retrieved by itself, whatever its mode.
        lenders: granules that lend temperature and soil to the others; none lend if not given.
        cells_at_once: cells, counted once a day, that are regridded in one step.
        rows_at_once: observations that are retrieved in one step; neither changes a value.

    Returns:
        After `schema.TARGET`, with every day, looks am and pm, and every cell. Where nothing was
        observed, `flag` is NOT_OBSERVED, numbers are NaN, times NaT, classes 255. Attributes
        sensor, grid, simulated, channels, vod_frequency_ghz.

    Raises:
        GranuleError: a granule cannot be used, two are versions of one, they do not belong
            together, or nothing gives a soil temperature.
        SchemaError: granules on an unknown grid.
        ConfigError: the settings name an unknown channel.
    """
    check_versions(granules)
    check_versions(lenders)
    cells, days = np.asarray(cells, np.int64), np.asarray(days, "M8[D]")
    reader = _Reader(cells)
    at_once = max(1, cells_at_once // max(1, cells.size))
    table = Table.blank((days.size, len(TARGET_HOUR), cells.size))
    together = _together(_gridded(granules, lenders, days, reader), at_once)
    every = (rows_of(_on_m25(some, cells), days, cells) for some in together)
    for rows in _gathered(every, rows_at_once):
        attrs = _attributes(settings, simulated=reader.has_simulated)
        table.put(rows, retrieve(rows.dataset(attrs), settings))
    place = ease2.cell_latlon(ease2.M25, cells)
    out = xr.Dataset(
        table.variables(),
        coords={
            "time": days.astype("M8[ns]"),
            "look": list(TARGET_HOUR),
            "cell": cells,
            "lat": ("cell", place.lat, {"units": "degrees_north"}),
            "lon": ("cell", place.lon, {"units": "degrees_east"}),
        },
        attrs=_attributes(settings, simulated=reader.has_simulated),
    )
    return schema.check(out, schema.TARGET, where="retrieve_days")
