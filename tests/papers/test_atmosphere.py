"""Gases, clouds and rain against published tables and two other libraries.

The numbers of the libraries were computed on 2026-11-25 with pyrtlib 1.2.0 (model R19SD, AFGL
atmospheres) and itur 0.4.0 (ITU-R P.838-3, P.840), which are no dependency.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from mcca_ml.physics.atmosphere import (
    absorption_at,
    cloud_absorption_rayleigh,
    dry_opacity,
    mean_temperature,
    rain_opacity_itu838,
)

# Wentz and Meissner (2000), AMSR ocean algorithm, as five public codes carry it: opacity of oxygen
# [Np] at an effective temperature of 270 K, of vapour and of cloud water at 10 C [Np m2 kg-1].
WENTZ_MEISSNER = {
    6.925: (8.34e-3, 0.07e-3, 0.0078),
    10.65: (9.08e-3, 0.18e-3, 0.0183),
    18.7: (12.15e-3, 1.73e-3, 0.0556),
    23.8: (15.75e-3, 5.14e-3, 0.0891),
    36.5: (40.06e-3, 1.88e-3, 0.2027),
}


@pytest.mark.parametrize("frequency", WENTZ_MEISSNER)
def test_gases_agree_with_the_algorithm_of_amsr(frequency):
    oxygen, vapour, _ = WENTZ_MEISSNER[frequency]
    ours = absorption_at(frequency)
    # 270 K of the column goes with some 297 K of the ground over the sea.
    at_297_kelvin = dry_opacity(jnp.float32(ours.dry), jnp.float32(0), jnp.float32(297))
    assert float(at_297_kelvin) == pytest.approx(oxygen, rel=0.03)
    assert ours.vapour == pytest.approx(vapour, rel=0.11)


@pytest.mark.parametrize("frequency", WENTZ_MEISSNER)
def test_cloud_absorption_agrees_with_the_algorithm_of_amsr(frequency):
    ours = cloud_absorption_rayleigh(jnp.float32(283.15), jnp.float32(frequency * 1e9))
    assert float(ours) == pytest.approx(WENTZ_MEISSNER[frequency][2], rel=0.07)


# itur: dB km-1 for 1 g m-3 at 0 C, thus dB for 1 kg m-2.
@pytest.mark.parametrize(
    ("frequency", "decibel"), [(10.65, 0.10483), (18.7, 0.31564), (23.8, 0.50062), (36.5, 1.09754)]
)
def test_cloud_absorption_agrees_with_itu(frequency, decibel):
    ours = cloud_absorption_rayleigh(jnp.float32(273.15), jnp.float32(frequency * 1e9))
    assert float(ours) * 10 / np.log(10) == pytest.approx(decibel, rel=0.04)


# pyrtlib: AFGL tropical, mid-latitude winter, subarctic winter from the sea, US standard from 4 km;
# temperature of the lowest level [K], then the dry opacity at 10.65, 18.7 and 36.5 GHz [Np].
PROFILES = [
    (0, 299.7, (0.00886, 0.01191, 0.03911)),
    (0, 272.2, (0.01012, 0.01363, 0.04500)),
    (0, 257.2, (0.01067, 0.01437, 0.04756)),
    (4000, 262.2, (0.00412, 0.00555, 0.01839)),
    (4000, 247.7, (0.00414, 0.00558, 0.01854)),
]


@pytest.mark.parametrize(("elevation", "temperature", "opacities"), PROFILES)
def test_dry_opacity_follows_pressure_and_temperature(elevation, temperature, opacities):
    for frequency, expected in zip((10.65, 18.7, 36.5), opacities, strict=True):
        at_sea = jnp.float32(absorption_at(frequency).dry)
        ours = dry_opacity(at_sea, jnp.float32(elevation), jnp.float32(temperature))
        assert float(ours) == pytest.approx(expected, rel=0.07)


# pyrtlib, US standard atmosphere with 14.33 kg m-2: transmissivity at zenith, dry and wet.
@pytest.mark.parametrize(
    ("frequency", "transmissivity"), [(10.65, 0.98811), (18.7, 0.96418), (36.5, 0.93504)]
)
def test_zenith_transmissivity_of_the_standard_atmosphere(frequency, transmissivity):
    line = absorption_at(frequency)
    dry = dry_opacity(jnp.float32(line.dry), jnp.float32(0), jnp.float32(288.2))
    assert np.exp(-float(dry) - line.vapour * 14.33) == pytest.approx(transmissivity, abs=2e-4)


# itur: k and a at H, then at V.
@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (6.925, (0.00172, 1.4876, 0.00140, 1.4833)),
        (10.65, (0.0155879, 1.2197978, 0.0151541, 1.186987)),
        (18.7, (0.0787048, 1.0594251, 0.0826231, 1.0076633)),
        (19.35, (0.0853942, 1.0518492, 0.0889039, 1.0016887)),
        (21.3, (0.107256, 1.0300259, 0.1089971, 0.9856048)),
        (23.8, (0.1393857, 1.0034063, 0.1382455, 0.9665884)),
        (36.5, (0.3658887, 0.8885219, 0.3555003, 0.8701822)),
        (36.64, (0.36882, 0.8875, 0.35841, 0.8692)),
        (37.0, (0.3763677, 0.8847473, 0.3659123, 0.866646)),
    ],
)
def test_rain_coefficients_are_those_of_itu(frequency, expected):
    line = absorption_at(frequency)
    ours = (line.rain_h, line.power_h, line.rain_v, line.power_v)
    assert ours == pytest.approx(expected, rel=5e-4)


def test_rain_to_the_freezing_level():
    """10 mm/h at 10.65 GHz H: 0.0155879 x 10^1.2197978 = 0.2586 dB/km, over 2 km at 286.15 K."""
    line = absorption_at(10.65)
    ours = rain_opacity_itu838(
        jnp.float32(10), jnp.float32(286.15), jnp.float32(line.rain_h), jnp.float32(line.power_h)
    )
    assert float(ours) * 10 / np.log(10) == pytest.approx(2 * 0.2586, rel=1e-3)


def test_between_the_lines_absorption_is_between_them():
    low, ours, high = (absorption_at(f) for f in (36.5, 36.64, 37.0))
    assert low.dry < ours.dry < high.dry
    assert low.rain_v < ours.rain_v < high.rain_v


# pyrtlib, mean radiating temperature of the same atmospheres at 10.65, 18.7 and 36.5 GHz; the last
# one from 4 km.
@pytest.mark.parametrize(
    ("air", "means"),
    [
        (299.7, (280.1, 286.7, 283.5)),
        (288.2, (264.0, 270.4, 266.2)),
        (257.2, (246.2, 248.4, 246.6)),
        (262.2, (240.8, 244.0, 241.4)),
    ],
)
def test_mean_temperature_of_the_atmosphere(air, means):
    assert float(mean_temperature(jnp.float32(air))) == pytest.approx(np.mean(means), abs=6.0)
