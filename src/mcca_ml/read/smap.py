"""SMAP granules (SPL3SMP, SPL2SMP, SPL1CTB and their 9 km siblings) -> GRID_TB with ANCILLARY."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml import schema
from mcca_ml.grid import ease2
from mcca_ml.layouts import COVERS, FILLS, Group, Layout
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
from mcca_ml.read.granule import Floats, array, dataset, decode, open_hdf5
from mcca_ml.read.identify import layout_of, look_of_orbit
from mcca_ml.read.smap_l1c import read_l1c

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
    chosen: npt.NDArray[np.int64]
    """Flat indices into `shape`."""

    def holds(self, name: str) -> bool:
        """Whether the group has the field."""
        return name + self.suffix in self.group

    def raw(self, name: str, *more: int) -> npt.NDArray[np.generic]:
        """Stored values at the chosen places; `more` are sizes of further dimensions."""
        values = array(self.group, name + self.suffix, (*self.shape, *more))
        return values.reshape(-1, *more)[self.chosen]

    def bits(self, name: str) -> npt.NDArray[np.uint16]:
        """A field of bits at the chosen places."""
        return self.raw(name).astype(np.uint16)

    def physical(self, name: str, low: float, high: float) -> Floats:
        """Values at the chosen places; NaN where missing or out of range."""
        return decode(self.raw(name), FILLS["f4"], (low, high))


def _shape(group: h5py.Group, layout: Layout, suffix: str) -> tuple[int, ...]:
    """Shape that the datasets of the group must have."""
    if layout.product.level == "L3":
        return ease2.by_name(layout.product.grid).shape
    return (dataset(group, f"tb_v_corrected{suffix}").size,)


def _land_cover(source: Source) -> dict[str, npt.NDArray[np.generic]]:
    """Land-cover classes and their shares, empty where the granule has none."""
    if not source.holds("landcover_class"):
        return {}
    classes = source.raw("landcover_class", COVERS)
    none = classes >= LAND_COVERS  # type: ignore[operator]
    classes = np.where(none, schema.NO_LAND_COVER, classes).astype(np.uint8)
    fields: dict[str, npt.NDArray[np.generic]] = {"land_cover": classes}
    if source.holds("landcover_class_fraction"):
        raw = source.raw("landcover_class_fraction", COVERS)
        share = decode(raw, FILLS["f4"], (0.0, 1.0))
        fields["land_cover_fraction"] = np.where(none | np.isnan(share), np.float32(0), share)
    return fields


def _ancillary(source: Source) -> dict[str, npt.NDArray[np.generic]]:
    """What the group holds beside brightness temperature, by the names of schema.ANCILLARY."""
    fields: dict[str, npt.NDArray[np.generic]] = {}
    for variable, names in ANCILLARY.items():
        present = [name for name in names if source.holds(name)]
        if present:
            var = schema.ANCILLARY[variable]
            fields[variable] = source.physical(present[0], var.low, var.high)
    if source.holds("retrieval_qual_flag"):
        quality = source.bits("retrieval_qual_flag")
        fields["recommended_operational"] = is_recommended(quality, FILLS["u2"]).astype(np.uint8)
    return fields | _land_cover(source)


def _cells(source: Source, layout: Layout, where: str) -> npt.NDArray[np.int64]:
    """Flat index of each chosen place on the grid: its position, or its row and column."""
    if layout.product.level == "L3":
        return source.chosen
    row, column = source.raw("EASE_row_index"), source.raw("EASE_column_index")
    return flat_cell(row, column, ease2.by_name(layout.product.grid).shape, where)


def _observations(group: h5py.Group, spec: Group, layout: Layout, look: str) -> Observations:
    """What one group saw. Brightness temperatures of doubtful quality are kept and flagged."""
    shape = _shape(group, layout, spec.suffix)
    names = [f"tb_{p}_corrected{spec.suffix}" for p in "vh"]
    tb = np.stack([brightness_temperature(group, n, shape).ravel() for n in names], axis=-1)
    source = Source(group, spec.suffix, shape, np.flatnonzero(np.isfinite(tb).any(axis=1)))
    tb = tb[source.chosen]
    quality = np.stack([source.bits(f"tb_qual_flag_{p}") for p in "vh"], axis=-1)
    surface = surface_flags(source.bits("surface_flag"), FILLS["u2"])
    seconds = array(group, f"tb_time_seconds{spec.suffix}", shape).astype(np.float64)
    epoch = times.epoch_of(seconds, group.get(f"tb_time_utc{spec.suffix}"))
    return Observations(
        look=look,
        cell=_cells(source, layout, Path(group.file.filename).name),
        tb=tb,
        incidence=np.deg2rad(source.physical("boresight_incidence", 0.0, 90.0)),
        obs_time=times.obs_time(seconds.ravel()[source.chosen], epoch),
        nobs=np.ones(len(tb), np.uint16),
        flag=tb_flags(tb, is_suspect(quality, FILLS["u2"])) | surface,
        ancillary=_ancillary(source),
    )


def read_smap(path: Path) -> xr.Dataset:
    """Read one SMAP granule on its native grid.

    Args:
        path: SPL3SMP, SPL2SMP or SPL1CTB, or their 9 km siblings `_E`; which one, and its version,
            is told by the file itself.

    Returns:
        After schema.GRID_TB and schema.ANCILLARY, with the cells that hold a brightness
        temperature. A field that the granule lacks is left out: nothing is made up here.

    Raises:
        GranuleError: no such granule, damaged, of another product or version, incomplete, on
            another grid, without any observation, or not in kelvin.
    """
    with open_hdf5(path) as h5:
        layout = layout_of(h5)
        if layout.product.level == "L1C":
            seen = [read_l1c(h5, layout)]
        else:
            seen = [
                _observations(h5[g.name], g, layout, g.look or look_of_orbit(h5))
                for g in layout.groups
            ]
    ds = assemble(seen, layout, path.name)
    return schema.check(ds, {**schema.GRID_TB, **schema.ANCILLARY}, where=f"read_smap({path.name})")
