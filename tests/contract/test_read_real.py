"""The readers on real granules: a global SPL3SMP day (version 3), a SPL2SMP half orbit (8)."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from mcca_ml import schema
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.read.smap import read_smap

pytestmark = pytest.mark.real_data
DAY = "smap/SMAP_L3_SM_P_20150401_R13080_001.h5"
ORBIT = "smap/SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"


@pytest.fixture(scope="module")
def day(real_data: Path) -> xr.Dataset:
    return read_smap(real_data / DAY)


@pytest.fixture(scope="module")
def orbit(real_data: Path) -> xr.Dataset:
    return read_smap(real_data / ORBIT)


def raw(path: Path) -> h5py.Group:
    return h5py.File(path)["Soil_Moisture_Retrieval_Data"]


def written_times(path: Path, places: tuple[np.ndarray, ...]) -> np.ndarray:
    texts = [text.decode() for text in raw(path)["tb_time_utc"][()][places]]
    # Some texts end in `.***Z`: their milliseconds rounded to 1000.
    return np.array([text[:23].replace("***", "999") for text in texts], "M8[ns]")


def test_the_file_tells_what_it_is(day: xr.Dataset, orbit: xr.Dataset):
    assert (day.attrs["product"], day.attrs["product_version"]) == ("SPL3SMP", "3")
    assert (orbit.attrs["product"], orbit.attrs["product_version"]) == ("SPL2SMP", "8")


def test_the_day_has_every_observed_cell(day: xr.Dataset):
    """215,990 cells at V and 215,992 at H, fewer than 20 of them beyond 330 K."""
    v, h = np.isfinite(day["tb"].to_numpy()[0, 0]).sum(axis=0)
    assert 215_970 < v < 215_990
    assert 215_970 < h < 215_992
    assert np.isfinite(day["tb"]).any("channel").all()
    assert day["tb"].max() <= 330
    assert list(day["look"].to_numpy()) == ["am"]
    assert day["time"].to_numpy().tolist() == np.array(["2015-04-01"], "M8[ns]").tolist()


def test_recommended_cells_of_the_day(day: xr.Dataset):
    """20,878 after the data's own description."""
    assert int(day["recommended_operational"].sum()) == 20_878
    best = day.where(day["recommended_operational"] == 1)
    assert int(np.isfinite(best["soil_moisture_operational"]).sum()) == 20_878
    assert int(np.isfinite(best["tb"]).all("channel").sum()) == 20_878


def test_recommended_cells_may_hold_suspect_brightness_temperatures(day: xr.Dataset):
    """So the quality bit says `with caution`, and the values are kept."""
    suspect = (day["flag"] & np.uint32(int(Flag.TB_SUSPECT))) != 0
    assert 500 < int((suspect & (day["recommended_operational"] == 1)).sum()) < 1_000


@pytest.mark.parametrize("name", ["day", "orbit"])
def test_hardly_a_recommended_cell_is_suspect(name: str, request: pytest.FixtureRequest):
    """4.8 and 2.2 %: unknown quality counts as doubt, and is nowhere where there is a value."""
    ds = request.getfixturevalue(name)
    suspect = (ds["flag"] & np.uint32(int(Flag.TB_SUSPECT))) != 0
    assert float(suspect.where(ds["recommended_operational"] == 1).mean()) < 0.05


def test_recommended_cells_of_the_orbit(orbit: xr.Dataset):
    """592 after the data's own description."""
    assert int(orbit["recommended_operational"].sum()) == 592
    assert list(orbit["look"].to_numpy()) == ["pm"]
    assert orbit.sizes["cell"] == 17_251


@pytest.mark.parametrize("name", ["day", "orbit"])
def test_times_are_those_written_out(real_data: Path, name: str, request: pytest.FixtureRequest):
    """Their metadata state an epoch that is 64 s off."""
    ds = request.getfixturevalue(name)
    result = ds["obs_time"].to_numpy()[0, 0]
    if name == "day":
        places = np.unravel_index(ds["cell"].to_numpy(), ease2.M36.shape)
        expected = written_times(real_data / DAY, places)
    else:
        group = raw(real_data / ORBIT)
        cell = group["EASE_row_index"][()].astype(int) * 964 + group["EASE_column_index"][()]
        expected = written_times(real_data / ORBIT, (np.argsort(cell),))
    assert np.abs(result - expected).max() < np.timedelta64(5, "ms")


def test_places_are_those_of_the_granule(real_data: Path, day: xr.Dataset):
    row, column = np.unravel_index(day["cell"].to_numpy(), ease2.M36.shape)
    group = raw(real_data / DAY)
    np.testing.assert_allclose(day["lat"], group["latitude"][()][row, column], atol=1e-4)
    np.testing.assert_allclose(day["lon"], group["longitude"][()][row, column], atol=1e-4)


def test_six_in_the_morning_at_low_latitudes(day: xr.Dataset, orbit: xr.Dataset):
    for ds, hour in ((day, 6.0), (orbit, 18.0)):
        low = ds["local_time"].where(abs(ds["lat"]) < 30)
        assert float(low.median()) == pytest.approx(hour, abs=0.5)


def test_a_field_of_later_versions_is_left_out(day: xr.Dataset, orbit: xr.Dataset):
    assert "clay_fraction" not in day
    assert float(orbit["clay_fraction"].mean()) == pytest.approx(0.2, abs=0.1)
    for ds in (day, orbit):
        assert not [name for name in ds if "opacity" in str(name) or "vegetation" in str(name)]


def test_contract_and_land_cover(day: xr.Dataset):
    schema.check(day, {**schema.GRID_TB, **schema.ANCILLARY}, where="test")
    classes = day["land_cover"].to_numpy()
    assert set(np.unique(classes)) == {*range(17), 255}
    assert (day["land_cover_fraction"].to_numpy()[classes == 255] == 0).all()


def test_ice_sheets_and_oceans_are_flagged(day: xr.Dataset):
    flag = day["flag"].to_numpy()[0, 0]
    share = {bit: ((flag & int(bit)) != 0).mean() for bit in (Flag.OPEN_WATER, Flag.FROZEN)}
    assert share[Flag.OPEN_WATER] == pytest.approx(0.74, abs=0.02)
    assert share[Flag.FROZEN] == pytest.approx(0.25, abs=0.02)
    greenland = int(ease2.flat_cell(ease2.M36, *ease2.find_cell(ease2.M36, 72.0, -40.0)))
    assert int(day["flag"].sel(cell=greenland).item()) & int(Flag.PERMANENT_ICE)


@pytest.mark.parametrize(
    ("name", "error_line"),
    [
        ("gpm_1c/1C.GPM.GMI.XCAL2016-C.20140304-S175932-E193159.000079.V07A.HDF5", "1CGMI"),
        ("smap/SMAP_L1C_IDS_36km_2024-12-06_16-15-26.nc", "expected one of SPL3SMP"),
    ],
)
def test_another_real_product(real_data: Path, name: str, error_line: str):
    with pytest.raises(GranuleError, match=error_line):
        read_smap(real_data / name)
