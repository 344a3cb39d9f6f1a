"""The simulated emission of real ground beside real AMSR-E and LPRM fields, and LPRM's inversion.

The bounds are loose on purpose: they hold the order of what docs/simulation_effects.md shows.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.emission import brightness_temperature_mo82, transmissivity
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import rough_reflectivity_wang81

ALL, NONE = 1, 2  # places of the kinds in `Compared.values`, after the real one


def test_lprm_inverts_its_own_model(bench):
    lprm = bench("lprm")
    moisture, vod = (
        np.array(values, np.float32) for values in ([0.05, 0.2, 0.35], [0.1, 0.4, 0.7])
    )
    clay = np.full(3, 0.2, np.float32)
    angle, warm = jnp.float32(0.96), 290.0
    permittivity = soil_permittivity_mironov09(
        jnp.asarray(moisture), jnp.asarray(clay), jnp.float32(10.65e9)
    )
    rough = rough_reflectivity_wang81(
        *fresnel_reflectivity(permittivity, angle),
        jnp.float32(lprm.ROUGHNESS_H), jnp.float32(lprm.MIXING), jnp.float32(1.0), angle,
    )  # fmt: skip
    through = np.exp(-lprm.AIR_OPACITY / np.cos(0.96))
    air = (70.2 + 0.72 * warm) * (1 - through)
    tb_v, tb_h = (
        air
        + through
        * np.asarray(
            brightness_temperature_mo82(
                r,
                jnp.float32(warm),
                jnp.float32(warm),
                transmissivity(jnp.asarray(vod), angle),
                jnp.float32(lprm.OMEGA),
            )
        )
        for r in rough
    )
    found = lprm.invert(tb_v, tb_h, np.full(3, (warm - 44.8) / 0.893, np.float32), clay, 0.96)
    np.testing.assert_allclose(found.temperature, warm, atol=0.01)
    np.testing.assert_allclose(found.soil_moisture, moisture, atol=0.011)
    np.testing.assert_allclose(found.vod, vod, atol=0.02)


@pytest.fixture(scope="module")
def fields(real_data, bench):
    """The real day, and what was compared on it."""
    day = bench("real_states").real_day()
    return day, bench("simulated_against_real").compared(day)


def medians(bench, fields, name, cover):
    """Median of each kind over a land cover, where the documented table has it."""
    day, quantities = fields
    chosen = np.isin(day.land_cover, bench("real_states").CLASSES[cover])
    if name == "18.7H":
        south, north = bench("simulated_against_real").NORTH_18H
        chosen &= (day.places.lat > south) & (day.places.lat < north)
    return [float(np.median(kind)) for kind in quantities[name].of(chosen)]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("cover", "within"),
    [("barren", 5), ("open shrubland", 12), ("cropland", 12), ("savanna", 8)],
)
def test_deserts_and_fields_shine_at_18_ghz_as_amsre_saw_them(bench, fields, cover, within):
    real, simulated, _ = medians(bench, fields, "18.7H", cover)
    assert abs(simulated - real) < within


@pytest.mark.real_data
def test_without_the_effects_deserts_are_too_dark(bench, fields):
    real, simulated, without = medians(bench, fields, "18.7H", "barren")
    assert real - without > 10 > abs(simulated - real)


@pytest.mark.real_data
@pytest.mark.parametrize("cover", ["open shrubland", "grassland", "cropland", "savanna"])
def test_lprm_finds_the_temperature_of_the_same_night(bench, fields, cover):
    real, simulated, _ = medians(bench, fields, "ts", cover)
    assert abs(simulated - real) < 4


@pytest.mark.real_data
def test_lprm_finds_more_vegetation_where_there_is_more(bench, fields):
    covers = ("barren", "open shrubland", "grassland", "cropland", "savanna")
    found = np.array([medians(bench, fields, "vod", cover) for cover in covers])
    assert np.corrcoef(found[:, 0], found[:, ALL])[0, 1] > 0.9
    assert (abs(found[:, ALL] - found[:, 0]) < 0.25).all()
    assert abs(found[:, ALL] - found[:, 0]).mean() < abs(found[:, NONE] - found[:, 0]).mean()
