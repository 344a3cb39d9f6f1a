"""Frames and graticules of maps, for all places."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcca_ml.plot.frames import frames_around, graticule, unwrapped

places = st.lists(
    st.tuples(st.floats(-85, 85), st.floats(-180, 540, exclude_max=True)), min_size=1, max_size=40
).map(lambda some: tuple(np.array(one) for one in zip(*some, strict=True)))


def covers(frame, lat, lon):
    east = frame.west + np.mod(lon - frame.west, 360.0)
    return (lat >= frame.south) & (lat <= frame.north) & (east <= frame.east)


@given(places)
def test_every_place_is_in_a_frame_and_no_frame_is_empty(made):
    lat, lon = made
    frames = frames_around(lat, lon)
    inside = np.array([covers(frame, lat, lon) for frame in frames])
    assert inside.any(axis=0).all()
    assert inside.any(axis=1).all()
    assert 1 <= len(frames) <= 6
    for frame in frames:
        assert 2 - 1e-9 <= frame.east - frame.west <= 360
        assert -90 <= frame.south < frame.north <= 90


@given(places, st.sampled_from([-360.0, 360.0]))
def test_a_turn_of_the_longitudes_changes_no_frame(made, turn):
    lat, lon = made
    lon = np.round(lon, 3)
    one, two = frames_around(lat, lon), frames_around(lat, np.round(lon + turn, 3))
    assert np.allclose(*(sorted((f.south, f.north, f.aspect) for f in some) for some in (one, two)))


@given(places)
def test_unwrapped_longitudes_are_the_same_meridians_in_the_least_range(made):
    _, lon = made
    moved = unwrapped(lon)
    off = np.mod(moved - lon + 180, 360) - 180
    assert np.abs(off).max() < 1e-9
    gaps = np.diff(np.unique(np.mod(lon, 360)), append=np.mod(lon, 360).min() + 360)
    assert np.ptp(moved) <= 360 - gaps.max() + 1e-9


@given(st.floats(-180, 170), st.floats(0.5, 360), st.integers(2, 12))
def test_a_graticule_is_round_within_its_range_and_not_too_dense(low, width, most):
    degrees = graticule(low, low + width, most)
    assert ((degrees >= low) & (degrees <= low + width)).all()
    assert degrees.size <= max(most, 7)
    steps = np.unique(np.diff(degrees))
    assert steps.size <= 1
    assert set(steps) <= {1, 2, 5, 10, 20, 30, 60}
    if steps.size:
        assert (degrees % steps[0] == 0).all()
