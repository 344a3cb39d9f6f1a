"""Is the simulated world like real fields of the same boxes: AMSR-E 18.7 GHz, LPRM?

    python -m benchmarks.science.world_against_real

Four boxes, one of each climate; simulated nights around the date of the real field, land of the
boxes without their rims. Writes a table and a figure of docs/simulation_effects.md anew; needs the
folder of real data, without which both stay as they are.
"""

from pathlib import Path

import numpy as np

from benchmarks.common import markdown, pictures
from benchmarks.common.distributions import HEADS, Line, Row, histograms, quantiles
from benchmarks.science import effect_sizes, real_states
from mcca_ml.arrays import Float64
from mcca_ml.config.load import load_settings
from mcca_ml.config.simulate import EffectSettings
from mcca_ml.constants import WATER_FREEZING_POINT
from mcca_ml.grid.ease2 import Place
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.types import Patch, WorldTruth

WORLD = Path(__file__).with_suffix(".toml")
FIGURE = effect_sizes.DOCUMENT.parent / "images" / "world_against_real.png"
AUTUMN = (np.datetime64("2014-09-20"), np.datetime64("2014-10-19"))
"""Nights beside AMSR-E's of 2008-10-04."""
SPRING = (np.datetime64("2015-03-18"), np.datetime64("2015-04-16"))
"""Nights beside LPRM's of 2015-04-01."""
NIGHT = (0.0, 3.0)
"""Local solar time of the step nearest to 01:30 [h]."""
LEAST_SNOW = 1.0
"""Snow from which on LPRM would give nothing [mm]."""


Pair = tuple[Float64, Float64]
"""A quantity in one box, real places and simulated cells and nights."""


def _nights(
    truth: WorldTruth, patch: Patch, span: tuple[np.datetime64, np.datetime64], *, is_snowless: bool
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


def pairs(truth: WorldTruth, patch: Patch) -> dict[str, Pair]:
    """The three quantities in one box."""
    core = np.flatnonzero(truth.cells.is_core)
    core = core[(core >= patch.cells.start) & (core < patch.cells.stop)]
    places = Place(truth.cells.lat[core], truth.cells.lon[core])
    real_t, real_vod = real_states.real_lprm(places)
    effects = EffectSettings()
    step, cell = _nights(truth, patch, SPRING, is_snowless=True)
    tb = real_states.seen_by_amsr2(truth.land.at(cell), truth.state.at((step, cell)), effects)
    found = real_states.inverted(truth.land.at(cell), tb)
    # LPRM gives nothing where it finds the ground frozen.
    thawed = found.temperature > WATER_FREEZING_POINT
    step, cell = _nights(truth, patch, AUTUMN, is_snowless=False)
    tb = real_states.seen_by_amsr2(truth.land.at(cell), truth.state.at((step, cell)), effects)
    quantities = {
        "T [K]": (real_t, found.temperature[thawed]),
        "VOD": (real_vod, found.vod[thawed]),
        "18.7H [K]": (real_states.real_18h(places), tb["18.7H"]),
    }
    return {
        name: (real[np.isfinite(real)], simulated[np.isfinite(simulated)])
        for name, (real, simulated) in quantities.items()
    }


def world_table(boxes_found: dict[str, dict[str, Pair]]) -> str:
    """Quantiles by box."""
    rows: list[list[object]] = []
    for box, quantities in boxes_found.items():
        for name, pair in quantities.items():
            for kind, values in zip(("real", "simulated"), pair, strict=True):
                first = f"{name}, {box}" if kind == "real" else ""
                shown = quantiles(values, digits=2 if name == "VOD" else 0)
                rows.append([first, f"{values.size:,}", kind, *shown])
    return markdown.table(["", "values", "", *HEADS], rows)


def figure(boxes_found: dict[str, dict[str, Pair]]) -> None:
    """Histograms, a row for each quantity and a column for each box."""
    shown = {
        "T [K]": ("LPRM T [K]", np.linspace(255, 315, 41)),
        "VOD": ("LPRM VOD [1]", np.linspace(0, 1.2, 31)),
        "18.7H [K]": ("18.7H [K]", np.linspace(200, 295, 39)),
    }
    rows = [
        Row(label, edges, [quantities[name] for quantities in boxes_found.values()])
        for name, (label, edges) in shown.items()
    ]
    kinds = (
        Line("real, one night", "black", 1.5),
        Line("simulated world, 30 nights", "tab:blue", 1.5),
    )
    picture, _ = histograms(rows, [*boxes_found], kinds, (11, 6))
    pictures.save(picture, FIGURE, dpi=85)


def main() -> None:
    """Write table and figure anew."""
    if not real_states.is_here():
        print("world_against_real: no real fields; table and figure stay as they are")
        return
    truth = make_truth(load_settings(WORLD).simulate)
    found = {patch.name: pairs(truth, patch) for patch in truth.cells.patches}
    markdown.write(effect_sizes.DOCUMENT, {"world against real": world_table(found)})
    figure(found)


if __name__ == "__main__":
    main()
