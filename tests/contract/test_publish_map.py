"""The map of a look: a picture, the same every time, of the right part of the Earth."""

import matplotlib.image
import numpy as np
import pytest
from made_retrieval import box_cells, made_retrieval

from mcca_ml.grid import ease2
from mcca_ml.plot.day_map import Window, _window, write_map


def shown(lat: tuple[float, float], lon: tuple[float, float]) -> Window:
    grid = ease2.M36
    values = np.full(grid.size, np.nan, np.float32)
    values[box_cells(grid, lat, lon)] = 0.2
    return _window(values.reshape(grid.shape), grid)


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
    window = shown((30, 45), (-105, -85))
    assert ease2.map_longitude(window.west) == pytest.approx(-108, abs=2)
    assert ease2.map_longitude(window.east) == pytest.approx(-82, abs=2)
    assert ease2.map_latitude(window.north) < 52


def test_data_around_the_world_show_it_without_antarctica():
    window = shown((-40, 70), (-170, 170))
    assert ease2.map_longitude(window.east) == pytest.approx(180, abs=0.01)
    assert ease2.map_latitude(window.south) == pytest.approx(-58, abs=0.1)
    assert ease2.map_latitude(window.north) > 84


def test_data_in_antarctica_bring_it_back():
    assert ease2.map_latitude(shown((-80, 70), (-170, 170)).south) < -84


def test_no_data_at_all_show_the_whole_world():
    window = _window(np.full(ease2.M36.shape, np.nan, np.float32), ease2.M36)
    assert window.east - window.west == pytest.approx(964 * ease2.M36.cell_m)
