"""Small series for tests of the learner: a bucket of water that rain fills, known in full."""

from dataclasses import dataclass

import numpy as np

from mcca_ml.config.train import TrainSettings

DAYS, TEST_FROM = 240, 160


@dataclass(frozen=True)
class Made:
    x: np.ndarray
    y: np.ndarray
    truth: np.ndarray
    static: np.ndarray
    cells: np.ndarray
    roles: np.ndarray


def settings(**changes) -> TrainSettings:
    quick = {
        "hidden": 8,
        "sequence": 32,
        "warm_up": 8,
        "pooled_epochs": 4,
        "pooled_batch": 16,
        "pooled_rate": 0.01,
        "epochs": 4,
        "batch": 4,
        "block": 4,
        "seed": 3,
    }
    return TrainSettings(**{**quick, **changes})


def bucket(cells: int = 6, *, features: int = 2, seed: int = 0) -> Made:
    """Soil moisture that rain fills and that dries at a rate of the cell's own."""
    rng = np.random.default_rng(seed)
    rain = rng.exponential(1.0, (cells, DAYS)) * (rng.random((cells, DAYS)) < 0.25)
    drying = rng.uniform(0.05, 0.25, cells)
    truth = np.zeros((cells, DAYS))
    level = np.full(cells, 0.5)
    for day in range(DAYS):
        level = level * (1 - drying) + 0.3 * rain[:, day]
        truth[:, day] = 0.05 + 0.12 * np.tanh(level)
    truth += np.linspace(0, 0.1, cells)[:, None]
    y = truth + rng.normal(0, 0.003, truth.shape)
    y[rng.random(y.shape) < 0.4] = np.nan
    noise = rng.normal(size=(cells, DAYS, features - 1))
    roles = np.full(DAYS, 3)
    roles[:TEST_FROM] = 0
    roles[60:80] = 1
    static = np.stack([drying, np.linspace(0, 0.1, cells)], axis=1)
    x = np.concatenate([rain[:, :, None], noise], axis=2).astype(np.float32)
    return Made(x, y.astype(np.float32), truth, static, np.arange(cells) * 977 + 5, roles)
