"""The learner: missing days, cells without target, files, errors, a series with a known answer."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from made_series import DAYS, TEST_FROM, bucket, settings
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import ConfigError, GranuleError, OutputError, SchemaError
from mcca_ml.learn import adam, ridge_path, sequences
from mcca_ml.learn.fit import fit, predict
from mcca_ml.learn.splits import Role
from mcca_ml.learn.target_scaling import TargetScaling
from mcca_ml.learn.weights_file import VERSION, load, save
from mcca_ml.metrics.scores import score_days
from mcca_ml.report.scores.baselines import climatology, ridge
from mcca_ml.report.scores.learner import compare


def trained(made, **changes):
    return fit(
        made.x,
        made.y,
        roles=made.roles,
        cells=made.cells,
        static=made.static,
        settings=settings(**changes),
    )


def series_of(made, **changes):
    given = {"roles": made.roles, "cells": made.cells, "static": made.static, **changes}
    return sequences.series(made.x, made.y, **given)


@pytest.fixture(scope="module")
def made():
    return bucket()


def test_the_learner_finds_a_bucket_of_water():
    made = bucket(8)
    chosen = settings(
        hidden=16, pooled_epochs=60, pooled_batch=32, epochs=40, batch=8, block=8, patience=40
    )
    weights, report = fit(
        made.x, made.y, roles=made.roles, cells=made.cells, static=made.static, settings=chosen
    )
    found = compare(weights, series_of(made), made.truth, roles=made.roles, role=Role.TEST)
    rmse = {name: float(np.median(s[0].rmsd)) for name, s in found.items()}
    assert rmse["lstm"] < 0.012 < rmse["climatology"]
    assert rmse["lstm"] < rmse["pooled"]
    assert rmse["lstm"] < rmse["ridge"]
    assert np.median(found["lstm"][0].r) > 0.95
    assert (report.stop_rmse <= report.stop_rmse_start + 1e-7).all()


def test_a_cell_without_target_is_guessed_from_its_statics_and_flagged(made):
    y = made.y.copy()
    y[4] = np.nan
    weights, report = trained(replace(made, y=y))
    assert report.is_guessed.tolist() == [False, False, False, False, True, False]
    assert report.epoch[4] == 0
    assert np.isnan(report.stop_rmse[4])
    assert abs(weights.scaling.mean[4] - np.nanmean(made.y[4, :TEST_FROM])) < 0.06
    assert np.isfinite(predict(weights, made.x)[4]).all()


def test_without_statics_and_without_stop_days(made):
    roles = np.where(made.roles == 1, 0, made.roles)
    weights, report = fit(
        made.x, made.y, roles=roles, cells=made.cells, settings=settings(pooled_epochs=1, epochs=2)
    )
    assert (report.epoch == 2).all()
    assert np.isnan(report.stop_rmse).all()
    assert np.isfinite(predict(weights, made.x)).all()


def test_random_start_has_no_pooled_network(made):
    weights, report = trained(made, start="random", epochs=2)
    assert report.pooled_errors == ()
    assert not np.array_equal(weights.network.out[0], weights.network.out[1])


def test_a_day_before_the_first_input_has_no_answer(made):
    x = made.x.copy()
    x[2, :7] = np.nan
    found = predict(trained(made)[0], x)
    assert np.isnan(found[2, :7]).all()
    assert np.isfinite(found[2, 7:]).all()


def test_each_look_has_its_own_age():
    x = np.array([[[1, 5], [np.nan, 6], [np.nan, np.nan], [2, np.nan]]], np.float32)
    values, ages = sequences.carry_forward(x, np.array([0, 1]), 2)
    assert values[0].tolist() == [[1, 5], [1, 6], [1, 6], [2, 6]]
    assert ages[0].tolist() == [[0, 0], [1, 0], [2, 1], [0, 2]]


def test_a_feature_never_seen_enters_as_nothing_known():
    x = np.full((1, 3, 1), np.nan, np.float32)
    one = np.ones((1, 1), np.float32)
    line = ridge_path.RidgeModel(5 * one, 2 * one, one[0], one, one[0])
    values, ages = sequences.carry_forward(x, np.array([0]), 30)
    assert ridge_path.scaled_values(values, line)[0].tolist() == [[0]] * 3
    assert sequences.scale_ages(ages, 30)[0].tolist() == [[1]] * 3


def test_one_step_of_adam_by_hand():
    weights, gradient = {"a": jnp.float32(2)}, {"a": jnp.float32(0.5)}
    free, moments = adam.step(
        weights,
        gradient,
        adam.zero_moments(weights),
        rate=0.1,
        start={"a": jnp.float32(1)},
        penalty=0.0,
    )
    assert float(free["a"]) == pytest.approx(
        1.9, abs=1e-5
    )  # the first step has the length of the rate
    held, _ = adam.step(
        weights,
        gradient,
        adam.zero_moments(weights),
        rate=0.1,
        start={"a": jnp.float32(1)},
        penalty=2.5,
    )
    # s = 0.5, u = 1.9: 1 + 0.9 * 0.5 / (0.5 + 2 * 0.1 * 2.5)
    assert float(held["a"]) == pytest.approx(1.45, abs=1e-5)
    assert int(moments.steps) == 1


def test_scores_by_hand():
    truth = np.tile(np.float32([0.1, 0.2, 0.3, 0.2]), (1, 10))
    shifted = truth + np.float32(0.05)
    found, anomaly = score_days(shifted, truth, fewest=20)
    assert (found.bias[0], found.rmsd[0]) == pytest.approx((0.05, 0.05), abs=1e-6)
    assert found.ubrmsd[0] == pytest.approx(0, abs=1e-6)
    assert (found.r[0], anomaly.r[0]) == pytest.approx((1, 1))
    few = np.where(np.arange(40) < 19, truth, np.float32(np.nan))
    assert np.isnan(score_days(shifted, few, fewest=20)[0].rmsd[0])


def test_the_baselines_find_what_they_are_made_for():
    days = np.arange(400)
    wave = 0.2 + 0.05 * np.cos(2 * np.pi * days / 365.2425)
    line = 0.2 + 0.03 * np.sin(days)
    x = np.repeat(np.sin(days)[None, :, None], 2, axis=0)
    made = sequences.series(x, np.stack([wave, line]), roles=np.zeros(400), cells=[1, 2])
    level = TargetScaling(np.float32([0.2, 0.2]), np.float32([0.1, 0.1]), np.array([True, True]))
    np.testing.assert_allclose(climatology(made, level)[0], wave, atol=1e-5)
    np.testing.assert_allclose(ridge(made, level, ridge_path.Form(3, 3.0))[1], line, atol=1e-3)


def test_weights_come_back_from_their_file(made, tmp_path):
    weights, _ = trained(made, epochs=1, pooled_epochs=1)
    save(tmp_path / "w.npz", weights)
    save(tmp_path / "again.npz", weights)
    back = load(tmp_path / "w.npz")
    np.testing.assert_array_equal(predict(back, made.x), predict(weights, made.x))
    assert back.start.settings == weights.start.settings
    assert (tmp_path / "w.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_files_that_are_no_weights_are_one_line(made, tmp_path):
    path = tmp_path / "w.npz"
    with pytest.raises(GranuleError, match="No such file or directory, expected weights; train"):
        load(path)
    np.savez(path, version=7)
    with pytest.raises(GranuleError, match=r"weights of layout version 7, expected \d; train"):
        load(path)
    np.savez(path, version=VERSION)
    with pytest.raises(GranuleError, match="damaged weights"):
        load(path)
    save(path, trained(made, epochs=1, pooled_epochs=1)[0])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(GranuleError, match="incomplete or damaged file of weights"):
        load(path)
    with pytest.raises(OutputError, match="cannot write"):
        save(tmp_path / "none" / "w.npz", trained(made, epochs=1, pooled_epochs=1)[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cells": [1, 2]}, r"cells of shape \(2,\), expected \(6,\)"),
        ({"static": [[1.0]]}, r"static of shape \(1,\), expected \(6,\)"),
        ({"groups": [0]}, r"groups of shape \(1,\), expected \(2,\)"),
        ({"roles": [0, 1]}, r"roles of shape \(2,\), expected \(240,\) or \(6, 240\)"),
        ({"roles": np.full(DAYS, 4)}, "found roles 4, expected 0-3"),
        ({"roles": np.full(DAYS, 3)}, "no training day"),
    ],
)
def test_shapes_and_roles_that_do_not_fit_are_refused(made, changes, words):
    with pytest.raises(SchemaError, match=words):
        series_of(made, **changes)


def test_too_few_targets_and_wrong_inputs_are_refused(made):
    with pytest.raises(SchemaError, match="expected \\(cell, time, feature\\)"):
        sequences.series(made.y, made.y, roles=made.roles, cells=made.cells)
    with pytest.raises(SchemaError, match="0 cells with 500 targets or more in 160 days"):
        trained(made, fewest_targets=500)
    weights, _ = trained(made, epochs=1, pooled_epochs=1)
    with pytest.raises(SchemaError, match=r"expected \(6, time, 2\) after the weights"):
        predict(weights, made.x[:3])


def test_settings_are_strict():
    with pytest.raises(ConfigError, match="found warm_up 64, expected less than sequence 64"):
        TrainSettings(warm_up=64)
    assert all(field.description for field in TrainSettings.model_fields.values())
