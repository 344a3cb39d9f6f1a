"""The daily files of 0.25 degrees: layout, values at their places, and a run that writes them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from made_day import record
from made_record import TRAIN, bytes_of, configuration

from mcca_ml.config.load import Settings
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.inspect.stores import describe_product
from mcca_ml.pipeline.run import Workers, run
from mcca_ml.publish.quarter_degree import make_remap
from mcca_ml.publish.record_attributes import record_made
from mcca_ml.publish.record_day import write_record_day

ASKED = f"{TRAIN}\n[publish]\nquarter_degree = true\n"
NAME = "MCCAML-SOILMOISTURE-L3S-SSMV-PASSIVE-DAILY-20150501000000-fv01.0"


@pytest.fixture(scope="module")
def made(tiny_world: Path, tiny_record: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with files of 0.25 degrees as well."""
    folder = tmp_path_factory.mktemp("quarter")
    shutil.copytree(tiny_record / "work", folder / "work")
    run(configuration(folder, tiny_world, more=ASKED))
    return folder


@pytest.fixture
def day(made: Path) -> xr.Dataset:
    return xr.load_dataset(made / f"product/0.25deg/2015/{NAME}-0.25DEG-SIMULATED.nc")


@pytest.fixture
def ease(made: Path) -> xr.Dataset:
    return xr.load_dataset(made / f"product/2015/{NAME}-SIMULATED.nc")


def test_the_grid_is_regular_and_north_up_and_cropped(day: xr.Dataset, ease: xr.Dataset):
    assert day["sm"].dims == ("time", "lat", "lon")
    lat, lon = day["lat"].to_numpy(), day["lon"].to_numpy()
    assert (np.diff(lat) == -0.25).all()
    assert (np.diff(lon) == 0.25).all()
    assert ((lat - 0.125) % 0.25 == 0).all()
    assert ((lon - 0.125) % 0.25 == 0).all()
    for name, places in (("lat", lat), ("lon", lon)):
        centres = ease[name].to_numpy()
        half = abs(centres[1] - centres[0]) / 2
        everywhere = np.arange(-179.875, 180.0, 0.25)
        inside = (everywhere > centres.min() - half) & (everywhere < centres.max() + half)
        assert sorted(places) == everywhere[inside].tolist()
    np.testing.assert_array_equal(day["lat_bnds"][:, 0], lat + 0.125)
    np.testing.assert_array_equal(day["lon_bnds"][:, 1], lon + 0.125)
    assert day.attrs["geospatial_lat_max"] == lat.max() + 0.125
    assert day.attrs["geospatial_lon_min"] == lon.min() - 0.125


def test_it_says_what_it_is(day: xr.Dataset, ease: xr.Dataset):
    assert day.attrs["grid"] == "0.25_degree"
    assert "0.25 degree grid" in day.attrs["summary"]
    assert day.attrs["title"].startswith("SIMULATED")
    assert day["crs"].attrs["grid_mapping_name"] == "latitude_longitude"
    assert set(day.data_vars) - {"lat_bnds", "lon_bnds"} == set(ease.data_vars)
    assert day.attrs["tracking_id"] != ease.attrs["tracking_id"]
    for name in ("time_coverage_start", "settings_sha256", "software_commit", "sources_sha256"):
        assert day.attrs[name] == ease.attrs[name]
    for name in ("sm", "flag", "t0", "sensor"):
        assert repr(day[name].attrs) == repr(ease[name].attrs)


def test_values_are_those_of_the_cells_under_it(day: xr.Dataset, ease: xr.Dataset):
    """Flags and bits of the nearest cell; soil moisture within what lies around."""
    assert day["sm"].notnull().any()
    for lat in day["lat"].to_numpy():
        for lon in day["lon"].to_numpy():
            one = day.sel(lat=lat, lon=lon).isel(time=0)
            if one["sm_filled"].isnull():
                continue
            near = ease.isel(
                time=0,
                y=int(np.abs(ease["lat"].to_numpy() - lat).argmin()),
                x=int(np.abs(ease["lon"].to_numpy() - lon).argmin()),
            )
            for name in ("flag", "flag_cci", "sensor", "nobs", "is_filled"):
                assert one[name] == near[name], name
            assert one["sm"].isnull() == near["sm"].isnull()
            around = ease["sm_filled"].to_numpy()
            low, high = np.nanmin(around) - 1e-4, np.nanmax(around) + 1e-4
            assert low <= float(one["sm_filled"]) <= high


def test_it_can_be_inspected(made: Path):
    said = describe_product(made / f"product/0.25deg/2015/{NAME}-0.25DEG-SIMULATED.nc")
    assert said.heading["window"].startswith("2 rows, 3 columns of 0.25_degree, 34.1° N to ")
    assert said.values > 0


def test_the_manifest_has_them_and_a_second_run_nothing_to_do(made: Path, tiny_world: Path):
    files = json.loads((made / "product" / "manifest.json").read_text())["files"]
    assert sum(name.startswith("0.25deg/2015/") for name in files) == 82
    before = bytes_of(made)
    assert {t.tasks for t in run(configuration(made, tiny_world, more=ASKED))} == {0}
    hit = next((made / "product" / "0.25deg").rglob("*.nc"))
    hit.unlink()
    run(configuration(made, tiny_world, more=ASKED))
    assert bytes_of(made) == before


def test_two_processes_write_the_same_bytes(
    made: Path, tiny_world: Path, tiny_record: Path, tmp_path: Path
):
    shutil.copytree(tiny_record, tmp_path, dirs_exist_ok=True)
    path = configuration(tmp_path, tiny_world, more=ASKED)
    tallies = {str(t.stage): t.tasks for t in run(path, workers=Workers(2))}
    assert bytes_of(tmp_path) == bytes_of(made)
    assert [stage for stage, tasks in tallies.items() if tasks] == ["publish"]


def test_they_are_written_without_the_others(tiny_world: Path, tiny_record: Path, tmp_path: Path):
    shutil.copytree(tiny_record / "work", tmp_path / "work")
    more = f"{ASKED}daily = false\ncube = false\n"
    run(configuration(tmp_path, tiny_world, more=more))
    found = [
        p.relative_to(tmp_path).parts[1] for p in tmp_path.rglob("*.nc") if "work" not in p.parts
    ]
    assert found == ["0.25deg"] * 82


def test_all_land_is_720_by_1440(tmp_path: Path):
    sheet = make_remap(land_cells(M25)).window
    nothing = record(1).isel(cell=[])
    path = write_record_day(nothing, tmp_path, record_made(Settings(), "0" * 64, False), sheet)
    with xr.open_dataset(path) as found:
        assert found["sm"].shape == (1, 720, 1440)
        assert found["sm"].encoding["chunksizes"] == (1, 720, 1440)
        assert (found["lat"].to_numpy()[[0, -1]] == [89.875, -89.875]).all()
        assert (found["lon"].to_numpy()[[0, -1]] == [-179.875, 179.875]).all()
        assert found["sm"].isnull().all()
        assert "SIMULATED" not in path.name
