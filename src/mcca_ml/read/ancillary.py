"""Ancillary fields of one granule for the brightness temperatures of another."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.read.assemble import SURFACE
from mcca_ml.schema import NO_LAND_COVER

STATIC = (
    "clay_fraction",
    "bulk_density",
    "roughness_h",
    "water_fraction",
    "land_cover",
    "land_cover_fraction",
)
"""Fields that do not change from day to day: they come from any time and look that has them."""

DYNAMIC = ("soil_temperature", "canopy_temperature")
"""Fields of the same UTC day: from the same look, or from the other if the day has no such look."""

_STATIC_FLAGS = Flag.OPEN_WATER | Flag.COAST | Flag.URBAN | Flag.TOPOGRAPHY | Flag.PERMANENT_ICE

Slot = tuple[int, int]


def _slots(ds: xr.Dataset, ancillary: xr.Dataset) -> dict[Slot, Slot]:
    """Time and look of the ancillary to take for each time and look of `ds`, on the same day."""
    days = {day: i for i, day in enumerate(ancillary["time"].to_numpy().tolist())}
    looks = [str(look) for look in ancillary["look"].to_numpy()]
    chosen = {}
    for t, day in enumerate(ds["time"].to_numpy().tolist()):
        for k, look in enumerate(str(name) for name in ds["look"].to_numpy()):
            if day in days:
                chosen[t, k] = (days[day], looks.index(look) if look in looks else 0)
    if not chosen:
        here, there = (
            ", ".join(str(day)[:10] for day in d["time"].to_numpy()) for d in (ancillary, ds)
        )
        raise GranuleError(
            f"{ancillary.attrs.get('granules', 'ancillary')}: is of {here}, expected {there}; "
            "give an ancillary granule of the same UTC day"
        )
    return chosen


def _any_time(name: str, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The first value that each cell has at any time and look, as an array that begins with cell.

    The three classes of a cell, and their shares, are taken from one and the same look.
    """
    none = {"land_cover": NO_LAND_COVER, "land_cover_fraction": 0}.get(name, np.nan)
    flat = values.reshape(-1, *values.shape[2:])
    out = np.array(flat[0])
    for layer in flat[1:]:
        missing = np.isnan(out) if np.isnan(none) else out == none
        gone = missing.reshape(len(out), -1).all(axis=1)
        out[gone] = layer[gone]
    return out


def _of_day(
    values: npt.NDArray[np.generic], slots: dict[Slot, Slot], blank: npt.NDArray[np.generic]
) -> npt.NDArray[np.generic]:
    """A copy of `blank` with the chosen slots of `values` in their places."""
    out = blank.copy()
    for target, source in slots.items():
        out[target] = values[source]
    return out


def with_ancillary(ds: xr.Dataset, ancillary: xr.Dataset) -> xr.Dataset:
    """The brightness temperatures of one granule with the surface fields and flags of another.

    Cells are matched by index; one that the ancillary does not hold gets NaN and no flag.

    Args:
        ds: after schema.GRID_TB, of SPL1CTB for instance.
        ancillary: after schema.GRID_TB and schema.ANCILLARY, of SPL3SMP or SPL2SMP.

    Raises:
        GranuleError: the two are on different grids or of different days.
    """
    if ds.attrs.get("grid") != ancillary.attrs.get("grid"):
        raise GranuleError(
            f"{ancillary.attrs.get('granules', 'ancillary')}: is on {ancillary.attrs.get('grid')}, "
            f"expected {ds.attrs.get('grid')}; give an ancillary granule of the same grid"
        )
    slots = _slots(ds, ancillary)
    shape = (ds.sizes["time"], ds.sizes["look"], ds.sizes["cell"])
    source = ancillary.drop_vars("channel").reindex(
        cell=ds["cell"].to_numpy(),
        fill_value={"land_cover": NO_LAND_COVER, "land_cover_fraction": 0, "flag": 0},
    )
    out = ds.copy()
    for name in (n for n in (*STATIC, *DYNAMIC) if n in source):
        values = source[name].to_numpy()
        if name in STATIC:
            field = np.broadcast_to(_any_time(name, values), (*shape, *values.shape[3:])).copy()
        else:
            field = _of_day(values, slots, np.full(shape, np.nan, np.float32))
        out[name] = xr.Variable(source[name].dims, field, source[name].attrs)
    out["flag"] = ds["flag"].copy(data=ds["flag"].to_numpy() | _surface(source, slots, shape))
    return out


def _surface(
    source: xr.Dataset, slots: dict[Slot, Slot], shape: tuple[int, ...]
) -> npt.NDArray[np.uint32]:
    """Surface flags: the lasting ones of any time, the others of the same day."""
    flags = source["flag"].to_numpy().astype(FLAG_DTYPE) & FLAG_DTYPE(int(SURFACE))
    lasting = np.bitwise_or.reduce(flags, axis=(0, 1)) & FLAG_DTYPE(int(_STATIC_FLAGS))
    of_day = _of_day(flags, slots, np.zeros(shape, FLAG_DTYPE))
    return np.asarray(of_day | lasting, FLAG_DTYPE)
