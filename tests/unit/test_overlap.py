"""What becomes of classes, flags and times: cases worked out by hand.

One target cell, filled by source cells 0, 1, 2 to 50, 30 and 20 percent.
"""

import numpy as np
import pytest

from mcca_ml.flags import Flag
from mcca_ml.grid import overlap as ov

COVER = ov.Cover(np.array([[0, 1, 2]], np.int32), np.array([[0.5, 0.3, 0.2]]))
ALL = np.ones(3, bool)
NAN = np.nan


def test_weighted_mean_by_hand():
    mean = ov.weighted_mean(np.array([[1.0, 2.0, 3.0], [NAN, 2.0, 3.0]], np.float32), COVER)
    assert mean.dtype == np.float32
    assert mean[0, 0] == pytest.approx(1.7)
    assert mean[1, 0] == pytest.approx((0.3 * 2 + 0.2 * 3) / 0.5)


@pytest.mark.parametrize(
    ("values", "is_known"),
    [([NAN, 1, 1], True), ([NAN, 1, NAN], False), ([1, NAN, NAN], True), ([NAN] * 3, False)],
)
def test_less_than_half_the_cell_is_no_value(values, is_known):
    for rounding in (-1e-14, 0, 1e-14):  # half a cell is half, whatever the sum's last digit
        cover = ov.Cover(COVER.index, COVER.weight + rounding)
        assert np.isfinite(ov.weighted_mean(np.array(values, float), cover))[0] == is_known


def test_dominant_takes_the_largest_valid_share_and_the_first_of_equals():
    assert ov.dominant(COVER, ALL).tolist() == [0]
    assert ov.dominant(COVER, np.array([False, True, True])).tolist() == [1]
    assert ov.dominant(COVER, ~ALL).tolist() == [-1]
    even = ov.Cover(COVER.index, np.array([[0.2, 0.4, 0.4 + 1e-15]]))
    assert ov.dominant(even, ALL).tolist() == [1]


def test_largest_ignores_cells_without_share():
    cover = ov.Cover(np.array([[0, 1, 0]], np.int32), np.array([[0.5, 0.5, 0.0]]))
    assert ov.largest(np.array([NAN, 3.0]), cover).tolist() == [3.0]
    assert ov.largest(np.array([9.0, 3.0]), ov.Cover(cover.index, cover.weight * 0)).size == 1
    assert np.isnan(ov.largest(np.array([9.0, 3.0]), ov.Cover(cover.index, cover.weight * 0)))


@pytest.mark.parametrize(
    ("flagged", "valid", "holds"),
    [
        ([0, 0, 1], [1, 1, 1], False),  # 0.2 of 1.0
        ([0, 1, 0], [1, 1, 1], True),  # 0.3 of 1.0
        ([0, 0, 1], [1, 0, 1], True),  # 0.2 of 0.7
        ([1, 0, 0], [0, 1, 1], False),  # the flagged cell was not seen
        ([0, 0, 0], [1, 1, 1], False),
        ([1, 1, 1], [0, 0, 0], False),
    ],
)
def test_a_flag_holds_from_a_quarter_of_the_area_seen(flagged, valid, holds):
    flag = np.array(flagged, np.uint32) * int(Flag.FROZEN)
    result = ov.flags_by_share(flag, np.array(valid, bool), COVER)
    assert result.dtype == np.uint32
    assert result.tolist() == [int(Flag.FROZEN) if holds else 0]


def test_flags_do_not_mix():
    flag = np.array([Flag.FROZEN, Flag.SNOW | Flag.FROZEN, Flag.URBAN], np.uint32)
    assert ov.flags_by_share(flag, ALL, COVER)[0] == Flag.FROZEN | Flag.SNOW
    high_bit = np.full(3, 1 << 31, np.uint32)
    assert ov.flags_by_share(high_bit, ALL, COVER)[0] == 1 << 31


def test_classes_add_up_over_cells_and_entries():
    """Class 7: 0.5 x 0.4 + 0.3 x 0.5 = 0.35; class 5: 0.5 x 0.6 = 0.30; 1: 0.20; 9: 0.15."""
    classes = np.array([[5.0, 7, 1], [7, 9, NAN], [NAN, NAN, NAN]])
    share = np.array([[0.6, 0.5, 1.0], [0.4, 0.5, 0.0], [0.0, 0.0, 0.0]])
    result, fraction = ov.largest_classes(classes, share, COVER)
    assert result[:, 0].tolist() == [7, 5, 1]
    np.testing.assert_allclose(fraction[:, 0], [0.35, 0.30, 0.20])


def test_class_shares_are_of_the_area_with_a_known_class():
    result, fraction = ov.largest_classes(
        np.array([[5.0, 7, NAN], [NAN] * 3, [NAN] * 3]), np.ones((3, 3)), COVER
    )
    np.testing.assert_array_equal(result[:, 0], [5, 7, NAN])
    np.testing.assert_allclose(fraction[:, 0], [0.625, 0.375, 0.0])


def test_equal_shares_give_the_lower_class_and_too_little_none():
    even = ov.Cover(COVER.index, np.array([[0.4, 0.4, 0.2]]))
    result, _ = ov.largest_classes(np.array([[9.0, 3, NAN]]), np.ones((1, 3)), even)
    assert result.tolist() == [[3]]
    result, share = ov.largest_classes(np.array([[NAN, 3.0, NAN]]), np.ones((1, 3)), COVER)
    assert np.isnan(result).all()
    assert (share == 0).all()
