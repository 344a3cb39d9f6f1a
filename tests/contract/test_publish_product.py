"""What a daily product holds and says about itself."""

import json
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from made_retrieval import made_retrieval

from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import ConfigError, SchemaError
from mcca_ml.flags import MEANING, NOT_RECOMMENDED, Flag, is_recommended
from mcca_ml.grid import ease2
from mcca_ml.publish.attributes import Provenance, SourceGranule, provenance, source
from mcca_ml.publish.smap_day import file_name, write_product
from mcca_ml.publish.smap_variables import FIELDS, STATIC

MADE = Provenance(
    (SourceGranule("granule.h5", "ab" * 32),), RetrieveSettings().model_dump_json(), "c0ffee"
)


def opened(path: Path) -> xr.Dataset:
    with xr.open_dataset(path, engine="netcdf4") as found:
        return found.load()


def cells_of(found: xr.Dataset, name: str, cell: np.ndarray) -> np.ndarray:
    return found[name].to_numpy().reshape(1, found.sizes["look"], -1)[:, :, cell]


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return made_retrieval()


@pytest.fixture(scope="module")
def path(ds, tmp_path_factory) -> Path:
    return write_product(ds, tmp_path_factory.mktemp("product"), MADE)


@pytest.fixture(scope="module")
def found(path) -> xr.Dataset:
    return opened(path)


def test_values_come_back_within_half_a_step(ds, found):
    cell = ds["cell"].to_numpy()
    for name in [name for name, field in FIELDS.items() if field.scale]:
        back = cells_of(found, name, cell)
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, ds[name], atol=0.51 * FIELDS[name].scale, err_msg=name)


def test_values_of_three_digits_come_back_within_half_of_the_third(ds, found):
    for name in [name for name, field in FIELDS.items() if field.digits]:
        back = cells_of(found, name, ds["cell"].to_numpy())
        np.testing.assert_allclose(back, ds[name], rtol=5e-3, err_msg=name)


def test_flags_come_back_bit_by_bit_and_stay_integers(ds, found):
    assert found["flag"].dtype == np.uint32
    np.testing.assert_array_equal(cells_of(found, "flag", ds["cell"].to_numpy()), ds["flag"])


def test_a_cell_that_no_granule_reached_says_so(ds, found):
    elsewhere = np.setdiff1d(np.arange(ease2.M36.size), ds["cell"])
    assert (cells_of(found, "flag", elsewhere) == int(Flag.NOT_OBSERVED)).all()
    assert np.isnan(cells_of(found, "soil_moisture", elsewhere)).all()


def test_times_of_observation_come_back_within_the_stated_step(ds, found):
    back = cells_of(found, "obs_time", ds["cell"].to_numpy())
    known = ~np.isnat(ds["obs_time"].to_numpy())
    np.testing.assert_array_equal(~np.isnat(back), known)
    off = np.abs(back - ds["obs_time"].to_numpy())[known] / np.timedelta64(1, "s")
    assert off.max() <= 1 / 128 + 1e-6


def test_a_cell_lies_where_its_number_says(ds, found):
    number = int(ds["cell"][5])
    row, column = divmod(number, ease2.M36.columns)
    assert float(found["lat"][row]) == pytest.approx(float(ds["lat"][5]), abs=1e-9)
    assert float(found["lon"][column]) == pytest.approx(float(ds["lon"][5]), abs=1e-9)
    assert float(found["y"][0]) > float(found["y"][-1]), "row 0 is north"


def test_an_infinite_uncertainty_is_missing_in_the_file(ds, tmp_path):
    broken = ds.copy(deep=True)
    broken["vod_v_uncertainty"][0, 0, 1] = np.inf
    back = opened(write_product(broken, tmp_path, MADE))
    assert np.isnan(cells_of(back, "vod_v_uncertainty", ds["cell"].to_numpy())[0, 0, 1])


def test_the_recommended_mask_in_the_file_is_the_one_of_the_package(ds, found):
    attributes = found["flag"].attrs
    assert attributes["not_recommended_mask"] == int(NOT_RECOMMENDED)
    assert attributes["flag_meanings"].split() == [bit.name.lower() for bit in MEANING]
    np.testing.assert_array_equal(attributes["flag_masks"], [int(bit) for bit in MEANING])
    good = (found["flag"].to_numpy() & attributes["not_recommended_mask"]) == 0
    np.testing.assert_array_equal(good, is_recommended(found["flag"].to_numpy()))


def test_the_valid_range_is_in_the_units_of_the_file(path):
    with netCDF4.Dataset(path) as nc:
        packed = nc["soil_moisture"]
        assert packed.valid_range.dtype == np.int16
        np.testing.assert_allclose(packed.valid_range * packed.scale_factor, [0, 1])


def test_looks_are_told_by_numbers_with_meanings(found):
    look = found["look"]
    meanings = look.attrs["flag_meanings"].split()
    assert [meanings[number] for number in look.to_numpy()] == ["am", "pm"]


def test_one_look_alone_keeps_its_number(tmp_path):
    only = opened(write_product(made_retrieval(looks=("pm",)), tmp_path, MADE))
    assert only["look"].to_numpy().tolist() == [1]


