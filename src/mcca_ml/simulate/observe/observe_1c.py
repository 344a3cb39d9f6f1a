"""Simulate level 1C granules of an imager's passes over a patch."""

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
"""Swaths in a granule: those with 10.65, 18.7 and 36.5 GHz."""

TB_STEP, PLACE_STEP = 1 / 64, 1 / 2048
"""Quanta of brightness temperature [K] and coordinates [degree]; powers of two compress well."""

MULTIPLE = 8
"""Numbers of scans and pixels are multiples of it, so that files share a few empty images."""

SWATH_SHIFT_KM = {"S1": (0.0, 0.0), "S2": (0.4, -0.6), "S3": (0.7, -0.9), "S4": (0.9, -1.2)}
"""Offset of the footprints of a swath from those of the first, east and north [km]: feed horns
point at slightly different places, so each swath has its own geolocation."""

MISSING, GLINT = -1, 1
"""`Quality` of footprints without a value, and of those with a possible sun glint."""
GLINT_SHARE = 0.01
"""Fraction of footprints with a possible sun glint [1]."""


@dataclass(frozen=True)
class ImagerPass:
    """One pass of the satellite over a box, and its footprints."""

    flown: Pass
    footprints: PassFootprints

    @property
    def begin(self) -> np.datetime64:
        """Time of the first scan [UTC]."""
        return np.datetime64(self.footprints.scan_time[0], "us")

    @property
    def when(self) -> np.datetime64:
        """Time of the middle scan [UTC]."""
        return np.datetime64(self.footprints.scan_time[self.footprints.scan_time.size // 2], "us")

    @property
    def incidence(self) -> float:
        """Mean incidence of the footprints over the box [rad]."""
        return float(self.footprints.incidence[self.footprints.is_inside].mean())


def cell_tb(
    truth: TruthSlice, instrument: Instrument, when: Datetime64, incidence: Float32
) -> Float32:
    """Brightness temperature of all cells at given times, (time, cell, channel) [K].

    Args:
        truth: subset of the truth of the patch.
        instrument: sensor and effects; calibration errors and noise are not added.
        when: UTC, (time).
        incidence: incidence angle at each time [rad], (time).
    """
    cells = truth.cells.cell.size
    land = truth.land.at(np.tile(np.arange(cells), when.size))
    cases = jax.tree.map(np.ravel, state_at(truth, when))
    angle = np.repeat(incidence.astype(np.float32), cells)
    tb = brightness_temperature(land, cases, angle, instrument.sensor.channels, instrument.effects)
    return tb.reshape(when.size, cells, len(instrument.sensor.channels))


def _sizes(instrument: Instrument, altitude_km: float) -> list[tuple[float, float]]:
    """Footprint size of each channel [km], proportional to the altitude of the satellite."""
    if not instrument.settings.has_footprints:
        return [(0.0, 0.0)] * len(instrument.sensor.channels)
    scale = altitude_km / instrument.sensor.orbits[0].altitude_km
    return [(a * scale, b * scale) for a, b in (c.footprint_km for c in instrument.sensor.channels)]


def _footprint_tb(
    truth: TruthSlice,
    instrument: Instrument,
    overpass: ImagerPass,
    tb: Float32,
    shifts_km: Sequence[Shift],
) -> Float32:
    """Antenna temperature of each footprint in the box, (footprint, channel) [K].

    Args:
        truth: subset of the truth of the patch.
        instrument: sensor and settings.
        overpass: pass and its footprints.
        tb: brightness temperature of the cells, (cell, channel) [K].
        shifts_km: offset of each channel from the footprints of the pass, east and north [km].

    NaN where the footprint extends beyond the patch.
    """
    where, inside = overpass.footprints, overpass.footprints.is_inside
    lat, lon, azimuth = where.lat[inside], where.lon[inside], where.azimuth[inside]
    sizes = _sizes(instrument, float(where.satellite_altitude_km.mean()))
    out = np.empty((lat.size, tb.shape[-1]), np.float32)
    geometries = list(zip(sizes, shifts_km, strict=True))
    for size, shift in dict.fromkeys(geometries):
        channels = [number for number, key in enumerate(geometries) if key == (size, shift)]
        weights = shares(truth.patch, lat, lon, azimuth, size, shift_km=shift)
        known = (weights.inside >= instrument.least_inside)[:, None]
        out[:, channels] = np.where(known, weights.mean(tb[:, channels]), np.nan)
    return out


def _quality(shape: tuple[int, int], missing: Booleans, rng: np.random.Generator) -> Int8:
    """`Quality` of the footprints of a swath: good, a possible sun glint, or missing."""
    glint = rng.random(shape) < GLINT_SHARE
    return np.where(missing, MISSING, np.where(glint, GLINT, 0)).astype(np.int8)


def _stepped(values: Floating, step: float) -> Float32:
    """Round values to multiples of a step."""
    return np.asarray(np.round(values / step) * step, np.float32)


def _swath(
    name: str, channels: Sequence[int | None], tb: Float32, overpass: ImagerPass, quality: Int8
) -> SimulatedSwath:
    """One swath of the granule; `channels` index those of `tb`, None if not simulated."""
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
    """Index of each channel of a swath among those of the sensor; None if it is not there."""
    names = [channel.name for channel in instrument.sensor.channels]
    return [names.index(name) if name in names else None for name in swath.channels]


def _shifts(instrument: Instrument, astray: Shift) -> list[Shift]:
    """Offset of each channel from the footprints of the pass, east and north [km]."""
    shifts = [astray] * len(instrument.sensor.channels)
    for layout in pps_1c.PRODUCTS[instrument.sensor.name].swaths:
        for channel in _swath_channels(instrument, layout):
            if channel is not None:
                east, north = SWATH_SHIFT_KM[layout.name]
                shifts[channel] = (astray[0] + east, astray[1] + north)
    return shifts


def draw_pass_errors(truth: TruthSlice, instrument: Instrument, overpass: ImagerPass) -> PassErrors:
    """Draw the errors of one pass over a box.

    The time of the first scan is part of the seed, as one orbit may pass a box twice.
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
    """Simulate the granule of one pass over a box.

    Args:
        truth: subset of the truth of the patch.
        instrument: sensor and its errors.
        overpass: pass and its footprints.
        tb: brightness temperature of the cells at that time, (cell, channel) [K].
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


def _concatenated(swaths: Sequence[SimulatedSwath]) -> SimulatedSwath:
    """Concatenate the scans of swaths; those with fewer pixels are padded."""
    widest = max(swath.lat.shape[1] for swath in swaths)

    def wide(values: AnyArray) -> AnyArray:
        if values.ndim == 1:
            return values
        more = [(0, 0), (0, widest - values.shape[1]), (0, 0)][: values.ndim]
        return np.pad(values, more, constant_values=MISSING if values.dtype.kind == "i" else np.nan)

    names = [field.name for field in fields(SimulatedSwath) if field.name != "name"]
    arrays: dict[str, Any] = {
        name: np.concatenate([wide(getattr(swath, name)) for swath in swaths]) for name in names
    }
    return replace(swaths[0], **arrays)


def joined(passes: Sequence[SimulatedGranule]) -> SimulatedGranule:
    """Join the passes of one orbit, which may cross a box twice in high latitudes."""
    if len(passes) == 1:
        return passes[0]
    swaths = zip(*(granule.swaths for granule in passes), strict=True)
    return replace(passes[0], swaths=tuple(map(_concatenated, swaths)))


def overpasses(
    instrument: Instrument, target: Target, first: np.datetime64, last: np.datetime64
) -> list[ImagerPass]:
    """Passes with footprints in a box from the first to the last UTC day, both included."""
    passes = []
    for flown in passes_over(instrument.sensor, first, last, target):
        where = footprints(instrument.sensor, flown, target, multiple=MULTIPLE)
        if where is not None:
            passes.append(ImagerPass(flown, where))
    return [overpass for overpass in passes if first <= overpass.when.astype("M8[D]") <= last]


def granules(
    truth: TruthSlice, instrument: Instrument, passes: Sequence[ImagerPass]
) -> Iterator[SimulatedGranule]:
    """Simulate the granules of passes over a box, one per orbit.

    An orbit without a valid footprint (outside the patch, or in lost scans) has no granule, as with
    a provider's subsetter.
    """
    if not passes:
        return
    when = np.array([overpass.when for overpass in passes], "M8[us]")
    incidence = np.array([overpass.incidence for overpass in passes], np.float32)
    tb = cell_tb(truth, instrument, when, incidence)
    by_pass = [
        granule(truth, instrument, overpass, tb[number]) for number, overpass in enumerate(passes)
    ]
    for _, of_orbit in groupby(by_pass, key=lambda part: part.orbit):
        whole = joined(list(of_orbit))
        if any(bool(np.isfinite(swath.tb).any()) for swath in whole.swaths):
            yield whole
