"""Is the simulated world like real fields of the same boxes: AMSR-E 18.7 GHz, LPRM?

    python -m benchmarks.science.world_against_real

Four boxes, one of each climate; simulated nights around the date of the real field, land of the
boxes without their rims. Writes a table and a figure of docs/simulation_effects.md anew; needs the
folder of real data, without which both stay as they are.
"""

import sys
from dataclasses import dataclass
from datetime import date

import matplotlib as mpl
import numpy as np

from benchmarks.common import markdown
from benchmarks.science import effect_sizes, real_states
from benchmarks.science.real_states import Places
from mcca_ml.arrays import Float64
from mcca_ml.config.simulate import BoxSettings, EffectSettings, SimulateSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.types import Patch, Truth

mpl.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 (the backend has to be chosen first)

FIGURE = effect_sizes.DOCUMENT.parent / "images" / "world_against_real.png"
SHARES = (5, 25, 50, 75, 95)
"""Quantiles of the table [%]."""
AUTUMN = (np.datetime64("2014-09-20"), np.datetime64("2014-10-19"))
"""Nights beside AMSR-E's of 2008-10-04."""
SPRING = (np.datetime64("2015-03-18"), np.datetime64("2015-04-16"))
"""Nights beside LPRM's of 2015-04-01."""
NIGHT = (0.0, 3.0)
"""Local solar time of the step nearest to 01:30 [h]."""
LEAST_SNOW = 1.0
"""Snow from which on LPRM would give nothing [mm]."""


def boxes() -> tuple[BoxSettings, ...]:
    """Boxes of 3 to 4 degrees where the real places are of the climate that the world gives."""
    places = (
        ("plateau", 32.5, 36.0, 90.0, 94.0, 4500.0, "plateau"),
        ("north", 53.5, 56.5, -108.0, -104.0, 500.0, "temperate"),
        ("plains", 36.0, 39.0, -102.5, -98.5, 700.0, "semiarid"),
        ("savanna", 9.5, 12.5, -3.0, 1.0, 300.0, "savanna"),
    )
    keys = ("name", "south", "north", "west", "east", "elevation", "climate")
    return tuple(
        BoxSettings.model_validate(dict(zip(keys, place, strict=True))) for place in places
    )


@dataclass(frozen=True)
class Pair:
    """A quantity in one box, real places and simulated cells and nights."""

    real: Float64
    simulated: Float64


def _nights(
    truth: Truth, patch: Patch, span: tuple[np.datetime64, np.datetime64], *, is_snowless: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Steps and cells of the nights of a span, over land of the box."""
    cells = np.arange(patch.cells.start, patch.cells.stop)
    cells = cells[truth.cells.is_core[cells]]
    since = (truth.time - truth.time[0]) / np.timedelta64(1, "h")
    local = (since[:, None] + truth.cells.lon[cells] / 15) % 24
    within = (truth.time >= span[0]) & (truth.time <= span[1])
    chosen = within[:, None] & (local >= NIGHT[0]) & (local < NIGHT[1])
    if is_snowless:
        chosen &= truth.state.snow_water[:, cells] < LEAST_SNOW
    step, place = np.nonzero(chosen)
    return step, cells[place]


def pairs(truth: Truth, patch: Patch) -> dict[str, Pair]:
    """The three quantities in one box."""
    core = np.flatnonzero(truth.cells.is_core)
    core = core[(core >= patch.cells.start) & (core < patch.cells.stop)]
    places = Places(truth.cells.lat[core], truth.cells.lon[core])
    real_t, real_vod = real_states.real_lprm(places)
    effects = EffectSettings()
    step, cell = _nights(truth, patch, SPRING, is_snowless=True)
    tb = real_states.seen_by_amsr2(truth.land.at(cell), truth.state.at((step, cell)), effects)
    found = real_states.inverted(truth.land.at(cell), tb)
    # LPRM gives nothing where it finds the ground frozen.
    thawed = found.temperature > WATER_FREEZING_POINT
    step, cell = _nights(truth, patch, AUTUMN, is_snowless=False)
    tb = real_states.seen_by_amsr2(truth.land.at(cell), truth.state.at((step, cell)), effects)
    return {
        "T [K]": Pair(real_t, found.temperature[thawed]),
        "VOD": Pair(real_vod, found.vod[thawed]),
        "18.7H [K]": Pair(real_states.real_18h(places), tb["18.7H"]),
    }


def world_table(found: dict[str, dict[str, Pair]]) -> str:
    """Quantiles by box."""
    rows: list[list[object]] = []
    for box, quantities in found.items():
        for name, pair in quantities.items():
            digits = 2 if name == "VOD" else 0
            for kind, values in (("real", pair.real), ("simulated", pair.simulated)):
                known = values[np.isfinite(values)]
                shown = (
                    [f"{q:.{digits}f}" for q in np.percentile(known, SHARES)] if known.size else []
                )
                first = f"{name}, {box}" if kind == "real" else ""
                rows.append([first, f"{known.size:,}", kind, *(shown or ["-"] * len(SHARES))])
    return markdown.table(["", "values", "", *(f"{share} %" for share in SHARES)], rows)


def figure(found: dict[str, dict[str, Pair]]) -> None:
    """Histograms, a row for each quantity and a column for each box."""
    edges = {
        "T [K]": np.linspace(255, 315, 41),
        "VOD": np.linspace(0, 1.2, 31),
        "18.7H [K]": np.linspace(200, 295, 39),
    }
    picture, grid = plt.subplots(
        len(edges), len(found), figsize=(11, 6), layout="constrained", sharex="row"
    )
    for column, (box, quantities) in enumerate(found.items()):
        grid[0, column].set_title(box)
        for line, (name, pair) in zip(grid[:, column], quantities.items(), strict=True):
            for values, colour, kind in (
                (pair.real, "black", "real, one night"),
                (pair.simulated, "tab:blue", "simulated world, 30 nights"),
            ):
                shown = np.clip(values[np.isfinite(values)], edges[name][0], edges[name][-1])
                if shown.size:
                    line.hist(
                        shown, edges[name], density=True, histtype="step", color=colour,
                        lw=1.5, label=kind,
                    )  # fmt: skip
            line.set(yticks=[], xlim=(edges[name][0], edges[name][-1]))
            if column == 0:
                line.set_ylabel({"T [K]": "LPRM T [K]", "VOD": "LPRM VOD [1]"}.get(name, name))
    lines = grid[2, 0].get_legend_handles_labels()
    picture.legend(*lines, loc="outside upper right", ncols=2, fontsize=9, frameon=False)
    picture.savefig(FIGURE, dpi=85, metadata={"Software": None})


def main() -> int:
    """Write table and figure anew."""
    if not real_states.is_here():
        print("world_against_real: no real fields; table and figure stay as they are")
        return 0
    settings = SimulateSettings(
        first_day=date(2014, 9, 1), last_day=date(2015, 4, 30), box=boxes(), drought=()
    )
    truth = make_truth(settings)
    found = {patch.name: pairs(truth, patch) for patch in truth.cells.patches}
    markdown.write(effect_sizes.DOCUMENT, {"world against real": world_table(found)})
    figure(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
