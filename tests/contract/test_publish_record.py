"""What the files of the record hold: days, the cube, the manifest."""

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from made_day import CELLS, MADE, WINDOW, record

from mcca_ml.errors import OutputError, SchemaError
from mcca_ml.flags import NOT_RECOMMENDED, Flag, is_recommended
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.pipeline.publish import _ready_cube
from mcca_ml.publish import record_day
from mcca_ml.publish.record_cube import (
    CHECKPOINTS,
    create_cube,
    extend_cube,
    is_cube_complete,
    write_cube_block,
)
from mcca_ml.publish.record_day import write_record_day
from mcca_ml.publish.record_manifest import write_manifest
from mcca_ml.publish.record_variables import LAYERS, cci_flag
from mcca_ml.store.integrity import missing_blocks

DAY = np.datetime64


def at_cells(found: xr.DataArray) -> np.ndarray:
    values = found.to_numpy()
    return values.reshape(len(values), -1)[:, WINDOW.places(CELLS)]


def same(found: xr.Dataset, ds: xr.Dataset) -> None:
    for name in ("sm", "sm_uncertainty", "sm_filled", "sm_gmi"):
        np.testing.assert_allclose(at_cells(found[name]), ds[name], atol=5.1e-5, err_msg=name)
    for name in ("sensor", "nobs", "flag", "is_filled"):
        np.testing.assert_array_equal(at_cells(found[name]), ds[name], err_msg=name)
    off = np.abs(at_cells(found["t0"]) - ds["t0"].to_numpy()) / np.timedelta64(1, "s")
    assert np.nanmax(off) < 0.7
    np.testing.assert_array_equal(at_cells(found["flag_cci"]), cci_flag(ds["flag"].to_numpy()))


def test_a_day_comes_back_cropped_and_in_place(tmp_path):
    path = write_record_day(record(1), tmp_path, MADE, WINDOW)
    assert path.relative_to(tmp_path).as_posix() == (
        "2016/MCCAML-SOILMOISTURE-L3S-SSMV-PASSIVE-DAILY-20160101000000-fv01.0-SIMULATED.nc"
    )
    with xr.open_dataset(path) as found:
        same(found, record(1))
        assert (found.sizes["y"], found.sizes["x"]) == (11, 41)
        row, column = np.divmod(CELLS, M25.columns)
        place = cell_latlon(M25, CELLS)
        np.testing.assert_allclose(found["lat"][row - WINDOW.row], place.lat)
        np.testing.assert_allclose(found["lon"][column - WINDOW.column], place.lon)
        assert found.attrs["title"].startswith("SIMULATED")
        assert found.attrs["time_coverage_end"] == "2016-01-02T00:00:00Z"
        assert found["sm"].attrs["standard_name"].startswith("volume_fraction")
        assert found["time"].to_numpy()[0] == DAY("2016-01-01")


def test_the_same_day_gives_the_same_bytes_and_two_days_are_refused(tmp_path):
    first = write_record_day(record(1), tmp_path, MADE, WINDOW).read_bytes()
    write_record_day(record(1, "2017-01-01"), tmp_path, MADE, WINDOW)
    assert write_record_day(record(1), tmp_path, MADE, WINDOW).read_bytes() == first
    with pytest.raises(SchemaError, match="found 2 days"):
        write_record_day(record(2), tmp_path, MADE, WINDOW)


def test_handles_that_close_late_change_no_byte(tmp_path, monkeypatch):
    wanted = write_record_day(record(1), tmp_path, MADE, WINDOW).read_bytes()
    kept, opened = [], record_day.h5d.open

    def kept_open(*args):
        kept.append(opened(*args))
        return kept[-1]

    monkeypatch.setattr(record_day.h5d, "open", kept_open)
    assert write_record_day(record(1), tmp_path, MADE, WINDOW).read_bytes() == wanted
    assert len(kept) > 3


