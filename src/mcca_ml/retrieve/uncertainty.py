"""Uncertainty of soil moisture and VOD of one cell, from the curvature of the cost and the priors.

At the minimum of J = |r(m, s)|^2 the derivative vanishes, so an error ds of an input moves soil
moisture by dm = - (r_m . r_s ds) / (r_m . r_m), r_m . r_m being half the (Gauss-Newton) curvature.
Each input is independent: the noise of each channel, albedo, temperature, roughness, clay, the
ratio and the exponent of VOD; their variances add. The bounds of soil moisture act as one more
prior. VOD follows from soil moisture, so its error has a direct part and one through soil moisture.
"""

from collections.abc import Callable
from typing import Generic, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mcca_ml.physics.emission import optical_depth
from mcca_ml.retrieve.constraint import (
    ArrayT,
    Cell,
    Model,
    Scalar,
    chosen,
    core_transmissivity,
    core_vod,
    dot,
    residual,
    soil_reflectivity,
)
from mcca_ml.retrieve.search import Solution

RATIO = 4
"""Place of the ratio of VOD in `InputError`."""
OPAQUE = 1e-3
"""Transmissivity, and share of the upper bound of VOD, that counts as opaque [1]."""


class InputError(NamedTuple, Generic[ArrayT]):
    """One standard deviation of each input of a cell (scalars)."""

    omega: ArrayT
    """[1]."""
    temperature: ArrayT
    """[K], of soil and canopy together."""
    roughness_h: ArrayT
    """[1]."""
    clay: ArrayT
    """[1]."""
    vod_ratio: ArrayT
    """[1]."""
    vod_exponent: ArrayT
    """[1]."""


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
    at_v = vod / cell.vod_ratio if model.channels.core_channel.polarisation == "H" else vod
    return jnp.stack([at_v, at_v * cell.vod_ratio])


def _per_error(by: Cell[Array], error: InputError[Array], model: Model) -> tuple[Scalar, ...]:
    """Change per standard deviation of each source of error, from derivatives by each input.

    Sources: noise of every channel, those of `InputError`, and VOD that neighbouring looks suggest.
    """
    noise = [by.tb[i] * nedt for i, nedt in enumerate(model.nedt)]
    temperature = by.soil_temperature + by.canopy_temperature
    return (
        *noise,
        by.omega * error.omega,
        temperature * error.temperature,
        by.roughness_h * error.roughness_h,
        by.clay * error.clay,
        by.vod_ratio * error.vod_ratio,
        by.vod_exponent * error.vod_exponent,
        by.vod_expected,
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

    Where the curvature vanishes the standard deviation tends to (high - low) / sqrt(6) of the
    bounds of soil moisture, which is all that is left to know.
    """
    in_units_of_sd = _precise_expectation(cell)

    def at(m: Scalar, inputs: Cell[Array]) -> tuple[tuple[Scalar, ...], Scalar]:
        reflectivity = soil_reflectivity(m, inputs, model)
        vod = chosen(core_vod(reflectivity, inputs, model), solution.root)
        # At its bound VOD does not move, yet it is not certain: its error is that of the free root.
        through = chosen(core_transmissivity(reflectivity, inputs, model), solution.root)
        free = optical_depth(jnp.maximum(through, OPAQUE), inputs.incidence)
        return residual(vod, reflectivity, inputs, model), free

    m = solution.soil_moisture
    (_, free), (slope, vod_slope) = jax.jvp(lambda x: at(x, cell), (m,), (jnp.ones_like(m),))
    _, pull = jax.vjp(lambda inputs: at(m, inputs), cell)
    curvature = jnp.maximum(dot(slope, slope), 1e-8)
    (toward,) = pull((slope, jnp.zeros_like(m)))
    (direct,) = pull((tuple(jnp.zeros_like(m) for _ in slope), jnp.ones_like(m)))
    gain = tuple(-g / curvature for g in _per_error(in_units_of_sd(toward), error, model))
    own = _per_error(in_units_of_sd(direct), error, model)
    vod_gain = tuple(d + vod_slope * g for d, g in zip(own, gain, strict=True))
    variance = dot(gain, gain)
    # Two values drawn anywhere between the bounds differ by (high - low) / sqrt(6) rms: an estimate
    # that noise has carried through the whole range cannot be wrong by more.
    width = cell.soil_moisture_max - model.soil_moisture_min
    kept = 1.0 / (1.0 + variance * 6.0 / width**2)
    vod_sd = jnp.minimum(_vod_sd(free, vod_gain, cell, error, model), model.vod_max)
    # Nothing is known of VOD beyond its bounds, least of all where the canopy is opaque.
    opaque = solution.vod >= model.vod_max * (1 - OPAQUE)
    return Uncertainty(
        soil_moisture=jnp.sqrt(variance * kept),
        vod=vod_v_and_h(solution.vod, cell, model),
        vod_sd=jnp.where(opaque, model.vod_max, vod_sd),
    )


def _precise_expectation(cell: Cell[Array]) -> Callable[[Cell[Array]], Cell[Array]]:
    """Scales a derivative by expected VOD to one by its standard deviation; 0 where not used."""
    used = cell.vod_expected_precision > 0
    sd = jnp.where(used, 1.0 / jnp.sqrt(jnp.where(used, cell.vod_expected_precision, 1.0)), 0.0)
    return lambda by: by._replace(vod_expected=by.vod_expected * sd)


def _vod_sd(
    vod: Scalar,
    gain: tuple[Scalar, ...],
    cell: Cell[Array],
    error: InputError[Array],
    model: Model,
) -> Float[Array, " polarization"]:
    """Standard deviations of VOD at V and H from the gains of VOD of the core channel [1]."""
    # The other polarization follows by the ratio, whose own error therefore enters once more.
    at_h = model.channels.core_channel.polarisation == "H"
    factor = 1.0 / cell.vod_ratio if at_h else cell.vod_ratio
    by_ratio = -vod / cell.vod_ratio**2 if at_h else vod
    other = [g * factor for g in gain]
    other[len(model.nedt) + RATIO] += by_ratio * error.vod_ratio
    core_sd, other_sd = jnp.sqrt(dot(gain, gain)), jnp.sqrt(dot(tuple(other), tuple(other)))
    return jnp.stack([other_sd, core_sd] if at_h else [core_sd, other_sd])
