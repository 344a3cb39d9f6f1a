"""The drift of a reference: power, false alarms, removal, and what must not be taken for one."""

from dataclasses import replace

import numpy as np
import pytest

from made_pairs import made_pairs, pairs_of
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.drift import drift_against_reference
from mcca_ml.intercal.fit_link import fit_link

SETTINGS = CalibrateSettings()
FIRST, BOOST = np.datetime64("2015-01-01"), np.datetime64("2023-11-08")


def series(rng, rate, *, days=1800, cells=60, season=0.0, step=0.0, first=FIRST):
    """Pairs over years; the sensor warms by `rate` a year, the reference steps at the boost."""
    day = np.sort(rng.integers(0, days, (cells, 100)), axis=1).ravel()
    pairs, _ = made_pairs(rng, np.full(cells, 100), level_sd=0.5)
    when = (first + day).astype("datetime64[s]")
    # All cells share what differs between the sensors from month to month.
    common = 0.1 * rng.standard_normal(days // 30 + 2)[day // 30]
    x = pairs.x[:, 0] + rate * day / 365.2425 + common
    x = x + season * np.cos(2 * np.pi * day / 365.2425)
    y = pairs.y[:, 0] + step * (first + day < BOOST)
    return pairs_of(cells, pairs.cell, x, y, when)


def drift_of(pairs):
    link = fit_link(pairs, SETTINGS, sensor="AMSR2", reference="GMI")
    return drift_against_reference(pairs, link, BOOST, SETTINGS)


def test_a_drift_of_1_5_K_a_decade_is_found_and_taken_off():
    for seed in range(5):
        pairs = series(np.random.default_rng(seed), -0.15)
        found = drift_of(pairs)
        assert found.is_removed[0]
        assert abs(found.size[0] + 0.15) < 3.5 * found.sd[0]
        assert found.sd[0] < 0.05
        off, _ = found.correction(pairs.when, pairs.source_channels)
        again = drift_of(replace(pairs, x=(pairs.x - off).astype(np.float32)))
        assert abs(again.size[0]) < 0.2 * found.sd[0]


def test_alarms_without_a_drift_are_as_rare_as_the_p_value_says():
    p_values = np.array(
        [drift_of(series(np.random.default_rng(100 + s), 0.0)).p_value[0] for s in range(150)]
    )
    assert (p_values < 0.05).mean() < 0.10
    assert (p_values < SETTINGS.step_significance).mean() < 0.05
    assert 0.35 < np.median(p_values) < 0.65


def test_a_season_of_the_difference_is_no_drift():
    # Two and a half years: a season left in would tilt a line through them.
    rates = [
        drift_of(series(np.random.default_rng(s), 0.0, days=913, season=1.5)).size[0]
        for s in range(8)
    ]
    assert abs(np.mean(rates)) < 0.03


def test_a_step_of_the_reference_at_its_boost_is_no_drift():
    first = BOOST - 900
    rates = [
        drift_of(series(np.random.default_rng(s), 0.0, step=0.8, first=first)).size[0]
        for s in range(8)
    ]
    assert abs(np.mean(rates)) < 0.03


def test_what_is_taken_off_grows_from_the_middle_and_only_where_it_is_significant():
    found = drift_of(series(np.random.default_rng(0), -0.15))
    ten_years = found.date + np.array([-3652, 0, 3652])
    when = np.append(ten_years, np.datetime64("NaT")).astype("datetime64[s]")
    off, variance = found.correction(when, ("10.65V", "36.5V"))
    assert off[:, 0] == pytest.approx(
        [-10 * found.size[0], 0, 10 * found.size[0], 0], rel=1e-3, abs=1e-9
    )
    assert variance[0, 0] == pytest.approx(100 * found.sd[0] ** 2, rel=1e-3)
    assert not off[:, 1].any()
    weak = replace(found, is_removed=np.array([False]))
    assert not weak.correction(when, ("10.65V",))[0].any()
