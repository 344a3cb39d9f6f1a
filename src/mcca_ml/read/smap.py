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
from mcca_ml.read.identify import identify_layout, orbit_look
from mcca_ml.read.smap_l1c import read_l1c
from mcca_ml.read.window import CellsOf, RowWindow, select_rows

ANCILLARY = {
    "soil_temperature": ("surface_temperature",),
    "clay_fraction": ("clay_fraction",),
    "bulk_density": ("bulk_density",),
    "roughness_h": ("roughness_coefficient",),
    "water_fraction": ("static_water_body_fraction", "radar_water_body_fraction"),
    "soil_moisture_operational": ("soil_moisture",),
}
"""Variable -> possible fields; the first one present is read. No vegetation ancillary is read."""

LAND_COVERS = 17
"""Number of IGBP classes, 0 (water) to 16; 99 (no second or third class) and fill are missing."""


@dataclass(frozen=True)
class GroupReader:
    """Reader of one group of a granule, at the cells with brightness temperature."""

    group: h5py.Group
    suffix: str
    shape: tuple[int, ...]
    """Rows and columns of the grid (level 3), or the number of cells listed (level 2)."""
    rows: tuple[slice, ...]
    """Slices along the first axis that are read."""
    chosen: Int64
    """Flat indices into the data read."""

    def has_field(self, name: str) -> bool:
        """Return True if the group has the field."""
        return name + self.suffix in self.group

    def raw(self, name: str, *more: int) -> AnyArray:
        """Read stored values at the chosen cells; `more` are sizes of further dimensions."""
        values = array(self.group, name + self.suffix, (*self.shape, *more), self.rows)
        return values.reshape(-1, *more)[self.chosen]

    def bits(self, name: str) -> UInt16:
        """Read a field of bits at the chosen cells."""
        return self.raw(name).astype(np.uint16)

    def physical(self, name: str, low: float, high: float) -> Float32:
        """Read values at the chosen cells; NaN where missing or out of range."""
        return decode(self.raw(name), FILLS["f4"], (low, high))

    def obs_time(self) -> Datetime64:
        """Read observation times [UTC]; the epoch is estimated from a few of the chosen cells."""
        seconds = self.raw("tb_time_seconds").astype(np.float64)
        utc = self.group.get(f"tb_time_utc{self.suffix}")
        if utc is None or utc.shape != self.shape:
            return times.obs_time(seconds, times.estimate_epoch(seconds, None))
        few = times.sample(seconds)
        read = np.concatenate([np.arange(self.shape[0])[run] for run in self.rows])
        row, *column = np.unravel_index(self.chosen[few], (read.size, *self.shape[1:]))
        written = [utc[place] for place in zip(read[row], *column, strict=True)]
        return times.obs_time(seconds, times.estimate_epoch(seconds[few], np.array(written, "S24")))


def _shape(group: h5py.Group, layout: SmapLayout, suffix: str) -> tuple[int, ...]:
    """Return the required shape of the datasets of the group."""
    if layout.product.level == "L3":
        return ease2.by_name(layout.product.grid).shape
    return (dataset(group, f"tb_v_corrected{suffix}").size,)


def _land_cover(source: GroupReader) -> dict[str, AnyArray]:
    """Read land-cover classes and their shares; empty if the granule has none."""
    if not source.has_field("landcover_class"):
        return {}
    classes = source.raw("landcover_class", COVERS)
    none = classes >= LAND_COVERS  # type: ignore[operator]
    classes = np.where(none, schema.NO_LAND_COVER, classes).astype(np.uint8)
    fields: dict[str, AnyArray] = {"land_cover": classes}
    if source.has_field("landcover_class_fraction"):
        raw = source.raw("landcover_class_fraction", COVERS)
        share = decode(raw, FILLS["f4"], (0.0, 1.0))
        fields["land_cover_fraction"] = np.where(none | np.isnan(share), np.float32(0), share)
    return fields


