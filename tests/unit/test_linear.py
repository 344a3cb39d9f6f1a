"""The linear path of a cell, against least squares of SciPy and what a line must find."""

import numpy as np
import pytest
from scipy.linalg import lstsq

from mcca_ml.learn import ridge_path, sequences
from mcca_ml.learn.target_scaling import TargetScaling

DAYS, FEATURES = 300, 3
FORM = ridge_path.Form(3, 3.0)


@pytest.fixture(scope="module")
def made():
    """Series of three cells whose target is a line of the inputs; the last has no target."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, DAYS, FEATURES)).astype(np.float32)
    x[:, ::7, 1] = np.nan
    y = 0.2 + 0.03 * x[:, :, 0] - 0.02 * x[:, :, 2] + 0.005 * rng.normal(size=(3, DAYS))
    y[2] = np.nan
    roles = np.where(np.arange(DAYS) < 200, 0, 3)
    return sequences.series(x, y, roles=roles, cells=[1, 2, 3])


@pytest.fixture(scope="module")
def level():
    third = np.float32([0.2, 0.2, 0.3]), np.float32([0.04, 0.04, 0.05])
    return TargetScaling(*third, np.array([True, True, False]))


@pytest.fixture(scope="module")
def line(made, level):
    return ridge_path.fit(made, level, FORM)


def read(made, line, days=DAYS):
    values, _ = sequences.carry_forward(made.x[:, :days], made.groups, 30)
    return ridge_path.scaled_values(values, line)


def test_it_is_the_least_squares_of_targets_and_penalty(made, line):
    z = read(made, line)[0].astype(np.float64)
    rows, memory = [z], np.zeros(FEATURES)
    for length in ridge_path.MEMORIES:
        keep, memory, out = np.exp(-1 / length), np.zeros(FEATURES), []
        for day in range(DAYS):
            memory = keep * memory + (1 - keep) * z[day] if day else memory
            out.append(memory)
        rows.append(np.array(out))
    seen = np.isfinite(made.train[0])
    a = np.concatenate(rows, axis=1)[seen]
    a -= a.mean(axis=0)
    y = made.train[0][seen].astype(np.float64)
    pull = np.sqrt(FORM.penalty) * np.eye(a.shape[1])
    wanted = lstsq(np.vstack([a, pull]), np.concatenate([y - y.mean(), np.zeros(a.shape[1])]))[0]
    np.testing.assert_allclose(line.coefficient[0], wanted, atol=2e-6)


def test_it_finds_a_line_on_days_it_did_not_see(made, line):
    found = ridge_path.estimate(line, read(made, line))
    wanted = 0.2 + 0.03 * made.x[:2, 200:, 0] - 0.02 * made.x[:2, 200:, 2]
    assert np.sqrt(np.mean((found[:2, 200:] - wanted) ** 2)) < 0.004
    assert line.left[:2] == pytest.approx(0.0055, abs=0.001)


def test_a_day_uses_itself_and_the_past_and_has_the_same_bits_in_a_longer_series(made, line):
    whole = ridge_path.estimate(line, read(made, line))
    part = ridge_path.estimate(line, read(made, line, 123))
    np.testing.assert_array_equal(part, whole[:, :123])


def test_a_cell_without_target_has_its_mean_and_spread(made, line, level):
    assert (ridge_path.estimate(line, read(made, line))[2] == level.mean[2]).all()
    assert line.left[2] == level.sd[2]
    assert np.isfinite(line.x_mean).all()


def test_without_a_linear_path_every_cell_has_its_mean(made, level):
    flat = ridge_path.fit(made, level, FORM, is_used=False)
    assert not flat.coefficient.any()
    np.testing.assert_array_equal(flat.offset, level.mean)
    np.testing.assert_array_equal(flat.left, level.sd)


def test_the_lines_of_some_cells_are_theirs(made, level, line):
    some = np.array([1])
    alone = ridge_path.fit(
        sequences.select_cells(made, some),
        TargetScaling(*(v[some] for v in vars(level).values())),
        FORM,
    )
    for name, values in vars(alone).items():
        np.testing.assert_array_equal(values, getattr(line, name)[some])


def test_an_input_far_outside_is_cut(made, line):
    x = np.full_like(made.x, 1e6)
    assert (ridge_path.scaled_values(x, line) == ridge_path.FARTHEST).all()


def two_years(rng, *, memory):
    """Six cells whose target hangs on an input, or on its mean over 15 days."""
    days = 730
    x = rng.normal(size=(6, days, 6)).astype(np.float32)
    told, kept = x[:, :, 0], np.zeros((6, days))
    for day in range(1, days):
        kept[:, day] = kept[:, day - 1] * np.exp(-1 / 15) + told[:, day] * (1 - np.exp(-1 / 15))
    y = 0.25 + (0.15 * kept if memory else 0.03 * told) + 0.01 * rng.normal(size=(6, days))
    return sequences.series(x, y, roles=np.zeros(days, int), cells=np.arange(6))


@pytest.mark.parametrize("memory", [False, True])
def test_a_memory_is_taken_where_days_not_seen_tell_that_it_is_worth_it(memory):
    series = two_years(np.random.default_rng(5), memory=memory)
    level = TargetScaling(np.full(6, 0.25, "f4"), np.full(6, 0.03, "f4"), np.ones(6, np.bool_))
    assert ridge_path.choose_form(series, level).memories == (3 if memory else 0)


def test_without_a_cell_of_enough_targets_a_form_is_given(made):
    level = TargetScaling(np.full(3, 0.2, "f4"), np.full(3, 0.03, "f4"), np.zeros(3, np.bool_))
    assert ridge_path.choose_form(made, level) == ridge_path.FIRST_FORM
