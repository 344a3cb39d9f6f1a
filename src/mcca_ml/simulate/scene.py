"""Simulated brightness temperature of a scene of known truth, by the forward model."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from mcca_ml.arrays import Float32
from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.emission import brightness_temperature_mo82, transmissivity
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import polarization_mixing_chaubell20, rough_reflectivity_wang81
from mcca_ml.sensors import Channel

VOD_FREQUENCY_GHZ = 1.41
"""Frequency at which `Scene.vod_v` is stated."""


@dataclass(frozen=True)
class Scene:
    """True state of some cells; all arrays (cell) or (time, look, cell)."""

    soil_moisture: Float32
    """[m3 m-3]."""
    vod_v: Float32
    """VOD at V and 1.41 GHz, at nadir [1]."""
    soil_temperature: Float32
    """Effective [K]."""
    canopy_temperature: Float32
    """[K]."""
    clay: Float32
    """Clay fraction [1]."""
    roughness_h: Float32
    """[1]."""
    omega: Float32
    """Scattering albedo [1]."""
    vod_ratio: Float32
    """VOD at H over VOD at V [1]."""
    vod_exponent: Float32
    """x of tau ~ f^x [1]."""
    incidence: Float32
    """[rad]."""


def uniform_scene(soil_moisture: Float32, vod_v: Float32, *, incidence_deg: float = 40.0) -> Scene:
    """Scene of given soil moisture [m3 m-3] and VOD at V [1], with constant typical properties."""
    shape = np.broadcast_shapes(soil_moisture.shape, vod_v.shape)

    def everywhere(value: float) -> Float32:
        return np.full(shape, value, np.float32)

    return Scene(
        soil_moisture=np.broadcast_to(soil_moisture, shape).astype(np.float32),
        vod_v=np.broadcast_to(vod_v, shape).astype(np.float32),
        soil_temperature=everywhere(290.0),
        canopy_temperature=everywhere(290.0),
        clay=everywhere(0.2),
        roughness_h=everywhere(0.13),
        omega=everywhere(0.07),
        vod_ratio=everywhere(1.0),
        vod_exponent=everywhere(0.45),
        incidence=everywhere(float(np.deg2rad(incidence_deg))),
    )


def _one_channel(scene: dict[str, Array], channel: Channel) -> Array:
    """Brightness temperature of one channel over a scene given as JAX arrays [K]."""
    frequency = jnp.float32(channel.frequency_ghz * 1e9)
    permittivity = soil_permittivity_mironov09(scene["soil_moisture"], scene["clay"], frequency)
    smooth_v, smooth_h = fresnel_reflectivity(permittivity, scene["incidence"])
    rough_v, rough_h = rough_reflectivity_wang81(
        smooth_v,
        smooth_h,
        scene["roughness_h"],
        polarization_mixing_chaubell20(scene["roughness_h"]),
        jnp.float32(2.0),
        scene["incidence"],
    )
    at_v = channel.polarisation == "V"
    vod = scene["vod_v"] * (channel.frequency_ghz / VOD_FREQUENCY_GHZ) ** scene["vod_exponent"]
    through = transmissivity(vod if at_v else vod * scene["vod_ratio"], scene["incidence"])
    return brightness_temperature_mo82(
        rough_v if at_v else rough_h,
        scene["soil_temperature"],
        scene["canopy_temperature"],
        through,
        scene["omega"],
    )


def scene_tb(
    scene: Scene, channels: Sequence[Channel], rng: np.random.Generator | None = None
) -> Float32:
    """Brightness temperature of a scene [K], (..., channel).

    Args:
        scene: true state of the cells, arrays (...).
        channels: frequency, polarization and noise of each channel.
        rng: random generator of the noise; None: no noise.
    """
    arrays = {f.name: jnp.asarray(getattr(scene, f.name), jnp.float32) for f in fields(scene)}
    layers = [np.asarray(jax.jit(_one_channel, static_argnums=1)(arrays, c)) for c in channels]
    tb = np.stack(layers, axis=-1)
    if rng is not None:
        tb = tb + rng.standard_normal(tb.shape) * np.array([c.nedt for c in channels])
    return tb.astype(np.float32)
