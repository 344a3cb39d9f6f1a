"""`open_record`: one dataset from a product folder, a cube, daily files and what retrieve wrote."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.flags import NOT_RECOMMENDED, Flag
from mcca_ml.pipeline.daily_product import Options, retrieve_granules
from mcca_ml.plot.record_map import draw_map
from mcca_ml.read.open_record import open_record, select_box


@pytest.fixture
def product(tiny_record: Path) -> Path:
    return tiny_record / "product"


@pytest.fixture(scope="module")
def stage_one(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days on the 25 km grid; the one in the middle of the am look alone."""
    out = tmp_path_factory.mktemp("stage_one")
    granules = sorted((tiny_world / "granules" / "SPL3SMP").rglob("*.h5"))[:3]
    retrieve_granules(granules[::2], out, RetrieveSettings(), Options(grid="m25"))
    retrieve_granules(granules[1:2], out, RetrieveSettings(), Options(grid="m25", look="am"))
    return out


@pytest.mark.parametrize("recommended", [True, False])
def test_cube_and_daily_files_are_one_dataset(product, recommended):
    cube = open_record(product / "record.zarr", recommended=recommended)
    days = open_record(sorted(product.rglob("*.nc"), reverse=True), recommended=recommended)
    assert open_record(str(product), recommended=recommended).equals(cube)
    assert set(days.data_vars) == set(cube.data_vars)
    xr.testing.assert_allclose(cube, days, rtol=1e-6)
    assert days.attrs["simulated"] == "true"


def test_a_daily_file_is_a_day_of_the_record(product):
    path = sorted(product.rglob("*.nc"))[5]
    one, all_days = open_record(path), open_record(product)
    xr.testing.assert_allclose(one["sm"], all_days["sm"].isel(time=[5]), rtol=1e-6)


@pytest.mark.parametrize("source", ["record.zarr", "2015"])
def test_nothing_is_read_before_it_is_used(product, source):
    record = open_record(product / source)
    part = select_box(record, south=34, north=35, west=-99, east=-98).sm.sel(time="2015-05")
    assert not record["sm"]._in_memory
    assert not part._in_memory
    assert np.isfinite(part.to_numpy()).any()
    assert not record["sm"]._in_memory


def test_only_recommended_values_unless_asked_otherwise(product):
    good, every = open_record(product), open_record(product, recommended=False)
    flag = every["flag"].to_numpy()
    is_good = (flag & int(NOT_RECOMMENDED)) == 0
    assert (np.isfinite(every["sm"]) & ~is_good).any()
    assert np.array_equal(good["sm"], every["sm"].where(is_good), equal_nan=True)
    assert np.array_equal(good["sm_amsr2"], every["sm_amsr2"].where(is_good), equal_nan=True)
    assert np.array_equal(good["flag"], flag)
    is_kept = (flag & int(NOT_RECOMMENDED & ~Flag.NOT_OBSERVED)) == 0
    expected = every["sm_filled"].where(is_kept)
    assert np.array_equal(good["sm_filled"], expected, equal_nan=True)
    assert int(good["sm_filled"].count()) > int(good["sm"].count())


def test_places_by_degrees_and_the_map_projection(product):
    record = open_record(product)
    one = record["sm"].sel(lat=34.25, lon=-98.7, method="nearest")
    row = int(np.abs(record["lat"].to_numpy() - 34.25).argmin())
    column = int(np.abs(record["lon"].to_numpy() + 98.7).argmin())
    assert np.array_equal(one, record["sm"][:, row, column], equal_nan=True)
    assert CRS.from_cf(record["crs"].attrs).to_epsg() == 6933
    assert record["sm"].attrs["grid_mapping"] == "crs"


axis = st.one_of(
    st.integers(0, 1),
    st.slices(2).map(lambda one: slice(one.start, one.stop)),  # xarray fails on some backward ones
    st.lists(st.integers(0, 1), min_size=0, max_size=4).map(np.array),
)


days = st.one_of(
    st.integers(-5, 4), st.integers(0, 5).map(lambda n: slice(n, None)), st.just([3, 1])
)


@settings(deadline=None, max_examples=30)
@given(days=days, row=axis, column=axis)
def test_any_index_is_that_of_numpy(tiny_record, days, row, column):
    """Law: an index of what is not read yet gives what it gives of an array in memory."""
    row, column = (np.asarray(i, int) if isinstance(i, np.ndarray) else i for i in (row, column))
    files = sorted((tiny_record / "product").rglob("*.nc"))[:5]
    lazy = open_record(files)["sm"].variable[days, row, column]
    whole = open_record(files)["sm"].variable.load()[days, row, column]
    assert lazy.dims == whole.dims
    assert np.array_equal(lazy.to_numpy(), whole.to_numpy(), equal_nan=True)


