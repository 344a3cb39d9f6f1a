"""The kernel trains and applies cells as the readable reference does, cell by cell, to the bit."""

import jax
import numpy as np
import pytest

from made_kernel import Cells, activations, lesson_of, made_cells, networks
from mcca_ml.learn import fine_tune_jax, lstm
from mcca_ml.learn.kernel.status import Status

native = pytest.importorskip("mcca_ml.learn.native_backend", reason="the kernel is not built")
SIGMOID_ERROR, TANH_ERROR = 2e-7, 3e-7


def days_of(made: Cells, some=slice(None)):
    return native.Days(made.x[some], made.target[some], made.train[some], made.stop[some])


def tuned(made: Cells, some=slice(None), **how):
    start = jax.tree.map(lambda leaf: leaf[some], made.network)
    return native.fine_tune(days_of(made, some), made.first[some], start, made.settings, **how)


def same(one, two) -> bool:
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def cells_of(found, some):
    return jax.tree.map(lambda leaf: leaf[some], found)


def by_jax(made: Cells):
    """The same cells, with the first days that JAX draws, after all epochs."""
    lessons = lesson_of(made)
    states = fine_tune_jax.begin_cells(lessons)
    for _ in range(made.settings.epochs):
        states = fine_tune_jax.epoch(states, lessons, made.settings)
    return states, np.asarray(fine_tune_jax.all_first_days(lessons, made.settings))


def assert_as_jax(made: Cells) -> None:
    """Epochs are the same, weights and errors within rounding."""
    states, first = by_jax(made)
    days = days_of(made)
    for instructions in native.instructions():
        found = native.fine_tune(
            days, first, made.network, made.settings, instructions=instructions
        )
        np.testing.assert_array_equal(found.epoch, states.epoch)
        np.testing.assert_array_equal(found.done, states.done)
        np.testing.assert_allclose(found.error, states.error, rtol=1e-4, atol=1e-6)
        for leaf, wanted in zip(found.best, states.best, strict=True):
            np.testing.assert_allclose(leaf, wanted, atol=5e-5)


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param({"epochs": 1}, marks=pytest.mark.slow),
        {"epochs": 25, "patience": 2, "rate": 0.03, "hidden": 16},
        pytest.param(
            {"epochs": 5, "penalty": 0.0, "hidden": 33, "warm_up": 0}, marks=pytest.mark.slow
        ),
    ],
)
def test_training_is_that_of_jax(chosen):
    assert_as_jax(made_cells(2, **chosen))


def test_cells_with_hardly_a_target_are_trained_as_by_jax():
    """None, one and two days; and no stop day, which makes the last epoch the best."""
    made = made_cells(3, cells=5, patience=3)
    for cell, number in enumerate((0, 1, 2)):
        made.train[cell] = 0
        made.train[cell, 50 : 50 + number] = 1
    made.stop[3] = 0
    assert_as_jax(made)
    found = tuned(made)
    assert found.epoch[0] == found.done[0] == 0
    assert found.epoch[3] == made.settings.epochs


def test_the_best_epoch_is_kept_and_patience_ends_the_training():
    """A rate that is too large spoils a cell, so that its best epoch lies before its last."""
    made = made_cells(4, rate=0.3, epochs=30, patience=3)
    found = tuned(made)
    assert np.all(found.done - found.epoch <= 3)
    assert np.any(found.done < 30)
    answer = native.predict(found.best, made.x)
    error = (made.stop * (answer - made.target) ** 2).sum(1) / made.stop.sum(1)
    np.testing.assert_allclose(found.error, error, rtol=1e-4)


@pytest.mark.parametrize("hidden", [5, 16, 32, 50])
def test_answers_are_those_of_jax(hidden):
    rng = np.random.default_rng(6)
    network, x = networks(rng, 3, 7, hidden), rng.normal(size=(3, 200, 7)).astype(np.float32)
    wanted = jax.vmap(lstm.predict)(network, x)
    for instructions in native.instructions():
        found = native.predict(network, x, instructions=instructions)
        np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_activations_keep_their_error():
    """The whole range, densely, and all that a float can be."""
    finite = np.linspace(-110, 110, 1_000_001).astype(np.float32)
    small = np.geomspace(1e-38, 1, 10_001).astype(np.float32)
    x = np.concatenate([finite, small, -small, np.float32([0, 3e38, -3e38])])
    exact = x.astype(np.float64)
    with np.errstate(over="ignore"):
        sigmoid_exact = 1 / (1 + np.exp(-exact))
    for instructions in native.instructions():
        sigmoid, tanh = activations(x, instructions)
        assert np.abs(sigmoid - sigmoid_exact).max() < SIGMOID_ERROR
        assert np.abs(tanh - np.tanh(exact)).max() < TANH_ERROR
        sigmoid, tanh = activations(np.float32([np.nan, np.inf, -np.inf]), instructions)
        np.testing.assert_allclose(sigmoid, [np.nan, 1, 0], atol=1e-30)
        np.testing.assert_allclose(tanh, [np.nan, 1, -1])


def test_threads_and_splits_change_no_bit():
    made = made_cells(7, cells=9)
    whole = tuned(made, threads=1)
    for threads in (2, 3, 16):
        assert same(tuned(made, threads=threads), whole)
    for some in (slice(0, 1), slice(1, 6), slice(6, 9)):
        assert same(tuned(made, some, threads=2), cells_of(whole, some))
    answer = native.predict(whole.best, made.x, threads=1)
    assert np.array_equal(native.predict(whole.best, made.x, threads=4), answer)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["x", "target", "train", "stop", "out"])
def test_bad_input_stops_its_cell_only(bad, name):
    made, clean = made_cells(8, cells=4), tuned(made_cells(8, cells=4))
    array = made.network.out if name == "out" else getattr(made, name)
    array[2, 3] = bad
    found, others = tuned(made), np.array([0, 1, 3])
    assert found.status[2] == Status.BAD_INPUT
    assert same(cells_of(found.best, 2), cells_of(made.network, 2))
    assert np.isnan(found.error[2])
    assert same(cells_of(found, others), cells_of(clean, others))


def test_a_cell_that_diverges_keeps_what_was_best():
    made = made_cells(9)
    made.target[1] = 3e38  # gradients are infinite
    found = tuned(made)
    assert found.status.tolist() == [Status.LEARNED, Status.DIVERGED, Status.LEARNED]
    assert same(cells_of(found.best, 1), cells_of(made.network, 1))


def test_an_input_that_is_not_a_number_stays_in_its_cell():
    rng = np.random.default_rng(10)
    network, x = networks(rng, 3, 4, 8), rng.normal(size=(3, 50, 4)).astype(np.float32)
    clean = native.predict(network, x)
    x[1, 20, 0] = np.nan
    found = native.predict(network, x)
    assert np.array_equal(found[[0, 2]], clean[[0, 2]])
    assert np.array_equal(found[1, :20], clean[1, :20])
    assert np.isnan(found[1, 20:]).all()
