"""What does an LPRM-like inversion at 10.65 GHz make of simulated and real fields?

Land surface temperature from 36.5 GHz V; for each soil moisture the optical depth in closed form
(Meesters et al. 2005) from the polarization difference; the moisture that returns the observed H.
Constants as commonly quoted for LPRM at X band, not verified; Mironov 2009 stands for its
Wang-Schmugge permittivity, and the atmosphere is corrected as public LPRM scripts do.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from mcca_ml.arrays import Float32
from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import rough_reflectivity_wang81
from mcca_ml.physics.temperature import land_surface_temperature_holmes09

OMEGA, ROUGHNESS_H, MIXING = 0.06, 0.18, 0.127
AIR_OPACITY = 0.01
"""Zenith opacity that the inversion takes at 10.65 GHz [Np]."""
MOISTURE = np.arange(0.01, 0.61, 0.01, dtype=np.float32)


@dataclass(frozen=True)
class Found:
    """What LPRM would give; arrays (cell)."""

    temperature: Float32
    """[K]."""
    vod: Float32
    """At 10.65 GHz [1]."""
    soil_moisture: Float32
    """[m3 m-3]."""


def _without_air(tb: Float32, temperature: Float32, cosine: float) -> Float32:
    """Brightness temperature below the air, its reflection left out [K]."""
    through = np.exp(-AIR_OPACITY / cosine)
    return (tb - (70.2 + 0.72 * temperature) * (1 - through)) / through


def invert(tb_v: Float32, tb_h: Float32, tb_37v: Float32, clay: Float32, incidence: float) -> Found:
    """What LPRM would give for brightness temperatures at 10.65 V, 10.65 H and 36.5 V [K]."""
    temperature = np.asarray(land_surface_temperature_holmes09(jnp.asarray(tb_37v)))
    cosine = float(np.cos(incidence))
    tb_v, tb_h = (_without_air(tb, temperature, cosine) for tb in (tb_v, tb_h))
    permittivity = soil_permittivity_mironov09(
        jnp.asarray(MOISTURE)[:, None], jnp.asarray(clay)[None, :], jnp.float32(10.65e9)
    )
    angle = jnp.float32(incidence)
    rough = rough_reflectivity_wang81(
        *fresnel_reflectivity(permittivity, angle),
        jnp.float32(ROUGHNESS_H), jnp.float32(MIXING), jnp.float32(1.0), angle,
    )  # fmt: skip
    e_v, e_h = (1 - np.asarray(r) for r in rough)
    mpdi = np.maximum((tb_v - tb_h) / (tb_v + tb_h), 1e-4)
    d = 0.5 * OMEGA / (1 - OMEGA)
    a = 0.5 * ((e_v - e_h) / mpdi - e_v - e_h)
    with np.errstate(invalid="ignore"):
        vod = np.maximum(cosine * np.log(a * d + np.sqrt((a * d) ** 2 + a + 1)), 0)
    g = np.exp(-vod / cosine)
    modelled = temperature * (e_h * g + (1 - OMEGA) * (1 - g) * (1 + (1 - e_h) * g))
    misfit = np.where(np.isfinite(modelled), np.abs(modelled - tb_h), np.inf)
    best = misfit.argmin(axis=0)
    chosen = np.arange(tb_v.size)
    known = np.isfinite(misfit[best, chosen])
    return Found(
        temperature=temperature,
        vod=np.where(known, vod[best, chosen], np.nan).astype(np.float32),
        soil_moisture=np.where(known, MOISTURE[best], np.nan).astype(np.float32),
    )
