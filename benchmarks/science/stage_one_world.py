"""How good is stage one on simulated granules, by the command that takes real ones?

    python -m benchmarks.science.stage_one_world

Two worlds of the same land, weather and orbits are simulated, one with everything that the
retrieval does not model and one without any of it, SMAP over a year; `mcca-ml retrieve
--grid m25` runs on the granules of each. Writes the tables of docs/simulation.md anew.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.common.markdown import percent, table, write
from benchmarks.common.open_truth import open_truth
from mcca_ml.arrays import AnyArray, Booleans, Float64, Int64
from mcca_ml.config.load import load
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings, SimulateSettings
from mcca_ml.flags import Flag, is_recommended
from mcca_ml.metrics.scores import scores_of_pairs
from mcca_ml.simulate.run import TRUTH, simulate_world

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = PROJECT / "docs" / "simulation.md"
VOD_CLASSES = (0.0, 0.1, 0.2, 0.3, 0.6, 2.0)
SPAN = (date(2015, 4, 1), date(2016, 3, 31))
BOXES = ("plateau", "north", "steppe", "congo")
WORKERS = 2


@dataclass(frozen=True)
class Pairs:
    """Retrieved and true values of the same cell and time."""

    found: Float64
    """Soil moisture [m3 m-3]."""
    sd: Float64
    """Its stated uncertainty [m3 m-3]."""
    truth: Float64
    """[m3 m-3]"""
    vod: Float64
    """True VOD at V [1]."""
    cell: Int64
    is_good: Booleans
    """Recommended by our flags."""
    is_frozen: Booleans

    def of(self, chosen: Booleans) -> "Pairs":
        """Some of the pairs."""
        return Pairs(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def settings(*, has_effects: bool) -> SimulateSettings:
    """Four boxes of the full world seen by SMAP alone, with everything or with noise only."""
    full = load(PROJECT / "worlds" / "full.toml").simulate
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


def pairs(folder: Path) -> Pairs:
    """Every retrieved value of a land cell of the boxes, beside the truth at its time."""
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
        at = values["obs_time"][look, place].astype("M8[us]")
        index = np.round((at - truth.time[0]) / step).astype(int).clip(0, truth.time.size - 1)
        flag = values["flag"][look, place].astype(np.uint32)
        parts.append(
            Pairs(
                values["soil_moisture"][look, place].astype(float),
                values["sm_uncertainty"][look, place].astype(float),
                truth.state.soil_moisture[index, core[place]].astype(float),
                truth.state.vod_v[index, core[place]].astype(float),
                cells[place],
                is_recommended(flag),
                (flag & np.uint32(int(Flag.FROZEN))) != 0,
            )
        )
    return Pairs(*(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True)))


def _columns(found: Pairs) -> list[AnyArray]:
    return [getattr(found, name) for name in found.__dataclass_fields__]


def by_cell(found: Pairs) -> tuple[float, float]:
    """Medians over the cells of ubRMSD and R in time."""
    scored = [
        (of_cell.ubrmsd, of_cell.r)
        for one in (found.of(found.cell == cell) for cell in np.unique(found.cell))
        if one.found.size > 50
        for of_cell in (scores_of_pairs(one.found, one.truth),)
    ]
    return tuple(np.median(scored, axis=0)) if scored else (np.nan, np.nan)


def row(name: str, found: Pairs) -> list[object]:
    """Scores of some pairs."""
    if found.found.size < 30:
        return [name, found.found.size, *[float("nan")] * 5, "-"]
    scored = scores_of_pairs(found.found, found.truth)
    covered = float((np.abs(found.found - found.truth) <= found.sd).mean())
    return [
        name,
        found.found.size,
        float(scored.bias),
        float(scored.ubrmsd),
        float(scored.r),
        *by_cell(found),
        percent(covered),
    ]


def scores(found: Pairs) -> str:
    """The table of one world."""
    rows = [
        row(
            f"VOD {low:g}-{high:g}",
            found.of((found.vod >= low) & (found.vod < high) & ~found.is_frozen),
        )
        for low, high in zip(VOD_CLASSES, VOD_CLASSES[1:], strict=False)
    ]
    rows += [
        row("recommended", found.of(found.is_good)),
        row("frozen, liquid water", found.of(found.is_frozen)),
        row("all", found),
    ]
    head = ["values", "n", "bias", "ubRMSD", "R", "ubRMSD by cell", "R by cell", "within 1 sd"]
    return table(head, rows)


def main() -> int:
    """Simulate, retrieve, score, write."""
    contents = {}
    with tempfile.TemporaryDirectory() as name:
        for key, has_effects in (("stage-one-with", True), ("stage-one-without", False)):
            folder = Path(name) / key
            simulate_world(settings(has_effects=has_effects), folder, workers=WORKERS)
            contents[key] = scores(pairs(folder))
            print(contents[key])
    write(DOCUMENT, contents)
    return 0


if __name__ == "__main__":
    sys.exit(main())
