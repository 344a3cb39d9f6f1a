"""Self-constraint of MCCA: for a given soil moisture, the core channel's equation yields VOD.

One cell at a time, in JAX; `single_look` applies it to many cells. The core channel gives the
optical depth tau of the canopy in closed form, the conversion of VOD predicts the other channels,
and their misfit is the cost that is minimised over soil moisture:

    tau_core(m)  from  TB_core = f(r_core(m), tau_core)      two roots, see `physics.emission`
    tau_k         =    tau_core (rho_k / rho_core) (f_k / f_core)^x
    J(m)          =    sum_k ((TB_k(m, tau_k) - TB_k,observed) / sigma_k)^2

with rho = 1 at V and rho = tau_H / tau_V at H. A root outside [0, vod_max] is clipped, and J then
includes the misfit of the core channel.

Source: the structure is that published for MCCA (Zhao et al. 2021, Remote Sens. Environ. 257,
112425); the conversion, the bounds and the cost are this project's reconstruction (the paper's own
were not at hand), so the method is to be called MCCA-type.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from mcca_ml.physics.emission import (
    brightness_temperature_mo82,
    optical_depth,
    transmissivity,
    transmissivity_roots,
)
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import rough_reflectivity_wang81
from mcca_ml.retrieve.channels import ChannelSet

Scalar = Float[Array, ""]
PerChannel = tuple[Scalar, ...]
"""One scalar per channel, not an array, so that `vmap` over cells vectorises."""
ArrayT = TypeVar("ArrayT", bound=Array | np.ndarray)
"""NumPy arrays of a dataset, or JAX arrays in a kernel."""
Permittivity = Callable[[Scalar, Scalar, Scalar], Complex[Array, ""]]
"""Soil moisture [m3 m-3], clay fraction [1], frequency [Hz] -> relative permittivity [1]."""


@dataclass(frozen=True)
class RetrievalModel:
    """Model parameters common to all cells; hashable, so static in `jit`."""

    channels: ChannelSet
    permittivity: Permittivity
    nedt: tuple[float, ...]
    """Noise of each channel [K]."""
    polarization_mixing: float = 0.1771
    """Q divided by h [1]."""
    roughness_exponent: float = 2.0
    """N of exp(-h cos^N incidence) [1]."""
    soil_moisture_min: float = 0.02
    """Lower bound [m3 m-3]."""
    vod_max: float = 2.0
    """Upper bound of the core channel's VOD at nadir [1]."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Cell(Generic[ArrayT]):
    """Observations and ancillary data of one cell in one look, or of many, float32."""

    tb: Float[ArrayT, "*cell channel"]
    """Brightness temperature [K]."""
    incidence: Float[ArrayT, "*cell"]
    """Earth incidence angle [rad]."""
    soil_temperature: Float[ArrayT, "*cell"]
    """Effective soil temperature [K]."""
    canopy_temperature: Float[ArrayT, "*cell"]
    """Canopy temperature [K]."""
    clay: Float[ArrayT, "*cell"]
    """Clay fraction [1]."""
    roughness_h: Float[ArrayT, "*cell"]
    """Roughness h of the H-Q-N model [1]."""
    omega: Float[ArrayT, "*cell"]
    """Effective scattering albedo [1]."""
    vod_ratio: Float[ArrayT, "*cell"]
    """VOD at H over VOD at V [1]."""
    vod_exponent: Float[ArrayT, "*cell"]
    """x of tau ~ f^x [1]."""
    soil_moisture_max: Float[ArrayT, "*cell"]
    """Upper bound, the porosity where known [m3 m-3]."""
    vod_expected: Float[ArrayT, "*cell"]
    """VOD of the core channel expected from neighbouring looks [1]; any number if not used."""
    vod_expected_precision: Float[ArrayT, "*cell"]
    """1 / variance of the expected VOD [1]; 0 if not used, as in the single-look method."""


def vod_per_core_vod(cell: Cell[Array], model: RetrievalModel) -> PerChannel:
    """VOD of each channel over VOD of the core channel [1]."""
    # tau_k / tau_core = (rho_k / rho_core) (f_k / f_core)^x, see the module docstring.
    core, core_is_h = model.channels.core_channel, model.channels.core_is_h
    factors = []
    for channel in model.channels.channels:
        # 1 from V to H, -1 from H to V, 0 within a polarization.
        steps = (channel.polarisation == "H") - core_is_h
        polarization = cell.vod_ratio**steps
        frequency = (channel.frequency_ghz / core.frequency_ghz) ** cell.vod_exponent
        factors.append(polarization * frequency)
    return tuple(factors)


