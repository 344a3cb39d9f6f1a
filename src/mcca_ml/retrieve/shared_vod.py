"""Derivatives of the misfit of one look by VOD, VOD ratio and static errors, at a given VOD.

With VOD shared by the looks of a window, soil moisture is the only unknown of a look. It is found
as in `search`, and then eliminated from the linearised problem by projection: the remaining misfit
r and derivatives constrain VOD and ratio over many looks. Derivatives are taken at the shared VOD,
because the noise of the VOD of a single look would correlate derivative and misfit and bias the
ratio.
"""

from dataclasses import dataclass, replace
from typing import Generic

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mcca_ml.retrieve.search import minimise
from mcca_ml.retrieve.self_constraint import (
    ArrayT,
    Cell,
    RetrievalModel,
    Scalar,
    predict,
    soil_reflectivity,
)
from mcca_ml.retrieve.uncertainty import InputError

STATIC = 3
"""Number of errors that are constant in a cell: albedo, roughness, clay."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Products(Generic[ArrayT]):
    """Scalar products of misfit and derivatives of one look, with soil moisture eliminated.

    For many looks NumPy arrays (..., look, cell), 0 where a look is not usable.

    p: derivative by VOD at V; q: by the ratio; r: misfit; s: by one sd of each static error. All
    in units of noise, where noise is that of the channels and of temperature.
    """

    pp: ArrayT
    pq: ArrayT
    qq: ArrayT
    pr: ArrayT
    qr: ArrayT
    ps: ArrayT
    qs: ArrayT
    rs: ArrayT
    ss: ArrayT


def _core_vod(vod_v: Scalar, ratio: Scalar, model: RetrievalModel) -> Scalar:
    """VOD of the core channel from VOD at V of its frequency [1]."""
    return vod_v * ratio if model.channels.core_is_h else vod_v


def _misfit(
    soil_moisture: Scalar, vod_v: Scalar, cell: Cell[Array], model: RetrievalModel
) -> Float[Array, " channel"]:
    """Modelled less observed brightness temperature over noise [1]."""
    reflectivity = soil_reflectivity(soil_moisture, cell, model)
    tb = predict(_core_vod(vod_v, cell.vod_ratio, model), reflectivity, cell, model)
    misfit: Array = (jnp.stack(tb) - cell.tb) / jnp.array(model.nedt, jnp.float32)
    return misfit


def products_cell(
    vod_v: Scalar, cell: Cell[Array], error: InputError[Array], model: RetrievalModel
) -> Products[Array]:
    """Products of one look, at the best soil moisture for the given VOD.

    Args:
        vod_v: VOD at V shared by the looks of a window [1].
        cell: observation and ancillary data of the look, with the current `vod_ratio`.
        error: standard deviations of albedo, temperature, roughness and clay.
        model: model common to all cells.
    """
    soil_moisture, _ = minimise(
        lambda m: jnp.sum(_misfit(m, vod_v, cell, model) ** 2),
        jnp.float32(model.soil_moisture_min),
        cell.soil_moisture_max,
    )

    def moved(x: Float[Array, " unknown"]) -> Float[Array, " channel"]:
        m, vod, ratio, temperature, omega, roughness, clay = x
        # Soil and canopy have the same temperature error.
        there = replace(
            cell,
            vod_ratio=cell.vod_ratio + ratio,
            soil_temperature=cell.soil_temperature + temperature * error.temperature,
            canopy_temperature=cell.canopy_temperature + temperature * error.temperature,
            omega=cell.omega + omega * error.omega,
            roughness_h=cell.roughness_h + roughness * error.roughness_h,
            clay=cell.clay + clay * error.clay,
        )
        return _misfit(soil_moisture + m, vod_v + vod, there, model)

    # Unknowns in the order of `moved`: columns of the Jacobian `slopes`.
    zero = jnp.zeros(4 + STATIC, jnp.float32)
    misfit, slopes = moved(zero), jax.jacfwd(moved)(zero)
    by_moisture = slopes[:, 0]
    # The floor keeps the projection finite where soil moisture has no effect.
    length = jnp.maximum(jnp.dot(by_moisture, by_moisture), 1e-8)

    def project(v: Float[Array, " channel"]) -> Float[Array, " channel"]:
        # v - u (u . v) / (u . u): the part orthogonal to changes of soil moisture.
        rest: Array = v - by_moisture * jnp.dot(by_moisture, v) / length
        return rest

    r, p, q, t = (project(v) for v in (misfit, slopes[:, 1], slopes[:, 2], slopes[:, 3]))
    s = jnp.stack([project(slopes[:, 4 + i]) for i in range(STATIC)])
    # Temperature errors are independent between looks and count as noise: exact for two channels.
    noise = 1.0 + jnp.dot(t, t)
    return Products(
        pp=jnp.dot(p, p) / noise,
        pq=jnp.dot(p, q) / noise,
        qq=jnp.dot(q, q) / noise,
        pr=jnp.dot(p, r) / noise,
        qr=jnp.dot(q, r) / noise,
        ps=s @ p / noise,
        qs=s @ q / noise,
        rs=s @ r / noise,
        ss=s @ s.T / noise,
    )
