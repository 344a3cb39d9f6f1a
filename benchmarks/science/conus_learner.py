"""Does the learner beat its baselines on real series of the United States?

412 cells, seven weather inputs, trained on the first year with four blocks of 15 days kept to tell
when to stop, tested on the second year, where every second cell has its target withheld. The
settings are the defaults of `[train]`. `python -m benchmarks.science.conus_learner [--seeds 3]`
prints a Markdown table; a seed takes some minutes of two cores.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common.conus import read_series
from benchmarks.common.markdown import table
from benchmarks.common.real_granules import path_of
from mcca_ml.arrays import Float64, Int64
from mcca_ml.config.train import TrainSettings
from mcca_ml.learn import sequences
from mcca_ml.learn.fit import fit
from mcca_ml.learn.splits import Role
from mcca_ml.metrics.scores import Scores, median
from mcca_ml.report.scores.learner import compare

STATICS = (
    "Bulk",
    "Capa",
    "Clay",
    "NDVI",
    "Sand",
    "Silt",
    "flag_albedo",
    "flag_roughness",
    "flag_vegDense",
    "flag_waterbody",
)
STOP_FROM, STOP_DAYS = (40, 130, 220, 310), 15
"""First day of each block of stop days, one a season, and its length."""
HEAD = ("learner", "cells", "RMSD", "ubRMSD", "R", "anomaly R")
_MISSING = -9999
_NAMES = {
    "climatology": "one annual harmonic",
    "ridge": "ridge with memories of all inputs, per cell",
    "pooled": "line and pooled network, not fine-tuned",
    "lstm": "line, pooled start, each cell fine-tuned",
}


@dataclass(frozen=True)
class Task:
    """What the learner gets of the real series."""

    x: Float64
    y: Float64
    static: Float64
    roles: Int64
    cells: Int64


def read_task(folder: Path, cells: Int64 | None = None) -> Task:
    """The task of a folder.

    Args:
        folder: `conus` of the real data.
        cells: rows to take; None: all.
    """
    found = read_series(folder)
    still = [np.genfromtxt(folder / "const" / f"{n}.csv", delimiter=",") for n in STATICS]
    static = np.stack(still, axis=1)
    static = np.where(static == _MISSING, np.nan, static)
    roles = np.full(found.soil_moisture.shape[1], Role.TEST)
    roles[: found.first_year] = Role.TRAIN
    for first in STOP_FROM:
        roles[first : first + STOP_DAYS] = Role.STOP
    some = np.arange(len(static)) if cells is None else cells
    x = np.moveaxis(found.weather, 0, 2)[some]
    return Task(x, found.soil_moisture[some], static[some], roles, some)


def scores_of(task: Task, settings: TrainSettings) -> Mapping[str, tuple[Scores, Scores]]:
    """Scores of the learner and its baselines on the second year."""
    given = {"roles": task.roles, "cells": task.cells, "static": task.static}
    weights, _ = fit(task.x, task.y, settings=settings, progress=None, **given)
    series = sequences.series(task.x, task.y, **given)
    return compare(weights, series, task.y, roles=task.roles, role=Role.TEST)


def medians(scores: Scores, anomaly: Scores) -> list[float]:
    """Medians over cells of RMSD, ubRMSD [m3 m-3], R and anomaly R [1]."""
    return [median(one) for one in (scores.rmsd, scores.ubrmsd, scores.r, anomaly.r)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="seeds, whose median is shown")
    seeds = parser.parse_args().seeds
    task = read_task(path_of(Path("conus")))
    begun, found, cells = time.perf_counter(), {name: [] for name in _NAMES}, 0
    for seed in range(seeds):
        for name, scores in scores_of(task, TrainSettings(seed=seed)).items():
            found[name].append(medians(*scores))
            cells = int(np.isfinite(scores[0].rmsd).sum())
    rows = []
    for name, each in found.items():
        shown = ["-" if v != v else f"{v:.4f}" for v in np.median(each, axis=0)]
        rows.append((_NAMES[name], cells, *shown))
    print(table(HEAD, rows))
    print(f"\n{seeds} seed(s), {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