def soil_reflectivity(
    soil_moisture: Scalar, cell: Cell[Array], model: RetrievalModel
) -> PerChannel:
    """Rough-soil reflectivity of each channel [1]."""
    rough = {}
    for frequency_ghz in model.channels.frequencies_ghz:
        # Permittivity is the same at V and H.
        permittivity = model.permittivity(
            soil_moisture, cell.clay, jnp.float32(frequency_ghz * 1e9)
        )
        smooth_v, smooth_h = fresnel_reflectivity(permittivity, cell.incidence)
        # Q of the H-Q-N model is proportional to h.
        rough_v, rough_h = rough_reflectivity_wang81(
            smooth_v,
            smooth_h,
            cell.roughness_h,
            model.polarization_mixing * cell.roughness_h,
            jnp.float32(model.roughness_exponent),
            cell.incidence,
        )
        rough[frequency_ghz, "V"], rough[frequency_ghz, "H"] = rough_v, rough_h
    return tuple(rough[c.frequency_ghz, c.polarisation] for c in model.channels.channels)


def core_transmissivity(
    reflectivity: PerChannel, cell: Cell[Array], model: RetrievalModel
) -> tuple[Scalar, Scalar]:
    """Both roots of the core channel's equation for transmissivity, physical or not [1]."""
    upper, lower, _ = transmissivity_roots(
        cell.tb[model.channels.core],
        reflectivity[model.channels.core],
        cell.soil_temperature,
        cell.canopy_temperature,
        cell.omega,
    )
    return upper, lower


def core_vod(
    reflectivity: PerChannel, cell: Cell[Array], model: RetrievalModel
) -> tuple[Scalar, Scalar]:
    """VOD of the core channel for both roots, clipped to [0, vod_max] [1]."""
    # Transmissivity at the upper bound of VOD.
    opaque = transmissivity(jnp.float32(model.vod_max), cell.incidence)
    upper, lower = core_transmissivity(reflectivity, cell, model)
    return (
        optical_depth(jnp.clip(upper, opaque, 1.0), cell.incidence),
        optical_depth(jnp.clip(lower, opaque, 1.0), cell.incidence),
    )


def chosen(roots: tuple[Scalar, Scalar], root: Int[Array, ""]) -> Scalar:
    """First of two roots where `root` is 0, else the second."""
    return jnp.where(root == 0, roots[0], roots[1])


def predict(
    vod: Scalar, reflectivity: PerChannel, cell: Cell[Array], model: RetrievalModel
) -> PerChannel:
    """Brightness temperature of every channel from the VOD of the core channel [K]."""
    return tuple(
        brightness_temperature_mo82(
            r,
            cell.soil_temperature,
            cell.canopy_temperature,
            transmissivity(vod * factor, cell.incidence),
            cell.omega,
        )
        for r, factor in zip(reflectivity, vod_per_core_vod(cell, model), strict=True)
    )


def residual(
    vod: Scalar, reflectivity: PerChannel, cell: Cell[Array], model: RetrievalModel
) -> tuple[Scalar, ...]:
    """Misfit of each channel, and of expected VOD, over their standard deviations [1]."""
    modelled = predict(vod, reflectivity, cell, model)
    misfit = [(modelled[i] - cell.tb[i]) / nedt for i, nedt in enumerate(model.nedt)]
    # The precision is a constant weight; the square root has no derivative at 0.
    weight = jnp.sqrt(jax.lax.stop_gradient(cell.vod_expected_precision))
    return (*misfit, (vod - cell.vod_expected) * weight)


def dot(a: tuple[Scalar, ...], b: tuple[Scalar, ...]) -> Scalar:
    """Scalar product of residuals or their derivatives [1]."""
    return sum((x * y for x, y in zip(a, b, strict=True)), start=jnp.float32(0.0))


def costs(soil_moisture: Scalar, cell: Cell[Array], model: RetrievalModel) -> tuple[Scalar, Scalar]:
    """J of each of the two roots [1]."""
    # Reflectivity does not depend on VOD, and is computed once for both roots.
    reflectivity = soil_reflectivity(soil_moisture, cell, model)
    upper, lower = core_vod(reflectivity, cell, model)
    misfit_upper = residual(upper, reflectivity, cell, model)
    misfit_lower = residual(lower, reflectivity, cell, model)
    return dot(misfit_upper, misfit_upper), dot(misfit_lower, misfit_lower)