def test_a_file_in_the_way_is_one_line(tmp_path):
    (tmp_path / "2016").write_text("")
    with pytest.raises(OutputError, match="2016: cannot make this directory"):
        write_record_day(record(1), tmp_path, MADE, WINDOW)


def test_no_bit_of_cci_is_set_where_recommended_and_only_there():
    flag = np.array([0, *(int(bit) for bit in Flag)], np.uint32)
    np.testing.assert_array_equal(cci_flag(flag) == 0, is_recommended(flag))
    assert cci_flag(np.array([int(NOT_RECOMMENDED)], np.uint32)) == 127


def test_the_cube_grows_and_what_stood_stays(tmp_path):
    path = tmp_path / "cube.zarr"
    create_cube(path, WINDOW, DAY("2016-01-01"), DAY("2016-02-01"), ("sm_gmi",), MADE)
    assert is_cube_complete(path)
    first, second = record(32), record(9, "2016-02-02")
    write_cube_block(path, first, "a")
    shard = path / "sm" / "c" / "0" / "0" / "0"
    before = shard.read_bytes()
    extend_cube(path, DAY("2016-02-10"), MADE)
    write_cube_block(path, second, "b")
    assert is_cube_complete(path)
    assert shard.read_bytes() == before
    assert missing_blocks(path, {0: "a", 1: "c", 2: "d"}, CHECKPOINTS) == [1, 2]
    found = xr.open_zarr(path, consolidated=False)
    assert found.sizes == {"time": 41, "y": 11, "x": 41}
    same(found.isel(time=slice(0, 32)), first)
    same(found.isel(time=slice(32, None)), second)
    with pytest.raises(SchemaError, match=r"days of blocks \[0, 1\]"):
        write_cube_block(path, record(33), "a")


def test_a_cube_that_grows_states_its_new_end(tmp_path):
    """Through the stage `publish`, which leaves the cube's checkpoint as it is."""
    (tmp_path / "work" / "published").mkdir(parents=True)
    (tmp_path / "product").mkdir()
    later = replace(MADE, sources_digest="1" * 64)
    for last_day, made in (("2016-02-01", MADE), ("2016-02-10", later)):
        plan = SimpleNamespace(
            work=tmp_path / "work",
            output=tmp_path / "product",
            first_day=DAY("2016-01-01"),
            last_day=DAY(last_day),
        )
        _ready_cube(plan, WINDOW, ("sm_gmi",), MADE, made)
    create_cube(
        tmp_path / "record.zarr", WINDOW, DAY("2016-01-01"), DAY("2016-02-10"), ("sm_gmi",), later
    )
    grown = xr.open_zarr(tmp_path / "product" / "record.zarr", consolidated=False)
    assert grown.attrs["time_coverage_end"] == "2016-02-11T00:00:00Z"
    assert grown.attrs == xr.open_zarr(tmp_path / "record.zarr", consolidated=False).attrs


def test_the_mask_of_recommended_values_is_one_number_in_netcdf_and_zarr(tmp_path):
    ds = record(1)
    daily = xr.open_dataset(write_record_day(ds, tmp_path, MADE, WINDOW))
    path = tmp_path / "cube.zarr"
    create_cube(path, WINDOW, DAY("2016-01-01"), DAY("2016-01-01"), LAYERS, MADE)
    cube = xr.open_zarr(path, consolidated=False)
    masks = [ds["flag"].attrs["not_recommended_mask"] for ds in (daily, cube)]
    assert [np.ndim(mask) for mask in masks] == [0, 0]
    assert masks[0] == masks[1] == int(NOT_RECOMMENDED)


def test_the_manifest_names_every_file_with_its_digest(tmp_path):
    path = write_record_day(record(1), tmp_path, MADE, WINDOW)
    said = json.loads(write_manifest(tmp_path, MADE).read_text())
    name = path.relative_to(tmp_path).as_posix()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["files"] == {name: {"sha256": digest, "size": path.stat().st_size}}
    assert (tmp_path / "SHA256SUMS").read_text() == f"{digest}  {name}\n"
