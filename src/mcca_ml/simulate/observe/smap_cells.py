"""36 km grid cells over a patch of the truth, with the ancillary data of SMAP granules."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float32, Float64, Int32, UInt8
from mcca_ml.formats import smap
from mcca_ml.formats.smap import NO_COVER
from mcca_ml.grid import ease2
from mcca_ml.simulate.observe.footprint import Shares, shares
from mcca_ml.simulate.observe.instrument import LEAST_INSIDE, Instrument, named_generator
from mcca_ml.simulate.observe.truth_slice import TruthSlice
from mcca_ml.simulate.truth.land_classes import ROUGHNESS, class_values

GRID = ease2.M36
CLASSES = 17
"""Number of IGBP classes, 0 (water) to 16."""


@dataclass(frozen=True)
class SmapCells:
    """36 km grid cells over a patch, their static properties and errors, arrays (footprint)."""

    row: Int32
    column: Int32
    lat: Float64
    lon: Float64
    shares: Shares
    """Weights of the cells of the patch in each 36 km cell."""
    clay: Float32
    bulk_density: Float32
    roughness_h: Float32
    water_fraction: Float32
    land_cover: UInt8
    land_cover_fraction: Float32
    temperature_bias: Float32
    """Lasting error of the soil temperature in the granules [K]."""


def over_cells(weights: Shares, values: Float32) -> Float32:
    """Means of values of the patch's cells over the 36 km cells, (footprint)."""
    return weights.mean(np.asarray(values, np.float32))[:, 0]


def _covers(truth: TruthSlice, weights: Shares) -> tuple[UInt8, Float32]:
    """The three most frequent classes of each footprint and their fractions, (footprint, 3)."""
    land = truth.land
    dry, first_share = 1 - land.water_fraction, land.first_share
    in_cell = np.zeros((land.clay.size, CLASSES), np.float32)
    cells = np.arange(land.clay.size)
    for surface, share in ((land.first, first_share), (land.second, 1 - first_share)):
        np.add.at(in_cell, (cells, surface.land_cover), dry * share)
    in_cell[:, 0] += land.water_fraction
    in_footprint = weights.mean(in_cell)
    classes = np.argsort(-in_footprint, axis=1, kind="stable")[:, : smap.COVERS]
    fraction = np.take_along_axis(in_footprint, classes, axis=1)
    none = fraction < 0.01
    return (
        np.where(none, NO_COVER, classes).astype(np.uint8),
        np.where(none, np.nan, fraction).astype(np.float32),
    )


def targets(truth: TruthSlice, instrument: Instrument) -> SmapCells:
    """36 km grid cells whose footprint is on the patch, with their static properties.

    Ancillary data of the granules differ from the truth: clay has an error, roughness is the mean
    of a land-cover table, and soil temperature has a lasting bias in each cell.
    """
    inside = [
        np.flatnonzero((axis >= low) & (axis <= high))
        for axis, low, high in (
            (ease2.latitude(GRID), truth.cells.lat.min(), truth.cells.lat.max()),
            (ease2.longitude(GRID), truth.cells.lon.min(), truth.cells.lon.max()),
        )
    ]
    row, column = (axis.ravel().astype(np.int32) for axis in np.meshgrid(*inside, indexing="ij"))
    size = (
        float(np.mean(instrument.sensor.channels[0].footprint_km))
        * instrument.settings.has_footprints
    )
    place = ease2.cell_latlon(GRID, ease2.flat_cell(GRID, row, column))
    # Fore and aft looks cross at right angles: their mean footprint is approximately circular.
    whole = shares(truth.patch, place.lat, place.lon, np.zeros(row.size), (size, size))
    kept = whole.inside >= LEAST_INSIDE
    row, column = row[kept], column[kept]
    weights = Shares(whole.rows[kept], whole.columns[kept])
    rng = named_generator(instrument.seed, "smap ancillary", truth.patch.name)
    classes, fraction = _covers(truth, weights)
    clay_error = instrument.settings.clay_sd * rng.standard_normal(row.size)
    clay = over_cells(weights, truth.land.clay) + clay_error
    bias = 0.5 * instrument.settings.temperature_sd * rng.standard_normal(row.size)
    return SmapCells(
        row=row,
        column=column,
        lat=place.lat[kept],
        lon=place.lon[kept],
        shares=weights,
        clay=np.clip(clay, 0.01, 0.8).astype(np.float32),
        bulk_density=over_cells(weights, truth.land.bulk_density),
        roughness_h=_table_roughness(classes, fraction),
        water_fraction=np.clip(over_cells(weights, truth.land.water_fraction), 0, 1),
        land_cover=classes,
        land_cover_fraction=fraction,
        temperature_bias=bias.astype(np.float32),
    )


def _table_roughness(classes: UInt8, fraction: Float32) -> Float32:
    """Mean roughness h of a cell from the land-cover table [1]."""
    known = classes < CLASSES
    weight = np.where(known, np.nan_to_num(fraction), 0.0)
    h = class_values(ROUGHNESS, np.where(known, classes, 0).astype(np.uint8))
    return np.asarray((weight * h).sum(axis=1) / weight.sum(axis=1), np.float32)
