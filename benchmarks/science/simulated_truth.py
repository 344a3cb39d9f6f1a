"""How do MCCA and its peers do on simulated truth, over soil moisture and VOD?"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from benchmarks.common import peers
from benchmarks.common import rows as tabular
from benchmarks.common.markdown import percent, table
from benchmarks.common.scores import coverage, score
from mcca_ml.arrays import Booleans, Float32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.scene import Scene, scene_tb, uniform_scene

CELLS = 20_000
SEED = 20150401
VOD_CLASSES = (0.0, 0.1, 0.3, 0.6, 0.9, 1.2)
PRIOR_TOO_HIGH = 1.2


@dataclass(frozen=True)
class World:
    """Truth, what is believed of the ancillary values, and what was seen."""

    truth: Scene
    believed: Scene
    tb: Float32


def world(ancillary_errors: bool) -> World:
    """Simulated cells with 1.3 K noise; with ancillary errors of the stated sizes, or none."""
    rng = np.random.default_rng(SEED)
    moisture = rng.uniform(0.02, 0.5, CELLS).astype(np.float32)
    vod = rng.uniform(0.0, VOD_CLASSES[-1], CELLS).astype(np.float32)
    believed = uniform_scene(moisture, vod)
    truth = believed
    if ancillary_errors:
        settings = RetrieveSettings()

        def shifted(value: Float32, sd: float) -> Float32:
            return (value + rng.normal(0.0, sd, CELLS)).astype(np.float32)

        warmer = rng.normal(0.0, settings.temperature_sd, CELLS).astype(np.float32)
        truth = replace(
            believed,
            omega=np.maximum(shifted(believed.omega, settings.omega_sd), 0),
            soil_temperature=believed.soil_temperature + warmer,
            canopy_temperature=believed.canopy_temperature + warmer,
            roughness_h=np.maximum(shifted(believed.roughness_h, settings.roughness_sd), 0),
            clay=np.clip(shifted(believed.clay, settings.clay_sd), 0, 1),
            vod_ratio=shifted(believed.vod_ratio, settings.vod_ratio_sd),
        )
    return World(truth, believed, scene_tb(truth, SMAP.channels, rng))


def retrievals(
    seen: World, ancillary_errors: bool
) -> tuple[dict[str, tabular.Retrieved | peers.Found], tabular.Retrieved]:
    """What every algorithm makes of the same cells; MCCA apart as well, for its uncertainty."""
    settings = RetrieveSettings()
    rows = tabular.rows_of_scene(seen.believed, seen.tb, settings)
    if not ancillary_errors:
        rows = replace(rows, clay_sd=0 * rows.clay_sd, temperature_sd=0 * rows.temperature_sd)
    error = None if ancillary_errors else tabular.no_error()
    ours = tabular.mcca(rows, tabular.smap_model(settings), settings, error)
    mixing, vod = settings.polarization_mixing, seen.truth.vod_v
    high = (vod * np.float32(PRIOR_TOO_HIGH)).astype(np.float32)
    found: dict[str, tabular.Retrieved | peers.Found] = {
        "MCCA, no prior": ours,
        "two channels, no prior": peers.two_channels(rows.cell, mixing),
        "DCA, VOD prior true": peers.dca(rows.cell, vod, mixing),
        "DCA, VOD prior 20 % too high": peers.dca(rows.cell, high, mixing),
        "SCA-V, VOD true": peers.sca_v(rows.cell, vod, mixing),
        "SCA-V, VOD 20 % too high": peers.sca_v(rows.cell, high, mixing),
    }
    return found, ours


def _classes(vod: Float32) -> dict[str, Booleans]:
    named = {
        f"{low:.1f}-{high:.1f}": (vod >= low) & (vod < high) for low, high in pairwise(VOD_CLASSES)
    }
    return {**named, "all": np.ones(len(vod), np.bool_)}


def comparison(ancillary_errors: bool) -> tuple[str, str]:
    """Table of all algorithms by VOD, and table of our intervals by VOD."""
    seen = world(ancillary_errors)
    found, ours = retrievals(seen, ancillary_errors)
    truth, classes = seen.truth.soil_moisture, _classes(seen.truth.vod_v)
    lines: list[tuple[object, ...]] = []
    for name, result in found.items():
        scores = [
            score(result.soil_moisture[inside], truth[inside], result.failed[inside])
            for inside in classes.values()
        ]
        texts = (
            f"{s.bias:+.3f} / {s.ubrmsd:.3f} / {s.r:.2f} / {100 * s.failure:.0f} %" for s in scores
        )
        lines.append((name, *texts))
    intervals = []
    for label, inside in {**classes, "what our flags recommend": ours.recommended}.items():
        estimate, sd = ours.soil_moisture[inside], ours.sd[inside]
        shares = [percent(coverage(estimate, sd, truth[inside], k)) for k in (1.0, 1.96)]
        found_rms = score(estimate, truth[inside]).ubrmsd
        intervals.append((label, int(inside.sum()), float(np.median(sd)), found_rms, *shares))
    head = (
        "VOD",
        "cells",
        "median sd",
        "ubRMSD",
        "within 1 sd (68.3 %)",
        "within 1.96 sd (95.0 %)",
    )
    counts = (f"{label} ({int(inside.sum()):,d})" for label, inside in classes.items())
    return table(("algorithm", *counts), lines), table(head, intervals)


def tables() -> dict[str, str]:
    """All tables of simulated truth, by the name of their markers."""
    contents = {}
    for name, has_errors in (("simulated-perfect", False), ("simulated-errors", True)):
        contents[name], contents[f"{name}-intervals"] = comparison(ancillary_errors=has_errors)
    return contents
