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
from mcca_ml.learn.uncertainty import ErrorModel, estimate_target_sd, published_sd

FEWEST_OF_MONTH = 5
"""Smallest number of training days in a calendar month, all years together, for valid estimates in
that month [day]: where SMAP's ground is frozen there are none, and ground that looks thawed to the
imager gets too wet estimates."""
MARGIN = 0.2
"""Fraction of the training range of an input by which it may be outside that range [1]."""


def find_channels(names: Sequence[str], channels: Sequence[str]) -> Int64:
    """Index of the channel of each input, -1 for an input that is no brightness temperature.

    Args:
        names: input names; those of brightness temperatures begin with the channel name.
        channels: channel names.

    >>> find_channels(["10.65V am", "36.5H pm", "incidence am"], ["10.65V", "36.5H"]).tolist()
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

    Each channel is shifted by one standard deviation on all days, since its error is constant in
    time; channels are independent. NaN before the first input.

    Args:
        weights: weights of the cells, in the order of `x`.
        x: inputs, (cell, time, feature).
        names: input names.
        channels: channel names.
        sd: standard deviation of the calibration [K], NaN or 0 without one, (cell, channel).
    """
    size, channel = weights.start.settings.block, find_channels(names, channels)
    shift = np.nan_to_num(sd, nan=0.0).astype(np.float32)
    out = np.zeros(x.shape[:2], np.float32)
    for first in range(0, len(x), size):
        place = np.arange(first, min(first + size, len(x)))
        used = [i for i in range(len(channels)) if shift[place, i].any() and (channel == i).any()]
        if not used:
            continue
        some = select_cells(weights, place)
        middle = predict(some, x[place])
        total = np.zeros_like(middle)
        for i in used:
            moved = x[place] + shift[place, None, i, None] * (channel == i).astype(np.float32)
            total += (predict(some, moved) - middle) ** 2
        # Independent channels: root of the sum of squares.
        out[place] = np.sqrt(total)
    return out


def response(
    weights: Weights,
    x: Float32,
    names: Sequence[str],
    channels: Sequence[str],
    is_used: Booleans,
) -> Float64:
    """Mean change of soil moisture per kelvin on all days [m3 m-3 K-1], (cell, channel).

    Args:
        weights: weights of the cells, in the order of `x`.
        x: inputs, (cell, time, feature).
        names: input names.
        channels: channel names.
        is_used: True on days of the mean, (cell, time).
    """
    channel, middle = find_channels(names, channels), predict(weights, x)
    out = np.zeros((len(x), len(channels)))
    for i in range(len(channels)):
        change = predict(weights, x + (channel == i).astype(np.float32)) - middle
        counts = is_used & np.isfinite(change)
        total = np.where(counts, change, 0).sum(axis=1, dtype=np.float64)
        out[:, i] = total / np.maximum(counts.sum(axis=1), 1)
    return out


def _is_unusual(model: ErrorModel, inputs: Inputs) -> Booleans:
    """True where a brightness temperature is far outside its training range, (cell, time).

    Incidence and local time are ignored: they differ between sensors that share a network.
    """
    out = np.zeros(inputs.x.shape[:2], np.bool_)
    for i in np.flatnonzero(find_channels(inputs.names, inputs.channels) >= 0):
        low, high = model.low[:, None, i], model.high[:, None, i]
        # Comparisons with NaN are false.
        margin, x = MARGIN * (high - low), inputs.x[:, :, i]
        out |= (x < low - margin) | (x > high + margin)
    return out


def _flag(weights: Weights, model: ErrorModel, inputs: Inputs) -> UInt32:
    """Flags of each cell and day, (cell, time)."""
    flag, is_own = inputs.flag.astype(FLAG_DTYPE), weights.scaling.is_own[:, None]
    month = inputs.days.astype("M8[M]").astype(np.int64) % 12
    is_season_unknown = (model.months < FEWEST_OF_MONTH)[:, month]
    for where, bit in (
        (inputs.nobs == 0, Flag.NOT_OBSERVED),
        (~is_own, Flag.LEVEL_GUESSED),
        (_is_unusual(model, inputs), Flag.INPUT_UNUSUAL),
        # A cell without own targets uses the pooled network, in every season.
        (is_season_unknown & is_own, Flag.SEASON_UNKNOWN),
    ):
        flag |= flags.where(where, bit)
    return flag


def make_stream(
    weights: Weights,
    model: ErrorModel,
    inputs: Inputs,
    *,
    extra_sd: Float32 | None = None,
    attrs: dict[str, str] | None = None,
) -> xr.Dataset:
    """Predict daily soil moisture of some cells from one sensor.

    Args:
        weights: weights of the cells, of the sensor or of the one it is calibrated to.
        model: error model of these weights, for these cells and perhaps others.
        inputs: inputs of the cells, on consecutive days.
        extra_sd: additional standard deviation against the truth [m3 m-3], (cell, time).
        attrs: attributes of the dataset in addition to `sensor`.

    Returns:
        Dataset after `schema.STREAM`; attribute `sensor`. `target_sd` is the half width of the 68 %
        interval of the target; times its attribute `ratio95`, of the 95 % interval.

    Raises:
        SchemaError: cells or features differ from those of the weights.
    """
    mine = model.select_cells(weights.cells)
    sm = np.clip(predict(weights, inputs.x), 0, 1)
    age = error_model.compute_age(inputs.days, inputs.nobs)
    calibration = sensitivity(
        weights, inputs.x, inputs.names, inputs.channels, inputs.calibration_sd
    )
    # A guessed target mean is as uncertain as the means of cells differ.
    guess = np.where(weights.scaling.is_own, 0, mine.guess_sd)[:, None].astype(np.float32)
    spread_sd = np.hypot(estimate_target_sd(mine, inputs.days, inputs.nobs, age), guess)
    more = calibration if extra_sd is None else np.hypot(calibration, extra_sd)
    estimates = {
        "soil_moisture": sm,
        "sm_uncertainty": published_sd(mine, spread_sd, more),
        "target_sd": np.hypot(spread_sd, calibration),
    }
    is_valid = np.isfinite(sm)
    values: dict[str, AnyArray] = {
        # Soil moisture is a volume fraction: no error exceeds 1.
        **{
            name: np.where(is_valid, np.minimum(value, 1), np.float32(np.nan))
            for name, value in estimates.items()
        },
        "obs_time": np.where(inputs.nobs > 0, inputs.obs_time, np.datetime64("NaT", "ns")),
        "nobs": inputs.nobs,
        "age": age,
        "flag": _flag(weights, mine, inputs),
    }
    variables = {}
    for name, value in values.items():
        units = schema.STREAM[name].units
        attributes: dict[str, object] = {} if units is None else {"units": units}
        variables[name] = (schema.DAILY, np.ascontiguousarray(value.T), attributes)
    variables["target_sd"][2]["ratio95"] = float(model.ratio95)
    return xr.Dataset(
        variables,
        coords={"time": inputs.days.astype("M8[ns]"), "cell": weights.cells},
        attrs={**(attrs or {}), "sensor": inputs.sensor},
    )
