"""Gradients of the kernel: those of JAX, those of finite differences, on all instructions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from made_kernel import Cells, gradient, made_cells
from mcca_ml.learn.lstm import predict
from mcca_ml.learn.sequence_loss import cut, loss

native = pytest.importorskip("mcca_ml.learn.native_backend", reason="the kernel is not built")


def days_of(made: Cells):
    return native.Days(made.x, made.target, made.train, made.stop)


def by_jax(made: Cells):
    """Loss and gradient of the readable reference."""
    length, warm_up = made.settings.sequence, made.settings.warm_up

    def cost(network, x, target, weight, first):
        weight = cut(weight, first, length).at[:, :warm_up].set(0.0)
        guess = jax.vmap(predict, (None, 0))(network, cut(x, first, length))
        return loss(guess, cut(target, first, length), weight)

    arrays = map(jnp.asarray, (made.x, made.target, made.train, made.first))
    network = jax.tree.map(jnp.asarray, made.network)
    # Each shape is compiled for one call: quickly, then, rather than well.
    quick = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    found = jax.jit(jax.vmap(jax.value_and_grad(cost)), compiler_options=quick)
    return found(network, *arrays)


def apart(found, wanted) -> float:
    """Largest difference of a leaf, relative to the largest number of the whole gradient."""
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True)
    largest = max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(wanted))
    return max(float(np.abs(np.asarray(a) - b).max()) for a, b in pairs) / max(largest, 1e-6)


@settings(max_examples=at_most(15, few=4), deadline=None)
@given(
    seed=st.integers(0, 2**31),
    features=st.integers(1, 40),
    hidden=st.integers(1, 70),
    sequence=st.integers(8, 50),
    batch=st.integers(1, 20),
    data=st.data(),
)
def test_gradients_are_those_of_jax(seed, features, hidden, sequence, batch, data):
    shape = {"features": features, "hidden": hidden, "sequence": sequence, "batch": batch}
    warm_up = data.draw(st.integers(0, sequence - 1))
    made = made_cells(seed, days=60, **shape, warm_up=warm_up, epochs=1, steps=1)
    wanted_loss, wanted = by_jax(made)
    for instructions in native.instructions():
        found, found_loss = gradient(
            days_of(made), made.first, made.network, made.settings, instructions=instructions
        )
        np.testing.assert_allclose(found_loss, wanted_loss, rtol=1e-5, atol=1e-7)
        assert apart(found, wanted) < 1e-4


def cost_in_doubles(made: Cells, network: list[np.ndarray], cell: int) -> float:
    """The loss of one cell in double precision, written anew."""
    of_input, recurrent, bias, out, level = network
    length, total, weights = made.settings.sequence, 0.0, 0.0
    for first in made.first[cell]:
        h = c = np.zeros(len(out))
        for day in range(first, first + length):
            i, f, o, g = np.split(made.x[cell, day] @ of_input + h @ recurrent + bias, 4)
            c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
            if day >= first + made.settings.warm_up:
                error = h @ out + level - float(made.target[cell, day])
                total += made.train[cell, day] * error**2
                weights += made.train[cell, day]
    return total / max(weights, 1.0)


@pytest.mark.parametrize("hidden", [8, 19])
def test_gradients_are_those_of_finite_differences(hidden):
    made = made_cells(4, cells=2, days=50, hidden=hidden, sequence=20, epochs=1, steps=1)
    found, found_loss = gradient(days_of(made), made.first, made.network, made.settings)
    rng, step = np.random.default_rng(5), 1e-5
    for cell in range(2):
        at = [leaf[cell].astype(np.float64) for leaf in made.network]
        way = [rng.normal(size=leaf.shape) for leaf in at]
        there, back = (
            cost_in_doubles(made, [w + sign * step * v for w, v in zip(at, way, strict=True)], cell)
            for sign in (1, -1)
        )
        along = sum(float((leaf[cell] * v).sum()) for leaf, v in zip(found, way, strict=True))
        assert found_loss[cell] == pytest.approx(cost_in_doubles(made, at, cell), rel=1e-5)
        assert along == pytest.approx((there - back) / (2 * step), rel=1e-4, abs=1e-5)


def test_without_targets_the_gradient_is_nothing():
    made = made_cells(1)
    none = days_of(made)._replace(train=np.zeros_like(made.train))
    found, found_loss = gradient(none, made.first, made.network, made.settings)
    assert not found_loss.any()
    assert not any(leaf.any() for leaf in found)
