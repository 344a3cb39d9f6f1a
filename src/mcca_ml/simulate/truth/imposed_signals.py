"""Effect of trend and droughts on the soil moisture of a world, against the world without them."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32
from mcca_ml.config.simulate import DroughtSettings, SimulateSettings
from mcca_ml.simulate.truth.make_truth import DAYS_OF_DECADE, group_droughts, make_truth
from mcca_ml.simulate.truth.types import WorldTruth

Changes = Mapping[str, Mapping[str, float]]

_SETTLES_DAYS = 365
"""Longest time after a drought in which it affects the root zone [day]."""


def change_jobs(truth: WorldTruth, settings: SimulateSettings) -> list[Callable[[], Changes]]:
    """Jobs, one per box, that compute the effect of trend and droughts; can be pickled.

    Args:
        truth: truth of the world.
        settings: settings of the same world.

    Returns:
        Jobs; each returns, by the name of its box, means over the core cells: `trend` of liquid
        water and ice [m3 m-3 per decade], a regression through the origin of the change outside
        droughts and the year after each; and `drought FIRST/LAST` [m3 m-3], the mean change in its
        days minus the trend. Empty if the world has neither.
    """
    if settings.trend == 0 and not settings.drought:
        return []
    droughts = group_droughts(settings)
    jobs: list[Callable[[], Changes]] = []
    for box, patch in zip(settings.box, truth.cells.patches, strict=True):
        core = truth.cells.is_core[patch.cells]
        water = truth.state.total_water[:, patch.cells][:, core]
        # A box does not depend on the other boxes.
        plain = settings.model_copy(update={"box": (box,), "trend": 0.0, "drought": ()})
        jobs.append(partial(_box_changes, water, truth.time, core, plain, droughts[box.name]))
    return jobs


def _box_changes(
    water: Float32,
    time: Datetime64,
    core: Booleans,
    plain: SimulateSettings,
    droughts: tuple[DroughtSettings, ...],
) -> Changes:
    """Effects in one box, by its name; `water` is total water of its core cells, (step, cell)."""
    unchanged = make_truth(plain).state.total_water[:, core]
    change = (water - unchanged).mean(1, dtype=np.float64)
    days = time.astype("datetime64[D]")
    since = (time - time[0]) / np.timedelta64(1, "D") / DAYS_OF_DECADE
    calm = np.ones(days.size, np.bool_)
    spans = [(np.datetime64(drought.start), np.datetime64(drought.end)) for drought in droughts]
    for first, last in spans:
        calm &= (days < first) | (days > last + _SETTLES_DAYS)
    # The change is 0 at the beginning by construction: regression through the origin.
    x = since[calm]
    trend = float(x @ change[calm] / (x @ x)) if x.any() else float("nan")
    effects = {"trend": trend}
    for first, last in spans:
        during = (days >= first) & (days <= last)
        if during.any():
            without_trend = change[during] - np.nan_to_num(trend) * since[during]
            effects[f"drought {first}/{last}"] = float(without_trend.mean())
    return {plain.box[0].name: effects}
