"""Networks applied to one sensor: daily soil moisture with uncertainty and flags, a STREAM."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import AnyArray, Booleans, Float32, Float64, Int64, UInt32
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.learn import error_model
from mcca_ml.learn.features import Inputs
from mcca_ml.learn.fit import predict
from mcca_ml.learn.pooled_start import Weights, select_cells
from mcca_ml.learn.uncertainty import Spread, published_sd, target_sd_of

FEWEST_OF_MONTH = 5
"""Days of a month of the year, of all years, with a target to learn from, below which a cell's
network is not trusted in that month [day]: where SMAP's ground is frozen nothing was learned, and
what the imager takes for thawed is told too wet."""
MARGIN = 0.2
"""Of its range on training days, by which an input may lie outside it [1]."""


def channel_of(names: Sequence[str], channels: Sequence[str]) -> Int64:
    """Place of the channel whose brightness temperature each input is, -1 where it is none.

    Args:
        names: of the inputs; the name of a channel begins those that are of it.
        channels: names.

    >>> channel_of(["10.65V am", "36.5H pm", "incidence am"], ["10.65V", "36.5H"]).tolist()
    [0, 1, -1]
    """
    firsts = [name.split(" ")[0] for name in names]
    places = [channels.index(name) if name in channels else -1 for name in firsts]
    return np.array(places, np.int64)


def sensitivity(
    weights: Weights,
    x: Float32,
    names: Sequence[str],
    channels: Sequence[str],
    sd: Float32,
) -> Float32:
    """Standard deviation of soil moisture from errors of calibration [m3 m-3], (cell, time).

    Each channel is shifted by one standard deviation on all days, since its error stays; channels
    are independent. NaN before the first input.

    Args:
        weights: of the cells, in their order.
        x: inputs, (cell, time, feature).
        names: of the inputs.
        channels: names.
        sd: of the calibration [K], NaN or 0 where there is none, (cell, channel).
    """
    size, of = weights.start.settings.block, channel_of(names, channels)
    shift = np.nan_to_num(sd, nan=0.0).astype(np.float32)
    out = np.zeros(x.shape[:2], np.float32)
    for first in range(0, len(x), size):
        place = np.arange(first, min(first + size, len(x)))
        used = [i for i in range(len(channels)) if shift[place, i].any() and (of == i).any()]
        if not used:
            continue
        some = select_cells(weights, place)
        middle = predict(some, x[place])
        total = np.zeros_like(middle)
        for i in used:
            moved = x[place] + shift[place, None, i, None] * (of == i).astype(np.float32)
            total += (predict(some, moved) - middle) ** 2
        # Root of the sum of squares, since channels are independent.
        out[place] = np.sqrt(total)
    return out


def response(
    weights: Weights,
    x: Float32,
    names: Sequence[str],
    channels: Sequence[str],
    seen: Booleans,
) -> Float64:
    """Mean change of soil moisture by one kelvin on all days [m3 m-3 K-1], (cell, channel).

    Args:
        weights: of the cells, in their order.
        x: inputs, (cell, time, feature).
        names: of the inputs.
        channels: names.
        seen: days that count, (cell, time).
    """
    of, middle = channel_of(names, channels), predict(weights, x)
    out = np.zeros((len(x), len(channels)))
    for i in range(len(channels)):
        change = predict(weights, x + (of == i).astype(np.float32)) - middle
        counts = seen & np.isfinite(change)
        total = np.where(counts, change, 0).sum(axis=1, dtype=np.float64)
        out[:, i] = total / np.maximum(counts.sum(axis=1), 1)
    return out


def _is_unusual(spread: Spread, inputs: Inputs) -> Booleans:
    """Whether a brightness temperature lies well outside its range on training days, (cell, time).

    Incidence and local time are not judged: they differ between sensors that share a network.
    """
    out = np.zeros(inputs.x.shape[:2], np.bool_)
    for i in np.flatnonzero(channel_of(inputs.names, inputs.channels) >= 0):
        low, high = spread.low[:, None, i], spread.high[:, None, i]
        # NaN is never unusual: comparisons with it are false.
        margin, x = MARGIN * (high - low), inputs.x[:, :, i]
        out |= (x < low - margin) | (x > high + margin)
    return out


def _flag(weights: Weights, spread: Spread, inputs: Inputs) -> UInt32:
    """Flags of each cell and day, (cell, time)."""
    flag, is_own = inputs.flag.astype(FLAG_DTYPE), weights.level.is_own[:, None]
    month = inputs.days.astype("M8[M]").astype(np.int64) % 12
    is_season_unknown = (spread.months < FEWEST_OF_MONTH)[:, month]
    for where, bit in (
        (inputs.nobs == 0, Flag.NOT_OBSERVED),
        (~is_own, Flag.LEVEL_GUESSED),
        (_is_unusual(spread, inputs), Flag.INPUT_UNUSUAL),
        # A cell without targets of its own is told by the network of all, in every season.
        (is_season_unknown & is_own, Flag.SEASON_UNKNOWN),
    ):
        flag |= flags.where(where, bit)
    return flag


def stream_of(
    weights: Weights,
    spread: Spread,
    inputs: Inputs,
    *,
    extra_sd: Float32 | None = None,
    attrs: dict[str, str] | None = None,
) -> xr.Dataset:
    """Daily soil moisture of some cells from one sensor.

    Args:
        weights: of the cells, of the sensor or of the one it was calibrated to.
        spread: of those weights, of these cells and perhaps others.
        inputs: of the cells, on consecutive days.
        extra_sd: more standard deviation against the truth [m3 m-3], (cell, time); None: none.
        attrs: of the dataset beside `sensor`.

    Returns:
        After `schema.STREAM`; attribute `sensor`. `target_sd` has the attribute `ratio95`, by which
        it becomes the half width that holds 95 % of targets; as it stands it holds 68 %.

    Raises:
        SchemaError: cells or inputs other than those of the weights.
    """
    mine = spread.of(weights.cells)
    sm = np.clip(predict(weights, inputs.x), 0, 1)
    age = error_model.age_of(inputs.days, inputs.nobs)
    calibration = sensitivity(
        weights, inputs.x, inputs.names, inputs.channels, inputs.calibration_sd
    )
    # Of a guessed level nothing is taken for known but how much levels of cells differ.
    guess = np.where(weights.level.is_own, 0, mine.guess_sd)[:, None].astype(np.float32)
    spread_sd = np.hypot(target_sd_of(mine, inputs.days, inputs.nobs, age), guess)
    more = calibration if extra_sd is None else np.hypot(calibration, extra_sd)
    found = {
        "soil_moisture": sm,
        "sm_uncertainty": published_sd(mine, spread_sd, more),
        "target_sd": np.hypot(spread_sd, calibration),
    }
    is_told = np.isfinite(sm)
    values: dict[str, AnyArray] = {
        # Soil moisture is a fraction of volume: nothing is off by more than 1.
        **{n: np.where(is_told, np.minimum(v, 1), np.float32(np.nan)) for n, v in found.items()},
        "obs_time": np.where(inputs.nobs > 0, inputs.obs_time, np.datetime64("NaT", "ns")),
        "nobs": inputs.nobs,
        "age": age,
        "flag": _flag(weights, mine, inputs),
    }
    variables = {}
    for name, value in values.items():
        units = schema.STREAM[name].units
        said: dict[str, object] = {} if units is None else {"units": units}
        variables[name] = (schema.DAILY, np.ascontiguousarray(value.T), said)
    variables["target_sd"][2]["ratio95"] = float(spread.ratio95)
    return xr.Dataset(
        variables,
        coords={"time": inputs.days.astype("M8[ns]"), "cell": weights.cells},
        attrs={**(attrs or {}), "sensor": inputs.sensor},
    )
