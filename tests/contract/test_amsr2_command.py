"""`retrieve` on gridded brightness temperature of AMSR2, simulated with known truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from benchmarks.common.scene_dataset import scene_dataset
from made_retrieval import box_cells
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.flags import Flag, is_recommended
from mcca_ml.grid import ease2
from mcca_ml.grid.land import land_mask
from mcca_ml.read.gridded import write_gridded
from mcca_ml.sensors import AMSR2
from mcca_ml.simulate.scene import VOD_FREQUENCY_GHZ, Scene, uniform_scene

DAY = "2015-07-01"
X_BAND = 10.65
NAME = "20150701_amsr2_m25_simulated.nc"


@dataclass(frozen=True)
class Made:
    """A product and its truth."""

    scene: Scene
    product: xr.Dataset
    path: Path
    cells: np.ndarray

    def values(self, name: str) -> np.ndarray:
        """Values of the simulated cells, (look, cell)."""
        found = self.product[name].to_numpy()[0]
        return found.reshape(found.shape[0], -1)[:, self.cells]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    """Central North America, with noise; X and Ku band are inverted, Ka is not."""
    folder = tmp_path_factory.mktemp("amsr2")
    box = box_cells(ease2.M25, (36, 42), (-104, -94))
    cells = box[land_mask(ease2.M25).ravel()[box]]
    rng = np.random.default_rng(0)
    shape = (1, 2, cells.size)
    moisture = rng.uniform(0.05, 0.40, shape).astype(np.float32)
    scene = uniform_scene(
        moisture, rng.uniform(0.0, 0.3, shape).astype(np.float32), incidence_deg=55.0
    )
    ds = scene_dataset(scene, AMSR2, ease2.M25, cells, first_day=DAY, rng=rng)
    granule = folder / "SIMULATED_AMSR2_20150701.nc"
    write_gridded(ds.assign(obs_time=ds["obs_time"].dt.floor("us")), granule)
    found = CliRunner().invoke(app, ["retrieve", str(granule), "--out", str(folder / "out")])
    assert found.exit_code == 0, found.output
    path = folder / "out" / NAME
    with xr.open_dataset(path) as product:
        return Made(scene, product.load(), path, cells)


def test_the_file_is_named_after_sensor_and_grid(made):
    assert [path.name for path in made.path.parent.iterdir()] == [NAME]
    assert made.product.attrs["grid"] == "EASE2_M25"
    assert made.product.attrs["platform"] == "GCOM-W1"
    assert made.product.attrs["simulated"] == "true"


def test_vod_is_that_of_x_band_and_says_so(made):
    for name in ("vod_v", "vod_h"):
        assert made.product[name].attrs["frequency_ghz"] == X_BAND
        assert "10.65 GHz" in made.product[name].attrs["long_name"]
    assert made.product.attrs["instrument"].endswith(": 10.65V, 10.65H, 18.7V, 18.7H")
    truth = made.scene.vod_v * (X_BAND / VOD_FREQUENCY_GHZ) ** made.scene.vod_exponent
    good = is_recommended(made.values("flag").astype(np.uint32))
    assert good.mean() > 0.3
    off = (made.values("vod_v") - truth[0])[good]
    assert abs(np.median(off)) < 0.05
    assert np.corrcoef(made.values("vod_v")[good], truth[0][good])[0, 1] > 0.9


def test_soil_moisture_is_recovered_where_it_is_recommended(made):
    flag = made.values("flag").astype(np.uint32)
    found, truth = made.values("soil_moisture"), made.scene.soil_moisture[0]
    good = is_recommended(flag) & np.isfinite(found)
    off = (found - truth)[good]
    assert abs(off.mean()) < 0.005
    assert off.std() < 0.02
    assert np.corrcoef(found[good], truth[good])[0, 1] > 0.98


def test_flags_are_those_of_what_the_file_lacks(made):
    flag = made.values("flag").astype(np.uint32)
    for bit in (Flag.DEFAULT_LAND_COVER, Flag.VOD_RATIO_FROM_PRIOR):
        assert ((flag & int(bit)) != 0).all(), bit
    for bit in (Flag.DEFAULT_CLAY, Flag.DEFAULT_ROUGHNESS, Flag.NOT_OBSERVED, Flag.FROZEN):
        assert ((flag & int(bit)) == 0).all(), bit
    elsewhere = made.product["flag"].to_numpy()[0].reshape(2, -1)
    elsewhere = np.delete(elsewhere, made.cells, axis=1)
    assert (elsewhere == int(Flag.NOT_OBSERVED)).all()