def test_dask_gives_the_same(product):
    pytest.importorskip("dask.array")
    record = open_record(product)
    mean = record.chunk(time=20)["sm"].mean("time")
    assert mean.chunks is not None
    np.testing.assert_allclose(mean.compute(), record["sm"].mean("time"), rtol=1e-6)


def test_what_retrieve_wrote(stage_one):
    found = open_record(stage_one)
    every = open_record(stage_one, recommended=False)
    assert found["soil_moisture"].dims == ("time", "look", "y", "x")
    assert found["look"].to_numpy().tolist() == ["am", "pm"]
    middle = every.isel(time=1)
    assert np.isfinite(middle["soil_moisture"].sel(look="am")).any()
    assert np.isnan(middle["soil_moisture"].sel(look="pm")).all()
    assert (middle["flag"].sel(look="pm") == int(Flag.NOT_OBSERVED)).all()
    assert every["flag"].dtype == np.uint32
    operational = "soil_moisture_operational"
    if operational in every:
        assert np.array_equal(found[operational], every[operational], equal_nan=True)


def test_a_box(product):
    record = open_record(product)
    part = select_box(record, south=34.0, north=34.4, west=-98.8, east=-98.0)
    assert part.sizes["y"] == 1
    assert ((part["lon"] >= -98.8) & (part["lon"] <= -98.0)).all()
    assert select_box(record, south=-90, north=90, west=170, east=-90).sizes["x"] == 3
    with pytest.raises(ConfigError, match="found no cell from 34.6 to 34 N .* give south below"):
        select_box(record, south=34.6, north=34.0, west=-99, east=-98)


def _copy(product: Path, folder: Path, days: int) -> list[Path]:
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in sorted(product.rglob("*.nc"))[:days]]


def test_other_files_are_refused_in_one_line(product, stage_one, tmp_path):
    with pytest.raises(GranuleError, match="found nothing, expected a product"):
        open_record(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="found no file, expected at least one"):
        open_record([])
    other = tmp_path / "other.nc"
    xr.Dataset({"theta": ("time", [0.1])}).to_netcdf(other)
    with pytest.raises(GranuleError, match="found theta, expected a record or a product"):
        open_record(other)
    (tmp_path / "broken.nc").write_bytes(b"no file")
    with pytest.raises(GranuleError, match="broken.nc: cannot be read"):
        open_record(tmp_path / "broken.nc")
    files = _copy(product, tmp_path / "days", 3)
    files[1].rename(files[1].with_name("day.nc"))
    with pytest.raises(GranuleError, match="day.nc: found no day of its own"):
        open_record(tmp_path / "days")


def test_a_file_of_another_grid_or_day_is_refused_when_it_is_read(product, stage_one, tmp_path):
    folder = tmp_path / "days"
    files = _copy(product, folder, 3)
    shutil.copy(sorted(stage_one.glob("*.nc"))[0], folder / "20150501_smap_m25.nc")
    with pytest.raises(GranuleError, match="20150501_smap_m25.nc: found no sm of the day"):
        open_record(folder)["sm"].load()
    (folder / "20150501_smap_m25.nc").unlink()
    files[1].rename(files[1].with_name(files[1].name.replace("20150401", "20150601")))
    with pytest.raises(GranuleError, match="20150601.*found no sm of the day of its name"):
        open_record(folder)["sm"].load()


def test_a_map_of_any_field(product):
    record = open_record(product)
    mean = record["sm"].mean("time")
    figure = draw_map(mean, "Mean")
    assert figure.texts[0].get_text() == "SIMULATED — Mean"
    assert figure.axes[0].get_title(loc="left").endswith("[m³ m⁻³]")
    scale = figure.axes[-1].get_ylim()
    assert scale == (0.0, 0.5)
    low, high = draw_map(mean - mean.mean()).axes[-1].get_ylim()
    assert low == -high == pytest.approx(-float(np.abs(mean - mean.mean()).max()))
    assert draw_map(mean.where(mean > 2)).axes
    with pytest.raises(ConfigError, match="found dimensions time, y, x, expected those of lat"):
        draw_map(record["sm"])
