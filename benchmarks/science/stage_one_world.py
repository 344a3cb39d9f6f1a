"""How good is stage one on simulated granules, by the command that takes real ones?

    python -m benchmarks.science.stage_one_world

Two worlds of the same land, weather and orbits are simulated, one with everything that the
retrieval does not model and one without any of it, SMAP over a year; `mcca-ml retrieve
--grid m25` runs on the granules of each. Writes the tables of docs/simulation.md anew.
"""

import subprocess
import sys
import tempfile
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from benchmarks.common.markdown import percent, table, write
from benchmarks.common.open_truth import open_truth
from mcca_ml.config.load import load_settings
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings, SimulateSettings
from mcca_ml.flags import Flag, is_recommended
from mcca_ml.metrics.scores import Scores, score_pairs
from mcca_ml.simulate.run import TRUTH, simulate_world

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = PROJECT / "docs" / "simulation.md"
VOD_CLASSES = (0.0, 0.1, 0.2, 0.3, 0.6, 2.0)
SPAN = (date(2015, 4, 1), date(2016, 3, 31))
BOXES = ("plateau", "north", "steppe", "congo")
WORKERS = 2


def settings(*, has_effects: bool) -> SimulateSettings:
    """Four boxes of the full world seen by SMAP alone, with everything or with noise only."""
    full = load_settings(PROJECT / "worlds" / "full.toml").simulate
    boxes = tuple(box for box in full.box if box.name in BOXES)
    changes = {"first_day": SPAN[0], "last_day": SPAN[1], "sensors": ("SMAP",), "box": boxes}
    world = full.model_copy(update={**changes, "drought": (), "networks": 0})
    if has_effects:
        return world
    clean = InstrumentSettings(
        geolocation_sd=0, rfi_l_band=0, temperature_sd=0, clay_sd=0, water_left=0
    )
    return world.model_copy(update={"effects": EffectSettings.none(), "instrument": clean})


def retrieved(folder: Path) -> list[Path]:
    """Products of the granules of a world, by the command."""
    granules = f"{folder}/granules/SPL3SMP/*/*.h5"
    out = folder / "products"
    command = [str(Path(sys.executable).with_name("mcca-ml")), "retrieve", granules]
    subprocess.run([*command, "--grid", "m25", "--out", str(out)], check=True)
    return sorted(out.glob("*.nc"))


def pairs(folder: Path) -> pd.DataFrame:
    """Every retrieved value of a land cell of the boxes, beside the truth at its time.

    Columns: `estimate` and its stated uncertainty `sd`, `truth` [m3 m-3], the true `vod` at V [1],
    `cell`, `is_good` (recommended by our flags), `is_frozen`.
    """
    truth = open_truth(folder / TRUTH)
    core = np.flatnonzero(truth.cells.is_core)
    cells = truth.cells.cell[core]
    step = truth.time[1] - truth.time[0]
    parts = []
    for path in retrieved(folder):
        with xr.open_dataset(path, engine="netcdf4") as ds:
            values = {
                name: ds[name].to_numpy()[0].reshape(ds.sizes["look"], -1)[:, cells]
                for name in ("soil_moisture", "sm_uncertainty", "flag", "obs_time")
            }
        look, place = np.nonzero(np.isfinite(values["soil_moisture"]))
        values = {name: field[look, place] for name, field in values.items()}
        at = values["obs_time"].astype("M8[us]")
        index = np.round((at - truth.time[0]) / step).astype(int).clip(0, truth.time.size - 1)
        flag = values["flag"].astype(np.uint32)
        columns = {
            "estimate": values["soil_moisture"].astype(float),
            "sd": values["sm_uncertainty"].astype(float),
            "truth": truth.state.soil_moisture[index, core[place]].astype(float),
            "vod": truth.state.vod_v[index, core[place]].astype(float),
            "cell": cells[place],
            "is_good": is_recommended(flag),
            "is_frozen": (flag & np.uint32(int(Flag.FROZEN))) != 0,
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def scores_of(values: pd.DataFrame) -> Scores:
    """Scores of the estimate against the truth."""
    return score_pairs(values["estimate"].to_numpy(), values["truth"].to_numpy())


def by_cell(values: pd.DataFrame) -> tuple[float, float]:
    """Medians over the cells of ubRMSD and R in time."""
    scored = [scores_of(one) for _, one in values.groupby("cell") if len(one) > 50]
    if not scored:
        return np.nan, np.nan
    return np.median([one.ubrmsd for one in scored]), np.median([one.r for one in scored])


def row(name: str, values: pd.DataFrame) -> list[object]:
    """Scores of some pairs."""
    if len(values) < 30:
        return [name, len(values), *[float("nan")] * 5, "-"]
    scored = scores_of(values)
    covered = float(((values["estimate"] - values["truth"]).abs() <= values["sd"]).mean())
    in_space = (float(scored.bias), float(scored.ubrmsd), float(scored.r))
    return [name, len(values), *in_space, *by_cell(values), percent(covered)]


def scores(values: pd.DataFrame) -> str:
    """The table of one world."""
    thawed = values[~values["is_frozen"]]
    rows = [
        row(f"VOD {low:g}-{high:g}", thawed[(thawed["vod"] >= low) & (thawed["vod"] < high)])
        for low, high in pairwise(VOD_CLASSES)
    ]
    rows += [
        row("recommended", values[values["is_good"]]),
        row("frozen, liquid water", values[values["is_frozen"]]),
        row("all", values),
    ]
    head = ["values", "n", "bias", "ubRMSD", "R", "ubRMSD by cell", "R by cell", "within 1 sd"]
    return table(head, rows)


def main() -> None:
    """Simulate, retrieve, score, write."""
    contents = {}
    with tempfile.TemporaryDirectory() as name:
        for key, has_effects in (("stage-one-with", True), ("stage-one-without", False)):
            folder = Path(name) / key
            simulate_world(settings(has_effects=has_effects), folder, workers=WORKERS)
            contents[key] = scores(pairs(folder))
            print(contents[key])
    write(DOCUMENT, contents)


if __name__ == "__main__":
    main()
