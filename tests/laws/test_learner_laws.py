"""Laws of the learner: neighbours, time, blocks, missing days, the penalty, days not to be read."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from made_series import TEST_FROM, bucket, settings
from mcca_ml.learn import lstm, sequences
from mcca_ml.learn.fit import fine_tune, fit, predict
from mcca_ml.learn.pooled_start import initial_weights, pooled_start, select_cells
from mcca_ml.learn.predict_stream import sensitivity
from mcca_ml.learn.sequence_loss import loss


def trained(made, chosen=None, **changes):
    return fit(
        made.x,
        made.y,
        roles=made.roles,
        cells=made.cells,
        static=made.static,
        settings=chosen or settings(**changes),
    )


def series_of(made, some=slice(None)):
    return sequences.series(
        made.x[some],
        made.y[some],
        roles=made.roles,
        cells=made.cells[some],
        static=made.static[some],
    )


def same(one, two):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def made():
    return bucket()


@pytest.fixture(scope="module")
def weights(made):
    return trained(made)[0]


def test_a_cell_does_not_see_its_neighbours():
    keys = jax.random.split(jax.random.key(0), 5)
    networks = jax.vmap(lambda key: lstm.initialise(key, 3, 8))(keys)
    x = jax.random.normal(jax.random.key(1), (5, 20, 3))
    together = jax.vmap(lstm.predict)(networks, x)
    alone = lstm.predict(jax.tree.map(lambda leaf: leaf[2], networks), x[2])
    np.testing.assert_allclose(together[2], alone, rtol=1e-5, atol=1e-6)


def test_training_a_cell_does_not_see_its_neighbours(made):
    start, _ = pooled_start(series_of(made), settings())
    before, _ = fine_tune(start, series_of(made))
    y = made.y.copy()
    y[3] = 0.2 + 0.5 * y[3]
    after, _ = fine_tune(start, series_of(replace(made, y=y)))
    others = [0, 1, 2, 4, 5]
    kept = jax.tree.map(lambda leaf: leaf[others], (before.network, after.network))
    assert same(*kept)
    assert not same(before.network, after.network)


@pytest.mark.parametrize("day", [0, 40, 100])
def test_a_day_uses_itself_and_the_past_only(made, weights, day):
    x = made.x.copy()
    x[:, day + 1 :] = np.random.default_rng(1).normal(3, 5, x[:, day + 1 :].shape)
    before, after = predict(weights, made.x), predict(weights, x)
    np.testing.assert_array_equal(after[:, : day + 1], before[:, : day + 1])
    assert not np.allclose(after[:, day + 1 :], before[:, day + 1 :])


def test_any_split_of_the_cells_into_calls_gives_the_same_bits(made):
    start, _ = pooled_start(series_of(made), settings())
    together, _ = fine_tune(start, series_of(made))
    for some in ([4, 1], [5, 0, 2], [3]):
        apart, _ = fine_tune(start, series_of(made, some))
        assert same(apart.network, jax.tree.map(lambda leaf, s=some: leaf[s], together.network))
        np.testing.assert_array_equal(predict(apart, made.x[some]), predict(together, made.x)[some])


def test_another_size_of_block_gives_the_same_numbers(made, weights):
    other, _ = trained(made, block=3)
    np.testing.assert_allclose(predict(other, made.x), predict(weights, made.x), atol=2e-6)


def test_the_order_of_the_cells_gives_no_other_start(made):
    order = np.array([3, 5, 0, 1, 4, 2])
    chosen = settings(pooled_cells=3)
    one = pooled_start(series_of(made), chosen)[0]
    two = pooled_start(series_of(made, order), chosen)[0]
    assert same(one.pooled, two.pooled)


def test_the_same_seed_gives_the_same_and_another_seed_other_weights(made, weights):
    assert same(trained(made)[0].network, weights.network)
    assert not same(trained(made, seed=4)[0].network, weights.network)


def test_nothing_of_the_test_days_is_read(made, weights):
    x, y = made.x.copy(), made.y.copy()
    y[:, TEST_FROM:] = 0.9
    x[:, TEST_FROM:] *= 100
    changed, report = trained(replace(made, x=x, y=y))
    assert same(changed.network, weights.network)
    assert same(changed.start.pooled, weights.start.pooled)
    np.testing.assert_array_equal(changed.ridge.x_scale, weights.ridge.x_scale)
    np.testing.assert_array_equal(changed.scaling.mean, weights.scaling.mean)
    assert (report.targets < TEST_FROM).all()


def test_the_target_of_calibration_days_is_not_read(made):
    roles = made.roles.copy()
    roles[100:130] = 2
    y = made.y.copy()
    y[:, 100:130] = 0.9
    one = trained(replace(made, roles=roles))[0]
    two = trained(replace(made, roles=roles, y=y))[0]
    assert same(one.network, two.network)


def test_scaling_is_of_training_days_only(made, weights):
    train = made.roles == 0
    seen = np.where((train & np.isfinite(made.y))[:, :, None], made.x, np.nan)
    usual = np.nanmean(seen, axis=1)
    np.testing.assert_allclose(weights.ridge.x_mean, usual, rtol=1e-4, atol=1e-5)
    own = np.nanmean(np.where(train, made.y, np.nan), axis=1)
    np.testing.assert_allclose(weights.scaling.mean, own, rtol=1e-5)


def test_a_day_without_target_has_no_gradient():
    network = lstm.initialise(jax.random.key(0), 2, 4)
    x = jax.random.normal(jax.random.key(1), (30, 2))
    weight = jnp.ones(30).at[10:20].set(0.0)

    def gradient(target):
        return jax.grad(lambda n: loss(lstm.predict(n, x), target, weight))(network)

    target = jnp.linspace(-1, 1, 30)
    assert same(gradient(target), gradient(target.at[10:20].set(50.0)))


def test_a_strong_penalty_returns_the_pooled_start(made):
    start, _ = pooled_start(series_of(made), settings(penalty=1e12))
    held, report = fine_tune(start, series_of(made))
    begun = initial_weights(start, series_of(made))
    np.testing.assert_allclose(predict(held, made.x), predict(begun, made.x), atol=1e-6)
    # Without it cells depart a hundred times as far; the line leaves them little to learn.
    free, _ = fine_tune(replace(start, settings=settings(penalty=0.0)), series_of(made))
    assert np.abs(predict(free, made.x) - predict(begun, made.x)).max() > 1e-4


def test_a_weaker_penalty_departs_further(made):
    start, _ = pooled_start(series_of(made), settings())
    begun = initial_weights(start, series_of(made)).network
    far = []
    for penalty in (10.0, 0.1, 0.0):
        chosen = settings(penalty=penalty, patience=50)
        found, _ = fine_tune(replace(start, settings=chosen), series_of(made))
        squares = jax.tree.map(lambda a, b: ((a - b) ** 2).sum(), found.network, begun)
        far.append(sum(jax.tree.leaves(squares)))
    assert far[0] < far[1] < far[2]


def test_a_missing_day_is_the_last_value_whatever_it_was(made, weights):
    """NaN means the last value with its age: no number of that day can reach the answer."""
    x = made.x.copy()
    x[:, 90:95] = np.nan
    carried, ages = sequences.carry_forward(x, weights.start.groups, 30)
    np.testing.assert_array_equal(carried[:, 90:95], np.repeat(x[:, 89:90], 5, axis=1))
    assert ages[0, 88:97, 0].tolist() == [0, 0, 1, 2, 3, 4, 5, 0, 0]
    assert np.isfinite(predict(weights, x)).all()


def test_an_error_of_calibration_acts_on_a_cell_as_if_it_were_alone(made, weights):
    names, channels = ["10.65V", "36.5H"], ["10.65V", "36.5H"]
    sd = np.linspace(0.2, 2.0, 2 * len(made.cells)).reshape(-1, 2).astype(np.float32)
    blocks = weights.start.settings.model_copy(update={"block": 2})
    of_two = replace(weights, start=replace(weights.start, settings=blocks))
    whole = sensitivity(of_two, made.x, names, channels, sd)
    for cell in range(len(made.cells)):
        alone = select_cells(weights, np.array([cell]))
        found = sensitivity(alone, made.x[[cell]], names, channels, sd[[cell]])
        np.testing.assert_allclose(found[0], whole[cell], atol=1e-6)
    assert (whole > 1e-4).any(axis=1).all()
