"""Observations of single looks as arrays over cells -> one dataset over time, look and cell."""

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
"""All flags of the surface."""


@dataclass(frozen=True)
class Observations:
    """Cells observed in one look."""

    look: str
    cell: Int64
    """Flat indices on the grid."""
    fields: Mapping[str, AnyArray]
    """Arrays (cell, ...) by the names of schema.GRID_TB and, if present in the granule,
    schema.ANCILLARY; without local time. `nobs` is the number of averaged scan sides, 1 for
    products with one value per cell."""

    def select(self, is_selected: Booleans) -> "Observations":
        """Return the cells for which `is_selected` is true."""
        fields = {name: values[is_selected] for name, values in self.fields.items()}
        return Observations(self.look, self.cell[is_selected], fields)


def is_set(bits: UInt16, bit: int, fill: float | None) -> Booleans:
    """Return True where a bit is set; False for the fill value."""
    return np.asarray(((bits >> bit) & 1).astype(bool) & (bits != fill))


def is_suspect(quality: UInt16, fill: float | None) -> Booleans:
    """Return True where the quality of brightness temperature is less than good, or unknown.

    >>> is_suspect(np.array([0, 1, 4, 65534], np.uint16), 65534).tolist()
    [False, True, False, True]
    """
    unknown: Booleans = quality == fill
    return is_set(quality, QUALITY_BIT, fill) | unknown


def is_recommended(retrieval_quality: UInt16, fill: float | None) -> Booleans:
    """Return True where the provider recommends its soil moisture."""
    known: Booleans = retrieval_quality != fill
    return known & ~is_set(retrieval_quality, NOT_RECOMMENDED_BIT, fill)


def surface_flags(surface: UInt16, fill: float | None) -> UInt32:
    """Convert the provider's surface flags to those of this package.

    >>> bits = np.array([2, 128, 2048, 65534], np.uint16)
    >>> [Flag(int(flag)).name for flag in surface_flags(bits, 65534)]
    ['OPEN_WATER', 'FROZEN', 'OK', 'OK']
    """
    flags = np.zeros(surface.shape, FLAG_DTYPE)
    for bit, flag in SURFACE_BITS:
        flags |= where(is_set(surface, bit, fill), flag)
    return flags


def tb_flags(tb: Float32, suspect: Booleans) -> UInt32:
    """Return the brightness temperature flags of each cell, (cell, channel) -> (cell)."""
    invalid = np.where(np.isnan(tb).any(axis=1), int(Flag.TB_INVALID), 0)
    doubtful = np.where((suspect & ~np.isnan(tb)).any(axis=1), int(Flag.TB_SUSPECT), 0)
    return (invalid | doubtful).astype(FLAG_DTYPE)


def solar_time(obs_time: Datetime64, lon: Float64) -> Float32:
    """Return the local mean solar time [h], 0 to 24; NaN without a time.

    Args:
        obs_time: observation time [UTC].
        lon: longitude [degree], broadcast against `obs_time`.

    >>> solar_time(np.array(["2015-04-01T12:00", "NaT"], "M8[ns]"), np.array([-90.0, 0.0])).tolist()
    [6.0, nan]
    """
    day_time = obs_time - obs_time.astype("M8[D]")
    hours = day_time / np.timedelta64(1, "h")
    return np.asarray(np.mod(hours + lon / 15.0, 24.0), np.float32)


def _usable(looks: Sequence[Observations], where: str, *, may_be_empty: bool) -> list[Observations]:
    """Return the looks with observations, without cells that have no time.

    Raises:
        GranuleError: no value or no time in any cell, or a cell occurs twice in a look.
    """
    # A value without a time has no UTC day and no overpass.
    timed = [o.select(~np.isnat(o.fields["obs_time"])) for o in looks]
    observed = [observations for observations in timed if observations.cell.size]
    if not observed and may_be_empty:
        return timed
    if not observed:
        any_value = any(observations.cell.size for observations in looks)
        what = "observation time" if any_value else "brightness temperature"
        raise GranuleError(
            f"{where}: no {what} in any cell (all fill), expected some; leave the granule out"
        )
    if any(np.unique(o.cell).size != o.cell.size for o in observed):
        raise GranuleError(
            f"{where}: a cell occurs twice in one look, expected once; download it again"
        )
    return observed


def _fill_arrays(
    looks: Sequence[Observations], days: Datetime64, names: list[str], cells: Int64
) -> dict[str, AnyArray]:
    """Return every variable over days, looks and cells; missing where not observed."""
    shape = (days.size, len(names), cells.size)
    data: dict[str, AnyArray] = {}
    for observations in looks:
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
    """Combine looks into one dataset over UTC days, looks and cells.

    Args:
        looks: observations of each look, only cells with brightness temperature.
        layout: layout of the granule, for the attributes.
        where: name of the granule.
        may_be_empty: accept looks without observations; the result then has no cells.

    Returns:
        Dataset after schema.GRID_TB and schema.ANCILLARY, without fields absent from all looks and
        without cells that have no observation time.

    Raises:
        GranuleError: no observations, no known times, or a cell occurs twice in a look.
    """
    observed = _usable(looks, where, may_be_empty=may_be_empty)
    cells = np.unique(np.concatenate([o.cell for o in observed]))
    days = np.unique(np.concatenate([o.fields["obs_time"].astype("M8[D]") for o in observed]))
    names = sorted({observations.look for observations in observed})
    data = _fill_arrays(observed, days, names, cells)
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
