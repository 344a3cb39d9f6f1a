"""Fresnel and roughness against textbook values and complex arithmetic."""

import jax.numpy as jnp
import numpy as np
import pytest

from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import polarization_mixing_chaubell20, rough_reflectivity_wang81


def test_glass_at_normal_incidence_reflects_four_percent():
    """Textbook: n = 1.5 gives ((n - 1) / (n + 1))^2 = 0.04."""
    np.testing.assert_allclose(
        fresnel_reflectivity(jnp.complex64(2.25), jnp.float32(0)), [0.04, 0.04], rtol=1e-6
    )


def test_glass_at_45_degrees():
    """Snell: sin t = sin 45 / 1.5, so r_h = (sin(i - t) / sin(i + t))^2, r_v with tangents."""
    inside = np.arcsin(np.sin(np.pi / 4) / 1.5)
    r_h = (np.sin(np.pi / 4 - inside) / np.sin(np.pi / 4 + inside)) ** 2
    r_v = (np.tan(np.pi / 4 - inside) / np.tan(np.pi / 4 + inside)) ** 2
    found = fresnel_reflectivity(jnp.complex64(2.25), jnp.float32(np.pi / 4))
    np.testing.assert_allclose(found, [r_v, r_h], rtol=3e-6)
    assert r_v == pytest.approx(0.0085, abs=5e-5)  # printed in optics tables: 0.85 % and 9.2 %
    assert r_h == pytest.approx(0.0920, abs=5e-5)


def test_lossy_ground_in_complex_numbers():
    rng = np.random.default_rng(0)
    permittivity = (rng.uniform(1, 80, 5000) + 1j * rng.uniform(0, 40, 5000)).astype(np.complex64)
    incidence = rng.uniform(0, 1.5, 5000).astype(np.float32)
    eps, cosine = permittivity.astype(complex), np.cos(incidence.astype(float))
    root = np.sqrt(eps - np.sin(incidence.astype(float)) ** 2)
    r_v, r_h = fresnel_reflectivity(jnp.asarray(permittivity), jnp.asarray(incidence))
    expected_v = np.abs((eps * cosine - root) / (eps * cosine + root)) ** 2
    expected_h = np.abs((cosine - root) / (cosine + root)) ** 2
    np.testing.assert_allclose(r_v, expected_v, atol=1e-6)
    np.testing.assert_allclose(r_h, expected_h, atol=1e-6)


def test_roughness_by_hand():
    """h 0.15, n 2, 40 degrees: exp(-0.15 * 0.586824) = 0.915739; q = 0.1771 h = 0.026565."""
    q = polarization_mixing_chaubell20(jnp.float32(0.15))
    assert float(q) == pytest.approx(0.026565, abs=5e-7)
    found = rough_reflectivity_wang81(*map(jnp.float32, (0.2, 0.4, 0.15, q, 2, np.deg2rad(40))))
    expected = [0.915739 * (0.2 + 0.2 * 0.026565), 0.915739 * (0.4 - 0.2 * 0.026565)]
    np.testing.assert_allclose(found, expected, rtol=3e-6)
