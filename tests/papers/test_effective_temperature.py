"""Effective temperatures: values by hand from the published forms."""

import jax.numpy as jnp
import pytest

from mcca_ml.physics.temperature import (
    CHOUDHURY82_WEIGHT,
    SMAP_WEIGHT_AM,
    effective_temperature_choudhury82,
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


def test_smap_weighs_its_upper_layer_at_6_am_as_choudhury82_at_21_cm():
    assert CHOUDHURY82_WEIGHT[0.21] == SMAP_WEIGHT_AM


def test_holmes09_crosses_the_other_relation_where_both_are_known_to_agree():
    """1.11 TB - 15.2, ascribed to the same paper, meets it at 276.5 K and 291.7 K."""
    assert float(land_surface_temperature_holmes09(jnp.float32(276.5))) == pytest.approx(
        1.11 * 276.5 - 15.2, abs=0.01
    )
