"""A piece of the truth and its state between the steps."""

from dataclasses import fields

import numpy as np
import pytest

from made_world import small_truth
from mcca_ml.simulate.observe.truth_slice import slice_truth, state_at
from mcca_ml.simulate.truth.types import State

HOUR = np.timedelta64(1, "h")


def test_a_piece_encloses_its_span_and_holds_one_patch():
    truth = small_truth(days=4)
    first, last = truth.time[9] + HOUR, truth.time[17] - HOUR
    piece = slice_truth(truth, truth.cells.patches[1], first, last)
    assert piece.time[0] == truth.time[9]
    assert piece.time[-1] == truth.time[17]
    assert piece.cells.cell.tolist() == truth.cells.cell[truth.cells.patches[1].cells].tolist()
    assert piece.state.vod_v.shape == (9, piece.cells.cell.size) == (9, piece.land.clay.size)


def test_between_the_steps_lies_a_line_and_rain_is_that_of_the_nearest():
    truth = small_truth(days=2)
    piece = slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])
    found = state_at(piece, piece.time[[3]] + HOUR)
    before, after = (piece.state.surface_temperature[n] for n in (3, 4))
    assert found.surface_temperature[0] == pytest.approx(before * 2 / 3 + after / 3, abs=1e-3)
    assert (found.rain_rate[0] == piece.state.rain_rate[3]).all()
    assert (
        state_at(piece, piece.time[[3]] + 2 * HOUR).rain_rate[0] == piece.state.rain_rate[4]
    ).all()


def test_at_a_step_the_state_is_that_of_the_step_and_beyond_the_ends_that_of_the_end():
    truth = small_truth(days=2)
    piece = slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])
    times = np.array([piece.time[0] - 5 * HOUR, piece.time[4], piece.time[-1] + 5 * HOUR])
    found = state_at(piece, times)
    for field in fields(State):
        values = getattr(piece.state, field.name)[[0, 4, -1]]
        assert getattr(found, field.name) == pytest.approx(values, abs=1e-4), field.name
