"""The truth store: comes back as written, whole or not at all, same truth same bytes."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from benchmarks.common.open_truth import open_truth

from made_settings import COLD, small_settings
from mcca_ml.config.simulate import DroughtSettings, SimulateSettings
from mcca_ml.errors import OutputError
from mcca_ml.simulate.truth.imposed_signals import change_jobs
from mcca_ml.simulate.truth.make_truth import make_truth
from mcca_ml.simulate.truth.truth_store import PACKED, write_truth
from mcca_ml.simulate.truth.types import Cells, Land, State, Surface

DROUGHT = DroughtSettings(start=date(2015, 12, 5), end=date(2015, 12, 20))
SETTINGS = small_settings(box=(COLD,), last_day=date(2015, 12, 31), trend=0.1, drought=(DROUGHT,))
ERRORS = {"AMSR2": {"offset": [0.5, -0.25]}, "SMAP": {"drift": 0.125}}
NO_PASSES = xr.Dataset()


@pytest.fixture(scope="module")
def truth():
    return make_truth(SETTINGS)


@pytest.fixture(scope="module")
def changes(truth):
    return change_jobs(truth, SETTINGS)[0]()


@pytest.fixture(scope="module")
def store(truth, changes, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("world") / "truth.zarr"
    write_truth(truth, path, SETTINGS, ERRORS, changes, NO_PASSES)
    return path


def bytes_of(path: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            found.update(str(file.relative_to(path)).encode() + file.read_bytes())
    return found.hexdigest()


def test_state_comes_back_but_for_its_quantum(truth, store):
    found = open_truth(store).state
    for field in fields(State):
        expected = getattr(truth.state, field.name)
        values = getattr(found, field.name)
        assert values.dtype == np.float32
        allowed = 0.51 * PACKED[field.name].quantum + 1e-7 * np.abs(expected).max()
        assert np.abs(values - expected).max() <= allowed


def test_no_snow_and_no_rain_come_back_as_none(truth, store):
    found = open_truth(store).state
    for name in ("snow_water", "rain_rate"):
        none = getattr(truth.state, name) == 0
        assert none.any()
        assert (getattr(found, name)[none] == 0).all()


def test_cells_land_and_time_come_back_as_they_were(truth, store):
    found = open_truth(store)
    assert found.cells.patches == truth.cells.patches
    for field in fields(Cells)[1:]:
        values, expected = (getattr(t.cells, field.name) for t in (found, truth))
        assert values.dtype == expected.dtype
        assert (values == expected).all()
    for field in fields(Land):
        values, expected = (getattr(t.land, field.name) for t in (found, truth))
        parts = [(values, expected)]
        if isinstance(expected, Surface):
            names = [part.name for part in fields(Surface)]
            parts = [(getattr(values, name), getattr(expected, name)) for name in names]
        for one, other in parts:
            assert one.dtype == other.dtype
            assert (one == other).all()
    assert (found.time == truth.time).all()


def test_store_says_that_it_is_simulated_and_how(store):
    attributes = dict(zarr.open_group(store, mode="r").attrs)
    assert attributes["simulated"] == "true"
    assert attributes["seed"] == SETTINGS.seed
    assert json.loads(attributes["injected_errors"]) == ERRORS
    assert SimulateSettings.model_validate_json(attributes["settings"]) == SETTINGS
    changes = json.loads(attributes["realised_changes"])["cold"]
    assert changes["trend"] == pytest.approx(0.1, rel=0.05)
    assert "drought 2015-12-05/2015-12-20" in changes


def test_any_reader_of_cf_conventions_finds_units_and_values(truth, store):
    with xr.open_zarr(store, zarr_format=3, consolidated=False, chunks=None) as ds:
        for name in ds.data_vars:
            assert "units" in ds[name].attrs, name
        assert ds["soil_moisture"].dims == ("time", "cell")
        assert ds["time"].to_numpy()[0] == truth.time[0]
        assert ds["soil_moisture"].encoding["dtype"] == np.uint16
        mean = float(ds["surface_temperature"].mean())
    assert mean == pytest.approx(float(truth.state.surface_temperature.mean()), abs=0.01)


def test_same_truth_same_bytes(changes, store, tmp_path):
    again = tmp_path / "truth.zarr"
    write_truth(make_truth(SETTINGS), again, SETTINGS, ERRORS, changes, NO_PASSES)
    assert bytes_of(again) == bytes_of(store)


def test_an_earlier_store_is_replaced_and_nothing_is_left_beside(truth, changes, store, tmp_path):
    path = tmp_path / "truth.zarr"
    path.mkdir()
    (path / "old").write_text("old")
    write_truth(truth, path, SETTINGS, ERRORS, changes, NO_PASSES)
    assert bytes_of(path) == bytes_of(store)
    assert [entry.name for entry in tmp_path.iterdir()] == ["truth.zarr"]


def test_a_value_without_a_count_is_refused_and_the_earlier_store_stays(truth, store, tmp_path):
    path = tmp_path / "truth.zarr"
    write_truth(truth, path, SETTINGS, ERRORS, {}, NO_PASSES)
    before = bytes_of(path)
    for wrong in (400.0, np.nan):
        rain = truth.state.rain_rate.copy()
        rain[3, 2] = wrong
        bad = replace(truth, state=replace(truth.state, rain_rate=rain))
        with pytest.raises(OutputError, match=r"truth.zarr: found rain_rate .* expected 0 to 262"):
            write_truth(bad, path, SETTINGS, ERRORS, {}, NO_PASSES)
    assert bytes_of(path) == before


def test_a_failure_while_writing_leaves_nothing(truth, tmp_path):
    place = tmp_path / "missing" / "truth.zarr"
    with pytest.raises(OutputError, match=r"truth.zarr: cannot write .*; choose another --out"):
        write_truth(truth, place, SETTINGS, ERRORS, {}, NO_PASSES)
    assert list(tmp_path.iterdir()) == []
