"""Intervals and their score, against the definition of the score and a normal error."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mcca_ml.metrics.scores import crps_gneiting07
from mcca_ml.report.scores.interval_coverage import score_intervals


@pytest.mark.parametrize(("error", "sd"), [(0.0, 0.03), (0.05, 0.03), (-0.2, 0.01), (0.01, 0.2)])
def test_the_score_is_the_integral_that_defines_it(error, sd):
    def above(x):
        return norm.sf(x, error, sd) ** 2

    def below(x):
        return norm.cdf(x, error, sd) ** 2

    far = 12 * sd + abs(error)
    wanted = quad(below, -far, 0, limit=200)[0] + quad(above, 0, far, limit=200)[0]
    found = crps_gneiting07(np.array([error]), np.array([sd]))
    assert found == pytest.approx(wanted, rel=1e-6)


def test_a_sure_estimate_has_its_absolute_error():
    found = crps_gneiting07(np.array([0.04]), np.array([1e-9]))
    assert found == pytest.approx(0.04, rel=1e-6)


def test_intervals_of_a_normal_error_are_nominal():
    rng = np.random.default_rng(3)
    sd = np.full((4, 50_000), 0.03)
    truth = np.full_like(sd, 0.2)
    sm = truth + sd * rng.normal(size=sd.shape)
    sm[0, :100] = np.nan
    found = score_intervals(("a", "b"), sm, sd, truth)
    assert (found.name, found.reference, found.pairs) == ("a", "b", sd.size - 100)
    assert found.inside_68 == pytest.approx(0.6827, abs=0.005)
    assert found.inside_95 == pytest.approx(0.95, abs=0.003)
    assert found.width == pytest.approx(0.06)
    assert found.crps == pytest.approx(0.03 / np.sqrt(np.pi), rel=0.01)


def test_without_a_pair_there_is_no_number():
    nothing = np.full((2, 3), np.nan)
    found = score_intervals(("a", "b"), nothing, nothing, nothing)
    assert found.pairs == 0
    assert np.isnan(found.crps)
