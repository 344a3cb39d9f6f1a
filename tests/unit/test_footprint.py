"""Antenna footprints on the cells of a patch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.simulate.observe.footprint import axis_shares, shares
from mcca_ml.simulate.truth.types import Patch

PATCH = Patch("box", first_row=130, first_column=980, shape=(15, 18), start=0)
LAT = ease2.latitude(M25)[130:145]
LON = ease2.longitude(M25)[980:998]


def middle(size_km: tuple[float, float], azimuth: float, *, east_km: float = 0.0):
    lat, lon = np.array([LAT[7]]), np.array([LON[9]])
    return shares(PATCH, lat, lon, np.array([azimuth]), size_km, shift_km=(east_km, 0.0))


def test_shares_of_an_axis_are_those_of_a_normal_distribution():
    edges = np.linspace(-60e3, 60e3, 13)
    centre, sd = np.array([-3e3, 17e3]), np.array([18e3, 6e3], np.float32)
    expected = np.diff(norm.cdf((edges[None] - centre[:, None]) / sd[:, None]), axis=1)
    assert axis_shares(edges, centre, sd) == pytest.approx(expected, abs=4e-4)


@given(st.floats(0, 2 * np.pi), st.floats(8, 59), st.floats(5, 36))
def test_a_uniform_field_is_seen_as_it_is(azimuth, along, across):
    found = middle((along, across), azimuth)
    assert found.mean(np.full((15, 18, 2), 250.0, np.float32)) == pytest.approx(250.0, abs=0.01)
    assert 0.97 < found.inside[0] < 1 + 1e-3


def test_a_field_that_rises_evenly_is_seen_at_the_centre():
    field = np.broadcast_to(np.arange(18, dtype=np.float32)[None, :, None], (15, 18, 1))
    for size in ((42.0, 24.0), (12.0, 7.0)):
        found = middle(size, 0.7).mean(field)
        assert found[0, 0] == pytest.approx(9.0, abs=0.02)


def test_a_point_sees_the_cell_that_it_looks_at():
    found = middle((0.0, 0.0), 0.0)
    assert found.rows[0].argmax() == 7
    assert found.columns[0].argmax() == 9
    assert found.rows.max() * found.columns.max() == pytest.approx(1.0, abs=1e-3)


def test_an_antenna_that_looks_25_km_east_sees_the_next_cell():
    # In latitude 62 a cell of 25 km on the map is narrower on the ground.
    width_km = 25.02526 * np.cos(np.deg2rad(LAT[7])) / np.cos(np.pi / 6)
    assert middle((8.0, 8.0), 0.0, east_km=width_km).columns[0].argmax() == 10


@pytest.mark.parametrize("azimuth", [0.0, 0.6, np.pi / 4, 2.0])
def test_shares_are_those_of_an_oblique_ellipse_within_what_is_stated(azimuth):
    """Brute force: a million points of the true pattern, the longest of all sensors."""
    rng = np.random.default_rng(0)
    along, across = (rng.standard_normal(1_000_000) * km * 1e3 / 2.3548 for km in (59.0, 36.0))
    stretch = np.cos(np.pi / 6) / np.cos(np.deg2rad(LAT[7]))
    east = along * np.sin(azimuth) - across * np.cos(azimuth)
    north = along * np.cos(azimuth) + across * np.sin(azimuth)
    x, y = ease2.map_x(LON[9]) + east * stretch, ease2.map_y(LAT[7]) + north / stretch
    edges = ease2.y_edges(M25)[130:146][::-1], ease2.x_edges(M25)[980:999]
    true = np.histogram2d(y, x, edges)[0][::-1] / x.size
    found = middle((59.0, 36.0), azimuth)
    assert np.abs(found.rows[0][:, None] * found.columns[0] - true).max() < 0.05
