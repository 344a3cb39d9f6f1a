"""Fuse the STREAMs of some cells into the RECORD by weighted means."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int64, Intp, UInt8, UInt32
from mcca_ml.config.record import FuseSettings
from mcca_ml.flags import FLAG_DTYPE, Flag, is_recommended
from mcca_ml.fuse.error_covariance import StreamErrors, check_streams, stream_networks
from mcca_ml.fuse.weights import covariance, weights
from mcca_ml.sensors import SENSORS, Table, imagers

STEP_ROWS = 200_000
"""Values (cell and day) solved in one step, to limit the memory."""


class _Stacked(NamedTuple):
    """Variables of all streams, in the order of `sensors.imagers`, (time, cell, stream)."""

    sm: Float32
    sd: Float32
    uncertainty: Float32
    nobs: UInt8
    age: UInt8
    flag: UInt32
    time: Int64
    """Time of observation [ms since 1970-01-01]; 0 where missing."""


_EMPTY: Mapping[str, np.generic] = {
    "soil_moisture": np.float32(np.nan),
    "target_sd": np.float32(np.nan),
    "sm_uncertainty": np.float32(np.nan),
    "nobs": np.uint8(0),
    "age": np.uint8(255),
    "flag": np.uint32(int(Flag.NOT_OBSERVED)),
    "obs_time": np.datetime64("NaT", "ms"),
}
"""Variables of a stream in the order of `_Stacked`, and their values for an absent sensor."""


def _stack_streams(streams: Mapping[str, xr.Dataset], names: Sequence[str]) -> _Stacked:
    """Stack the arrays of all streams; absent sensors have no value on any day."""
    first = next(iter(streams.values()))
    shape = (first.sizes["time"], first.sizes["cell"])
    *values, times = (
        np.stack(
            [
                streams[s][name].to_numpy().astype(empty.dtype)
                if s in streams
                else np.full(shape, empty)
                for s in names
            ],
            axis=-1,
        )
        for name, empty in _EMPTY.items()
    )
    known = np.where(np.isnat(times), np.datetime64(0, "ms"), times)
    return _Stacked._make([*values, known.astype(np.int64)])


def _select_streams(stacked: _Stacked, settings: FuseSettings) -> tuple[Booleans, Booleans]:
    """Streams used for each value, (time, cell, stream), and True where it is filled, (time, cell).

    Values that are not recommended are used only where no stream has a recommended one.
    """
    valid = np.isfinite(stacked.sm) & np.isfinite(stacked.sd)
    observed = valid & (stacked.nobs > 0)
    recommended = observed & is_recommended(stacked.flag)
    # A value that is not recommended counts only where no stream has a recommended one.
    chosen = np.where(recommended.any(axis=-1, keepdims=True), recommended, observed)
    carried = valid & (stacked.age <= settings.fill_age_max)
    is_filled = np.asarray(~observed.any(axis=-1) & carried.any(axis=-1), np.bool_)
    return np.where(is_filled[..., None], carried, chosen), is_filled


def _weighted_means(
    stacked: _Stacked,
    used: Booleans,
    is_filled: Booleans,
    model: StreamErrors,
    network: Intp,
    step_rows: int,
) -> tuple[Float32, Float32, Float32]:
    """Weights (time, cell, stream), fused soil moisture and its sd against the target [m3 m-3].

    On days with a look the weights follow from the measured error standard deviations of the
    streams of the cell; on filled days from the `target_sd` of each stream, which depends on the
    age of the look.
    """
    shape = used.shape
    rows = np.flatnonzero(used.any(axis=-1).ravel())
    cell = rows % shape[1]
    flat, filled = used.reshape(-1, shape[2]), is_filled.ravel()
    sd, sm = stacked.sd.reshape(flat.shape), stacked.sm.reshape(flat.shape)
    weight = np.zeros(flat.shape, np.float32)
    fused, fused_sd = np.full((2, len(flat)), np.nan, np.float32)
    for first in range(0, rows.size, step_rows):
        step, cells = rows[first : first + step_rows], cell[first : first + step_rows]
        some = flat[step]
        correlation = model.error_correlation[cells].astype(np.float64)
        daily_sd = np.where(some, sd[step], 1.0).astype(np.float64)
        cell_sd = model.sd[cells].astype(np.float64)
        # The daily sd grows with the age of the look, which matters on filled days.
        use_daily = filled[step] | ~np.isfinite(cell_sd).all(axis=1)
        weight_sd = np.where(use_daily[:, None], daily_sd, cell_sd)
        w = weights(covariance(weight_sd, correlation, network), some)
        # Bias correction of each stream before averaging.
        unbiased = np.where(some, sm[step] - model.bias[cells], 0.0)
        weight[step] = w
        fused[step] = np.clip((w * unbiased).sum(axis=1), 0, 1)
        # Var of the weighted mean = w' C w
        fused_sd[step] = np.sqrt(
            np.einsum("ri,rij,rj->r", w, covariance(daily_sd, correlation, network), w)
        )
    return weight.reshape(shape), fused.reshape(shape[:2]), fused_sd.reshape(shape[:2])


def _mean_time(stacked: _Stacked, weight: Float32, is_observed: Booleans) -> Datetime64:
    """Weighted mean time of the streams used; NaT where none has a time."""
    known = (weight > 0) & (stacked.time > 0)
    share = np.where(known, weight, 0).astype(np.float64)
    total = share.sum(axis=-1)
    # Relative to the latest time, to avoid rounding of sums of large numbers.
    latest = np.where(known, stacked.time, 0).max(axis=-1)
    before = np.where(known, latest[..., None] - stacked.time, 0)
    mean_before = (before * share).sum(axis=-1) / np.where(total > 0, total, 1)
    mean = latest - np.rint(mean_before).astype(np.int64)
    has_time = is_observed & (total > 0)
    return np.where(has_time, mean.astype("M8[ms]").astype("M8[ns]"), np.datetime64("NaT", "ns"))


def fuse(
    streams: Mapping[str, xr.Dataset],
    model: StreamErrors,
    settings: FuseSettings,
    sensors: Table = SENSORS,
    *,
    step_rows: int = STEP_ROWS,
) -> xr.Dataset:
    """Fuse the streams of some cells into the record.

    The published uncertainty is the weighted mean of the uncertainties of the streams, as for fully
    correlated errors against the truth: most of the error is that of the target, which all streams
    share, and how much of the rest averages out is unknown. `target_sd` is the standard deviation
    of the weighted mean against the target.

    Args:
        streams: streams after schema.STREAM by sensor; at least one.
        model: stream errors of these cells.
        settings: the `[fuse]` table.
        sensors: the table of sensors.
        step_rows: values fused in one step; the result does not depend on it.

    Returns:
        New dataset after schema.RECORD. Layers are the streams without bias correction.

    Raises:
        SchemaError: days or cells differ, or a sensor is unknown.
    """
    check_streams(streams, sensors)
    names, network = imagers(sensors), stream_networks(sensors)
    stacked = _stack_streams(streams, names)
    used, is_filled = _select_streams(stacked, settings)
    weight, fused, fused_sd = _weighted_means(stacked, used, is_filled, model, network, step_rows)
    takes_part = used & (weight > 0)
    is_observed = takes_part.any(axis=-1) & ~is_filled
    flag = np.bitwise_or.reduce(np.where(takes_part, stacked.flag, 0), axis=-1)
    bits = np.array([sensors[name].cci_bit for name in names])
    nan = np.float32(np.nan)
    has_value = is_observed | is_filled
    # sum w sd, not root of w' C w: errors against the truth are taken as fully correlated.
    published = np.where(takes_part, weight * stacked.uncertainty, 0).sum(axis=-1)
    nobs = np.where(is_observed, (takes_part * stacked.nobs).sum(axis=-1), 0)
    values: dict[str, AnyArray] = {
        "sm": np.where(is_observed, fused, nan),
        "sm_uncertainty": np.where(has_value, np.minimum(published, 1), nan),
        "target_sd": np.where(has_value, np.minimum(fused_sd, 1), nan),
        "sensor": np.where(is_observed, (takes_part * bits).sum(axis=-1), 0).astype(np.uint16),
        "t0": _mean_time(stacked, weight, is_observed),
        "nobs": nobs.astype(np.uint8),
        "flag": np.where(is_observed, flag, int(Flag.NOT_OBSERVED)).astype(FLAG_DTYPE),
        "sm_filled": fused,
        "is_filled": is_filled.astype(np.uint8),
    }
    for number, name in enumerate(names):
        has_look = np.asarray(stacked.nobs[..., number] > 0)
        layer = sensors[name].layer
        values[layer] = np.where(has_look, stacked.sm[..., number], nan)
        values[f"{layer}_uncertainty"] = np.where(has_look, stacked.uncertainty[..., number], nan)
    return _dataset(values, streams, schema.record_contract(sensors))


def _dataset(
    values: Mapping[str, AnyArray],
    streams: Mapping[str, xr.Dataset],
    contract: Mapping[str, schema.Var],
) -> xr.Dataset:
    """Build the RECORD from its arrays."""
    first = next(iter(streams.values()))
    out = xr.Dataset(
        coords={
            name: first[name] for name in ("time", "cell", "lat", "lon") if name in first.coords
        }
    )
    for name, var in contract.items():
        out[name] = (schema.DAILY, values[name], {"units": var.units} if var.units else {})
    simulated = any(map(schema.is_simulated, streams.values()))
    out.attrs = {
        "sensor": "RECORD",
        "grid": str(first.attrs.get("grid", "EASE2_M25")),
        "simulated": "true" if simulated else "false",
    }
    return schema.check(out, contract, where="fuse: output")
