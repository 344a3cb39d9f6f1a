"""The learner beside what it has to beat, on the days of one role."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Float32
from mcca_ml.learn.fit import predict
from mcca_ml.learn.pooled_start import Weights, initial_weights
from mcca_ml.learn.sequences import TrainingSeries
from mcca_ml.learn.splits import Role, only, per_cell
from mcca_ml.metrics.scores import FEWEST_PAIRS, Scores, scores_of_days
from mcca_ml.report.scores.baselines import climatology, ridge


def estimates(weights: Weights, series: TrainingSeries) -> Mapping[str, Float32]:
    """Soil moisture by the learner and by its baselines [m3 m-3], (cell, time).

    Args:
        weights: of the cells.
        series: of the cells, as in training, up to any day.
    """
    level = weights.scaling
    return {
        "climatology": climatology(series, level),
        "ridge": ridge(series, level, weights.start.form),
        "pooled": predict(initial_weights(weights.start, series), series.x),
        "lstm": predict(weights, series.x),
    }


def compare(
    weights: Weights, series: TrainingSeries, y: npt.ArrayLike, *, roles: npt.ArrayLike, role: Role
) -> Mapping[str, tuple[Scores, Scores]]:
    """Scores of the learner and of its baselines, and of their anomalies, on the same days.

    Args:
        weights: of the cells.
        series: of the cells, whose training days the baselines learn from.
        y: soil moisture to be compared with [m3 m-3], (cell, time).
        roles: of the days, as in `fit`.
        role: the days to score.

    Raises:
        SchemaError: roles that do not fit.
    """
    target = np.asarray(y, np.float32)
    wanted = only(target, per_cell(roles, *target.shape), role)
    found = estimates(weights, series)
    everywhere = np.all([np.isfinite(e) for e in found.values()], axis=0)
    wanted = np.where(everywhere, wanted, np.float32(np.nan))
    return {name: scores_of_days(e, wanted, fewest=FEWEST_PAIRS) for name, e in found.items()}
