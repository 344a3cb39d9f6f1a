"""Search for soil moisture: grid over its whole range, golden section, Gauss-Newton steps.

There is no first guess. Every evaluation uses the better of both roots of the core channel's VOD,
so that the double root over dry soil at V needs no special case.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from mcca_ml.retrieve.self_constraint import (
    Cell,
    RetrievalModel,
    Scalar,
    chosen,
    core_vod,
    costs,
    dot,
    residual,
    soil_reflectivity,
)

GRID_POINTS = 24
GRID_POWER = 1.5
"""Grid points are denser for dry soil, where reflectivity is most sensitive to moisture."""
GOLDEN_STEPS = 12
GOLDEN = 0.6180339887
POLISH_STEPS = 2
SAME_POINT = 2e-3
"""Largest distance at which golden section and the best grid point agree [m3 m-3]."""

Cost = Callable[[Scalar], Scalar]
"""Soil moisture [m3 m-3] -> cost [1]."""


class Solution(NamedTuple):
    """State of one cell at the minimum of the cost."""

    soil_moisture: Scalar
    """Soil moisture [m3 m-3]."""
    root: Int[Array, ""]
    """Root of the core channel's equation, 0 or 1."""
    vod: Scalar
    """VOD of the core channel [1]."""
    cost: Scalar
    """Minimum of J, the sum of squares of misfit over noise [1]."""
    converged: Bool[Array, ""]
    """True if the search converged."""


def _best_of_grid(cost: Cost, low: Scalar, high: Scalar) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """Grid point of the lowest cost: cost, soil moisture, and the two neighbours."""

    def moisture(i: Int[Array, ""]) -> Scalar:
        share = jnp.clip(i.astype(jnp.float32) / (GRID_POINTS - 1), 0.0, 1.0)
        return low + (high - low) * share**GRID_POWER

    def step(
        i: Int[Array, ""], best: tuple[Scalar, Int[Array, ""]]
    ) -> tuple[Scalar, Int[Array, ""]]:
        value = cost(moisture(i))
        better = value < best[0]
        return jnp.where(better, value, best[0]), jnp.where(better, i, best[1])

    start = (jnp.float32(jnp.inf), jnp.int32(0))
    lowest, i = jax.lax.fori_loop(jnp.int32(0), jnp.int32(GRID_POINTS), step, start)
    return lowest, moisture(i), moisture(i - 1), moisture(i + 1)


def _golden_section(cost: Cost, low: Scalar, high: Scalar) -> Scalar:
    """Minimum of a cost between `low` and `high` [m3 m-3], without derivatives."""

    def step(
        _: Int[Array, ""], state: tuple[Scalar, Scalar, Scalar, Scalar, Scalar, Scalar]
    ) -> tuple[Scalar, Scalar, Scalar, Scalar, Scalar, Scalar]:
        a, b, left, right, cost_left, cost_right = state
        go_left = cost_left < cost_right
        a, b = jnp.where(go_left, a, left), jnp.where(go_left, right, b)
        probe = jnp.where(go_left, b - GOLDEN * (b - a), a + GOLDEN * (b - a))
        value = cost(probe)
        return (
            a,
            b,
            jnp.where(go_left, probe, right),
            jnp.where(go_left, left, probe),
            jnp.where(go_left, value, cost_right),
            jnp.where(go_left, cost_left, value),
        )

    # Each step keeps one inner point and its cost, so it costs one evaluation.
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    start = (low, high, left, right, cost(left), cost(right))
    end = jax.lax.fori_loop(0, GOLDEN_STEPS, step, start)
    return jnp.where(end[4] < end[5], end[2], end[3])


def minimise(cost: Cost, low: Scalar, high: Scalar) -> tuple[Scalar, Bool[Array, ""]]:
    """Soil moisture of the lowest cost between `low` and `high` [m3 m-3], and True if converged.

    Converged means that golden section ended at or below the best grid point.
    """
    grid_cost, grid_best, below, above = _best_of_grid(cost, low, high)
    refined = _golden_section(cost, below, above)
    # At a bound, or with a second minimum in the bracket, the best grid point is kept.
    kept_grid = ~(cost(refined) <= grid_cost)
    lost = kept_grid & ~(jnp.abs(refined - grid_best) < SAME_POINT)
    return jnp.where(kept_grid, grid_best, refined), ~lost


def _polish(
    soil_moisture: Scalar, root: Int[Array, ""], cell: Cell[Array], model: RetrievalModel
) -> Scalar:
    """Gauss-Newton steps on one root, each taken only if it lowers the cost [m3 m-3]."""

    def misfit(m: Scalar) -> tuple[Scalar, ...]:
        reflectivity = soil_reflectivity(m, cell, model)
        vod = chosen(core_vod(reflectivity, cell, model), root)
        return residual(vod, reflectivity, cell, model)

    def step(_: Int[Array, ""], m: Scalar) -> Scalar:
        # Gauss-Newton: dm = -(r' . r) / (r' . r'); the floor is for looks insensitive to soil.
        r, slope = jax.jvp(misfit, (m,), (jnp.ones_like(m),))
        proposal = m - dot(slope, r) / jnp.maximum(dot(slope, slope), 1e-12)
        proposal = jnp.clip(proposal, model.soil_moisture_min, cell.soil_moisture_max)
        moved = misfit(proposal)
        return jnp.where(dot(moved, moved) < dot(r, r), proposal, m)

    polished: Scalar = jax.lax.fori_loop(0, POLISH_STEPS, step, soil_moisture)
    return polished


def search_cell(cell: Cell[Array], model: RetrievalModel) -> Solution:
    """Find the state of one cell that minimises J over the whole range of soil moisture.

    Args:
        cell: observation and ancillary data of one cell in one look.
        model: model common to all cells.
    """
    soil_moisture, converged = minimise(
        lambda m: jnp.minimum(*costs(m, cell, model)),
        jnp.float32(model.soil_moisture_min),
        cell.soil_moisture_max,
    )
    upper, lower = costs(soil_moisture, cell, model)
    # Gauss-Newton steps need a smooth cost, so the root is fixed first.
    root = (lower < upper).astype(jnp.int32)
    soil_moisture = _polish(soil_moisture, root, cell, model)
    reflectivity = soil_reflectivity(soil_moisture, cell, model)
    vod = chosen(core_vod(reflectivity, cell, model), root)
    misfit = residual(vod, reflectivity, cell, model)
    cost = dot(misfit, misfit)
    return Solution(soil_moisture, root, vod, cost, jnp.isfinite(cost) & converged)
