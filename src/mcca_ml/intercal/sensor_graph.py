"""Calibrate all sensors of a record to their references, along the paths in `sensors`.

A reference is a sensor that a network is trained on. A sensor whose reference is absent gets no
coefficients, because there is no network for it; it may still link two others. Changes within a
reference are subtracted first: a drift against a more stable reference, and a step at a boost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.intercal.coefficients import Change, to_dataset
from mcca_ml.intercal.deming_regression import Line
from mcca_ml.intercal.drift import Drift, drift_against_reference
from mcca_ml.intercal.fit_link import fit_link
from mcca_ml.intercal.link import Link, chain, combine
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.pairs_from_stores import StorePeriod, find_store_period, match_stores, overlap
from mcca_ml.intercal.regress_differences import DAY, YEAR_DAYS
from mcca_ml.intercal.step import Step, step_against_itself, step_against_reference
from mcca_ml.schema import is_simulated
from mcca_ml.sensors import SENSORS, Sensor, Table, paired_channels, trained
from mcca_ml.store.layout import CELL_BLOCK, read_frame
from mcca_ml.store.read_blocks import open_store

_STEP_CELLS = 400
"""Cells used to estimate a step; cells share the weather, so more of them add little."""
_STEP_BLOCKS = 6
"""Fewest blocks of days on either side of a boost to estimate a step."""
_ITSELF_DAYS = 365
"""Fewest days on either side to separate season and step in one sensor."""
_Edge = tuple[str, str]
"""A sensor and the next one on its path to its reference."""


@dataclass(frozen=True)
class _Record:
    """Stores of a record by sensor, and the settings and changes for their calibration."""

    stores: Mapping[str, StorePeriod]
    sensors: Table
    settings: CalibrateSettings
    cell_class: Int64 | None
    block_cells: int
    changes: Mapping[str, tuple[Change, ...]]
    """Changes within each reference."""

    def includes(self, *names: str) -> bool:
        """Return True if all of these sensors have days in the period."""
        return set(names) <= set(self.stores)

    def pairs(
        self, source: str, reference: str, days: tuple[np.datetime64, np.datetime64] | None = None
    ) -> Pairs | None:
        """Pairs of two sensors; None if one is absent or they have no day in common."""
        if not self.includes(source, reference):
            return None
        both = self.stores[source], self.stores[reference]
        days = days or overlap(*both)
        if days is None:
            return None
        pairs = match_stores(*both, days, self.settings, block_cells=self.block_cells)
        return pairs if len(pairs.cell) else None

    def steady(self, pairs: Pairs, source: str, reference: str) -> Pairs:
        """Subtract the changes within each of the two sensors from their pairs."""
        x, y = pairs.x, pairs.y
        for change in self.changes.get(source, ()):
            x = (x - change.correction(pairs.when, pairs.source_channels)[0]).astype(np.float32)
        for change in self.changes.get(reference, ()):
            y = (y - change.correction(pairs.when, pairs.channels)[0]).astype(np.float32)
        return replace(pairs, x=x, y=y)

    def with_change(self, name: str, change: Change | None) -> "_Record":
        """Add a change within a reference, if there is one."""
        if change is None:
            return self
        return replace(self, changes={**self.changes, name: (*self.changes.get(name, ()), change)})


def _drift(record: _Record, name: str, pairs: Pairs) -> Drift | None:
    """Drift of a reference against a more stable one; None if the overlap is too short."""
    against = record.sensors[name].drift_against
    if np.ptp(pairs.when) < record.settings.drift_years * YEAR_DAYS * DAY:
        return None
    link = fit_link(pairs, record.settings, sensor=name, reference=against)
    return drift_against_reference(pairs, link, _boost(record.sensors[against]), record.settings)


def _boost(sensor: Sensor) -> np.datetime64:
    """First UTC day after the boost of a satellite; NaT without a boost."""
    return np.datetime64(sensor.boost or "NaT", "D")


def _step(record: _Record, name: str) -> Step | None:
    """Step of a sensor at the boost of its satellite; None with too few days around it."""
    against, date = record.sensors[name].step_against, _boost(record.sensors[name])
    if not against or not record.includes(name, against):
        return None
    both = record.stores[name], record.stores[against]
    is_alone, settings = against == name, record.settings
    least = _ITSELF_DAYS if is_alone else _STEP_BLOCKS * settings.step_block_days
    window = settings.step_window_days * DAY
    first, last = max(store.first for store in both), min(store.last for store in both)
    if (date - first) // DAY < least or (last - date) // DAY < least:
        return None
    first, last = max(first, date - window), min(last, date + window)
    if is_alone:
        # Every n-th cell: neighbours share the weather.
        stride = -(-len(read_frame(both[0].path).cells) // _STEP_CELLS)
        cells = slice(None, None, stride)
        ds = open_store(both[0].path, cells=cells, first_day=first, last_day=last)
        return step_against_itself(ds, date, settings)
    pairs = record.pairs(name, against, (first, last))
    if pairs is None:
        return None
    pairs = record.steady(pairs, name, against)
    link = fit_link(pairs, settings, sensor=name, reference=against)
    return step_against_reference(pairs, link, date, settings)


def _links(
    record: _Record, names: Sequence[str], known: Mapping[_Edge, Pairs]
) -> dict[_Edge, Link | None]:
    """Links along the paths of some sensors; None where there are no pairs.

    Args:
        record: stores and settings.
        names: sensors to be calibrated.
        known: pairs already matched, to avoid matching them again.
    """
    ways = [(name, *way) for name in names for way in record.sensors[name].ways]
    # Paths share edges (TMI to AMSR2 is used by two sensors): each is fitted once.
    links: dict[_Edge, Link | None] = {}
    for edge in dict.fromkeys(edge for way in ways for edge in pairwise(way)):
        pairs = known[edge] if edge in known else record.pairs(*edge)
        links[edge] = None
        if pairs is not None:
            links[edge] = fit_link(
                record.steady(pairs, *edge),
                record.settings,
                sensor=edge[0],
                reference=edge[1],
                cell_class=record.cell_class,
            )
    return links


def _to_reference(record: _Record, name: str, links: Mapping[_Edge, Link | None]) -> Link:
    """Link of a sensor to its reference, combined over all paths with pairs.

    Raises:
        ConfigError: no path has pairs.
    """
    sensors = record.sensors
    ways = [(name, *way) for way in sensors[name].ways]
    chained = []
    for way in ways:
        steps = [link for edge in pairwise(way) if (link := links[edge]) is not None]
        if len(steps) == len(way) - 1:
            chained.append(reduce(chain, steps))
    if chained:
        # Direct pairs and a double difference give independent estimates of a line.
        return reduce(combine, chained)
    own = f"[input.{sensors[name].products[0]}]"
    absent = [middle for middle in ways[0] if not record.includes(middle)]
    if absent and len(ways) == 1:
        raise ConfigError(
            f"calibrate: {name} is linked to {ways[0][-1]} only through {absent[0]}, found no "
            f"{absent[0]} in the period; give [input.{sensors[absent[0]].products[0]}] or remove "
            f"{own}"
        )
    source, reference = next(edge for edge in pairwise(ways[0]) if links[edge] is None)
    raise ConfigError(
        f"calibrate: {name} needs pairs of {source} with {reference}, found none in the "
        f"period; give [input.{sensors[source].products[0]}] and "
        f"[input.{sensors[reference].products[0]}] of days with both sensors, or remove {own}"
    )


def _identity(sensor: str, channels: tuple[str, ...], cells: Int64) -> Link:
    """Identity link of a reference, without error, for the changes within it."""

    def line(*shape: int) -> Line:
        none, middle = np.zeros(shape), np.full(shape, 250.0)
        return Line(middle, middle, np.ones(shape), none, none, none)

    shape = (len(cells), len(channels))
    none = np.zeros(shape)
    return Link(
        sensor,
        sensor,
        channels,
        channels,
        cells,
        line=line(*shape),
        flag=none.astype(np.uint8),
        pairs=none,
        level_weight=none + 1,
        slope_weight=none + 1,
        classes=np.zeros(0, np.int64),
        class_line=line(0, len(channels)),
        all_line=line(len(channels)),
        common_var=np.zeros(len(channels)),
    )


def _reference_coefficients(
    record: _Record, name: str, changes: tuple[Change, ...], *, is_simulated: bool
) -> xr.Dataset:
    """Coefficients of a reference, which keeps its scale: the changes within it."""
    frame = read_frame(record.stores[name].path)
    channels = tuple(name for name, _ in paired_channels(frame.channels, frame.channels))
    exact = record.settings.model_copy(update={"curvature_sd": 0.0, "common_sd": 0.0})
    link = _identity(name, channels, frame.cells)
    return to_dataset(link, exact, changes, is_simulated=is_simulated)


def calibrate_sensors(
    stores: Mapping[str, Path],
    settings: CalibrateSettings,
    *,
    first_day: np.datetime64,
    last_day: np.datetime64,
    cell_class: Int64 | None = None,
    block_cells: int = CELL_BLOCK,
    sensors: Table = SENSORS,
) -> Mapping[str, xr.Dataset]:
    """Calibrate every sensor of a record that needs the scale of another.

    Args:
        stores: stores of gridded brightness temperature (`schema.GRID_TB`) by sensor, with the
            same cells; sensors may be absent.
        settings: the `[calibrate]` table.
        first_day: first UTC day of the period; a sensor without any day in it counts as absent.
        last_day: last UTC day of the period, included.
        cell_class: class of each cell of the stores, land cover for instance.
        block_cells: cells in memory at a time, multiples of 1024; no result depends on it.
        sensors: the table of sensors.

    Returns:
        Datasets from `coefficients.to_dataset` by sensor: AMSRE if AMSR2 is given, TMI if GMI is
        given; AMSR2, an identity with a drift, if it overlaps GMI for years; GMI, an identity with
        a step, if its boost was tested. Empty if no sensor needs coefficients. Cells and channels
        with few pairs or none are flagged (`link.LineFlag`).

    Raises:
        ConfigError: a sensor has no path to its reference, or no pair on the path.
        SchemaError: the cells of the stores differ, or no channel is in common.
        OutputError: a store is missing or of another version.
    """
    periods = {
        name: period
        for name, path in stores.items()
        if (period := find_store_period(name, path, first_day, last_day)) is not None
    }
    record = _Record(periods, sensors, settings, cell_class, block_cells, {})
    known: dict[_Edge, Pairs] = {}
    # Drifts first, from unchanged pairs; the pairs are needed again on a path.
    for name in trained(sensors):
        against = sensors[name].drift_against
        pairs = record.pairs(name, against)
        if pairs is not None:
            known[name, against] = pairs
            record = record.with_change(name, _drift(record, name, pairs))
    # Steps after drifts, from pairs corrected for the drift.
    for name in trained(sensors):
        record = record.with_change(name, _step(record, name))
    wanted = [
        name
        for name in periods
        if sensors[name].ways and record.includes(sensors[name].ways[0][-1])
    ]
    links = _links(record, wanted, known)
    heads = [open_store(store.path, cells=slice(0, 0), variables=()) for store in periods.values()]
    simulated = any(map(is_simulated, heads))
    coefficients = {}
    for name in wanted:
        link, step = _to_reference(record, name, links), _step(record, name)
        steps = [] if step is None else [step]
        coefficients[name] = to_dataset(link, settings, steps, is_simulated=simulated)
    # A reference keeps its scale: identity lines and its changes.
    for name, changes in record.changes.items():
        coefficients[name] = _reference_coefficients(record, name, changes, is_simulated=simulated)
    return coefficients
