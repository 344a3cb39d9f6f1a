"""How the variables of all stores are packed: one table of types and quanta."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import AnyArray, Datetime64
from mcca_ml.errors import OutputError
from mcca_ml.flags import Flag
from mcca_ml.schema import LAYERS, NO_LAND_COVER


@dataclass(frozen=True)
class Packed:
    """A variable as counts."""

    dtype: str
    fill: int
    """Count that stands for no value."""
    units: str
    quantum: float = 1.0
    """Value of one count, in the units."""
    offset: float = 0.0
    """Value of count 0."""
    saturates: bool = False
    """A value beyond the counts, of a quantity without a bound, becomes the largest count."""


_MOISTURE = Packed("i2", -32768, "m3 m-3", 5e-5)
_SPREAD = Packed("i2", -32768, "m3 m-3", 5e-5, saturates=True)
_CODES = ("nobs", "flag", "land_cover_main", "age", "sensor", "is_filled")
"""Whole numbers that are stored as they are."""
_TIMES = ("obs_time", "t0")


PACKED: Mapping[str, Packed] = {
    "tb": Packed("i2", -32768, "K", 0.01, 200.0),
    "incidence": Packed("i2", -32768, "rad", 1e-4),
    "local_time": Packed("i2", -32768, "h", 1e-3),
    "obs_time": Packed("u2", 65535, "s", 2.0),
    "nobs": Packed("u2", 0, "1"),
    "flag": Packed("u4", int(Flag.NOT_OBSERVED), "1"),
    "soil_moisture": _MOISTURE,
    "sm_uncertainty": _SPREAD,
    "target_sd": _SPREAD,
    "vod_v": Packed("i2", -32768, "1", 5e-4),
    "vod_h": Packed("i2", -32768, "1", 5e-4),
    "vod_v_uncertainty": Packed("i2", -32768, "1", 1e-3, saturates=True),
    "vod_h_uncertainty": Packed("i2", -32768, "1", 1e-3, saturates=True),
    "cost": Packed("i2", -32768, "1", 1e-2, saturates=True),
    "soil_temperature": Packed("i2", -32768, "K", 0.01, 250.0),
    "clay_fraction": Packed("i2", -32768, "1", 1e-4),
    "roughness_h": Packed("i2", -32768, "1", 5e-4),
    "water_fraction": Packed("i2", -32768, "1", 1e-4),
    "land_cover_main": Packed("u1", NO_LAND_COVER, "1"),
    "age": Packed("u1", 255, "d"),
    "sensor": Packed("u2", 0, "1"),
    "t0": Packed("u2", 65535, "s", 2.0),
    "is_filled": Packed("u1", 0, "1"),
    **dict.fromkeys(("sm", "sm_filled", *LAYERS.values()), _MOISTURE),
    **{f"{name}_uncertainty": _SPREAD for name in LAYERS.values()},
}
"""Counts of 16 bits with quanta far below the errors, but for the flag, whose bits are 24 by now.

`obs_time` and `t0` count whole quanta passed since 00:00 UTC, so that they stay in their day."""


def pack(name: str, values: AnyArray, days: Datetime64) -> AnyArray:
    """A variable as counts.

    Args:
        name: of the variable.
        values: its first dimension is time.
        days: UTC day of each entry of that dimension.

    Raises:
        OutputError: a value has no count.
    """
    packed = PACKED[name]
    if name in _CODES and name != "nobs":
        return values.astype(packed.dtype)
    if name in _TIMES:
        start = days.astype("M8[ms]").reshape(-1, *[1] * (values.ndim - 1))
        is_known = ~np.isnat(values)
        passed = np.where(is_known, values.astype("M8[ms]") - start, 0).astype(np.int64)
        counts = np.floor(passed / (1000 * packed.quantum))
        highest = 86_400 / packed.quantum - 1
    else:
        is_known = ~np.isnan(values) if packed.saturates else np.isfinite(values)
        real = np.where(is_known, values, packed.offset).astype(np.float64)
        counts = np.rint((real - packed.offset) / packed.quantum)
        highest = np.iinfo(packed.dtype).max
        if packed.saturates:
            counts = np.minimum(counts, highest)
    lowest = 0 if packed.dtype == "u2" else np.iinfo(packed.dtype).min + 1
    if counts.size and not (counts.min() >= lowest and counts.max() <= highest):
        low, high = (packed.offset + packed.quantum * n for n in (lowest, highest))
        raise OutputError(
            f"{name}: found {packed.offset + packed.quantum * counts.min():g} to "
            f"{packed.offset + packed.quantum * counts.max():g} {packed.units}, expected "
            f"{low:g} to {high:g} {packed.units}; a store does not hold it"
        )
    return np.where(is_known, counts, packed.fill).astype(packed.dtype)


def unpack(name: str, counts: AnyArray, days: Datetime64) -> AnyArray:
    """A variable from its counts, within a quantum of what was packed.

    Args:
        name: of the variable.
        counts: as `pack` gives them.
        days: UTC day of each entry of the first dimension.
    """
    packed = PACKED[name]
    if name in _CODES:
        return counts
    is_known = counts != packed.fill
    if name in _TIMES:
        start = days.astype("M8[ns]").reshape(-1, *[1] * (counts.ndim - 1))
        passed = counts.astype(np.int64) * int(packed.quantum * 1e9)
        return np.where(is_known, start + passed.astype("m8[ns]"), np.datetime64("NaT", "ns"))
    values = counts.astype(np.float32)
    values *= np.float32(packed.quantum)
    values += np.float32(packed.offset)
    values[~is_known] = np.nan
    return values
