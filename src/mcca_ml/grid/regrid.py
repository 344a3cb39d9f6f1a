"""GRID_TB on EASE2_M36 or EASE2_M09 -> GRID_TB on the land cells of EASE2_M25, weighted by area.

Brightness temperature and its ancillary fields are regridded to 25 km before the retrieval, because
soil moisture is not linear in brightness temperature.

A target value uses the source cells of one overpass only, without those of suspect brightness
temperature where the others suffice (`sources.contributing`). By variable:

- continuous ones (`tb`, `incidence`, temperatures, clay, bulk density, roughness, water fraction,
  operational soil moisture): area-weighted mean over the source cells with a value, separately for
  each variable, `tb` only where all polarizations of its frequency have a value; NaN where these
  cells fill less than `MIN_SHARE` of the target cell;
- `land_cover`, `land_cover_fraction`: the classes with the largest shares of the area, and these;
- `obs_time`, `local_time`: those of the observed source cell with the largest share, so that both
  belong to one observation;
- `nobs`: the largest value of the source cells; not the sum, since neighbours share footprints;
- `recommended_operational`: 1 only where all overlapping observed source cells are recommended;
- `flag`: a bit is set where it is set on `FLAG_SHARE` of the area used, `TB_SUSPECT` on any share
  of it, `NOT_ATTEMPTED`, which forbids a retrieval, on `MIN_SHARE`. Bits for missing values
  follow the values of the target cell instead: `NOT_OBSERVED` where observed source cells of one
  overpass fill less than `MIN_SHARE`, `TB_INVALID` where a `tb` is NaN,
  `NO_TEMPERATURE` where `soil_temperature` is.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import AnyArray, Floating, Integer
from mcca_ml.errors import SchemaError
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2, land
from mcca_ml.grid import overlap as ov
from mcca_ml.grid.daily_composite import CONTRACT
from mcca_ml.grid.sources import complete_channels, contributing

AVERAGED = (
    "tb",
    "incidence",
    "soil_temperature",
    "canopy_temperature",
    "clay_fraction",
    "bulk_density",
    "roughness_h",
    "water_fraction",
    "soil_moisture_operational",
)
"""Variables averaged by area."""

LABELS = ("time", "look", "channel", "cover")
"""Coordinates that are not changed."""

_FOLLOW_THE_VALUE = Flag.NOT_OBSERVED | Flag.TB_INVALID


def compute_cover(
    source: ease2.Grid,
    target: ease2.Grid,
    *,
    source_cells: npt.ArrayLike,
    target_cells: npt.ArrayLike,
) -> ov.Cover:
    """Return the shares of `source_cells` in the area of each of `target_cells` [1]; exact.

    Args:
        source: grid of the source cells.
        target: grid of the target cells.
        source_cells: flat indices on `source`, each once, any order.
        target_cells: flat indices on `target`.

    Raises:
        SchemaError: a source cell is off the grid or listed twice.
    """
    listed = np.asarray(source_cells, np.int64)
    if listed.size and not (listed.min() >= 0 and listed.max() < source.size):
        raise SchemaError(
            f"regrid: found cells {listed.min()} to {listed.max()}, expected 0 to "
            f"{source.size - 1} on {source.name}; check attrs['grid']"
        )
    position = ease2.positions(source, listed)
    if np.count_nonzero(position >= 0) < listed.size:
        raise SchemaError("regrid: found a cell twice, expected each once; compose the day first")
    row, column = np.divmod(np.asarray(target_cells, np.int64), target.columns)
    down = ov.overlap(ease2.y_edges(source), ease2.y_edges(target))
    across = ov.overlap(ease2.x_edges(source), ease2.x_edges(target))
    return ov.rectangles(down.select(row), across.select(column), position, source.columns)


def to_m25(ds: xr.Dataset, cells: Integer | None = None) -> xr.Dataset:
    """Return `ds` on the land cells of EASE2_M25 that it observes; the input is not modified.

    Args:
        ds: dataset after `schema.GRID_TB` and `schema.ANCILLARY`; `cell` contains flat indices of
            the grid named by `attrs["grid"]`, in any order. Variables outside the two contracts
            are omitted.
        cells: flat indices on EASE2_M25, increasing, each once; default `land.land_cells`. The
            values of a cell do not depend on the other cells.

    Returns:
        New dataset after the same contracts: `cell` contains increasing flat indices of EASE2_M25,
        those of `cells` that are observed in at least one look; coordinates `lat` and `lon` are
        their centres; `attrs["grid"]` is `EASE2_M25`. The module docstring lists the rule for
        each variable.

    Raises:
        SchemaError: `ds` breaks a contract, names no known grid, or lists a cell off the grid.
    """
    schema.check(ds, CONTRACT, where="to_m25: input")
    source = ease2.by_name(str(ds.attrs.get("grid")))
    cells = land.land_cells(ease2.M25) if cells is None else cells
    cover = compute_cover(source, ease2.M25, source_cells=ds["cell"].to_numpy(), target_cells=cells)
    is_covered = np.asarray((cover.weight > 0).any(axis=1))
    cover, out = contributing(ds, cover.select(is_covered)), _empty(ds, cells[is_covered])
    _put_means(out, ds, cover)
    _put_observation(out, ds, cover)
    _put_land_cover(out, ds, cover)
    _put_flag(out, ds, cover)
    out = out.isel(cell=schema.is_observed(out).any(axis=(0, 1)))
    return schema.check(out, CONTRACT, where="to_m25: output")


def _empty(ds: xr.Dataset, cells: Integer) -> xr.Dataset:
    """Return the coordinates and attributes of the result, on `cells` of EASE2_M25."""
    return xr.Dataset(
        coords={name: ds[name] for name in LABELS if name in ds.coords}
        | ease2.cell_coordinates(ease2.M25, cells, ds["cell"].attrs),
        attrs=ds.attrs | {"grid": ease2.M25.name},
    )


def _dims(ds: xr.Dataset, name: str) -> tuple[str, ...]:
    """Return the dimensions of a variable with those of `schema.LOOK` last, as in the shares."""
    return (*(str(dim) for dim in ds[name].dims if dim not in schema.LOOK), *schema.LOOK)


def _values(ds: xr.Dataset, name: str) -> Floating:
    """Return the values of a variable with time, look and cell last; integers as float32."""
    values = ds[name].transpose(*_dims(ds, name)).to_numpy()
    return values if values.dtype.kind == "f" else values.astype(np.float32)


def _put(out: xr.Dataset, ds: xr.Dataset, name: str, values: AnyArray) -> None:
    """Set variable `name` of `out` from values with time, look and cell last."""
    array = xr.DataArray(values, dims=_dims(ds, name), attrs=ds[name].attrs)
    out[name] = array.transpose(*ds[name].dims)


def _put_means(out: xr.Dataset, ds: xr.Dataset, cover: ov.Cover) -> None:
    """Set the averaged variables."""
    tb = ds["tb"].transpose(..., "channel")
    whole = ds.assign(tb=tb.where(complete_channels(ds)))
    for name in AVERAGED:
        if name in ds:
            _put(out, ds, name, ov.weighted_mean(_values(whole, name), cover))


def _put_observation(out: xr.Dataset, ds: xr.Dataset, cover: ov.Cover) -> None:
    """Set the times, the number of observations and the operational recommendation."""
    observed = schema.is_observed(ds)
    chosen = ov.dominant(cover, observed & ~np.isnat(ds["obs_time"].to_numpy()))
    for name, missing in (("obs_time", np.datetime64("NaT")), ("local_time", np.nan)):
        values = ds[name].to_numpy()
        taken = np.take_along_axis(values, np.maximum(chosen, 0), axis=-1)
        _put(out, ds, name, np.where(chosen >= 0, taken, missing).astype(values.dtype))
    most = ov.largest(np.where(observed, _values(ds, "nobs"), np.nan), cover)
    _put(out, ds, "nobs", _with_missing(most, ds["nobs"].dtype, 0))
    name = "recommended_operational"
    if name in ds:
        good = _values(ds, name) == 1
        area, other = ov.covered_share(cover, observed), ov.covered_share(cover, observed & ~good)
        value = np.where(area > 0, other == 0, np.nan)
        _put(out, ds, name, _with_missing(value, ds[name].dtype, 0))


def _put_land_cover(out: xr.Dataset, ds: xr.Dataset, cover: ov.Cover) -> None:
    """Set the classes with the largest shares, and these; without shares use the first class."""
    if "land_cover" not in ds:
        return
    share = "land_cover_fraction"
    dims = _dims(ds, "land_cover")
    stored = ds["land_cover"].transpose(*dims).to_numpy()
    classes = np.where(stored == schema.NO_LAND_COVER, np.nan, stored).astype(np.float32)
    if share in ds:
        fractions = ds[share].transpose(*dims).to_numpy()
    else:
        fractions = np.zeros(classes.shape, np.float32)
        fractions[:1] = 1.0
    main_classes, shares = ov.largest_classes(classes, fractions, cover)
    results = {
        "land_cover": _with_missing(main_classes, stored.dtype, schema.NO_LAND_COVER),
        share: shares,
    }
    for name in (name for name in results if name in ds):
        _put(out, ds, name, results[name])


def _put_flag(out: xr.Dataset, ds: xr.Dataset, cover: ov.Cover) -> None:
    """Set the flag of the target cells; requires their `tb` and `soil_temperature`."""
    observed, flag = schema.is_observed(ds), ds["flag"].to_numpy().astype(np.uint32)
    follow = _FOLLOW_THE_VALUE
    if "soil_temperature" in ds:
        follow |= Flag.NO_TEMPERATURE
    min_shares = {Flag.NOT_ATTEMPTED: ov.MIN_SHARE, Flag.TB_SUSPECT: 0.0}
    others = ~np.uint32(int(follow | Flag.NOT_ATTEMPTED | Flag.TB_SUSPECT))
    new = ov.flags_by_share(flag & others, observed, cover)
    for bit, share in min_shares.items():
        here = flag & np.uint32(int(bit))
        new |= ov.flags_by_share(here, observed, cover, min_share=share)
    new |= flags.where(out["tb"].isnull().any("channel").to_numpy(), Flag.TB_INVALID)
    if "soil_temperature" in ds:
        new |= flags.where(out["soil_temperature"].isnull().to_numpy(), Flag.NO_TEMPERATURE)
    is_observed = ov.at_least(ov.covered_share(cover, observed), ov.MIN_SHARE)
    _put(out, ds, "flag", np.where(is_observed, new, flags.where(~is_observed, Flag.NOT_OBSERVED)))


def _with_missing(values: Floating, dtype: np.dtype, fill: int) -> AnyArray:
    """Convert `values` to the type of the source; in an integer type NaN becomes `fill`."""
    if dtype.kind == "f":
        return values.astype(dtype)
    return np.where(np.isnan(values), fill, values).astype(dtype)
