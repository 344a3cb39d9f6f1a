"""Moments: any cutting of the days gives the same scores, those of all days at once."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from made_examples import at_most
from mcca_ml.errors import SchemaError
from mcca_ml.metrics import anomalies, mergeable
from mcca_ml.metrics.lagged_moments import compute_lagged_moments, lag_one
from mcca_ml.metrics.moments import compute_moments, empty, merge, total
from mcca_ml.metrics.scores import Scores, compute_scores, score_days

DAYS = np.arange("2014-11-20", "2017-03-01", dtype="M8[D]")
SPAN = mergeable.MergeSpan(DAYS[0], DAYS[-1])


def made(seed: int, present: float, cells: int = 5, series: int = 3) -> list[np.ndarray]:
    """Soil moisture with a season and gaps; the last cell has no value at all."""
    rng = np.random.default_rng(seed)
    season = 0.25 + 0.1 * np.sin(np.arange(DAYS.size) * 2 * np.pi / 365.25)
    slow = np.cumsum(rng.normal(0, 0.003, (cells, DAYS.size)), axis=1)
    found = []
    for _ in range(series):
        values = season + slow + rng.normal(0, 0.03, slow.shape)
        values[rng.random(values.shape) > present] = np.nan
        values[-1] = np.nan
        found.append(values.astype(np.float32))
    return found


def assert_same_scores(a: object, b: object, tolerance: float = 1e-12) -> None:
    """Every number of two trees of dataclasses, to a relative and absolute tolerance."""
    if isinstance(a, np.ndarray):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        return
    for field in fields(a):  # type: ignore[arg-type]
        assert_same_scores(getattr(a, field.name), getattr(b, field.name), tolerance)


@settings(max_examples=at_most(15), deadline=None, phases=[Phase.generate])
@given(st.integers(0, 2**32 - 1), st.integers(9, 900), st.sampled_from([0.08, 0.5, 1.0]))
def test_any_chunking_gives_the_same_scores(seed: int, length: int, present: float):
    series = made(seed, present)
    whole = mergeable.pair_scores(mergeable.compute_parts(series, DAYS, SPAN), 0, 2)
    cut = mergeable.pair_scores(mergeable.in_parts(series, DAYS, SPAN, length), 0, 2)
    assert_same_scores(whole, cut)


@pytest.mark.parametrize("length", [1, 30, 365])
def test_parts_without_a_value_change_nothing(length: int):
    """A winter without values: parts that hold none stand between those that do."""
    series = [one[:, :400] for one in made(7, 0.9)]
    for one in series:
        one[:, 150:260] = np.nan
    whole = mergeable.pair_scores(mergeable.compute_parts(series, DAYS[:400], SPAN))
    cut = mergeable.pair_scores(mergeable.in_parts(series, DAYS[:400], SPAN, length))
    assert_same_scores(whole, cut)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@settings(max_examples=at_most(10), deadline=None)
def test_cells_do_not_see_each_other(seed: int, first: int):
    series = made(seed, 0.5)
    whole = mergeable.pair_scores(mergeable.compute_parts(series, DAYS, SPAN))
    some = mergeable.pair_scores(
        mergeable.compute_parts([one[:first] for one in series], DAYS, SPAN)
    )
    assert_same_scores(
        Scores(*(getattr(whole.window, f.name)[:first] for f in fields(Scores))), some.window, 1e-14
    )


def test_moments_are_the_sums_over_all_days():
    a, b, _ = (one.astype(np.float64) for one in made(1, 0.4))
    found = compute_scores(compute_moments([a, b]))
    for cell in range(4):
        both = np.isfinite(a[cell]) & np.isfinite(b[cell])
        x, y = a[cell][both], b[cell][both]
        assert found.n[cell] == both.sum()
        assert found.bias[cell] == pytest.approx(np.mean(x - y), abs=1e-14)
        assert found.rmsd[cell] == pytest.approx(np.sqrt(np.mean((x - y) ** 2)), rel=1e-13)
        assert found.ubrmsd[cell] == pytest.approx(np.std(x - y), rel=1e-12)
        assert found.r[cell] == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-12)
        assert found.slope[cell] == pytest.approx(np.polyfit(y, x, 1)[0], rel=1e-10)
    assert found.n[4] == 0
    assert all(np.isnan(getattr(found, name)[4]) for name in ("bias", "rmsd", "r", "slope"))


def test_anomaly_r_is_that_of_departures_from_a_mean_of_35_days():
    """One meaning for a single call and for parts of a record, and by hand."""
    a, b, _ = (one.astype(np.float64) for one in made(2, 0.5))
    _, anomaly = score_days(a, b)
    merged = mergeable.pair_scores(mergeable.compute_parts([a, b], DAYS, SPAN)).window
    np.testing.assert_allclose(anomaly.r, merged.r, rtol=1e-12)
    both = np.isfinite(a[0]) & np.isfinite(b[0])
    left = []
    for one in (np.where(both, a[0], np.nan), np.where(both, b[0], np.nan)):
        windows = [one[max(day - 17, 0) : day + 18] for day in np.flatnonzero(both)]
        usual = [np.nanmean(w) if np.isfinite(w).sum() >= 5 else np.nan for w in windows]
        left.append(one[both] - usual)
    known = np.isfinite(left[0])
    assert anomaly.r[0] == pytest.approx(np.corrcoef(left[0][known], left[1][known])[0, 1])


def test_a_cell_of_few_pairs_has_no_score_of_either_kind():
    a, b, _ = made(2, 0.5)
    a[0, 19:] = b[0, 19:] = np.nan
    for found in score_days(a, b, fewest=20):
        assert np.isnan(found.r[0])
        assert np.isfinite(found.r[1])


def test_a_far_mean_costs_no_digits():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (1, 5000))
    near, far = compute_moments([x, x]), compute_moments([x + 1e6, x + 1e6])
    halves = merge(compute_moments([x[:, :99] + 1e6] * 2), compute_moments([x[:, 99:] + 1e6] * 2))
    np.testing.assert_allclose(far.co, near.co, rtol=1e-9)
    np.testing.assert_allclose(halves.co, near.co, rtol=1e-9)


def test_merging_with_nothing_changes_no_bit():
    found = compute_moments(made(3, 0.7))
    for both in (merge(found, empty(3, (5,))), merge(empty(3, (5,)), found)):
        for name in ("n", "mean", "co"):
            assert np.array_equal(getattr(both, name), getattr(found, name))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=at_most(20), deadline=None)
def test_groups_together_are_the_whole(seed: int):
    series = made(seed, 0.6)
    labels = np.random.default_rng(seed).integers(0, 7, DAYS.size)
    by_group = compute_moments(series, labels, 9)  # two groups have no day
    assert_same_scores(total(by_group), compute_moments(series), 1e-11)
    kept = np.where(labels == 3, 3, -1)
    assert_same_scores(total(compute_moments(series, kept, 9)), total(by_group, [3]), 1e-13)


def test_lag_one_of_a_gapless_series_is_the_textbook_one():
    x = np.random.default_rng(4).normal(0, 1, 200).cumsum()
    departure = x - x.mean()
    expected = (departure[1:] * departure[:-1]).sum() / (departure**2).sum()
    found = lag_one(compute_lagged_moments([x[None], 0 * x[None]]), (1, 0))
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_the_gaps_of_an_autoregression_leave_one():
    """phi 0.9 seen on a third of the days at random: by the sample an AR(1) of E[phi^gap]."""
    rng = np.random.default_rng(5)
    x = np.zeros((200, 3000))
    for day in range(1, 3000):
        x[:, day] = 0.9 * x[:, day - 1] + rng.normal(0, 1, 200)
    x[rng.random(x.shape) > 1 / 3] = np.nan
    expected = (0.9 / 3) / (1 - 0.9 * 2 / 3)  # mean of 0.9^gap over a geometric gap
    assert np.mean(lag_one(compute_lagged_moments([x, x]), (1, 0))) == pytest.approx(
        expected, abs=0.01
    )


def test_a_moving_mean_takes_off_what_is_slow_and_leaves_what_is_fast():
    slow = np.broadcast_to(np.linspace(0.1, 0.4, DAYS.size), (1, DAYS.size))
    fast = 0.02 * np.where(np.arange(DAYS.size) % 2, 1.0, -1.0)
    (found,) = anomalies.moving_anomalies([slow + fast])
    inner = slice(anomalies.HALO_DAYS, -anomalies.HALO_DAYS)
    np.testing.assert_allclose(found[0, inner], fast[inner] * (1 + 1 / 35), atol=1e-12)


def test_a_window_with_too_few_values_has_no_anomaly():
    x = np.full((1, DAYS.size), np.nan)
    x[0, [0, 5, 10, 15]] = 0.2
    assert np.isnan(anomalies.moving_anomalies([x])[0]).all()
    x[0, 16] = 0.3
    assert np.isfinite(anomalies.moving_anomalies([x])[0]).sum() == 5


def test_a_pure_season_has_no_anomaly_from_its_climatology():
    date = anomalies.day_of_year(DAYS)
    season = (0.2 + 0.1 * np.sin(2 * np.pi * date / 366))[None]
    by_date = anomalies.moments_by_date([season, season], DAYS)
    found = anomalies.climatology_anomaly_moments(by_date)
    before = total(by_date)
    assert found.co[0, 0, 0] < 0.02 * before.co[0, 0, 0]  # what smoothing over 35 days leaves
    assert found.n[0] == DAYS.size


def test_climatology_moments_are_those_of_anomalies_day_by_day():
    series = [one.astype(np.float64) for one in made(6, 0.6)]
    by_date = anomalies.moments_by_date(series, DAYS)
    usual = anomalies.climatology(by_date)
    date = anomalies.day_of_year(DAYS)
    departures = [one - usual[number][:, date] for number, one in enumerate(series)]
    assert_same_scores(anomalies.climatology_anomaly_moments(by_date), compute_moments(departures))


def test_days_with_gaps_are_refused():
    days = np.delete(DAYS, 10)
    with pytest.raises(SchemaError, match="validate: found days with gaps, expected each day once"):
        mergeable.compute_parts([np.zeros((1, days.size))] * 2, days, SPAN)
