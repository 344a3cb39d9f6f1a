"""Stage one alone: granules of SMAP -> one NetCDF file a UTC day, for `mcca-ml retrieve`."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.atomic import make_directory
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.flags import Flag, is_recommended
from mcca_ml.grid.daily_composite import stack_days
from mcca_ml.publish.attributes import Provenance, SourceGranule, provenance, source
from mcca_ml.publish.smap_day import file_name, is_of_others, write_product
from mcca_ml.read.by_day import Days, LoadedGranule, by_day, load_day
from mcca_ml.read.granule import shorten
from mcca_ml.retrieve.season import retrieve_season
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.stage_one.compose_day import (
    Day,
    EmptyDayError,
    Grid,
    Look,
    by_product,
    compose,
    to_grid,
)

Progress = Callable[[int, int], None]
"""Called with the granules read and the cells retrieved since the last call."""

OPERATIONAL = "soil_moisture_operational"


@dataclass(frozen=True)
class Options:
    """What to make of the granules, beside the settings of the retrieval."""

    grid: Grid = "native"
    look: Look = "both"
    ancillary: tuple[Path, ...] = ()
    """Granules that lend temperature and soil where the others have none."""
    has_maps: bool = False
    """A PNG for each look beside each product."""
    keeps_going: bool = False
    """A bad granule is listed at the end, and the others are done."""


@dataclass(frozen=True)
class Summary:
    """What a run has made."""

    products: tuple[Path, ...] = ()
    maps: tuple[Path, ...] = ()
    granules: int = 0
    """Granules read."""
    cells: int = 0
    """Values of soil moisture, over all days and looks."""
    recommended: int = 0
    """Those among them without a condition of the recommended mask."""
    failures: tuple[str, ...] = ()
    """Why a granule or a day could not be done, one line each."""
    empty: tuple[EmptyDayError, ...] = ()
    """Days without a product though their granules are sound."""
    replaced: tuple[Path, ...] = ()
    """Products that took the place of one made from other granules."""

    @property
    def is_complete(self) -> bool:
        """Whether everything was done that was asked for."""
        return not self.failures

    def plus(self, other: "Summary") -> "Summary":
        """Both together."""
        names = [field.name for field in fields(self)]
        return Summary(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class _Job:
    """What is the same for every day of a run."""

    out_dir: Path
    settings: RetrieveSettings
    options: Options
    progress: Progress
    made: Provenance
    """That of the products, without their sources."""
    source: Callable[[Path], SourceGranule]
    """Name and hash of a granule, computed once in the run: a season names all in each product."""

    def attempt(self, work: Callable[[], Summary]) -> Summary:
        """Do `work`; where the run keeps going, a bad granule becomes a line of the summary."""
        try:
            return work()
        except EmptyDayError as error:
            return Summary(empty=(error,))
        except (GranuleError, SchemaError) as error:
            if not self.options.keeps_going:
                raise
            return Summary(failures=(str(error),))

    def compose(self, day: np.datetime64, parts: Sequence[LoadedGranule]) -> Day:
        """One day of one sensor on the grid and for the looks that the options ask for."""
        options = self.options
        ancillary = load_day(options.ancillary, day) if options.ancillary else None
        composed = compose(parts, day, look=options.look, ancillary=ancillary)
        return Day(to_grid(composed.ds, options.grid), composed.paths)


def _why_nothing(retrieved: xr.Dataset) -> str:
    """The commonest conditions of the observed cells, in words."""
    flags = retrieved["flag"].to_numpy()[schema.is_observed(retrieved)]
    counts = {bit: int(((flags & int(bit)) != 0).sum()) for bit in Flag}
    common = sorted((bit for bit in counts if counts[bit]), key=lambda bit: -counts[bit])[:3]
    return ", ".join(f"{(bit.name or '').lower()} {counts[bit]}" for bit in common) or "none"


def _publish(job: _Job, paths: Sequence[Path], retrieved: xr.Dataset) -> Summary:
    """Write the product of one day and its maps."""
    known = np.isfinite(retrieved["soil_moisture"].to_numpy())
    if not known.any():
        day = str(retrieved["time"].to_numpy()[0])[:10]
        raise EmptyDayError(
            f"{day}: no cell could be retrieved, no product",
            f"commonest conditions in {shorten(path.name for path in paths)}: "
            f"{_why_nothing(retrieved)}; expected some cell of land; give other granules",
        )
    if OPERATIONAL in retrieved and not bool(np.isfinite(retrieved[OPERATIONAL]).any()):
        retrieved = retrieved.drop_vars(OPERATIONAL)
    made = replace(job.made, sources=tuple(map(job.source, paths)))
    was_of_others = is_of_others(job.out_dir / file_name(retrieved), made.sources)
    product = write_product(retrieved, job.out_dir, made)
    maps: list[Path] = []
    if job.options.has_maps:
        from mcca_ml.plot.day_map import write_map  # matplotlib costs more time than a small day

        for look in map(str, retrieved["look"].to_numpy()):
            maps.append(write_map(retrieved, look, product.with_name(f"{product.stem}_{look}.png")))
    good = known & is_recommended(retrieved["flag"].to_numpy())
    return Summary(
        products=(product,),
        maps=tuple(maps),
        cells=int(known.sum()),
        recommended=int(good.sum()),
        replaced=(product,) if was_of_others else (),
    )


def _one_day(job: _Job, day: np.datetime64, parts: Sequence[LoadedGranule]) -> Summary:
    composed = job.compose(day, parts)
    retrieved = retrieve(composed.ds, job.settings, done=lambda cells: job.progress(0, cells))
    return _publish(job, composed.paths, retrieved)


def _each_day(
    job: _Job, days: Days, work: Callable[[np.datetime64, list[LoadedGranule]], Summary]
) -> Summary:
    """Do `work` for the granules of each day, sensor and grid."""
    total = Summary()
    for day, parts in days:
        for group in by_product(parts, job.options.grid):
            total = total.plus(job.attempt(partial(work, day, group)))
            del group  # or they would stay in memory while the next day is read
        del parts
    return total


def _one_season(job: _Job, gathered: Sequence[Day]) -> Summary:
    """The days of one sensor and grid: they share one VOD ratio per cell."""
    stack = stack_days([day.ds for day in gathered])
    retrieved = retrieve_season(stack, job.settings, done=lambda cells: job.progress(0, cells))
    # Each day of a season rests on the granules of all its days.
    paths = tuple(dict.fromkeys(path for day in gathered for path in day.paths))
    total = Summary()
    for number, one_day in enumerate(gathered):
        one = retrieved.isel(time=[number]).sel(look=one_day.ds["look"].to_numpy())
        one = one.assign_attrs(simulated=one_day.ds.attrs["simulated"])
        total = total.plus(job.attempt(partial(_publish, job, paths, one)))
    return total


def _season(job: _Job, days: Days) -> Summary:
    """All days at once, each sensor and grid by itself."""
    seasons: dict[tuple[str, str], list[Day]] = {}

    def collect(day: np.datetime64, parts: Sequence[LoadedGranule]) -> Summary:
        composed = job.compose(day, parts)
        key = (str(composed.ds.attrs["sensor"]), str(composed.ds.attrs["grid"]))
        seasons.setdefault(key, []).append(composed)
        return Summary()

    total = _each_day(job, days, collect)
    for gathered in seasons.values():
        total = total.plus(job.attempt(partial(_one_season, job, gathered)))
    return total


def retrieve_granules(
    paths: Sequence[Path],
    out_dir: Path,
    settings: RetrieveSettings,
    options: Options | None = None,
    *,
    progress: Progress = lambda _granules, _cells: None,
) -> Summary:
    """Make one NetCDF product of every UTC day that the granules hold; return what was made.

    Args:
        paths: granules in any order; half orbits of a day are composed into it.
        out_dir: where the products go, `20150401_smap_m36.nc` for instance; made if missing. A
            product of the same name is replaced; one of other granules is named in the summary.
        settings: the `[retrieve]` table; in its mode "season" all days are in memory at once.
        options: grid, looks, maps, and what to do with a bad granule.
        progress: called with the granules read and cells retrieved since the last call.

    Raises:
        GranuleError: a granule cannot be used, or no day gives a product (in the summary, if the
            run keeps going). Some days without a product are no error: they stand in `empty`.
        SchemaError: granules that do not belong together, of two grids for instance (likewise).
        OutputError: a product cannot be written; those before it stand.
        ConfigError: the settings name an unknown channel.
    """
    options = options or Options()
    granules = tuple(dict.fromkeys(paths))
    if not granules:
        raise GranuleError("retrieve: found no granule, expected at least one; name some files")
    made = provenance(settings, source_date_epoch=os.environ.get("SOURCE_DATE_EPOCH", ""))
    job = _Job(make_directory(out_dir), settings, options, progress, made, cache(source))
    bad: list[str] = []

    def keep(error: GranuleError | SchemaError) -> None:
        if not options.keeps_going:
            raise error
        bad.append(str(error))

    days = by_day(granules, keep, lambda: progress(1, 0))
    if settings.mode == "season":
        summary = _season(job, days)
    else:
        summary = _each_day(job, days, partial(_one_day, job))
    total = replace(summary, granules=len(granules) - len(bad), failures=(*bad, *summary.failures))
    if total.products or not total.empty:
        return total
    if not options.keeps_going:
        raise GranuleError(str(total.empty[0]))
    return replace(total, failures=(*total.failures, *map(str, total.empty)), empty=())
