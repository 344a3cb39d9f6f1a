"""Ancillary fields of one granule for the brightness temperatures of another, which has none."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Booleans, UInt32
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.read.assemble import SURFACE
from mcca_ml.schema import NO_LAND_COVER, missing_like

STATIC = ("clay_fraction", "bulk_density", "roughness_h", "water_fraction")
"""Fields that do not change from day to day: they come from any time and look that has them."""

DYNAMIC = ("soil_temperature", "canopy_temperature")
"""Fields of one moment: they come from the same UTC day and the same look, or not at all. Soil at
6 am is many kelvin colder than the soil that was seen at 6 pm."""

COVER = ("land_cover", "land_cover_fraction")
"""Static as well, and lent together: a share belongs to its class."""

_STATIC_FLAGS = Flag.OPEN_WATER | Flag.COAST | Flag.URBAN | Flag.TOPOGRAPHY | Flag.PERMANENT_ICE

Slot = tuple[int, int]


def _days_in(ds: xr.Dataset) -> str:
    """The days of a dataset, in words."""
    return ", ".join(str(day)[:10] for day in ds["time"].to_numpy())


def _slots(ds: xr.Dataset, ancillary: xr.Dataset) -> dict[Slot, Slot]:
    """Time and look of `ds` -> those of the ancillary, where it has the same day and look."""
    days = {day: i for i, day in enumerate(ancillary["time"].to_numpy().tolist())}
    looks = {str(look): i for i, look in enumerate(ancillary["look"].to_numpy())}
    if days.keys().isdisjoint(ds["time"].to_numpy().tolist()):
        raise GranuleError(
            f"{ancillary.attrs.get('granules', 'ancillary')}: is of {_days_in(ancillary)}, "
            f"expected {_days_in(ds)}; give an ancillary granule of the same UTC day"
        )
    return {
        (t, k): (days[day], looks[look])
        for t, day in enumerate(ds["time"].to_numpy().tolist())
        for k, look in enumerate(map(str, ds["look"].to_numpy()))
        if day in days and look in looks
    }


def _is_none(name: str, values: AnyArray) -> Booleans:
    """Where a field has no value, (time, look, cell); the classes of a cell are judged as one."""
    if name == "land_cover":
        return np.asarray((values == NO_LAND_COVER).all(axis=-1))
    return np.asarray(np.isnan(values))


def _any_time(values: AnyArray, none: Booleans) -> AnyArray:
    """The first value that each cell has at any time and look, as an array that begins with cell.

    Where `none` is true there is no value, whatever stands in `values`.
    """
    flat, gone = values.reshape(-1, *values.shape[2:]), none.reshape(-1, none.shape[-1])
    first = np.argmin(gone, axis=0)  # 0 where all are gone: what stands there says missing
    return np.asarray(flat[first, np.arange(gone.shape[1])])


def _of_day(values: AnyArray, slots: dict[Slot, Slot], blank: AnyArray) -> AnyArray:
    """A copy of `blank` with the values of the chosen slots in their places."""
    out = blank.copy()
    for target, source in slots.items():
        out[target] = values[source]
    return out


def _shares(ds: xr.Dataset) -> AnyArray:
    """Shares of the classes of land cover [1]; where none are given the first class is all."""
    if "land_cover_fraction" in ds:
        return ds["land_cover_fraction"].to_numpy()
    first = np.zeros(ds["land_cover"].shape, np.float32)
    first[..., 0] = ds["land_cover"][..., 0] != NO_LAND_COVER
    return first


def _filled(ds: xr.Dataset, name: str, lent: xr.Variable) -> xr.Variable:
    """`lent`, except where `ds` has a value of its own."""
    if name not in ds:
        return lent
    own = ds[name].to_numpy()
    return lent.copy(data=np.where(_is_none(name, own), lent.to_numpy(), own).astype(own.dtype))


def _lend_cover(out: xr.Dataset, source: xr.Dataset, shape: tuple[int, ...]) -> None:
    """Set classes of land cover and their shares; a cell takes both from one granule."""
    classes, shares = source["land_cover"].to_numpy(), _shares(source)
    none = _is_none("land_cover", classes)
    lent = [
        np.broadcast_to(_any_time(values, none), (*shape, values.shape[-1]))
        for values in (classes, shares)
    ]
    if "land_cover" in out:
        gone = _is_none("land_cover", out["land_cover"].to_numpy())[..., None]
        own = (out["land_cover"].to_numpy(), _shares(out))
        lent = [np.where(gone, new, old) for new, old in zip(lent, own, strict=True)]
    for name, values in zip(COVER, lent, strict=True):
        out[name] = xr.Variable(source["land_cover"].dims, values.copy(), {"units": "1"})


def with_ancillary(ds: xr.Dataset, ancillary: xr.Dataset) -> xr.Dataset:
    """The brightness temperatures of one granule with the surface fields and flags of another.

    Cells are matched by index. A field is lent to a cell only where `ds` has none of its own, and
    temperatures, frozen ground, snow and rain only within one UTC day and look; where both lack
    it the cell gets NaN. Flags of the surface hold where either says so.

    Args:
        ds: after schema.GRID_TB, of SPL1CTB for instance.
        ancillary: after schema.GRID_TB and schema.ANCILLARY, of SPL3SMP or SPL2SMP.

    Raises:
        GranuleError: the two are on different grids or have no day in common.
    """
    if ds.attrs.get("grid") != ancillary.attrs.get("grid"):
        raise GranuleError(
            f"{ancillary.attrs.get('granules', 'ancillary')}: is on {ancillary.attrs.get('grid')}, "
            f"expected {ds.attrs.get('grid')}; give an ancillary granule of the same grid"
        )
    slots = _slots(ds, ancillary)
    shape = (ds.sizes["time"], ds.sizes["look"], ds.sizes["cell"])
    names = [name for name in (*STATIC, *DYNAMIC, *COVER) if name in ancillary]
    fills = {name: missing_like(name, ancillary[name].dtype) for name in names}
    source = ancillary[[*names, "flag"]].reindex(
        cell=ds["cell"].to_numpy(), fill_value=fills | {"flag": 0}
    )
    out = ds.copy()
    for name in (name for name in names if name not in COVER):
        values = source[name].to_numpy()
        if name in STATIC:
            field = np.broadcast_to(_any_time(values, _is_none(name, values)), shape).copy()
        else:
            field = _of_day(values, slots, np.full(shape, np.nan, np.float32))
        out[name] = _filled(ds, name, xr.Variable(source[name].dims, field, source[name].attrs))
    if "land_cover" in source:
        _lend_cover(out, source, shape)
    out["flag"] = ds["flag"].copy(data=ds["flag"].to_numpy() | _surface(source, slots, shape))
    return out


def _surface(source: xr.Dataset, slots: dict[Slot, Slot], shape: tuple[int, ...]) -> UInt32:
    """Surface flags: the lasting ones of any time, the others of the same day and look."""
    flags = source["flag"].to_numpy().astype(FLAG_DTYPE) & FLAG_DTYPE(int(SURFACE))
    lasting = np.bitwise_or.reduce(flags, axis=(0, 1)) & FLAG_DTYPE(int(_STATIC_FLAGS))
    of_day = _of_day(flags, slots, np.zeros(shape, FLAG_DTYPE))
    return np.asarray(of_day | lasting, FLAG_DTYPE)
