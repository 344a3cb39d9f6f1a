"""Quantiles and daily shares of simulated rain, against scipy."""

import numpy as np
import pytest
from scipy.stats import gamma, norm

from mcca_ml.simulate.truth.climate import CLIMATES, NEIGHBOUR, zone_index
from mcca_ml.simulate.truth.fields import autoregression, daily_noise, generator, smoother
from mcca_ml.simulate.truth.land_classes import COVER, SHARES, class_at
from mcca_ml.simulate.truth.rain import (
    gamma_quantile_wilson31,
    normal_quantile,
    normal_rank,
    within_day,
)
from mcca_ml.simulate.truth.types import Patch

PATCH = Patch("box", 130, 980, (7, 8), 0)
SMOOTH = smoother(PATCH, np.full(56, 34.0), 200.0)
DAYS = np.arange("2014-12-01", "2016-02-01", dtype="datetime64[D]")


@pytest.mark.parametrize("shape", [0.7, 0.9, 2.0])
def test_amounts_are_gamma(shape):
    normal = np.linspace(-1.5, 3, 10).astype(np.float32)
    expected = gamma.ppf(norm.cdf(normal), shape, scale=1 / shape)
    found = gamma_quantile_wilson31(normal, np.float32(shape))
    assert found == pytest.approx(expected, rel=0.06, abs=0.05)
    many = np.random.default_rng(0).standard_normal(200_000).astype(np.float32)
    assert gamma_quantile_wilson31(many, np.float32(shape)).mean() == pytest.approx(1, abs=0.015)


def test_normal_quantile_and_rank_are_scipys():
    share = np.linspace(0.005, 0.995, 60)
    assert normal_quantile(share) == pytest.approx(norm.ppf(share), abs=2e-3)
    value = np.linspace(-3, 3, 60)
    assert normal_rank(value) == pytest.approx(norm.cdf(value), abs=1e-3)


def test_a_day_gets_all_its_rain():
    lon = np.linspace(-180, 180, 56)
    season = np.linspace(-1, 1, DAYS.size)[:, None].astype(np.float32)
    share = within_day(SMOOTH, DAYS, lon, season, seed=1, box="box")
    assert share.shape == (DAYS.size, 8, 56)
    assert share.sum(1) == pytest.approx(1, abs=1e-5)
    assert (share >= 0).all()


def test_a_field_has_variance_one_and_the_memory_that_was_asked_for():
    field = autoregression(daily_noise(SMOOTH, 5, DAYS, "box", "x"), 0.6)
    assert field.std() == pytest.approx(1, abs=0.1)
    lagged = np.mean([np.corrcoef(c[1:], c[:-1])[0, 1] for c in field.T])
    assert lagged == pytest.approx(0.6, abs=0.07)


def test_days_of_a_year_do_not_depend_on_which_are_asked_for():
    whole = daily_noise(SMOOTH, 5, DAYS, "box", "x")
    part = daily_noise(SMOOTH, 5, DAYS[20:80], "box", "x")
    assert (whole[20:80] == part).all()


def test_each_name_has_its_own_numbers():
    first = generator(0, "box", "clay").random(3)
    assert (first == generator(0, "box", "clay").random(3)).all()
    for other in ((1, "box", "clay"), (0, "box", "sand"), (0, "other", "clay")):
        assert not (first == generator(*other).random(3)).any()


def test_zones_have_land_that_adds_up():
    assert set(SHARES) == set(NEIGHBOUR) == {climate.name for climate in CLIMATES}
    for zone, shares in SHARES.items():
        assert sum(share for _, share in shares) == pytest.approx(1)
        covers = [COVER[cover] for cover, _ in shares]
        assert covers == sorted(covers), zone
        assert CLIMATES[zone_index(zone)].name == zone
    ranks = np.linspace(0, 1, 10_001).astype(np.float32)
    found = class_at(ranks, "semiarid")
    assert (found == 7).mean() == pytest.approx(0.45, abs=1e-3)