def test_the_file_says_what_it_was_made_from(found):
    assert found.attrs["source_granules"] == "granule.h5"
    assert found.attrs["source_granules_sha256"] == "ab" * 32
    assert json.loads(found.attrs["settings"])["omega"] == RetrieveSettings().omega
    assert found.attrs["software_commit"] == "c0ffee"


def test_the_file_claims_no_more_than_it_is(found):
    assert "reconstruction of MCCA" in found.attrs["comment"]
    assert "do not apply" in found.attrs["comment"]
    assert found.attrs["simulated"] == "false"
    assert "SIMULATED" not in found.attrs["title"]


def test_a_simulated_input_makes_a_product_that_says_so(tmp_path):
    attributes = opened(write_product(made_retrieval(simulated=True), tmp_path, MADE)).attrs
    assert attributes["simulated"] == "true"
    for name in ("title", "summary", "comment"):
        assert attributes[name].startswith("SIMULATED"), name


def test_the_same_input_gives_the_same_bytes(ds, path, tmp_path):
    assert write_product(ds, tmp_path, MADE).read_bytes() == path.read_bytes()


def test_another_input_or_setting_gives_another_tracking_id():
    ids = {
        made.tracking_id("20150401_smap_m36")
        for made in (
            MADE,
            replace(MADE, settings="{}"),
            replace(MADE, commit=""),
            replace(MADE, sources=(SourceGranule("granule.h5", "cd" * 32),)),
        )
    }
    assert len(ids) == 4
    assert MADE.tracking_id("a") != MADE.tracking_id("b")


def test_the_date_is_that_of_the_last_observation_or_the_one_asked_for(ds, found, tmp_path):
    times = ds["obs_time"].to_numpy()
    last = str(times[~np.isnat(times)].max().astype("M8[s]"))
    assert found.attrs["date_created"] == f"{last}Z"
    asked = opened(write_product(ds, tmp_path, replace(MADE, source_date_epoch=86_400)))
    assert asked.attrs["date_created"] == "1970-01-02T00:00:00Z"


def test_a_bad_source_date_epoch_is_refused():
    with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH: found 'now', expected seconds"):
        provenance(RetrieveSettings(), source_date_epoch="now")


def test_the_hash_of_a_granule_is_its_sha256(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"abc")  # the example of FIPS 180-2, appendix B.1
    assert source(tmp_path / "a.h5").sha256 == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize("grid", ease2.GRIDS.values(), ids=lambda grid: grid.name)
def test_the_name_begins_with_the_day_and_ends_with_the_grid(grid):
    assert file_name(made_retrieval(grid=grid)) == f"20150401_smap_{grid.name[-3:].lower()}.nc"


def test_without_operational_soil_moisture_there_is_no_empty_variable(tmp_path):
    back = opened(write_product(made_retrieval(operational=False), tmp_path, MADE))
    assert "soil_moisture_operational" not in back


def test_the_ratio_of_a_season_is_written_once_for_all_looks(ds, tmp_path):
    ratio = np.linspace(0.8, 1.2, ds.sizes["cell"]).astype(np.float32)
    season = ds.assign({name: ("cell", ratio, {"units": "1"}) for name in STATIC})
    back = opened(write_product(season, tmp_path, MADE))["vod_ratio"]
    assert back.dims == ("y", "x")
    np.testing.assert_allclose(back.to_numpy().ravel()[ds["cell"]], ratio, atol=6e-5)


def test_two_days_in_one_file_are_refused(ds, tmp_path):
    two = xr.concat([ds, ds.assign_coords(time=ds["time"] + np.timedelta64(1, "D"))], "time")
    with pytest.raises(SchemaError, match="found 2 days"):
        write_product(two, tmp_path, MADE)
    assert not list(tmp_path.iterdir())


def test_a_look_that_nobody_knows_is_refused(ds, tmp_path):
    with pytest.raises(SchemaError, match="looks \\['noon', 'pm'\\]"):
        write_product(ds.assign_coords(look=["noon", "pm"]), tmp_path, MADE)


def test_vod_says_its_frequency_and_what_vod_h_rests_on(ds, found, tmp_path):
    for name in ("vod_v", "vod_h", "vod_v_uncertainty", "vod_h_uncertainty"):
        assert found[name].attrs["frequency_ghz"] == 1.41
        assert found[name].attrs["long_name"].endswith(", 1.41 GHz")
    assert "frequency_ghz" not in found["soil_moisture"].attrs
    assert "vod_v times the configured `vod_ratio`" in found["vod_h"].attrs["comment"]
    assert found.attrs["instrument"].endswith(": 1.41V, 1.41H")
    assert (
        "channels 1.41V, 1.41H; vegetation optical depth is that of 1.41 GHz"
        in (found.attrs["comment"])
    )
    ratio = np.ones(ds.sizes["cell"], np.float32)
    season = ds.assign({name: ("cell", ratio, {"units": "1"}) for name in STATIC})
    again = opened(write_product(season, tmp_path, MADE))
    assert "vod_v times `vod_ratio` of this file" in again["vod_h"].attrs["comment"]


def test_a_dataset_that_does_not_name_its_channels_is_refused(ds, tmp_path):
    attrs = {name: value for name, value in ds.attrs.items() if name != "channels"}
    nameless = ds.copy()
    nameless.attrs = attrs
    with pytest.raises(SchemaError, match="publish: found no attribute channels, expected sensor"):
        write_product(nameless, tmp_path, MADE)
