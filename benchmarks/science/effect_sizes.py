"""By how many kelvin does each effect of the simulated emission move each channel?

    python -m benchmarks.science.effect_sizes

Writes the tables of docs/simulation_effects.md anew; needs no data.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.common import markdown
from benchmarks.common.uniform_truth import uniform_land, uniform_state
from mcca_ml.config.simulate import EffectSettings
from mcca_ml.sensors import AMSR2, SMAP
from mcca_ml.simulate.observe.emission import brightness_temperature
from mcca_ml.simulate.truth.types import Land

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "simulation_effects.md"


def _number(value: float) -> np.ndarray:
    return np.full(1, value, np.float32)


def patchy_land() -> Land:
    """Grass with some trees on moister soil, a lake in it."""
    land = uniform_land(1)
    grass = replace(land.first, vod_factor=_number(0.7), moisture_factor=_number(0.9))
    trees = replace(
        land.first,
        vod_factor=_number(1.7),
        moisture_factor=_number(1.233),
        omega=_number(0.09),
        roughness_h=_number(0.16),
    )
    return replace(land, first=grass, second=trees, water_fraction=_number(0.02))


SUMMER = {
    "surface_temperature": 288.0,
    "deep_temperature": 291.0,
    "canopy_temperature": 286.0,
    "air_temperature": 286.0,
    "vapour": 20.0,
    "cloud_water": 0.1,
    "rain_rate": 0.5,
}
"""Moist soil under VOD 0.2, a canopy 2 K colder than the surface, light rain."""
WINTER = {
    "soil_moisture": 0.06,
    "total_water": 0.25,
    "surface_temperature": 266.0,
    "deep_temperature": 272.0,
    "canopy_temperature": 262.0,
    "air_temperature": 260.0,
    "vod_v": 0.15,
    "snow_water": 60.0,
    "vapour": 4.0,
}
"""Frozen ground under 60 mm of snow."""


def seen(values: Mapping[str, float], effects: EffectSettings) -> np.ndarray:
    """Brightness temperature of SMAP's and AMSR2's channels [K]."""
    state = replace(uniform_state(1), **{name: _number(value) for name, value in values.items()})
    parts = []
    for sensor in (SMAP, AMSR2):
        angle = _number(np.deg2rad(sensor.incidence_deg))
        parts.append(
            brightness_temperature(patchy_land(), state, angle, sensor.channels, effects)[0]
        )
    return np.concatenate(parts)


def effects_table(case: Mapping[str, float]) -> str:
    """Brightness temperature with all effects, and what is lost where one of them is off [K]."""
    everything = EffectSettings()
    full = seen(case, everything)
    rows = [
        ["all effects", *(f"{tb:.1f}" for tb in full)],
        ["none", *(f"{tb:.1f}" for tb in seen(case, EffectSettings.none()))],
    ]
    for name in EffectSettings.model_fields:
        without = seen(case, everything.model_copy(update={name: 0.0}))
        rows.append([f"`{name}`", *(f"{tb:+.1f}" for tb in full - without)])
    return markdown.table(["", *(c.name for c in (*SMAP.channels, *AMSR2.channels))], rows)


def tables() -> dict[str, str]:
    """The tables by their markers."""
    return {
        "effects in summer": effects_table(SUMMER),
        "effects in winter": effects_table(WINTER),
    }


if __name__ == "__main__":
    markdown.write(DOCUMENT, tables())
