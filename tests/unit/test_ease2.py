"""Cells of EASE-Grid 2.0: numbers of cells, edges, places without a cell, and bad names."""

import subprocess
import sys

import numpy as np
import pytest

from mcca_ml.errors import SchemaError
from mcca_ml.grid import ease2

ALL = pytest.mark.parametrize("grid", ease2.GRIDS.values(), ids=ease2.GRIDS)


@ALL
def test_each_centre_lies_in_its_own_cell(grid):
    cell = np.arange(0, grid.size, 7)
    place = ease2.cell_latlon(grid, cell)
    result = ease2.flat_cell(grid, *ease2.find_cell(grid, place.lat, place.lon))
    np.testing.assert_array_equal(result, cell)
    assert result.dtype == np.int32


def test_row_zero_is_north_and_column_zero_is_west():
    assert ease2.latitude(ease2.M25)[0] > 0 > ease2.latitude(ease2.M25)[-1]
    assert ease2.longitude(ease2.M25)[0] < 0 < ease2.longitude(ease2.M25)[-1]
    assert (np.diff(ease2.y_edges(ease2.M25)) < 0).all()


@ALL
def test_centres_lie_midway_between_edges(grid):
    for centre, edge in ((ease2.x, ease2.x_edges), (ease2.y, ease2.y_edges)):
        np.testing.assert_allclose(centre(grid), (edge(grid)[1:] + edge(grid)[:-1]) / 2, atol=1e-8)


def test_a_cell_owns_its_north_and_west_edge():
    row, column = ease2.find_cell(ease2.M36, 0.0, 0.0)
    assert (row, column) == (203, 482)


@pytest.mark.parametrize("grid", ease2.GRIDS.values(), ids=ease2.GRIDS)
def test_both_names_of_the_date_line_are_one_cell(grid):
    _, column = ease2.find_cell(grid, [0.0, 0.0, 0.0], [180.0, -180.0, 540.0])
    assert column.tolist() == [0, 0, 0]
    _, column = ease2.find_cell(grid, [0.0, 0.0], [179.9999, -180.0001])
    assert column.tolist() == [grid.columns - 1] * 2


def test_longitudes_of_any_turn():
    lon = np.linspace(-179.9, 179.9, 50)
    for turn in (-360, 360, 720):
        moved = ease2.find_cell(ease2.M25, np.zeros(50), lon + turn)
        np.testing.assert_array_equal(moved, ease2.find_cell(ease2.M25, np.zeros(50), lon))


def test_a_place_off_the_grid_has_no_cell():
    lat = [84.5, -84.5, 90.0, -90.0, 91.0, np.nan, 0.0, 0.0, -9999.0]
    lon = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, np.nan, np.inf, -9999.0]
    row, column = ease2.find_cell(ease2.M25, lat, lon)
    assert (row == -1).all()
    assert (column == -1).all()


def test_a_cell_off_the_grid_has_no_place():
    place = ease2.cell_latlon(ease2.M25, [-1, ease2.M25.size])
    assert np.isnan(place.lat).all()
    assert np.isnan(place.lon).all()
    off = ease2.flat_cell(ease2.M25, [584, 0, 0], [0, 1388, -1])
    assert off.tolist() == [-1, -1, -1]


def test_latitudes_invert_up_to_the_pole_and_end_there():
    lat = np.linspace(-90, 90, 721)
    np.testing.assert_allclose(ease2.map_latitude(ease2.map_y(lat)), lat, rtol=0, atol=1e-7)
    inner = np.abs(lat) < 89  # the sine is flat at the pole: its latitude is less certain
    back = ease2.map_latitude(ease2.map_y(lat[inner]))
    np.testing.assert_allclose(back, lat[inner], rtol=0, atol=1e-12)
    assert np.isnan(ease2.map_latitude([8e6, -8e6, np.nan])).all()


def test_m09_nests_in_m36():
    np.testing.assert_array_equal(ease2.x_edges(ease2.M36), ease2.x_edges(ease2.M09)[::4])
    np.testing.assert_array_equal(ease2.y_edges(ease2.M36), ease2.y_edges(ease2.M09)[::4])


def test_unknown_name_is_refused():
    with pytest.raises(SchemaError, match="found name 'EASE2_N25', expected one of EASE2_M36"):
        ease2.by_name("EASE2_N25")


def test_the_grid_package_needs_neither_pyproj_nor_jax():
    code = (
        "import importlib, pkgutil, sys, mcca_ml.grid as g;"
        "names = [m.name for m in pkgutil.iter_modules(g.__path__, 'mcca_ml.grid.')];"
        "[importlib.import_module(name) for name in names];"
        "print(sorted({'pyproj', 'jax', 'h5py', 'netCDF4'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
