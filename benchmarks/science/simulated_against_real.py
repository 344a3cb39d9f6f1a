"""Are simulated fields like real ones: AMSR-E at 18.7 GHz, LPRM's temperature and VOD?

    python -m benchmarks.science.simulated_against_real

Writes the tables of docs/simulation_effects.md and its figure anew; needs the folder of real data
(MCCA_ML_DATA or ../shared/data), without which both stay as they are.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.common import markdown, pictures
from benchmarks.common.distributions import HEADS, Line, Row, histograms, quantiles
from benchmarks.science import effect_sizes, real_states
from benchmarks.science.real_states import CLASSES, RealDay
from mcca_ml.arrays import Float64
from mcca_ml.config.simulate import EffectSettings

FIGURE = effect_sizes.DOCUMENT.parent / "images" / "simulated_against_real.png"
NORTH_18H = (5.0, 45.0)
"""Latitudes of the comparison with AMSR-E: April and October are least apart there [degree]."""
FEWEST = 100
KINDS = (
    Line("real", "black", 1.6),
    Line("simulated, all effects", "tab:blue", 1.2),
    Line("simulated, no effect", "tab:orange", 1.2),
)


@dataclass(frozen=True)
class Compared:
    """One quantity, real and simulated; arrays (cell), one per kind."""

    unit: str
    values: tuple[Float64, Float64, Float64]

    def of(self, chosen: np.ndarray) -> list[Float64]:
        """Each kind where all are known and the cell is chosen."""
        known = chosen & np.isfinite(np.stack(self.values)).all(axis=0)
        return [kind[known] for kind in self.values]


def compared(day: RealDay) -> dict[str, Compared]:
    """The three quantities of the real ground."""
    ts, vod = real_states.real_lprm(day.places)
    tb = [
        real_states.seen_by_amsr2(day.land, day.state, effects)
        for effects in (EffectSettings(), EffectSettings.none())
    ]
    found = [real_states.inverted(day.land, one) for one in tb]
    return {
        "ts": Compared("K", (ts, found[0].temperature, found[1].temperature)),
        "vod": Compared("1", (vod, found[0].vod, found[1].vod)),
        "18.7H": Compared("K", (real_states.real_18h(day.places), tb[0]["18.7H"], tb[1]["18.7H"])),
    }


def _rows(name: str, quantity: Compared, day: RealDay, within: np.ndarray) -> list[list[object]]:
    rows: list[list[object]] = []
    for cover, classes in CLASSES.items():
        kinds = quantity.of(within & np.isin(day.land_cover, classes))
        if kinds[0].size < FEWEST:
            continue
        for kind, values in zip(KINDS, kinds, strict=True):
            first = kind is KINDS[0]
            r = "" if first else f"{np.corrcoef(kinds[0], values)[0, 1]:.2f}"
            shown = quantiles(values, digits=2 if quantity.unit == "1" else 0)
            head = [f"{name}, {cover}" if first else "", f"{values.size:,}", kind.label]
            rows.append([*head, *shown, r])
    return rows


def northern_belt(day: RealDay) -> np.ndarray:
    """Whether each place is of the comparison with AMSR-E."""
    south, north = NORTH_18H
    return (day.places.lat > south) & (day.places.lat < north)


def tables(day: RealDay, quantities: dict[str, Compared]) -> dict[str, str]:
    """Quantiles by land cover."""
    everywhere = np.ones(day.land_cover.size, np.bool_)
    head = ["", "cells", "", *HEADS, "R with real"]
    lprm = _rows("T [K]", quantities["ts"], day, everywhere)
    lprm += _rows("VOD", quantities["vod"], day, everywhere)
    amsre = _rows("18.7H [K]", quantities["18.7H"], day, northern_belt(day))
    return {
        "against lprm": markdown.table(head, lprm),
        "against amsr-e": markdown.table(head, amsre),
    }


def figure(day: RealDay, quantities: dict[str, Compared]) -> None:
    """Histograms by land cover, a row for each quantity."""
    belt = northern_belt(day)
    everywhere = np.ones_like(belt)
    shown = (
        ("ts", "LPRM surface\ntemperature [K]", everywhere, np.linspace(265, 315, 41)),
        ("vod", "LPRM VOD\n10.65 GHz [1]", everywhere, np.linspace(0, 1.4, 36)),
        ("18.7H", "AMSR-E\n18.7 GHz H [K]", belt, np.linspace(190, 295, 43)),
    )
    rows = []
    for name, label, within, edges in shown:
        chosen = (within & np.isin(day.land_cover, classes) for classes in CLASSES.values())
        rows.append(Row(label, edges, [quantities[name].of(cells) for cells in chosen]))
    picture, grid = histograms(rows, [*CLASSES], KINDS, (13, 6.2))
    for panels, row in zip(grid, rows, strict=True):
        for axes, kinds in zip(panels, row.columns, strict=True):
            axes.text(0.03, 0.94, f"{kinds[0].size:,}", transform=axes.transAxes, va="top", size=8)
    pictures.save(picture, FIGURE, dpi=85)


def main() -> None:
    """Write tables and figure anew."""
    if not real_states.is_here():
        print("simulated_against_real: no real fields; tables and figure stay as they are")
        return
    day = real_states.real_day()
    quantities = compared(day)
    markdown.write(effect_sizes.DOCUMENT, tables(day, quantities))
    figure(day, quantities)


if __name__ == "__main__":
    main()
