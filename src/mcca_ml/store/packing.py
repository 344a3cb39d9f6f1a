"""Packing of the variables of all stores: one table of types and quanta."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import AnyArray, Datetime64
from mcca_ml.errors import OutputError
from mcca_ml.flags import Flag
from mcca_ml.schema import LAYERS, NO_LAND_COVER


@dataclass(frozen=True)
class Packing:
    """Type, units and scale of a packed variable."""

    dtype: str
    fill: int
    """Count of a missing value."""
    units: str
    quantum: float = 1.0
    """Value of one count, in the units."""
    offset: float = 0.0
    """Value of count 0."""
    saturates: bool = False
    """True: values above the range, of an unbounded quantity, become the largest count."""


_MOISTURE = Packing("i2", -32768, "m3 m-3", 5e-5)
_SPREAD = Packing("i2", -32768, "m3 m-3", 5e-5, saturates=True)
_CODES = ("nobs", "flag", "land_cover_main", "age", "sensor", "is_filled")
"""Integers stored without packing."""
_TIMES = ("obs_time", "t0")


PACKED: Mapping[str, Packing] = {
    "tb": Packing("i2", -32768, "K", 0.01, 200.0),
    "incidence": Packing("i2", -32768, "rad", 1e-4),
    "local_time": Packing("i2", -32768, "h", 1e-3),
    "obs_time": Packing("u2", 65535, "s", 2.0),
    "nobs": Packing("u2", 0, "1"),
    "flag": Packing("u4", int(Flag.NOT_OBSERVED), "1"),
    "soil_moisture": _MOISTURE,
    "sm_uncertainty": _SPREAD,
    "target_sd": _SPREAD,
    "vod_v": Packing("i2", -32768, "1", 5e-4),
    "vod_h": Packing("i2", -32768, "1", 5e-4),
    "vod_v_uncertainty": Packing("i2", -32768, "1", 1e-3, saturates=True),
    "vod_h_uncertainty": Packing("i2", -32768, "1", 1e-3, saturates=True),
    "cost": Packing("i2", -32768, "1", 1e-2, saturates=True),
    "soil_temperature": Packing("i2", -32768, "K", 0.01, 250.0),
    "clay_fraction": Packing("i2", -32768, "1", 1e-4),
    "roughness_h": Packing("i2", -32768, "1", 5e-4),
    "water_fraction": Packing("i2", -32768, "1", 1e-4),
    "land_cover_main": Packing("u1", NO_LAND_COVER, "1"),
    "age": Packing("u1", 255, "d"),
    "sensor": Packing("u2", 0, "1"),
    "t0": Packing("u2", 65535, "s", 2.0),
    "is_filled": Packing("u1", 0, "1"),
    **dict.fromkeys(("sm", "sm_filled", *LAYERS.values()), _MOISTURE),
    **{f"{name}_uncertainty": _SPREAD for name in LAYERS.values()},
}
"""Counts of 16 bits with quanta far below the errors, except the flag, which has 24 bits.

`obs_time` and `t0` count complete quanta since 00:00 UTC, so rounding does not change the day."""


def pack(name: str, values: AnyArray, days: Datetime64) -> AnyArray:
    """Convert a variable to counts.

    Args:
        name: name of the variable.
        values: array whose first dimension is time.
        days: UTC day of each entry of that dimension.

    Raises:
        OutputError: a value is outside the range of the counts.
    """
    packing = PACKED[name]
    if name in _CODES and name != "nobs":
        return values.astype(packing.dtype)
    if name in _TIMES:
        start = days.astype("M8[ms]").reshape(-1, *[1] * (values.ndim - 1))
        is_known = ~np.isnat(values)
        passed = np.where(is_known, values.astype("M8[ms]") - start, 0).astype(np.int64)
        counts = np.floor(passed / (1000 * packing.quantum))
        highest = 86_400 / packing.quantum - 1
    else:
        is_known = ~np.isnan(values) if packing.saturates else np.isfinite(values)
        real = np.where(is_known, values, packing.offset).astype(np.float64)
        counts = np.rint((real - packing.offset) / packing.quantum)
        highest = np.iinfo(packing.dtype).max
        if packing.saturates:
            counts = np.minimum(counts, highest)
    lowest = 0 if packing.dtype == "u2" else np.iinfo(packing.dtype).min + 1
    if counts.size and not (counts.min() >= lowest and counts.max() <= highest):
        low, high = (packing.offset + packing.quantum * n for n in (lowest, highest))
        raise OutputError(
            f"{name}: found {packing.offset + packing.quantum * counts.min():g} to "
            f"{packing.offset + packing.quantum * counts.max():g} {packing.units}, expected "
            f"{low:g} to {high:g} {packing.units}; check the input"
        )
    return np.where(is_known, counts, packing.fill).astype(packing.dtype)


def unpack(name: str, counts: AnyArray, days: Datetime64) -> AnyArray:
    """Convert counts to a variable, within a quantum of the packed values.

    Args:
        name: name of the variable.
        counts: counts from `pack`.
        days: UTC day of each entry of the first dimension.
    """
    packing = PACKED[name]
    if name in _CODES:
        return counts
    is_known = counts != packing.fill
    if name in _TIMES:
        start = days.astype("M8[ns]").reshape(-1, *[1] * (counts.ndim - 1))
        passed = counts.astype(np.int64) * int(packing.quantum * 1e9)
        return np.where(is_known, start + passed.astype("m8[ns]"), np.datetime64("NaT", "ns"))
    values = counts.astype(np.float32)
    values *= np.float32(packing.quantum)
    values += np.float32(packing.offset)
    values[~is_known] = np.nan
    return values
