"""Plan of a record: cells, days, granules and paths, from its configuration."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float64, Int64
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.config.load import Settings
from mcca_ml.config.record import RegionBox, RegionSettings
from mcca_ml.errors import ConfigError
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.grid.land import land_cells
from mcca_ml.pipeline.granules import ONE_DAY, InputGranule, find_granules, granules_on
from mcca_ml.sensors import SENSORS, networks
from mcca_ml.store.integrity import missing_blocks
from mcca_ml.store.layout import Frame, block_days, block_number, digest


@dataclass(frozen=True)
class Plan:
    """Cells, days, granules and paths of a record."""

    settings: Settings
    work: Path
    output: Path
    cells: Int64
    """Flat cells of EASE2_M25, rising."""
    first_day: np.datetime64
    last_day: np.datetime64
    granules: dict[str, tuple[InputGranule, ...]]
    """By sensor; sensors without any are absent."""
    learned_last: np.datetime64
    """Last UTC day that calibration, networks and fusion use; kept as a record grows."""

    @cached_property
    def imagers(self) -> tuple[str, ...]:
        """Sensors of the record for which there are granules, sorted."""
        return tuple(name for name in sorted(self.granules) if SENSORS[name].network)

    @cached_property
    def streams(self) -> tuple[str, ...]:
        """Sensors that give a stream, sorted: those whose network can be trained."""
        return tuple(name for name in self.imagers if SENSORS[name].network in self.granules)

    def lean(self) -> "Plan":
        """The same plan without its list of granules, small enough for every task."""
        return replace(self, granules=dict.fromkeys(self.granules, ()))

    def __getstate__(self) -> dict[str, object]:
        """State sent to other processes with every task; uncompressed, all land takes 2 MB."""
        steps = np.diff(self.cells, prepend=0).astype("<i8")  # nearly all are 1
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return own | {"cells": zlib.compress(steps.tobytes(), 1)}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        """Restore a plan in another process."""
        steps = np.frombuffer(zlib.decompress(bytes(state["cells"])), "<i8")  # type: ignore[call-overload]
        self.__dict__.update(state, cells=np.cumsum(steps, dtype=np.int64))

    def networks(self) -> tuple[str, ...]:
        """Sensors that a network is trained on."""
        return tuple(name for name in networks() if name in self.granules)

    def grid_store(self, sensor: str) -> Path:
        """Store of gridded brightness temperature."""
        return self.work / "grid" / f"{sensor}.zarr"

    @property
    def target_store(self) -> Path:
        """Store of stage one."""
        return self.work / "target.zarr"

    def stream_store(self, sensor: str) -> Path:
        """Store of the soil moisture of one sensor."""
        return self.work / "streams" / f"{sensor}.zarr"

    @property
    def record_store(self) -> Path:
        """Store of the fused record."""
        return self.work / "record.zarr"

    def coefficients(self, sensor: str) -> Path:
        """File of the calibration of a sensor; absent for a reference without any step."""
        return self.work / "calibration" / f"{sensor}.nc"

    def network(self, sensor: str) -> Path:
        """Directory of the networks trained on a sensor."""
        return self.work / "networks" / sensor

    def days(
        self, first: np.datetime64 | None = None, last: np.datetime64 | None = None
    ) -> Datetime64:
        """UTC days of the record, or those of them between two."""
        begin = max(self.first_day, first) if first is not None else self.first_day
        end = min(self.last_day, last) if last is not None else self.last_day
        return np.arange(begin, end + ONE_DAY)

    def blocks(self) -> list[int]:
        """Numbers of the blocks of 32 days that the record touches."""
        return list(range(block_number(self.first_day), block_number(self.last_day) + 1))

    def block_days(self, block: int) -> Datetime64:
        """Days of the record in a block."""
        of_block = block_days(block)
        return self.days(of_block[0], of_block[-1])

    def granules_on(self, sensor: str, days: Datetime64) -> tuple[InputGranule, ...]:
        """Granules of a sensor that may hold observations of some days."""
        return granules_on(self.granules.get(sensor, ()), days)

    def learned_from(self) -> str:
        """Digest of all inputs of calibration, networks and fusion except their settings."""
        days = self.days(last=self.learned_last)
        granules = [
            digest(*(granule.identity for granule in self.granules_on(name, days)))
            for name in sorted(self.granules)
        ]
        cells = digest(*map(str, self.cells.tolist()))
        return digest(str(days[0]), str(days[-1]), cells, *sorted(self.granules), *granules)

    def frame(
        self, sensor: str, contents: str, configuration: str, channels: tuple[str, ...] = ()
    ) -> Frame:
        """Frame of a store of this record."""
        return Frame(sensor, channels, self.cells, configuration, contents)


@dataclass(frozen=True)
class DaysTask:
    """32 days of a store that is cut into days."""

    store: Path
    days: Datetime64
    granules: tuple[InputGranule, ...]
    inputs: str


def missing_days(plan: Plan, store: Path, sensor: str, *settings: str) -> list[DaysTask]:
    """Tasks of the blocks of days that have granules of a sensor and are not in a store.

    Args:
        plan: plan of the record.
        store: store of the sensor; if it does not exist, all blocks are missing.
        sensor: name of the sensor.
        settings: settings on which the values depend, besides the granules.
    """
    tasks = {}
    for block in plan.blocks():
        days = plan.block_days(block)
        granules = plan.granules_on(sensor, days)
        if granules:
            ends = str(days[0]), str(days[-1])
            inputs = digest(*settings, *ends, *(granule.identity for granule in granules))
            tasks[block] = DaysTask(store, days, granules, inputs)
    wanted = {block: task.inputs for block, task in tasks.items()}
    return [tasks[block] for block in missing_blocks(store, wanted)]


def _inside(box: RegionBox, lat: Float64, lon: Float64) -> Booleans:
    """Return True for places in a box; east below west means that it crosses 180 degrees."""
    is_east, is_west = lon >= box.west, lon <= box.east
    is_between = is_east | is_west if box.east < box.west else is_east & is_west
    return np.asarray((lat >= box.south) & (lat <= box.north) & is_between)


def region_cells(region: RegionSettings) -> Int64:
    """Land cells of a region, rising.

    Raises:
        ConfigError: no land in it, or a number that is no land cell.
    """
    land = land_cells(M25).astype(np.int64)
    if not region.box and not region.cells:
        return land
    place = cell_latlon(M25, land)
    chosen = np.zeros(land.size, np.bool_)
    for box in region.box:
        chosen |= _inside(box, place.lat, place.lon)
    asked = np.array(region.cells, np.int64)
    strange = asked[~np.isin(asked, land)]
    if strange.size:
        raise ConfigError(
            f"[region] cells: found {', '.join(map(str, strange[:3]))}, expected numbers of land "
            f"cells of {M25.name}; take them out"
        )
    cells = np.union1d(land[chosen], asked)
    if not cells.size:
        raise ConfigError(
            "[region]: found no land cell whose centre lies in its boxes, expected one at least; "
            "widen them"
        )
    return cells


_LEARNED = "learned_until"


def learned_until(work: Path, last_day: np.datetime64, *, retrain: bool) -> np.datetime64:
    """Return the last day used for learning: that of the first run, unless retrained.

    Args:
        work: directory of the stages.
        last_day: of the period.
        retrain: True to learn again from all days of the period.
    """
    path = work / _LEARNED
    try:
        known: np.datetime64 = np.datetime64(path.read_text().strip(), "D")
    except (OSError, ValueError):
        known = last_day
    until: np.datetime64 = last_day if retrain or known > last_day else known
    if not path.is_file() or until != known:
        with replacing(path) as beside:
            beside.write_text(f"{until}\n")
    return until


def make_plan(settings: Settings, base: Path, *, retrain: bool = False) -> Plan:
    """Plan the record of a configuration; makes its directories and hashes its granules.

    Args:
        settings: the whole configuration.
        base: directory of the file, to which its paths are relative.
        retrain: learn again from all days instead of keeping coefficients and networks.

    Raises:
        ConfigError: no period, work or output, or no land in the region.
        GranuleError: granules are missing, or two are versions of one.
        OutputError: a directory cannot be made.
    """
    if settings.period is None or settings.work is None or settings.output is None:
        sections = {
            "[period] end": settings.period,
            "[work] directory": settings.work,
            "[output] directory": settings.output,
        }
        missing = [name for name, table in sections.items() if table is None]
        raise ConfigError(
            f"run: found no {', '.join(missing)}, expected [period], [work] and [output]; add them"
        )
    cells = region_cells(settings.region)
    work = make_directory(base / settings.work.directory)
    output = make_directory(base / settings.output.directory)
    granules = find_granules(settings.input, base, work / "inputs.json")
    first = np.datetime64(settings.period.start, "D")
    last = np.datetime64(settings.period.end, "D")
    until = learned_until(work, last, retrain=retrain)
    return Plan(settings, work, output, cells, first, last, granules, until)
