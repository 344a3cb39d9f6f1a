"""Scores, Markdown and peers of the benchmarks; the peers against truth and against scipy."""

import numpy as np
import pytest

from mcca_ml.config.load import RetrieveSettings
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.scene import scene_tb, uniform_scene

MIXING = RetrieveSettings().polarization_mixing


@pytest.fixture(scope="module")
def rows(bench):
    """Rows of simulated cells without noise, of one VOD for both channels."""
    rng = np.random.default_rng(3)
    moisture = rng.uniform(0.06, 0.45, 60).astype(np.float32)
    vod = rng.uniform(0.05, 0.6, 60).astype(np.float32)
    scene = uniform_scene(moisture, vod)
    made = bench("rows").rows_of_scene(scene, scene_tb(scene, SMAP.channels), RetrieveSettings())
    return made, scene


def test_scores_are_those_of_numpy(bench):
    scores = bench("scores")
    rng = np.random.default_rng(0)
    truth = rng.normal(0.2, 0.1, 500)
    found = truth + rng.normal(0.03, 0.05, 500)
    made = scores.score(found, truth)
    assert made.bias == pytest.approx(found.mean() - truth.mean())
    rmsd = np.sqrt(np.mean((found - truth) ** 2))
    assert made.ubrmsd**2 == pytest.approx(rmsd**2 - made.bias**2)
    assert made.r == pytest.approx(np.corrcoef(found, truth)[0, 1])


def test_a_cell_without_value_is_a_failure_and_no_pair(bench):
    estimate = np.array([0.1, np.nan, 0.3, 0.5, 0.2])
    reference = np.array([0.1, 0.2, 0.2, 0.5, np.nan])
    failed = np.array([False, False, True, False, True])
    found = bench("scores").score(estimate, reference, failed)
    assert (found.cells, found.pairs) == (4, 3)
    assert found.failure == pytest.approx(0.5)
    assert found.bias == pytest.approx(0.1 / 3)  # the failed cell that has a value counts


def test_too_few_pairs_give_no_score(bench):
    found = bench("scores").score(np.array([0.1, 0.2]), np.array([0.1, 0.2]))
    assert np.isnan(found.r)


def test_intervals_of_a_normal_error_are_nominal(bench):
    rng = np.random.default_rng(1)
    error = rng.normal(0, 0.04, 20_000)
    share = bench("scores").coverage(error, np.full(20_000, 0.04), np.zeros(20_000))
    assert share == pytest.approx(0.683, abs=0.01)


def test_what_stands_between_markers_is_replaced_and_nothing_else(bench):
    document = "a\n<!-- table: x -->\nold\n<!-- end: x -->\nb"
    found = bench("markdown").replaced(document, "x", r"new \1")
    assert found == "a\n<!-- table: x -->\nnew \\1\n<!-- end: x -->\nb"


def test_missing_markers_are_named(bench):
    with pytest.raises(ValueError, match="no markers of 'y'"):
        bench("markdown").replaced("text", "y", "new")


def test_every_peer_finds_the_truth_without_noise(bench, rows):
    peers, (made, scene) = bench("peers"), rows
    found = (
        peers.sca_v(made.cell, scene.vod_v, MIXING),
        peers.dca(made.cell, scene.vod_v, MIXING),
        peers.two_channels(made.cell, MIXING),
    )
    for result in found:
        np.testing.assert_allclose(result.soil_moisture, scene.soil_moisture, atol=2e-3)
        assert not result.failed.any()


def test_the_joint_fit_is_that_of_scipy(bench, rows):
    peers, (made, scene) = bench("peers"), rows
    noisy = made.cell._replace(
        tb=scene_tb(scene, SMAP.channels, np.random.default_rng(5)).astype(np.float32)
    )
    ours, theirs = (f(noisy, MIXING) for f in (peers.two_channels, peers.two_channels_scipy))
    np.testing.assert_allclose(ours.soil_moisture, theirs.soil_moisture, atol=2e-3)
    np.testing.assert_allclose(ours.vod, theirs.vod, atol=4e-3)


def test_dca_stays_near_its_prior(bench, rows):
    peers, (made, scene) = bench("peers"), rows
    high = peers.dca(made.cell, scene.vod_v + np.float32(0.1), MIXING)
    assert np.all(high.vod >= scene.vod_v - 1e-3)
    assert high.soil_moisture.mean() > scene.soil_moisture.mean() + 0.005


def test_peers_meet_the_forward_model_of_simulated_scenes(bench, rows):
    peers, (made, scene) = bench("peers"), rows
    tb = [
        np.asarray(
            peers.modelled_tb(
                scene.soil_moisture[i],
                scene.vod_v[i],
                type(made.cell)(*(v[i] for v in made.cell)),
                MIXING,
            )
        )
        for i in range(5)
    ]
    np.testing.assert_allclose(np.stack(tb), made.cell.tb[:5], atol=1e-3)


def test_operations_of_a_loop_are_counted_once_a_round(bench):
    import jax

    def function(x):
        return jax.lax.fori_loop(0, 10, lambda _, y: y * 2.0 + 1.0, x)

    found = bench("operations").count(function, 1.0)
    assert 20 <= found.cheap <= 40  # two a round, and the counter
    assert bench("operations").count(jax.numpy.exp, 1.0).costly == 1
