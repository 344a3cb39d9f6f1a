"""Daily inputs of the learner from the GRID_TB of one sensor."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import Booleans, Datetime64, Float32, Int64, UInt8, UInt32
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.config.train import TrainSettings
from mcca_ml.flags import FLAG_DTYPE, NO_VALUE, Flag
from mcca_ml.intercal.apply import select_channels
from mcca_ml.intercal.link import LineFlag
from mcca_ml.intercal.screen import conditions, nan_median
from mcca_ml.sensors import SENSORS, Table

LOOKS = 2
_NO_LOOK = NO_VALUE | Flag.TB_SUSPECT
_NO_OWN_PAIRS = LineFlag.NO_PAIRS | LineFlag.FROM_ALL
"""Bits of `calibration_flag` of a regression line without pairs of its own cell."""
_DAY_HOURS = 24.0


@dataclass(frozen=True)
class Inputs:
    """Daily inputs of cells from one sensor, on the scale of the sensor of its network."""

    sensor: str
    days: Datetime64
    """UTC days, (time,)."""
    cells: Int64
    """Cell numbers, (cell,)."""
    x: Float32
    """Brightness temperature [K], incidence [rad], sine and cosine of local time [1]; NaN without a
    valid look, (cell, time, feature)."""
    groups: Int64
    """Look of each feature, (feature,)."""
    names: tuple[str, ...]
    channels: tuple[str, ...]
    """Channels of the features, in the order of `calibration_sd`."""
    nobs: UInt8
    """Number of valid looks of the day, (cell, time)."""
    obs_time: Datetime64
    """Mean time of these looks [UTC], NaT without any, (cell, time)."""
    flag: UInt32
    """Bits of `flags.Flag` of these looks; NOT_OBSERVED without any, (cell, time)."""
    calibration_sd: Float32
    """Standard deviation of the calibration, median over days [K], (cell, channel)."""
    is_simulated: bool


def _columns(ds: xr.Dataset, settings: TrainSettings, *, is_precessing: bool) -> dict[str, Float32]:
    """Values of each feature of a look by name, (time, look, cell)."""
    columns = {
        name: ds["tb"].to_numpy()[..., number] for number, name in enumerate(settings.channels)
    }
    if settings.incidence:
        columns["incidence"] = ds["incidence"].to_numpy()
    # Sun-synchronous sensors observe a cell at a fixed local time: no information.
    if settings.local_time and is_precessing:
        angle = ds["local_time"].to_numpy() * np.float32(2 * np.pi / _DAY_HOURS)
        columns |= {"sine of local time": np.sin(angle), "cosine of local time": np.cos(angle)}
    return columns


def _mean_time(times: Datetime64, valid: Booleans) -> object:
    """Mean time of the valid looks, (time, cell)."""
    number = np.where(valid, times.astype("M8[ms]").astype(np.int64), 0)
    count = valid.sum(axis=1)
    mean = number.sum(axis=1) // np.maximum(count, 1)
    return np.where(count > 0, mean.astype("M8[ms]").astype("M8[ns]"), np.datetime64("NaT", "ns"))


def _calibration(ds: xr.Dataset) -> tuple[Float32, Booleans]:
    """Calibration sd [K], (cell, channel), and True if a line has no own pairs, (cell,)."""
    shape = (ds.sizes["cell"], ds.sizes["channel"])
    if "tb_calibration_sd" not in ds:
        return np.zeros(shape, np.float32), np.zeros(shape[0], np.bool_)
    sd = ds["tb_calibration_sd"].to_numpy()
    middle = nan_median(sd.reshape(-1, *shape), 0.0).astype(np.float32)
    flag = ds["calibration_flag"].transpose("cell", "channel").to_numpy().astype(FLAG_DTYPE)
    return middle, np.asarray(flags.has(flag, _NO_OWN_PAIRS).any(axis=1))


def compute_inputs(
    ds: xr.Dataset,
    settings: TrainSettings,
    screen: CalibrateSettings,
    *,
    reference_days: Booleans,
    sensors: Table = SENSORS,
) -> Inputs:
    """Compute the daily inputs of the learner from one sensor.

    A look is valid if all channels have a value and 10.65 GHz no interference. Rain, snow and frost
    are kept and flagged.

    Args:
        ds: dataset after schema.GRID_TB, consecutive days, channels named as on the sensor of the
            network; with `tb_calibration_sd` and `calibration_flag` if calibrated.
        settings: the `[train]` table.
        screen: the `[calibrate]` table, for its thresholds.
        reference_days: days of the median used to detect rain, (time,).
        sensors: the table of sensors.

    Raises:
        SchemaError: a channel is missing.
    """
    advice = "grid these channels, calibrate the sensor, or change [train] channels"
    ds = select_channels(ds, settings.channels, "learn", advice)
    ds = ds.transpose(*schema.LOOK, ..., "channel")
    tb = ds["tb"].to_numpy()
    detected = conditions(tb, settings.channels, screen, usual_days=reference_days)
    flag = ds["flag"].to_numpy().astype(FLAG_DTYPE) | detected
    valid = ~flags.has(flag, _NO_LOOK) & np.isfinite(tb).all(axis=-1)
    sensor = sensors[str(ds.attrs["sensor"])]
    columns = _columns(ds, settings, is_precessing=sensor.is_precessing)
    looks = [str(look) for look in ds["look"].to_numpy()]
    x = np.stack(
        [
            np.where(valid[:, look], values[:, look], np.float32(np.nan)).T
            for look in range(LOOKS)
            for values in columns.values()
        ],
        axis=-1,
    ).astype(np.float32)
    nobs = valid.sum(axis=1).T
    daily_flag = np.bitwise_or.reduce(np.where(valid, flag, FLAG_DTYPE(0)), axis=1).T
    sd, is_shared = _calibration(ds)
    daily_flag |= flags.where(is_shared[:, None], Flag.CALIBRATION_SHARED)
    daily_flag = np.where(nobs > 0, daily_flag, FLAG_DTYPE(int(Flag.NOT_OBSERVED)))
    return Inputs(
        sensor.name,
        ds["time"].to_numpy().astype("M8[D]"),
        ds["cell"].to_numpy().astype(np.int64),
        x,
        np.repeat(np.arange(LOOKS), len(columns)),
        tuple(f"{name} {look}" for look in looks for name in columns),
        settings.channels,
        nobs.astype(np.uint8),
        np.asarray(_mean_time(ds["obs_time"].to_numpy(), valid)).T,
        daily_flag.astype(FLAG_DTYPE),
        sd,
        schema.is_simulated(ds),
    )
