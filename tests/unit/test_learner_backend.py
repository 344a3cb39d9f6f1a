"""The learner by the kernel and by JAX: the same weights within rounding, and which it was."""

from dataclasses import replace

import numpy as np
import pytest

from made_series import bucket, settings
from mcca_ml.learn import sequences
from mcca_ml.learn.fit import fine_tune, predict
from mcca_ml.learn.pooled_start import initial_weights, pooled_start
from mcca_ml.learn.weights_file import load, save

pytest.importorskip("mcca_ml.learn.native_backend", reason="the kernel is not built")


def test_both_backends_learn_the_same_and_are_named(tmp_path):
    made = bucket()
    given = {"roles": made.roles, "cells": made.cells, "static": made.static}
    series = sequences.series(made.x, made.y, **given)
    start, _ = pooled_start(series, settings(pooled_epochs=2))
    assert initial_weights(start, series).backend == "none"
    found = {}
    for backend in ("native", "jax"):
        chosen = replace(start, settings=settings(pooled_epochs=2, backend=backend))
        weights, report = fine_tune(chosen, series)
        save(tmp_path / "weights.npz", weights)
        assert load(tmp_path / "weights.npz").backend == backend
        found[backend] = report, predict(weights, made.x)
    (one, ours), (other, theirs) = found["native"], found["jax"]
    np.testing.assert_array_equal(one.epoch, other.epoch)
    np.testing.assert_array_equal(one.status, other.status)
    np.testing.assert_allclose(one.stop_rmse, other.stop_rmse, rtol=1e-4)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
