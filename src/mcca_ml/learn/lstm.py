"""The LSTM network of one cell; `jax.vmap` applies it to many.

A long short-term memory (Hochreiter and Schmidhuber 1997, Neural Computation 9(8), 1735-1780) with
the forget gate of Gers et al. (2000, Neural Computation 12(10), 2451-2471), and a linear output.
Arrays in, arrays out.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

Numbers = Array | np.ndarray
"""JAX arrays in a kernel; NumPy arrays in files and between processes."""
Hidden = Float[Array, " hidden"]
GATES = 4
FORGET_BIAS = 1.0
"""Initial bias of the forget gate, for a long memory at the start of training."""


class Network(NamedTuple):
    """Weights of one cell [1], or of many with a leading axis."""

    input: Float[Numbers, "*cell feature gates"]
    recurrent: Float[Numbers, "*cell hidden gates"]
    bias: Float[Numbers, "*cell gates"]
    out: Float[Numbers, "*cell hidden"]
    level: Float[Numbers, "*cell"]


class Pooled(NamedTuple):
    """Weights shared by all cells [1]; static features add to the bias of the gates."""

    network: Network
    static: Float[Numbers, "static gates"]


def initialise(key: PRNGKeyArray, features: int, hidden: int) -> Network:
    """Random weights of one cell [1].

    Args:
        key: random key.
        features: number of inputs of a day, including ages.
        hidden: number of hidden units.
    """
    keys = jax.random.split(key, 3)
    gates = GATES * hidden
    # 1 / sqrt(number of inputs) keeps sums at unit variance.
    scale = 1 / jnp.sqrt(jnp.float32(hidden))
    bias = jnp.zeros(gates).at[hidden : 2 * hidden].set(FORGET_BIAS)
    return Network(
        jax.random.normal(keys[0], (features, gates)) / jnp.sqrt(jnp.float32(features)),
        jax.random.normal(keys[1], (hidden, gates)) * scale,
        bias,
        jax.random.normal(keys[2], (hidden,)) * scale,
        jnp.float32(0),
    )


def at_cell(pooled: Pooled, static: Float[Array, " static"]) -> Network:
    """Network of a cell from the shared weights, with its static features added to the bias [1].

    Args:
        pooled: shared weights.
        static: scaled static features of the cell [1].
    """
    bias = pooled.network.bias + static @ pooled.static
    return pooled.network._replace(bias=bias)


def predict(network: Network, x: Float[Array, "time feature"]) -> Float[Array, " time"]:
    """Scaled soil moisture of one cell from its inputs of this and the previous days [1].

    Args:
        network: weights of the cell.
        x: scaled inputs [1], daily.
    """
    zero = jnp.zeros(network.out.shape)

    def step(
        carry: tuple[Hidden, Hidden], driven: Float[Array, " gates"]
    ) -> tuple[tuple[Hidden, Hidden], Hidden]:
        h, c = carry
        # c = f c + i g;  h = o tanh(c); gates in the order i, f, o, g.
        i, f, o, g = jnp.split(driven + h @ network.recurrent, GATES)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    # The part without recurrence is computed for all days at once.
    driven = x @ network.input + network.bias
    _, hidden = jax.lax.scan(step, (zero, zero), driven)
    answer: Float[Array, " time"] = hidden @ network.out + network.level
    return answer
