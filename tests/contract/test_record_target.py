"""The target: chosen cells on chosen days, the same whatever else is asked for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from benchmarks.common.scene_dataset import scene_dataset
from made_look import COUNT, a_look, look_at

from mcca_ml import schema
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2, land
from mcca_ml.read.by_day import by_day
from mcca_ml.read.gridded import write_gridded
from mcca_ml.read.smap import read_smap
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.files.smap_products import write_spl3smp
from mcca_ml.simulate.scene import uniform_scene
from mcca_ml.simulate.small_day import simulate_small_day
from mcca_ml.stage_one import target
from mcca_ml.stage_one.compose_day import compose, to_grid
from mcca_ml.stage_one.target import near, retrieve_days
from smap_half_orbits import write_spl1ctb
from smap_versions import write_version

SETTINGS = RetrieveSettings()
FIRST = np.datetime64("2015-07-01")
DAYS = FIRST + np.arange(4)
NAME = "SIMULATED_SMAP_L3_SM_P_201507{:02d}_R09000_001.h5"
ORBIT = "SIMULATED_SMAP_L1C_TB_0000{}_D_2015070{}T{}_R05000_001.h5"
REAL = "smap/SMAP_L3_SM_P_20150401_R13080_001.h5"
RETRIEVED = sorted(set(schema.RETRIEVAL) - {"obs_time", "flag"})
CARRIED = ("soil_temperature", "clay_fraction", "roughness_h", "water_fraction")


@pytest.fixture(scope="module")
def granules(tmp_path_factory) -> list[Path]:
    """Simulated days of the Great Plains: the first, second and fourth of July."""
    folder = tmp_path_factory.mktemp("days")
    for day in (1, 2, 4):
        path = folder / NAME.format(day)
        simulate_small_day(path, folder / f"truth{day}.nc", day, day=f"2015-07-{day:02d}")
    return sorted(folder.glob("*.h5"))


def of_whole_grid(path: Path) -> xr.Dataset:
    """The product of a day as `mcca-ml retrieve --grid m25` makes it."""

    def strict(error: Exception) -> None:
        raise error

    ((day, parts),) = by_day([path], strict, lambda: None)
    ds = to_grid(compose(parts, day).ds, "m25")
    carried = {name: ds[name] for name in CARRIED if name in ds}
    return retrieve(ds, SETTINGS).assign(carried)


@pytest.fixture(scope="module")
def whole(granules) -> xr.Dataset:
    return of_whole_grid(granules[0])


@pytest.fixture(scope="module")
def cells(whole) -> np.ndarray:
    """Some dozens of cells over all of the box, and one of the sea."""
    sea = np.flatnonzero(~land.land_mask(ease2.M25).ravel())[:1]
    return np.sort(np.append(whole["cell"].to_numpy()[::60], sea))


@pytest.fixture(scope="module")
def found(granules, cells) -> xr.Dataset:
    return retrieve_days(granules, cells, DAYS, SETTINGS)


def assert_same_where_seen(new: xr.Dataset, old: xr.Dataset) -> None:
    """The values of `old` and `new` are the same bits where the look saw the cell."""
    common = np.intersect1d(new["cell"], old["cell"])
    assert common.size > 20
    old = old.sel(cell=common)
    new = new.sel(cell=common, time=old["time"], look=old["look"])
    seen = schema.is_observed(new)
    np.testing.assert_array_equal(seen, schema.is_observed(old))
    # Also of what was observed without a valid brightness temperature, the time is known.
    np.testing.assert_array_equal(new["obs_time"], old["obs_time"])
    assert seen.mean() > 0.3
    for name in (*RETRIEVED, *CARRIED, "obs_time", "flag"):
        if name in old:
            np.testing.assert_array_equal(new[name].to_numpy()[seen], old[name].to_numpy()[seen])


def test_it_is_what_the_whole_grid_gives(found, whole):
    assert_same_where_seen(found, whole)
    assert int(found["soil_moisture"][0].notnull().sum()) > 40


def test_it_keeps_its_contract(found, cells):
    schema.check(found, schema.TARGET, where="test")
    np.testing.assert_array_equal(found["cell"], cells)
    np.testing.assert_array_equal(found["time"].to_numpy().astype("M8[D]"), DAYS)
    assert found["look"].to_numpy().tolist() == ["am", "pm"]
    assert found.attrs == {
        "sensor": "SMAP",
        "grid": "EASE2_M25",
        "simulated": "true",
        "channels": "1.41V, 1.41H",
        "vod_frequency_ghz": 1.41,
    }
    assert set(found.data_vars) == set(schema.TARGET)
    types = {name: str(found[name].dtype) for name in found.data_vars}
    others = {"flag": "uint32", "obs_time": "datetime64[ns]", "land_cover_main": "uint8"}
    assert types == dict.fromkeys(schema.TARGET, "float32") | others


def assert_missing(ds: xr.Dataset) -> None:
    assert (ds["flag"] == int(Flag.NOT_OBSERVED)).all()
    assert (ds["land_cover_main"] == schema.NO_LAND_COVER).all()
    for name in (*RETRIEVED, *CARRIED, "obs_time"):
        assert ds[name].isnull().all(), name


def test_a_day_without_a_granule_is_missing(found):
    assert_missing(found.isel(time=[2]))
    assert found["soil_moisture"].notnull().any(("look", "cell")).to_numpy().tolist() == [
        True,
        True,
        False,
        True,
    ]


def test_a_cell_that_no_look_saw_is_missing(found):
    assert_missing(found.isel(cell=[0]))


def test_without_a_granule_all_is_missing(cells):
    none = retrieve_days([], cells, DAYS, SETTINGS)
    assert_missing(none)
    assert none.attrs["simulated"] == "false"
    assert none.attrs["channels"] == "1.41V, 1.41H"


def test_a_simulated_granule_that_saw_none_of_the_cells_is_told(granules, cells):
    unseen = retrieve_days(granules, cells[:1], DAYS, SETTINGS)
    assert_missing(unseen)
    assert unseen.attrs["simulated"] == "true"


@pytest.mark.parametrize("some", [slice(0, None, 3), slice(5, 6), slice(-9, None)], ids=str)
@pytest.mark.parametrize("days", [slice(0, 1), slice(1, 3), slice(3, 4)], ids=str)
def test_neither_other_cells_nor_other_days_matter(found, granules, cells, some, days):
    again = retrieve_days(granules[::-1], cells[some], DAYS[days], SETTINGS)
    xr.testing.assert_identical(again, found.isel(cell=some, time=days))


def test_the_size_of_the_steps_does_not_matter(found, granules, cells):
    again = retrieve_days(granules, cells, DAYS, SETTINGS, cells_at_once=1)
    xr.testing.assert_identical(again, found)


def test_the_main_land_cover_is_that_of_the_largest_share(found, granules, cells):
    main = found["land_cover_main"][0].to_numpy()
    assert set(np.unique(main)) <= {4, 7, 10, 12, 16, schema.NO_LAND_COVER}
    known = main != schema.NO_LAND_COVER
    np.testing.assert_array_equal(known, schema.is_observed(found)[0])
    assert np.unique(main[known]).size > 2


def test_some_cells_are_read_as_among_all(granules):
    every = read_smap(granules[0])
    some = every["cell"].to_numpy()[[0, 1, 5, 200, -1]]
    few = read_smap(granules[0], lambda _: some)
    xr.testing.assert_identical(few, every.sel(cell=some)[list(few.data_vars)])
    assert set(few.data_vars) == set(every.data_vars)


def test_granules_of_other_days_are_not_opened(tmp_path, granules, cells):
    for name in (NAME.format(3), NAME.format(5), NAME.format(20)):
        (tmp_path / name).write_bytes(b"damaged")
    mixed = [*granules, *tmp_path.iterdir()]
    assert [path.name for path in near(mixed, DAYS[:1])] == [NAME.format(1)]
    retrieve_days(mixed, cells[:2], DAYS[:1], SETTINGS)
    with pytest.raises(GranuleError, match=f"^{NAME.format(3)}: ") as caught:
        retrieve_days(mixed, cells[:2], DAYS[2:3], SETTINGS)
    assert "\n" not in str(caught.value)


def test_two_versions_of_a_granule_are_named(granules, cells):
    other = granules[0].with_name(NAME.format(1).replace("_001", "_002"))
    with pytest.raises(GranuleError, match="two versions") as caught:
        retrieve_days([*granules, other], cells, DAYS, SETTINGS)
    assert granules[0].name in str(caught.value)
    assert other.name in str(caught.value)


PLACES = [(100, 200), (100, 201), (101, 200), (101, 201)]


def around(places: list[tuple[int, int]]) -> np.ndarray:
    """The cells of M25 in the midst of some of M36."""
    row, column = np.array(places).T
    place = ease2.cell_latlon(ease2.M36, ease2.flat_cell(ease2.M36, row, column))
    return np.unique(ease2.flat_cell(ease2.M25, *ease2.find_cell(ease2.M25, *place))).astype(
        np.int64
    )


def half_orbit(folder: Path, number: int = 1, **changes: np.ndarray) -> Path:
    look = replace(look_at(PLACES), **changes)
    start = str(look.obs_time.min())[11:19].replace(":", "")
    path = folder / ORBIT.format(number, str(look.obs_time.min())[9], start)
    write_spl1ctb(path, look, look, "am")
    return path


def test_what_a_half_orbit_over_midnight_saw_is_of_two_days(tmp_path):
    late = np.datetime64("2015-07-01T23:59:58", "ns") + np.arange(COUNT) * np.timedelta64(1, "s")
    path = tmp_path / NAME.format(1)
    write_spl3smp(path, {"am": replace(look_at(PLACES), obs_time=late)})
    ds = retrieve_days([path], around(PLACES), DAYS[:3], SETTINGS)
    assert ds["soil_moisture"].notnull().any(("look", "cell")).to_numpy().tolist() == [
        True,
        True,
        False,
    ]


def test_a_day_without_clay_among_days_that_have_it_gets_the_default(tmp_path):
    """Version 3 had none; days are put together only where they hold the same."""
    early, late = tmp_path / NAME.format(1), tmp_path / NAME.format(2)
    look = look_at(PLACES)
    write_version(early, {"am": look}, 3)
    write_spl3smp(late, {"am": replace(look, obs_time=look.obs_time + target.ONE_DAY)})
    found = retrieve_days([early, late], around(PLACES), DAYS[:2], SETTINGS)
    alone = retrieve_days([early], around(PLACES), DAYS[:1], SETTINGS)
    xr.testing.assert_identical(found.isel(time=[0]), alone)
    has_default = (found["flag"] & int(Flag.DEFAULT_CLAY)) != 0
    assert has_default[:, 0].all("cell").to_numpy().tolist() == [True, False]


def test_granules_without_a_soil_temperature_are_an_error(tmp_path):
    orbit = half_orbit(tmp_path)
    with pytest.raises(GranuleError, match=f"^{orbit.name}: no soil temperature found"):
        retrieve_days([orbit], around(PLACES), DAYS[:1], SETTINGS)


ON_M25 = ease2.flat_cell(ease2.M25, [200, 200, 201], [700, 703, 700]).astype(np.int64)


def gridded(path: Path, sensor: str, day: str = "2015-07-01") -> xr.Dataset:
    """Write brightness temperature on the grid of the record, on grass; later days have shares."""
    scene = uniform_scene(np.full((1, 2, 3), 0.2, np.float32), np.full((1, 2, 3), 0.1, np.float32))
    ds = scene_dataset(scene, SENSORS[sensor], ease2.M25, ON_M25, first_day=day)
    grass = np.full((*ds["flag"].shape, 3), [10, 7, 12], np.uint8)
    ds["land_cover"] = ((*schema.LOOK, "cover"), grass, {"units": "1"})
    if day > "2015-07-01":
        share = np.full(grass.shape, [0.5, 0.3, 0.2], np.float32)
        ds["land_cover_fraction"] = ((*schema.LOOK, "cover"), share, {"units": "1"})
    write_gridded(ds, path)
    return ds


def test_what_is_on_the_grid_already_stays_as_it_is(tmp_path):
    """Where only some days give shares of land cover, the first class is all on the others."""
    days = [("2015-07-01", tmp_path / "SMAP_20150701.nc"), ("2015-07-02", tmp_path / "20150702.nc")]
    direct = [retrieve(gridded(path, "SMAP", day), SETTINGS) for day, path in days]
    cells = np.append(ON_M25[1:], ON_M25[-1] + 1)
    found = retrieve_days([path for _, path in days], cells, DAYS[:3], SETTINGS)
    for number, one in enumerate(direct):
        for name in (*RETRIEVED, "flag"):
            here = found[name][number, :, :2].to_numpy()
            np.testing.assert_array_equal(here, one[name].sel(cell=ON_M25[1:]).to_numpy()[0])
    assert found["soil_moisture"][:2, :, :2].notnull().all()
    assert (found["land_cover_main"][:2, :, :2] == 10).all()
    assert_missing(found.isel(cell=[2]))
    assert_missing(found.isel(time=[2]))


def test_the_granules_of_another_sensor_are_an_error(tmp_path):
    path = tmp_path / "AMSR2_20150701.nc"
    gridded(path, "AMSR2")
    with pytest.raises(GranuleError, match=r"AMSR2_20150701.nc: found sensor AMSR2, expected SMAP"):
        retrieve_days([path], ON_M25, DAYS[:1], SETTINGS)


def test_celsius_is_an_error_where_enough_is_read_to_tell(tmp_path):
    rows, columns = np.divmod(np.arange(64), 64)
    look = a_look()
    many = {
        name: np.repeat(value[:1], 64, axis=0)
        for name, value in vars(look).items()
        if isinstance(value, np.ndarray)
    }
    warm = np.full(64, 15.0, np.float32)
    look = replace(look, **many | {"row": rows + 100, "column": columns + 200, "tb_v": warm})
    path = tmp_path / NAME.format(1)
    write_spl3smp(path, {"am": look, "pm": look})
    with pytest.raises(GranuleError, match=f"^{NAME.format(1)}: .* expected 30 to 330 K"):
        retrieve_days([path], around([(100, 210)]), DAYS[:1], SETTINGS)


@pytest.mark.real_data
def test_the_real_day_is_what_the_whole_grid_gives(real_data):
    whole = of_whole_grid(real_data / REAL)
    cells = whole["cell"].to_numpy()[::211].astype(np.int64)
    day = np.array(["2015-04-01"], "M8[D]")
    found = retrieve_days([real_data / REAL], cells, day, SETTINGS)
    assert_same_where_seen(found, whole)
    assert found.attrs["simulated"] == "false"
    fewer = retrieve_days([real_data / REAL], cells[100:140], day, SETTINGS)
    xr.testing.assert_identical(fewer, found.isel(cell=slice(100, 140)))
