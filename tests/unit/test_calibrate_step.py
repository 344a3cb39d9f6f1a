"""Steps at a known date: power, false alarms, removal."""

from dataclasses import replace

import numpy as np
import pytest

from made_pairs import made_grid, made_pairs, pairs_of
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.fit_link import fit_link
from mcca_ml.intercal.regress_differences import effect_size
from mcca_ml.intercal.step import (
    Step,
    step_against_itself,
    step_against_reference,
)

SETTINGS = CalibrateSettings()
DATE = np.datetime64("2023-11-08")


def series(rng, step, days=730, cells=20):
    """Pairs over two years on each side of the date; the sensor is `step` warmer before it."""
    day = np.sort(rng.integers(-days, days, (cells, 150)), axis=1)
    pairs, truth = made_pairs(rng, np.full(cells, 150), level_sd=0.5)
    # All cells share what drifts from month to month, of either sensor.
    common = 0.15 * rng.standard_normal(2 * days // 30 + 2)[(day.ravel() + days) // 30]
    x = pairs.x[:, 0] + step * (day.ravel() < 0) + common
    when = (DATE + day.ravel()).astype("datetime64[s]")
    return pairs_of(cells, pairs.cell, x, pairs.y[:, 0], when)


def without_step(pairs, step):
    off, _ = step.correction(pairs.when, pairs.source_channels)
    return replace(pairs, x=(pairs.x - off).astype(np.float32))


def step_of(pairs):
    link = fit_link(pairs, SETTINGS, sensor="GMI", reference="AMSR2")
    return step_against_reference(pairs, link, DATE, SETTINGS)


def test_a_step_of_0_3_K_is_found_against_a_reference_and_taken_off():
    for seed in range(5):
        pairs = series(np.random.default_rng(seed), 0.3, cells=100)
        found = step_of(pairs)
        assert found.is_removed[0]
        assert abs(found.size[0] - 0.3) < 3.5 * found.sd[0]
        assert found.sd[0] < 0.1
        again = step_of(without_step(pairs, found))
        assert abs(again.size[0]) < 0.02


def test_alarms_without_a_step_are_as_rare_as_the_p_value_says():
    p_values = np.array(
        [step_of(series(np.random.default_rng(100 + s), 0.0)).p_value[0] for s in range(150)]
    )
    assert (p_values < 0.05).mean() < 0.10
    assert (p_values < SETTINGS.step_significance).mean() < 0.05
    assert 0.35 < np.median(p_values) < 0.65


def weather(rng, days, step):
    """TB of a drifting sensor: season, local day, weather of 15 days shared by all cells."""
    day = np.arange(days)
    shocks = rng.standard_normal(days)
    noise = np.zeros(days)
    for i in range(1, days):
        noise[i] = noise[i - 1] * np.exp(-1 / 15) + shocks[i] * 0.7
    hour = (day[:, None] * 24 / 46 + np.array([0.0, 12.0])) % 24
    tb = 260 + 8 * np.cos(2 * np.pi * day / 365.25)[:, None]
    tb = tb + 4 * np.sin(2 * np.pi * hour / 24) + noise[:, None]
    tb = tb[..., None] + rng.standard_normal((days, 2, 30))
    tb += step * (day < days // 2)[:, None, None]
    return made_grid("TMI", ["10.65V"], "1999-08-16", tb[..., None], seconds=hour[..., None] * 3600)


def test_a_sensor_is_tested_against_itself_at_matched_season_and_local_time():
    ds = weather(np.random.default_rng(1), 1461, 3.0)
    date = ds["time"].to_numpy()[730].astype("datetime64[D]")
    found = step_against_itself(ds, date, SETTINGS)
    assert found.is_removed[0]
    assert abs(found.size[0] - 3.0) < 3 * found.sd[0]
    assert 0.1 < found.sd[0] < 0.8  # what the weather leaves


def test_against_itself_false_alarms_are_rare():
    alarms = 0
    for seed in range(15):
        ds = weather(np.random.default_rng(seed), 1461, 0.0)
        date = ds["time"].to_numpy()[730].astype("datetime64[D]")
        alarms += step_against_itself(ds, date, SETTINGS).is_removed[0]
    assert alarms <= 1


def test_no_look_on_one_side_tells_nothing_and_removes_nothing():
    pairs = series(np.random.default_rng(0), 5.0)
    after = pairs.take(pairs.when >= DATE)
    found = step_of(after)
    assert np.isnan(found.size[0])
    assert found.p_value[0] == 1
    assert not found.is_removed[0]
    np.testing.assert_array_equal(without_step(after, found).x, after.x)


def test_the_size_is_the_difference_of_means_for_one_cell():
    y = np.array([3.0, 5.0, 3.0, 5.0, 1.0, 2.0, 1.0, 2.0])
    before = np.arange(8) < 4
    size, sd, p_value = effect_size(y, before, np.ones((8, 1)), np.zeros(8, int), np.arange(8) // 2)
    assert size == pytest.approx(2.5, abs=1e-5)
    # Every block has the mean of its side, so that blocks tell no error at all.
    assert sd == pytest.approx(0.0, abs=1e-5)
    assert p_value < 0.01


def test_only_what_is_significant_is_taken_off_and_only_before_the_date():
    step = Step(
        ("10.65V", "37V"),
        np.array([0.5, 9.0]),
        np.array([0.1, 9.0]),
        np.array([0.001, 0.4]),
        np.array([True, False]),
        DATE,
    )
    when = np.array(["2023-11-07", "2023-11-08", "NaT"], "datetime64[s]")
    off, variance = step.correction(when, ("37V", "23.8V", "10.65V"))
    assert off.tolist() == [[0, 0, 0.5], [0, 0, 0], [0, 0, 0]]
    assert variance[0].tolist() == pytest.approx([0, 0, 0.01])
