"""Snow and soil of simulated worlds: nothing is lost, and every store keeps within its bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth.water import (
    ROOT_MM,
    SURFACE_MM,
    Stores,
    liquid_limit_anderson72,
    snow_share,
    snow_step,
    soil_properties,
    soil_step,
)

LONGEST_H = 24.0


def one(value: float) -> np.ndarray:
    return np.array([value], np.float64)


@st.composite
def soils(draw):
    """A soil, and stores within its bounds."""
    clay, porosity, cover = (
        draw(st.floats(low, high)) for low, high in ((0.03, 0.6), (0.36, 0.65), (0, 1))
    )
    soil = soil_properties(one(clay), one(porosity), one(cover))
    filled = [draw(st.floats(0, 1)) for _ in range(2)]
    surface, root = (soil.residual + f * (soil.porosity - soil.residual) for f in filled)
    return soil, Stores(surface * SURFACE_MM, root * ROOT_MM)


@given(
    soils(),
    st.floats(0, 200),
    st.floats(0, 1),
    st.floats(WATER_FREEZING_POINT - 40, WATER_FREEZING_POINT + 30),
    st.floats(0.1, LONGEST_H),
)
def test_soil_keeps_water_and_bounds(soil_and_stores, rain, potential, temperature, hours):
    soil, before = soil_and_stores
    limit = liquid_limit_anderson72(soil, one(temperature))
    after, out = soil_step(before, soil, one(rain), one(potential), limit, hours=hours)
    gone = out.runoff + out.evaporation + out.transpiration + out.deep_drainage
    balance = before.surface + before.root + rain - after.surface - after.root - gone
    assert balance == pytest.approx(0, abs=1e-9 * (1 + rain))
    for flux in (out.runoff, out.evaporation, out.transpiration, out.deep_drainage):
        assert flux >= -1e-12
    for store, thickness in ((after.surface, SURFACE_MM), (after.root, ROOT_MM)):
        assert store >= soil.residual * thickness - 1e-9
        assert store <= soil.porosity * thickness + 1e-9
    assert out.evaporation + out.transpiration <= potential * hours + 1e-12


@given(soils(), st.floats(0, 1), st.floats(0.1, LONGEST_H))
def test_without_rain_soil_only_dries(soil_and_stores, potential, hours):
    soil, stores = soil_and_stores
    warm = liquid_limit_anderson72(soil, one(WATER_FREEZING_POINT + 5))
    for _ in range(20):
        before = stores.surface
        stores, _ = soil_step(stores, soil, one(0), one(potential), warm, hours=hours)
        assert stores.surface <= before


@given(soils(), st.floats(0, 20), st.floats(0, 0.8))
def test_steps_may_be_cut(soil_and_stores, rain, potential):
    """Half as long steps give nearly the same: the balance does not hang on its step."""
    soil, start = soil_and_stores
    warm = liquid_limit_anderson72(soil, one(WATER_FREEZING_POINT + 5))
    whole, _ = soil_step(start, soil, one(rain), one(potential), warm, hours=1.5)
    stores = start
    for _ in range(2):
        stores, _ = soil_step(stores, soil, one(rain / 2), one(potential), warm, hours=0.75)
    assert stores.surface == pytest.approx(whole.surface, abs=0.2)


@given(
    st.floats(0, 500),
    st.floats(0, 50),
    st.floats(WATER_FREEZING_POINT - 30, WATER_FREEZING_POINT + 25),
    st.floats(0, 1),
)
def test_snow_keeps_water_and_never_melts_in_the_cold(snow, fallen, air, sublimation):
    after, melted, gone = snow_step(one(snow), one(fallen), one(air), one(sublimation), 3.0)
    assert after + melted + gone == pytest.approx(snow + fallen)
    assert min(after, melted, gone) >= 0
    if air <= WATER_FREEZING_POINT:
        assert melted == 0


def test_all_is_snow_in_the_cold_and_rain_in_the_warm():
    air = WATER_FREEZING_POINT + np.array([-5.0, -1.0, 0.5, 2.0, 9.0])
    assert snow_share(air) == pytest.approx([1, 1, 0.5, 0, 0])


@given(soils(), st.floats(0.01, 40), st.floats(0.01, 40))
def test_colder_soil_holds_less_liquid(soil_and_stores, first, second):
    soil, _ = soil_and_stores
    warmer, colder = (
        liquid_limit_anderson72(soil, one(WATER_FREEZING_POINT - below))
        for below in sorted((first, second))
    )
    assert 0 < colder <= warmer <= soil.porosity


def test_nothing_freezes_above_the_freezing_point():
    soil = soil_properties(one(0.2), one(0.5), one(0.5))
    for above in (0.0, 1e-3, 20.0):
        limit = liquid_limit_anderson72(soil, one(WATER_FREEZING_POINT + above))
        assert limit == soil.porosity
