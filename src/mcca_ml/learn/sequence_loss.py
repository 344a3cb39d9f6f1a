"""Random sequences of a series, and the loss over their days with a target."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray


def weight_of_starts(
    weight: Float[Array, " time"], *, length: int, warm_up: int
) -> Float[Array, " start"]:
    """Number of targets after the warm-up of the sequence that starts on each day [1].

    Args:
        weight: 1 on days with a target, 0 elsewhere.
        length: length of a sequence [day].
        warm_up: first days of a sequence, without loss [day].
    """
    # Differences of a cumulative sum: targets from the warm-up's end to the last day.
    total = jnp.concatenate([jnp.zeros(1), jnp.cumsum(weight)])
    starts = weight.shape[0] - length + 1
    return total[length : length + starts] - total[warm_up : warm_up + starts]


def starts(
    key: PRNGKeyArray, weight: Float[Array, " time"], number: int, *, length: int, warm_up: int
) -> Int[Array, " number"]:
    """Draw first days of random sequences, each with a target after its warm-up if any has one.

    Args:
        key: random key.
        weight: 1 on days with a target, 0 elsewhere.
        number: number of sequences.
        length: length of a sequence [day].
        warm_up: first days of a sequence, without loss [day].
    """
    possible = weight_of_starts(weight, length=length, warm_up=warm_up) > 0
    # By rank among the possible days: one random number per sequence, not per day.
    count = jnp.cumsum(possible)
    rank = jax.random.randint(key, (number,), 0, jnp.maximum(count[-1], 1))
    return jnp.minimum(jnp.searchsorted(count, rank, side="right"), possible.size - 1)


def cut(
    series: Float[Array, "time ..."], first: Int[Array, " number"], length: int
) -> Float[Array, "number length ..."]:
    """Sequences of a series that start on some days."""
    take = partial(jax.lax.dynamic_slice_in_dim, slice_size=length, axis=0)
    sequences: Float[Array, "number length ..."] = jax.vmap(take, in_axes=(None, 0))(series, first)
    return sequences


def loss(
    guess: Float[Array, "... time"],
    target: Float[Array, "... time"],
    weight: Float[Array, "... time"],
) -> Float[Array, ""]:
    """Mean squared error over days with a target [1]; 0 without any.

    Args:
        guess: network output [1].
        target: scaled target, any finite number where missing [1].
        weight: 1 on days with a target, 0 elsewhere.
    """
    # The floor of 1 makes the loss 0, not NaN, without targets.
    return jnp.sum(weight * (guess - target) ** 2) / jnp.maximum(jnp.sum(weight), 1.0)
