"""What do other algorithms retrieve with the same forward model and the same inputs?

SCA-V: single channel at V; VOD is given, soil moisture alone is sought.
DCA: both channels; soil moisture and one VOD, held near a given VOD by a penalty.
Two channels: DCA without the penalty, from one fixed start; the plain joint fit.

All take the `Cell` of the retrieval (one value a row), so that a comparison cannot differ in its
inputs, but nothing else of the retrieval: the model is put together here from `mcca_ml.physics`.
"""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from scipy.optimize import least_squares

from mcca_ml.arrays import Booleans, Float32, Float64
from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.emission import brightness_temperature_mo82, transmissivity
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import rough_reflectivity_wang81
from mcca_ml.retrieve.self_constraint import Cell

FREQUENCY = 1.41e9
LOWEST_SOIL_MOISTURE = 0.02
HIGHEST_VOD = 2.0
PENALTY_DCA = 20.0
"""lambda of DCA [K per unit of VOD]; science of the field has it so, unverified in the paper."""
BISECTIONS = 24
STEPS = 30
STARTS = (0.05, 0.2, 0.4)
"""Soil moisture from which DCA starts [m3 m-3]; the lowest cost wins."""
FIXED_START = (0.2, 0.3)
"""Soil moisture [m3 m-3] and VOD [1] from which the plain joint fit starts."""
MARGIN = 1e-3
"""Share of a range within which a value counts as at its bound."""
SMALL_STEP = 1e-3
"""Last step of soil moisture and of VOD below which a fit counts as converged."""


class Found(NamedTuple):
    """What an algorithm makes of some cells."""

    soil_moisture: Float32
    """[m3 m-3]."""
    vod: Float32
    """At nadir [1]."""
    failed: Booleans
    """No value, at a bound of soil moisture or the upper one of VOD, or not converged."""


def modelled_tb(soil_moisture: Array, vod: Array, cell: Cell[Array], mixing: float) -> Array:
    """Brightness temperature at V and H of one cell with one VOD for both [K].

    Args:
        soil_moisture: [m3 m-3].
        vod: at nadir [1].
        cell: ancillary of one cell; its ratio of VOD is not used.
        mixing: Q over h [1].
    """
    permittivity = soil_permittivity_mironov09(soil_moisture, cell.clay, jnp.float32(FREQUENCY))
    smooth = fresnel_reflectivity(permittivity, cell.incidence)
    h = cell.roughness_h
    rough = rough_reflectivity_wang81(*smooth, h, mixing * h, jnp.float32(2.0), cell.incidence)
    return brightness_temperature_mo82(
        jnp.stack(rough),
        cell.soil_temperature,
        cell.canopy_temperature,
        transmissivity(vod, cell.incidence),
        cell.omega,
    )


def failed(soil_moisture: Float32, highest: Float32, vod: Float32, converged: Booleans) -> Booleans:
    """Whether a retrieval failed; one rule for all algorithms.

    VOD at 0 is no failure: that is what bare ground has.
    """
    margin = MARGIN * (highest - LOWEST_SOIL_MOISTURE)
    at_bound = (soil_moisture <= LOWEST_SOIL_MOISTURE + margin) | (
        soil_moisture >= highest - margin
    )
    return ~np.isfinite(soil_moisture) | at_bound | (vod >= HIGHEST_VOD * (1 - MARGIN)) | ~converged


