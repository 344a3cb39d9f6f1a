"""The map of a look: a picture, the same every time, of the right part of the Earth."""

import matplotlib.image
import numpy as np
import pytest
from made_retrieval import box_cells, made_retrieval

from mcca_ml.grid import ease2
from mcca_ml.plot.day_map import MOISTURE_SCALE, write_map
from mcca_ml.plot.frames import MapFrame
from mcca_ml.plot.maps import MapLayer, Raster


def shown(lat: tuple[float, float], lon: tuple[float, float]) -> MapFrame:
    grid = ease2.M36
    values = np.full(grid.size, np.nan, np.float32)
    values[box_cells(grid, lat, lon)] = 0.2
    layer = MapLayer("x", values.reshape(grid.shape), MOISTURE_SCALE)
    (frame,) = Raster(ease2.latitude(grid), ease2.longitude(grid)).frames([layer])
    return frame


def test_a_picture_with_land_sea_and_soil_moisture_in_it(tmp_path):
    picture = matplotlib.image.imread(write_map(made_retrieval(), "pm", tmp_path / "pm.png"))
    height, width, _ = picture.shape
    assert height > 600
    assert width > 900
    colours = {tuple(pixel) for pixel in np.round(picture[::3, ::3, :3] * 255).reshape(-1, 3)}
    assert (0xDD, 0xDD, 0xDD) in colours, "land without a value"
    assert len(colours) > 100, "many values, many colours"


def test_the_same_data_give_the_same_bytes(tmp_path):
    one = write_map(made_retrieval(), "am", tmp_path / "1.png").read_bytes()
    assert write_map(made_retrieval(), "am", tmp_path / "2.png").read_bytes() == one


def test_a_small_region_fills_the_picture():
    frame = shown((30, 45), (-105, -85))
    assert frame.west == pytest.approx(-106.2, abs=0.3)
    assert frame.east == pytest.approx(-83.8, abs=0.3)
    assert frame.north == pytest.approx(45.9, abs=0.3)


def test_data_around_the_world_show_it_without_antarctica():
    frame = shown((-40, 70), (-170, 170))
    assert (frame.west, frame.east) == (-180, 180)
    assert frame.south == -60
    assert frame.north > 84


def test_data_in_antarctica_bring_it_back():
    assert shown((-80, 70), (-170, 170)).south < -80


def test_no_data_at_all_show_the_whole_world():
    frame = shown((1, 0), (1, 0))
    assert frame.east - frame.west == 360
