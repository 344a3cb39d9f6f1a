"""Tables of a report: one mask for all, and what is left out and why."""

import numpy as np
import pytest

from mcca_ml.flags import Flag
from mcca_ml.report.scores.tables import ComparedProduct, compared, each_alone, left_out

SHAPE = (3, 200)


@pytest.fixture
def truth():
    return np.random.default_rng(0).uniform(0.1, 0.4, SHAPE).astype(np.float32)


def test_all_products_have_the_same_days(truth):
    rng = np.random.default_rng(1)
    products = {
        name: ComparedProduct(np.where(rng.random(SHAPE) < 0.3, np.nan, truth).astype(np.float32))
        for name in "ab"
    }
    table = compared("t", products, truth, np.ones(SHAPE, np.bool_))
    both = np.isfinite(products["a"].sm) & np.isfinite(products["b"].sm)
    assert [row.days for row in table.rows] == [both.sum(), both.sum()]
    assert "600 values of the reference" in table.note
    alone = each_alone("t", products, truth, np.ones(SHAPE, np.bool_))
    assert [row.days for row in alone.rows] == [np.isfinite(p.sm).sum() for p in products.values()]


def test_scores_are_medians_over_cells_of_what_numpy_says(truth):
    noise = np.random.default_rng(2).normal(0, [[0.01], [0.02], [0.04]], SHAPE)
    one = (truth + 0.01 + noise).astype(np.float32)
    row = compared("t", {"x": ComparedProduct(one)}, truth, np.ones(SHAPE, np.bool_)).rows[0]
    error = one.astype(float) - truth
    assert row.ubrmsd == pytest.approx(np.median(error.std(axis=1)), rel=1e-6)
    assert row.bias == pytest.approx(np.median(error.mean(axis=1)), rel=1e-6)
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(one, truth, strict=True)]
    assert row.r == pytest.approx(np.median(r), rel=1e-5)


def test_cells_of_few_pairs_are_counted_and_have_no_score(truth):
    sm = truth.copy()
    sm[0, 5:] = np.nan
    table = compared("t", {"x": ComparedProduct(sm)}, truth, np.ones(SHAPE, np.bool_))
    assert table.rows[0].cells == 2
    assert "without a score: 1" in table.note


def test_what_flags_leave_out_is_a_share_of_the_looks(truth):
    flag = np.zeros(SHAPE, np.uint32)
    flag[:, :50] = int(Flag.FROZEN)
    flag[:, :10] |= int(Flag.SNOW)
    seen = np.ones(SHAPE, np.bool_)
    seen[:, 100:] = False
    words = left_out(ComparedProduct(truth, flag, seen), np.ones(SHAPE, np.bool_))
    assert words == "50 % (frozen 50, snow 10)"
    assert left_out(ComparedProduct(truth), seen) == ""
