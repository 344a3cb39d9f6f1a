"""Effective temperatures: values by hand from the published forms."""

import jax.numpy as jnp
import pytest

from mcca_ml.physics.temperature import (
    CHOUDHURY82_WEIGHT,
    SMAP_WEIGHT_AM,
    SMAP_WEIGHT_PM,
    effective_temperature_choudhury82,
    effective_temperature_smap,
    effective_temperature_wigneron01,
    land_surface_temperature_holmes09,
)


def kelvin(*values):
    return map(jnp.float32, values)


def test_choudhury82_at_l_band():
    weight = CHOUDHURY82_WEIGHT[0.21]
    found = effective_temperature_choudhury82(*kelvin(300, 290, weight))
    assert float(found) == pytest.approx(292.46, abs=1e-3)


def test_choudhury82_sees_deeper_at_longer_waves():
    weights = [CHOUDHURY82_WEIGHT[wave] for wave in sorted(CHOUDHURY82_WEIGHT)]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    ("moisture", "expected"),
    [(0.3, 300.0), (0.15, 298.1225), (0.5, 300.0), (0.0, 290.01)],
)
def test_wigneron01(moisture, expected):
    """0.5^0.3 = 0.812252; capped at the surface above 0.3, at 0.001 in dry soil."""
    found = effective_temperature_wigneron01(*kelvin(300, 290, moisture))
    assert float(found) == pytest.approx(expected, abs=1e-3)


def test_smap_weights():
    am = effective_temperature_smap(*kelvin(300, 290, SMAP_WEIGHT_AM))
    pm = effective_temperature_smap(*kelvin(300, 290, SMAP_WEIGHT_PM))
    assert float(am) == pytest.approx(1.007 * 292.46, abs=1e-3)
    assert float(pm) == pytest.approx(302.1, abs=1e-3)


def test_holmes09_crosses_the_other_relation_where_both_are_known_to_agree():
    """1.11 TB - 15.2, ascribed to the same paper, meets it at 276.5 K and 291.7 K."""
    assert float(land_surface_temperature_holmes09(jnp.float32(276.5))) == pytest.approx(
        1.11 * 276.5 - 15.2, abs=0.01
    )
