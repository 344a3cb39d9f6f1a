"""Uncertainty of soil moisture and VOD of one cell, by error propagation and the bounds.

At the minimum of J = |r(m, s)|^2 the derivative vanishes, so an error ds of an input changes soil
moisture by dm = - (r_m . r_s ds) / (r_m . r_m), where r_m . r_m is half the (Gauss-Newton)
curvature. Errors of the inputs are independent: noise of each channel, albedo, temperature,
roughness, clay, VOD ratio and VOD exponent; their variances add. The bounds of soil moisture act as
a prior. The error of VOD has a direct part and a part through soil moisture.
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
    RetrievalModel,
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
    """Effects of static errors, 1 sd each, on the ratio and expected VOD of a cell [1]."""

    ratio_by_omega: Float[ArrayT, "*cell"]
    ratio_by_roughness: Float[ArrayT, "*cell"]
    ratio_by_clay: Float[ArrayT, "*cell"]
    expected_by_omega: Float[ArrayT, "*cell"]
    """Change of the expected VOD of the core channel, as in the next three."""
    expected_by_roughness: Float[ArrayT, "*cell"]
    expected_by_clay: Float[ArrayT, "*cell"]
    expected_by_ratio: Float[ArrayT, "*cell"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class InputError(Generic[ArrayT]):
    """Standard deviation of each input, common to all cells or per cell."""

    omega: Float[ArrayT, "*#cell"]
    """Scattering albedo [1]."""
    temperature: Float[ArrayT, "*#cell"]
    """Temperature of soil and canopy together [K]."""
    roughness_h: Float[ArrayT, "*#cell"]
    """Roughness h [1]."""
    clay: Float[ArrayT, "*#cell"]
    """Clay fraction [1]."""
    vod_ratio: Float[ArrayT, "*#cell"]
    """VOD at H over VOD at V [1]."""
    vod_exponent: Float[ArrayT, "*#cell"]
    """Exponent of VOD with frequency [1]."""
    shared: Shared[ArrayT] | None = None
    """Effects through ratio and expected VOD; None for single looks."""


class Uncertainty(NamedTuple):
    """Standard deviations of soil moisture and VOD, and VOD at both polarizations."""

    soil_moisture: Scalar
    """Standard deviation of soil moisture [m3 m-3]."""
    vod: Float[Array, " polarization"]
    """VOD at V and H at the frequency of the core channel [1]."""
    vod_sd: Float[Array, " polarization"]
    """Standard deviation of VOD at V and H [1]."""


def vod_v_and_h(
    vod: Scalar, cell: Cell[Array], model: RetrievalModel
) -> Float[Array, " polarization"]:
    """VOD at V and H at the frequency of the core channel [1]."""
    at_v = vod / cell.vod_ratio if model.channels.core_is_h else vod
    return jnp.stack([at_v, at_v * cell.vod_ratio])


def _per_error(
    by: Cell[Array], cell: Cell[Array], error: InputError[Array], model: RetrievalModel
) -> tuple[Scalar, ...]:
    """Change per standard deviation of each source of error, from derivatives by each input.

    Sources: noise of every channel, those of `InputError`, and VOD expected from other looks.
    """
    omega, roughness = by.omega * error.omega, by.roughness_h * error.roughness_h
    clay, ratio = by.clay * error.clay, by.vod_ratio * error.vod_ratio
    if error.shared is not None:
        shared, by_ratio, by_expected = error.shared, by.vod_ratio, by.vod_expected
        # Effects of one static error are correlated and add before squaring.
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
    solution: Solution, cell: Cell[Array], error: InputError[Array], model: RetrievalModel
) -> Uncertainty:
    """Standard deviations of soil moisture and VOD of one cell at its solution.

    Args:
        solution: state at the minimum of the cost.
        cell: inputs.
        error: standard deviations of the inputs; noise comes from `model`.
        model: model common to all cells.

    Where the curvature vanishes the standard deviation of soil moisture tends to half the range
    between its bounds, the largest possible.
    """

    def at(m: Scalar, inputs: Cell[Array]) -> tuple[tuple[Scalar, ...], Scalar]:
        reflectivity = soil_reflectivity(m, inputs, model)
        # At its bound VOD does not change, but is uncertain: use the errors of the free root.
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
    # dm = -(r_m . r_s ds) / (r_m . r_m), see the module docstring.
    gain = tuple(-g / curvature for g in _per_error(toward, cell, error, model))
    sd = jnp.sqrt(dot(gain, gain))
    # A standard deviation between two bounds is at most half their distance (Popoviciu).
    largest = 0.5 * (cell.soil_moisture_max - model.soil_moisture_min)
    # 1 / sd^2 + 1 / largest^2: the bounds act as a prior.
    kept = 1.0 / jnp.sqrt(1.0 + (sd / largest) ** 2)
    # Direct part and the part through soil moisture, of the same errors.
    own = _per_error(direct, cell, error, model)
    vod_gain = tuple(d + vod_slope * g * kept for d, g in zip(own, gain, strict=True))
    # At most the range of VOD, which is reached for an opaque canopy.
    vod_sd = jnp.minimum(_vod_sd(free, vod_gain, cell, error, model), model.vod_max)
    core_sd = vod_sd[int(model.channels.core_is_h)]
    total_sd = sd * _canopy_factor(core_sd, cell)
    return Uncertainty(
        soil_moisture=total_sd / jnp.sqrt(1.0 + (total_sd / largest) ** 2),
        vod=vod_v_and_h(solution.vod, cell, model),
        vod_sd=vod_sd,
    )


def _canopy_factor(vod_sd: Scalar, cell: Cell[Array]) -> Scalar:
    """Mean error of soil moisture over the distribution of VOD, over that at the solution [1].

    The error grows as exp(2 VOD / cos incidence) because of the two-way canopy attenuation; its
    mean for a normal error s of VOD is exp(2 (s / cos incidence)^2) times that at the mean VOD.
    """
    return jnp.exp(jnp.minimum(2.0 * (vod_sd / jnp.cos(cell.incidence)) ** 2, LARGEST_EXPONENT))


def _vod_sd(
    vod: Scalar,
    gain: tuple[Scalar, ...],
    cell: Cell[Array],
    error: InputError[Array],
    model: RetrievalModel,
) -> Float[Array, " polarization"]:
    """Standard deviations of VOD at V and H from the gains of VOD of the core channel [1]."""
    at_h = model.channels.core_is_h
    factor = 1.0 / cell.vod_ratio if at_h else cell.vod_ratio
    by_ratio = -vod / cell.vod_ratio**2 if at_h else vod
    # VOD of the other polarization follows from the ratio, whose error adds.
    nothing = jax.tree.map(jnp.zeros_like, cell)
    of_ratio = _per_error(replace(nothing, vod_ratio=by_ratio), cell, error, model)
    other = tuple(g * factor + r for g, r in zip(gain, of_ratio, strict=True))
    core_sd, other_sd = jnp.sqrt(dot(gain, gain)), jnp.sqrt(dot(other, other))
    return jnp.stack([other_sd, core_sd] if at_h else [core_sd, other_sd])
