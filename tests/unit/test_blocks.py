"""Mapping over blocks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from mcca_ml.parallel import map_blocks


@given(st.integers(1, 50), st.integers(1, 20))
@settings(max_examples=at_most(30), deadline=None)
def test_any_block_size_gives_the_same_rows_in_order(rows, size):
    a = np.arange(rows, dtype=np.float32)
    b = np.stack([a, 2 * a], axis=1)
    sizes = []
    with ThreadPoolExecutor(2) as executor:
        total, kept = map_blocks(
            lambda arrays: [arrays[0] + arrays[1].sum(axis=1), arrays[1]],
            [a, b],
            size=size,
            executor=executor,
            done=sizes.append,
        )
    np.testing.assert_array_equal(total, 4 * a)
    np.testing.assert_array_equal(kept, b)
    assert sum(sizes) == rows


def test_every_block_has_the_same_shape():
    shapes = []

    def spy(arrays):
        shapes.append(arrays[0].shape)
        return arrays

    with ThreadPoolExecutor(1) as executor:
        map_blocks(spy, [np.zeros((10, 3), np.float32)], size=4, executor=executor)
    assert shapes == [(4, 3)] * 3
