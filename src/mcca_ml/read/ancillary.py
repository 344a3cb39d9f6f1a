"""Ancillary fields of one granule for the brightness temperatures of another, which has none."""

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray, Booleans, UInt32
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.read.assemble import SURFACE
from mcca_ml.schema import ANCILLARY, NO_LAND_COVER, missing_like

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


def _is_none(ds: xr.Dataset, name: str) -> Booleans:
    """Where a field has no value, (time, look, cell); the classes of a cell are judged as one."""
    if name in COVER:
        return np.asarray((ds["land_cover"].to_numpy() == NO_LAND_COVER).all(axis=-1))
    return np.asarray(np.isnan(ds[name].to_numpy()))


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


def _with_shares(ds: xr.Dataset) -> xr.Dataset:
    """The dataset with shares of its classes of land cover; where it has none the first is all."""
    if "land_cover" not in ds:
        return ds.drop_vars("land_cover_fraction", errors="ignore")
    if "land_cover_fraction" in ds:
        return ds
    first = np.zeros(ds["land_cover"].shape, np.float32)
    first[..., 0] = ds["land_cover"][..., 0] != NO_LAND_COVER
    return ds.assign(land_cover_fraction=ANCILLARY["land_cover_fraction"].variable(first))


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
            field = _of_day(values, slots, np.full(shape, np.nan, np.float32))
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
    """Surface flags: the lasting ones of any time, the others of the same day and look."""
    flags = source["flag"].to_numpy().astype(FLAG_DTYPE) & FLAG_DTYPE(int(SURFACE))
    lasting = np.bitwise_or.reduce(flags, axis=(0, 1)) & FLAG_DTYPE(int(_STATIC_FLAGS))
    of_day = _of_day(flags, slots, np.zeros(shape, FLAG_DTYPE))
    return np.asarray(of_day | lasting, FLAG_DTYPE)
