"""Soil moisture alone is searched; VOD of the core channel follows from it in closed form."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares

from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.retrieve.channels import choose_channels
from mcca_ml.retrieve.search import search_cell
from mcca_ml.retrieve.self_constraint import (
    Cell,
    RetrievalModel,
    core_vod,
    costs,
    predict,
    soil_reflectivity,
)
from mcca_ml.sensors import AMSR2, SMAP

CELLS = 64
TOGETHER = 500
"""Cells of the largest call: all calls are filled up to it, so that one program serves a model."""


def model_for(sensor, core=""):
    channels = choose_channels(sensor, core=core)
    nedt = tuple(channel.nedt for channel in channels.channels)
    return RetrievalModel(channels, soil_permittivity_mironov09, nedt)


def cells_for(count, incidence_deg, *, canopy_warmer=0.0, **changes):
    """Cells with ordinary ancillary and no brightness temperature yet."""
    ones = jnp.ones(count, jnp.float32)
    cell = Cell(
        tb=jnp.zeros((count, 1), jnp.float32),
        incidence=ones * jnp.float32(np.deg2rad(incidence_deg)),
        soil_temperature=290 * ones,
        canopy_temperature=(290 + canopy_warmer) * ones,
        clay=0.2 * ones,
        roughness_h=0.13 * ones,
        omega=0.07 * ones,
        vod_ratio=ones,
        vod_exponent=0.45 * ones,
        soil_moisture_max=0.6 * ones,
        vod_expected=0 * ones,
        vod_expected_precision=0 * ones,
    )
    return replace(cell, **changes)


def of_cells(one, arguments):
    """A function of one cell for each of some cells, the last of them repeated to fill the call."""
    leaves, structure = jax.tree.flatten(arguments)
    count = len(leaves[0])
    filled = [jnp.concatenate([a, jnp.repeat(a[-1:], TOGETHER - count, axis=0)]) for a in leaves]
    found = jax.jit(jax.vmap(one))(*jax.tree.unflatten(structure, filled))
    return jax.tree.map(lambda leaf: leaf[:count], found)


def observe(soil_moisture, vod, cell, model):
    """Brightness temperature of a state; `vod` is that of the core channel."""

    def one(m, tau, c):
        return jnp.stack(predict(tau, soil_reflectivity(m, c, model), c, model))

    return of_cells(one, (jnp.float32(soil_moisture), jnp.float32(vod), cell))


def solve(cell, model):
    return of_cells(lambda c: search_cell(c, model), (cell,))


def core_misfit(soil_moisture, vod, cell, model):
    """|TB modelled - TB observed| of the core channel [K]."""
    modelled = observe(soil_moisture, vod, cell, model)
    return np.abs(np.asarray(modelled - cell.tb))[:, model.channels.core]


def joint_fit(cell, model):
    """The plain alternative: soil moisture and VOD fitted together to all channels."""

    @jax.jit
    def misfit(x, one):
        modelled = predict(x[1], soil_reflectivity(x[0], one, model), one, model)
        return (jnp.stack(modelled) - one.tb) / jnp.array(model.nedt)

    states = []
    for i in range(CELLS):
        one = jax.tree.map(lambda leaf, i=i: leaf[i], cell)
        fit = least_squares(
            lambda x, one=one: np.asarray(misfit(jnp.float32(x), one), np.float64),
            [0.2, 0.3],
            bounds=([0.02, 0], [0.6, 2]),
            diff_step=1e-3,
        )
        states.append(fit.x)
    return np.array(states).T


def test_the_core_channel_is_met_exactly_where_a_joint_fit_spreads_the_misfit():
    """Four channels that no state explains: MCCA meets the core, a joint fit meets none.

    This fails when the self-constraint is replaced by a joint fit of soil moisture and VOD.
    """
    model = model_for(AMSR2)
    rng = np.random.default_rng(0)
    cell = cells_for(CELLS, 55.0)
    truth = rng.uniform(0.08, 0.35, CELLS), rng.uniform(0.1, 0.4, CELLS)
    tb = observe(*truth, cell, model)
    cell = replace(cell, tb=tb + jnp.float32(rng.normal(0, 3.0, tb.shape)))
    found = solve(cell, model)
    inside = (np.asarray(found.vod) > 0.01) & (np.asarray(found.vod) < 1.9)
    assert inside.mean() > 0.8
    met = core_misfit(found.soil_moisture, found.vod, cell, model)[inside]
    spread = core_misfit(*joint_fit(cell, model), cell, model)[inside]
    assert met.max() < 0.02
    assert np.median(spread) > 0.3


@pytest.mark.parametrize("canopy_warmer", [-5.0, 0.0, 5.0])
def test_both_roots_meet_the_core_channel_for_any_canopy_temperature(canopy_warmer):
    model = model_for(SMAP)
    moisture, vod = np.meshgrid(np.linspace(0.03, 0.5, 8), np.linspace(0.02, 1.0, 8))
    cell = cells_for(CELLS, 40.0, canopy_warmer=canopy_warmer)
    cell = replace(cell, tb=observe(moisture.ravel(), vod.ravel(), cell, model))

    def roots(m, c):
        return jnp.stack(core_vod(soil_reflectivity(m, c, model), c, model))

    found = np.asarray(jax.jit(jax.vmap(roots))(jnp.float32(moisture.ravel()), cell))
    nearest = np.abs(found - vod.reshape(-1, 1)).min(axis=1)
    # H near the fold of its two roots: VOD is the square root of a rounding error there.
    assert np.quantile(nearest, 0.9) < 1e-4
    assert nearest.max() < 2e-2


def test_a_core_at_v_over_dry_soil_needs_the_second_root():
    """The upper root alone biases a core at V by +0.05 at soil moisture 0.05 and VOD 0.6."""
    model = model_for(SMAP, core="1.41V")
    cell = cells_for(3, 40.0)
    truth = np.array([0.04, 0.05, 0.06]), np.array([0.5, 0.6, 0.7])
    cell = replace(cell, tb=observe(*truth, cell, model))
    found = solve(cell, model)
    np.testing.assert_allclose(found.soil_moisture, truth[0], atol=3e-3)
    assert np.asarray(found.root).tolist() == [1, 1, 1]

    def upper_only(c):
        trial = jnp.linspace(0.02, 0.6, 2001)
        return trial[jnp.argmin(jax.vmap(lambda m: costs(m, c, model)[0])(trial))]

    biased = np.asarray(jax.jit(jax.vmap(upper_only))(cell)) - truth[0]
    assert (biased > 0.02).all()


@pytest.mark.parametrize("sensor", [SMAP, AMSR2])
def test_the_search_is_global(sensor):
    """Against brute force: no point of a fine grid has a lower cost, noise or not."""
    model = model_for(sensor)
    rng = np.random.default_rng(1)
    cell = cells_for(500, sensor.incidence_deg)
    scale = 1.0 if sensor is SMAP else 0.5
    tb = observe(rng.uniform(0.02, 0.5, 500), scale * rng.uniform(0, 1.2, 500), cell, model)
    cell = replace(cell, tb=tb + jnp.float32(rng.normal(0, 1.3, tb.shape)))
    found = solve(cell, model)

    def brute(c):
        return jnp.min(
            jax.vmap(lambda m: jnp.stack(costs(m, c, model)))(jnp.linspace(0.02, 0.6, 3000))
        )

    lowest = np.asarray(jax.jit(jax.vmap(brute))(cell))
    excess = (np.asarray(found.cost) - lowest) / (1 + lowest)
    # Within 0.3 % of cells the minimum is a cusp (where both roots meet) narrower than the search.
    assert np.quantile(excess, 0.99) < 1e-3
    assert excess.max() < 0.5
    assert np.asarray(found.converged).mean() > 0.99


def test_an_unreachable_observation_is_left_with_its_cost():
    """Colder at V than at H: no state gives that, so the misfit stays and nothing is invented."""
    model = model_for(SMAP)
    cell = cells_for(1, 40.0, tb=jnp.array([[220.0, 260.0]], jnp.float32))
    found = solve(cell, model)
    assert float(found.cost[0]) > 9
    assert 0.02 <= float(found.soil_moisture[0]) <= 0.6 + 1e-6


def test_expected_vod_pulls_the_solution_towards_it():
    model = model_for(SMAP)
    cell = cells_for(1, 40.0)
    cell = replace(cell, tb=observe([0.25], [0.4], cell, model))
    pulled = replace(
        cell,
        vod_expected=jnp.array([0.6], jnp.float32),
        vod_expected_precision=jnp.array([1 / 0.05**2], jnp.float32),
    )
    assert float(solve(pulled, model).vod[0]) > float(solve(cell, model).vod[0]) + 0.05