@partial(jax.jit, static_argnames="mixing")
def _bisect(cell: Cell[Array], vod: Array, mixing: float) -> Array:
    """Soil moisture at which V is met; TB at V falls with soil moisture at 40 degrees."""

    def one(c: Cell[Array], given: Array) -> Array:
        def step(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = (ends[0] + ends[1]) / 2
            too_warm = modelled_tb(middle, given, c, mixing)[0] > c.tb[0]
            return jnp.where(too_warm, middle, ends[0]), jnp.where(too_warm, ends[1], middle)

        ends = (jnp.float32(LOWEST_SOIL_MOISTURE), c.soil_moisture_max)
        low, high = jax.lax.fori_loop(0, BISECTIONS, step, ends)
        return (low + high) / 2

    return jax.vmap(one)(cell, vod)


def sca_v(cell: Cell[Float32], vod: Float32, mixing: float) -> Found:
    """Soil moisture from V alone, with the given VOD at nadir [1]."""
    soil_moisture = np.asarray(_bisect(cell, vod, mixing))
    converged = np.ones(len(vod), np.bool_)
    return Found(soil_moisture, vod, failed(soil_moisture, cell.soil_moisture_max, vod, converged))


@partial(jax.jit, static_argnames=("mixing", "penalty"))
def _marquardt(
    cell: Cell[Array], prior: Array, start: Array, mixing: float, penalty: float
) -> tuple[Array, Array, Array]:
    """State (cell, 2), cost [K2] and size of the last step taken, by Levenberg-Marquardt."""

    def one(c: Cell[Array], expected: Array, x0: Array) -> tuple[Array, Array, Array]:
        low = jnp.array([LOWEST_SOIL_MOISTURE, 0.0])
        high = jnp.stack([c.soil_moisture_max, jnp.float32(HIGHEST_VOD)])

        def misfit(x: Array) -> Array:
            tb = modelled_tb(x[0], x[1], c, mixing) - c.tb
            return jnp.append(tb, penalty * (x[1] - expected))

        def step(_: int, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            x, damping, moved = state
            r, j = misfit(x), jax.jacfwd(misfit)(x)
            gradient, normal = j.T @ r, j.T @ j
            # An unknown that its bound holds back must not bend the step of the other.
            held = ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0))
            normal = jnp.where(held[:, None] | held[None, :], 0.0, normal)
            scale = jnp.where(held, 1.0, jnp.diag(normal) * (1 + damping) + 1e-6)
            cross = normal[0, 1]
            g = jnp.where(held, 0.0, gradient)
            determinant = scale[0] * scale[1] - cross**2
            change = jnp.stack(
                [scale[1] * g[0] - cross * g[1], scale[0] * g[1] - cross * g[0]]
            ) / jnp.maximum(determinant, 1e-12)
            proposal = jnp.clip(x - change, low, high)
            better = jnp.sum(misfit(proposal) ** 2) < jnp.sum(r**2)
            size = jnp.where(better, jnp.max(jnp.abs(proposal - x)), moved)
            damping = jnp.where(better, damping / 5, damping * 4)
            return jnp.where(better, proposal, x), jnp.clip(damping, 1e-7, 1e7), size

        begin = (jnp.clip(x0, low, high), jnp.float32(1e-2), jnp.float32(jnp.inf))
        x, _, moved = jax.lax.fori_loop(0, STEPS, step, begin)
        return x, jnp.sum(misfit(x) ** 2), moved

    return jax.vmap(one)(cell, prior, start)


def _fit(
    cell: Cell[Float32], prior: Float32, starts: list[Float32], mixing: float, penalty: float
) -> Found:
    """The best of the fits from the given starts."""
    states, costs, moves = zip(
        *(_marquardt(cell, prior, start, mixing, penalty) for start in starts), strict=True
    )
    best = np.argmin(np.stack(costs), axis=0)
    rows = np.arange(len(prior))
    state = np.stack(states)[best, rows]
    converged = np.stack(moves)[best, rows] < SMALL_STEP
    soil_moisture, vod = state[:, 0], state[:, 1]
    return Found(soil_moisture, vod, failed(soil_moisture, cell.soil_moisture_max, vod, converged))


def dca(cell: Cell[Float32], prior: Float32, mixing: float) -> Found:
    """Soil moisture and VOD from both channels, VOD held near `prior` (at nadir) [1].

    Formula: (TB_V misfit)^2 + (TB_H misfit)^2 + (20 K)^2 (VOD - prior)^2
    """
    starts = [np.stack([np.full_like(prior, m), prior], axis=1) for m in STARTS]
    return _fit(cell, prior, starts, mixing, PENALTY_DCA)


