"""Laws of choosing the source cells of one pass: within the limit, the most of it, else all."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mcca_ml.grid import ease2
from mcca_ml.grid.regrid import compute_cover
from mcca_ml.grid.sources import PASS_SECONDS, single_pass_shares

CELLS = ease2.flat_cell(ease2.M36, *np.mgrid[75:80, 212:217].reshape(2, -1))
PLACE = ease2.cell_latlon(ease2.M36, CELLS)
TARGETS = np.unique(ease2.flat_cell(ease2.M25, *ease2.find_cell(ease2.M25, PLACE.lat, PLACE.lon)))
COVER = compute_cover(ease2.M36, ease2.M25, source_cells=CELLS, target_cells=TARGETS)

seconds = hnp.arrays(np.int64, CELLS.size, elements=st.integers(0, 8).map(lambda n: n * 2_700))
masks = hnp.arrays(np.bool_, CELLS.size)


@given(seconds, masks)
@settings(deadline=None)
def test_what_is_kept_was_seen_within_the_limit_and_is_the_largest_such_part(when, valid):
    kept = single_pass_shares(COVER, valid, when)
    for share, index, before in zip(kept, COVER.index, COVER.weight, strict=True):
        usable = np.where(valid[index], before, 0.0)
        assert np.isin(share - usable, [0.0, *-usable]).all()
        times = when[index][share > 0]
        assert not times.size or np.ptp(times) <= PASS_SECONDS
        areas = [
            usable[(when[index] >= start) & (when[index] <= start + PASS_SECONDS)].sum()
            for start in when[index]
        ]
        assert abs(share.sum() - max(areas)) < 1e-9


@given(st.integers(0, PASS_SECONDS), masks)
@settings(deadline=None)
def test_one_pass_keeps_every_valid_share(length, valid):
    when = np.linspace(0, length, CELLS.size).astype(np.int64)
    expected = np.where(valid[COVER.index], COVER.weight, 0.0)
    np.testing.assert_array_equal(single_pass_shares(COVER, valid, when), expected)