def _ancillary(source: GroupReader) -> dict[str, AnyArray]:
    """Read the ancillary fields of the group, by the names of schema.ANCILLARY."""
    fields: dict[str, AnyArray] = {}
    for variable, names in ANCILLARY.items():
        present = [name for name in names if source.has_field(name)]
        if present:
            var = schema.ANCILLARY[variable]
            fields[variable] = source.physical(present[0], var.low, var.high)
    if source.has_field("retrieval_qual_flag"):
        quality = source.bits("retrieval_qual_flag")
        fields["recommended_operational"] = is_recommended(quality, FILLS["u2"]).astype(np.uint8)
    return fields | _land_cover(source)


def _cells(source: GroupReader, layout: SmapLayout, window: RowWindow | None) -> Int64:
    """Return the flat grid index of each chosen cell, from its position or its row and column."""
    if window is not None:
        return window.cell[np.searchsorted(window.place, source.chosen)]
    if layout.product.level == "L3":
        return source.chosen
    row, column = source.raw("EASE_row_index"), source.raw("EASE_column_index")
    return flat_cell(row, column, ease2.by_name(layout.product.grid), file_name(source.group))


def _observations(
    group: h5py.Group, spec: Group, layout: SmapLayout, look: str, window: RowWindow | None
) -> Observations:
    """Read the observations of one group; suspect brightness temperatures are kept and flagged."""
    shape = _shape(group, layout, spec.suffix)
    rows = (slice(None),) if window is None else window.rows
    names = [f"tb_{p}_corrected{spec.suffix}" for p in "vh"]
    tb = np.stack([brightness_temperature(group, n, shape, rows).ravel() for n in names], axis=-1)
    observed = np.asarray(np.isfinite(tb).any(axis=1))
    chosen = np.flatnonzero(observed) if window is None else window.place[observed[window.place]]
    source, tb = GroupReader(group, spec.suffix, shape, rows, chosen), tb[chosen]
    quality = np.stack([source.bits(f"tb_qual_flag_{p}") for p in "vh"], axis=-1)
    surface = surface_flags(source.bits("surface_flag"), FILLS["u2"])
    fields = {
        "tb": tb,
        "incidence": np.deg2rad(source.physical("boresight_incidence", 0.0, 90.0)),
        "obs_time": source.obs_time(),
        "nobs": np.ones(len(tb), np.uint16),
        "flag": tb_flags(tb, is_suspect(quality, FILLS["u2"])) | surface,
    }
    # A window without observations has no ancillary fields.
    ancillary = _ancillary(source) if window is None or chosen.size else {}
    return Observations(look, _cells(source, layout, window), fields | ancillary)


def _looks(h5: h5py.File, layout: SmapLayout, cells: Int64 | None) -> list[Observations]:
    """Read the observations of each look at the cells; only the needed rows for level 3."""
    if layout.product.level == "L3":
        window = None if cells is None else select_rows(cells, ease2.by_name(layout.product.grid))
        return [_observations(h5[g.name], g, layout, g.look or "am", window) for g in layout.groups]
    if layout.product.level == "L1C":
        looks = [read_l1c(h5, layout)]
    else:
        look = orbit_look(h5)
        looks = [_observations(h5[g.name], g, layout, look, None) for g in layout.groups]
    if cells is None:
        return looks
    return [observed.select(np.isin(observed.cell, cells)) for observed in looks]


def read_smap(path: Path, cells_of: CellsOf | None = None) -> xr.Dataset:
    """Read one SMAP granule on its native grid.

    Args:
        path: SPL3SMP, SPL2SMP or SPL1CTB, or their 9 km versions `_E`; product and version are
            read from the file.
        cells_of: function from a grid to the cells to read; default all. Without observations
            of these cells the dataset has no time and no cell.

    Returns:
        Dataset after schema.GRID_TB and schema.ANCILLARY, with the cells that have brightness
        temperature. Fields absent from the granule are omitted.

    Raises:
        GranuleError: no such granule, damaged, another product or version, incomplete, another
            grid, no observations, or not in kelvin.
    """
    with open_hdf5(path) as h5:
        layout = identify_layout(h5)
        cells = None if cells_of is None else cells_of(ease2.by_name(layout.product.grid))
        looks = _looks(h5, layout, cells)
    ds = assemble(looks, layout, path.name, may_be_empty=cells is not None)
    return schema.check(ds, {**schema.GRID_TB, **schema.ANCILLARY}, where=f"read_smap({path.name})")
