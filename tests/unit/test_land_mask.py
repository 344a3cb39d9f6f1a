"""The frozen land mask: its cells, its file, and the script that made it."""

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from mcca_ml.errors import SchemaError
from mcca_ml.grid import ease2, land

# Printed by scripts/make_land_mask.py. Stores and products rest on it: never change it.
SHA256 = "0876f70774c4527be37103323d4cfbb66e0ab5555a5affda3284ef1ef5865ecc"


def test_the_mask_is_frozen():
    content = files("mcca_ml.grid").joinpath(land.MASK_FILE).read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256
    assert len(content) < 100_000


def test_cells_are_rising_flat_indices_of_the_mask():
    cells = land.land_cells(ease2.M25)
    assert cells.dtype == np.int32
    assert (np.diff(cells) > 0).all()
    assert cells.size == 233_516
    assert land.land_mask(ease2.M25).ravel()[cells].all()


@pytest.mark.parametrize(
    ("place", "lat", "lon", "expected"),
    [
        ("Kansas", 38.5, -98.0, True),
        ("Tibet", 32.0, 90.0, True),
        ("Amazon", -5.0, -63.0, True),
        ("South Pole side of Antarctica", -80.0, 0.0, True),
        ("Pacific", 0.0, -150.0, False),
        ("Gulf of Guinea", 0.0, 0.0, False),
        ("Mediterranean", 35.0, 18.0, False),
        ("Tasmania", -42.0, 146.6, True),
        ("south of Tasmania", -46.0, 146.6, False),
    ],
)
def test_known_places(place, lat, lon, expected):
    row, column = ease2.find_cell(ease2.M25, lat, lon)
    assert land.land_mask(ease2.M25)[row, column] == expected, place


@pytest.mark.parametrize("ask", [land.land_mask, land.land_cells])
def test_other_grids_have_no_mask(ask):
    with pytest.raises(SchemaError, match="found grid EASE2_M36, expected EASE2_M25"):
        ask(ease2.M36)
