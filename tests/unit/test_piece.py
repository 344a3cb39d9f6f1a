"""A subset of the truth and its state between the steps."""

from dataclasses import fields

import numpy as np
import pytest

from made_world import small_truth
from mcca_ml.simulate.observe.truth_slice import slice_truth, state_at
from mcca_ml.simulate.truth.types import State

HOUR = np.timedelta64(1, "h")


def test_a_truth_slice_encloses_its_span_in_one_patch():
    truth = small_truth(days=4)
    first, last = truth.time[9] + HOUR, truth.time[17] - HOUR
    part = slice_truth(truth, truth.cells.patches[1], first, last)
    assert part.time[0] == truth.time[9]
    assert part.time[-1] == truth.time[17]
    assert part.cells.cell.tolist() == truth.cells.cell[truth.cells.patches[1].cells].tolist()
    assert part.state.vod_v.shape == (9, part.cells.cell.size) == (9, part.land.clay.size)


def test_between_the_steps_lies_a_line_and_rain_is_that_of_the_nearest():
    truth = small_truth(days=2)
    part = slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])
    found = state_at(part, part.time[[3]] + HOUR)
    before, after = (part.state.surface_temperature[n] for n in (3, 4))
    assert found.surface_temperature[0] == pytest.approx(before * 2 / 3 + after / 3, abs=1e-3)
    assert (found.rain_rate[0] == part.state.rain_rate[3]).all()
    assert (state_at(part, part.time[[3]] + 2 * HOUR).rain_rate[0] == part.state.rain_rate[4]).all()


def test_at_a_step_the_state_is_that_of_the_step_and_beyond_the_ends_that_of_the_end():
    truth = small_truth(days=2)
    part = slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])
    times = np.array([part.time[0] - 5 * HOUR, part.time[4], part.time[-1] + 5 * HOUR])
    found = state_at(part, times)
    for field in fields(State):
        values = getattr(part.state, field.name)[[0, 4, -1]]
        assert getattr(found, field.name) == pytest.approx(values, abs=1e-4), field.name