def two_channels(cell: Cell[Float32], mixing: float) -> Found:
    """Soil moisture and VOD from both channels without any prior, from one fixed start."""
    rows = len(cell.clay)
    start = np.tile(np.array(FIXED_START, np.float32), (rows, 1))
    return _fit(cell, np.zeros(rows, np.float32), [start], mixing, 0.0)


class _Water(NamedTuple):
    """Dry soil, bound and free water of Mironov 2009 for one clay fraction [1]."""

    limit: float
    dry: complex
    bound: complex
    free: complex


def _water(clay: float) -> _Water:
    """Coefficients of Mironov 2009 at 1.41 GHz in plain Python."""

    def index(static: float, time: float, conductivity: float) -> complex:
        x = 2 * math.pi * FREQUENCY * time
        lossy = (static - 4.9) * x / (1 + x * x)
        lossy += conductivity / (2 * math.pi * 8.8541878128e-12 * FREQUENCY)
        return complex(4.9 + (static - 4.9) / (1 + x * x), lossy) ** 0.5

    return _Water(
        limit=0.02863 + 0.30673 * clay,
        dry=complex(1.634 - 0.539 * clay + 0.2748 * clay**2, 0.03952 - 0.04038 * clay),
        bound=index(
            79.8 - 85.4 * clay + 32.7 * clay**2, 1.062e-11 + 3.45e-12 * clay, 0.3112 + 0.467 * clay
        ),
        free=index(100.0, 8.5e-12, 0.3631 + 1.217 * clay),
    )


def two_channels_scipy(cell: Cell[Float32], mixing: float) -> Found:
    """As `two_channels`, by scipy's least_squares, cell by cell in plain Python floats.

    Plain floats are the fastest way to evaluate one cell in Python, and what does not depend on
    the unknowns is computed once a cell: the peer of the speed benchmark is to be a fair one.
    """
    states, converged = [], []
    for i in range(len(cell.clay)):
        rest = (cell.incidence, cell.soil_temperature, cell.canopy_temperature)
        numbers = [float(v[i]) for v in (*rest, cell.roughness_h, cell.omega)]
        residual = _python_residual(
            cell.tb[i].tolist(), numbers, _water(float(cell.clay[i])), mixing
        )
        highest = float(cell.soil_moisture_max[i])
        bounds = ([LOWEST_SOIL_MOISTURE, 0.0], [highest, HIGHEST_VOD])
        fit = least_squares(residual, FIXED_START, bounds=bounds, x_scale=(0.1, 0.3))
        states.append(fit.x)
        converged.append(fit.status > 0)
    state = np.array(states, np.float32).reshape(-1, 2)
    lost = failed(state[:, 0], cell.soil_moisture_max, state[:, 1], np.array(converged, np.bool_))
    return Found(state[:, 0], state[:, 1], lost)


def _python_residual(tb: list[float], numbers: list[float], water: _Water, mixing: float):
    """Misfit at V and H [K] as a function of soil moisture and VOD."""
    incidence, soil_temperature, canopy_temperature, h, omega = numbers
    cosine, sine = math.cos(incidence), math.sin(incidence)
    loss, q = math.exp(-h * cosine**2), mixing * h

    def residual(x: Float64) -> list[float]:
        soil_moisture, vod = float(x[0]), float(x[1])
        n = water.dry + (water.bound - 1) * min(soil_moisture, water.limit)
        n += (water.free - 1) * max(soil_moisture - water.limit, 0.0)
        permittivity = n * n
        root = (permittivity - sine * sine) ** 0.5
        r_h = abs((cosine - root) / (cosine + root)) ** 2
        r_v = abs((permittivity * cosine - root) / (permittivity * cosine + root)) ** 2
        through = math.exp(-vod / cosine)
        out = []
        for own, other, seen in ((r_v, r_h, tb[0]), (r_h, r_v, tb[1])):
            r = ((1 - q) * own + q * other) * loss
            canopy = canopy_temperature * (1 - omega) * (1 - through) * (1 + r * through)
            out.append(soil_temperature * (1 - r) * through + canopy - seen)
        return out

    return residual
