"""Sequences cut from a series at random, and the loss over their days with a target."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray


def weight_of_starts(
    weight: Float[Array, " time"], *, length: int, warm_up: int
) -> Float[Array, " start"]:
    """Days with a target after the warm-up of the sequence that starts on each day [1].

    Args:
        weight: 1 on days with a target, 0 elsewhere.
        length: of a sequence [day].
        warm_up: first days of it without loss.
    """
    # Differences of a cumulative sum: targets from the warm-up's end to the last day.
    total = jnp.concatenate([jnp.zeros(1), jnp.cumsum(weight)])
    starts = weight.shape[0] - length + 1
    return total[length : length + starts] - total[warm_up : warm_up + starts]


def starts(
    key: PRNGKeyArray, weight: Float[Array, " time"], number: int, *, length: int, warm_up: int
) -> Int[Array, " number"]:
    """First days of random sequences, each with a target after its warm-up where there is one.

    Args:
        key: of the random numbers.
        weight: 1 on days with a target, 0 elsewhere.
        number: how many.
        length: of a sequence [day].
        warm_up: first days of it without loss.
    """
    possible = weight_of_starts(weight, length=length, warm_up=warm_up) > 0
    # By its rank among those possible: one random number for each sequence, not for each day.
    count = jnp.cumsum(possible)
    rank = jax.random.randint(key, (number,), 0, jnp.maximum(count[-1], 1))
    return jnp.minimum(jnp.searchsorted(count, rank, side="right"), possible.size - 1)


def cut(
    series: Float[Array, "time ..."], first: Int[Array, " number"], length: int
) -> Float[Array, "number length ..."]:
    """Sequences of a series from their first days on."""
    take = partial(jax.lax.dynamic_slice_in_dim, slice_size=length, axis=0)
    found: Float[Array, "number length ..."] = jax.vmap(take, in_axes=(None, 0))(series, first)
    return found


def loss(
    guess: Float[Array, "... time"],
    target: Float[Array, "... time"],
    weight: Float[Array, "... time"],
) -> Float[Array, ""]:
    """Mean squared error over days with weight [1]; 0 where there is none.

    Args:
        guess: of the network [1].
        target: scaled, any finite number where there is none [1].
        weight: 1 on days with a target, 0 elsewhere.
    """
    # The floor of 1 makes the loss 0, not NaN, where there is no target.
    return jnp.sum(weight * (guess - target) ** 2) / jnp.maximum(jnp.sum(weight), 1.0)
