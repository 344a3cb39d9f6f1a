"""Trends and steps of a difference: sizes that were put in are found, within their intervals."""

import numpy as np
import pytest

from mcca_ml.validate.score_units import PairedSeries
from mcca_ml.validate.stability import (
    Change,
    dates,
    fit_step,
    fit_trend,
    gcos_level,
    mean_over_units,
    monthly,
    stability_rows,
)
from mcca_ml.validate.stations import SINGLE, Unit

MONTHS = np.arange("1998-01", "2024-01", dtype="M8[M]")
BOOST = np.datetime64("2001-08-24")


def remembered(rng: np.random.Generator, rho: float, size: int = MONTHS.size) -> np.ndarray:
    """A first-order autoregression of standard deviation 0.01 [m3 m-3]."""
    x = rng.normal(0, 0.01, size)
    for month in range(1, size):
        x[month] = rho * x[month - 1] + np.sqrt(1 - rho**2) * x[month]
    return x


def season(months: np.ndarray = MONTHS) -> np.ndarray:
    return 0.04 * np.sin(2 * np.pi * months.astype(int) / 12)


def test_a_trend_beside_a_season_with_gaps_is_found_exactly():
    years = (MONTHS - MONTHS[0]).astype(float) / 120
    values = 0.02 + 0.012 * years + season()
    values[(MONTHS.astype(int) % 12 < 4) & (years < 1)] = np.nan  # winters missing at first
    found = fit_trend(MONTHS, values)
    assert found.size == pytest.approx(0.012, abs=1e-9)
    assert found.months == int(np.isfinite(values).sum())


def test_intervals_of_trends_hold_the_truth():
    rng = np.random.default_rng(30)
    years = (MONTHS - MONTHS[0]).astype(float) / 120
    inside = 0
    for _ in range(600):
        found = fit_trend(MONTHS, 0.007 * years + season() + remembered(rng, 0.6))
        inside += found.low <= 0.007 <= found.high
    assert 92 <= inside / 6 <= 97.5


def test_intervals_of_steps_hold_the_truth():
    rng = np.random.default_rng(31)
    after = (np.datetime64("2001-08") <= MONTHS).astype(float)
    inside, zero = 0, 0
    for _ in range(600):
        found = fit_step(MONTHS, 0.02 * after + season() + remembered(rng, 0.4), BOOST)
        assert found is not None
        inside += found.low <= 0.02 <= found.high
        zero += found.low <= 0 <= found.high
    assert 92 <= inside / 6 <= 97.5
    assert zero / 6 < 20  # and a step of two standard deviations is seen


def test_the_month_of_a_step_is_left_out_and_both_sides_are_needed():
    values = np.where(np.datetime64("2001-08") > MONTHS, 0.0, 0.03)
    values[np.datetime64("2001-08") == MONTHS] = 9.0
    found = fit_step(MONTHS, values, BOOST)
    assert found is not None
    assert (found.size, found.months) == (pytest.approx(0.03), 48)
    assert (
        fit_step(MONTHS, np.where(np.datetime64("2001-01") > MONTHS, np.nan, values), BOOST) is None
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.004, 0.003, "goal"),
        (0.004, 0.009, "breakthrough"),
        (-0.019, 0.0, "threshold"),
        (-0.03, 0.03, "interval too wide to tell"),
        (0.021, 0.05, "none"),
        (np.nan, np.nan, "too few months"),
    ],
)
def test_levels_of_gcos_need_the_whole_interval(low, high, said):
    assert gcos_level(Change((low + high) / 2, low, high, 0.0, 100)) == said


def test_a_month_of_few_days_has_no_mean_and_levels_of_units_do_not_matter():
    days = np.arange("2014-01-01", "2016-01-01", dtype="M8[D]")
    estimate = np.tile(np.array([[0.2], [0.5]]), (1, days.size))
    estimate[0, 35:55] = np.nan  # leaves 8 days of February
    estimate[0, 31:35] = np.nan  # leaves 4
    pairs = PairedSeries(days, estimate, np.full(estimate.shape, 0.1))
    found = monthly(pairs)
    assert np.isnan(found.difference[0]).tolist() == [False, True] + [False] * 22
    np.testing.assert_allclose(mean_over_units(found).difference, 0, atol=1e-15)


def test_less_than_a_year_has_no_trend():
    found = fit_trend(MONTHS, np.where(np.arange(MONTHS.size) < 12, 0.1, np.nan))
    assert np.isnan(found.size)
    assert gcos_level(found) == "too few months"


def test_dates_are_those_of_the_imagers():
    said = dates(np.arange("1997-01-01", "2024-12-31", dtype="M8[D]"))
    assert [what for _, what in said] == [
        "TMI begins",
        "TMI at 402.5 km",
        "AMSRE begins",
        "AMSRE has ended",
        "AMSR2 begins",
        "GMI begins",
        "TMI at 376 km",
        "TMI at 345 km",
        "TMI has ended",
        "GMI at 435 km",
    ]


def test_rows_tell_the_trend_of_each_unit_and_the_steps_of_all():
    days = np.arange("2013-01-01", "2019-01-01", dtype="M8[D]")
    rng = np.random.default_rng(32)
    reference = 0.2 + rng.normal(0, 0.02, (2, days.size))
    step = np.where(days >= np.datetime64("2015-04-09"), 0.03, 0.0)
    step[400:] += np.repeat(rng.normal(0, 0.01, 71), 30)[: days.size - 400]
    pairs = PairedSeries(days, reference + step + rng.normal(0, 0.005, reference.shape), reference)
    units = [Unit(SINGLE, name, "SIM", 0, 0.0, 0.0, ()) for name in "ab"]
    rows = {(row[1], row[2]): row for row in stability_rows("p", units, pairs)}
    assert {("a", "trend per decade"), ("b", "trend per decade")} <= set(rows)
    found = rows["mean of all units", "step: TMI has ended"]
    assert found[5] == pytest.approx(0.03, abs=0.012)
    assert found[-1] == "differs from 0"
    assert rows["mean of all units", "trend per decade"][5] > 0.03
