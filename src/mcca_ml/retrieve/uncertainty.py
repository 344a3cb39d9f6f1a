"""Uncertainty of soil moisture and VOD of one cell, from the curvature of the cost and the priors.

At the minimum of J = |r(m, s)|^2 the derivative vanishes, so an error ds of an input moves soil
moisture by dm = - (r_m . r_s ds) / (r_m . r_m), r_m . r_m being half the (Gauss-Newton) curvature.
Each input is independent: the noise of each channel, albedo, temperature, roughness, clay, the
ratio and the exponent of VOD; their variances add. The bounds of soil moisture act as one more
prior. VOD follows from soil moisture, so its error has a direct part and one through soil moisture.
"""

from dataclasses import dataclass, replace
from typing import Generic, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mcca_ml.physics.emission import optical_depth
from mcca_ml.retrieve.search import Solution
from mcca_ml.retrieve.self_constraint import (
    ArrayT,
    Cell,
    Model,
    Scalar,
    chosen,
    core_transmissivity,
    dot,
    residual,
    soil_reflectivity,
)

OPAQUE = 1e-3
"""Transmissivity that counts as opaque [1]."""


LARGEST_EXPONENT = 3.0
"""Limit of the exponent of the canopy factor; the error is that of the bounds well before it."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Shared(Generic[ArrayT]):
    """What static errors do through what the looks of a cell share, by one sd of each [1]."""

    ratio_by_omega: Float[ArrayT, "*cell"]
    ratio_by_roughness: Float[ArrayT, "*cell"]
    ratio_by_clay: Float[ArrayT, "*cell"]
    expected_by_omega: Float[ArrayT, "*cell"]
    """Change of the expected VOD of the core channel; so the three that follow."""
    expected_by_roughness: Float[ArrayT, "*cell"]
    expected_by_clay: Float[ArrayT, "*cell"]
    expected_by_ratio: Float[ArrayT, "*cell"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class InputError(Generic[ArrayT]):
    """One standard deviation of each input, the same for all cells or of each."""

    omega: Float[ArrayT, "*#cell"]
    """[1]."""
    temperature: Float[ArrayT, "*#cell"]
    """[K], of soil and canopy together."""
    roughness_h: Float[ArrayT, "*#cell"]
    """[1]."""
    clay: Float[ArrayT, "*#cell"]
    """[1]."""
    vod_ratio: Float[ArrayT, "*#cell"]
    """[1]."""
    vod_exponent: Float[ArrayT, "*#cell"]
    """[1]."""
    shared: Shared[ArrayT] | None = None
    """None where each look stands alone."""


class Uncertainty(NamedTuple):
    """One standard deviation of what is retrieved, and VOD at both polarizations."""

    soil_moisture: Scalar
    """[m3 m-3]."""
    vod: Float[Array, " polarization"]
    """VOD at V and H at the frequency of the core channel [1]."""
    vod_sd: Float[Array, " polarization"]
    """[1]."""


def vod_v_and_h(vod: Scalar, cell: Cell[Array], model: Model) -> Float[Array, " polarization"]:
    """VOD at V and H at the frequency of the core channel [1]."""
    at_v = vod / cell.vod_ratio if model.channels.core_is_h else vod
    return jnp.stack([at_v, at_v * cell.vod_ratio])


def _per_error(
    by: Cell[Array], cell: Cell[Array], error: InputError[Array], model: Model
) -> tuple[Scalar, ...]:
    """Change per standard deviation of each source of error, from derivatives by each input.

    Sources: noise of every channel, those of `InputError`, and VOD that neighbouring looks suggest.
    """
    omega, roughness = by.omega * error.omega, by.roughness_h * error.roughness_h
    clay, ratio = by.clay * error.clay, by.vod_ratio * error.vod_ratio
    if error.shared is not None:
        shared, by_ratio, by_expected = error.shared, by.vod_ratio, by.vod_expected
        # Effects of one static error add before they are squared: they are not independent.
        omega += by_ratio * shared.ratio_by_omega + by_expected * shared.expected_by_omega
        roughness += by_ratio * shared.ratio_by_roughness
        roughness += by_expected * shared.expected_by_roughness
        clay += by_ratio * shared.ratio_by_clay + by_expected * shared.expected_by_clay
        ratio += by_expected * shared.expected_by_ratio
    used = cell.vod_expected_precision > 0
    precision = jnp.where(used, cell.vod_expected_precision, 1.0)
    return (
        *(by.tb[i] * nedt for i, nedt in enumerate(model.nedt)),
        omega,
        (by.soil_temperature + by.canopy_temperature) * error.temperature,
        roughness,
        clay,
        ratio,
        by.vod_exponent * error.vod_exponent,
        jnp.where(used, by.vod_expected / jnp.sqrt(precision), 0.0),
    )


def uncertainty_cell(
    solution: Solution, cell: Cell[Array], error: InputError[Array], model: Model
) -> Uncertainty:
    """Standard deviations of soil moisture and VOD of one cell at its solution.

    Args:
        solution: where the cost is lowest.
        cell: the inputs that led there.
        error: standard deviations of those inputs; noise comes from `model`.
        model: what is the same for all cells.

    Where the curvature vanishes the standard deviation of soil moisture tends to half the range
    between its bounds, the largest that bounds allow.
    """

    def at(m: Scalar, inputs: Cell[Array]) -> tuple[tuple[Scalar, ...], Scalar]:
        reflectivity = soil_reflectivity(m, inputs, model)
        # At its bound VOD does not move, yet it is not certain: errors are those of the free root.
        through = chosen(core_transmissivity(reflectivity, inputs, model), solution.root)
        vod = optical_depth(jnp.maximum(through, OPAQUE), inputs.incidence)
        return residual(vod, reflectivity, inputs, model), vod

    m = solution.soil_moisture
    (_, free), (slope, vod_slope) = jax.jvp(lambda x: at(x, cell), (m,), (jnp.ones_like(m),))
    _, pull = jax.vjp(lambda inputs: at(m, inputs), cell)
    curvature = jnp.maximum(dot(slope, slope), 1e-8)
    # Two reverse passes give r_m . r_s and the direct derivative of VOD, for all inputs.
    (toward,) = pull((slope, jnp.zeros_like(m)))
    (direct,) = pull((tuple(jnp.zeros_like(m) for _ in slope), jnp.ones_like(m)))
    # dm = -(r_m . r_s ds) / (r_m . r_m), see the head of the module.
    gain = tuple(-g / curvature for g in _per_error(toward, cell, error, model))
    sd = jnp.sqrt(dot(gain, gain))
    # Nothing between two bounds has a standard deviation above half their distance (Popoviciu).
    largest = 0.5 * (cell.soil_moisture_max - model.soil_moisture_min)
    # 1 / sd^2 + 1 / largest^2: the bounds act as one more prior.
    kept = 1.0 / jnp.sqrt(1.0 + (sd / largest) ** 2)
    # Direct part and the part through soil moisture, of the same errors.
    own = _per_error(direct, cell, error, model)
    vod_gain = tuple(d + vod_slope * g * kept for d, g in zip(own, gain, strict=True))
    # Nor is VOD known worse than its range, which is all that is left under an opaque canopy.
    vod_sd = jnp.minimum(_vod_sd(free, vod_gain, cell, error, model), model.vod_max)
    core_sd = vod_sd[int(model.channels.core_is_h)]
    spread = sd * _canopy_factor(core_sd, cell)
    return Uncertainty(
        soil_moisture=spread / jnp.sqrt(1.0 + (spread / largest) ** 2),
        vod=vod_v_and_h(solution.vod, cell, model),
        vod_sd=vod_sd,
    )


def _canopy_factor(vod_sd: Scalar, cell: Cell[Array]) -> Scalar:
    """Mean of the error of soil moisture over the possible VOD, over its value at the solution [1].

    The soil is seen through the canopy twice, so that error grows as exp(2 VOD / cos incidence);
    the mean of it over VOD with a normal error s is exp(2 (s / cos incidence)^2) times its middle.
    """
    return jnp.exp(jnp.minimum(2.0 * (vod_sd / jnp.cos(cell.incidence)) ** 2, LARGEST_EXPONENT))


def _vod_sd(
    vod: Scalar,
    gain: tuple[Scalar, ...],
    cell: Cell[Array],
    error: InputError[Array],
    model: Model,
) -> Float[Array, " polarization"]:
    """Standard deviations of VOD at V and H from the gains of VOD of the core channel [1]."""
    at_h = model.channels.core_is_h
    factor = 1.0 / cell.vod_ratio if at_h else cell.vod_ratio
    by_ratio = -vod / cell.vod_ratio**2 if at_h else vod
    # The other polarization follows by the ratio, whose own error therefore enters once more.
    nothing = jax.tree.map(jnp.zeros_like, cell)
    of_ratio = _per_error(replace(nothing, vod_ratio=by_ratio), cell, error, model)
    other = tuple(g * factor + r for g, r in zip(gain, of_ratio, strict=True))
    core_sd, other_sd = jnp.sqrt(dot(gain, gain)), jnp.sqrt(dot(other, other))
    return jnp.stack([other_sd, core_sd] if at_h else [core_sd, other_sd])
