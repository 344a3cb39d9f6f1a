"""Uncertainty of soil moisture and VOD of one cell, from the curvature of the cost and the priors.

At the minimum of J = |r(m, s)|^2 the derivative vanishes, so an error ds of an input moves soil
moisture by dm = - (r_m . r_s ds) / (r_m . r_m), r_m . r_m being half the (Gauss-Newton) curvature.
Each input is independent: the noise of each channel, albedo, temperature, roughness, clay, the
ratio and the exponent of VOD; their variances add. The bounds of soil moisture act as one more
prior. VOD follows from soil moisture, so its error has a direct part and one through soil moisture.
"""

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
    core_transmissivity,
    core_vod,
    residual,
    soil_reflectivity,
)
from mcca_ml.retrieve.search import Solution

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


def _shifted(cell: Cell[Array], shift: Float[Array, " source"], channels: int) -> Cell[Array]:
    """The cell with each input moved by its entry of `shift`, in the order of `InputError`."""
    omega, temperature, roughness_h, clay, ratio, exponent = shift[channels:]
    return cell._replace(
        tb=cell.tb + shift[:channels],
        omega=cell.omega + omega,
        soil_temperature=cell.soil_temperature + temperature,
        canopy_temperature=cell.canopy_temperature + temperature,
        roughness_h=cell.roughness_h + roughness_h,
        clay=cell.clay + clay,
        vod_ratio=cell.vod_ratio + ratio,
        vod_exponent=cell.vod_exponent + exponent,
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
    channels = len(model.nedt)

    def at(m: Scalar, shift: Float[Array, " source"]) -> Float[Array, " output"]:
        moved = _shifted(cell, shift, channels)
        reflectivity = soil_reflectivity(m, moved, model)
        vod = core_vod(reflectivity, moved, model)[solution.root]
        # At its bound VOD does not move, yet it is not certain: its error is that of the free root.
        through = core_transmissivity(reflectivity, moved, model)[solution.root]
        free = optical_depth(jnp.maximum(through, OPAQUE), moved.incidence)
        return jnp.append(
            residual(vod, reflectivity, moved, model), vod_v_and_h(free, moved, model)
        )

    sigma = jnp.append(jnp.array(model.nedt, jnp.float32), jnp.stack(error))
    zero = jnp.zeros_like(sigma)
    by_moisture, by_source = jax.jacfwd(at, argnums=(0, 1))(solution.soil_moisture, zero)
    slope, vod_slope = by_moisture[:-2], by_moisture[-2:]
    curvature = jnp.maximum(jnp.dot(slope, slope), 1e-8)
    gain = -(slope @ by_source[:-2]) / curvature
    vod_gain = by_source[-2:] + vod_slope[:, None] * gain
    # What neighbouring looks suggest of VOD is one more source, of unit misfit where it is used.
    expected = jnp.where(cell.vod_expected_precision > 0, slope[-1] / curvature, 0.0)
    variance = jnp.sum((gain * sigma) ** 2) + expected**2
    vod_variance = jnp.sum((vod_gain * sigma) ** 2, axis=1) + (vod_slope * expected) ** 2
    # Two values drawn anywhere between the bounds differ by (high - low) / sqrt(6) rms: an estimate
    # that noise has carried through the whole range cannot be wrong by more.
    width = cell.soil_moisture_max - model.soil_moisture_min
    kept = 1.0 / (1.0 + variance * 6.0 / width**2)
    # Nothing is known of VOD beyond its bounds, least of all where the canopy is opaque.
    opaque = solution.vod >= model.vod_max * (1 - OPAQUE)
    vod_sd = jnp.minimum(jnp.sqrt(vod_variance), model.vod_max)
    return Uncertainty(
        soil_moisture=jnp.sqrt(variance * kept),
        vod=vod_v_and_h(solution.vod, cell, model),
        vod_sd=jnp.where(opaque, model.vod_max, vod_sd),
    )
