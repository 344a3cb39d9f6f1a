"""Observations of single looks, as arrays over cells -> one dataset over time, look and cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Float64, Int64, UInt16, UInt32
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, Flag, where
from mcca_ml.formats.smap import NOT_RECOMMENDED_BIT, QUALITY_BIT, SURFACE_BITS, SmapLayout
from mcca_ml.grid import ease2
from mcca_ml.sensors import SMAP

SURFACE = Flag(int(np.bitwise_or.reduce([int(flag) for _, flag in SURFACE_BITS])))
"""All flags that describe the surface."""


@dataclass(frozen=True)
class Observations:
    """The cells that one look saw."""

    look: str
    cell: Int64
    """Flat indices on the grid."""
    fields: Mapping[str, AnyArray]
    """Arrays that begin with the cell by the names of schema.GRID_TB and, as far as the granule has
    them, schema.ANCILLARY; without local time. `nobs` counts the sides of the scan averaged into
    the value; 1 where the product has one value a cell."""

    def some(self, which: Booleans) -> "Observations":
        """The cells for which `which` is true."""
        fields = {name: values[which] for name, values in self.fields.items()}
        return Observations(self.look, self.cell[which], fields)


def is_set(bits: UInt16, bit: int, fill: float | None) -> Booleans:
    """Whether a bit is set; never in the fill value."""
    found: Booleans = ((bits >> bit) & 1).astype(bool) & (bits != fill)
    return found


def is_suspect(quality: UInt16, fill: float | None) -> Booleans:
    """Whether the provider marks a brightness temperature as less than good, or does not say.

    >>> is_suspect(np.array([0, 1, 4, 65534], np.uint16), 65534).tolist()
    [False, True, False, True]
    """
    unknown: Booleans = quality == fill
    return is_set(quality, QUALITY_BIT, fill) | unknown


def is_recommended(retrieval_quality: UInt16, fill: float | None) -> Booleans:
    """Whether the provider recommends its soil moisture."""
    known: Booleans = retrieval_quality != fill
    return known & ~is_set(retrieval_quality, NOT_RECOMMENDED_BIT, fill)


def surface_flags(surface: UInt16, fill: float | None) -> UInt32:
    """Our flags of the provider's surface conditions.

    >>> bits = np.array([2, 128, 2048, 65534], np.uint16)
    >>> [Flag(int(flag)).name for flag in surface_flags(bits, 65534)]
    ['OPEN_WATER', 'FROZEN', 'OK', 'OK']
    """
    flags = np.zeros(surface.shape, FLAG_DTYPE)
    for bit, flag in SURFACE_BITS:
        flags |= where(is_set(surface, bit, fill), flag)
    return flags


def tb_flags(tb: Float32, suspect: Booleans) -> UInt32:
    """Flags of the brightness temperatures of each cell, (cell, channel) -> (cell)."""
    invalid = np.where(np.isnan(tb).any(axis=1), int(Flag.TB_INVALID), 0)
    doubtful = np.where((suspect & ~np.isnan(tb)).any(axis=1), int(Flag.TB_SUSPECT), 0)
    return (invalid | doubtful).astype(FLAG_DTYPE)


def solar_time(obs_time: Datetime64, lon: Float64) -> Float32:
    """Local mean solar time [h], 0 to 24; NaN where there is no time.

    Args:
        obs_time: UTC.
        lon: longitude [degree], broadcast against `obs_time`.

    >>> solar_time(np.array(["2015-04-01T12:00", "NaT"], "M8[ns]"), np.array([-90.0, 0.0])).tolist()
    [6.0, nan]
    """
    of_day = obs_time - obs_time.astype("M8[D]")
    hours = of_day / np.timedelta64(1, "h")
    return np.asarray(np.mod(hours + lon / 15.0, 24.0), np.float32)


def _usable(looks: Sequence[Observations], where: str, *, may_be_empty: bool) -> list[Observations]:
    """The looks that saw something, without the cells that have no time.

    Raises:
        GranuleError: no value or no time anywhere, or a cell occurs twice in a look.
    """
    # Without a time a value belongs to no UTC day and to no pass.
    timed = [o.some(~np.isnat(o.fields["obs_time"])) for o in looks]
    seen = [observations for observations in timed if observations.cell.size]
    if not seen and may_be_empty:
        return timed
    if not seen:
        any_value = any(observations.cell.size for observations in looks)
        what = "observation time" if any_value else "brightness temperature"
        raise GranuleError(
            f"{where}: no {what} in any cell (all fill), expected some; leave the granule out"
        )
    if any(np.unique(o.cell).size != o.cell.size for o in seen):
        raise GranuleError(
            f"{where}: a cell occurs twice in one look, expected once; download it again"
        )
    return seen


def _spread(
    seen: Sequence[Observations], days: Datetime64, names: list[str], cells: Int64
) -> dict[str, AnyArray]:
    """Every variable over days, looks and cells; missing where nothing was observed."""
    shape = (days.size, len(names), cells.size)
    data: dict[str, AnyArray] = {}
    for observations in seen:
        day = np.searchsorted(days, observations.fields["obs_time"].astype("M8[D]"))
        index = np.searchsorted(cells, observations.cell)
        for name, values in observations.fields.items():
            missing = schema.missing_like(name, values.dtype)
            data.setdefault(name, np.full((*shape, *values.shape[1:]), missing, values.dtype))
            data[name][day, names.index(observations.look), index] = values
    return data


def assemble(
    looks: Sequence[Observations], layout: SmapLayout, where: str, *, may_be_empty: bool = False
) -> xr.Dataset:
    """One dataset over UTC days, looks and cells.

    Args:
        looks: what each look saw; cells without any brightness temperature are left out.
        layout: of the granule, for the attributes.
        where: name of the granule.
        may_be_empty: whether looks that saw nothing will do; the result has no cell then.

    Returns:
        After schema.GRID_TB and schema.ANCILLARY; a field that no look has is left out, and so is
        a cell without an observation time.

    Raises:
        GranuleError: no look saw anything, or at no known time, or a cell occurs twice in a look.
    """
    seen = _usable(looks, where, may_be_empty=may_be_empty)
    cells = np.unique(np.concatenate([o.cell for o in seen]))
    days = np.unique(np.concatenate([o.fields["obs_time"].astype("M8[D]") for o in seen]))
    names = sorted({observations.look for observations in seen})
    data = _spread(seen, days, names, cells)
    place = ease2.cell_latlon(ease2.by_name(layout.product.grid), cells)
    data["local_time"] = solar_time(data["obs_time"], place.lon)  # type: ignore[arg-type]
    contract = {**schema.GRID_TB, **schema.ANCILLARY}
    return xr.Dataset(
        {name: contract[name].variable(values) for name, values in data.items()},
        coords={
            "time": days.astype("M8[ns]"),
            "look": names,
            "cell": cells.astype(np.int64),
            "channel": [channel.name for channel in SMAP.channels],
            "lat": ("cell", place.lat, {"units": "degrees_north"}),
            "lon": ("cell", place.lon, {"units": "degrees_east"}),
        },
        attrs={
            "sensor": SMAP.name,
            "grid": layout.product.grid,
            "product": layout.product.short_name,
            "product_version": "unknown" if layout.version is None else f"{layout.version}",
            "layout": layout.name,
            "granules": where,
            "simulated": layout.simulated,
        },
    )
