"""What trend and droughts did to the soil moisture of a world: it against itself without them."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32
from mcca_ml.config.simulate import DroughtSettings, SimulateSettings
from mcca_ml.simulate.truth.make_truth import DAYS_OF_DECADE, group_droughts, make_truth
from mcca_ml.simulate.truth.types import WorldTruth

Changes = Mapping[str, Mapping[str, float]]

_SETTLES_DAYS = 365
"""After a drought until the root zone has forgotten it, at most [day]."""


def change_jobs(truth: WorldTruth, settings: SimulateSettings) -> list[Callable[[], Changes]]:
    """A job for each box, for other processes too, that gives what came out of trend and droughts.

    Args:
        truth: of the world.
        settings: of the same world.

    Returns:
        Jobs of which each gives, by the name of its box, means over the core cells: `trend`
        [m3 m-3 per decade] of liquid water and ice, a line through the change outside droughts and
        the year after each; and `drought FIRST/LAST` [m3 m-3], the mean change in its days beside
        the trend. None where neither is set.
    """
    if settings.trend == 0 and not settings.drought:
        return []
    droughts = group_droughts(settings)
    jobs: list[Callable[[], Changes]] = []
    for box, patch in zip(settings.box, truth.cells.patches, strict=True):
        core = truth.cells.is_core[patch.cells]
        water = truth.state.total_water[:, patch.cells][:, core]
        # What a box holds does not depend on the others.
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
    """The changes of one box, by its name; `water` is that of its core, (step, cell)."""
    bare = make_truth(plain).state.total_water[:, core]
    change = (water - bare).mean(1, dtype=np.float64)
    days = time.astype("datetime64[D]")
    since = (time - time[0]) / np.timedelta64(1, "D") / DAYS_OF_DECADE
    calm = np.ones(days.size, np.bool_)
    spans = [(np.datetime64(one.start), np.datetime64(one.end)) for one in droughts]
    for first, last in spans:
        calm &= (days < first) | (days > last + _SETTLES_DAYS)
    # The change is 0 at the beginning by construction: a line through it.
    line = since[calm]
    trend = float(line @ change[calm] / (line @ line)) if line.any() else float("nan")
    found = {"trend": trend}
    for first, last in spans:
        during = (days >= first) & (days <= last)
        if during.any():
            beside = change[during] - np.nan_to_num(trend) * since[during]
            found[f"drought {first}/{last}"] = float(beside.mean())
    return {plain.box[0].name: found}
