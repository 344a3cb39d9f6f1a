"""Laws of regridding by area: it conserves, keeps constants, is linear, and sees no order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from made_examples import at_most
from mcca_ml.grid import ease2
from mcca_ml.grid.overlap import Cover, covered_share, overlap, weighted_mean
from mcca_ml.grid.regrid import compute_cover

BLOCK = [(row, column) for row in range(100, 112) for column in range(400, 412)]
SOURCE_CELLS = ease2.flat_cell(ease2.M36, *np.transpose(BLOCK))


def inner_targets():
    """Cells of M25 that lie within the block of M36."""
    place = ease2.cell_latlon(ease2.M36, SOURCE_CELLS)
    row, column = ease2.find_cell(ease2.M25, place.lat, place.lon)
    rows, columns = np.arange(row.min() + 1, row.max()), np.arange(column.min() + 1, column.max())
    return ease2.flat_cell(ease2.M25, rows[:, None], columns).ravel()


COVER = compute_cover(ease2.M36, ease2.M25, source_cells=SOURCE_CELLS, target_cells=inner_targets())

fields = hnp.arrays(np.float64, SOURCE_CELLS.size, elements=st.floats(100, 350))
gaps = hnp.arrays(np.bool_, SOURCE_CELLS.size)


@pytest.mark.parametrize("source", [ease2.M36, ease2.M09], ids=lambda grid: grid.name)
def test_the_global_mean_of_a_complete_field_is_conserved(source):
    field = np.random.default_rng(5).uniform(100, 350, source.shape)
    target = ease2.M25
    cover = compute_cover(
        source,
        target,
        source_cells=np.arange(source.size),
        target_cells=np.arange(target.size),
    )
    mean = weighted_mean(field.ravel(), cover)
    # M25 ends a few kilometres before the others: only what both cover can be conserved.
    north, east = ease2.y_edges(target)[0], ease2.x_edges(target)[-1]
    height = -np.diff(ease2.y_edges(source).clip(-north, north))
    width = np.diff(ease2.x_edges(source).clip(-east, east))
    expected = (height @ field @ width) / (height.sum() * width.sum())
    assert mean.mean() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(cover.weight.sum(axis=1), 1.0, rtol=0, atol=1e-6)


def test_shares_equal_those_of_points_strewn_over_the_cell():
    """An oracle that knows nothing of edges: 300 x 300 points, each asked for its cell."""
    target = ease2.flat_cell(ease2.M25, 150, 600)
    edge_x, edge_y = ease2.x_edges(ease2.M25)[600], ease2.y_edges(ease2.M25)[150]
    step = (np.arange(300) + 0.5) / 300 * ease2.M25.cell_m
    lat, lon = ease2.map_latitude(edge_y - step)[:, None], ease2.map_longitude(edge_x + step)
    for source in (ease2.M36, ease2.M09):
        hits = ease2.flat_cell(source, *ease2.find_cell(source, lat, lon))
        cells, count = np.unique(hits, return_counts=True)
        cover = compute_cover(source, ease2.M25, source_cells=cells, target_cells=[target])
        share = np.bincount(cover.index[0], cover.weight[0], minlength=cells.size)
        np.testing.assert_allclose(share, count / 90_000, atol=0.005)
        assert share.sum() == pytest.approx(1.0, abs=1e-12)


@given(
    st.lists(st.integers(-100, 100), min_size=2, max_size=12, unique=True).map(sorted),
    st.lists(st.integers(-120, 120), min_size=2, max_size=12, unique=True).map(sorted),
    st.sampled_from([1, -1]),
)
def test_overlaps_add_up_to_the_length_shared(source, target, sense):
    table = overlap(sense * np.array(source[::sense]), sense * np.array(target[::sense]))
    lengths = np.abs(np.diff(target))[::sense]
    shared = max(0, min(source[-1], target[-1]) - max(source[0], target[0]))
    assert (table.weight * lengths[:, None]).sum() == pytest.approx(shared, abs=1e-9)
    assert (table.weight >= 0).all()


@given(gaps, st.floats(100, 350))
@settings(deadline=None)
def test_a_constant_stays_constant_whatever_is_missing(missing, constant):
    mean = weighted_mean(np.where(missing, np.nan, constant), COVER)
    enough = covered_share(COVER, ~missing) >= 0.5 - 1e-9
    np.testing.assert_allclose(mean[enough], constant, rtol=1e-12)
    assert np.isnan(mean[~enough]).all()


@given(fields, fields, st.floats(-3, 3))
@settings(deadline=None)
def test_the_mean_is_linear(one, other, factor):
    together = weighted_mean(one + factor * other, COVER)
    apart = weighted_mean(one, COVER) + factor * weighted_mean(other, COVER)
    np.testing.assert_allclose(together, apart, rtol=0, atol=1e-9)


@given(fields, gaps)
@settings(deadline=None)
def test_a_mean_lies_between_the_values_it_is_made_of(field, missing):
    values = np.where(missing, np.nan, field)
    mean = weighted_mean(values, COVER, min_share=0.0)
    met = np.where(COVER.weight > 0, values[COVER.index], np.nan)
    low, high = np.fmin.reduce(met, axis=1), np.fmax.reduce(met, axis=1)
    known = ~np.isnan(mean)
    np.testing.assert_array_equal(known, ~np.isnan(low))
    assert (mean[known] >= low[known] - 1e-9).all()
    assert (mean[known] <= high[known] + 1e-9).all()


@given(fields, gaps, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=at_most(25))
def test_the_order_of_the_source_cells_does_not_matter(field, missing, random):
    values = np.where(missing, np.nan, field)
    order = np.array(random.sample(range(values.size), values.size))
    mixed = compute_cover(
        ease2.M36,
        ease2.M25,
        source_cells=SOURCE_CELLS[order],
        target_cells=inner_targets(),
    )
    np.testing.assert_array_equal(weighted_mean(values[order], mixed), weighted_mean(values, COVER))


def test_a_grid_onto_itself_changes_nothing():
    field = np.random.default_rng(2).random(200)
    cells = np.arange(5000, 5200)
    cover = compute_cover(ease2.M25, ease2.M25, source_cells=cells, target_cells=cells)
    np.testing.assert_allclose(weighted_mean(field, cover), field, rtol=1e-9)


def test_a_target_without_sources_is_missing():
    nothing = Cover(np.zeros((1, 2), np.int32), np.zeros((1, 2)))
    assert np.isnan(weighted_mean(np.array([1.0, 2.0]), nothing, min_share=0.0)).all()
