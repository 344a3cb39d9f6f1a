"""Simulate the observations of SMAP's passes over a patch on the 36 km grid."""

from dataclasses import dataclass, replace

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, UInt16
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.formats import smap
from mcca_ml.physics.temperature import SMAP_WEIGHT_AM, SMAP_WEIGHT_PM
from mcca_ml.simulate.files.smap_products import Look
from mcca_ml.simulate.observe.instrument import Instrument, interference, noise
from mcca_ml.simulate.observe.observe_1c import cell_tb
from mcca_ml.simulate.observe.overpass_errors import PassErrors, pass_errors
from mcca_ml.simulate.observe.smap_cells import SmapCells, over_cells
from mcca_ml.simulate.observe.smap_overpasses import SmapPass, smap_looks
from mcca_ml.simulate.observe.truth_slice import TruthSlice, state_at
from mcca_ml.simulate.truth.types import State

FLAGGED = 0.05
"""Least fraction of a cell for the flags of water, snow and frozen ground [1]."""
WET, DEEP_SNOW = 1.0, 10.0
"""Rain rate of the rain flag [mm h-1], and snow water at full snow cover of a cell [mm]."""
ICY = 0.3
"""Fraction of ice in the soil water above which the ground is flagged as frozen [1]."""
RFI_SEEN, RFI_QUALITY = 3.0, 0b101
"""Interference above which it is flagged [K], and its `tb_qual_flag`."""


@dataclass(frozen=True)
class SmapPassState:
    """One pass of SMAP, with brightness temperature and state of the cells at its time."""

    flown: SmapPass
    wet: Float32
    """Brightness temperature of the cells of the patch, (cell, channel) [K]."""
    dry: Float32
    """Brightness temperature without open water, (cell, channel) [K]."""
    state: State
    """State of the cells of the patch, (cell)."""


def overpasses(
    truth: TruthSlice,
    instrument: Instrument,
    target: SmapCells,
    first: np.datetime64,
    last: np.datetime64,
) -> list[SmapPassState]:
    """Passes of SMAP over a patch from the first to the last UTC day, both included."""
    passes = [
        flown
        for flown in smap_looks(first, last, target.lat, target.lon)
        if not np.isnat(flown.obs_time).all()
    ]
    if not passes:
        return []
    when = np.array([_middle(flown.obs_time) for flown in passes], "M8[us]")
    incidence = np.full(when.size, np.deg2rad(instrument.sensor.incidence_deg), np.float32)
    wet = cell_tb(truth, instrument, when, incidence)
    # Cells of water only have no land emission: use that of water; they are no targets.
    share = np.where(truth.land.water_fraction < 1, np.float32(0), np.float32(1))
    drained = replace(truth, land=replace(truth.land, water_fraction=share))
    dry = cell_tb(drained, instrument, when, incidence)
    states = state_at(truth, when)
    return [
        SmapPassState(flown, wet[number], dry[number], states.at(number))
        for number, flown in enumerate(passes)
    ]


def _middle(times: Datetime64) -> np.datetime64:
    """Median of the valid times."""
    known = np.sort(times[~np.isnat(times)])
    return np.datetime64(known[known.size // 2], "us")


def look_name(flown: SmapPass) -> smap.Look:
    """Look of a pass: am if SMAP flies south (6:00), pm if it flies north (18:00)."""
    return "pm" if flown.is_ascending else "am"


def _effective_temperature(state: State, look: smap.Look) -> Float32:
    """SMAP's effective soil temperature without model error, (cell) [K]."""
    weight = np.float32(SMAP_WEIGHT_AM if look == "am" else SMAP_WEIGHT_PM)
    deep = state.deep_temperature
    return np.asarray(deep + weight * (state.surface_temperature - deep), np.float32)


def _surface_bits(
    truth: TruthSlice, target: SmapCells, state: State, temperature: Float32
) -> UInt16:
    """SMAP's `surface_flag` from the truth, with bit 8 (frozen, model) from the temperature."""

    def mean(values: Float32) -> Float32:
        return over_cells(target.shares, values)

    ice = np.clip(state.total_water - state.soil_moisture, 0, None) / state.total_water
    conditions = (
        (0, target.water_fraction > FLAGGED),
        (1, target.water_fraction > FLAGGED),
        (2, mean((~truth.cells.is_land).astype(np.float32)) > FLAGGED),
        (4, mean(state.rain_rate) > WET),
        (5, mean(np.clip(state.snow_water / DEEP_SNOW, 0, 1)) > FLAGGED),
        (7, mean((ice > ICY).astype(np.float32)) > FLAGGED),
        (8, temperature < WATER_FREEZING_POINT),
    )
    bits = sum(np.where(condition, 1 << bit, 0) for bit, condition in conditions)
    return np.asarray(bits, np.uint16)


def draw_pass_errors(
    truth: TruthSlice, instrument: Instrument, overpass: SmapPassState
) -> PassErrors:
    """Draw the errors of one pass over a patch; the gridded product has no geolocation error."""
    flown = overpass.flown
    first = np.fmin.reduce(flown.obs_time)
    return pass_errors(truth, instrument, first, flown.orbit, int(flown.is_ascending))


def observe(
    truth: TruthSlice, instrument: Instrument, target: SmapCells, overpass: SmapPassState
) -> Look:
    """Simulate SMAP's observation of one pass for all 36 km cells; NaT where not observed.

    Args:
        truth: subset of the truth of the patch.
        instrument: sensor and its errors.
        target: 36 km grid cells.
        overpass: pass, with brightness temperature and state of the cells.
    """
    own = draw_pass_errors(truth, instrument, overpass)
    rng, warm = own.rng, interference(own.transmitters, instrument.sensor, instrument.settings)
    wet, dry, hot = (target.shares.mean(values) for values in (overpass.wet, overpass.dry, warm))
    error = noise(wet.shape, instrument.sensor, instrument.settings, rng)
    observed = wet + hot + error
    corrected = dry + hot + error + instrument.settings.water_left * (wet - dry)
    look = look_name(overpass.flown)
    true_temperature = over_cells(target.shares, _effective_temperature(overpass.state, look))
    # A quarter of the error variance is lasting, a quarter is common to the pass.
    sd = instrument.settings.temperature_sd
    temperature = true_temperature + target.temperature_bias + 0.5 * sd * rng.standard_normal()
    temperature += np.sqrt(0.5) * sd * rng.standard_normal(true_temperature.size)
    quality = [np.where(hot[:, n] > RFI_SEEN, RFI_QUALITY, 0).astype(np.uint16) for n in (0, 1)]
    angle = np.full(true_temperature.size, np.deg2rad(instrument.sensor.incidence_deg), np.float32)
    return Look(
        row=target.row,
        column=target.column,
        obs_time=overpass.flown.obs_time.astype("M8[ns]"),
        tb_v=corrected[:, 0],
        tb_h=corrected[:, 1],
        tb_v_uncorrected=observed[:, 0],
        tb_h_uncorrected=observed[:, 1],
        incidence=angle + np.deg2rad(0.05) * rng.standard_normal(true_temperature.size),
        soil_temperature=temperature.astype(np.float32),
        clay_fraction=target.clay,
        bulk_density=target.bulk_density,
        roughness_h=target.roughness_h,
        water_fraction=target.water_fraction,
        land_cover=target.land_cover,
        land_cover_fraction=target.land_cover_fraction,
        surface_flag=_surface_bits(truth, target, overpass.state, temperature),
        quality_v=quality[0],
        quality_h=quality[1],
    )
