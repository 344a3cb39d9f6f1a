"""Laws of the fusion: minimum variance, what cancels, what a value rests on."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from made_examples import at_most
from mcca_ml.config.record import FuseSettings
from mcca_ml.flags import Flag
from mcca_ml.fuse import fusion
from mcca_ml.fuse.error_covariance import (
    ErrorMoments,
    Pool,
    StreamErrors,
    error_moments,
    estimate_stream_errors,
    pool_errors,
)
from mcca_ml.fuse.weights import covariance, weights
from mcca_ml.schema import LAYERS
from mcca_ml.sensors import imagers

DEFAULT = FuseSettings()
ALL = np.ones((1, 4), np.bool_)
CCI_BITS = {"TMI": 4, "AMSRE": 8, "AMSR2": 32, "GMI": 4096}
"""As in the flag values of the `sensor` variable of ESA CCI soil moisture."""
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=at_most(25), deadline=None)


def any_matrices(rng, rows=20):
    """Positive definite, of sd 0.02 to 0.1 and any correlation."""
    root = rng.normal(size=(rows, 4, 6)) + rng.uniform(0, 2, (rows, 1, 1))
    full = root @ root.transpose(0, 2, 1)
    scale = np.sqrt(np.diagonal(full, axis1=1, axis2=2))
    sd = rng.uniform(0.02, 0.1, (rows, 4)) / scale
    return full * sd[:, :, None] * sd[:, None, :]


def any_use(rng, rows=20):
    return rng.random((rows, 4)) < 0.7


def stream(sm, *, nobs=1, age=0, flag=0, sd=0.04, hour=6.0):
    """STREAM of (time, cell); a day without look has age, but no time."""
    sm = np.atleast_2d(np.asarray(sm, np.float32))

    def full(value, dtype):
        return np.broadcast_to(np.asarray(value), sm.shape).astype(dtype)

    nobs = full(nobs, np.uint8)
    days = np.datetime64("2015-06-01", "ns") + np.arange(len(sm)) * np.timedelta64(1, "D")
    at = days[:, None] + (full(hour, np.float64) * 3.6e12).astype("m8[ns]")
    flag = np.where(nobs > 0, full(flag, np.uint32), int(Flag.NOT_OBSERVED)).astype(np.uint32)
    values = {
        "soil_moisture": sm,
        "target_sd": full(sd, np.float32),
        "sm_uncertainty": np.minimum(full(sd, np.float32) + np.float32(0.01), 1),
        "obs_time": np.where(nobs > 0, at, np.datetime64("NaT", "ns")),
        "nobs": nobs,
        "age": full(age, np.uint8),
        "flag": flag,
    }
    return xr.Dataset(
        {name: (("time", "cell"), value) for name, value in values.items()},
        coords={"time": days, "cell": np.arange(sm.shape[1])},
        attrs={"simulated": "true"},
    )


def model(cells=1, error_correlation=0.5, bias=(0.0, 0.0, 0.0, 0.0), sd=(0.04, 0.04, 0.04, 0.04)):
    return StreamErrors(
        np.tile(np.float32(bias), (cells, 1)),
        np.tile(np.float32(sd), (cells, 1)),
        np.full(cells, error_correlation, dtype=np.float32),
    )


def any_streams(rng, days=6, cells=9):
    """Four streams with looks, gaps, flags and missing values."""
    made = {}
    for name in imagers():
        shape = (days, cells)
        sm = np.where(rng.random(shape) < 0.15, np.nan, rng.uniform(0.02, 0.5, shape))
        look = rng.random(shape) < 0.5
        made[name] = stream(
            sm,
            nobs=look,
            age=np.where(look, 0, rng.integers(1, 20, shape)),
            flag=np.where(rng.random(shape) < 0.3, int(Flag.FROZEN), 0),
            sd=rng.uniform(0.02, 0.1, shape),
            hour=rng.uniform(0, 24, shape),
        )
    return made


def fuse(streams, of=None, changed=DEFAULT, **more):
    cells = next(iter(streams.values())).sizes["cell"]
    return fusion.fuse(streams, model(cells) if of is None else of, changed, **more)


@quick
@given(seeds)
def test_weights_sum_to_one_and_none_is_negative_or_of_a_stream_not_used(seed):
    rng = np.random.default_rng(seed)
    used = any_use(rng)
    found = weights(any_matrices(rng), used)
    np.testing.assert_allclose(found.sum(axis=1), used.any(axis=1), atol=1e-12)
    assert (found >= 0).all()
    assert (found[~used] == 0).all()


@quick
@given(seeds, st.floats(0, 0.1))
def test_an_error_common_to_all_streams_leaves_the_weights(seed, sd):
    rng = np.random.default_rng(seed)
    matrix, used = any_matrices(rng), any_use(rng)
    np.testing.assert_allclose(weights(matrix + sd**2, used), weights(matrix, used), atol=1e-7)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_streams_in_another_order_have_the_same_weights_in_that_order(order):
    rng = np.random.default_rng(3)
    matrix, used, order = any_matrices(rng, 50), any_use(rng, 50), list(order)
    turned = weights(matrix[:, order][:, :, order], used[:, order])
    np.testing.assert_allclose(turned, weights(matrix, used)[:, order], atol=1e-10)


def test_no_weights_that_scipy_finds_have_less_variance():
    rng = np.random.default_rng(4)
    matrices = np.concatenate(
        [any_matrices(rng, 40), covariance(rng.uniform(0.02, 0.1, (40, 4)), rng.uniform(0, 1, 40))]
    )
    ours = weights(matrices, np.ones((80, 4), np.bool_))
    some_left_out = 0
    for matrix, own in zip(matrices * 1e3, ours, strict=True):
        found = minimize(
            lambda w, c: w @ c @ w,
            np.full(4, 0.25),
            args=(matrix,),
            jac=lambda w, c: 2 * c @ w,
            bounds=[(0, 1)] * 4,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
            options={"ftol": 1e-13, "maxiter": 300},
        )
        assert found.success
        assert own @ matrix @ own <= found.fun * (1 + 1e-6)
        some_left_out += (own == 0).any()
    assert 10 < some_left_out < 80


@pytest.mark.parametrize("error_correlation", [0.0, 0.4, 0.95])
def test_streams_of_one_network_agree_half_way_more(error_correlation):
    sd = np.array([[0.02, 0.03, 0.04, 0.05]])
    found = (covariance(sd, np.array([error_correlation])) / sd[:, :, None] / sd[:, None, :])[0]
    own, other = min((1 + error_correlation) / 2, 0.95), error_correlation
    expected = [[1, other, own, other], [other, 1, other, own]]
    np.testing.assert_allclose(found, expected + [row[2:] + row[:2] for row in expected])


def test_fused_error_of_100000_draws_is_as_told_and_less_than_of_any_stream():
    sd, rng = np.array([0.03, 0.045, 0.04, 0.035]), np.random.default_rng(5)
    matrix = covariance(sd[None], np.array([0.3]))
    error = rng.multivariate_normal(np.zeros(4), matrix[0], 100_000).astype(np.float32)
    made = {name: stream(0.4 + error[:, [k]], sd=sd[k]) for k, name in enumerate(imagers())}
    out = fuse(made, model(error_correlation=0.3, sd=sd))
    spread = float(out["sm"].std())
    assert spread == pytest.approx(float(out["target_sd"][0, 0]), rel=0.01)
    others = [np.eye(4)[k] for k in range(4)]
    inverse = sd**-2 / (sd**-2).sum()
    assert spread < min(float((error @ w).std()) for w in [*others, np.full(4, 0.25), inverse])


@pytest.mark.parametrize("name", imagers())
def test_one_stream_alone_gives_itself_less_its_bias(name):
    number = imagers().index(name)
    bias = np.array([0.01, -0.02, 0.03, -0.04])
    made = {name: stream([[0.2, 0.3]], sd=[[0.04, 0.07]], hour=13.5)}
    out = fuse(made, model(2, bias=bias))
    np.testing.assert_allclose(out["sm"], [np.array([0.2, 0.3]) - bias[number]], atol=1e-7)
    np.testing.assert_allclose(out["target_sd"], made[name]["target_sd"], rtol=1e-6)
    np.testing.assert_allclose(out["sm_uncertainty"], made[name]["sm_uncertainty"], rtol=1e-6)
    np.testing.assert_array_equal(out["t0"], made[name]["obs_time"])
    np.testing.assert_array_equal(out[LAYERS[name]], made[name]["soil_moisture"])
    assert (out["sensor"] == CCI_BITS[name]).all()


@quick
@given(seeds)
def test_cells_do_not_know_which_cells_share_their_call(seed):
    rng = np.random.default_rng(seed)
    made = any_streams(rng)
    of = StreamErrors(
        rng.normal(0, 0.02, (9, 4)).astype(np.float32),
        rng.uniform(0.02, 0.1, (9, 4)).astype(np.float32),
        rng.uniform(0, 0.9, 9).astype(np.float32),
    )
    whole = fuse(made, of)
    for some in (slice(0, 1), slice(1, 6), slice(6, 9)):
        part = {name: ds.isel(cell=some) for name, ds in made.items()}
        alone = fuse(part, StreamErrors(of.bias[some], of.sd[some], of.error_correlation[some]))
        xr.testing.assert_identical(alone, whole.isel(cell=some))


def test_rows_solved_together_do_not_matter():
    made = any_streams(np.random.default_rng(6))
    xr.testing.assert_identical(fuse(made, step_rows=7), fuse(made))


def test_order_in_which_streams_are_given_does_not_matter():
    made = any_streams(np.random.default_rng(7))
    xr.testing.assert_identical(fuse(dict(reversed(made.items()))), fuse(made))


@pytest.mark.parametrize("name", imagers())
def test_a_stream_of_nan_is_as_no_stream(name):
    made = any_streams(np.random.default_rng(8))
    without = {other: ds for other, ds in made.items() if other != name}
    made[name] = made[name].assign(soil_moisture=made[name]["soil_moisture"] * np.nan)
    layers = [LAYERS[name], f"{LAYERS[name]}_uncertainty"]
    xr.testing.assert_identical(fuse(made).drop_vars(layers), fuse(without).drop_vars(layers))


def test_nan_everywhere_gives_nothing_and_does_not_raise():
    made = {name: stream(np.full((3, 2), np.nan), sd=np.nan) for name in imagers()}
    out = fuse(made)
    assert np.isnan(out["sm"]).all()
    assert np.isnan(out["sm_filled"]).all()
    assert np.isnan(out["sm_uncertainty"]).all()
    assert np.isnat(out["t0"]).all()
    assert (out["flag"] == int(Flag.NOT_OBSERVED)).all()
    assert not out[["sensor", "nobs", "is_filled"]].to_array().any()


@pytest.mark.parametrize("sd", [0.0, 1e-30, 1.0])
def test_no_spread_of_a_stream_raises(sd):
    made = {name: stream([[0.2]], sd=sd) for name in imagers()}
    out = fuse(made)
    assert float(out["sm"][0, 0]) == pytest.approx(0.2)
    found = error_moments(made, np.full((1, 1), 0.25, np.float32))
    assert np.isfinite(found.second).all()


def test_a_look_without_a_time_leaves_the_time_to_the_others():
    made = {"GMI": stream([[0.2]], hour=6), "AMSR2": stream([[0.3]], hour=14)}
    assert fuse(made)["t0"].item() == np.datetime64("2015-06-01T10:00", "ns").astype(int)
    made["AMSR2"]["obs_time"][:] = np.datetime64("NaT", "ns")
    assert fuse(made)["t0"].item() == np.datetime64("2015-06-01T06:00", "ns").astype(int)
    made["GMI"]["obs_time"][:] = np.datetime64("NaT", "ns")
    assert np.isnat(fuse(made)["t0"]).all()


@quick
@given(seeds)
def test_filled_values_stand_only_where_nothing_was_observed(seed):
    made = any_streams(np.random.default_rng(seed))
    out = fuse(made)
    seen = np.any(
        [(ds["nobs"] > 0) & np.isfinite(ds["soil_moisture"]) for ds in made.values()], axis=0
    )
    fresh = np.any(
        [
            (ds["age"] <= DEFAULT.fill_age_max) & np.isfinite(ds["soil_moisture"])
            for ds in made.values()
        ],
        axis=0,
    )
    np.testing.assert_array_equal(np.isfinite(out["sm"]), seen)
    np.testing.assert_array_equal(out["is_filled"], ~seen & fresh)
    np.testing.assert_array_equal(np.isfinite(out["sm_filled"]), seen | fresh)
    np.testing.assert_array_equal(out["sm_filled"].to_numpy()[seen], out["sm"].to_numpy()[seen])
    assert (out["flag"].to_numpy()[~seen] == int(Flag.NOT_OBSERVED)).all()
    assert not out["sensor"].to_numpy()[~seen].any()


def test_a_carried_value_has_no_part_where_another_stream_saw_the_cell():
    made = {"GMI": stream([[0.2]]), "AMSR2": stream([[0.4]], nobs=0, age=1, sd=0.01)}
    out = fuse(made)
    assert out["sm_filled"].item() == out["sm"].item() == pytest.approx(0.2)
    assert out["sensor"].item() == CCI_BITS["GMI"]


def test_sensor_nobs_and_flag_are_those_of_the_streams_used():
    mild, bad = int(Flag.COAST), int(Flag.FROZEN)
    made = {
        "TMI": stream([[0.2, 0.2, 0.2]], nobs=2, flag=[[mild, bad, bad]]),
        "AMSRE": stream([[0.3, 0.3, np.nan]], flag=int(Flag.DEFAULT_CLAY)),
        "AMSR2": stream([[0.3, np.nan, np.nan]], nobs=[[1, 0, 0]]),
    }
    out = fuse(made, model(3))
    assert out["sensor"].to_numpy().tolist() == [[4 + 8 + 32, 8, 4]]
    assert out["nobs"].to_numpy().tolist() == [[4, 1, 2]]
    both = mild | int(Flag.DEFAULT_CLAY)
    assert out["flag"].to_numpy().tolist() == [[both, int(Flag.DEFAULT_CLAY), bad]]


def made_streams(rng, cells, days, *, rho=0.4, bias=(0.02, -0.01)):
    """GMI and AMSR2 with errors of known bias and correlation about a soil moisture of 0.3."""
    sd = np.array([0.04, 0.03])
    root = np.linalg.cholesky([[1, rho], [rho, 1]])
    z = rng.normal(size=(days, cells, 2)) @ root.T
    return {
        name: stream(0.3 + bias[k] + sd[k] * z[..., k], sd=sd[k])
        for k, name in enumerate(("GMI", "AMSR2"))
    }


def flat_target(cells, days):
    return np.full((cells, days), 0.3, np.float32)


FREE = FuseSettings(prior_days=0.0)
NO_POOL = Pool(np.zeros(2), np.array([9.0, 0.0, 9.0]))


def test_covariance_and_bias_of_errors_are_found_again():
    rng = np.random.default_rng(1)
    parts = [error_moments(made_streams(rng, 50, 200), flat_target(50, 200)) for _ in range(4)]
    found = pool_errors(parts)
    np.testing.assert_allclose(found.covariance, [0.0016, 0.00048, 0.0009], rtol=0.04)
    assert found.error_correlation == pytest.approx(0.4, abs=0.02)
    own = estimate_stream_errors(
        error_moments(made_streams(rng, 30, 2000), flat_target(30, 2000)), NO_POOL, FREE
    )
    np.testing.assert_allclose(own.bias, np.tile([0.02, -0.01, 0.02, -0.01], (30, 1)), atol=4e-3)
    np.testing.assert_allclose(own.sd, np.tile([0.04, 0.03, 0.04, 0.03], (30, 1)), rtol=0.08)
    np.testing.assert_allclose(own.error_correlation, 0.4, atol=0.08)


@quick
@given(seeds, st.floats(0, 0.05))
def test_weights_are_those_of_least_squares_on_the_common_days(seed, noise):
    """What the target adds to both errors, and their biases, are nothing to them."""
    rng = np.random.default_rng(seed)
    made = made_streams(rng, 1, 400)
    target = (flat_target(1, 400) + noise * rng.normal(size=(1, 400))).astype(np.float32)
    of = estimate_stream_errors(error_moments(made, target), NO_POOL, FREE)
    one, two = (made[name]["soil_moisture"].to_numpy()[:, 0] for name in ("GMI", "AMSR2"))
    design = np.stack([one - two, np.ones(400)], axis=1)
    wanted = np.linalg.lstsq(design, target[0] - two, rcond=None)[0][0]
    assert 0 < wanted < 1
    pair = np.array([[False, False, True, True]])
    found = weights(
        covariance(of.sd.astype(np.float64), of.error_correlation.astype(np.float64)), pair
    )
    assert found[0, 2] == pytest.approx(wanted, abs=1e-4)


def test_a_stream_that_tells_too_small_an_error_has_no_more_weight_for_it():
    rng = np.random.default_rng(2)
    made = made_streams(rng, 4, 300, bias=(0, 0))
    of = estimate_stream_errors(error_moments(made, flat_target(4, 300)), NO_POOL, FREE)
    boastful = {**made, "GMI": made["GMI"].assign(target_sd=made["GMI"]["target_sd"] / 5)}
    np.testing.assert_array_equal(fuse(boastful, of)["sm"], fuse(made, of)["sm"])
    assert (fuse(boastful, of)["target_sd"] < fuse(made, of)["target_sd"]).all()


def test_a_cell_keeps_the_size_of_its_errors_and_is_drawn_to_the_shape_of_all():
    rng = np.random.default_rng(3)
    found = error_moments(made_streams(rng, 5, 100), flat_target(5, 100))
    pool = Pool(np.zeros(2), np.array([0.04, 0.0, 0.01]))
    of = estimate_stream_errors(found, pool, FuseSettings(prior_days=1e9))
    np.testing.assert_allclose(of.sd[:, 2] / of.sd[:, 3], 2, rtol=1e-5)
    np.testing.assert_allclose((of.sd[:, 2:] ** 2).sum(axis=1), 0.0025, rtol=0.4)
    assert (of.error_correlation < 1e-6).all()


@pytest.mark.parametrize("prior_days", [0.0, 60.0])
def test_a_cell_without_days_has_what_all_have_in_common(prior_days):
    nothing = ErrorMoments(*(np.zeros(shape) for shape in ((2, 2), (2, 2), 2, (2, 2), (2, 3))))
    pool = Pool(np.array([0.01, 0.02]), np.array([0.0016, 0.0006, 0.0025]))
    found = estimate_stream_errors(nothing, pool, FuseSettings(prior_days=prior_days))
    np.testing.assert_allclose(found.bias, np.tile([0.01, 0.02, 0.01, 0.02], (2, 1)))
    np.testing.assert_allclose(found.sd, np.tile([0.04, 0.05, 0.04, 0.05], (2, 1)), rtol=1e-6)
    np.testing.assert_allclose(found.error_correlation, 0.3)


def test_without_any_common_day_each_stream_counts_by_what_it_tells():
    nothing = ErrorMoments(*(np.zeros(shape) for shape in ((1, 2), (1, 2), 1, (1, 2), (1, 3))))
    of = estimate_stream_errors(nothing, pool_errors([nothing]), DEFAULT)
    assert np.isnan(of.sd).all()
    assert of.error_correlation == 0.5
    made = {"GMI": stream([[0.2]], sd=0.02), "AMSR2": stream([[0.3]], sd=0.04)}
    assert fuse(made, of)["sm"].item() == pytest.approx(0.2)  # rho = s1 / s2: all to the better
