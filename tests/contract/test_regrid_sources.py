"""Which source cells count: good ones first, of one pass, those without a time apart."""

import numpy as np
from gridded import grid_tb
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from made_examples import at_most
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.overlap import MIN_SHARE, at_least
from mcca_ml.grid.regrid import compute_cover, to_m25
from mcca_ml.grid.sources import contributing

CELLS = ease2.flat_cell(ease2.M36, *np.mgrid[75:80, 212:217].reshape(2, -1))
TARGETS = to_m25(grid_tb(ease2.M36, CELLS))["cell"].to_numpy()
COVER = compute_cover(ease2.M36, ease2.M25, source_cells=CELLS, target_cells=TARGETS)

masks = hnp.arrays(np.bool_, CELLS.size)


@given(masks, masks)
@settings(deadline=None)
def test_doubtful_cells_count_only_where_the_good_ones_do_not_suffice(suspect, partial):
    ds = grid_tb(ease2.M36, CELLS, looks=("am", "pm"))
    ds["flag"][0, 1] = np.where(suspect, int(Flag.TB_SUSPECT), 0)
    ds["tb"][0, 1, partial, 1] = np.nan
    weight = contributing(ds, COVER).weight
    np.testing.assert_array_equal(weight[0, 0], COVER.weight)
    complete = ~partial[COVER.index]
    good = complete & ~suspect[COVER.index]
    for counts, reached in ((good, None), (complete, good), (np.ones_like(good), complete)):
        here = np.where(counts, COVER.weight, 0.0)
        fills = at_least(here.sum(axis=-1), MIN_SHARE)
        if reached is not None:
            fills &= ~at_least(np.where(reached, COVER.weight, 0.0).sum(axis=-1), MIN_SHARE)
        np.testing.assert_array_equal(weight[0, 1, fills], here[fills])


def test_cells_without_a_time_are_a_pass_of_their_own():
    ds = grid_tb(ease2.M36, CELLS)
    without = np.arange(CELLS.size) % 2 == 0
    ds["obs_time"][0, 0, without] = np.datetime64("NaT", "ns")
    kept = contributing(ds, COVER).weight[0, 0] > 0
    kinds = [set(without[index[used]]) for index, used in zip(COVER.index, kept, strict=True)]
    assert all(len(kind) == 1 for kind in kinds)
    assert {True} in kinds
    assert {False} in kinds


@given(masks, masks)
@settings(deadline=None, max_examples=at_most(30))
def test_doubt_is_told_on_any_share_that_counts(suspect, unseen):
    ds = grid_tb(ease2.M36, CELLS)
    ds["tb"][0, 0, suspect] = 300.0
    ds["flag"][0, 0] = np.where(suspect, int(Flag.TB_SUSPECT), 0)
    ds["flag"][0, 0, unseen] = int(Flag.NOT_OBSERVED)
    out = to_m25(ds)
    at = np.searchsorted(TARGETS, out["cell"].to_numpy())
    parts = [suspect & ~unseen, ~suspect & ~unseen]
    doubtful, good = (np.where(p[COVER.index], COVER.weight, 0).sum(axis=1)[at] for p in parts)
    needed = ~at_least(good, MIN_SHARE) & (doubtful > 0)
    tb = out["tb"].to_numpy()[0, 0, :, 0]
    np.testing.assert_array_equal((out["flag"] == int(Flag.TB_SUSPECT))[0, 0], needed)
    np.testing.assert_array_equal(tb == 250.0, ~needed)
