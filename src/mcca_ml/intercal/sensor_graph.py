"""The cross-calibration of a whole record: which sensor reaches which reference, and by what way.

AMSR2 and GMI are references: a network is trained on each. AMSR-E goes to AMSR2 through TMI, TMI to
GMI directly and through AMSR2. A sensor whose reference is not there has no network to go to and
gets no coefficients; TMI may still serve as a bridge. What changes within a reference is taken off
first: a drift of AMSR2 against GMI, and a step of GMI at its boost.
"""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.intercal.coefficients import Change, to_dataset
from mcca_ml.intercal.deming_regression import Line
from mcca_ml.intercal.drift import Drift, drift_against_reference
from mcca_ml.intercal.fit_link import link_of_pairs
from mcca_ml.intercal.link import Link, chain, combine
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.pairs_from_stores import Held, held_days, overlap, pairs_of_stores
from mcca_ml.intercal.regress_differences import DAY, YEAR_DAYS
from mcca_ml.intercal.screen import paired_channels
from mcca_ml.intercal.step import Step, step_against_itself, step_against_reference
from mcca_ml.sensors import SENSORS
from mcca_ml.store.read_blocks import CELL_BLOCK, open_store, read_frame

_STEP_CELLS = 400
"""Cells that a step is looked for in: they share the weather, more of them tell no more."""
_STEP_BLOCKS = 6
"""Blocks of days on either side of a boost below which no step is looked for."""
_ITSELF_DAYS = 365
"""Days on either side without which season and step cannot be told apart in one sensor."""


@dataclass(frozen=True)
class _Network:
    """What there is, and how it is to be done."""

    held: Mapping[str, Held]
    settings: CalibrateSettings
    cell_class: Int64 | None
    block_cells: int
    executor: Executor | None
    changes: Mapping[str, tuple[Change, ...]]
    """Found within a reference, by its name."""

    def pairs(self, source: str, reference: str) -> Pairs | None:
        """Pairs of two sensors; None where one is missing or they flew at other times."""
        if source not in self.held or reference not in self.held:
            return None
        one, other = self.held[source], self.held[reference]
        days = overlap(one, other)
        if days is None:
            return None
        found = pairs_of_stores(
            one,
            other,
            days,
            self.settings,
            block_cells=self.block_cells,
            executor=self.executor,
        )
        return found if len(found.cell) else None

    def link(self, source: str, reference: str) -> Link | None:
        """The link of two sensors, each without what changes within it."""
        pairs = self.pairs(source, reference)
        return None if pairs is None else self.link_of(pairs, source, reference)

    def link_of(self, pairs: Pairs, source: str, reference: str) -> Link:
        """The link that pairs tell, each sensor without what changes within it."""
        return link_of_pairs(
            self.steady(pairs, source, reference),
            self.settings,
            sensor=source,
            reference=reference,
            cell_class=self.cell_class,
        )

    def steady(self, pairs: Pairs, source: str, reference: str) -> Pairs:
        """Pairs without what changes within each of the two sensors."""
        x, y = pairs.x, pairs.y
        for change in self.changes.get(source, ()):
            x = (x - change.correction(pairs.when, pairs.source_channels)[0]).astype(np.float32)
        for change in self.changes.get(reference, ()):
            y = (y - change.correction(pairs.when, pairs.channels)[0]).astype(np.float32)
        return replace(pairs, x=x, y=y)


def _needed(link: Link | None, source: str, reference: str, sensor: str) -> Link:
    """The link, without which a sensor has no calibration."""
    if link is None:
        raise ConfigError(
            f"calibrate: {sensor} needs pairs of {source} with {reference}, found none in the "
            f"period; give [input.1C-{source}] and [input.1C-{reference}] of days on which both "
            f"flew, or take out [input.1C-{sensor}]"
        )
    return link


