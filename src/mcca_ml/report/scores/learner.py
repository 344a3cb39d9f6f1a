"""Scores of the networks and their baselines on the days of one split."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Float32
from mcca_ml.learn.fit import predict
from mcca_ml.learn.pooled_start import Weights, initial_weights
from mcca_ml.learn.sequences import TrainingSeries
from mcca_ml.learn.splits import Role, only, per_cell
from mcca_ml.metrics.scores import FEWEST_PAIRS, Scores, score_days
from mcca_ml.report.scores.baselines import climatology, ridge


def estimates(weights: Weights, series: TrainingSeries) -> Mapping[str, Float32]:
    """Predict soil moisture with networks and baselines [m3 m-3], (cell, time).

    Args:
        weights: weights of the cells.
        series: inputs and targets of the cells, as in training, up to any day.
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
    """Score networks and baselines, and their anomalies, on the same days.

    Args:
        weights: weights of the cells.
        series: inputs and targets of the cells; baselines are fitted to their training days.
        y: reference soil moisture [m3 m-3], (cell, time).
        roles: splits of the days, as in `fit`.
        role: split to score.

    Raises:
        SchemaError: roles that do not fit.
    """
    target = np.asarray(y, np.float32)
    wanted = only(target, per_cell(roles, *target.shape), role)
    by_name = estimates(weights, series)
    everywhere = np.all([np.isfinite(e) for e in by_name.values()], axis=0)
    wanted = np.where(everywhere, wanted, np.float32(np.nan))
    return {name: score_days(e, wanted, fewest=FEWEST_PAIRS) for name, e in by_name.items()}
