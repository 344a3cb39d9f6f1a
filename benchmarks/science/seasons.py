"""What does a season at once gain over single looks? SIMULATED."""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from benchmarks.common.markdown import percent, table
from benchmarks.common.scene_dataset import scene_dataset
from benchmarks.common.scores import score
from mcca_ml.arrays import Float32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.retrieve.season import retrieve_season
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.scene import Scene, uniform_scene

CELLS, SEED = 200, 7
FIRST_DAY = "2015-04-01"
VOD_CHANGE = 0.15
"""Rise of VOD over the season as a share of its mean [1]."""
RATIO_SD, OMEGA_WRONG = 0.1, 0.02
LIMITS = (0.8, 1.2)
"""Bounds of a simulated ratio, as those of the retrieval [1]."""


@dataclass(frozen=True)
class Case:
    """One simulated season."""

    name: str
    days: int
    vod: float
    omega_error: float
    """True less believed albedo [1]."""
    settings: RetrieveSettings
    """Among them the stated errors: how well albedo, roughness and clay are believed known."""


ORDINARY = RetrieveSettings()
TRUSTING = RetrieveSettings(omega_sd=0.0, roughness_sd=0.0, clay_sd=0.0, temperature_sd=0.0)
CASES = tuple(
    Case(f"{days} days, VOD {vod:.1f}, errors {stated}, omega {label}", days, vod, wrong, settings)
    for stated, settings in (("as stated by default", ORDINARY), ("stated as none", TRUSTING))
    for days in (90, 180)
    for vod in (0.2, 0.5)
    for label, wrong in (("right", 0.0), ("0.02 too low", OMEGA_WRONG))
)


def _moisture(days: int, rng: np.random.Generator) -> Float32:
    """Soil moisture of cells that dry between rains [m3 m-3], (day, look am, cell)."""
    wet = rng.uniform(0.10, 0.30, CELLS)
    value, out = wet, []
    for _ in range(days):
        rain = (rng.random(CELLS) < 0.2) * rng.gamma(2.0, 0.05, CELLS)
        value = np.clip(value + rain - 0.12 * (value - 0.5 * wet), 0.03, 0.45)
        out.append(value)
    return np.array(out, np.float32)[:, None, :]


def season(case: Case) -> tuple[xr.Dataset, Scene]:
    """What was seen, with believed ancillary values, and the truth. Half the looks are missing."""
    rng = np.random.default_rng(SEED)
    phase = np.sin(2 * np.pi * np.arange(case.days) / 360.0)[:, None, None]
    vod = np.broadcast_to(case.vod * (1 + VOD_CHANGE * phase), (case.days, 1, CELLS))
    ordinary = uniform_scene(_moisture(case.days, rng), vod.astype(np.float32))
    ratio = np.clip(rng.normal(1.0, RATIO_SD, CELLS), *LIMITS).astype(np.float32)
    truth = replace(
        ordinary,
        vod_ratio=np.broadcast_to(ratio, vod.shape).astype(np.float32),
        omega=(ordinary.omega + np.float32(case.omega_error)).astype(np.float32),
    )
    grid = ease2.by_name("EASE2_M36")
    cells = np.arange(CELLS) + 150 * grid.columns + 400
    ds = scene_dataset(truth, SMAP, grid, cells, first_day=FIRST_DAY, rng=rng)
    lost = rng.random(vod.shape) < 0.5
    tb = ds["tb"].where(~xr.DataArray(lost, dims=("time", "look", "cell")))
    return ds.assign(tb=tb.assign_attrs(units="K").astype(np.float32)), truth


def _line(case: Case) -> tuple[object, ...]:
    """Scores of both modes on one season."""
    ds, truth = season(case)
    one, many = retrieve(ds, case.settings), retrieve_season(ds, case.settings)
    ratio = truth.vod_ratio[0, 0]
    found = many["vod_ratio"].to_numpy()
    flag = many["flag"].to_numpy()
    kept = ((flag & np.uint32(int(Flag.VOD_RATIO_FROM_PRIOR))) != 0).any(axis=(0, 1))
    looks = [
        score(mode["soil_moisture"].to_numpy().ravel(), truth.soil_moisture.ravel())
        for mode in (one, many)
    ]
    sd = float(np.median(many["vod_ratio_uncertainty"].to_numpy()))
    return (
        case.name,
        percent(float(kept.mean())),
        float(np.sqrt(np.mean((ratio - 1.0) ** 2))),
        float(np.sqrt(np.mean((found - ratio) ** 2))),
        f"{float(np.mean(found - ratio)):+.3f}",
        sd,
        *(f"{s.bias:+.3f} / {s.ubrmsd:.3f}" for s in looks),
    )


def tables() -> dict[str, str]:
    """The table of the seasons, by the name of its markers."""
    head = ("season", "prior kept", "rmse of ratio, prior", "rmse, estimated", "its bias")
    head += ("stated sd", "look: bias / ubRMSD", "season: bias / ubRMSD")
    return {"seasons": table(head, [_line(case) for case in CASES])}
