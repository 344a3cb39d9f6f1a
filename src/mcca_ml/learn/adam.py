"""Adam with a proximal penalty on the distance of the weights from their start."""

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

KEEP_FIRST, KEEP_SECOND, SMALL = 0.9, 0.999, 1e-8
"""Values recommended in the paper."""
LONGEST = 1.0
"""Largest norm of the gradient, to which it is clipped [1]."""

Tree = TypeVar("Tree")
Leaf = Float[Array, "*axes"]


class GradientMoments(NamedTuple):
    """Running means of gradient and squared gradient, as trees, and the number of steps."""

    first: object
    second: object
    steps: Int[Array, "*cell"]


def zero_moments(weights: object) -> GradientMoments:
    """Moments before the first step."""
    zero = jax.tree.map(jnp.zeros_like, weights)
    return GradientMoments(zero, zero, jnp.int32(0))


def step(
    weights: Tree,
    gradient: Tree,
    moments: GradientMoments,
    *,
    rate: float,
    start: Tree,
    penalty: float,
) -> tuple[Tree, GradientMoments]:
    """Weights and moments after one step.

    Args:
        weights: tree of arrays [1].
        gradient: gradient of the loss without penalty, same tree.
        moments: moments before the step.
        rate: learning rate [1].
        start: weights to stay near, same tree.
        penalty: weight of the squared distance from `start` [1]; infinite gives `start`.

    Formula:
        m = 0.9 m + 0.1 g;  v = 0.999 v + 0.001 g^2;  both divided by 1 - 0.9^n, 1 - 0.999^n
        u = w - rate m / s,  s = sqrt(v) + 1e-8
        w = start + (u - start) s / (s + 2 rate penalty)

    The last line is the minimum of penalty (w - start)^2 + s (w - u)^2 / (2 rate), a proximal step,
    which is stable also for a large penalty.

    Source: Kingma and Ba (2015), Adam, ICLR, arXiv:1412.6980; the last line is ours.
    """
    norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
    # Clip by the norm of the whole gradient, which keeps its direction.
    cut = jnp.minimum(1.0, LONGEST / (norm + SMALL))
    count = moments.steps + 1
    first = jax.tree.map(
        lambda m, g: KEEP_FIRST * m + (1 - KEEP_FIRST) * g * cut, moments.first, gradient
    )
    second = jax.tree.map(
        lambda v, g: KEEP_SECOND * v + (1 - KEEP_SECOND) * (g * cut) ** 2, moments.second, gradient
    )
    # Bias correction of running means that start at 0 (Kingma and Ba 2015).
    share_first, share_second = 1 - KEEP_FIRST**count, 1 - KEEP_SECOND**count

    def moved(w: Leaf, m: Leaf, v: Leaf, w0: Leaf) -> Leaf:
        s = jnp.sqrt(v / share_second) + SMALL
        u = w - rate * (m / share_first) / s
        # Minimum of penalty and step together, see Formula.
        return w0 + (u - w0) * (s / (s + 2 * rate * penalty))

    new: Tree = jax.tree.map(moved, weights, first, second, start)
    return new, GradientMoments(first, second, count)
