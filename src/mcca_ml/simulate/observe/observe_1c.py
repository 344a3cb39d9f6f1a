"""A piece of the truth, and the orbits of an imager over it -> level 1C granules, simulated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any

import jax
import numpy as np

from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Floating, Int8
from mcca_ml.formats import pps_1c
from mcca_ml.simulate.files.granule_1c import SimulatedGranule, SimulatedSwath
from mcca_ml.simulate.observe.emission import brightness_temperature
from mcca_ml.simulate.observe.footprint import shares
from mcca_ml.simulate.observe.instrument import Instrument, interference, noise
from mcca_ml.simulate.observe.overpass_errors import PassErrors, pass_errors
from mcca_ml.simulate.observe.overpasses import (
    Pass,
    PassFootprints,
    Target,
    footprints,
    passes_over,
)
from mcca_ml.simulate.observe.truth_slice import TruthSlice, state_at
from mcca_ml.simulate.truth.types import KM_PER_DEGREE

Shift = tuple[float, float]

USED_SWATHS: Mapping[str, tuple[str, ...]] = {
    "TMI": ("S1", "S2"),
    "AMSRE": ("S1", "S2", "S4"),
    "GMI": ("S1",),
    "AMSR2": ("S1", "S2", "S4"),
}
"""Swaths that a granule is cut to: those with 10.65, 18.7 and 36.5 GHz."""

TB_STEP, PLACE_STEP = 1 / 64, 1 / 2048
"""Steps of brightness temperature [K] and places [degree]; powers of two keep files small."""

MULTIPLE = 8
"""Scans and pixels of a granule are multiples of it: files of one shape are of one image."""

SWATH_SHIFT_KM = {"S1": (0.0, 0.0), "S2": (0.4, -0.6), "S3": (0.7, -0.9), "S4": (0.9, -1.2)}
"""Where the footprints of a swath lie against those of the first, east and north [km]: feed horns
look at slightly different places, so each swath has a geolocation of its own."""

MISSING, GLINT = -1, 1
"""`Quality` of footprints without a value, and of those with a possible sun glint."""
GLINT_SHARE = 0.01


@dataclass(frozen=True)
class ImagerPass:
    """One pass of the satellite over a box, and where its footprints lie."""

    flown: Pass
    footprints: PassFootprints

    @property
    def begin(self) -> np.datetime64:
        """First scan [UTC]."""
        return np.datetime64(self.footprints.scan_time[0], "us")

    @property
    def when(self) -> np.datetime64:
        """Middle of the scans [UTC]."""
        return np.datetime64(self.footprints.scan_time[self.footprints.scan_time.size // 2], "us")

    @property
    def incidence(self) -> float:
        """Mean incidence of the footprints over the box [rad]."""
        return float(self.footprints.incidence[self.footprints.is_inside].mean())


def cell_tb(
    truth: TruthSlice, instrument: Instrument, when: Datetime64, incidence: Float32
) -> Float32:
    """Brightness temperature of all cells of a piece at some moments, (moment, cell, channel) [K].

    Args:
        truth: truth.
        instrument: instrument; its calibration and noise play no part here.
        when: UTC, (moment).
        incidence: of each moment [rad], (moment).
    """
    cells = truth.cells.cell.size
    land = truth.land.at(np.tile(np.arange(cells), when.size))
    cases = jax.tree.map(np.ravel, state_at(truth, when))
    angle = np.repeat(incidence.astype(np.float32), cells)
    tb = brightness_temperature(land, cases, angle, instrument.sensor.channels, instrument.effects)
    return tb.reshape(when.size, cells, len(instrument.sensor.channels))


def _sizes(instrument: Instrument, altitude_km: float) -> list[tuple[float, float]]:
    """Footprint of each channel [km], which grows with the height of the satellite."""
    if not instrument.settings.has_footprints:
        return [(0.0, 0.0)] * len(instrument.sensor.channels)
    grown = altitude_km / instrument.sensor.orbits[0].altitude_km
    return [(a * grown, b * grown) for a, b in (c.footprint_km for c in instrument.sensor.channels)]


def _footprint_tb(
    truth: TruthSlice,
    instrument: Instrument,
    overpass: ImagerPass,
    tb: Float32,
    shifts_km: Sequence[Shift],
) -> Float32:
    """What the antenna receives in each footprint inside the box, (footprint, channel) [K].

    Args:
        truth: patch of the cells.
        instrument: instrument.
        overpass: pass.
        tb: of the cells, (cell, channel) [K].
        shifts_km: where each channel looks against the footprints of the pass, east and north.

    NaN where the footprint reaches beyond the patch.
    """
    where, inside = overpass.footprints, overpass.footprints.is_inside
    lat, lon, azimuth = where.lat[inside], where.lon[inside], where.azimuth[inside]
    sizes = _sizes(instrument, float(where.satellite_altitude_km.mean()))
    out = np.empty((lat.size, tb.shape[-1]), np.float32)
    alike = list(zip(sizes, shifts_km, strict=True))
    for size, shift in dict.fromkeys(alike):
        channels = [number for number, key in enumerate(alike) if key == (size, shift)]
        found = shares(truth.patch, lat, lon, azimuth, size, shift_km=shift)
        known = (found.inside >= instrument.least_inside)[:, None]
        out[:, channels] = np.where(known, found.mean(tb[:, channels]), np.nan)
    return out


def _quality(shape: tuple[int, int], missing: Booleans, rng: np.random.Generator) -> Int8:
    """`Quality` of the footprints of a swath: good, now and then a possible glint, or missing."""
    glint = rng.random(shape) < GLINT_SHARE
    return np.where(missing, MISSING, np.where(glint, GLINT, 0)).astype(np.int8)


def _stepped(values: Floating, step: float) -> Float32:
    """Values rounded to whole steps."""
    return np.asarray(np.round(values / step) * step, np.float32)


def _swath(
    name: str, channels: Sequence[int | None], tb: Float32, overpass: ImagerPass, quality: Int8
) -> SimulatedSwath:
    """One swath of the granule; `channels` index those of `tb`, None is one not simulated."""
    where = overpass.footprints
    east, north = (km / KM_PER_DEGREE for km in SWATH_SHIFT_KM[name])
    lat = where.lat + np.float32(north)
    lon = where.lon + np.float32(east) / np.cos(np.deg2rad(where.lat))
    values = np.full((*where.lat.shape, len(channels)), np.nan, np.float32)
    for place, channel in enumerate(channels):
        if channel is not None:
            values[..., place] = np.where(quality >= 0, _stepped(tb[..., channel], TB_STEP), np.nan)
    return SimulatedSwath(
        name=name,
        tb=values,
        lat=_stepped(lat, PLACE_STEP),
        lon=_stepped((lon + 180) % 360 - 180, PLACE_STEP),
        incidence=where.incidence,
        quality=quality,
        scan_time=where.scan_time,
    )


def _swath_channels(instrument: Instrument, swath: pps_1c.SwathLayout) -> list[int | None]:
    """Index of each channel of a swath among those of the sensor; None where it has none."""
    names = [channel.name for channel in instrument.sensor.channels]
    return [names.index(name) if name in names else None for name in swath.channels]


def _shifts(instrument: Instrument, astray: Shift) -> list[Shift]:
    """Where each channel really looks against the footprints of the pass, east and north [km]."""
    shifts = [astray] * len(instrument.sensor.channels)
    for layout in pps_1c.PRODUCTS[instrument.sensor.name].swaths:
        for channel in _swath_channels(instrument, layout):
            if channel is not None:
                east, north = SWATH_SHIFT_KM[layout.name]
                shifts[channel] = (astray[0] + east, astray[1] + north)
    return shifts


def draw_pass_errors(truth: TruthSlice, instrument: Instrument, overpass: ImagerPass) -> PassErrors:
    """Errors of one pass over the box of a piece.

    One orbit may pass a box twice; the time of its first scan tells them apart.
    """
    own = pass_errors(
        truth,
        instrument,
        overpass.begin,
        int(overpass.begin.astype("M8[s]").astype(np.int64)),
    )
    east, north = own.rng.standard_normal(2) * instrument.settings.geolocation_sd
    return replace(own, east_km=float(east), north_km=float(north))


def granule(
    truth: TruthSlice, instrument: Instrument, overpass: ImagerPass, tb: Float32
) -> SimulatedGranule:
    """One granule over a box: what the instrument makes of the cells' radiation in one pass.

    Args:
        truth: truth.
        instrument: instrument.
        overpass: the pass.
        tb: of the cells at that time, (cell, channel) [K].
    """
    flown, inside = overpass.flown, overpass.footprints.is_inside
    own = draw_pass_errors(truth, instrument, overpass)
    rng, astray = own.rng, (own.east_km, own.north_km)
    warm = interference(own.transmitters, instrument.sensor, instrument.settings)
    received = _footprint_tb(truth, instrument, overpass, tb + warm, _shifts(instrument, astray))
    given = instrument.errors.apply(received, overpass.when)
    given += noise(given.shape, instrument.sensor, instrument.settings, rng)
    full = np.full((*inside.shape, given.shape[-1]), np.nan, np.float32)
    full[inside] = given
    lost = np.asarray(rng.random(inside.shape[0]) < instrument.settings.bad_scan_share, np.bool_)
    product = pps_1c.PRODUCTS[instrument.sensor.name]
    swaths = []
    for layout in product.swaths:
        channels = _swath_channels(instrument, layout)
        if layout.name in USED_SWATHS[instrument.sensor.name]:
            used = [channel for channel in channels if channel is not None]
            unknown = np.asarray(np.isnan(full[..., used]).any(axis=-1), np.bool_)
            missing = lost[:, None] | unknown
            quality = _quality(inside.shape, missing, rng)
            swaths.append(_swath(layout.name, channels, full, overpass, quality))
    note = f"cut to the box {truth.patch.name}"
    return SimulatedGranule(product, flown.orbit, flown.start, flown.stop, tuple(swaths), note)


def _beside(parts: Sequence[SimulatedSwath]) -> SimulatedSwath:
    """One swath of the scans of all parts; those with fewer pixels are filled up."""
    widest = max(part.lat.shape[1] for part in parts)

    def wide(values: AnyArray) -> AnyArray:
        if values.ndim == 1:
            return values
        more = [(0, 0), (0, widest - values.shape[1]), (0, 0)][: values.ndim]
        return np.pad(values, more, constant_values=MISSING if values.dtype.kind == "i" else np.nan)

    names = [field.name for field in fields(SimulatedSwath) if field.name != "name"]
    every: dict[str, Any] = {
        name: np.concatenate([wide(getattr(p, name)) for p in parts]) for name in names
    }
    return replace(parts[0], **every)


def joined(parts: Sequence[SimulatedGranule]) -> SimulatedGranule:
    """One granule of the passes of one orbit: in high latitudes it may see a box twice."""
    swaths = zip(*(part.swaths for part in parts), strict=True)
    return parts[0] if len(parts) == 1 else replace(parts[0], swaths=tuple(map(_beside, swaths)))


def overpasses(
    instrument: Instrument, target: Target, first: np.datetime64, last: np.datetime64
) -> list[ImagerPass]:
    """The passes whose footprints reach a box from one UTC day to another, both included."""
    found = []
    for flown in passes_over(instrument.sensor, first, last, target):
        where = footprints(instrument.sensor, flown, target, multiple=MULTIPLE)
        if where is not None:
            found.append(ImagerPass(flown, where))
    return [overpass for overpass in found if first <= overpass.when.astype("M8[D]") <= last]


def granules(
    truth: TruthSlice, instrument: Instrument, found: Sequence[ImagerPass]
) -> Iterator[SimulatedGranule]:
    """Granules of some passes over the box of a piece, whose steps enclose them.

    An orbit of which no footprint has a value (all reach beyond the patch, or their scans are lost)
    gives no granule, as a provider's subsetter gives none.
    """
    if not found:
        return
    when = np.array([overpass.when for overpass in found], "M8[us]")
    incidence = np.array([overpass.incidence for overpass in found], np.float32)
    tb = cell_tb(truth, instrument, when, incidence)
    made = [
        granule(truth, instrument, overpass, tb[number]) for number, overpass in enumerate(found)
    ]
    for _, of_orbit in groupby(made, key=lambda one: one.orbit):
        one = joined(list(of_orbit))
        if any(bool(np.isfinite(swath.tb).any()) for swath in one.swaths):
            yield one