def _amsre(network: _Network, tmi_amsr2: Link | None) -> Link:
    """AMSR-E to AMSR2 through TMI."""
    if "TMI" not in network.held:
        raise ConfigError(
            "calibrate: AMSRE reaches AMSR2 through TMI alone, found no TMI in the period; give "
            "[input.1C-TMI] or take out [input.1C-AMSRE]"
        )
    first = _needed(network.link("AMSRE", "TMI"), "AMSRE", "TMI", "AMSRE")
    return chain(first, _needed(tmi_amsr2, "TMI", "AMSR2", "AMSRE"))


def _tmi(network: _Network, tmi_amsr2: Link | None, amsr2_gmi: Pairs | None) -> Link:
    """TMI to GMI, directly and as double difference over AMSR2, as far as there are pairs."""
    direct = network.link("TMI", "GMI")
    through = None
    if tmi_amsr2 is not None and amsr2_gmi is not None:
        through = chain(tmi_amsr2, network.link_of(amsr2_gmi, "AMSR2", "GMI"))
    if direct is not None and through is not None:
        return combine(direct, through)
    return _needed(direct or through, "TMI", "GMI", "TMI")


def _around(held: Held, date: np.datetime64, least: int) -> bool:
    """Whether a sensor has enough days on both sides of a date."""
    return bool((date - held.first) // DAY >= least and (held.last - date) // DAY >= least)


def _boost(sensor: str) -> np.datetime64:
    """First UTC day of the orbit after the boost of a satellite."""
    return np.datetime64(SENSORS[sensor].orbits[1].since, "D")


def _tmi_step(network: _Network) -> Step | None:
    """The step of TMI at the boost of TRMM, beside which nothing of this record flew."""
    held, settings, date = network.held["TMI"], network.settings, _boost("TMI")
    if not _around(held, date, _ITSELF_DAYS):
        return None
    window = settings.step_window_days * DAY
    stride = -(-len(read_frame(held.path).cells) // _STEP_CELLS)
    ds = open_store(
        held.path,
        cells=slice(None, None, stride),
        first_day=max(held.first, date - window),
        last_day=min(held.last, date + window),
    )
    return step_against_itself(ds, date, settings)


def _amsr2_drift(network: _Network, pairs: Pairs | None) -> Drift | None:
    """The drift of AMSR2 against GMI."""
    if pairs is None or np.ptp(pairs.when) < network.settings.drift_years * YEAR_DAYS * DAY:
        return None
    link = link_of_pairs(pairs, network.settings, sensor="AMSR2", reference="GMI")
    return drift_against_reference(pairs, link, _boost("GMI"), network.settings)


def _gmi_step(network: _Network) -> Step | None:
    """The step of GMI at the boost of GPM, against AMSR2."""
    held, settings, date = network.held, network.settings, _boost("GMI")
    if "GMI" not in held or "AMSR2" not in held:
        return None
    least = _STEP_BLOCKS * settings.step_block_days
    if not all(_around(held[name], date, least) for name in ("GMI", "AMSR2")):
        return None
    window = settings.step_window_days * DAY
    first = max(held["GMI"].first, held["AMSR2"].first, date - window)
    last = min(held["GMI"].last, held["AMSR2"].last, date + window)
    pairs = pairs_of_stores(
        held["GMI"],
        held["AMSR2"],
        (first, last),
        settings,
        block_cells=network.block_cells,
        executor=network.executor,
    )
    if not len(pairs.cell):
        return None
    pairs = network.steady(pairs, "GMI", "AMSR2")
    link = link_of_pairs(pairs, settings, sensor="GMI", reference="AMSR2")
    return step_against_reference(pairs, link, date, settings)


def _identity(sensor: str, channels: tuple[str, ...], cells: Int64) -> Link:
    """A link that changes nothing and is sure of it: that of a reference, for its steps."""

    def line(*shape: int) -> Line:
        none, middle = np.zeros(shape), np.full(shape, 250.0)
        return Line(middle, middle, np.ones(shape), none, none, none)

    shape = (len(cells), len(channels))
    return Link(
        sensor=sensor,
        reference=sensor,
        source_channels=channels,
        channels=channels,
        cells=cells,
        line=line(*shape),
        flag=np.zeros(shape, np.uint8),
        pairs=np.zeros(shape),
        level_weight=np.ones(shape),
        slope_weight=np.ones(shape),
        classes=np.zeros(0, np.int64),
        class_line=line(0, len(channels)),
        all_line=line(len(channels)),
        common_var=np.zeros(len(channels)),
    )


def _of_reference(
    network: _Network, name: str, changes: tuple[Change, ...], *, is_simulated: bool
) -> xr.Dataset:
    """Coefficients of a reference, which keeps its scale: what changes within it."""
    frame = read_frame(network.held[name].path)
    channels = tuple(name for name, _ in paired_channels(frame.channels, frame.channels))
    exact = network.settings.model_copy(update={"curvature_sd": 0.0, "common_sd": 0.0})
    link = _identity(name, channels, frame.cells)
    return to_dataset(link, exact, changes, is_simulated=is_simulated)


def _some(change: Change | None) -> tuple[Change, ...]:
    return () if change is None else (change,)


def _with_change(network: _Network, name: str, change: Change | None) -> _Network:
    """The network that knows of a change within a reference, if there is one."""
    return replace(network, changes={**network.changes, name: (change,)}) if change else network


def _is_simulated(network: _Network) -> bool:
    stores = (
        open_store(one.path, cells=slice(0, 0), variables=()) for one in network.held.values()
    )
    return any(ds.attrs["simulated"] == "true" for ds in stores)


def calibrate_sensors(
    stores: Mapping[str, Path],
    settings: CalibrateSettings,
    *,
    first_day: np.datetime64,
    last_day: np.datetime64,
    cell_class: Int64 | None = None,
    executor: Executor | None = None,
    block_cells: int = CELL_BLOCK,
) -> Mapping[str, xr.Dataset]:
    """Coefficients of every sensor of a record that has to be brought to the scale of another.

    Args:
        stores: of gridded brightness temperature (`schema.GRID_TB`) by sensor, all with the same
            cells; of TMI, AMSRE, GMI and AMSR2 those that there are.
        settings: the `[calibrate]` table.
        first_day: of the period (UTC day); a sensor without any day in it counts as absent.
        last_day: of the period, included.
        cell_class: class of each cell of the stores, land cover for instance.
        executor: where pairs are matched; None: here.
        block_cells: cells in memory at a time, multiples of 1024; no result depends on it.

    Returns:
        Datasets of `coefficients.to_dataset`: AMSRE where AMSR2 is there, TMI where GMI is there;
        AMSR2, an identity with a drift, where it met GMI for years; GMI, an identity with a step,
        where its boost was tested. Empty where there is nothing to do. Cells and channels with few
        pairs or none are flagged (`link.LineFlag`).

    Raises:
        ConfigError: a sensor has no bridge to its reference, or no pair on the way.
        SchemaError: the stores have other cells, or no channel in common.
        OutputError: a store is missing or of another version.
    """
    found = {name: held_days(name, path, first_day, last_day) for name, path in stores.items()}
    held = {name: one for name, one in found.items() if one is not None}
    network = _Network(held, settings, cell_class, block_cells, executor, {})
    amsr2_gmi = network.pairs("AMSR2", "GMI")
    network = _with_change(network, "AMSR2", _amsr2_drift(network, amsr2_gmi))
    network = _with_change(network, "GMI", _gmi_step(network))
    is_bridge = "TMI" in held and "AMSR2" in held and ("AMSRE" in held or "GMI" in held)
    tmi_amsr2 = network.link("TMI", "AMSR2") if is_bridge else None
    is_simulated = _is_simulated(network)
    made = {}
    if {"AMSRE", "AMSR2"} <= set(held):
        link = _amsre(network, tmi_amsr2)
        made["AMSRE"] = to_dataset(link, settings, is_simulated=is_simulated)
    if {"TMI", "GMI"} <= set(held):
        step, link = _tmi_step(network), _tmi(network, tmi_amsr2, amsr2_gmi)
        made["TMI"] = to_dataset(link, settings, _some(step), is_simulated=is_simulated)
    for name, changes in network.changes.items():
        made[name] = _of_reference(network, name, changes, is_simulated=is_simulated)
    return made
