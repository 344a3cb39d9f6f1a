"""Boxes of simulated worlds: their cells, and what is refused."""

from datetime import date

import numpy as np
import pytest

from made_settings import COLD, MILD, small_settings
from mcca_ml.config.simulate import DroughtSettings, SimulateSettings
from mcca_ml.errors import ConfigError
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.patches import make_cells


def moved(box, **changed):
    return box.model_copy(update=changed)


def test_a_patch_is_a_rectangle_of_the_grid_and_the_box_its_core():
    cells = make_cells(small_settings(rim=3))
    assert [patch.name for patch in cells.patches] == ["cold", "mild"]
    for patch, box in zip(cells.patches, (COLD, MILD), strict=True):
        here = patch.cells
        index = cells.cell[here].reshape(patch.shape)
        assert (np.diff(index, axis=1) == 1).all()
        assert (np.diff(index, axis=0) == M25.columns).all()
        assert index[0, 0] == patch.first_row * M25.columns + patch.first_column
        core = cells.is_core[here].reshape(patch.shape)
        assert core[3:-3, 3:-3].all()
        assert core.sum() == core[3:-3, 3:-3].size
        lat, lon = cells.lat[here][core.ravel()], cells.lon[here][core.ravel()]
        assert ((lat >= box.south) & (lat <= box.north)).all()
        assert ((lon >= box.west) & (lon <= box.east)).all()
    assert cells.patches[1].start == cells.patches[0].cells.stop
    place = ease2.cell_latlon(M25, cells.cell)
    assert (cells.lat == place.lat).all()


def test_all_cells_with_a_centre_in_the_box_are_in_its_core():
    cells = make_cells(small_settings(box=(COLD,)))
    lat, lon = ease2.latitude(M25), ease2.longitude(M25)
    rows = ((lat >= COLD.south) & (lat <= COLD.north)).sum()
    columns = ((lon >= COLD.west) & (lon <= COLD.east)).sum()
    assert cells.is_core.sum() == rows * columns


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ((), r"simulate.box: found no box, expected one or more"),
        ((COLD, moved(MILD, name="cold")), r"'cold': found the name twice, expected once"),
        ((COLD, moved(COLD, name="b")), r"'b': found \d+ cells of 'cold' in it or its rim"),
        ((moved(MILD, north=36.01),), r"'mild': south to north: found no cell's centre in 36 to"),
        ((moved(MILD, east=-99.0),), r"'mild': west to east: found no cell's centre in -98 to -99"),
        ((moved(MILD, west=-150.0, east=-149.0),), r"'mild': found no land in it, expected some"),
        ((moved(MILD, west=-180.0, east=-179.0),), r"'mild': found an edge of the grid within 2"),
        ((moved(MILD, south=83.5, north=84.0),), r"'mild': found an edge of the grid within 2"),
    ],
)
def test_a_box_that_makes_no_sense_is_refused(boxes, said):
    with pytest.raises(ConfigError, match=said):
        make_cells(small_settings(box=boxes))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"last_day": date(2015, 11, 30)},
            r"simulate.last_day: found 2015-11-30, expected 2015-12-01",
        ),
        (
            {"drought": (DroughtSettings(box="elsewhere"),)},
            r"simulate.drought: found box 'elsewhere', expected one of cold, mild; name one",
        ),
        (
            {"drought": (DroughtSettings(start=date(2016, 2, 2), end=date(2016, 2, 1)),)},
            r"simulate.drought of 'cold': found its end 2016-02-01 before its start",
        ),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(changed, said):
    with pytest.raises(ConfigError, match=said):
        make_truth(small_settings(**changed))


def test_the_demo_world_has_some_150_cells_on_two_coasts_within_sight_of_tmi():
    cells = make_cells(SimulateSettings())
    assert 120 <= cells.is_core.sum() <= 180
    assert cells.cell.size <= 700
    assert (~cells.is_land).sum() > 100
    assert cells.lat[cells.is_core].max() < 38
