"""STREAMs of some cells -> RECORD: weighted means, with what each value rests on."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int64, Intp, UInt8, UInt32
from mcca_ml.config.record import FuseSettings
from mcca_ml.flags import FLAG_DTYPE, Flag, is_recommended
from mcca_ml.fuse.error_covariance import Model, check_streams, network_of_stream
from mcca_ml.fuse.weights import covariance, weights
from mcca_ml.sensors import SENSORS, Table, imagers

STEP_ROWS = 200_000
"""Cells and days that are solved together: what bounds the memory."""


class _Stacked(NamedTuple):
    """All streams, in the order of `sensors.imagers`, (time, cell, stream)."""

    sm: Float32
    sd: Float32
    uncertainty: Float32
    nobs: UInt8
    age: UInt8
    flag: UInt32
    time: Int64
    """Of observation [ms since 1970]; 0 where there is none."""


_EMPTY: Mapping[str, np.generic] = {
    "soil_moisture": np.float32(np.nan),
    "target_sd": np.float32(np.nan),
    "sm_uncertainty": np.float32(np.nan),
    "nobs": np.uint8(0),
    "age": np.uint8(255),
    "flag": np.uint32(int(Flag.NOT_OBSERVED)),
    "obs_time": np.datetime64("NaT", "ms"),
}
"""Variables of a stream in the order of `_Stacked`, and their values of a sensor that is absent."""


def _stacked(streams: Mapping[str, xr.Dataset], names: Sequence[str]) -> _Stacked:
    """Arrays of all streams; those that are missing have no value on any day."""
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


def _used(all_of: _Stacked, settings: FuseSettings) -> tuple[Booleans, Booleans]:
    """Streams that each value rests on, (time, cell, stream), and where it is filled, (time, cell).

    Streams with a condition of the recommended mask count only where no stream is without.
    """
    has = np.isfinite(all_of.sm) & np.isfinite(all_of.sd)
    observed = has & (all_of.nobs > 0)
    clean = observed & is_recommended(all_of.flag)
    # A value with a condition counts only where none is without.
    chosen = np.where(clean.any(axis=-1, keepdims=True), clean, observed)
    carried = has & (all_of.age <= settings.fill_age_max)
    is_filled = np.asarray(~observed.any(axis=-1) & carried.any(axis=-1), np.bool_)
    return np.where(is_filled[..., None], carried, chosen), is_filled


def _weighted(
    all_of: _Stacked,
    used: Booleans,
    is_filled: Booleans,
    model: Model,
    network: Intp,
    step_rows: int,
) -> tuple[Float32, Float32, Float32]:
    """Weights (time, cell, stream), fused soil moisture and its sd against the target [m3 m-3].

    Weights of days with a look rest on the errors that the streams of the cell were found to have
    side by side; those of filled days on what each stream tells, which knows the age of the look.
    """
    shape = used.shape
    rows = np.flatnonzero(used.any(axis=-1).ravel())
    cell = rows % shape[1]
    flat, filled = used.reshape(-1, shape[2]), is_filled.ravel()
    sd, sm = all_of.sd.reshape(flat.shape), all_of.sm.reshape(flat.shape)
    weight = np.zeros(flat.shape, np.float32)
    fused, spread = np.full((2, len(flat)), np.nan, np.float32)
    for first in range(0, rows.size, step_rows):
        part, of_cell = rows[first : first + step_rows], cell[first : first + step_rows]
        some = flat[part]
        agreement = model.agreement[of_cell].astype(np.float64)
        told = np.where(some, sd[part], 1.0).astype(np.float64)
        known = model.sd[of_cell].astype(np.float64)
        # Errors side by side where they are known; on days without a look the age of each stream.
        is_told = filled[part] | ~np.isfinite(known).all(axis=1)
        found = np.where(is_told[:, None], told, known)
        w = weights(covariance(found, agreement, network), some)
        # The mean departure of each stream is subtracted before it is weighted.
        off = np.where(some, sm[part] - model.bias[of_cell], 0.0)
        weight[part] = w
        fused[part] = np.clip((w * off).sum(axis=1), 0, 1)
        # Var of the weighted mean = w' C w
        spread[part] = np.sqrt(
            np.einsum("ri,rij,rj->r", w, covariance(told, agreement, network), w)
        )
    return weight.reshape(shape), fused.reshape(shape[:2]), spread.reshape(shape[:2])


def _mean_time(all_of: _Stacked, weight: Float32, has: Booleans) -> Datetime64:
    """Weighted mean time of the streams used that tell one, NaT where none does."""
    known = (weight > 0) & (all_of.time > 0)
    share = np.where(known, weight, 0).astype(np.float64)
    total = share.sum(axis=-1)
    # Back from the latest time: sums of whole times would round to parts of a second.
    middle = np.where(known, all_of.time, 0).max(axis=-1)
    back = np.where(known, middle[..., None] - all_of.time, 0)
    late = (back * share).sum(axis=-1) / np.where(total > 0, total, 1)
    mean = middle - np.rint(late).astype(np.int64)
    is_told = has & (total > 0)
    return np.where(is_told, mean.astype("M8[ms]").astype("M8[ns]"), np.datetime64("NaT", "ns"))


def fuse(
    streams: Mapping[str, xr.Dataset],
    model: Model,
    settings: FuseSettings,
    sensors: Table = SENSORS,
    *,
    step_rows: int = STEP_ROWS,
) -> xr.Dataset:
    """The record of some cells.

    The published uncertainty is the weighted mean of those of the streams, as if their errors
    against the truth agreed fully: most of it is what they share, the target's own error, and how
    much of the rest averages out is not known. `target_sd` is that of the weighted mean.

    Args:
        streams: after schema.STREAM, by sensor; at least one.
        model: of these cells.
        settings: the `[fuse]` table.
        sensors: the table of sensors.
        step_rows: values fused in one step; it does not change any.

    Returns:
        New dataset after schema.RECORD. Layers are the streams as they are, bias and all.

    Raises:
        SchemaError: streams of other days or cells, or of an unknown sensor.
    """
    check_streams(streams, sensors)
    names, network = imagers(sensors), network_of_stream(sensors)
    all_of = _stacked(streams, names)
    used, is_filled = _used(all_of, settings)
    weight, fused, spread = _weighted(all_of, used, is_filled, model, network, step_rows)
    takes_part = used & (weight > 0)
    has = takes_part.any(axis=-1) & ~is_filled
    flag = np.bitwise_or.reduce(np.where(takes_part, all_of.flag, 0), axis=-1)
    bits = np.array([sensors[name].cci_bit for name in names])
    nothing = np.float32(np.nan)
    # sum w sd, not root of w' C w: the errors against the truth are taken to agree fully.
    published = np.where(takes_part, weight * all_of.uncertainty, 0).sum(axis=-1)
    values: dict[str, AnyArray] = {
        "sm": np.where(has, fused, nothing),
        "sm_uncertainty": np.where(has | is_filled, np.minimum(published, 1), nothing),
        "target_sd": np.where(has | is_filled, np.minimum(spread, 1), nothing),
        "sensor": np.where(has, (takes_part * bits).sum(axis=-1), 0).astype(np.uint16),
        "t0": _mean_time(all_of, weight, has),
        "nobs": np.where(has, (takes_part * all_of.nobs).sum(axis=-1), 0).astype(np.uint8),
        "flag": np.where(has, flag, int(Flag.NOT_OBSERVED)).astype(FLAG_DTYPE),
        "sm_filled": fused,
        "is_filled": is_filled.astype(np.uint8),
    }
    for number, name in enumerate(names):
        seen = np.asarray(all_of.nobs[..., number] > 0)
        layer = sensors[name].layer
        values[layer] = np.where(seen, all_of.sm[..., number], nothing)
        values[f"{layer}_uncertainty"] = np.where(seen, all_of.uncertainty[..., number], nothing)
    return _dataset(values, streams, schema.record_of(sensors))


def _dataset(
    values: Mapping[str, AnyArray],
    streams: Mapping[str, xr.Dataset],
    contract: Mapping[str, schema.Var],
) -> xr.Dataset:
    """RECORD from its arrays."""
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
