"""Fill the ancillary fields of one granule from another granule."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Booleans, UInt32
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.read.assemble import SURFACE
from mcca_ml.schema import ANCILLARY, NO_LAND_COVER, missing_like

STATIC = ("clay_fraction", "bulk_density", "roughness_h", "water_fraction")
"""Fields constant in time: filled from any time and look with a value."""

DYNAMIC = ("soil_temperature", "canopy_temperature")
"""Time-dependent fields: filled only from the same UTC day and look. Soil at 6 am is many kelvin
colder than at 6 pm."""

COVER = ("land_cover", "land_cover_fraction")
"""Static fields filled together: each share belongs to a class."""

_STATIC_FLAGS = Flag.OPEN_WATER | Flag.COAST | Flag.URBAN | Flag.TOPOGRAPHY | Flag.PERMANENT_ICE

Slot = tuple[int, int]


def _days_in(ds: xr.Dataset) -> str:
    """List the days of a dataset."""
    return ", ".join(str(day)[:10] for day in ds["time"].to_numpy())


def _slots(ds: xr.Dataset, ancillary: xr.Dataset) -> dict[Slot, Slot]:
    """Map time and look of `ds` to those of the ancillary dataset with the same day and look.

    Raises:
        GranuleError: no common day.
    """
    days = {day: i for i, day in enumerate(ancillary["time"].to_numpy().tolist())}
    looks = {str(look): i for i, look in enumerate(ancillary["look"].to_numpy())}
    if days.keys().isdisjoint(ds["time"].to_numpy().tolist()):
        raise GranuleError(
            f"{ancillary.attrs.get('granules', 'ancillary')}: found {_days_in(ancillary)}, "
            f"expected {_days_in(ds)}; give an ancillary granule of the same UTC day"
        )
    return {
        (t, k): (days[day], looks[look])
        for t, day in enumerate(ds["time"].to_numpy().tolist())
        for k, look in enumerate(map(str, ds["look"].to_numpy()))
        if day in days and look in looks
    }


def _is_none(ds: xr.Dataset, name: str) -> Booleans:
    """Return True where a field has no value, (time, look, cell); all classes for land cover."""
    if name in COVER:
        return np.asarray((ds["land_cover"].to_numpy() == NO_LAND_COVER).all(axis=-1))
    return np.asarray(np.isnan(ds[name].to_numpy()))


def _any_time(values: AnyArray, none: Booleans) -> AnyArray:
    """Return the first value of each cell at any time and look, shape (cell, ...).

    Values where `none` is true are missing.
    """
    flat, is_missing = values.reshape(-1, *values.shape[2:]), none.reshape(-1, none.shape[-1])
    # 0 if all are missing; the value there is the missing value
    first = np.argmin(is_missing, axis=0)
    return np.asarray(flat[first, np.arange(is_missing.shape[1])])


def _copy_slots(values: AnyArray, slots: dict[Slot, Slot], blank: AnyArray) -> AnyArray:
    """Copy `blank` and insert the values of the given slots."""
    out = blank.copy()
    for target, source in slots.items():
        out[target] = values[source]
    return out


def _with_shares(ds: xr.Dataset) -> xr.Dataset:
    """Return the dataset with land-cover shares; without shares the first class has share 1."""
    if "land_cover" not in ds:
        return ds.drop_vars("land_cover_fraction", errors="ignore")
    if "land_cover_fraction" in ds:
        return ds
    first = np.zeros(ds["land_cover"].shape, np.float32)
    first[..., 0] = ds["land_cover"][..., 0] != NO_LAND_COVER
    return ds.assign(land_cover_fraction=ANCILLARY["land_cover_fraction"].variable(first))


def with_ancillary(ds: xr.Dataset, ancillary: xr.Dataset) -> xr.Dataset:
    """Return the brightness temperatures of one granule with ancillary fields of another.

    Cells are matched by index. A field is filled only where `ds` has no value, and temperatures,
    frozen ground, snow and rain only within one UTC day and look; without a value in either, the
    cell is NaN. Surface flags of both granules are combined.

    Args:
        ds: dataset after schema.GRID_TB, for instance SPL1CTB.
        ancillary: dataset after schema.GRID_TB and schema.ANCILLARY, SPL3SMP or SPL2SMP.

    Raises:
        GranuleError: different grids, or no common day.
    """
    if ds.attrs.get("grid") != ancillary.attrs.get("grid"):
        raise GranuleError(
            f"{ancillary.attrs.get('granules', 'ancillary')}: is on {ancillary.attrs.get('grid')}, "
            f"expected {ds.attrs.get('grid')}; give an ancillary granule of the same grid"
        )
    slots = _slots(ds, ancillary)
    shape = (ds.sizes["time"], ds.sizes["look"], ds.sizes["cell"])
    ancillary = _with_shares(ancillary)
    names = [name for name in (*STATIC, *DYNAMIC, *COVER) if name in ancillary]
    fills = {name: missing_like(name, ancillary[name].dtype) for name in names}
    source = ancillary[[*names, "flag"]].reindex(
        cell=ds["cell"].to_numpy(), fill_value=fills | {"flag": 0}
    )
    out = _with_shares(ds.copy()) if "land_cover" in source else ds.copy()
    for name in names:
        values = source[name].to_numpy()
        if name in DYNAMIC:
            field = _copy_slots(values, slots, np.full(shape, np.nan, np.float32))
        else:
            field = _any_time(values, _is_none(source, name))
            field = np.broadcast_to(field, (*shape, *values.shape[3:])).copy()
        if name in out:
            own, is_none = out[name].to_numpy(), _is_none(ds, name)
            wide = is_none.reshape(*shape, *[1] * (own.ndim - 3))
            field = np.where(wide, field, own).astype(own.dtype)
        out[name] = xr.Variable(source[name].dims, field, source[name].attrs)
    out["flag"] = ds["flag"].copy(data=ds["flag"].to_numpy() | _surface(source, slots, shape))
    return out


def _surface(source: xr.Dataset, slots: dict[Slot, Slot], shape: tuple[int, ...]) -> UInt32:
    """Return the surface flags: static ones of any time, others of the same day and look."""
    flags = source["flag"].to_numpy().astype(FLAG_DTYPE) & FLAG_DTYPE(int(SURFACE))
    static = np.bitwise_or.reduce(flags, axis=(0, 1)) & FLAG_DTYPE(int(_STATIC_FLAGS))
    current = _copy_slots(flags, slots, np.zeros(shape, FLAG_DTYPE))
    return np.asarray(current | static, FLAG_DTYPE)
