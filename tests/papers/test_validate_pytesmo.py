"""Scores against pytesmo (TU Wien, MIT), the field's own toolbox, to 1e-10."""

import numpy as np
import pytest

from mcca_ml.metrics import anomalies
from mcca_ml.metrics.moments import compute_moments
from mcca_ml.metrics.scores import compute_scores
from mcca_ml.metrics.triple_collocation import triple_collocation

pytesmo = pytest.importorskip("pytesmo", reason="the group test of pyproject.toml brings it")
pd = pytest.importorskip("pandas", reason="the group test of pyproject.toml brings it")

DAYS = np.arange("2013-01-01", "2018-01-01", dtype="M8[D]")


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    season = 0.25 + 0.08 * np.sin(np.arange(DAYS.size) / 58.1)
    x = season + rng.normal(0, 0.03, DAYS.size)
    y = 0.8 * season + 0.02 + rng.normal(0, 0.05, DAYS.size)
    seen = rng.random(DAYS.size) < 0.55
    return np.where(seen, x, np.nan), np.where(seen, y, np.nan)


def test_pairwise_scores(pair):
    from pytesmo import metrics

    x, y = pair
    ours = compute_scores(compute_moments([x[None], y[None]]))
    a, b = x[np.isfinite(x)], y[np.isfinite(y)]
    assert ours.bias[0] == pytest.approx(metrics.bias(a, b), abs=1e-10)
    assert ours.rmsd[0] == pytest.approx(metrics.rmsd(a, b), abs=1e-10)
    assert ours.ubrmsd[0] == pytest.approx(metrics.ubrmsd(a, b), abs=1e-10)
    assert ours.r[0] == pytest.approx(metrics.pearson_r(a, b), abs=1e-10)


def test_anomalies_of_35_days(pair):
    from pytesmo.time_series.anomaly import calc_anomaly

    x, _ = pair
    theirs = calc_anomaly(pd.Series(x, DAYS.astype("M8[ns]")).dropna(), window_size=35)
    (ours,) = anomalies.moving_anomalies([x[None]], fewest=1)
    np.testing.assert_allclose(ours[0][np.isfinite(x)], theirs.to_numpy(), rtol=0, atol=1e-10)


def test_anomalies_from_the_climatology():
    """pytesmo averages dates, we average samples: the same where every year has every day."""
    from pytesmo.time_series.anomaly import calc_anomaly, calc_climatology

    rng = np.random.default_rng(12)
    date = anomalies.day_of_year(DAYS)
    x = 0.25 + 0.08 * np.sin(date / 58.1) + rng.normal(0, 0.03, DAYS.size)
    x[date == 59] = np.nan  # 29 February, which is there once in four years
    given = pd.Series(x, DAYS.astype("M8[ns]"))
    usual = calc_climatology(given.dropna(), moving_avg_orig=1, respect_leap_years=False)
    theirs = calc_anomaly(given, climatology=usual, respect_leap_years=False).to_numpy()
    ours = x - anomalies.climatology(anomalies.moments_by_date([x[None]], DAYS))[0, 0][date]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


def test_triple_collocation():
    from pytesmo.metrics import tcol_metrics

    rng = np.random.default_rng(13)
    truth = rng.normal(0.25, 0.07, 3000)
    x, y, z = truth + rng.normal(0, 0.03, 3000), 0.02 + 0.7 * truth, 1.4 * truth - 0.1
    y, z = y + rng.normal(0, 0.02, 3000), z + rng.normal(0, 0.06, 3000)
    snr, error, scale = tcol_metrics(x, y, z)
    ours = triple_collocation(compute_moments([x[None], y[None], z[None]]))
    np.testing.assert_allclose(ours.snr_db[:, 0], snr, rtol=0, atol=1e-10)
    # Theirs are scaled to the first product, ours are in the units of each.
    np.testing.assert_allclose(ours.error_sd[:, 0] * ours.scale[:, 0], error, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours.scale[:, 0], scale, rtol=0, atol=1e-10)
    power = 10 ** (snr / 10)
    np.testing.assert_allclose(ours.r_truth[:, 0] ** 2, power / (1 + power), rtol=0, atol=1e-10)
