"""Oracles of the grids: Brodzik et al. (2014), PROJ, NSIDC-0772, and SMAP's own cell numbers."""

import h5py
import numpy as np
import pytest
import xarray as xr
from pyproj import Transformer

from mcca_ml.grid import ease2

# NSIDC grid definition EASE2_M25km.gpd (2014-03-05 revision), after doi:10.3390/ijgi3031154.
M25_NORTH_EDGE_DEG = 84.439790
M25_WEST_EDGE_M = -17367530.44

# Global attribute geospatial_bounds of NSIDC-0772 v1, EASE2_M36.
M36_EAST_EDGE_M = 17367530.4451615
M36_NORTH_EDGE_M = 7314540.8306386


def test_m25_edges_are_those_of_the_2014_correction():
    assert ease2.x_edges(ease2.M25)[0] == pytest.approx(M25_WEST_EDGE_M, abs=0.005)
    north = ease2.map_latitude(ease2.y_edges(ease2.M25)[0])
    assert float(north) == pytest.approx(M25_NORTH_EDGE_DEG, abs=5e-7)  # all printed digits


def test_the_last_column_does_not_cross_the_date_line():
    """The cell size of the 2012 paper, 25025.2600081 m, fails here."""
    assert ease2.x_edges(ease2.M25)[-1] < ease2.map_x(180.0)


@pytest.mark.parametrize("grid", [ease2.M36, ease2.M09], ids=lambda grid: grid.name)
def test_smap_grids_span_the_bounds_that_nsidc_states(grid):
    assert ease2.x_edges(grid)[-1] == pytest.approx(M36_EAST_EDGE_M, abs=1e-3)
    assert ease2.y_edges(grid)[0] == pytest.approx(M36_NORTH_EDGE_M, abs=1e-3)


def test_forward_projection_equals_proj():
    lat, lon = np.linspace(-90, 90, 1801), np.linspace(-180, 180, 1801)
    x, y = Transformer.from_crs(4326, 6933, always_xy=True).transform(lon, lat)
    np.testing.assert_allclose(ease2.map_x(lon), x, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ease2.map_y(lat), y, rtol=0, atol=1e-6)


@pytest.mark.parametrize("grid", ease2.GRIDS.values(), ids=ease2.GRIDS)
def test_centres_equal_proj(grid):
    """Forward to 1 um, which is 1e-11 degree; PROJ's inverse is a series good to 1.5e-8 degree."""
    lat, lon = ease2.latitude(grid), ease2.longitude(grid)
    forward = Transformer.from_crs(4326, 6933, always_xy=True)
    np.testing.assert_allclose(forward.transform(0 * lat, lat)[1], ease2.y(grid), atol=1e-6)
    np.testing.assert_allclose(forward.transform(lon, 0 * lon)[0], ease2.x(grid), atol=1e-6)
    inverse = Transformer.from_crs(6933, 4326, always_xy=True)
    _, proj_lat = inverse.transform(0 * lat, ease2.y(grid))
    np.testing.assert_allclose(lat, proj_lat, rtol=0, atol=2e-8)


@pytest.mark.real_data
def test_centres_equal_nsidc_0772(real_data):
    with xr.open_dataset(real_data / "grids/NSIDC0772_LatLon_EASE2_M36km_v1.0.nc") as oracle:
        lat, lon = ease2.latitude(ease2.M36), ease2.longitude(ease2.M36)
        # 1.4e-8 degree is what the series behind their file leaves out (see above).
        np.testing.assert_allclose(oracle["latitude"], lat[:, None] + 0 * lon, rtol=0, atol=2e-8)
        np.testing.assert_allclose(oracle["longitude"], lon + 0 * lat[:, None], rtol=0, atol=1e-9)
        np.testing.assert_allclose(oracle["x"], ease2.x(ease2.M36), rtol=0, atol=1e-6)
        np.testing.assert_allclose(oracle["y"], ease2.y(ease2.M36), rtol=0, atol=1e-6)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("granule", "cells"),
    [
        ("SMAP_L3_SM_P_20150401_R13080_001.h5", 216_066),
        ("SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5", 17_251),
    ],
)
def test_cell_numbers_equal_those_in_smap_granules(real_data, granule, cells):
    with h5py.File(real_data / "smap" / granule) as h5:
        group = h5["Soil_Moisture_Retrieval_Data"]
        lat, lon = group["latitude"][()], group["longitude"][()]
        row, column = group["EASE_row_index"][()], group["EASE_column_index"][()]
    known = (lat > -9000) & (row != 65534)
    assert known.sum() == cells
    found_row, found_column = ease2.find_cell(ease2.M36, lat[known], lon[known])
    np.testing.assert_array_equal(found_row, row[known])
    np.testing.assert_array_equal(found_column, column[known])
    centre = ease2.cell_latlon(ease2.M36, ease2.flat_cell(ease2.M36, row, column)[known])
    np.testing.assert_allclose(centre.lat, lat[known], rtol=0, atol=8e-6)  # they are float32
    np.testing.assert_allclose(centre.lon, lon[known], rtol=0, atol=8e-6)
