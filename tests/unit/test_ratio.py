"""The ratio of VOD from a season of looks: found where identified, the prior kept where not."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.common.scene_dataset import scene_dataset

from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import Flag
from mcca_ml.grid.ease2 import M36
from mcca_ml.retrieve.season import retrieve_season
from mcca_ml.retrieve.shared_vod import Products
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.retrieve.vod_ratio import (
    expected_vod,
    number_windows,
    ratio_step,
    window_median,
)
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.scene import uniform_scene

CONFIG = RetrieveSettings(default_clay=0.2)
KNOWN = CONFIG.model_copy(
    update={"omega_sd": 0.004, "roughness_sd": 0.01, "clay_sd": 0.02, "temperature_sd": 0.5}
)
"""Albedo, roughness and clay better known than they usually are: then the ratio is identified."""
PRIOR = RetrieveSettings()


def season(days, cells, seed=5, vod=(0.05, 0.6), config=None):
    """Soil that wets by rain and dries, a canopy with a slow season, a ratio for each cell.

    With `config` albedo, roughness and clay of each cell and the temperature of each look are wrong
    by its stated errors: the dataset tells one thing, the brightness temperature another.
    """
    rng = np.random.default_rng(seed)
    looks = 2 * days
    base, moisture = rng.uniform(0.05, 0.15, cells), np.zeros((looks, cells))
    now = rng.uniform(0.1, 0.3, cells)
    for t in range(looks):
        rain = (rng.random(cells) < 0.1) * rng.exponential(0.08, cells)
        now = np.clip(base + 0.93 * (now - base) + rain, 0.03, 0.45)
        moisture[t] = now
    wave = 1 + 0.2 * np.sin(np.linspace(0, np.pi, looks))
    canopy = rng.uniform(*vod, cells) * wave[:, None]
    scene = uniform_scene(
        moisture.reshape(days, 2, cells).astype(np.float32),
        canopy.reshape(days, 2, cells).astype(np.float32),
    )
    ratio = np.clip(rng.normal(1, 0.1, cells), 0.82, 1.18).astype(np.float32)
    scene = replace(scene, vod_ratio=np.broadcast_to(ratio, scene.omega.shape))
    ds = scene_dataset(scene, SMAP, M36, np.arange(cells), first_day="2016-04-01")
    seen = scene if config is None else with_errors(scene, config, rng)
    tb = scene_dataset(seen, SMAP, M36, np.arange(cells), first_day="2016-04-01", rng=rng)["tb"]
    unseen = rng.random(scene.omega.shape) < 0.3
    return scene, ratio, ds.assign(tb=tb.where(~unseen[..., None]).assign_attrs(units="K"))


def with_errors(scene, config, rng):
    """The scene as it is, where the stated values are wrong by the stated errors."""
    shape = scene.omega.shape

    def static(sd):
        return (rng.normal(0, sd, shape[-1]) * np.ones(shape)).astype(np.float32)

    warmer = rng.normal(0, config.temperature_sd, shape).astype(np.float32)
    return replace(
        scene,
        omega=np.clip(scene.omega + static(config.omega_sd), 0, 1),
        roughness_h=np.maximum(scene.roughness_h + static(config.roughness_sd), 0),
        clay=np.clip(scene.clay + static(config.clay_sd), 0.01, 1),
        soil_temperature=scene.soil_temperature + warmer,
        canopy_temperature=scene.canopy_temperature + warmer,
    )


def from_prior(found):
    """Cells whose ratio is the prior."""
    return (found["flag"] & int(Flag.VOD_RATIO_FROM_PRIOR) != 0).any(("time", "look")).to_numpy()


def coverage(found, name, truth):
    """Share of the observed looks within one standard deviation of the truth."""
    sd = "sm_uncertainty" if name == "soil_moisture" else f"{name}_uncertainty"
    seen = found[name].notnull().to_numpy()
    return (np.abs(found[name].to_numpy() - truth) < found[sd].to_numpy())[seen].mean()


@pytest.fixture(scope="module")
def half_year():
    """150 days seen with albedo, roughness and clay well known."""
    scene, ratio, ds = season(days=150, cells=120, vod=(0.3, 0.6), config=KNOWN)
    return scene, ratio, retrieve(ds, KNOWN), retrieve_season(ds, KNOWN)


def test_the_ratio_is_nearer_to_the_truth_than_the_prior(half_year):
    _, ratio, _, found = half_year
    kept = from_prior(found)
    assert (~kept).mean() > 0.3
    error = (found["vod_ratio"].to_numpy() - ratio)[~kept]
    assert np.sqrt((error**2).mean()) < 0.8 * np.sqrt(((1 - ratio[~kept]) ** 2).mean())
    assert abs(error.mean()) < 0.03
    assert (found["vod_ratio"].to_numpy()[kept] == 1.0).all()


def test_smooth_vod_makes_soil_moisture_of_a_cell_less_noisy(half_year):
    scene, _, single, found = half_year

    def noise(ds):
        return np.nanmedian(np.nanstd(ds["soil_moisture"] - scene.soil_moisture, axis=(0, 1)))

    assert noise(found) < 0.75 * noise(single)


def test_the_ratio_carries_its_uncertainty(half_year):
    _, ratio, _, found = half_year
    sd = found["vod_ratio_uncertainty"].to_numpy()
    assert (sd > 0).all()
    assert (sd <= 0.1 + 1e-6).all()
    inside = np.abs(found["vod_ratio"].to_numpy() - ratio) < sd
    assert inside[~from_prior(found)].mean() == pytest.approx(0.683, abs=0.12)  # some 60 cells


def test_an_albedo_known_to_0_02_only_keeps_the_prior():
    """An albedo wrong by 0.02 moves the ratio by as much as its prior is wide."""
    scene, _, ds = season(days=100, cells=80, config=CONFIG)
    found = retrieve_season(ds, CONFIG)
    assert from_prior(found).mean() > 0.95
    for name, truth in (
        ("soil_moisture", scene.soil_moisture),
        ("vod_v", scene.vod_v),
        ("vod_h", scene.vod_v * scene.vod_ratio),
    ):
        # Static errors make the looks of a cell alike: 80 cells are 80 draws, hence 0.08.
        assert coverage(found, name, truth) == pytest.approx(0.683, abs=0.08), name


def test_few_looks_keep_the_prior():
    _, _, ds = season(days=5, cells=10)
    found = retrieve_season(ds, CONFIG)
    assert (found["vod_ratio"] == 1.0).all()
    assert ((found["flag"] & int(Flag.VOD_RATIO_FROM_PRIOR)) != 0).all()


def test_bare_soil_keeps_the_prior():
    """Without a canopy nothing depends on its ratio."""
    _, _, ds = season(days=60, cells=10, vod=(0.0, 0.02))
    assert (retrieve_season(ds, CONFIG)["vod_ratio"] == 1.0).all()


def test_cells_without_any_observation_stay_empty():
    _, _, ds = season(days=5, cells=4)
    ds["tb"] = (ds["tb"] * np.nan).assign_attrs(units="K")
    found = retrieve_season(ds, CONFIG)
    assert found["soil_moisture"].isnull().all()
    assert (found["vod_ratio"] == 1.0).all()


def linear_products(rng, looks, cells, ratio_change):
    """Products of a problem that is exactly linear: r = - p (own VOD) - q (change of ratio)."""
    p, q = rng.uniform(5, 10, (2, looks, cells))
    vod = np.repeat(rng.normal(0, 0.05, (-(-looks // 5), cells)), 5, axis=0)[:looks]
    r = -p * vod - q * ratio_change
    floats = (v.astype(np.float32) for v in (p * p, p * q, q * q, p * r, q * r))
    return Products(*floats, *no_static(looks, cells)), vod


def no_static(looks, cells):
    """Products with static errors that do nothing."""
    three = np.zeros((3, looks, cells), np.float32)
    return three, three, three, np.zeros((3, 3, looks, cells), np.float32)


def test_one_step_solves_a_linear_problem():
    rng = np.random.default_rng(0)
    products, vod = linear_products(rng, 200, 7, ratio_change=0.05)
    windows = number_windows(np.ones((200, 7), bool), 5)
    wide = PRIOR.model_copy(
        update={"vod_ratio_sd": 1e3, "vod_ratio_bounds": (0.0, 2.0), "keep_prior_above": 1.0}
    )
    found, change = ratio_step(products, windows, np.ones(7, np.float32), wide)
    np.testing.assert_allclose(found.ratio, 1.05, atol=1e-3)
    np.testing.assert_allclose(change, vod, atol=5e-3)


def test_the_prior_holds_where_there_is_no_information():
    zero = np.zeros((9, 3), np.float32)
    products = Products(zero, zero, zero, zero, zero, *no_static(9, 3))
    found, change = ratio_step(
        products, number_windows(zero > 0, 5), np.full(3, 1.1, np.float32), PRIOR
    )
    np.testing.assert_allclose(found.ratio, 1.0)
    np.testing.assert_allclose(found.posterior_sd, 0.1)
    assert found.from_prior.all()
    assert (change == 0).all()


def test_windows_count_usable_looks_only():
    usable = np.array([[1, 0, 1, 1, 0, 1, 1, 1, 1]], bool).T
    assert number_windows(usable, 3).ravel().tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 2]
    value = np.array([[3, 9, 1, 2, 9, 5, 4, 6, 8]], np.float32).T
    median = window_median(np.where(usable, value, np.nan), number_windows(usable, 3))
    assert median.ravel().tolist() == [2, 2, 2, 2, 2, 5, 5, 5, 8]


def test_a_season_of_one_look_is_that_look():
    zero = np.zeros((1, 2), np.float32)
    products = Products(zero + 100, zero, zero, zero, zero, *no_static(1, 2))
    expected = expected_vod(products, zero + 0.3, window=11, drift_sd=0.02)
    assert (expected.precision == 0).all()


def test_expected_vod_leaves_the_look_itself_out():
    pp = np.array([[1, 1, 0, 1, 1]], np.float32).T * 100
    vod = np.array([[0.1, 0.2, 9.9, 0.4, 0.3]], np.float32).T
    zero = np.zeros_like(pp)
    products = Products(pp, -0.5 * pp, zero, zero, zero, *no_static(5, 1))
    expected = expected_vod(products, vod, window=5, drift_sd=0.02)
    usable = [0, 1, 3, 4]
    np.testing.assert_allclose(expected.vod_v[usable, 0], [0.3, 0.8 / 3, 0.2, 0.3], rtol=1e-5)
    np.testing.assert_allclose(expected.precision[0, 0], 1 / (1 / 200 + 0.02**2), rtol=1e-5)
    np.testing.assert_allclose(expected.by_ratio[usable, 0], 0.5, rtol=1e-5)
