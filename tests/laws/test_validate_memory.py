"""The memory of series of known autocorrelation is found from their lag-1 and their blocks."""

import numpy as np
import pytest
from scipy.linalg import hadamard, toeplitz

from mcca_ml.metrics.effective_samples import (
    BLOCK_DAYS,
    Memory,
    _shape,
    compute_modes,
    estimate_memory,
)
from mcca_ml.metrics.lag1_autocorrelation import compute_lagged, mean_factor, sum_memory
from mcca_ml.metrics.lagged_moments import compute_lagged_moments, lag_one
from mcca_ml.metrics.moments import Moments, compute_moments

DAYS = 30 * 400


@pytest.fixture
def autoregression(bench):
    """Draws series, as the benchmark of the intervals does."""
    return bench("validate_coverage").autoregression


def found(series: np.ndarray) -> Memory:
    labels = np.arange(series.shape[1]) // BLOCK_DAYS
    modes = compute_modes(compute_moments([series], labels, int(labels[-1]) + 1))
    chain = compute_lagged_moments([series])
    n = chain.pairs.n
    rho = lag_one(chain, (1,))
    power = modes.power(np.ones((1, len(series))), chain.pairs.co[0, 0] / n)
    return estimate_memory(rho, mean_factor(n, rho), rho, modes, power)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.95])
def test_of_an_autoregression_it_is_that_of_the_lag_one(autoregression, rho: float):
    memory = found(autoregression(np.random.default_rng(1), (300, DAYS), rho))
    assert np.mean(memory.factor) == pytest.approx((1 + rho) / (1 - rho), rel=0.05)
    assert np.mean(memory.squares) == pytest.approx((1 + rho**2) / (1 - rho**2), rel=0.15)
    assert (memory.freedom == 22).all()


def test_noise_does_not_hide_what_lasts(autoregression):
    """Half of the variance is noise: lag-1 0.45, and yet what lasts has 0.9."""
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((300, DAYS))
    memory = found((autoregression(rng, (300, DAYS), 0.9) + noise) / np.sqrt(2))
    assert np.median(memory.lag_one) == pytest.approx(0.45, abs=0.01)
    assert np.median(memory.lasting) == pytest.approx(0.9, abs=0.02)
    assert np.mean(memory.factor) == pytest.approx((1 + 19) / 2, rel=0.05)
    assert np.median(memory.squares) == pytest.approx(1 + 2 * 0.45**2 / (1 - 0.81), rel=0.1)


@pytest.mark.parametrize("rho", [0.8, 0.95])
def test_the_power_of_modes_over_their_shape_is_that_of_the_mean(rho: float):
    """From the covariances themselves: what slow modes of short series lack is put back."""
    number = 20
    cut = np.kron(np.eye(number), np.ones(BLOCK_DAYS))
    of_sums = cut @ toeplitz(rho ** np.arange(BLOCK_DAYS * number)) @ cut.T
    eigenvalues, vectors = np.linalg.eigh(of_sums)
    # Rows of +- the roots of the covariances: their mean square is the covariances exactly.
    sums = (vectors * np.sqrt(eigenvalues) @ hadamard(32)[:number]).T
    np.testing.assert_allclose(sums.T @ sums / 32, of_sums, atol=1e-8 * of_sums.max())
    n = np.full((32, number), float(BLOCK_DAYS))
    modes = compute_modes(Moments(n, sums[None] / BLOCK_DAYS, np.zeros((1, 1, 32, number))))
    power = modes.power(np.ones((1, 32)), np.ones(32)).mean(axis=0)[modes.used[0]]
    exact = (1 + rho) / (1 - rho)
    phase = np.pi * np.arange(1, power.size + 1) / number
    assert power.mean() < 0.95 * exact
    np.testing.assert_allclose(power / _shape(phase, rho, BLOCK_DAYS), exact, rtol=0.15)


@pytest.mark.parametrize("r", [0.0, 0.6])
def test_lag_one_covariances_of_both_series_tell_what_noise_hides(autoregression, r: float):
    """A slow reference and a product that is a share of it and noise: exact for this process."""
    rng = np.random.default_rng(5)
    slow = autoregression(rng, (300, DAYS), 0.9)
    product = r * slow + np.sqrt(1 - r**2) * rng.standard_normal(slow.shape)
    pair = compute_lagged(compute_lagged_moments([product, slow]))
    weights = np.array([np.ones(300), -np.ones(300)])
    rho, factor, longest, variance = sum_memory(pair, weights)
    exact = ((1 - r) ** 2 * 19 + (1 - r**2)) / (2 - 2 * r)
    assert np.mean(factor) == pytest.approx(exact, rel=0.05)
    assert np.mean(variance) == pytest.approx(2 - 2 * r, rel=0.02)
    assert np.mean(longest) == pytest.approx(0.9, abs=0.01)
    assert exact > 1.5 * np.mean(mean_factor(np.full(300, float(DAYS)), rho))


def test_empty_blocks_are_passed_over(autoregression):
    rng = np.random.default_rng(3)
    series = autoregression(rng, (5, 900), 0.8)
    gapped = np.full((5, 1800), np.nan)
    gapped[:, (np.arange(1800) // 30) % 2 == 0] = series
    np.testing.assert_allclose(found(gapped).factor, found(series).factor, rtol=1e-12)


def test_fewer_than_ten_blocks_leave_the_lag_one(autoregression):
    memory = found(autoregression(np.random.default_rng(4), (5, BLOCK_DAYS * 9), 0.6))
    n = np.full(5, BLOCK_DAYS * 9.0)
    assert (memory.freedom == 0).all()
    np.testing.assert_array_equal(memory.lasting, memory.lag_one)
    np.testing.assert_allclose(memory.factor, mean_factor(n, memory.lag_one))


def test_what_does_not_vary_has_no_memory():
    memory = found(np.ones((2, 900)))
    assert np.isnan(memory.factor).all()
    assert (memory.freedom == 0).all()


def test_a_mean_of_an_autoregression_varies_as_its_covariances_say():
    n, rho = 40, 0.8
    exact = toeplitz(rho ** np.arange(n)).mean() * n
    assert mean_factor(np.array([n]), np.array([rho]))[0] == pytest.approx(exact, rel=1e-12)
