"""Cross-calibration against known truth: lines, their uncertainty, chains."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from made_pairs import made_pairs, pairs_of
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.deming_regression import Line, fit_lines
from mcca_ml.intercal.fit_link import fit_cells, fit_link, thin_pairs
from mcca_ml.intercal.link import LineFlag, chain, chain_lines, combine
from mcca_ml.intercal.match import Pairs

DEFAULT = CalibrateSettings()


def link(pairs, sensor="TMI", reference="GMI", changed=DEFAULT, **more):
    return fit_link(pairs, changed, sensor=sensor, reference=reference, **more)


def covered(error, variance):
    return float((np.abs(error) < np.sqrt(variance)).mean())


def test_slope_is_not_attenuated_where_least_squares_loses_five_per_cent():
    same = {"noise": 1.85, "slope_sd": 0.0, "level_sd": 0.3, "outliers": 0.0}
    pairs, _ = made_pairs(np.random.default_rng(1), np.full(2000, 60), **same)
    own = fit_cells(pairs, DEFAULT).line.slope[:, 0]
    least_squares = []
    for cell in range(300):
        x, y = (v[pairs.cell == cell, 0] for v in (pairs.x, pairs.y))
        least_squares.append(np.polyfit(x, y, 1)[0])
    assert abs(np.median(own) - 1.02) < 0.003
    assert abs(link(pairs).line.slope.mean() - 1.02) < 0.003
    assert np.mean(least_squares) - 1.02 == pytest.approx(-0.05, abs=0.01)


@pytest.mark.parametrize("count", [8, 18, 60, 200])
def test_one_sd_covers_the_truth_in_68_percent_of_2000_cells(count):
    rng = np.random.default_rng(count)
    pairs, truth = made_pairs(rng, np.maximum(rng.poisson(count, 2000), 1))
    line = link(pairs).line
    middle = truth.mean[:, None]
    error = line.at(middle)[:, 0] - truth.at(truth.mean)
    assert covered(error, line.variance_at(middle)[:, 0]) == pytest.approx(0.68, abs=0.05)


def test_own_lines_cover_the_truth_in_level_and_slope():
    pairs, truth = made_pairs(np.random.default_rng(2), np.full(2000, 60))
    line = Line(*(value[:, 0] for value in fit_cells(pairs, DEFAULT).line))
    level = line.level - truth.at(line.centre)
    assert covered(level, line.level_var) == pytest.approx(0.68, abs=0.05)
    assert covered(line.slope - truth.slope, line.slope_var) == pytest.approx(0.68, abs=0.05)


def test_shrinking_beats_own_lines_and_the_common_line():
    rng = np.random.default_rng(4)
    pairs, truth = made_pairs(rng, np.maximum(rng.poisson(12, 2000), 1))
    found, own = link(pairs), fit_cells(pairs, DEFAULT).line
    middle = truth.mean[:, None]

    def rms(values):
        return np.sqrt(np.nanmean((values[:, 0] - truth.at(truth.mean)) ** 2))

    both = min(rms(own.at(middle)), rms(found.all_line.at(middle)))
    assert rms(found.line.at(middle)) < 0.85 * both
    # 0.7 K between cells, 2 K a pair: n0 is about 8, so 12 pairs weigh 0.6.
    assert np.median(found.level_weight) == pytest.approx(12 / (12 + 8), abs=0.06)


def test_a_set_n0_gives_n_over_n_plus_n0():
    pairs, _ = made_pairs(np.random.default_rng(3), np.full(500, 40), outliers=0.0)
    found = link(pairs, changed=CalibrateSettings(prior_pairs=20.0))
    assert np.median(found.level_weight) == pytest.approx(40 / 60, abs=0.03)
    assert np.median(found.slope_weight) == pytest.approx(40 / 60, abs=0.05)


def test_rain_in_a_tenth_of_the_pairs_moves_the_line_less_than_its_sd():
    pairs, truth = made_pairs(np.random.default_rng(6), np.full(400, 100), outliers=0.0)
    wet = np.random.default_rng(7).random(len(pairs.cell)) < 0.1
    rained = pairs_of(400, pairs.cell, pairs.x[:, 0], pairs.y[:, 0] - 25.0 * wet)
    middle = truth.mean[:, None]
    moved = link(rained).line.at(middle) - link(pairs).line.at(middle)
    assert np.sqrt((moved**2).mean()) < 0.15


def test_curvature_is_left_to_each_cells_own_line():
    pairs, truth = made_pairs(np.random.default_rng(8), np.full(500, 200), bend=1.0, outliers=0.0)
    line = link(pairs).line
    wanted = truth.at(truth.mean) + ((truth.mean - 250.0) / 50.0) ** 2
    error = line.at(truth.mean[:, None])[:, 0] - wanted
    assert abs(error.mean()) < 0.05
    assert error.std() < 0.2


@settings(max_examples=at_most(20), deadline=None)
@given(
    offset=st.floats(-8.0, 8.0),
    slope=st.floats(0.8, 1.25),
    spread=st.floats(5.0, 15.0),
    seed=st.integers(0, 2**16),
)
def test_a_line_is_found_within_its_stated_sd(offset, slope, spread, seed):
    rng = np.random.default_rng(seed)
    t = rng.normal(260.0, spread, 400)
    x = t + rng.standard_normal(400)
    y = 250.0 + offset + slope * (t - 250.0) + rng.standard_normal(400)
    fit = fit_lines(x[:, None], y[:, None], np.array([0]), CalibrateSettings()).line
    at = np.array([[250.0]])
    assert abs(fit.at(at)[0, 0] - 250.0 - offset) < 5 * np.sqrt(fit.variance_at(at)[0, 0])
    assert abs(fit.slope[0, 0] - slope) < 5 * np.sqrt(fit.slope_var[0, 0])


@settings(max_examples=at_most(30), deadline=None)
@given(seed=st.integers(0, 2**16))
def test_lines_without_noise_are_exact_and_invert(seed):
    rng = np.random.default_rng(seed)
    x, slope = rng.normal(260.0, 5.0, 30), rng.uniform(0.8, 1.2)
    y = 3.0 + slope * x
    there = fit_lines(x[:, None], y[:, None], np.array([0]), CalibrateSettings()).line
    back = fit_lines(y[:, None], x[:, None], np.array([0]), CalibrateSettings()).line
    assert there.slope[0, 0] == pytest.approx(slope, abs=1e-9)
    assert there.slope[0, 0] * back.slope[0, 0] == pytest.approx(1.0, abs=1e-9)


def test_a_cell_without_pairs_has_the_line_of_all_flagged_with_the_spread_of_cells():
    count = np.full(300, 50)
    count[7] = 0
    pairs, truth = made_pairs(np.random.default_rng(9), count)
    found = link(pairs)
    assert found.flag[7, 0] == LineFlag.NO_PAIRS | LineFlag.FROM_ALL
    assert found.level_weight[7, 0] == 0
    at = np.array([[260.0]])
    assert found.line.at(at)[7, 0] == pytest.approx(found.all_line.at(at)[0, 0])
    assert np.sqrt(found.line.variance_at(at)[7, 0]) == pytest.approx(0.7, abs=0.15)
    assert found.line.variance_at(at)[7, 0] > 4 * np.median(found.line.level_var)


def test_a_channel_that_is_missing_everywhere_has_no_line_and_spoils_no_other():
    pairs, _ = made_pairs(np.random.default_rng(10), np.full(50, 30))
    two = Pairs(
        pairs.cells,
        pairs.cell,
        pairs.when,
        np.hstack([pairs.x, np.full_like(pairs.x, np.nan)]),
        np.hstack([pairs.y, pairs.y]),
        ("10.65V", "37V"),
        ("10.65V", "36.5V"),
    )
    found, alone = link(two), link(pairs)
    assert np.isnan(found.line.level[:, 1]).all()
    assert (found.flag[:, 1] & LineFlag.NO_LINE).all()
    np.testing.assert_allclose(found.line.level[:, :1], alone.line.level, rtol=1e-13)


def test_no_pair_at_all_gives_no_line():
    found = link(pairs_of(3, np.zeros(0), np.zeros(0), np.zeros(0)))
    assert np.isnan(found.line.level).all()
    assert (found.flag & LineFlag.NO_LINE).all()


def test_cells_of_a_class_follow_its_line():
    rng = np.random.default_rng(11)
    count = np.full(400, 5)
    count[:40] = 0
    pairs, truth = made_pairs(rng, count, level_sd=0.2, outliers=0.0)
    kind = np.arange(400) % 2
    shifted = pairs_of(400, pairs.cell, pairs.x[:, 0], pairs.y[:, 0] + 4.0 * kind[pairs.cell])
    found = link(shifted, cell_class=kind)
    at = truth.mean[:, None]
    error = found.line.at(at)[:, 0] - truth.at(truth.mean) - 4.0 * kind
    assert np.abs(error[:40]).max() < 1.2
    assert not (found.flag & LineFlag.FROM_ALL).any()
    unseen = found.at_cells(np.array([5, 6]), np.array([0, 1]))
    step = np.diff(unseen.line.at(np.full((2, 1), 260.0))[:, 0])
    assert step[0] == pytest.approx(4.0, abs=0.3)


def test_blocks_of_cells_do_not_change_a_line():
    rng = np.random.default_rng(12)
    pairs, _ = made_pairs(rng, rng.poisson(10, 300))
    whole, apart = fit_cells(pairs, DEFAULT), fit_cells(pairs, DEFAULT, block_pairs=137)
    for one, other in zip((*apart.line, *apart[1:]), (*whole.line, *whole[1:]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_thinning_keeps_at_most_so_many_pairs_spread_over_all():
    pairs = pairs_of(2, np.repeat([0, 1], [100, 3]), np.arange(103), np.arange(103))
    few = thin_pairs(pairs, 10)
    assert few.cell.tolist() == [0] * 10 + [1] * 3
    assert np.diff(few.x[:10, 0]).tolist() == [10] * 9


def test_a_chain_has_the_variance_that_simulation_shows():
    rng = np.random.default_rng(13)

    def line(centre, level, slope):
        return Line(*(np.array(v) for v in (centre, level, slope, 0.09, 4e-4, 2e-3)))

    one, two = line(260.0, 262.0, 1.03), line(270.0, 268.0, 0.97)
    found = chain_lines(one, two)
    covariance = np.array([[0.09, 2e-3], [2e-3, 4e-4]])
    a, b = (
        rng.multivariate_normal([float(v.level), float(v.slope)], covariance, 40_000)
        for v in (one, two)
    )
    for x in (245.0, 260.0, 285.0):
        y = a[:, 0] + a[:, 1] * (x - 260.0)
        z = b[:, 0] + b[:, 1] * (y - 270.0)
        at = np.array(x)
        assert float(found.at(at)) == pytest.approx(z.mean(), abs=0.02)
        assert float(found.variance_at(at)) == pytest.approx(z.var(), rel=0.05)


def test_a_chain_through_a_third_sensor_covers_the_truth_and_widens_beyond_it():
    rng = np.random.default_rng(14)
    count = np.full(2000, 40)
    count[1500:] = 0  # beyond the latitudes of the sensor in the middle
    first, one = made_pairs(rng, count)
    second, two = made_pairs(rng, count)
    found = chain(link(first, "AMSRE", "TMI"), link(second, "TMI", "AMSR2"))
    assert (found.sensor, found.reference) == ("AMSRE", "AMSR2")
    # The cells of both links are the same, but their means are drawn apart: stay near the first.
    x = one.mean
    wanted = two.at(one.at(x))
    error = found.line.at(x[:, None])[:, 0] - wanted
    variance = found.line.variance_at(x[:, None])[:, 0]
    assert covered(error[1500:], variance[1500:]) == pytest.approx(0.68, abs=0.08)
    assert np.median(variance[1500:]) > 2 * np.median(variance[:1500])
    assert (found.flag[1500:] & LineFlag.NO_PAIRS).all()
    assert not (found.flag[:1500] & LineFlag.NO_PAIRS).any()


def test_direct_and_double_difference_combine_to_less_variance_than_either():
    rng = np.random.default_rng(15)
    same = {"level_sd": 0.0, "slope_sd": 0.0, "outliers": 0.0}
    direct = link(made_pairs(rng, np.full(200, 18), **same)[0])
    other = link(made_pairs(rng, np.full(200, 30), **same)[0])
    found = combine(direct, other)
    middle = np.full((200, 1), 260.0)
    assert (found.line.variance_at(middle) < direct.line.variance_at(middle)).all()
    assert (found.line.variance_at(middle) < other.line.variance_at(middle)).all()
    low = np.minimum(direct.line.at(middle), other.line.at(middle))
    high = np.maximum(direct.line.at(middle), other.line.at(middle))
    assert ((found.line.at(middle) > low - 0.05) & (found.line.at(middle) < high + 0.05)).all()
