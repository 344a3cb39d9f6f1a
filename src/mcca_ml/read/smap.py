"""SMAP granules (SPL3SMP, SPL2SMP, SPL1CTB and their 9 km siblings) -> GRID_TB with ANCILLARY."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Datetime64, Float32, Int64, UInt16
from mcca_ml.formats.smap import COVERS, FILLS, Group, SmapLayout
from mcca_ml.grid import ease2
from mcca_ml.read import times
from mcca_ml.read.assemble import (
    Observations,
    assemble,
    is_recommended,
    is_suspect,
    surface_flags,
    tb_flags,
)
from mcca_ml.read.brightness import brightness_temperature, flat_cell
from mcca_ml.read.granule import array, dataset, decode, file_name, open_hdf5
from mcca_ml.read.identify import layout_of, look_of_orbit
from mcca_ml.read.smap_l1c import read_l1c
from mcca_ml.read.window import CellsOf, Window, window_of

ANCILLARY = {
    "soil_temperature": ("surface_temperature",),
    "clay_fraction": ("clay_fraction",),
    "bulk_density": ("bulk_density",),
    "roughness_h": ("roughness_coefficient",),
    "water_fraction": ("static_water_body_fraction", "radar_water_body_fraction"),
    "soil_moisture_operational": ("soil_moisture",),
}
"""Variable -> fields that may hold it; the first that is there counts. No vegetation among them."""

LAND_COVERS = 17
"""IGBP classes 0 (water) to 16; 99 (no second or third class) and the fill are none."""


@dataclass(frozen=True)
class Source:
    """One group of a granule, and those of its places that hold a brightness temperature."""

    group: h5py.Group
    suffix: str
    shape: tuple[int, ...]
    """Rows and columns of the grid (level 3), or the number of cells listed (level 2)."""
    rows: tuple[slice, ...]
    """Runs along the first axis that are read."""
    chosen: Int64
    """Flat indices into what is read."""

    def holds(self, name: str) -> bool:
        """Whether the group has the field."""
        return name + self.suffix in self.group

    def raw(self, name: str, *more: int) -> AnyArray:
        """Stored values at the chosen places; `more` are sizes of further dimensions."""
        values = array(self.group, name + self.suffix, (*self.shape, *more), self.rows)
        return values.reshape(-1, *more)[self.chosen]

    def bits(self, name: str) -> UInt16:
        """A field of bits at the chosen places."""
        return self.raw(name).astype(np.uint16)

    def physical(self, name: str, low: float, high: float) -> Float32:
        """Values at the chosen places; NaN where missing or out of range."""
        return decode(self.raw(name), FILLS["f4"], (low, high))

    def obs_time(self) -> Datetime64:
        """Observation times [UTC]; the epoch is told from a few of the chosen places."""
        seconds = self.raw("tb_time_seconds").astype(np.float64)
        utc = self.group.get(f"tb_time_utc{self.suffix}")
        if utc is None or utc.shape != self.shape:
            return times.obs_time(seconds, times.epoch_of(seconds, None))
        few = times.sample(seconds)
        read = np.concatenate([np.arange(self.shape[0])[run] for run in self.rows])
        row, *column = np.unravel_index(self.chosen[few], (read.size, *self.shape[1:]))
        written = [utc[place] for place in zip(read[row], *column, strict=True)]
        return times.obs_time(seconds, times.epoch_of(seconds[few], np.array(written, "S24")))


def _shape(group: h5py.Group, layout: SmapLayout, suffix: str) -> tuple[int, ...]:
    """Shape that the datasets of the group must have."""
    if layout.product.level == "L3":
        return ease2.by_name(layout.product.grid).shape
    return (dataset(group, f"tb_v_corrected{suffix}").size,)


def _land_cover(source: Source) -> dict[str, AnyArray]:
    """Land-cover classes and their shares, empty where the granule has none."""
    if not source.holds("landcover_class"):
        return {}
    classes = source.raw("landcover_class", COVERS)
    none = classes >= LAND_COVERS  # type: ignore[operator]
    classes = np.where(none, schema.NO_LAND_COVER, classes).astype(np.uint8)
    fields: dict[str, AnyArray] = {"land_cover": classes}
    if source.holds("landcover_class_fraction"):
        raw = source.raw("landcover_class_fraction", COVERS)
        share = decode(raw, FILLS["f4"], (0.0, 1.0))
        fields["land_cover_fraction"] = np.where(none | np.isnan(share), np.float32(0), share)
    return fields


def _ancillary(source: Source) -> dict[str, AnyArray]:
    """What the group holds beside brightness temperature, by the names of schema.ANCILLARY."""
    fields: dict[str, AnyArray] = {}
    for variable, names in ANCILLARY.items():
        present = [name for name in names if source.holds(name)]
        if present:
            var = schema.ANCILLARY[variable]
            fields[variable] = source.physical(present[0], var.low, var.high)
    if source.holds("retrieval_qual_flag"):
        quality = source.bits("retrieval_qual_flag")
        fields["recommended_operational"] = is_recommended(quality, FILLS["u2"]).astype(np.uint8)
    return fields | _land_cover(source)


def _cells(source: Source, layout: SmapLayout, window: Window | None) -> Int64:
    """Flat index of each chosen place on the grid: its position, or its row and column."""
    if window is not None:
        return window.cell[np.searchsorted(window.place, source.chosen)]
    if layout.product.level == "L3":
        return source.chosen
    row, column = source.raw("EASE_row_index"), source.raw("EASE_column_index")
    return flat_cell(row, column, ease2.by_name(layout.product.grid), file_name(source.group))


def _observations(
    group: h5py.Group, spec: Group, layout: SmapLayout, look: str, window: Window | None
) -> Observations:
    """What one group saw. Brightness temperatures of doubtful quality are kept and flagged."""
    shape = _shape(group, layout, spec.suffix)
    rows = (slice(None),) if window is None else window.rows
    names = [f"tb_{p}_corrected{spec.suffix}" for p in "vh"]
    tb = np.stack([brightness_temperature(group, n, shape, rows).ravel() for n in names], axis=-1)
    seen = np.asarray(np.isfinite(tb).any(axis=1))
    chosen = np.flatnonzero(seen) if window is None else window.place[seen[window.place]]
    source, tb = Source(group, spec.suffix, shape, rows, chosen), tb[chosen]
    quality = np.stack([source.bits(f"tb_qual_flag_{p}") for p in "vh"], axis=-1)
    surface = surface_flags(source.bits("surface_flag"), FILLS["u2"])
    fields = {
        "tb": tb,
        "incidence": np.deg2rad(source.physical("boresight_incidence", 0.0, 90.0)),
        "obs_time": source.obs_time(),
        "nobs": np.ones(len(tb), np.uint16),
        "flag": tb_flags(tb, is_suspect(quality, FILLS["u2"])) | surface,
    }
    # A window that saw nothing has no ancillary fields either.
    ancillary = _ancillary(source) if window is None or chosen.size else {}
    return Observations(look, _cells(source, layout, window), fields | ancillary)


def _looks(h5: h5py.File, layout: SmapLayout, cells: Int64 | None) -> list[Observations]:
    """What each look saw of the cells, of a level 3 granule with no more read than they need."""
    if layout.product.level == "L3":
        window = None if cells is None else window_of(cells, ease2.by_name(layout.product.grid))
        return [_observations(h5[g.name], g, layout, g.look or "am", window) for g in layout.groups]
    if layout.product.level == "L1C":
        seen = [read_l1c(h5, layout)]
    else:
        look = look_of_orbit(h5)
        seen = [_observations(h5[g.name], g, layout, look, None) for g in layout.groups]
    if cells is None:
        return seen
    return [one.some(np.isin(one.cell, cells)) for one in seen]


def read_smap(path: Path, cells_of: CellsOf | None = None) -> xr.Dataset:
    """Read one SMAP granule on its native grid.

    Args:
        path: SPL3SMP, SPL2SMP or SPL1CTB, or their 9 km siblings `_E`; which one, and its version,
            is told by the file itself.
        cells_of: which cells of its grid to read; all if not given. Of those it may have seen
            none: then the dataset has no time and no cell.

    Returns:
        After schema.GRID_TB and schema.ANCILLARY, with the cells that hold a brightness
        temperature. A field that the granule lacks is left out: nothing is made up here.

    Raises:
        GranuleError: no such granule, damaged, of another product or version, incomplete, on
            another grid, without any observation, or not in kelvin.
    """
    with open_hdf5(path) as h5:
        layout = layout_of(h5)
        cells = None if cells_of is None else cells_of(ease2.by_name(layout.product.grid))
        seen = _looks(h5, layout, cells)
    ds = assemble(seen, layout, path.name, may_be_empty=cells is not None)
    return schema.check(ds, {**schema.GRID_TB, **schema.ANCILLARY}, where=f"read_smap({path.name})")
