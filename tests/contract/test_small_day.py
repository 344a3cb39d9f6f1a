"""The small simulated day: a granule that reads, and a truth that explains it."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mcca_ml.flags import Flag, is_recommended
from mcca_ml.read.smap import read_smap
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.small_day import simulate_small_day


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """What is read of a noisy and of a noise-free day, and the truth of both."""
    folder = tmp_path_factory.mktemp("day")
    for name, has_noise in (("noisy", True), ("clean", False)):
        path, truth = folder / f"{name}.h5", folder / f"{name}_truth.nc"
        simulate_small_day(path, truth, 3, has_noise=has_noise)
    with xr.open_dataset(folder / "noisy_truth.nc") as truth:
        return read_smap(folder / "noisy.h5"), read_smap(folder / "clean.h5"), truth.load()


def test_granule_and_truth_share_their_places(made):
    noisy, _, truth = made
    for name in ("time", "look", "cell", "lat", "lon"):
        np.testing.assert_array_equal(noisy[name], truth[name])
    assert 1_500 < noisy.sizes["cell"] < 2_500
    assert noisy.attrs["simulated"] == truth.attrs["simulated"] == "true"


def test_truth_is_plausible(made):
    truth = made[2]
    for name, low, high in (("soil_moisture", 0.03, 0.40), ("vod_v", 0.0, 0.9)):
        values = truth[name].to_numpy()
        assert low <= values.min() < low + 0.06
        assert high - 0.1 < values.max() <= high
    thawed = truth["soil_temperature"].where(truth["soil_temperature"] > 273.15)
    assert float(thawed.min()) > 273
    assert float(thawed.max()) < 306
    np.testing.assert_array_equal(truth["vod_h"], truth["vod_v"])


def test_neighbours_resemble_each_other(made):
    sm = made[2]["soil_moisture"].to_numpy()[0, 0]
    cell = made[2]["cell"].to_numpy()
    pairs = np.flatnonzero(np.diff(cell) == 1)
    assert np.corrcoef(sm[pairs], sm[pairs + 1])[0, 1] > 0.9


def test_the_noise_is_that_of_the_sensor(made):
    noisy, clean, _ = made
    spread = (noisy["tb"] - clean["tb"]).where(clean["water_fraction"] == 0).std()
    assert float(spread) == pytest.approx(SMAP.channels[0].nedt, rel=0.03)


def test_looks_pass_at_six_and_eighteen(made):
    hours = made[0]["local_time"].to_numpy()[0]
    np.testing.assert_allclose(hours[0], 6.0, atol=1e-3)
    np.testing.assert_allclose(hours[1], 18.0, atol=1e-3)


def test_it_holds_a_lake_frozen_ground_and_interference(made):
    noisy, _, truth = made
    flag = noisy["flag"].to_numpy()
    for bit, cells in (
        (Flag.OPEN_WATER, truth["water_fraction"].to_numpy() > 0.05),
        (Flag.TB_SUSPECT, truth["has_rfi"].to_numpy() == 1),
    ):
        assert ((flag[0, 0] & int(bit) != 0) == cells).all()
        assert 10 < cells.sum() < 250
    assert 10 < (flag[0, 0] & int(Flag.FROZEN) != 0).sum() < 250
    assert is_recommended(flag).mean() > 0.7


def test_no_truth_is_in_the_granule(made):
    assert not np.isfinite(made[0]["soil_moisture_operational"]).any()
    assert not made[0]["recommended_operational"].any()


def test_the_same_seed_gives_the_same_day(tmp_path: Path, made):
    simulate_small_day(tmp_path / "again.h5", tmp_path / "again_truth.nc", 3)
    again = read_smap(tmp_path / "again.h5")
    np.testing.assert_array_equal(again["tb"], made[0]["tb"])
